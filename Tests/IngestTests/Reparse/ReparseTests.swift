import Archive
import FeedModel
import FeedParse
import Foundation
import TestSupport
import Testing

@testable import Ingest

/// Kept documents read again by a parser that makes something else of them: what an older one made is played by entries
/// that were changed before they were stored.
@Suite struct ReparseTests {
    /// A feed whose polls keep their documents.
    final class Lab {
        let archive: Archive
        private let folder: TemporaryFolder
        private(set) var now = Timestamp(seconds: 1_790_000_000)
        private var ids: [String: FeedID] = [:]

        init() throws {
            folder = try TemporaryFolder()
            archive = try Archive.openForWriting(
                folder: folder.path,
                holder: ArchiveLock.Holder(pid: 1, started: now, version: "0", command: "test"))
        }

        func feed(_ url: String = "http://a.example/feed") throws -> Feed {
            try #require(try archive.feed(ids[url] ?? FeedID(rawValue: 0)))
        }

        /// Polls a document, an hour after the last poll; `spoil` is the older parser's mistake.
        func poll(
            _ document: String, of url: String = "http://a.example/feed", keeps: Bool = true,
            _ spoil: ([Entry]) -> [Entry] = { $0 }
        ) async throws {
            now = now + .hours(1)
            let now = now
            if ids[url] == nil {
                let urls = Array(ids.keys) + [url]
                let feeds = try await archive.write { archive in
                    try archive.synchronize(
                        urls.map { ConfiguredFeed(url: $0, title: nil, tags: [], enabled: true, settings: "") }, at: now
                    )
                }
                for feed in feeds { ids[feed.configuredURL] = feed.id }
            }
            let feed = try feed(url)
            let body = Array(document.utf8)
            let parsed = try FeedReader.read(body, context: DocumentContext(url: url, contentType: nil)).get()
            let digests = spoil(parsed.entries).map(EntryDigest.init)
            let raw = RawDocument(
                .whole, url: url, contentType: nil,
                exchange: .init(
                    request: Array("GET / HTTP/1.1".utf8), response: Array("HTTP/1.1 200 OK".utf8), address: nil,
                    protocolName: nil), body: body, at: now)
            let packed = keeps ? raw.packed(after: try archive.lastKept(of: feed.id, .whole)) : nil
            try await archive.write { archive in
                let record = try packed.map { try archive.keep($0, of: feed.id) }
                let brought = try Reconciler.reconcile(
                    digests, of: feed, homePage: nil, documentModified: nil, record: record, at: now, in: archive)
                var state = feed.poll
                (state.lastPoll, state.lastSuccess, state.lastDocument) = (now, now, now)
                state.validators = Validators(etag: Array("\"1\"".utf8), lastModified: nil, url: url)
                try archive.save(state, of: feed.id)
                var figures = PollFigures(outcome: .changed, bytes: 0, duration: .zero)
                (figures.new, figures.revised, figures.duplicates) = (brought.new, brought.revised, brought.duplicates)
                try archive.log(figures, of: feed.id, firstSightings: brought.firstSightings, at: now)
            }
        }

        func reparse(_ url: String = "http://a.example/feed", isRehearsal: Bool = false) async throws -> Reparse.Result
        {
            now = now + .hours(1)
            return try await Reparse(archive, since: nil, now: now).run(try feed(url), isRehearsal: isRehearsal)
        }

        /// All that is in the archive but how often it was written to.
        func state() throws -> [String] {
            var lines: [String] = []
            try archive.articles(ArticleFilter()) { article in
                var json = JSONWriter()
                json.article(article)
                lines.append(json.string)
                for (seen, feed, revision) in try archive.revisions(of: article.id) {
                    lines.append("\(revision.revision) \(seen) \(feed) \(revision.text)")
                }
                lines += try archive.sightings(of: article.id).map { "\($0)" }
            }
            lines += try archive.changes(after: 0, limit: 1000).map { "\($0.seq) \($0.kind) \($0.at)" }
            return lines + ["\(try feed().poll)"]
        }

        func verify() throws {
            let report = try archive.verify(.current) { _, _ in }
            #expect(report.findings.isEmpty && report.rawDocuments > 0)
        }
    }

    static func rss(_ items: [(guid: String, text: String)]) -> String {
        let items = items.map {
            "<item><title>\($0.guid)</title><guid isPermaLink='false'>\($0.guid)</guid><link>http://a.example/\($0.guid)</link>"
                + "<description>\($0.text)</description></item>"
        }
        return
            "<rss version='2.0'><channel><title>t</title><link>http://a.example/</link>\(items.joined())</channel></rss>"
    }

