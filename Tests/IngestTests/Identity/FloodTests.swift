import Archive
import FeedModel
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Ingest

/// When many things at once are one line of the change log.
@Suite struct FloodTests {
    // MARK: the rule

    private static let now = Timestamp(seconds: 1_790_000_000)

    private static func signs(
        held: Int = 0, guids: Int = 0, dates: Int = 0, edits: Int = 0, old: Int = 0, asNew: Int = 0, young: Int = 0,
        undated: Int = 0,
        behind: Int = 0, newest: Timestamp? = now - .days(1), usual: Int = 0, isWhole: Bool = true,
        last: [FloodReason: Timestamp] = [:]
    ) -> Flood.Signs {
        var signs = Flood.Signs()
        signs.entries = held + old + asNew + young + undated + behind
        signs.isWhole = isWhole
        (signs.held, signs.withOtherGuid, signs.withOtherInstant, signs.edits) = (held, guids, dates, edits)
        signs.arrivals += (0..<old).map { Flood.Arrival(instant: now - .days(2 + Int64($0))) }
        signs.arrivals += (0..<asNew).map { _ in Flood.Arrival(instant: newest) }
        signs.arrivals += (0..<young).map { Flood.Arrival(instant: now - .minutes(Int64($0))) }
        signs.arrivals += (0..<undated).map { _ in Flood.Arrival() }
        signs.arrivals += (0..<behind).map { _ in Flood.Arrival(isBehindKnown: true) }
        (signs.newest, signs.usual, signs.last) = (newest, usual, last)
        return signs
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var signs: Flood.Signs
        var finding: Flood.Finding

        init(_ name: String, _ signs: Flood.Signs, _ finding: Flood.Finding) {
            (testDescription, self.signs, self.finding) = (name, signs, finding)
        }

        init(_ name: String, _ signs: Flood.Signs, _ reason: FloodReason, _ entries: Int, takesEdits: Bool = false) {
            self.init(name, signs, .flood(Flood(reason: reason, entries: entries, takesEdits: takesEdits)))
        }
    }

    private static let week = now - .days(7)
    private static let month = now - .days(31)

    static let cases: [Case] = [
        Case("a first document", signs(young: 30, newest: nil), .none),
        Case("a first document of old entries", signs(old: 500, newest: nil), .none),
        Case("all guids", signs(held: 20, guids: 20), .guidsChanged, 20),
        Case("nearly all guids", signs(held: 20, guids: 18), .guidsChanged, 18),
        Case("some guids", signs(held: 20, guids: 17), .none),
        Case("guids of a small feed", signs(held: 9, guids: 9), .none),
        Case("guids and an edit", signs(held: 20, guids: 20, edits: 1), .guidsChanged, 20),
        Case("guids and all texts", signs(held: 20, guids: 20, edits: 19), .guidsChanged, 20, takesEdits: true),
        Case("all texts alone", signs(held: 20, edits: 20), .none),
        Case("all dates", signs(held: 12, dates: 12), .datesChanged, 12),
        Case("guids and dates", signs(held: 12, guids: 12, dates: 12), .guidsChanged, 12),
        Case("480 old ones beside 20 known", signs(held: 20, old: 480), .oldEntries, 480),
        Case("480 old ones and new guids", signs(held: 20, guids: 20, old: 480), .oldEntries, 500),
        Case("480 old ones and news", signs(held: 20, old: 480, young: 3), .oldEntries, 480),
        Case("49 old ones", signs(held: 20, old: 49), .none),
        Case("50 old ones", signs(held: 20, old: 50), .oldEntries, 50),
        Case("as many old ones as usual", signs(held: 20, old: 60, usual: 20), .none),
        Case("more old ones than usual", signs(held: 20, old: 61, usual: 20), .oldEntries, 61),
        Case("300 after an outage", signs(young: 300), .none),
        Case("300 after an outage, some known", signs(held: 5, young: 300), .none),
        Case("undated ones behind what was known", signs(held: 20, behind: 300), .oldEntries, 300),
        Case("undated ones before it", signs(held: 20, undated: 300), .none),
        Case("undated ones and nothing known", signs(undated: 300, behind: 0), .none),
        Case("a day's entries where dates are of days alone", signs(asNew: 80), .none),
        Case("some of them late ones", signs(held: 20, old: 30, asNew: 50), .none),
        Case("a document replaced by old entries", signs(old: 20), .allNew, 20),
        Case("replaced, with news", signs(old: 20, young: 2), .allNew, 20),
        Case("half replaced, half news", signs(old: 20, young: 20), .none),
        Case("a part of a document is no whole", signs(old: 20, isWhole: false), .none),
        Case("guids anew each time", signs(held: 20, guids: 20, last: [.guidsChanged: week]), .habit(.guidsChanged)),
        Case("dates anew each time", signs(held: 20, dates: 20, last: [.datesChanged: week]), .habit(.datesChanged)),
        Case("guids again, long after", signs(held: 20, guids: 20, last: [.guidsChanged: month]), .guidsChanged, 20),
        Case(
            "edits are told whatever the habit",
            signs(held: 20, dates: 20, edits: 20, last: [.datesChanged: week]), .datesChanged, 20, takesEdits: true),
        Case("ten from the archive each time", signs(old: 10, last: [.allNew: week]), .habit(.allNew)),
        Case("500 old ones are a flood again", signs(held: 20, old: 500, last: [.oldEntries: week]), .oldEntries, 500),
    ]

