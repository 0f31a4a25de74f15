import Archive
import FeedFetch
import FeedModel
import TestSupport
import Testing

@testable import Ingest

/// Which documents of whole polls are kept, and how they stand to their feed.
@Suite struct KeptDocumentTests {
    private func lab(_ answers: ScriptedAnswer..., keeps: Bool = true) throws -> PollerTests.Lab {
        let lab = try PollerTests.Lab(try ScriptedServer())
        lab.configuration.keep.raw = keeps ? .changed : .none
        lab.server.on("/feed.xml") { answers[min($0.previous, answers.count - 1)] }
        lab.add("/feed.xml") { $0.backfill = true }
        return lab
    }

    private func kept(_ lab: PollerTests.Lab, _ extent: RawDocument.Extent = .whole) throws -> KeptRecord? {
        try lab.archive.lastKept(of: lab.feed().id, extent)
    }

    @Test func aPartIsKeptBesideTheWhole() async throws {
        let part = PollerTests.rss(["c"])
        let lab = try lab(
            .ok(PollerTests.rss(["b", "a"]), ("ETag", "\"1\"")),
            ScriptedAnswer.status(226, part).with([("ETag", "\"2\""), ("IM", "feed")]), .status(304))
        for _ in 0..<3 { try await lab.round(force: true) }
        #expect(try lab.archive.body(of: #require(try kept(lab, .delta))).get() == Array(part.utf8))
        #expect(try lab.archive.body(of: #require(try kept(lab))).get() == Array(PollerTests.rss(["b", "a"]).utf8))
        let places = try lab.archive.places(ofRevisionsOf: ArticleID(rawValue: 3))
        #expect(try places == [1: #require(try kept(lab, .delta)).place])
    }

    @Test func olderPagesAreKept() async throws {
        let page = BackfillTests.atom([], ["b", "a"])
        let lab = try lab(.ok(BackfillTests.atom([("next", "/2")], ["d", "c"])))
        lab.server.on("/2", .ok(page))
        try await lab.round()
        let record = try #require(try kept(lab, .older))
        #expect(record.url == lab.server.url("/2"))
        #expect(try lab.archive.body(of: record).get() == Array(page.utf8))
        // Read again, they bring nothing that is not there.
        let reparse = Reparse(lab.archive, since: nil, now: lab.time.now)
        let result = try await reparse.run(try lab.feed(), isRehearsal: false)
        #expect(result.documents == 2 && result.changes.isEmpty)
    }

    @Test(arguments: ["<html><body>Not found</body></html>", "", "<rss version='2.0'><channel><item><title>x"])
    func whatIsNoFeedIsNotKept(body: String) async throws {
        let lab = try lab(.ok(body).but { $0.framing = .untilClose })
        #expect(try await lab.round().map(\.figures.outcome) == [.failed])
        #expect(try !lab.archive.hasRawDocuments())
    }

    /// A record tells what was sent, and would tell the password; one that told anything else would be none.
    @Test func whatHoldsTheFeedsOwnSecretIsNotKept() async throws {
        let lab = try lab(
            .ok(PollerTests.rss(["a apikey-R7bN4xTy", "b"]), ("ETag", "\"1\"")), .status(304),
            .ok(PollerTests.rss(["a", "b"]), ("X-Echo", "apikey-R7bN4xTy")), .ok(PollerTests.rss(["a", "b"])))
        lab.configuration.feeds[0].headers = [.init(name: "X-Api-Key", value: "apikey-R7bN4xTy")]
        for _ in 0..<3 {
            try await lab.round(force: true)
            #expect(try !lab.archive.hasRawDocuments())
            #expect(try lab.feed().poll.notice?.code == "secret-echoed")
            #expect(try lab.feed().poll.notice?.message.contains("apikey") == false)
        }
        #expect(try lab.titles.contains("a ***"))
        try await lab.round(force: true)
        #expect(try lab.archive.hasRawDocuments())
        #expect(try lab.feed().poll.notice == nil)
    }

    /// Kept from now on: the document that is there becomes the one that its entries refer to.
    @Test func aDocumentThatIsKnownIsKeptOnceItIsToBe() async throws {
        let lab = try lab(.ok(PollerTests.rss(["a"])), keeps: false)
        try await lab.round()
        lab.configuration.keep.raw = .changed
        let reports = try await lab.round(force: true)
        #expect(reports.map(\.figures.outcome) == [.notModified])
        let record = try #require(try kept(lab))
        #expect(try await lab.archive.write { try $0.sightings(record: record.id) }.count == 1)
        try await lab.round(force: true)
        #expect(try kept(lab) == record)
    }

    @Test(arguments: [
        ("http://a.example", "GET / HTTP/1.1\r\nHost: a.example\r\n"),
        ("https://u:p@a.example:8443/x?y=1#z", "GET /x?y=1 HTTP/1.1\r\nHost: a.example:8443\r\n"),
        ("http://[::1]:80/ü x", "GET /%C3%BC%20x HTTP/1.1\r\nHost: [::1]\r\n"),
    ])
    func theRequestIsWrittenAsItWent(url: String, start: String) throws {
        let response = FeedResponse(
            status: 200, httpVersion: "2",
            headers: [HTTPField("Content-Encoding", "br"), HTTPField("Content-Length", "3")],
            body: Array("decoded".utf8), finalURL: url, requestHeaders: [HTTPField("Authorization", "***")])
        let exchange = try #require(HTTPMessage.exchange(response))
        #expect(String(decoding: exchange.request, as: UTF8.self) == start + "Authorization: ***")
        #expect(
            String(decoding: exchange.response, as: UTF8.self)
                == "HTTP/1.1 200 OK\r\nX-Crawler-Content-Encoding: br\r\nX-Crawler-Content-Length: 3\r\nContent-Length: 7"
        )
        #expect(exchange.protocolName == "h2")
    }
}
