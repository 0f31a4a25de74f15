import Archive
import FeedFetch
import FeedModel
import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Ingest

/// A publisher, us, and a receiver, over real sockets, with time in the test's hand.
@Suite struct WebhookSenderTests {
    final class Lab: Sendable {
        let publisher: ScriptedServer
        let receiver: ScriptedServer
        let time = ManualTime()
        let archive: Archive
        let folder: TemporaryFolder
        private let client: HTTPClient
        private let state: Mutex<(configuration: Configuration, sender: WebhookSender, task: Task<Void, any Error>)>
        static let secret = "a key that two know"
        private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

        init(_ targets: String..., change: (inout WebhookSettings) -> Void = { _ in }) async throws {
            publisher = try ScriptedServer()
            receiver = try ScriptedServer()
            receiver.on("/hook?key=x", .status(204))
            folder = try TemporaryFolder()
            client = try HTTPClient()
            archive = try Archive.openForWriting(
                folder: folder.path,
                holder: ArchiveLock.Holder(pid: 1, started: time.now, version: "0", command: "test"))
            var configuration = Configuration()
            configuration.fetch.addressPolicy = .any
            configuration.fetch.hostDelay = .zero
            configuration.fetch.timeout = .seconds(5)
            for target in targets {
                var feed = FeedConfiguration(
                    url: publisher.url(target), place: SourcePlace(file: "test", line: 1, column: 1))
                feed.tags = [String(target.dropFirst())]
                configuration.feeds.append(feed)
            }
            var settings = WebhookSettings(
                url: receiver.url("/hook?key=x"), secretFile: try folder.write(Self.secret + "\n", to: "secret"))
            settings.allowPrivateAddresses = true
            change(&settings)
            configuration.webhooks = [settings]
            state = Mutex((configuration, Self.sender(archive, client, time), Task {}))
            try await start()
        }

        deinit { state.withLock { $0.task.cancel() } }

        private static func sender(_ archive: Archive, _ client: HTTPClient, _ time: ManualTime) -> WebhookSender {
            WebhookSender(archive: archive, client: client, time: time, jitter: { 1 }, logger: quiet)
        }

        /// A new program on the same archive, or a reload with `change`.
        func restart() async throws {
            let task = state.withLock { state in
                defer { state.sender = Self.sender(archive, client, time) }
                return state.task
            }
            task.cancel()
            _ = await task.result
            try await start()
        }

        private func start() async throws {
            let (configuration, sender) = state.withLock { ($0.configuration, $0.sender) }
            try await sender.apply(configuration)
            let task = Task { try await sender.run() }
            state.withLock { $0.task = task }
        }

        func reload(_ change: (inout WebhookSettings) -> Void) async throws {
            let (configuration, sender) = state.withLock { state in
                change(&state.configuration.webhooks[0])
                return (state.configuration, state.sender)
            }
            try await sender.apply(configuration)
        }

        /// The feed now holds these entries, and is polled.
        func publish(_ titles: [String], at target: String = "/a", wakes: Bool = true) async throws {
            let items = titles.map {
                "<item><title>\($0)</title><guid isPermaLink=\"false\">\(target)\($0)</guid><description>Text of \($0)</description></item>"
            }
            publisher.on(
                target,
                .ok(
                    "<rss version=\"2.0\"><channel><title>F</title><link>http://s.example/</link>\(items.joined())</channel></rss>"
                ))
            let (configuration, sender) = state.withLock { ($0.configuration, $0.sender) }
            let poller = Poller(
                archive: archive, client: client, configuration: configuration, endsWhenIdle: true, time: time,
                jitter: { 1 }, logger: Self.quiet)
            try await poller.apply(configuration, .dueNow(force: true))
            try await poller.run()
            if wakes { sender.wakeUp() }
        }

