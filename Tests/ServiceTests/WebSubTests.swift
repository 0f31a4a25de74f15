import Archive
import FeedFetch
import FeedModel
import Foundation
import Ingest
import Logging
import Service
import Synchronization
import TestSupport
import Testing

/// A publisher, its hub and us, over real sockets, with time in the test's hand.
@Suite struct WebSubTests {
    final class Lab: Sendable {
        let publisher: ScriptedServer
        let hub: ScriptedHub
        let time = ManualTime()
        let archive: Archive
        let subscriber: Subscriber
        let queue: PollQueue
        /// What `websub: callback` says.
        let callback: String
        let folder: TemporaryFolder
        private let client: HTTPClient
        private let settings: Mutex<Configuration>
        private let tasks: [Task<Void, any Error>]
        private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

        init(_ targets: String..., change: (inout Configuration) -> Void = { _ in }) async throws {
            publisher = try ScriptedServer()
            hub = try ScriptedHub()
            folder = try TemporaryFolder()
            client = try HTTPClient()
            archive = try Archive.openForWriting(
                folder: folder.path,
                holder: ArchiveLock.Holder(pid: 1, started: time.now, version: "0", command: "test"))
            subscriber = Subscriber(archive: archive, client: client, time: time, jitter: { 1 }, logger: Self.quiet)
            let (ports, port) = AsyncStream<Int>.makeStream()
            let server = PublicServer(
                address: ListenAddress(host: "127.0.0.1", port: 0), subscriber: subscriber, logger: Self.quiet
            ) { port.yield($0) }
            let serving = Task { try await server.run() }
            var iterator = ports.makeAsyncIterator()
            callback = "http://127.0.0.1:\(await iterator.next() ?? 0)/any/path"
            var configuration = Configuration()
            configuration.fetch.addressPolicy = .any
            configuration.fetch.hostDelay = .zero
            configuration.fetch.timeout = .seconds(5)
            configuration.websub = WebSubSettings(callback: callback)
            for target in targets {
                configuration.feeds.append(
                    FeedConfiguration(
                        url: publisher.url(target), place: SourcePlace(file: "test", line: 1, column: 1)))
            }
            change(&configuration)
            queue = PollQueue(limits: HostLimits(concurrency: 1, perHost: 1, hostDelay: .zero), time: time)
            settings = Mutex(configuration)
            tasks = [serving, Task { [subscriber] in try await subscriber.run() }]
            for target in targets { publish(["a"], at: target) }
        }

        deinit { for task in tasks { task.cancel() } }

        var configuration: Configuration { settings.withLock { $0 } }

        /// The topic of a feed is what its document says, not where it is polled.
        func topic(_ target: String = "/feed.xml") -> String { publisher.url("/topic" + target) }

        /// What the feed's URL answers from now on.
        func publish(_ titles: [String], at target: String = "/feed.xml", hub: String? = nil) {
            publisher.on(
                target,
                .ok(
                    Self.rss(titles), ("Link", "<\(hub ?? self.hub.url)>; rel=\"hub\", <\(topic(target))>; rel=self"),
                    ("ETag", "\"\(titles.joined())\"")))
        }

        static func rss(_ titles: [String], published: Timestamp? = nil) -> String {
            let date = published.map {
                "<dc:date xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\($0.rfc3339Seconds)</dc:date>"
            }
            let items = titles.map {
                "<item><title>\($0)</title><guid isPermaLink=\"false\">\($0)</guid><description>Text of \($0)</description>\(date ?? "")</item>"
            }
            return
                "<rss version=\"2.0\"><channel><title>Feed</title><link>http://site.example/</link><description>d</description>\(items.joined())</channel></rss>"
        }

        /// Polls what is due; a change is a reload.
        @discardableResult
        func round(force: Bool = false, _ change: (inout Configuration) -> Void = { _ in }) async throws -> [PollReport]
        {
            settings.withLock { change(&$0) }
            let reports = Mutex<[PollReport]>([])
            let poller = Poller(
                archive: archive, client: client, configuration: configuration, endsWhenIdle: true, time: time,
                jitter: { 1 }, logger: Self.quiet,
                observe: { [subscriber] report in
                    reports.withLock { $0.append(report) }
                    subscriber.polled(report.feed)
                })
            try await poller.apply(configuration, .dueNow(force: force))
            try await subscriber.apply(configuration, queue: queue)
            try await poller.run()
            return reports.withLock { $0 }
        }