    @Test(arguments: cases)
    func theRule(_ example: Case) {
        #expect(Flood.judge(example.signs, at: Self.now) == example.finding)
    }

    // MARK: documents held against an archive

    private static let newest: Int64 = 1_789_900_000

    /// Entries numbered from the newest, a day apart.
    private func entries(
        _ numbers: Range<Int>, guid: String = "g", shift: Int64 = 0, ending: String = "", isDated: Bool = true
    ) -> [Entry] {
        numbers.map { number in
            entry(
                "\(guid)\(number)", url: "http://site.example/\(number)", title: "Title \(number)",
                html: longText(number) + ending,
                published: isDated ? Self.newest - Int64(number) * 86_400 + shift : nil)
        }
    }

    private func lines(_ lab: IdentityLab) throws -> [Change] { try lab.archive.changes(after: 0, limit: 10_000) }

    private func verified(_ lab: IdentityLab) throws -> [String] {
        return try lab.archive.verify(.current) { _, _ in }.findings.filter { $0.code != .count }.map(\.message)
    }

    @Test func allGuidsChange() async throws {
        let lab = try IdentityLab()
        try await lab.poll("http://f.example/", entries(0..<20))
        let brought = try await lab.poll("http://f.example/", entries(0..<20, guid: "other"))
        #expect(brought.new == 0 && brought.revised == 0 && brought.duplicates == 0)
        #expect(try lab.articles.count == 20)
        let line = try #require(try lines(lab).dropFirst(20).first)
        #expect(try lines(lab).count == 21 && line.kind == .flood && line.article == nil)
        #expect(line.flood?.reason == .guidsChanged && line.flood?.entries == 20)
        #expect(line.flood?.articles.count == 20 && line.feedURL == "http://f.example/")
        // A feed that makes its guids anew each time says nothing more by it; the next one that is news is told.
        try await lab.poll("http://f.example/", entries(0..<20, guid: "third"))
        #expect(try lines(lab).count == 21)
        try await lab.poll("http://f.example/", [entry("x", url: "http://site.example/x", html: longText(777))])
        #expect(try lines(lab).map(\.kind).suffix(2) == [.flood, .new])
        #expect(try verified(lab).isEmpty)
    }

    @Test func allGuidsAndTextsChange() async throws {
        let lab = try IdentityLab()
        try await lab.poll("http://f.example/", entries(0..<20))
        let brought = try await lab.poll(
            "http://f.example/", entries(0..<20, guid: "other", ending: " Printed on paper."))
        #expect(brought.new == 0 && brought.revised == 20)
        #expect(try lines(lab).count == 21)
        #expect(try lines(lab).last?.flood?.reason == .guidsChanged)
        #expect(try lab.articles.allSatisfy { $0.revision == 2 })
        #expect(try verified(lab).isEmpty)
    }

