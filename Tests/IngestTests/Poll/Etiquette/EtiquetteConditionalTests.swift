import Archive
import FeedModel
import TestSupport
import Testing

@testable import Ingest

@Suite struct EtiquetteConditionalTests {
    static let date = "Sat, 21 Nov 2026 10:11:12 GMT"

    private static func ok(_ fields: (String, String)...) -> ScriptedAnswer {
        ScriptedAnswer.ok(PollerTests.rss(["a"])).with(fields)
    }

    private static let firstAndLaterCases: [(Bool, Bool)] = [
        (true, true), (true, false), (false, true), (false, false),
    ]

    @Test("1: the first request is unconditional, the later ones are not", arguments: firstAndLaterCases)
    func firstAndLater(hasTag: Bool, hasDate: Bool) async throws {
        var fields: [(String, String)] = []
        if hasTag { fields.append(("ETag", "\"1\"")) }
        if hasDate { fields.append(("Last-Modified", Self.date)) }
        let lab = try PollLab([ScriptedAnswer.ok(PollerTests.rss(["a"])).with(fields)])
        try await lab.rounds(3)
        for (number, request) in lab.server.requests.enumerated() {
            #expect(request.values("If-None-Match") == (hasTag && number > 0 ? ["\"1\""] : []))
            #expect(request.values("If-Modified-Since") == (hasDate && number > 0 ? [Self.date] : []))
        }
    }

    private static let opaqueCases: [[UInt8]] = [
        Array("W/\"weak\"".utf8), Array("w/'odd'".utf8), Array("W/\"a\\\"b, c;d=\\e\\\\\"".utf8),
        Array("without quotes".utf8), Array("\"open".utf8), Array("\"\"".utf8), [], Array("*".utf8),
        Array("\"a\tb\"".utf8), [0x22, 0xE9, 0xFF, 0x5C, 0x80, 0x22], Array("\"Ж ü 日\"".utf8),
        Array("\"\(String(repeating: "x7", count: 8000))\"".utf8), Array("\"1\", \"2\"".utf8),
        Array("Sat, 1 Nov 2026 8:00:00 +0200".utf8), Array("2026-11-21T10:11:12Z".utf8), Array("0".utf8),
    ]

    @Test("2: validators go back byte for byte", arguments: opaqueCases)
    func opaque(value: [UInt8]) async throws {
        let space = Array(" \t ".utf8)
        let lab = try PollLab([
            Self.ok().but {
                $0.fields.append((name: "eTaG", value: space + value + space))
                $0.fields.append((name: "last-modified", value: value + space))
            }, .status(304),
        ])
        try await lab.rounds(3)
        for request in lab.server.requests.dropFirst() {
            #expect(request.bytes("If-None-Match") == [value])
            #expect(request.bytes("If-Modified-Since") == [value])
        }
        #expect(try lab.feed().poll.validators?.etag == value)
    }

    @Test("3: a missing Last-Modified is never made up")
    func nothingIsMadeUp() async throws {
        let dated = PollerTests.rss(
            ["a"], extra: "<pubDate>\(Self.date)</pubDate><lastBuildDate>\(Self.date)</lastBuildDate>")
        let lab = try PollLab([
            .ok(dated, ("Date", Self.date), ("Expires", Self.date), ("ETag", "\"1\"")),
            .status(304, "", ("Date", Self.date)), .ok(dated, ("Date", Self.date)),
        ])
        try await lab.rounds(4)
        #expect(lab.server.requests.allSatisfy { $0.values("If-Modified-Since") == [] })
        #expect(lab.server.requests.map { $0.value("If-None-Match") } == [nil, "\"1\"", "\"1\"", nil])
    }

