import Archive
import FeedModel
import TestSupport
import Testing

@testable import Ingest

@Suite struct EtiquetteFailureTests {
    private static let good = ScriptedAnswer.ok(PollerTests.rss(["a"]), ("ETag", "\"good\""))

    struct Later: Sendable, CustomTestStringConvertible {
        var value: String
        var wait: Duration
        var reason = IntervalReason.retryAfter
        var testDescription: String { value }

        init(_ value: String, _ wait: Duration) {
            self.value = value
            self.wait = wait
        }

        /// Not kept: the ordinary backoff.
        init(_ value: String) {
            self.value = value
            wait = .minutes(1)
            reason = .backoff
        }
    }

    private static let retryAfterLaters: [Later] = [
        Later("7200", .hours(2)), Later("0007200", .hours(2)), Later("172800", .days(2)),
        Later("9999999", .days(30)),
        Later("99999999999999999999", .days(30)),
        // Our clock says Wednesday, 18 November 2026, 11:06:40.
        Later("Wed, 18 Nov 2026 13:06:40 GMT", .hours(2)), Later("Wednesday, 18-Nov-26 13:06:40 GMT", .hours(2)),
        Later("Wed Nov 18 13:06:40 2026", .hours(2)), Later("Fri Nov 20 11:06:40 2026", .days(2)),
        Later("Fri, 31 Dec 9999 23:59:59 GMT", .days(30)),
        Later("0"), Later("-7200"), Later("soon"), Later(""), Later("120.5 minutes"), Later("7200, 3600"),
        Later("Wed, 18 Nov 2026 11:06:40 GMT"), Later("Thu Jan  1 00:00:00 1970"),
        Later("Wed, 32 Nov 2026 13:06:40 GMT"),
    ]

    private static let retryAfterStatuss: [Int] = [429, 503]

    @Test("19: Retry-After is kept, up to 30 days", arguments: retryAfterLaters, retryAfterStatuss)
    func retryAfter(later: Later, status: Int) async throws {
        let lab = try PollLab([.status(status, "later", ("Retry-After", later.value))])
        lab.configuration.schedule.retryMax = .hours(1)
        lab.configuration.schedule.maxInterval = .hours(2)
        try await lab.round()
        let feed = try lab.feed().poll
        #expect(try lab.wait() == later.wait)
        #expect(feed.intervalReason == later.reason && feed.lastStatus == status && feed.state == .failing)
        lab.time.advance(by: later.wait - .seconds(1))
        #expect(try await lab.round().isEmpty)
        lab.time.advance(by: .seconds(1))
        #expect(try await lab.round().count == 1)
    }

    @Test("20: a 429 behind a redirect to another site pauses the feed that led there, and nobody else")
    func theFeedThatLedThere() async throws {
        let busy = try ScriptedServer(address: "127.0.0.2")
        busy.otherwise { _ in Self.good }
        busy.on("/x", .status(429, "no", ("Retry-After", "2592000")))
        let lab = try PollLab([.redirect(302, busy.url("/x"))])
        lab.server.on("/other.xml", Self.good)
        lab.add("/other.xml")
        lab.add(elsewhere: busy.url("/1.xml"))
        try await lab.round()
        #expect(try lab.wait() == .days(30))
        #expect(try lab.feed().poll.lastError?.message.hasSuffix("it redirects to another site's host") == true)
        lab.time.advance(by: .days(1))
        #expect(try await lab.round().count == 2)
        #expect(busy.requests("/1.xml").count == 2 && lab.server.requests("/other.xml").count == 2)
        #expect(try lab.archive.host("127.0.0.2").conduct == nil)
    }

    @Test("20: a 429 of the host that a feed has moved to pauses that host")
    func theHostThatItMovedTo() async throws {
        let new = try ScriptedServer(address: "127.0.0.2")
        new.on("/feed.xml") { $0.previous == 0 ? Self.good : .status(429, "no", ("Retry-After", "7200")) }
        new.on("/1.xml", Self.good)
        let lab = try PollLab([.redirect(301, new.url("/feed.xml"))])
        lab.add(elsewhere: new.url("/1.xml"))
        lab.configuration.fetch.perHost = 1
        try await lab.round()
        #expect(try lab.feed().poll.url == new.url("/feed.xml"))
        try await lab.round(force: true)
        #expect(try lab.archive.host("127.0.0.2").conduct?.pausedUntil == lab.time.now + .hours(2))
        #expect(try await lab.round(force: true).isEmpty)
    }

