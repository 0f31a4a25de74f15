import Archive
import FeedFetch
import FeedModel
import TestSupport
import Testing

@testable import Ingest

/// Answers that hold new entries alone (RFC 3229, `A-IM: feed`).
@Suite struct FeedDeltaTests {
    typealias Lab = PollerTests.Lab

    private func lab(_ answers: ScriptedAnswer...) throws -> Lab {
        let server = try ScriptedServer()
        server.on("/feed.xml") { request in answers[min(request.previous, answers.count - 1)] }
        let lab = try Lab(server)
        lab.add("/feed.xml")
        return lab
    }

    private static func delta(_ titles: [String], _ fields: (String, String)...) -> ScriptedAnswer {
        ScriptedAnswer.status(226, PollerTests.rss(titles)).with(fields)
    }

    @Test func aPartBringsItsEntriesAndTakesNoneAway() async throws {
        let lab = try lab(
            .ok(PollerTests.rss(["b", "a"]), ("ETag", "\"1\""), ("Last-Modified", "Sat, 21 Nov 2026 10:11:12 GMT")),
            Self.delta(["c"], ("ETag", "\"2\""), ("IM", "feed")), .status(304))
        try await lab.round()
        let reports = try await lab.round(force: true)
        #expect(reports.map(\.figures.outcome) == [.changed] && reports.map(\.figures.new) == [1])
        #expect(try lab.titles == ["a", "b", "c"])
        let feed = try lab.feed()
        #expect(feed.poll.lastStatus == 226 && feed.poll.validators?.etag == Array("\"2\"".utf8))
        // A new tag with no date beside it leaves none of the old document.
        #expect(feed.poll.validators?.lastModified == nil && feed.poll.documentHash == nil)
        let current = try await lab.archive.write { try $0.currentSightings(of: feed.id) }
        #expect(current.count == 3)
        try await lab.round(force: true)
        #expect(lab.server.requests.map { $0.value("If-None-Match") } == [nil, "\"1\"", "\"2\""])
        // From poll to poll the same.
        #expect(lab.server.requests.map { $0.value("A-IM") } == ["feed", "feed", "feed"])
    }

    @Test func aPartWithoutATagLeavesTheValidatorsAndOneWithoutNewsIsNotModified() async throws {
        let lab = try lab(.ok(PollerTests.rss(["a"]), ("ETag", "\"1\"")), Self.delta([], ("IM", "Feed")))
        try await lab.round()
        let reports = try await lab.round(force: true)
        #expect(reports.map(\.figures.outcome) == [.notModified])
        #expect(try lab.feed().poll.validators?.etag == Array("\"1\"".utf8))
    }

    /// The edit that a part brought is undone by the whole document, though its bytes are those of the last one.
    @Test func afterAPartTheLastWholeDocumentIsNewsAgain() async throws {
        let whole = ScriptedAnswer.ok(PollerTests.rss(["a"]), ("ETag", "\"1\""))
        let edited = PollerTests.rss(["a"]).replacing("Text of", with: "Quite another text of")
        let lab = try lab(whole, .status(226, edited, ("ETag", "\"2\""), ("IM", "feed")), whole)
        try await lab.round()
        try await lab.round(force: true)
        let reports = try await lab.round(force: true)
        #expect(reports.map(\.figures.revised) == [1])
    }

    @Test func aPublisherOfPartsAloneIsAskedForAllOfItAfterTwoWeeks() async throws {
        let lab = try lab(
            .ok(PollerTests.rss(["a"]), ("ETag", "\"1\"")), Self.delta(["b"], ("ETag", "\"2\""), ("IM", "feed")),
            .ok(PollerTests.rss(["b"]), ("ETag", "\"2\"")))
        try await lab.round()
        lab.time.advance(by: .days(13))
        try await lab.round(force: true)
        lab.time.advance(by: .days(1))
        try await lab.round(force: true)
        #expect(lab.server.requests.map { $0.value("If-None-Match") } == [nil, "\"1\"", nil])
        let id = try lab.feed().id
        let current = try await lab.archive.write { try $0.currentSightings(of: id).map(\.guid) }
        #expect(current == ["b"])
    }

    struct Unusable: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// What the first answer gave.
        var validator: (String, String)
        var manipulation: [(String, String)]
    }

    @Test(arguments: [
        Unusable(testDescription: "without IM", validator: ("ETag", "\"1\""), manipulation: []),
        Unusable(testDescription: "vcdiff", validator: ("ETag", "\"1\""), manipulation: [("IM", "vcdiff")]),
        Unusable(testDescription: "feed and gzip", validator: ("ETag", "\"1\""), manipulation: [("IM", "feed, gzip")]),
        Unusable(
            testDescription: "in two fields", validator: ("ETag", "\"1\""),
            manipulation: [("IM", "feed"), ("IM", "range")]),
        Unusable(
            testDescription: "to If-Modified-Since", validator: ("Last-Modified", "Sat, 21 Nov 2026 10:11:12 GMT"),
            manipulation: [("IM", "feed")]),
        Unusable(testDescription: "unconditional", validator: ("X", "y"), manipulation: [("IM", "feed")]),
    ])
    func otherPartsAreFailures(unusable: Unusable) async throws {
        let lab = try lab(
            ScriptedAnswer.ok(PollerTests.rss(["a"])).with([unusable.validator]),
            ScriptedAnswer.status(226, PollerTests.rss(["b"]), ("ETag", "\"2\"")).with(unusable.manipulation))
        try await lab.round()
        let before = try lab.feed().poll.validators
        try await lab.round(force: true)
        let feed = try lab.feed().poll
        #expect(feed.state == .failing && feed.lastError?.code == "http-226")
        #expect(feed.validators == before)
        #expect(try lab.titles == ["a"])
    }
}