    @Test("4: a 200 replaces both validators, a 304 those that it brings")
    func replaced() async throws {
        let other = "Sun, 22 Nov 2026 10:11:12 GMT"
        let lab = try PollLab([
            Self.ok(("ETag", "\"1\""), ("Last-Modified", Self.date)), .status(304, "", ("ETag", "W/\"2\"")),
            .status(304, "", ("Last-Modified", other)), .status(304), Self.ok(("Last-Modified", Self.date)),
            .status(304, "", ("ETag", "\"3\"")), Self.ok(), Self.ok(),
        ])
        try await lab.rounds(8)
        let sent = lab.server.requests.map {
            "\($0.value("If-None-Match") ?? "-") \($0.value("If-Modified-Since") ?? "-")"
        }
        #expect(
            sent == [
                "- -", "\"1\" \(Self.date)", "W/\"2\" \(Self.date)", "W/\"2\" \(other)", "W/\"2\" \(other)",
                "- \(Self.date)", "\"3\" \(Self.date)", "- -",
            ])
    }

    private static let feed = Array(PollerTests.rss(["x", "y"]).utf8)

    private static let onlyFeedsSetThemCases: [Answered] = [
        Answered("not found", .status(404, "no")),
        Answered("a 5xx with a feed inside", .status(503, PollerTests.rss(["x"]))),
        Answered("206", .status(206, PollerTests.rss(["x"]))), Answered("204", .status(204)),
        Answered("203", .status(203, PollerTests.rss(["x"]))), Answered("401", .status(401, "who?")),
        Answered("a page", .ok("<!doctype html><html><title>Down</title>")),
        Answered("JSON, no feed", .ok("{\"a\":1}")),
        Answered("empty", .ok("")), Answered("blank", .ok(" \r\n\t ")),
        Answered("a BOM alone", .ok([0xEF, 0xBB, 0xBF])),
        Answered("cut", .ok(feed).but { $0.ending = .cut(100) }),
        Answered(
            "no last chunk",
            .ok(feed).but {
                $0.framing = .chunked(50)
                $0.ending = .cut(feed.count)
            }),
        Answered(
            "over-long", .ok(PollerTests.rss(["x"], extra: "<!--\(String(repeating: "x", count: 70_000))-->"))),
        Answered("no gzip", .ok([0x80, 0x81, 0x82], ("Content-Encoding", "gzip"))),
        Answered("unknown coding", .ok([0x80, 0x81, 0x82], ("Content-Encoding", "compress"))),
        Answered("gzip without its end", .ok(Array(gzip(feed).dropLast(3)), ("Content-Encoding", "gzip"))),
        Answered("reset", .ok(feed).but { $0.ending = .reset(100) }),
        Answered("nowhere", .status(302, "moved")),
    ]

    @Test("5: only an accepted feed sets validators", arguments: onlyFeedsSetThemCases)
    func onlyFeedsSetThem(given: Answered) async throws {
        let bad = given.answer.with([("ETag", "\"bad\""), ("Last-Modified", Self.date)])
        let lab = try PollLab([Self.ok(("ETag", "\"good\"")), bad, Self.ok()])
        lab.configuration.fetch.maxBody = 60_000
        try await lab.rounds(2)
        #expect(try lab.feed().poll.state == .failing)
        try await lab.rounds(1)
        #expect(lab.server.requests[2].values("If-None-Match") == ["\"good\""])
        #expect(lab.server.requests[2].values("If-Modified-Since") == [])
        #expect(try lab.titles == ["a"])
    }

    @Test("5: after an answer that was no feed the first good one is still asked for unconditionally")
    func nothingFromABadStart() async throws {
        let lab = try PollLab([.status(500, "x", ("ETag", "\"bad\"")), .ok("<html>", ("ETag", "\"page\"")), Self.ok()])
        try await lab.rounds(3)
        #expect(lab.server.requests.allSatisfy { $0.value("If-None-Match") == nil })
    }

    @Test("6: validators go to the URL that answered and to no other")
    func validatorsAreOfOneURL() async throws {
        let lab = try PollLab([
            ScriptedAnswer.redirect(302, "/b.xml").with([("ETag", "\"hop\""), ("Last-Modified", Self.date)]),
            .redirect(307, "/b.xml"), .redirect(302, "/c.xml"), .redirect(302, "/b.xml"), Self.ok(("ETag", "\"own\"")),
        ])
        lab.server.on("/b.xml", Self.ok(("ETag", "\"b\"")), .status(304), Self.ok(("ETag", "\"b2\"")))
        lab.server.on("/c.xml", .ok(PollerTests.rss(["c"]), ("ETag", "\"c\"")))
        try await lab.rounds(6)
        #expect(lab.server.requests("/b.xml").map { $0.value("If-None-Match") } == [nil, "\"b\"", nil])
        #expect(lab.server.requests("/c.xml").map { $0.value("If-None-Match") } == [nil])
        #expect(
            lab.server.requests("/feed.xml").map { $0.value("If-None-Match") } == [nil, nil, nil, nil, nil, "\"own\""])
        #expect(lab.server.requests.allSatisfy { $0.value("If-Modified-Since") == nil })
        #expect(try lab.titles == ["a", "c"])
    }

    @Test("6: after a kept move its target goes on with the validators that it gave")
    func validatorsOfAKeptMove() async throws {
        let lab = try PollLab([.redirect(301, "/new.xml#top")])
        lab.server.on("/new.xml", Self.ok(("ETag", "\"n\"")), .status(304))
        try await lab.rounds(3)
        #expect(lab.server.requests("/new.xml").map { $0.value("If-None-Match") } == [nil, "\"n\"", "\"n\""])
    }

    private static let theSameFieldsCases: [String] = [
        "no-store", "no-cache", "private, no-store, must-revalidate, max-age=0",
    ]

    @Test("8: requests keep their fields, and no directive their conditions", arguments: theSameFieldsCases)
    func theSameFields(control: String) async throws {
        let lab = try PollLab([
            Self.ok(("ETag", "\"1\""), ("Cache-Control", control), ("Pragma", "no-cache"), ("Vary", "*")), .status(304),
            .status(500), Self.ok(("ETag", "\"2\"")),
        ])
        try await lab.rounds(5)
        func fixed(_ request: ScriptedRequest) -> [String] {
            request.fields.filter { !$0.name.hasPrefix("If-") }.map {
                "\($0.name): \(String(decoding: $0.value, as: UTF8.self))"
            }
        }
        for request in lab.server.requests { #expect(fixed(request) == fixed(lab.server.requests[0])) }
        #expect(lab.server.requests.dropFirst().allSatisfy { $0.value("If-None-Match") != nil })
    }

    private static let notModifiedHasNoBodyCases: [[(String, String)]] = [
        [("Content-Length", "5000")], [("Transfer-Encoding", "chunked")], [("Content-Encoding", "gzip")], [],
    ]

    @Test("9: a 304 is a success without a body, whatever its fields say", arguments: notModifiedHasNoBodyCases)
    func notModifiedHasNoBody(fields: [(String, String)]) async throws {
        let lab = try PollLab([Self.ok(("ETag", "\"1\"")), ScriptedAnswer.status(304).with(fields)])
        try await lab.rounds(3)
        let feed = try lab.feed().poll
        #expect(feed.state == .active && feed.lastStatus == 304 && feed.lastSuccess == lab.time.now)
        #expect(try lab.titles == ["a"])
    }

    @Test("9: an unasked 304 is a failure, behind a redirect too")
    func unasked() async throws {
        let lab = try PollLab([Self.ok(("ETag", "\"1\"")), .redirect(302, "/other.xml")])
        lab.server.on("/other.xml", .status(304))
        try await lab.rounds(2)
        let feed = try lab.feed().poll
        #expect(feed.state == .failing && feed.lastError?.code == "http-304")
    }

    @Test("10: a 200 with nothing new changes nothing, a new lastBuildDate included")
    func nothingNew() async throws {
        func document(_ date: String, _ titles: [String] = ["a", "b"]) -> ScriptedAnswer {
            .ok(PollerTests.rss(titles, extra: "<lastBuildDate>\(date)</lastBuildDate><ttl>\(date.count)</ttl>"))
        }
        let lab = try PollLab([
            document(Self.date), document("today"), document("later", ["b", "a"]), document("", ["b"]),
        ])
        try await lab.round()
        for _ in 0..<3 {
            let report = try #require(try await lab.round(force: true).first)
            #expect(report.figures.outcome == .notModified && report.figures.revised == 0 && report.figures.new == 0)
        }
        #expect(try lab.archive.newestChange() == 2)
        #expect(try lab.feed().poll.lastChange == lab.time.now)
    }
}
