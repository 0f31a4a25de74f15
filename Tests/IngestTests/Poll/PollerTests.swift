import Archive
import FeedFetch
import FeedModel
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Ingest

/// Whole polls: a scripted publisher, a real archive, time in the test's hand.
@Suite struct PollerTests {
    /// A poller over the feeds of a server, one round at a time.
    final class Lab {
        let server: ScriptedServer
        let time = ManualTime()
        let archive: Archive
        var configuration = Configuration()
        private let folder: TemporaryFolder
        let client: HTTPClient

        init(_ server: ScriptedServer) throws {
            self.server = server
            folder = try TemporaryFolder()
            client = try HTTPClient()
            archive = try Archive.openForWriting(
                folder: folder.path,
                holder: ArchiveLock.Holder(pid: 1, started: time.now, version: "0", command: "test"))
            configuration.fetch.addressPolicy = .any
            configuration.fetch.hostDelay = .zero
            configuration.fetch.timeout = .seconds(5)
        }

        func add(_ target: String, _ change: (inout FeedConfiguration) -> Void = { _ in }) {
            var feed = FeedConfiguration(
                url: server.url(target), place: SourcePlace(file: "test", line: 1, column: 1))
            change(&feed)
            configuration.feeds.append(feed)
        }

        /// Polls what is due.
        @discardableResult
        func round(force: Bool = false) async throws -> [PollReport] {
            let reports = Mutex<[PollReport]>([])
            let poller = Poller(
                archive: archive, client: client, configuration: configuration, endsWhenIdle: true, time: time,
                jitter: { 1 }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                observe: { report in reports.withLock { $0.append(report) } })
            try await poller.apply(configuration, .dueNow(force: force))
            try await poller.run()
            return reports.withLock { $0 }
        }

        func feed(_ target: String = "/feed.xml") throws -> Feed {
            let id = try #require(try archive.configuredFeed(url: server.url(target))?.id)
            return try #require(try archive.feed(id))
        }

        var titles: [String] {
            get throws {
                var titles: [String] = []
                try archive.articles(ArticleFilter()) { titles.append($0.title ?? "") }
                return titles.sorted()
            }
        }
    }

    static func rss(_ titles: [String], extra: String = "", ending: String = "</channel></rss>") -> String {
        let items = titles.map {
            "<item><title>\($0)</title><link>http://site.example/\($0)</link><guid isPermaLink=\"false\">\($0)</guid><description>Text of \($0)</description></item>"
        }
        return
            "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Feed</title><link>http://site.example/</link><description>d</description>\(extra)\(items.joined())\(ending)"
    }

    private func lab(_ answers: ScriptedAnswer..., target: String = "/feed.xml") throws -> Lab {
        let server = try ScriptedServer()
        let shared = answers
        server.on(target) { request in shared[min(request.previous, shared.count - 1)] }
        let lab = try Lab(server)
        lab.add(target)
        return lab
    }

    @Test func aPollsWholeWay() async throws {
        let lab = try lab(
            .ok(Self.rss(["a", "b"]), ("ETag", "\"1\""), ("Last-Modified", "Sat, 21 Nov 2026 10:11:12 GMT")),
            .status(304))
        let first = try await lab.round()
        #expect(first.map(\.figures.new) == [2] && first.map(\.figures.outcome) == [.changed])
        #expect(try lab.titles == ["a", "b"])
        // Nothing is due before its time.
        #expect(try await lab.round().isEmpty)
        lab.time.advance(by: .hours(1))
        let second = try await lab.round()
        #expect(second.map(\.figures.outcome) == [.notModified])
        let request = lab.server.requests[1]
        #expect(request.value("If-None-Match") == "\"1\"")
        #expect(request.value("If-Modified-Since") == "Sat, 21 Nov 2026 10:11:12 GMT")
        #expect(try lab.feed().poll.validators?.etag == Array("\"1\"".utf8))
    }