        func feed(_ target: String = "/feed.xml") throws -> Feed {
            try #require(try archive.feed(url: publisher.url(target)))
        }

        func subscription(_ target: String = "/feed.xml") throws -> Subscription? {
            try archive.subscription(of: feed(target).id)
        }

        func state(_ target: String = "/feed.xml") throws -> Subscription.State? { try subscription(target)?.state }

        /// Waits until sockets and tasks have brought it about; time passes for those who wait for it.
        func eventually(
            _ what: Comment, by step: Duration = .zero, sourceLocation: SourceLocation = #_sourceLocation,
            _ condition: () throws -> Bool
        ) async throws {
            let deadline = ContinuousClock.now + patience
            while try !condition() {
                try #require(ContinuousClock.now < deadline, what, sourceLocation: sourceLocation)
                try await Task.sleep(for: .milliseconds(10))
                if step > .zero { time.advance(by: step) }
            }
        }

        /// Polled, subscribed, verified.
        func subscribed() async throws -> (callback: String, secret: String) {
            try await round()
            try await eventually("not subscribed") { try state() == .active && !hub.subscriptions.isEmpty }
            let held = try #require(hub.subscriptions.first)
            return (held.key, held.value.secret)
        }

        var titles: [String] {
            get throws {
                var titles: [String] = []
                try archive.articles(ArticleFilter()) { titles.append($0.title ?? "") }
                return titles.sorted()
            }
        }
    }

    // MARK: subscribing

    @Test func aFeedsHubIsAskedAndVerifies() async throws {
        let lab = try await Lab("/feed.xml")
        let (callback, secret) = try await lab.subscribed()
        let request = try #require(lab.hub.requests.first)
        #expect(lab.hub.requests.count == 1)
        #expect(request["hub.mode"] == "subscribe")
        #expect(request["hub.topic"] == lab.topic())
        #expect(request["hub.lease_seconds"] == "864000")
        #expect(callback.hasPrefix(lab.callback + "/") && callback.utf8.count == lab.callback.utf8.count + 65)
        #expect(secret.utf8.count == 64 && !callback.contains(secret))
        #expect(try lab.subscription()?.leaseUntil == lab.time.now + .days(10))
        // Nothing is asked again by a poll that finds the same.
        try await lab.round(force: true)
        #expect(lab.hub.requests.count == 1)
    }

    @Test func withoutItsConfigurationNoHubIsAsked() async throws {
        let lab = try await Lab("/feed.xml") { $0.websub = nil }
        try await lab.round()
        #expect(try lab.feed().poll.hub == lab.hub.url)
        // Whatever was to be sent would have been sent before this has been noticed.
        try await lab.round(force: true)
        #expect(lab.hub.requests.isEmpty)
        #expect(try lab.subscription() == nil)
    }

    @Test func aHubMayVerifyLaterAndAgain() async throws {
        let lab = try await Lab("/feed.xml")
        lab.hub.verify(.afterwards)
        let (callback, secret) = try await lab.subscribed()
        let again = ScriptedHub.Subscription(topic: lab.topic(), secret: secret, lease: 60)
        #expect(lab.hub.verify("subscribe", callback, again))
        // But not what nobody asked for.
        #expect(!lab.hub.verify("unsubscribe", callback, again))
        #expect(!lab.hub.verify("subscribe", lab.callback + "/x", again))
        var other = again
        other.topic += "x"
        #expect(!lab.hub.verify("subscribe", callback, other))
        #expect(ScriptedHub.exchange("GET", callback).status == 404)
        #expect(ScriptedHub.exchange("PUT", callback).status == 404)
    }