    @Test("20: a success behind a redirect to another site says nothing of that site's pace")
    func theStrangersPace() async throws {
        let slow = try ScriptedServer(address: "127.0.0.2")
        slow.otherwise { _ in Self.good }
        slow.on("/1.xml", .status(429))
        let lab = try PollLab([.redirect(302, slow.url("/x"))])
        lab.add(elsewhere: slow.url("/1.xml"))
        try await lab.round(force: true)
        let before = try lab.archive.host("127.0.0.2").conduct
        #expect(before?.slowness == 1)
        lab.time.advance(by: .hours(3))
        lab.configuration.feeds.removeLast()
        try await lab.round(force: true)
        #expect(try lab.archive.host("127.0.0.2").conduct == before)
    }

    private static let backoffCases: [Answered] = [
        Answered("401", .status(401)), Answered("403", .status(403)), Answered("404", .status(404)),
        Answered("500", .status(500)), Answered("a page", .ok("<html>")), Answered("empty", .ok("")),
        Answered("cut", .ok("<rss>").but { $0.ending = .cut(2) }), Answered("no HTTP", .raw("hello")),
        Answered("no answer", .raw("")), Answered("loop", .redirect(302, "/feed.xml")),
    ]

    @Test("21: every failure backs off, doubling up to retry_max; success resets it", arguments: backoffCases)
    func backoff(given: Answered) async throws {
        let lab = try PollLab(Array(repeating: given.answer, count: 5) + [Self.good, given.answer])
        lab.configuration.schedule.retryMax = .minutes(8)
        var waits: [Duration?] = []
        for _ in 0..<5 {
            try await lab.round()
            let wait = try #require(try lab.wait())
            waits.append(wait)
            lab.time.advance(by: wait)
        }
        #expect(waits == [.minutes(1), .minutes(2), .minutes(4), .minutes(8), .minutes(8)])
        #expect(try lab.feed().poll.failures == 5)
        try await lab.round()
        let feed = try lab.feed().poll
        #expect(feed.failures == 0 && feed.lastError == nil && feed.state == .active && feed.failingSince == nil)
        try await lab.round(force: true)
        #expect(try lab.wait() == .minutes(1) && lab.feed().poll.failures == 1)
    }

    private static let noRetryCases: [Answered] = [
        Answered(
            "401", .status(401, "no", ("WWW-Authenticate", "Basic realm=\"x\", Digest realm=\"x\", nonce=\"1\""))),
        Answered("407", .status(407, "no", ("Proxy-Authenticate", "Basic realm=\"x\""))),
        Answered("403", .status(403)),
        Answered("404", .status(404)), Answered("408", .status(408)), Answered("421", .status(421)),
        Answered("425", .status(425)), Answered("429", .status(429)), Answered("500", .status(500)),
        Answered("503", .status(503, "later", ("Retry-After", "1"))), Answered("no answer", .raw("")),
        Answered("cut", .ok("hello").but { $0.ending = .cut(2) }),
        Answered("reset", .ok("hello").but { $0.ending = .reset(2) }),
        Answered("no gzip", .ok([0x80, 0x81, 0x82], ("Content-Encoding", "gzip"))),
        Answered("upgrade", .status(426, "", ("Upgrade", "h2c"))),
        Answered("refresh", .ok("<html>", ("Refresh", "0; url=/x"))),
    ]

    @Test("22: one failed poll is one request", arguments: noRetryCases)
    func noRetry(given: Answered) async throws {
        let lab = try PollLab([given.answer])
        let folder = try TemporaryFolder()
        let file = try folder.write("secret\n", to: "password")
        lab.configuration.feeds[0].auth = .basic(username: "u", passwordFile: file)
        try await lab.round()
        #expect(lab.server.requests.map(\.target) == ["/feed.xml"])
        #expect(try lab.feed().poll.failures == 1)
    }