    /// A poller that runs on, as the daemon's does.
    private func poller(_ lab: Lab) -> Poller {
        Poller(
            archive: lab.archive, client: lab.client, configuration: lab.configuration, endsWhenIdle: false,
            time: lab.time, jitter: { 1 }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("the archive's waits last as long when the clock is set", arguments: [Duration.days(-3), .days(400)])
    func theArchivesWaitsLastAsLong(change: Duration) async throws {
        let lab = try lab(.ok(Self.rss(["a"])))
        lab.server.on("/busy.xml", .status(429, "no", ("Retry-After", "7200")))
        lab.configuration.schedule.giveUpAfter = .days(30)
        try await lab.round()
        let wait = try #require(try lab.feed().poll.nextPoll) - lab.time.now
        lab.add("/busy.xml")
        try await lab.round()
        let poller = poller(lab)
        try await poller.apply(lab.configuration, .scheduled)
        _ = try await poller.pause(["127.0.0.1"], for: .hours(5))
        try await poller.clockWasSet(by: change) { [time = lab.time] in time.set(by: change) }
        let now = lab.time.now
        #expect(try lab.feed().poll.nextPoll == now + max(wait, .hours(2)))
        #expect(try lab.feed().poll.lastPoll == now)
        #expect(try lab.archive.host("127.0.0.1").conduct?.pausedUntil == now + .hours(2))
        #expect(try lab.archive.operatorPauses(at: now).hosts["127.0.0.1"]?.until == now + .hours(5))
        // It has not failed for a year.
        let busy = try lab.feed("/busy.xml").poll
        #expect(busy.failingSince == now && busy.state == .failing)
        await poller.queue.close()
    }

    @Test(
        "a start with a clock that is behind the archive waits no longer than the feed would have",
        .timeLimit(.minutes(1)))
    func aStartWithAClockThatIsBehind() async throws {
        let lab = try lab(.ok(Self.rss(["a"])))
        lab.configuration.feeds[0].interval = .every(.minutes(20))
        try await lab.round()
        let wait = try #require(try lab.feed().poll.nextPoll) - lab.time.now
        lab.configuration.feeds[0].interval = .auto
        lab.time.set(by: .days(-3))
        #expect(try await lab.round().isEmpty)
        let poller = poller(lab)
        try await poller.apply(lab.configuration, .scheduled)
        let polling = Task { try await poller.run() }
        while lab.time.deadlines.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
        #expect(lab.time.deadlines == [lab.time.now + wait])
        lab.time.advance(by: wait)
        while lab.server.requests.count < 2 { try await Task.sleep(for: .milliseconds(1)) }
        await poller.queue.close()
        try await polling.value
    }

    @Test func aShorterIntervalInTheConfigurationHoldsAtOnce() async throws {
        let lab = try lab(.ok(Self.rss(["a"]), ("Cache-Control", "max-age=72000")))
        try await lab.round()
        lab.time.advance(by: .minutes(20))
        #expect(try await lab.round().isEmpty)
        lab.configuration.feeds[0].interval = .every(.minutes(15))
        #expect(try await lab.round().count == 1)
    }

    @Test func theSameBytesAgainChangeNothing() async throws {
        let lab = try lab(.ok(Self.rss(["a"])))
        try await lab.round()
        let again = try await lab.round(force: true)
        #expect(again.map(\.figures.outcome) == [.notModified])
        #expect(try lab.archive.newestChange() == 1)
    }

    struct Failing: Sendable, CustomTestStringConvertible {
        var code: String
        var answer: ScriptedAnswer
        var testDescription: String { code }

        init(_ code: String, _ answer: ScriptedAnswer) {
            self.code = code
            self.answer = answer
        }
    }

    /// What a failed poll leaves alone: articles, and the validators of the last good document.
    @Test(
        "27: what is no feed changes nothing in the archive",
        arguments: [
            Failing("http-500", ScriptedAnswer.status(500, rss(["x"]), ("ETag", "\"bad\""))),
            Failing("http-404", .status(404, "no", ("ETag", "\"bad\""))),
            Failing("http-206", .status(206, rss(["x"]), ("ETag", "\"bad\""))),
            Failing("no-feed", .ok("<!doctype html><html><title>Down</title><p>Maintenance", ("ETag", "\"bad\""))),
            Failing("empty", .ok("", ("ETag", "\"bad\""))),
            Failing("truncated", .ok(rss(["x", "y"]), ("ETag", "\"bad\"")).but { $0.ending = .cut(150) }),
            Failing(
                "too-large",
                .ok(rss(["x"], extra: "<!--" + String(repeating: "x", count: 3 << 20) + "-->"), ("ETag", "\"bad\""))),
            Failing("bad-redirect", .status(301, "", ("ETag", "\"bad\""))),
        ])
    func failuresKeepWhatIsThere(failing: Failing) async throws {
        let lab = try lab(.ok(Self.rss(["a"]), ("ETag", "\"good\"")), failing.answer, .status(304))
        lab.configuration.fetch.maxBody = 2 << 20
        try await lab.round()
        try await lab.round(force: true)
        let feed = try lab.feed().poll
        #expect(feed.state == .failing && feed.lastError?.code == failing.code && feed.failures == 1)
        #expect(feed.lastError?.message.isEmpty == false)
        #expect(feed.validators?.etag == Array("\"good\"".utf8))
        #expect(try lab.titles == ["a"])
        #expect(feed.nextPoll == lab.time.now + .minutes(1) && feed.intervalReason == .backoff)
        // Success resets everything.
        try await lab.round(force: true)
        let after = try lab.feed().poll
        #expect(after.state == .active && after.failures == 0 && after.lastError == nil)
    }

    /// Servers that always answer 304 are found out.
    @Test func afterTwoWeeksOfNothingButNotModifiedOneRequestIsUnconditional() async throws {
        let lab = try lab(
            .ok(Self.rss(["a"]), ("ETag", "\"1\"")), .status(304), .ok(Self.rss(["b", "a"]), ("ETag", "\"1\"")),
            .status(304))
        try await lab.round()
        lab.time.advance(by: .days(13))
        try await lab.round(force: true)
        lab.time.advance(by: .days(1))
        try await lab.round(force: true)
        try await lab.round(force: true)
        let conditions = lab.server.requests("/feed.xml").map { $0.value("If-None-Match") }
        #expect(conditions == [nil, "\"1\"", nil, "\"1\""])
        #expect(try lab.titles == ["a", "b"])
    }

    /// A riddle for browsers is no missing feed: it is named, and the whole host is left in peace for a while.
    @Test(arguments: [
        Failing("http-403", ScriptedAnswer.status(403, "<html>", ("CF-Mitigated", "challenge"))),
        Failing("http-503", .status(503, "<html><script>window._cf_chl_opt={}</script>")),
        Failing("bot-wall", .ok("<!doctype html><html><noscript>Enable JavaScript and cookies to continue</noscript>")),
    ])
    func aBotWallIsNamedAndSlowsItsHost(failing: Failing) async throws {
        let lab = try lab(failing.answer)
        let report = try #require(try await lab.round().first)
        let feed = try lab.feed().poll
        #expect(feed.state == .failing && feed.lastError?.code == failing.code)
        #expect(feed.lastError?.message.contains("bot wall") == true)
        #expect(report.pause?.until == feed.nextPoll)
    }

    @Test(arguments: [
        ScriptedAnswer.status(403, "<html><p>Forbidden"), .status(503, "<html><p>Maintenance"),
        .status(404, "<html><script>window._cf_chl_opt={}</script>"),
        // What stands in every page of such a site.
        .ok("<!doctype html><html><script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>"),
    ])
    func whatIsNoBotWallPausesNobody(answer: ScriptedAnswer) async throws {
        let lab = try lab(answer)
        let report = try #require(try await lab.round().first)
        #expect(report.pause == nil)
        #expect(try lab.feed().poll.lastError?.message.contains("bot wall") == false)
    }

    @Test func aDocumentThatBreaksOffGivesItsWholeEntriesAndNoValidators() async throws {
        let lab = try lab(
            .ok(Self.rss(["a"]), ("ETag", "\"whole\"")),
            .ok(Self.rss(["b", "a"], ending: "<item><title>half"), ("ETag", "\"cut\"")))
        try await lab.round()
        try await lab.round(force: true)
        #expect(try lab.titles == ["a", "b"])
        let feed = try lab.feed().poll
        #expect(feed.state == .active && feed.validators?.etag == Array("\"whole\"".utf8))
    }

    @Test func aDocumentThatEndsWithItsConnectionIsWholeOrNothing() async throws {
        let cut = ScriptedAnswer.ok(Self.rss(["a", "b"], ending: "<item><title>half")).but { $0.framing = .untilClose }
        let whole = ScriptedAnswer.ok(Self.rss(["a", "b"])).but { $0.framing = .untilClose }
        let lab = try lab(cut, whole)
        try await lab.round()
        #expect(try lab.titles == [] && lab.feed().poll.lastError?.code == "truncated")
        try await lab.round(force: true)
        #expect(try lab.titles == ["a", "b"])
    }

    @Test func anUnaskedNotModifiedIsAFailure() async throws {
        let lab = try lab(.status(304))
        try await lab.round()
        let feed = try lab.feed().poll
        #expect(feed.lastError?.code == "http-304" && feed.lastSuccess == nil)
    }

    @Test("23: 410 stops for good") func goneStopsForGood() async throws {
        let lab = try lab(.ok(Self.rss(["a"])), .status(410))
        try await lab.round()
        try await lab.round(force: true)
        #expect(try lab.feed().poll.state == .gone)
        #expect(try lab.feed().poll.nextPoll == nil)
        lab.time.advance(by: .days(400))
        #expect(try await lab.round(force: true).isEmpty)
        #expect(lab.server.requests.count == 2)
        // A changed configuration brings it back.
        lab.configuration.feeds[0].title = "Mine"
        #expect(try await lab.round().count == 1)
    }

    @Test("24: nothing but failures for give_up_after makes a feed dead") func nothingButFailuresForLongMakesAFeedDead()
        async throws
    {
        let lab = try lab(.status(500), .status(500), .ok(Self.rss(["a"])))
        try await lab.round()
        lab.time.advance(by: .days(60))
        try await lab.round()
        var feed = try lab.feed().poll
        #expect(feed.state == .dead && feed.nextPoll == lab.time.now + .days(30))
        lab.time.advance(by: .days(30))
        try await lab.round()
        feed = try lab.feed().poll
        #expect(feed.state == .active)
    }

    @Test("20: a 429 pauses every feed of its host, those not yet started included")
    func tooManyRequestsPausesEveryFeedOfTheHost() async throws {
        let server = try ScriptedServer()
        server.otherwise { _ in .status(429, "no", ("Retry-After", "7200")) }
        let lab = try Lab(server)
        lab.configuration.fetch.perHost = 1
        for number in 1...5 { lab.add("/\(number).xml") }
        let started = lab.time.now
        try await lab.round()
        #expect(server.requests.count == 1)
        for number in 1...5 {
            let feed = try lab.feed("/\(number).xml").poll
            #expect(feed.nextPoll == started + .hours(2) && feed.intervalReason == .retryAfter)
        }
        // The pause outlives the program.
        lab.time.advance(by: .minutes(90))
        #expect(try await lab.round(force: true).isEmpty)
        lab.time.advance(by: .minutes(30))
        #expect(try await lab.round().isEmpty == false)
    }

    @Test func whatAHostTaughtOutlivesTheProgram() async throws {
        let lab = try lab(.status(429), .status(429), .ok(Self.rss(["a"])), .status(429))
        func conduct() throws -> HostConduct? { try lab.archive.host("127.0.0.1").conduct }
        try await lab.round()
        #expect(try lab.feed().poll.intervalReason == .backoff)
        #expect(try conduct()?.pausedUntil == lab.time.now + .minutes(1) && conduct()?.slowness == 1)
        lab.time.advance(by: .minutes(1))
        try await lab.round()
        #expect(try conduct()?.pausedUntil == lab.time.now + .minutes(2) && conduct()?.slowness == 2)
        #expect(try lab.feed().poll.nextPoll == lab.time.now + .minutes(2))
        // Time without refusals brings it back.
        lab.time.advance(by: .minutes(63))
        try await lab.round()
        #expect(try conduct()?.pause == .minutes(1) && conduct()?.slowness == 1)
        lab.time.advance(by: .hours(2))
        try await lab.round(force: true)
        #expect(try conduct()?.pausedUntil == lab.time.now + .minutes(1) && conduct()?.slowness == 1)
    }

    @Test func aTrialKeepsAwayFromHostsThatAskedForQuiet() async throws {
        let lab = try lab(.redirect(302, "http://127.0.0.1:1/"))
        let client = try HTTPClient()
        let until = lab.time.now + .hours(1)
        func trial(_ pauses: [String: Timestamp]) async -> FeedTrial {
            await FeedTrial.run(
                lab.server.url(), configuration: lab.configuration, client: client, pauses: pauses, time: lab.time)
        }
        let refused = await trial(["127.0.0.1": until])
        #expect(refused.state.lastError?.code == "host-paused" && refused.document == nil)
        #expect(refused.state.lastError?.message.contains(until.rfc3339Seconds) == true)
        #expect(lab.server.requests.isEmpty)
        // So do redirects.
        lab.server.on("/feed.xml", .redirect(302, "http://www.example.org/feed"))
        let redirected = await trial(["example.org": until])
        #expect(redirected.state.lastError?.code == "host-paused" && redirected.hops.count == 1)
        #expect(await trial(["127.0.0.1": lab.time.now]).state.lastError?.code != "host-paused")
        await client.shutdown()
    }

    @Test func aPermanentMoveIsKeptOnceItLedToAFeed() async throws {
        let lab = try lab(.redirect(301, "/new.xml"))
        lab.server.on("/new.xml", .ok("<!doctype html><title>no</title>"), .ok(Self.rss(["a"])))
        try await lab.round()
        #expect(try lab.feed().poll.url == lab.server.url("/feed.xml"))
        try await lab.round(force: true)
        #expect(try lab.feed().poll.url == lab.server.url("/new.xml"))
        try await lab.round(force: true)
        #expect(lab.server.requests.map(\.target) == ["/feed.xml", "/new.xml", "/feed.xml", "/new.xml", "/new.xml"])
        #expect(try lab.feed().configuredURL == lab.server.url("/feed.xml"))
    }

    @Test func aMoveOntoAnotherConfiguredFeedIsNotKeptButNoted() async throws {
        let lab = try lab(.redirect(301, "/other.xml"))
        lab.server.on("/other.xml", .ok(Self.rss(["a"])))
        lab.add("/other.xml")
        try await lab.round()
        let feed = try lab.feed().poll
        #expect(feed.url == lab.server.url("/feed.xml") && feed.notice?.code == "redirect-not-kept")
        #expect(feed.noticeSince == lab.time.now)
    }

    @Test func aFeedThatFailsDoesNotStopTheOthers() async throws {
        let server = try ScriptedServer()
        server.otherwise { request in
            request.target.hasPrefix("/good") ? .ok(Self.rss([String(request.target.dropFirst())])) : .status(500)
        }
        let lab = try Lab(server)
        for number in 0..<20 { lab.add(number.isMultiple(of: 2) ? "/good\(number)" : "/bad\(number)") }
        let reports = try await lab.round()
        #expect(reports.count == 20 && reports.count { $0.figures.outcome == .failed } == 10)
        #expect(try lab.titles.count == 10)
    }

    @Test func anAddressThatIsNotAllowedIsRefused() async throws {
        let lab = try lab(.ok(Self.rss(["a"])))
        lab.configuration.fetch.addressPolicy = .publicOnly(except: [])
        try await lab.round()
        #expect(try lab.feed().poll.lastError?.code == "address-refused")
        #expect(lab.server.connectionCount == 0)
        lab.configuration.feeds[0].allowPrivateAddresses = true
        try await lab.round(force: true)
        #expect(try lab.titles == ["a"])
    }

    @Test func aFeedThatIsDisabledWhileItIsPolledStaysDisabled() async throws {
        let lab = try lab(.ok(Self.rss(["a"])))
        try await lab.round()
        let before = try lab.feed()
        lab.configuration.feeds[0].enabled = false
        try await lab.round()
        #expect(try lab.archive.configuredFeed(url: lab.server.url()) == nil)
        // The poll that was in flight ends with what it knew.
        let saved = try await lab.archive.write { try $0.save(before.poll, of: before.id) }
        #expect(saved.state == .disabled && saved.nextPoll == nil)
        #expect(try lab.archive.feed(before.id)?.poll.state == .disabled)
        // Enabled again, it keeps its distance to the last poll.
        lab.configuration.feeds[0].enabled = true
        #expect(try await lab.round().isEmpty)
        lab.time.advance(by: .minutes(5))
        #expect(try await lab.round().count == 1)
    }

    @Test func aNoticeOutlivesNotModified() async throws {
        let lab = try lab(.redirect(301, "/other.xml"))
        lab.server.on("/other.xml") { request in
            request.value("If-None-Match") == nil ? .ok(Self.rss(["a"]), ("ETag", "\"1\"")) : .status(304)
        }
        lab.add("/other.xml")
        try await lab.round()
        try await lab.round(force: true)
        #expect(try lab.feed().poll.notice?.code == "redirect-not-kept")
    }

    @Test func pollNowOverridesTheScheduleAndGone() async throws {
        let lab = try lab(.status(410), .ok(Self.rss(["a"])))
        try await lab.round()
        let client = try HTTPClient()
        let poller = Poller(
            archive: lab.archive, client: client, configuration: lab.configuration, endsWhenIdle: false, time: lab.time,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await poller.apply(lab.configuration, .none)
        async let running: Void = poller.run()
        let answers = try await poller.pollNow(urls: [lab.server.url(), "http://unknown.example/"])
        await poller.queue.close()
        try await running
        #expect(answers.map(\.isSuccess) == [true, false])
        #expect(try lab.feed().poll.state == .active)
    }
}
