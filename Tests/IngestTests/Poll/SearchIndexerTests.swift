import Archive
import FeedModel
import TestSupport
import Testing

@testable import Ingest

/// That polls tell the full-text index of everything that an article shows anew.
@Suite struct SearchIndexerTests {
    private func item(_ title: String, _ text: String, author: String = "", guid: String = "g") -> String {
        """
        <?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>\
        <title>F</title><link>http://site.example/</link><description>d</description>\
        <item><title>\(title)</title><link>http://site.example/story</link><guid isPermaLink="false">\(guid)</guid>\
        <dc:creator>\(author)</dc:creator><description>\(text)</description></item></channel></rss>
        """
    }

    private func find(_ query: String, _ lab: PollerTests.Lab) throws -> Int {
        try lab.archive.search(SearchRequest(SearchQuery.parse(query) { _ in nil })) { _ in }.found
    }

    private func round(_ lab: PollerTests.Lab) async throws {
        try await lab.round(force: true)
        try await SearchIndexer(archive: lab.archive, time: lab.time).catchUp(besidePolls: false)
        #expect(try lab.archive.searchBacklog() == 0)
    }

    @Test func editsAreFollowed() async throws {
        let server = try ScriptedServer()
        server.on(
            "/feed.xml", .ok(item("Title", "first", author: "Ann")), .ok(item("Title", "second", author: "Ann")),
            // No revision: author and markup are not compared.
            .ok(item("Title", "second", author: "Ben")))
        let lab = try PollerTests.Lab(server)
        lab.add("/feed.xml")
        try await round(lab)
        #expect(try find("first ann", lab) == 1)
        try await round(lab)
        #expect(try find("first", lab) == 0)
        #expect(try find("second ann", lab) == 1)
        try await round(lab)
        #expect(try find("ann", lab) == 0)
        #expect(try find("second ben", lab) == 1)
    }

    /// The fuller form of another feed is shown; when it goes back to the shorter one, that is shown again.
    @Test func aFullerCopyInAnotherFeedIsFollowed() async throws {
        let server = try ScriptedServer()
        server.on("/a.xml", .ok(item("Title", "summary")))
        server.on(
            "/b.xml", .status(503), .ok(item("Title", "summary and much more of the full text", guid: "h")))
        let lab = try PollerTests.Lab(server)
        lab.add("/a.xml")
        lab.add("/b.xml")
        try await round(lab)
        #expect(try find("summary", lab) == 1)
        #expect(try find("much more", lab) == 0)
        try await round(lab)
        #expect(try lab.titles == ["Title"])
        #expect(try find("much more", lab) == 1)
        #expect(try find("summary feed:127.0.0.1", lab) == 1)
        #expect(try find("summary feed:\(server.url("/b.xml"))", lab) == 1)
    }

    /// Beside polls, an indexer rests between its batches as long as they took.
    @Test func catchingUpBesidePollsEnds() async throws {
        let server = try ScriptedServer()
        server.on("/feed.xml", .ok(PollerTests.rss((0..<200).map { "t\($0)" })))
        let lab = try PollerTests.Lab(server)
        lab.add("/feed.xml")
        try await lab.round()
        let indexer = SearchIndexer(archive: lab.archive, time: lab.time)
        // The time is over at once: one batch.
        try await indexer.catchUp(until: lab.time.now, besidePolls: true)
        #expect(try lab.archive.searchBacklog() == 200 - SearchIndexer.Batch.besidePolls.articles)
        try await indexer.catchUp(besidePolls: true)
        #expect(try lab.archive.searchBacklog() == 0)
    }
}
