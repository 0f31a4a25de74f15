import FeedModel
import FeedParse
import Testing

/// More entries than are read: the newest are.
@Suite struct NewestEntriesTests {
    private func read(_ document: String, limit: Int) throws -> ParsedFeed {
        let context = DocumentContext(limits: ReadingLimits(entries: limit))
        return try FeedReader.read(Array(document.utf8), context: context).get()
    }

    private func day(_ number: Int) -> String { "2026-11-\(number < 10 ? "0" : "")\(number)" }

    private func rss(_ days: [Int?]) -> String {
        let items = days.enumerated().map { index, day in
            let date = day.map { "<dc:date>\(self.day($0))</dc:date>" } ?? ""
            return "<item><guid>\(index)</guid>\(date)</item>"
        }
        return
            "<rss xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>t</title>\(items.joined())</channel></rss>"
    }

    private func atom(_ days: [Int?]) -> String {
        let entries = days.enumerated().map { index, day in
            let date = day.map { "<updated>\(self.day($0))T00:00:00Z</updated>" } ?? ""
            return "<entry><id>\(index)</id>\(date)</entry>"
        }
        return "<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title>\(entries.joined())</feed>"
    }

    private func json(_ days: [Int?]) -> String {
        let items = days.enumerated().map { index, day in
            let date = day.map { #","date_published":"\#(self.day($0))T00:00:00Z""# } ?? ""
            return #"{"id":"\#(index)"\#(date)}"#
        }
        return #"{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[\#(items.joined(separator: ","))]}"#
    }

    @Test(
        "The newest by date, and of equal dates and of none the first",
        arguments: [
            ([1, 2, 3, 4, 5], ["2", "3", "4"]),
            ([5, 4, 3, 2, 1], ["0", "1", "2"]),
            ([3, 9, 1, 9, 5], ["1", "3", "4"]),
            ([7, 7, 7, 7, 7], ["0", "1", "2"]),
            ([1, 7, 7, 7, 7], ["1", "2", "3"]),
            ([nil, nil, nil, nil, nil], ["0", "1", "2"]),
            ([nil, 1, nil, 2, nil], ["0", "1", "3"]),
            ([nil, 1, 2, 3, 4], ["2", "3", "4"]),
        ] as [([Int?], [String])])
    func chosen(days: [Int?], kept: [String]) throws {
        for document in [rss(days), atom(days), json(days)] {
            let feed = try read(document, limit: 3)
            #expect(feed.entries.map(\.id) == kept)
            #expect(feed.problems.map(\.message) == ["5 entries; the newest 3 are read"])
            #expect(feed.problems.map(\.code) == [.tooLarge])
        }
    }

    @Test func asManyAsMayBeAreAllRead() throws {
        for document in [rss([1, 2, 3]), atom([1, 2, 3]), json([1, 2, 3])] {
            let feed = try read(document, limit: 3)
            #expect(feed.entries.count == 3 && feed.problems.isEmpty)
        }
    }

    /// Elements of other vocabularies may be named so, and wrappers hold others.
    @Test func onlyEntriesCount() throws {
        let document =
            "<rss xmlns:x='u'><channel>\(String(repeating: "<x:item/>", count: 9))<items><item><item><guid>1</guid></item></item></items></channel></rss>"
        let feed = try read(document, limit: 3)
        #expect(feed.entries.map(\.id) == ["1"] && feed.problems.isEmpty)
    }

    @Test func aHundredThousandBecomeTenThousand() throws {
        let items = (0..<100_000).map { "<item><guid>\($0)</guid></item>" }.joined()
        let feed = try read("<rss><channel>\(items)</channel></rss>", limit: ReadingLimits().entries)
        #expect(feed.entries.count == 10_000 && feed.entries.last?.id == "9999")
        #expect(feed.problems.map(\.message) == ["100000 entries; the newest 10000 are read"])
    }
}