    @Test func oneEditAmongNewGuidsIsToldOf() async throws {
        let lab = try IdentityLab()
        try await lab.poll("http://f.example/", entries(0..<20))
        try await lab.poll(
            "http://f.example/", entries(0..<1, guid: "other", ending: " Edited.") + entries(1..<20, guid: "other"))
        #expect(try lines(lab).dropFirst(20).map(\.kind) == [.flood, .revised])
        #expect(try verified(lab).isEmpty)
    }

    @Test func allDatesChange() async throws {
        let lab = try IdentityLab()
        try await lab.poll("http://f.example/", entries(0..<20))
        try await lab.poll("http://f.example/", entries(0..<20, shift: 3600))
        #expect(try lines(lab).count == 21)
        #expect(try lines(lab).last?.flood?.reason == .datesChanged)
        #expect(try lab.articles.allSatisfy { $0.revision == 1 })
        #expect(
            try lab.articles.compactMap(\.published).max() == Timestamp(seconds: Self.newest + 3600),
            "the dates follow the feed")
    }

    @Test func aHistoryAppearsBesideNews() async throws {
        let lab = try IdentityLab()
        try await lab.poll("http://f.example/", entries(2..<22))
        let brought = try await lab.poll("http://f.example/", entries(0..<500))
        #expect(brought.new == 480 && brought.firstSightings == 480 && brought.flooded == 478)
        // The schedule learns of the news alone.
        #expect(brought.arrivals == [1, 0].map { Timestamp(seconds: Self.newest - $0 * 86_400) })
        #expect(try lab.articles.count == 500)
        let told = try lines(lab).dropFirst(20)
        #expect(told.map(\.kind) == [.flood, .new, .new])
        #expect(told.dropFirst().compactMap(\.article?.title) == ["Title 1", "Title 0"])
        let flood = try #require(told.first?.flood)
        #expect(flood.reason == .oldEntries && flood.entries == 478 && flood.articleCount == 478)
        // Each says by which line it came; those with a line of their own say nothing.
        let old = try #require(try lab.archive.article(flood.articles[0]))
        #expect(old.flood == told.first?.seq && old.title == "Title 499")
        #expect(try lab.articles.count { $0.flood == nil } == 22)
        #expect(try verified(lab).isEmpty)
    }

    @Test func aHistoryThatOthersHaveIsOneLineToo() async throws {
        let lab = try IdentityLab()
        try await lab.poll("http://a.example/", entries(0..<200))
        try await lab.poll("http://b.example/", entries(0..<20))
        let brought = try await lab.poll("http://b.example/", entries(0..<200))
        #expect(brought.duplicates == 180 && brought.new == 0)
        #expect(try lines(lab).map(\.kind).suffix(2) == [.duplicate, .flood])
        #expect(try lab.articles.allSatisfy { $0.flood == nil })
        #expect(try verified(lab).isEmpty)
    }

    @Test func aHistoryWithoutDates() async throws {
        let lab = try IdentityLab()
        try await lab.poll("http://f.example/", entries(10..<30, isDated: false))
        try await lab.poll("http://f.example/", entries(0..<130, isDated: false))
        #expect(try lines(lab).dropFirst(20).map(\.kind) == [.flood] + Array(repeating: .new, count: 10))
        #expect(try lines(lab)[20].flood?.entries == 100)
    }

    @Test func aFirstDocumentAndWhatGatheredAreNews() async throws {
        let lab = try IdentityLab()
        try await lab.poll("http://f.example/", entries(300..<500))
        #expect(try lab.changes() == Array(repeating: .new, count: 200))
        try await lab.poll("http://f.example/", entries(0..<300))
        #expect(try lab.changes() == Array(repeating: .new, count: 500))
    }

    @Test func aDocumentThatIsReplaced() async throws {
        let lab = try IdentityLab()
        try await lab.poll("http://f.example/", entries(0..<15))
        func others(_ from: Int) -> [Entry] {
            (from..<from + 15).map {
                entry(
                    "s\($0)", url: "http://spam.example/\($0)", title: "Buy \($0)", html: longText(5000 + $0),
                    published: Self.newest - 1000 - Int64($0))
            }
        }
        try await lab.poll("http://f.example/", others(0))
        #expect(try lines(lab).count == 16)
        #expect(try lines(lab).last?.flood?.reason == .allNew)
        #expect(try lab.articles.count == 30)
        // One that shows other old entries each time has them announced, once that is known of it.
        try await lab.poll("http://f.example/", others(100))
        #expect(try lab.changes().suffix(16) == [.flood] + Array(repeating: .new, count: 15))
        #expect(try verified(lab).isEmpty)
    }

    @Test func filtersKnowFloods() async throws {
        let lab = try IdentityLab()
        try await lab.poll("http://f.example/", entries(0..<20))
        try await lab.poll("http://f.example/", entries(0..<200))
        var kinds: [ChangeKind] = []
        _ = try lab.archive.changes(after: 0, ChangeFilter(kinds: [.flood]), limit: 10) {
            kinds.append($0.kind)
            return true
        }
        #expect(kinds == [.flood])
        var json = JSONWriter()
        json.change(try #require(try lines(lab).last))
        let object = try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any]
        let own = object?["_ingestd"] as? [String: Any]
        #expect(own?["reason"] as? String == "old-entries" && own?["entries"] as? Int == 180)
        #expect((own?["articles"] as? [Int])?.count == 180)
    }

    // MARK: what is altered is found

    static let alterations: [(sql: String, message: String)] = [
        ("DELETE FROM flood", "nothing says what it stands for"),
        ("DELETE FROM flood_article WHERE article_id = 30", "'revised', those of floods counted"),
        ("UPDATE flood SET articles = 7", "is said to have 7 articles"),
        ("UPDATE flood_article SET article_id = 900 WHERE article_id = 30", "names an article that is not there"),
        ("UPDATE flood_article SET revision = 4 WHERE article_id = 30", "names revision 4"),
        ("UPDATE flood SET feed_id = 2", "is not the line of the flood"),
        ("UPDATE flood SET seq = 900", "line 900, which is not there"),
    ]

    @Test(arguments: alterations)
    func verifyLooksAtFloods(_ alteration: (sql: String, message: String)) async throws {
        let lab = try IdentityLab()
        try await lab.poll("http://f.example/", entries(0..<20))
        try await lab.poll("http://f.example/", entries(0..<200))
        let queue = try DatabaseQueue(path: lab.archive.path)
        try await queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA foreign_keys = OFF")
            try db.execute(sql: alteration.sql)
        }
        let found = try verified(lab)
        #expect(found.contains { $0.contains(alteration.message) }, "\(found)")
    }

    // MARK: a whole poll

    @Test func aPollTeachesTheScheduleNothingByAFlood() async throws {
        let server = try ScriptedServer()
        let time = ManualTime()
        func document(_ numbers: Range<Int>) -> String {
            let items = numbers.map { number in
                let date = httpDate(time.now - .hours(6 + 12 * Int64(number)))
                return "<item><title>T\(number)</title><link>http://site.example/\(number)</link>"
                    + "<guid isPermaLink=\"false\">\(number)</guid><pubDate>\(date)</pubDate>"
                    + "<description>Text of \(number)</description></item>"
            }
            return PollerTests.rss([], extra: items.joined())
        }
        server.on("/feed.xml", .ok(document(0..<20)), .ok(document(0..<500)), .ok(document(0..<500)))
        let lab = try PollerTests.Lab(server)
        lab.add("/feed.xml")
        try await lab.round()
        lab.time.advance(by: .hours(1))
        let before = try #require(try lab.feed().poll.posting.history.flatMap(PostingHistory.init(bytes:)))
        let report = try #require(try await lab.round(force: true).first)
        #expect(report.figures.new == 480 && report.figures.outcome == .changed)
        let after = try #require(try lab.feed().poll.posting.history.flatMap(PostingHistory.init(bytes:)))
        #expect(abs(after.rate - before.rate) < before.rate * 0.1)
        #expect(try lab.feed().poll.posting.losses == 0)
        #expect(try lab.archive.changes(after: 20, limit: 10).map(\.kind) == [.flood])
        let figures = try lab.archive.statusFigures(at: lab.time.now, overdueAfter: .minutes(15))
        #expect(figures.articles == 500 && figures.newInDay == 500)
        #expect(figures.floods.map(\.entries) == [480])
        #expect(
            figures.floods.first?.explanation
                == "480 old entries appeared at once; line 21 of the change log stands for them all")
    }
}