    @Test("23: after a 410 the articles stay, and only who asks for the feed has it polled")
    func gone() async throws {
        let lab = try PollLab([Self.good, .status(410, "gone", ("Retry-After", "60"))])
        try await lab.rounds(2)
        #expect(try lab.feed().poll.state == .gone && lab.feed().poll.nextPoll == nil)
        lab.time.advance(by: .days(31))
        lab.add("/new.xml")
        #expect(try await lab.round(force: true).count == 1)
        #expect(lab.server.requests("/feed.xml").count == 2)
        #expect(try lab.titles == ["a"])
    }

    @Test("24: a dead feed is asked every 30 days, and lives again with its first success")
    func dead() async throws {
        let lab = try PollLab([
            Self.good, .status(500), .status(500), .status(503, "", ("Retry-After", "60")), Self.good,
        ])
        try await lab.rounds(2)
        lab.time.advance(by: .days(60))
        for _ in 0..<2 {
            try await lab.round()
            #expect(try lab.feed().poll.state == .dead && lab.wait() == .days(30))
            lab.time.advance(by: .days(29))
            #expect(try await lab.round().isEmpty)
            lab.time.advance(by: .days(1))
        }
        try await lab.round()
        let feed = try lab.feed().poll
        #expect(feed.state == .active && feed.failures == 0 && feed.failingSince == nil)
    }

    @Test("24: one success starts the count of give_up_after anew")
    func notDeadYet() async throws {
        let lab = try PollLab([.status(500), Self.good, .status(500)])
        try await lab.round()
        for _ in 0..<2 {
            lab.time.advance(by: .days(59))
            try await lab.round()
        }
        lab.time.advance(by: .days(59))
        try await lab.round()
        #expect(try lab.feed().poll.state == .failing)
    }

    private static let timeoutCases: [Answered] = [
        Answered("dripping", .ok(PollerTests.rss(["x"])).but { $0.drip = .milliseconds(200) }),
        Answered("stalling", .ok(PollerTests.rss(["x"])).but { $0.ending = .stall(40) }),
        Answered("silent", .ok(PollerTests.rss(["x"])).but { $0.delay = .seconds(60) }),
    ]

    @Test("25: headers and body that drip do not outlast the timeout", arguments: timeoutCases)
    func timeout(given: Answered) async throws {
        let lab = try PollLab([given.answer])
        lab.configuration.fetch.timeout = .milliseconds(400)
        let started = ContinuousClock.now
        try await lab.round()
        // Without a bound it would take a minute.
        #expect(ContinuousClock.now - started < .seconds(30))
        #expect(try lab.feed().poll.lastError?.code == "timeout" && lab.titles == [])
    }

    private static let long = Array(
        PollerTests.rss(["x"], extra: "<!--\(String(repeating: "x", count: 40_000))-->").utf8)

    private static let maxBodyCases: [Answered] = [
        Answered("plain", .ok(long)), Answered("chunked", .ok(long).but { $0.framing = .chunked(999) }),
        Answered("until the end", .ok(long).but { $0.framing = .untilClose }),
        Answered("gzip", .ok(gzip(long), ("Content-Encoding", "gzip"))),
        Answered("a file", .ok(gzip(long), ("Content-Type", "application/gzip"))),
        Answered("members", .ok(gzip(Array(long.prefix(20_000))) + gzip(Array(long.dropFirst(20_000))))),
        Answered("twice", .ok(gzip(gzip(long)), ("Content-Encoding", "gzip, gzip"))),
    ]

    @Test("25: max_body bounds what comes out of decompression, files included", arguments: maxBodyCases)
    func maxBody(given: Answered) async throws {
        let lab = try PollLab([given.answer])
        lab.configuration.fetch.maxBody = 40_000
        try await lab.round()
        #expect(try lab.feed().poll.lastError?.code == "too-large" && lab.titles == [])
        lab.configuration.fetch.maxBody = 50_000
        try await lab.round(force: true)
        #expect(try lab.titles == ["x"])
    }

    private static let feed = Array(PollerTests.rss(["x", "y", "z"]).utf8)