    private func garbled(_ guids: String...) -> ([Entry]) -> [Entry] {
        { entries in
            entries.map { entry in
                guard guids.contains(entry.id ?? "") else { return entry }
                var entry = entry
                entry.summary?.value += " garbled"
                entry.summaryText? += " garbled"
                return entry
            }
        }
    }

    private func kinds(_ lab: Lab) throws -> [ChangeKind] { try lab.archive.changes(after: 0, limit: 1000).map(\.kind) }

    @Test func theSameParserFindsNothingToDo() async throws {
        let lab = try Lab()
        try await lab.poll(Self.rss([("a", "A one"), ("b", "B one")]))
        try await lab.poll(Self.rss([("a", "A two"), ("c", "C one")]))
        try await lab.poll(Self.rss([("a", "A one"), ("b", "B two"), ("c", "C one")]))
        try await lab.poll(Self.rss([("d", "D")]))
        try await lab.poll(Self.rss([("d", "D")]))
        let before = try lab.state()
        let result = try await lab.reparse()
        #expect(result.changes.isEmpty && result.unreadable.isEmpty && result.documents == 4)
        #expect(try lab.state() == before)
    }

    @Test func whatReadsOtherwiseIsARevisionOnce() async throws {
        let lab = try Lab()
        try await lab.poll(Self.rss([("a", "A one"), ("b", "B")]), garbled("a"))
        let before = try lab.state()
        let rehearsed = try await lab.reparse(isRehearsal: true)
        #expect(rehearsed.changes.map(\.kind) == [.revised])
        #expect(try lab.state() == before)

        let result = try await lab.reparse()
        #expect(result.changes == rehearsed.changes)
        let article = try #require(
            try lab.archive.article(ArticleID(rawValue: result.changes[0].article?.rawValue ?? 0)))
        #expect(article.text == "A one" && article.revision == 2)
        #expect(try lab.archive.places(ofRevisionsOf: article.id).count == 2)
        #expect(try kinds(lab) == [.new, .new, .revised])
        let after = try lab.state()
        #expect(try await lab.reparse().changes.isEmpty)
        #expect(try lab.state() == after)
        // The next poll finds what is known.
        try await lab.poll(Self.rss([("a", "A one"), ("b", "B"), ("c", "C")]))
        #expect(try kinds(lab) == [.new, .new, .revised, .new])
        try lab.verify()
    }

    @Test func whatHasBeenReplacedSinceDoesNotComeBack() async throws {
        let lab = try Lab()
        // Read wrongly then, replaced by a document that was read rightly.
        try await lab.poll(Self.rss([("a", "A one"), ("b", "B one")]), garbled("a", "b"))
        try await lab.poll(Self.rss([("a", "A two"), ("c", "C")]))
        let before = try await lab.archive.write { try $0.currentSightings(of: FeedID(rawValue: 1)).count }
        let result = try await lab.reparse()
        // "b" has left the feed, and its last state is set right.
        #expect(result.changes.map(\.kind) == [.revised] && result.changes[0].title == "b")
        var texts: [String: String] = [:]
        try lab.archive.articles(ArticleFilter()) { texts[$0.title ?? ""] = $0.text }
        #expect(texts == ["a": "A two", "b": "B one", "c": "C"])
        #expect(try await lab.archive.write { try $0.currentSightings(of: FeedID(rawValue: 1)).count } == before)
        #expect(try await lab.reparse().changes.isEmpty)
    }

    /// Its tombstone knows the words of the last state alone, and the documents hold earlier ones.
    @Test(arguments: ["a", nil]) func whatRetentionHasRemovedDoesNotComeBack(guid: String?) async throws {
        func document(_ title: String, _ path: String) -> String {
            let guid = guid.map { "<guid isPermaLink='false'>\($0)</guid>" } ?? ""
            return
                "<rss version='2.0'><channel><title>t</title><link>http://a.example/</link><item>\(guid)"
                + "<title>\(title)</title><link>http://a.example/\(path)</link>"
                + "<description>one two three four five six seven eight \(title)</description></item></channel></rss>"
        }
        let lab = try Lab()
        try await lab.poll(document("Early", "early"))
        // Without a guid the URL alone makes it the same article.
        try await lab.poll(document("Late", guid == nil ? "early" : "late"))
        try await lab.poll(Self.rss([("b", "B")]))
        try await lab.archive.write { archive in
            try archive.remove(Tombstone.of(ArticleID(rawValue: 1), in: archive), at: Timestamp(seconds: 1_800_000_000))
        }
        #expect(try kinds(lab) == [.new, .revised, .new, .gone])
        #expect(try await lab.reparse().changes.isEmpty)
        try lab.verify()
    }

    /// While nothing is kept the state moves on, and no kept document speaks of it.
    @Test func aStateThatNoKeptDocumentHoldsIsLeftAlone() async throws {
        let lab = try Lab()
        try await lab.poll(Self.rss([("a", "A one")]))
        try await lab.poll(Self.rss([("a", "A two")]), keeps: false)
        let before = try lab.state()
        #expect(try await lab.reparse().changes.isEmpty)
        #expect(try lab.state() == before)
    }

    @Test func entriesThatWereMissedAreNew() async throws {
        let lab = try Lab()
        try await lab.poll(Self.rss([("a", "A"), ("old", "Old text")])) { $0.filter { $0.id != "old" } }
        let first = lab.now
        try await lab.poll(Self.rss([("a", "A"), ("b", "B")])) { $0.filter { $0.id != "b" } }
        let second = lab.now
        let poll = try lab.feed().poll
        let result = try await lab.reparse()
        #expect(result.changes.map(\.kind) == [.new, .new] && result.changes.map(\.title) == ["b", "old"])
        let old = try #require(try lab.archive.article(ArticleID(rawValue: result.changes[1].article?.rawValue ?? 0)))
        #expect(old.firstSeen == first)
        #expect(try lab.archive.sightings(of: old.id).map(\.lastSeen) == [first])
        let new = try #require(try lab.archive.article(ArticleID(rawValue: result.changes[0].article?.rawValue ?? 0)))
        #expect(new.firstSeen == second)
        // It stands in the feed's latest document.
        #expect(try lab.archive.sightings(of: new.id).map(\.lastSeen) == [nil])
        // The log tells when it was told.
        #expect(try lab.archive.changes(after: 1, limit: 9).allSatisfy { $0.at == lab.now })
        #expect(try lab.feed().poll == poll)
        #expect(try await lab.reparse().changes.isEmpty)
        try lab.verify()
    }

    /// A guid that is read only now is the same sighting's.
    @Test func aGuidThatIsReadNowIsTheSightings() async throws {
        let lab = try Lab()
        try await lab.poll(Self.rss([("a", "A one"), ("b", "B")])) { entries in
            entries.map {
                var entry = $0
                entry.id = nil
                return entry
            }
        }
        let result = try await lab.reparse()
        #expect(result.changes.map(\.kind) == [.corrected, .corrected])
        #expect(try lab.archive.sightings(of: ArticleID(rawValue: 1)).map(\.guid) == ["b"])
        #expect(try kinds(lab) == [.new, .new])
        #expect(try await lab.reparse().changes.isEmpty)
    }

    /// An article that another feed has edited since shows no older state of this one.
    @Test func anotherFeedsNewerStateStays() async throws {
        let lab = try Lab()
        let long = (0..<80).map { "word\($0)" }.joined(separator: " ")
        try await lab.poll(Self.rss([("a", long)]), garbled("a"))
        try await lab.poll(Self.rss([("x", "other")]))
        let other = "http://b.example/feed"
        try await lab.poll(Self.rss([("a", long + " garbled")]), of: other)
        try await lab.poll(Self.rss([("a", long + " edited there, and longer")]), of: other)
        _ = try await lab.reparse()
        let article = try #require(try lab.archive.article(ArticleID(rawValue: 1)))
        #expect(article.text.hasSuffix("edited there, and longer") && article.revision == 2)
        try lab.verify()
    }

    @Test func aDocumentThatCannotBeReadIsToldAndTheOthersAreRead() async throws {
        let lab = try Lab()
        try await lab.poll(Self.rss([("a", "A one")]), garbled("a"))
        try await lab.poll(Self.rss([("a", "A one"), ("b", "B one")]), garbled("a", "b"))
        let folder = lab.archive.folder + "/warc"
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: folder + "/" + name))
        let place = try #require(try lab.archive.lastKept(of: lab.feed().id, .whole)?.place)
        let offset = place.split(separator: "@").last.flatMap { UInt64($0) } ?? 0
        try file.seek(toOffset: offset + 40)
        try file.write(contentsOf: Data([0, 0, 0, 0]))
        let result = try await lab.reparse()
        #expect(result.unreadable.count == 1 && result.documents == 2)
        #expect(result.changes.map(\.title) == ["a"])
    }
}