        var deliveries: [ScriptedRequest] { receiver.requests("/hook?key=x") }
        var webhook: Webhook { get throws { try #require(archive.webhooks().first) } }

        static func changes(_ request: ScriptedRequest) throws -> [(seq: Int, kind: String, title: String)] {
            let json = try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any]
            return try #require(json?["changes"] as? [[String: Any]]).map { change in
                let own = change["_ingestd"] as? [String: Any]
                return (own?["seq"] as? Int ?? 0, own?["kind"] as? String ?? "", change["title"] as? String ?? "")
            }
        }

        var titles: [[String]] {
            get throws { try deliveries.map { try Self.changes($0).map(\.title) } }
        }

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

        /// Time goes on, to where somebody waits for it.
        func pass(_ duration: Duration) async throws {
            let deadline = time.now + duration
            try await eventually("nobody waits for \(duration)") { time.deadlines.contains(deadline) }
            time.advance(by: duration)
        }
    }

    @Test func whatIsNewIsSentAndSigned() async throws {
        let lab = try await Lab("/a")
        try await lab.publish(["one", "two"])
        try await lab.eventually("not acknowledged") { try lab.webhook.position == 2 }
        let request = try #require(lab.deliveries.first)
        #expect(request.method == "POST" && request.value("Content-Type") == "application/json")
        #expect(request.value("X-Ingestd-Timestamp") == "\(lab.time.now.seconds)")
        #expect(request.value("X-Ingestd-Delivery") == "\(try lab.webhook.id.prefix(8))-1-2")
        #expect(
            request.value("X-Ingestd-Signature")
                == WebhookSignature.value(of: request.body, at: lab.time.now, secret: Lab.secret))
        #expect(try Set(Lab.changes(request).map(\.title)) == ["one", "two"])
        #expect(try Lab.changes(request).map(\.seq) == [1, 2])
        let webhook = try lab.webhook
        #expect(webhook.delivered == 2 && webhook.lastDelivery == lab.time.now && webhook.lastError == nil)
        #expect(lab.deliveries.count == 1)
        // Nothing of the URL is in the archive, or in what tells of it.
        #expect(!"\(webhook)".contains("key") && webhook.host == "127.0.0.1")
    }

    /// By openssl: printf '1795000000.{"changes":[]}' | openssl dgst -sha256 -hmac secret
    @Test func aSignatureIsWhatReceiversCompute() {
        let value = WebhookSignature.value(
            of: Array(#"{"changes":[]}"#.utf8), at: Timestamp(seconds: 1_795_000_000), secret: "secret")
        #expect(value == "sha256=3c5bc0d6d0c5d6b7504f54f7040326d256b3082bbe78bd0e19140673789aec96")
    }

    @Test func whatFollowsWithinTheIntervalIsSentTogether() async throws {
        let lab = try await Lab("/a")
        try await lab.publish(["one"])
        try await lab.eventually("not sent") { try lab.webhook.position == 1 }
        try await lab.publish(["two"])
        try await lab.publish(["three"])
        try await lab.pass(.seconds(5))
        try await lab.eventually("not sent") { try lab.webhook.position == 3 }
        #expect(try lab.titles == [["one"], ["two", "three"]])
    }

    @Test func moreThanOneBatchGoesOutAtOnceAndInOrder() async throws {
        let lab = try await Lab("/a") { $0.batch = 2 }
        try await lab.publish(["1", "2", "3", "4", "5"])
        try await lab.eventually("not sent") { try lab.webhook.position == 5 }
        #expect(try lab.deliveries.map { try Lab.changes($0).map(\.seq) } == [[1, 2], [3, 4], [5]])
    }

    @Test func kindsAndTagsAreChosen() async throws {
        let lab = try await Lab("/a", "/b") {
            $0.kinds = [.new]
            $0.tags = ["b"]
        }
        try await lab.publish(["x", "y"], at: "/a")
        // What is not for it is passed over, durably.
        try await lab.eventually("not passed") { try lab.webhook.position == 2 }
        #expect(lab.deliveries.isEmpty)
        try await lab.publish(["z"], at: "/b")
        try await lab.eventually("not sent") { try lab.webhook.position == 3 }
        #expect(try lab.titles == [["z"]])
    }

    @Test(arguments: ["500", "redirect", "timeout", "reset"])
    func whatIsNotAcknowledgedIsSentAgain(way: String) async throws {
        let lab = try await Lab("/a")
        let bad: ScriptedAnswer =
            switch way {
            case "redirect": .redirect(308, "/elsewhere")
            case "timeout": .ok("x").but { $0.ending = .stall(0) }
            case "reset": .ok("x").but { $0.ending = .reset(0) }
            default: .status(500)
            }
        lab.receiver.on("/hook?key=x", bad, bad, .status(200))
        try await lab.publish(["one"])
        for failures in 1...2 {
            try await lab.eventually("did not fail") { try lab.webhook.failures == failures }
            let webhook = try lab.webhook
            #expect(webhook.position == 0)
            #expect(webhook.lastError?.code == ["500": "http-500", "redirect": "http-308"][way, default: way])
            // Nothing is sent before its time, whatever else comes.
            try await lab.publish(["one", "two", "three"].prefix(failures + 1).map { $0 })
            #expect(lab.deliveries.count == failures)
            try await lab.pass(.seconds(failures == 1 ? 5 : 10))
        }
        try await lab.eventually("not sent") { try lab.webhook.position == 3 }
        #expect(try lab.titles == [["one"], ["one", "two"], ["one", "two", "three"]])
        #expect(lab.receiver.requests("/elsewhere").isEmpty)
        let webhook = try lab.webhook
        #expect(webhook.failures == 0 && webhook.lastError == nil && webhook.failingSince == nil)
    }

    @Test func aReceiverMayAskForTime() async throws {
        let lab = try await Lab("/a")
        lab.receiver.on("/hook?key=x", .status(503, "", ("Retry-After", "120")), .status(204))
        try await lab.publish(["one"])
        try await lab.eventually("did not fail") { try lab.webhook.failures == 1 }
        #expect(try lab.webhook.nextAttempt == lab.time.now + .minutes(2))
        try await lab.pass(.minutes(2))
        try await lab.eventually("not sent") { try lab.webhook.position == 1 }
    }

    @Test func aNewProgramGoesOnWhereTheLastOneWas() async throws {
        let lab = try await Lab("/a")
        try await lab.publish(["one"])
        try await lab.eventually("not sent") { try lab.webhook.position == 1 }
        lab.receiver.on("/hook?key=x", .status(500), .status(204))
        // The first answer of the new script is the second request.
        try await lab.publish(["two"], wakes: false)
        try await lab.restart()
        try await lab.eventually("not sent") { try lab.webhook.position == 2 }
        #expect(try lab.titles == [["one"], ["two"]])
        // Nothing again, and nothing left out.
        try await lab.restart()
        try await lab.publish(["three"])
        try await lab.eventually("not sent") { try lab.webhook.position == 3 }
        #expect(try lab.titles == [["one"], ["two"], ["three"]])
    }

    @Test func aWaitAfterFailuresOutlivesTheProgram() async throws {
        let lab = try await Lab("/a")
        lab.receiver.on("/hook?key=x", .status(500), .status(204))
        try await lab.publish(["one"])
        try await lab.eventually("did not fail") { try lab.webhook.failures == 1 }
        try await lab.restart()
        try await lab.pass(.seconds(5))
        try await lab.eventually("not sent") { try lab.webhook.position == 1 }
        #expect(lab.deliveries.count == 2)
    }

    @Test func whatIsGoneIsAskedAgainWhenItsConfigurationChanges() async throws {
        let lab = try await Lab("/a")
        lab.receiver.on("/hook?key=x", .status(410), .status(204))
        try await lab.publish(["one"])
        try await lab.eventually("not stopped") { try lab.webhook.isStopped }
        #expect(try lab.webhook.lastError?.code == "http-410")
        try await lab.publish(["two"])
        try await lab.restart()
        try await lab.reload { _ in }
        lab.time.advance(by: .days(2))
        #expect(try lab.webhook.isStopped && lab.deliveries.count == 1)
        try await lab.reload { $0.batch = 50 }
        try await lab.eventually("not sent") { try lab.webhook.position == 2 }
        #expect(try lab.titles == [["one"], ["one", "two"]])
    }

    @Test(arguments: [WebhookSettings.Start.end, .beginning])
    func aNewWebhookBeginsWhereItIsToldTo(start: WebhookSettings.Start) async throws {
        let lab = try await Lab("/a")
        try await lab.publish(["one"])
        try await lab.eventually("not sent") { try lab.webhook.position == 1 }
        lab.receiver.otherwise { _ in .status(204) }
        let other = lab.receiver.url("/other")
        try await lab.reload { $0 = WebhookSettings(url: other, secretFile: $0.secretFile).with(start: start) }
        if start == .beginning {
            try await lab.eventually("not sent") { lab.receiver.requests("/other").count == 1 }
            try await lab.eventually("not acknowledged") { try lab.webhook.position == 1 }
            try await lab.publish(["two"])
            try await lab.pass(.seconds(5))
        } else {
            try await lab.publish(["two"])
        }
        try await lab.eventually("not sent") { try lab.webhook.position == 2 }
        let titles = try lab.receiver.requests("/other").flatMap { try Lab.changes($0).map(\.title) }
        #expect(titles == (start == .beginning ? ["one", "two"] : ["two"]))
    }

    @Test func aPrivateAddressIsRefusedUnlessItIsAllowed() async throws {
        let lab = try await Lab("/a") { $0.allowPrivateAddresses = false }
        try await lab.publish(["one"])
        try await lab.eventually("not refused") { try lab.webhook.lastError?.code == "address-refused" }
        #expect(lab.deliveries.isEmpty)
    }

    @Test func aSecretThatCannotBeReadIsNamedAndReadAgain() async throws {
        let lab = try await Lab("/a")
        try FileManager.default.removeItem(atPath: lab.folder.path + "/secret")
        try await lab.publish(["one"])
        try await lab.eventually("did not fail") { try lab.webhook.lastError?.code == "secret" }
        #expect(lab.deliveries.isEmpty)
        try lab.folder.write("another", to: "secret")
        try await lab.pass(.seconds(5))
        try await lab.eventually("not sent") { try lab.webhook.position == 1 }
        let request = try #require(lab.deliveries.first)
        #expect(
            request.value("X-Ingestd-Signature")
                == WebhookSignature.value(of: request.body, at: lab.time.now, secret: "another"))
    }

    // MARK: waits

    @Test(arguments: [(1, 5.0), (2, 10), (3, 20), (9, 1280), (10, 2560), (11, 3600), (1000, 3600)])
    func waitsDoubleUpToAnHour(failures: Int, seconds: Double) {
        #expect(Webhook.wait(afterFailures: failures, jitter: 1) == .milliseconds(Int64(seconds * 1000)))
        #expect(Webhook.wait(afterFailures: failures, jitter: 0) == .milliseconds(Int64(seconds * 500)))
    }

    @Test func aReceiverCannotAskForMoreThanADay() {
        var webhook = Webhook(id: "", host: "", settings: "", position: 0)
        let now = Timestamp(seconds: 0)
        webhook.failed(PollError(code: "x", message: ""), retryAfter: .days(900), at: now, jitter: 0)
        #expect(webhook.nextAttempt == now + .days(1))
    }
}

extension WebhookSettings {
    fileprivate func with(start: Start) -> WebhookSettings {
        var copy = self
        copy.start = start
        copy.allowPrivateAddresses = true
        return copy
    }
}