    private static let endsEarlyCases: [Answered] = [
        Answered("reset", .ok(feed).but { $0.ending = .reset(300) }),
        Answered("cut", .ok(feed).but { $0.ending = .cut(300) }),
        Answered("cut by a byte", .ok(feed).but { $0.ending = .cut(feed.count - 1) }),
        Answered("longer than it is", .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n".utf8) + feed)),
        Answered("HTTP/1.0, cut", .raw(Array("HTTP/1.0 200 OK\r\nContent-Length: 99999\r\n\r\n".utf8) + feed)),
        Answered(
            "no last chunk",
            .ok(feed).but {
                $0.framing = .chunked(64)
                $0.ending = .cut(feed.count)
            }),
        Answered(
            "a last chunk without its line end",
            .raw(
                Array(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(String(feed.count, radix: 16))\r\n".utf8
                ) + feed
                    + Array("\r\n0\r".utf8))),
        Answered("gzip", .ok(Array(gzip(feed).dropLast(9)), ("Content-Encoding", "gzip"))),
        Answered("gzip without its trailer", .ok(Array(gzip(feed).dropLast(8)), ("Content-Encoding", "gzip"))),
        Answered(
            "gzip until the end",
            .ok(Array(gzip(feed).dropLast(1)), ("Content-Encoding", "x-gzip")).but { $0.framing = .untilClose }),
        Answered("a second member", .ok(gzip(feed) + Array(gzip(feed).prefix(30)), ("Content-Encoding", "gzip"))),
        Answered("a file", .ok(Array(gzip(feed).dropLast(5)), ("Content-Type", "application/gzip"))),
        Answered(
            "deflate", .ok([0x78, 0x01, 0x01] + [UInt8](repeating: 9, count: 3), ("Content-Encoding", "deflate"))),
    ]

    @Test("26: of a body that ends early nothing is archived", arguments: endsEarlyCases)
    func endsEarly(given: Answered) async throws {
        let lab = try PollLab([Self.good, given.answer])
        try await lab.rounds(2)
        #expect(try lab.feed().poll.state == .failing && lab.titles == ["a"])
        #expect(try ["truncated", "reset", "bad-encoding"].contains(lab.feed().poll.lastError?.code))
    }

    private static let otherStatusesCases: [Int] = [
        201, 202, 203, 205, 206, 207, 226, 299, 300, 305, 306, 400, 402, 404, 406, 410, 418, 451, 500, 502, 503,
        599,
    ]

    @Test("27: only 200 brings a feed, and 304 speaks of one", arguments: otherStatusesCases)
    func otherStatuses(status: Int) async throws {
        let lab = try PollLab([
            Self.good, .status(status, PollerTests.rss(["x"]), ("Content-Range", "bytes 0-99/100"), ("Location", "/x")),
        ])
        lab.server.on("/x", .ok(PollerTests.rss(["x"])))
        try await lab.rounds(2)
        #expect(try lab.feed().poll.lastError?.code == "http-\(status)" && lab.titles == ["a"])
        #expect(try lab.feed().poll.lastStatus == status)
    }

    @Test("28: unknown names and closed ports fail alone, and say what is wrong")
    func failsAlone() async throws {
        let lab = try PollLab([Self.good])
        let closed = try ScriptedServer(address: "127.0.0.3")
        closed.stop()
        let bad = [("http://no-such-host.invalid/feed.xml", "dns"), (closed.url(), "connect")]
        for (url, _) in bad {
            lab.configuration.feeds.append(
                FeedConfiguration(url: url, place: SourcePlace(file: "test", line: 1, column: 1)))
        }
        try await lab.round()
        #expect(try lab.titles == ["a"])
        for (url, code) in bad {
            let id = try #require(try lab.archive.configuredFeed(url: url)?.id)
            let error = try #require(try lab.archive.feed(id)?.poll.lastError)
            #expect(error.code == code && !error.message.isEmpty)
        }
    }

    @Test("29: what leaves the feed stays in the archive")
    func whatLeavesStays() async throws {
        let lab = try PollLab([
            .ok(PollerTests.rss(["a", "b", "c"])), .ok(PollerTests.rss(["c"])), .ok(PollerTests.rss([])), .status(404),
            .status(410),
        ])
        for _ in 0..<5 {
            try await lab.round(force: true)
            #expect(try lab.titles == ["a", "b", "c"])
        }
        #expect(try lab.archive.newestChange() == 3)
    }
}