    @Test(arguments: [307, 308])
    func aHubMayRedirect(status: Int) async throws {
        let lab = try await Lab("/feed.xml")
        lab.publish(["a"], hub: lab.hub.redirect("/elsewhere", status: status))
        _ = try await lab.subscribed()
        #expect(lab.hub.requests.count == 1)
    }

    @Test("a hub that redirects to another one's refusal delays no other request to that one")
    func aHubsRedirectToARefusalElsewhere() async throws {
        let lab = try await Lab("/feed.xml", "/other.xml")
        let evil = try ScriptedServer(address: "127.0.0.2")
        lab.publish(["a"], hub: evil.url("/hub"))
        evil.on("/hub", .redirect(307, lab.publisher.url("/busy")))
        lab.publisher.on("/busy", .status(429, "", ("Retry-After", "86400")))
        try await lab.round()
        try await lab.eventually("both asked", by: .seconds(1)) {
            try lab.subscription()?.lastError?.code == "http-429" && lab.state("/other.xml") == .active
        }
        // The next to the one that refused by a redirect, whose own host said nothing.
        lab.publish(["b"], hub: evil.url("/hub2"))
        evil.on("/hub2", .status(202))
        try await lab.round(force: true)
        try await lab.eventually("not asked", by: .seconds(1)) { !evil.requests("/hub2").isEmpty }
    }

    @Test("leases and waits last as long when the clock is set", arguments: [Duration.days(-3), .days(400)])
    func leasesLastAsLong(change: Duration) async throws {
        let lab = try await Lab("/feed.xml")
        _ = try await lab.subscribed()
        let before = try #require(try lab.subscription())
        lab.time.set(by: change)
        try await lab.subscriber.clockWasSet(by: change)
        let after = try #require(try lab.subscription())
        #expect(after.state == .active)
        #expect(after.leaseUntil == before.leaseUntil.map { $0 + change })
        #expect(after.nextAttempt == before.nextAttempt.map { $0 + change })
        #expect(after.activeSince == before.activeSince.map { $0 + change })
        #expect(lab.hub.requests.count == 1)
    }

    /// A redirect that would turn the form into a page's request; a hub on an address that is not to be asked; an answer
    /// of no use.
    @Test(arguments: ["bad", "private", "refused", "silent"])
    func aHubThatCannotBeAskedIsAskedAgainLater(way: String) async throws {
        let lab = try await Lab("/feed.xml") { configuration in
            guard way == "private" else { return }
            configuration.fetch.addressPolicy = .publicOnly(except: [])
            configuration.feeds[0].allowPrivateAddresses = true
        }
        switch way {
        case "bad": lab.publish(["a"], hub: lab.hub.redirect("/elsewhere", status: 302))
        case "refused": lab.hub.refuse(.status(503, "", ("Retry-After", "7200")))
        default: lab.hub.verify(.never)
        }
        try await lab.round()
        if way == "private" {
            // The feed may use them, and so may its hub; other feeds may not.
            try await lab.eventually("not asked") { try lab.state() == .requested }
            return
        }
        if way == "silent" {
            try await lab.eventually("not asked") { try lab.state() == .requested }
            lab.time.advance(by: .minutes(15))
        }
        let code = ["bad": "http-302", "refused": "http-503", "silent": "unverified"][way]
        try await lab.eventually("did not fail") { try lab.subscription()?.lastError?.code == code }
        let wait = try #require(try lab.subscription()?.nextAttempt) - lab.time.now
        #expect(wait == (way == "refused" ? .hours(2) : .minutes(1)))
        lab.hub.refuse(nil)
        lab.hub.verify(.atOnce)
        if way != "bad" {
            try await lab.eventually("not asked again", by: .minutes(1)) { try lab.state() == .active }
        }
    }

    @Test func hubsAreAskedForOneFeedAfterTheOther() async throws {
        let targets = (0..<4).map { "/\($0).xml" }
        let lab = try await Lab(targets[0], targets[1], targets[2], targets[3])
        try await lab.round()
        try await lab.eventually("none asked") { lab.hub.requests.count == 1 }
        for count in 2...4 {
            // The next is asked no sooner than a second later.
            try await lab.eventually("nobody waits") {
                lab.time.deadlines.contains { $0 <= lab.time.now + .seconds(1) }
            }
            #expect(lab.hub.requests.count == count - 1)
            lab.time.advance(by: .seconds(1))
            try await lab.eventually("not the next") { lab.hub.requests.count == count }
        }
    }

    @Test("what cannot be archived now is to be sent again") func anArchiveThatCannotBeWritten() async throws {
        let lab = try await Lab("/feed.xml")
        _ = try await lab.subscribed()
        try FileManager.default.moveItem(atPath: lab.archive.folder, toPath: lab.archive.folder + ".away")
        defer { try? FileManager.default.removeItem(atPath: lab.archive.folder + ".away") }
        #expect(await lab.hub.publish(Lab.rss(["a", "b"]), topic: lab.topic()) == [503])
        try FileManager.default.moveItem(atPath: lab.archive.folder + ".away", toPath: lab.archive.folder)
        #expect(await lab.hub.publish(Lab.rss(["a", "b"]), topic: lab.topic()) == [202])
        #expect(try lab.titles == ["a", "b"])
    }

    @Test func leasesAreRenewedBeforeTheyEnd() async throws {
        let lab = try await Lab("/feed.xml")
        lab.hub.grant(lease: 36_000)
        _ = try await lab.subscribed()
        let first = try lab.subscription()?.leaseUntil
        lab.time.advance(by: .hours(8))
        try await lab.eventually("not renewed") { try lab.subscription()?.leaseUntil != first }
        #expect(try lab.state() == .active)
        let requests = lab.hub.requests
        #expect(requests.count == 2 && requests[0] == requests[1])
    }

    @Test func aLeaseThatEndsIsNoneAnyMore() async throws {
        let lab = try await Lab("/feed.xml")
        lab.hub.grant(lease: 36_000)
        let (callback, secret) = try await lab.subscribed()
        lab.time.advance(by: .hours(2))
        try await lab.round()
        #expect(try lab.feed().poll.intervalReason == .websub)
        lab.hub.refuse(.status(503))
        try await lab.eventually("not expired", by: .minutes(10)) { try lab.state() == .expired }
        // The feed is polled at once, and from then on as if there were no hub.
        #expect(try #require(try lab.feed().poll.nextPoll) <= lab.time.now)
        #expect(try await lab.round().count == 1)
        #expect(try lab.feed().poll.intervalReason == .learned)
        // What still comes is taken all the same.
        #expect(await lab.hub.send(Lab.rss(["late"]), to: callback, secret: secret) == 202)
        #expect(try lab.titles == ["a", "late"])
    }

    @Test func denialIsNoted() async throws {
        let lab = try await Lab("/feed.xml")
        lab.hub.verify(.denial(reason: "not this one"))
        try await lab.round()
        try await lab.eventually("not denied") { try lab.state() == .denied }
        let subscription = try #require(try lab.subscription())
        #expect(subscription.lastError?.message == "the hub refuses: not this one")
        let request = try #require(lab.hub.requests.first)
        let (callback, secret) = (try #require(request["hub.callback"]), try #require(request["hub.secret"]))
        #expect(await lab.hub.send(Lab.rss(["b"]), to: callback, secret: secret) == 410)
        #expect(try lab.titles == ["a"])
    }

    // MARK: taken back

    @Test(arguments: ["removed", "disabled", "gone", "no hub", "no websub"])
    func whatIsNotWantedIsTakenBack(way: String) async throws {
        let lab = try await Lab("/feed.xml")
        let (callback, secret) = try await lab.subscribed()
        lab.time.advance(by: .hours(2))
        switch way {
        case "gone": lab.publisher.on("/feed.xml", .status(410))
        case "no hub": lab.publisher.on("/feed.xml", .ok(Lab.rss(["a", "b"])))
        default: break
        }
        let id = try lab.feed().id
        try await lab.round { configuration in
            switch way {
            case "removed": configuration.feeds = []
            case "disabled": configuration.feeds[0].enabled = false
            case "no websub": configuration.websub = nil
            default: break
            }
        }
        // The hub is asked a second after the last request to it, and takes note after we have.
        try await lab.eventually("not taken back", by: .seconds(1)) {
            try lab.archive.subscription(of: id) == nil && lab.hub.subscriptions.isEmpty
        }
        #expect(lab.hub.requests.last?["hub.mode"] == "unsubscribe")
        #expect(lab.hub.requests.last?["hub.topic"] == lab.topic())
        #expect(lab.hub.refusedVerifications == 0)
        #expect(await lab.hub.send(Lab.rss(["c"]), to: callback, secret: secret) == 410)
    }

    @Test func anotherTopicIsAnotherSubscription() async throws {
        let lab = try await Lab("/feed.xml")
        let (callback, _) = try await lab.subscribed()
        lab.publisher.on("/feed.xml", .ok(Lab.rss(["a", "b"]), ("Link", "<\(lab.hub.url)>; rel=hub")))
        try await lab.round(force: true)
        try await lab.eventually("not moved", by: .seconds(1)) {
            lab.hub.subscriptions.values.map(\.topic) == [lab.publisher.url("/feed.xml")]
        }
        #expect(lab.hub.subscriptions[callback] == nil)
    }

    @Test func aRestartGoesOnWhereItWas() async throws {
        let lab = try await Lab("/feed.xml")
        let (callback, secret) = try await lab.subscribed()
        let again = Subscriber(
            archive: lab.archive, client: try HTTPClient(), time: lab.time,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        // Before it knows whom it has asked, it sends nobody away.
        let token = try #require(callback.split(separator: "/").last.map(String.init))
        #expect(await again.admits(token: token) == .refused(Subscriber.Answer(503, "starting; try again soon\n")))
        try await again.apply(lab.configuration, queue: lab.queue)
        guard case .admitted = await again.admits(token: token) else {
            Issue.record("not known any more")
            return
        }
        var without = lab.configuration
        without.websub = nil
        let forgetful = Subscriber(
            archive: lab.archive, client: try HTTPClient(), time: lab.time,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await forgetful.apply(without, queue: lab.queue)
        #expect(try lab.subscription() == nil)
        #expect(lab.hub.requests.count == 1)
        #expect(secret.utf8.count == 64)
    }

    // MARK: what readers of the archive could do

    /// Members of a group may read the archive: what proves who we are to a hub, and a hub to us, is not in it.
    @Test func theArchiveHoldsNeitherTokenNorSecret() async throws {
        let lab = try await Lab("/feed.xml")
        let (callback, secret) = try await lab.subscribed()
        let token = try #require(callback.split(separator: "/").last.map(String.init))
        let key = try #require(FileManager.default.contents(atPath: lab.folder.path + "/hub.key"))
        for name in try FileManager.default.contentsOfDirectory(atPath: lab.folder.path) {
            let data = FileManager.default.contents(atPath: lab.folder.path + "/" + name) ?? Data()
            for text in [token, secret] { #expect(data.range(of: Data(text.utf8)) == nil, "\(name)") }
            #expect(name == "hub.key" || data.range(of: key) == nil, "\(name)")
        }
    }

    /// Earlier programs kept them in it; and a key may be lost, or come from elsewhere.
    @Test(arguments: ["plain", "another key"])
    func whatReadersKnewIsAskedForAnew(way: String) async throws {
        let lab = try await Lab("/feed.xml")
        let (callback, secret) = try await lab.subscribed()
        let known = try #require(try lab.subscription())
        var (token, old) = (try #require(callback.split(separator: "/").last.map(String.init)), secret)
        if way == "plain" {
            (token, old) = ("plaintoken", "plainsecret")
            var plain = Subscription(
                id: token, seed: old, feed: known.feed, hub: known.hub, topic: known.topic, callback: known.callback)
            (plain.state, plain.leaseUntil, plain.requestedAt) = (.active, lab.time.now + .days(9), lab.time.now)
            let written = plain
            try await lab.archive.write { archive in
                try archive.forgetSubscriptions()
                try archive.save(written)
            }
        } else {
            try FileManager.default.removeItem(atPath: lab.folder.path + "/hub.key")
        }
        let again = Subscriber(
            archive: lab.archive, client: try HTTPClient(), time: lab.time, jitter: { 1 },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await again.apply(lab.configuration, queue: lab.queue)
        #expect(await again.admits(token: token) == .refused(Subscriber.Answer(410, "not subscribed to any more\n")))
        let renewed = try #require(try lab.subscription())
        #expect(renewed.state == .unasked && renewed.nextAttempt == lab.time.now)
        #expect(renewed.id != known.id && renewed.id != token)
        #expect(old != renewed.seed)
    }

    // MARK: what hubs send

    @Test func whatIsPushedIsArchivedAndTheFeedStaysAsPolled() async throws {
        let lab = try await Lab("/feed.xml")
        _ = try await lab.subscribed()
        let before = try lab.feed().poll
        lab.time.advance(by: .minutes(1))
        #expect(await lab.hub.publish(Lab.rss(["b"]), topic: lab.topic()) == [202])
        #expect(try lab.titles == ["a", "b"])
        var after = try lab.feed().poll
        #expect(after.lastChange == lab.time.now)
        after.lastChange = before.lastChange
        // That something was posted counts for the schedule.
        #expect(after.posting.history != before.posting.history)
        after.posting = before.posting
        // So does what it put into the archive.
        #expect(try #require(after.stored).bytes > #require(before.stored).bytes)
        after.stored = before.stored
        #expect(after == before)
        #expect(try lab.subscription()?.deliveries.lastPush == lab.time.now)
        // Again: nothing.
        #expect(await lab.hub.publish(Lab.rss(["b"]), topic: lab.topic()) == [202])
        #expect(try lab.archive.newestChange() == 2)
        #expect(try lab.subscription()?.deliveries.accepted == 2)
        // The poll that follows finds what it has.
        lab.publish(["b", "a"])
        #expect(try await lab.round(force: true).map(\.figures.new) == [0])
        #expect(try lab.archive.newestChange() == 2)
    }

    /// A document that a hub sends is kept once, however often it comes.
    @Test func whatAHubSendsIsKept() async throws {
        let lab = try await Lab("/feed.xml") { $0.keep.raw = .changed }
        _ = try await lab.subscribed()
        for _ in 0..<2 { #expect(await lab.hub.publish(Lab.rss(["b"]), topic: lab.topic()) == [202]) }
        let record = try #require(try lab.archive.lastKept(of: lab.feed().id, .pushed))
        #expect(record.url == lab.topic())
        #expect(try lab.archive.body(of: record).get() == Array(Lab.rss(["b"]).utf8))
        #expect(try lab.archive.places(ofRevisionsOf: ArticleID(rawValue: 2)) == [1: record.place])
        #expect(try lab.archive.exportRaw(RawSelection(), version: "0", at: lab.time.now) { _ in } == 2)
    }

    @Test(arguments: ["sha1", "sha256", "sha384", "sha512"])
    func signaturesOfEveryMethodHold(method: String) async throws {
        let lab = try await Lab("/feed.xml")
        _ = try await lab.subscribed()
        #expect(await lab.hub.publish(Lab.rss(["b"]), topic: lab.topic(), signature: .right(method)) == [202])
        #expect(try lab.titles == ["a", "b"])
    }

    @Test func withoutARightSignatureNothingIsTaken() async throws {
        let lab = try await Lab("/feed.xml")
        _ = try await lab.subscribed()
        // The sender is not told.
        #expect(await lab.hub.publish(Lab.rss(["b"]), topic: lab.topic(), signature: .wrong) == [202])
        #expect(await lab.hub.publish(Lab.rss(["c"]), topic: lab.topic(), signature: .missing) == [202])
        #expect(try lab.titles == ["a"])
        #expect(try lab.subscription()?.deliveries.rejected == 2)
        #expect(try lab.subscription()?.deliveries.lastPush == nil)
    }

    @Test func whatIsNoFeedIsIgnored() async throws {
        let lab = try await Lab("/feed.xml")
        _ = try await lab.subscribed()
        for body in ["", "<html>", "{"] { #expect(await lab.hub.publish(body, topic: lab.topic()) == [202]) }
        #expect(try lab.titles == ["a"])
    }

    @Test func whatCannotBeTakenIsRefusedByName() async throws {
        let lab = try await Lab("/feed.xml") { $0.fetch.maxBody = 1000 }
        let (callback, secret) = try await lab.subscribed()
        let large = Lab.rss(["b"]) + String(repeating: " ", count: 1000)
        #expect(await lab.hub.send(large, to: callback, secret: secret) == 413)
        #expect(
            await lab.hub.send(large, to: callback, secret: secret, .right("sha1"), ["Content-Encoding": "gzip"]) == 415
        )
        #expect(await lab.hub.send("x", to: lab.callback + "/guessed", secret: secret) == 410)
        #expect(
            await lab.hub.send(
                Lab.rss(["b"]), to: callback, secret: secret, .right("sha1"), ["Content-Encoding": "identity"]) == 202)
        #expect(try lab.titles == ["a", "b"])
    }

    @Test func aBodyThatDoesNotComeIsNotWaitedForLong() async throws {
        let lab = try await Lab("/feed.xml") { $0.fetch.timeout = .seconds(5) }
        let (callback, _) = try await lab.subscribed()
        let status = await Task.detached {
            ScriptedHub.exchange("POST", callback, ["Content-Length": "500"], body: Array("<rss>".utf8)).status
        }.value
        #expect(status == 408 || status == 400)
    }

    @Test("a hub that holds all it can is in no other hub's way")
    func aHubThatHoldsAllItCan() async throws {
        let lab = try await Lab("/feed.xml", "/evil.xml")
        try await lab.round()
        try await lab.eventually("not subscribed", by: .seconds(1)) { lab.hub.subscriptions.count == 2 }
        let evil = try #require(lab.hub.subscriptions.first { $0.value.topic == lab.topic("/evil.xml") }?.key)
        let held = try (0..<90).map { _ in
            let connection = try ClientConnection(port: #require(WebURL(lab.callback)?.port))
            let path = try #require(WebURL(evil)?.path)
            connection.send("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n<")
            return connection
        }
        for title in ["b", "c"] { #expect(await lab.hub.publish(Lab.rss([title]), topic: lab.topic()) == [202]) }
        #expect(try lab.titles == ["a", "a", "b", "c"])
        // More of one hub than are read at once are sent away, and told so.
        try await lab.eventually("none sent away") { held.contains { $0.received.hasPrefix("HTTP/1.1 503") } }
    }

    @Test func manyAtOnceAreAllTakenOrSentAgain() async throws {
        let lab = try await Lab("/feed.xml")
        _ = try await lab.subscribed()
        let statuses = await withTaskGroup(of: [Int].self) { group in
            for number in 0..<24 {
                group.addTask { await lab.hub.publish(Lab.rss(["n\(number)"]), topic: lab.topic()) }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(statuses == Array(repeating: 202, count: 24))
        #expect(try lab.titles.count == 25)
    }

    // MARK: reliance

    @Test func aHubIsReliedUponMoreForWhatItSendsAndLessForWhatItMisses() async throws {
        let lab = try await Lab("/feed.xml")
        _ = try await lab.subscribed()
        lab.time.advance(by: .hours(1))
        try await lab.round()
        #expect(try lab.feed().poll.intervalReason == .websub)
        #expect(try lab.feed().poll.interval == .hours(3))
        for title in ["b", "c"] { await lab.hub.publish(Lab.rss([title]), topic: lab.topic()) }
        lab.time.advance(by: .hours(3))
        try await lab.round()
        #expect(try lab.feed().poll.interval == .hours(12))
        // Published, and not pushed.
        let published = lab.time.now + .hours(1)
        lab.time.advance(by: .hours(12))
        lab.publisher.on(
            "/feed.xml",
            .ok(
                Lab.rss(["a", "d"], published: published),
                ("Link", "<\(lab.hub.url)>; rel=hub, <\(lab.topic())>; rel=self")))
        #expect(try await lab.round().map(\.figures.new) == [1])
        #expect(try lab.subscription()?.deliveries.doubt == 1)
        #expect(try lab.feed().poll.interval == .hours(6))
    }
}
