public import Archive
public import FeedFetch
public import FeedModel
public import Logging
import PublicSuffix
import Synchronization

/// Asks hubs for what is new, and takes what they send.
///
/// ```
/// poll finds hub and topic ─ wanted? ─ request ─ hub verifies ─ active ─ renewed before the lease ends
///                                      (one at a time a host)      │
///                                                     push ─ signature ─ read ─ reconcile, one transaction
/// ```
///
/// All subscriptions are held in memory as the archive has them; each change is durable before it is answered.
/// `SubscriptionRules` says what follows from what.
public actor Subscriber {
    private let archive: Archive
    private let client: HTTPClient
    private let room: ReadingRoom
    private let time: any TimeSource
    private let jitter: @Sendable () -> Double
    private let delivered: @Sendable () -> Void
    private let logger: Logger

    private var configuration = Configuration()
    /// Is told when a feed is to be polled earlier since no hub sends its news any more. `nil` before the start: no
    /// callback is answered before it is known who may ask.
    private var queue: PollQueue?
    private var isReady: Bool { queue != nil }
    /// `nil` while no hub was ever to be asked.
    private var key: HubKey?
    private var policies: [FeedID: AddressPolicy] = [:]
    /// By `id`.
    private var subscriptions: [String: Subscription] = [:]
    private var idsOfFeed: [FeedID: Set<String>] = [:]
    private var hosts: [String: HubHost] = [:]
    private var requestsInFlight = 0
    private let alarm: Alarm

    /// What is wanted of each feed's hub, as far as polls have told: most polls tell the same again. `nil` while
    /// nothing is wanted of any.
    private let wishes = Mutex<[FeedID: Wish]?>(nil)

    private struct Wish: Hashable {
        var hub: String
        var topic: String

        init?(_ feed: Feed) {
            let poll = feed.poll
            guard let hub = poll.hub, WebURL(hub)?.isHTTP == true, poll.state != .gone, poll.state != .disabled else {
                return nil
            }
            self.hub = hub
            topic = poll.pushTopic
        }
    }

    private struct HubHost {
        var isBusy = false
        /// No request starts sooner.
        var nextStart: Timestamp?
    }

    /// Requests in flight, over all hubs.
    private static let concurrency = 8
    /// Between two requests to one hub, which may have thousands of feeds, at least.
    private static let leastDelay: Duration = .seconds(1)
    /// Subscriptions of one feed that are being taken back, at most: a publisher may change hubs at every poll.
    private static let mostLeaving = 4

    /// - Parameters:
    ///   - room: where documents are read, by whoever reads any.
    ///   - jitter: 0 to 1, drawn anew at each call.
    ///   - delivered: called when what a hub sent has been archived.
    public init(
        archive: Archive, client: HTTPClient, room: ReadingRoom = ReadingRoom(), time: any TimeSource = SystemTime(),
        jitter: @escaping @Sendable () -> Double = { .random(in: 0...1) },
        delivered: @escaping @Sendable () -> Void = {}, logger: Logger
    ) {
        self.archive = archive
        self.client = client
        self.room = room
        self.time = time
        alarm = Alarm(time: time)
        self.jitter = jitter
        self.delivered = delivered
        self.logger = logger
    }

    // MARK: what is wanted

    /// Holds what is subscribed to against the configuration and what the feeds' documents name. For the start and for
    /// a reload, each time after the poller has applied the same configuration.
    ///
    /// Without `websub` a start sends nothing and forgets all; after a reload, hubs are told to stop.
    public func apply(_ configuration: Configuration, queue: PollQueue) async throws {
        let isStart = !isReady
        self.configuration = configuration
        let now = time.now
        if isStart {
            if configuration.websub == nil {
                let minInterval = configuration.schedule.minInterval
                let due = try await archive.write { archive in
                    try archive.forgetSubscriptions()
                    return try archive.endReliance(at: now, minInterval: minInterval)
                }
                await queue.schedule(due.map { ($0.feed, $0.host, $0.at) })
            } else {
                try await resume(minInterval: configuration.schedule.minInterval, queue)
            }
        }
        if configuration.websub != nil, key == nil { key = HubKey(try archive.hubKey()) }
        let feeds = configuration.websub == nil ? [] : try await archive.write { try $0.feedsWithHub() }
        let openFeeds = Set(configuration.feeds.filter(\.allowPrivateAddresses).map(\.url))
        policies = [:]
        for feed in feeds {
            policies[feed.id] = openFeeds.contains(feed.configuredURL) ? .any : configuration.fetch.addressPolicy
        }
        let wanted = Dictionary(feeds.compactMap { feed in Wish(feed).map { (feed.id, $0) } }) { $1 }
        wishes.withLock { $0 = configuration.websub == nil ? nil : wanted }
        self.queue = queue
        try await keep(Set(idsOfFeed.keys).union(wanted.keys).flatMap { settled($0, wanted[$0]) })
        alarm.wake()
    }

    /// The clock was set: leases and waits last as long as they would have.
    public func clockWasSet(by change: Duration) async throws {
        for (name, host) in hosts { hosts[name]?.nextStart = host.nextStart.map { $0 + change } }
        try await keep(
            subscriptions.values.map { subscription in
                var moved = subscription
                moved.clockWasSet(by: change)
                return moved
            })
        alarm.wake()
    }

    /// Goes on with what an earlier run has subscribed to. What another key has made is forgotten, and asked for again.
    private func resume(minInterval: Duration, _ queue: PollQueue) async throws {
        let key = HubKey(try archive.hubKey())
        let now = time.now
        let (ours, due) = try await archive.write { archive in
            let all = try archive.subscriptions()
            var due: [(feed: FeedID, host: String, at: Timestamp)] = []
            for var subscription in all where !key.isKey(of: subscription) {
                subscription.state = .left
                try archive.save(subscription)
                due += try archive.endReliance(of: subscription.feed, at: now, minInterval: minInterval)
            }
            return (all.filter(key.isKey), due)
        }
        for subscription in ours { hold(subscription) }
        self.key = key
        await queue.schedule(due.map { ($0.feed, $0.host, $0.at) })
    }

    /// To be told of every poll: what it found may have changed what is wanted.
    public nonisolated func polled(_ feed: Feed) {
        let wish = Wish(feed)
        let isNews = wishes.withLock { $0.map { $0[feed.id] != wish } ?? false }
        if isNews { Task { try await self.polled(feed, wish) } }
    }

    private func polled(_ feed: Feed, _ wish: Wish?) async throws {
        // The poll may have begun before the feed left the configuration.
        guard isReady, configuration.websub != nil,
            let configured = configuration.feeds.first(where: { $0.url == feed.configuredURL }), configured.enabled
        else { return }
        wishes.withLock { $0?[feed.id] = wish }
        policies[feed.id] = configured.allowPrivateAddresses ? .any : configuration.fetch.addressPolicy
        try await keep(settled(feed.id, wish))
        alarm.wake()
    }

    /// What is to be kept so that a feed's subscriptions are in line with what is wanted of it.
    private func settled(_ feed: FeedID, _ wish: Wish?) -> [Subscription] {
        let now = time.now
        let callback = configuration.websub?.callback
        func isWanted(_ subscription: Subscription) -> Bool {
            subscription.state != .leaving && subscription.hub == wish?.hub && subscription.topic == wish?.topic
                && subscription.callback == callback
        }
        var changed: [Subscription] = []
        var hasWanted = false
        var leaving = 0
        for id in idsOfFeed[feed] ?? [] {
            guard var subscription = subscriptions[id] else { continue }
            if isWanted(subscription) {
                hasWanted = true
                continue
            }
            subscription.withdraw(at: now)
            leaving += 1
            if leaving > Subscriber.mostLeaving { subscription.state = .left }
            if subscription != subscriptions[id] { changed.append(subscription) }
        }
        guard let wish, let callback, let key, !hasWanted else { return changed }
        var subscription = key.subscription(of: feed, hub: wish.hub, topic: wish.topic, callback: callback)
        subscription.nextAttempt = now
        return changed + [subscription]
    }

    private func hold(_ subscription: Subscription) {
        if subscription.state == .left {
            subscriptions[subscription.id] = nil
            idsOfFeed[subscription.feed]?.remove(subscription.id)
            if idsOfFeed[subscription.feed]?.isEmpty == true { idsOfFeed[subscription.feed] = nil }
        } else {
            subscriptions[subscription.id] = subscription
            idsOfFeed[subscription.feed, default: []].insert(subscription.id)
        }
    }

    /// Makes new states ours and the archive's, in one transaction. Writes are made in the order of these calls.
    private func keep(_ changed: [Subscription]) async throws {
        if changed.isEmpty { return }
        var noLongerLive: Set<FeedID> = []
        for subscription in changed {
            let before = subscriptions[subscription.id]
            if before?.isLive == true, !subscription.isLive { noLongerLive.insert(subscription.feed) }
            if before?.state != subscription.state {
                logger.debug(
                    "subscription",
                    metadata: [
                        "state": "\(subscription.state.rawValue)", "topic": "\(subscription.topic)",
                        "hub": "\(subscription.hub)",
                    ])
            }
            hold(subscription)
        }
        let now = time.now
        let minInterval = configuration.schedule.minInterval
        let due = try await archive.write { [noLongerLive] archive in
            for subscription in changed { try archive.save(subscription) }
            return try noLongerLive.flatMap { try archive.endReliance(of: $0, at: now, minInterval: minInterval) }
        }
        if !due.isEmpty { await queue?.schedule(due.map { ($0.feed, $0.host, $0.at) }) }
    }

    // MARK: asking hubs

    /// Sends what is to be sent, each request at its time, until the task is cancelled.
    ///
    /// - Throws: what says that the archive or the program is broken.
    public func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for (id, host, request) in try await due() {
                    group.addTask { try await self.ask(id, host, request) }
                }
                await alarm.sleep(until: nextEvent)
            }
        }
    }

    private func due() async throws -> [(id: String, host: String, request: Subscription.Request)] {
        let now = time.now
        let paused = await queue?.pausedScopes() ?? [:]
        hosts = hosts.filter { $0.value.isBusy || $0.value.nextStart.map { $0 > now } ?? false }
        var due: [(id: String, host: String, request: Subscription.Request)] = []
        var lapsed: [Subscription] = []
        for (id, known) in subscriptions {
            var subscription = known
            subscription.lapse(at: now, rules: rules, jitter: jitter())
            if subscription != known { lapsed.append(subscription) }
            guard let request = subscription.request(at: now), requestsInFlight < Subscriber.concurrency,
                let name = subscription.hubHost
            else { continue }
            var host = hosts[name] ?? HubHost()
            if !paused.isEmpty, let until = paused[PauseScope.of(name)] {
                host.nextStart = max(host.nextStart ?? until, until)
            }
            if !host.isBusy, host.nextStart.map({ $0 <= now }) ?? true {
                host.isBusy = true
                requestsInFlight += 1
                due.append((id, name, request))
            }
            hosts[name] = host
        }
        try await keep(lapsed)
        return due
    }

    /// When there may be something to do; a request that ends wakes the loop by itself.
    private var nextEvent: Timestamp? {
        let now = time.now
        return subscriptions.values.compactMap { subscription -> Timestamp? in
            guard let at = subscription.nextEvent else { return nil }
            guard at <= now else { return at }
            if requestsInFlight >= Subscriber.concurrency { return nil }
            guard let name = subscription.hubHost, let host = hosts[name] else { return at }
            if host.isBusy { return nil }
            return host.nextStart.map { max($0, at) } ?? at
        }.min()
    }

    private func ask(_ id: String, _ name: String, _ request: Subscription.Request) async throws {
        defer { alarm.wake() }
        var wait: Duration?
        // It may have been taken back, or agreed upon, since it was found due.
        if var subscription = subscriptions[id], let key, subscription.request(at: time.now) == request {
            subscription.ask(request, at: time.now)
            try await keep([subscription])
            let exchange = HubRequest(
                request, subscription, key, configuration,
                policy: policies[subscription.feed] ?? configuration.fetch.addressPolicy)
            let outcome = await exchange.send(by: client, time: time)
            if case .failed(let error, let retryAfter, let isOwnHost) = outcome {
                wait = isOwnHost && (error.code == "http-429" || error.code == "http-503") ? retryAfter : nil
                logger.notice(
                    "hub request failed",
                    metadata: [
                        "hub": "\(subscription.hub)", "topic": "\(subscription.topic)", "code": "\(error.code)",
                        "reason": "\(error.message)",
                    ])
                if var after = subscriptions[id] {
                    after.failed(
                        request, error, retryAfter: retryAfter, at: time.now, rules: rules, jitter: jitter())
                    if after != subscriptions[id] { try await keep([after]) }
                }
            }
        }
        requestsInFlight -= 1
        let delay = max(configuration.fetch.hostDelay, Subscriber.leastDelay)
        hosts[name] = HubHost(nextStart: time.now + max(delay, min(wait ?? .zero, NextPoll.longestRetryAfter)))
    }

    /// Requests back off as polls do.
    private var rules: ScheduleRules { ScheduleRules(configuration.schedule) }

    // MARK: answering hubs

    /// An answer to a hub: a status, and what stands in its body.
    public struct Answer: Sendable, Hashable {
        public var status: Int
        public var body: String

        public init(_ status: Int, _ body: String) {
            self.status = status
            self.body = body
        }
    }

    private static let notReady = Answer(503, "starting; try again soon\n")
    private static let stopping = Answer(503, "stopping; try again soon\n")
    private static let notWritable = Answer(503, "nothing can be archived now; try again later\n")
    private static let notFound = Answer(404, "nothing of the kind was asked for\n")

    /// What a hub asks at a callback URL (WebSub, 5.2 and 5.3): `hub.mode` and the rest.
    public func answer(token: String, query: String) async throws -> Answer {
        guard isReady else { return Subscriber.notReady }
        if archive.trouble != nil { return Subscriber.notWritable }
        let fields = WebForm.decode(query)
        guard let key, var subscription = subscriptions[HubKey.id(ofToken: token)], let topic = fields["hub.topic"]
        else {
            return Subscriber.notFound
        }
        let (mode, now) = (fields["hub.mode"], time.now)
        if mode == "denied" {
            let reason = fields["hub.reason"].map { key.withoutSecrets($0, of: subscription) }
            let isAboutUs = subscription.deny(topic: topic, reason: reason, at: now, jitter: jitter())
            guard isAboutUs else { return Subscriber.notFound }
            try await keep([subscription])
            alarm.wake()
            return Answer(200, "noted\n")
        }
        guard
            let request: Subscription.Request = mode == "subscribe"
                ? .subscribe : mode == "unsubscribe" ? .unsubscribe : nil,
            let challenge = fields["hub.challenge"], !challenge.isEmpty,
            subscription.verify(
                request, topic: topic, granted: fields["hub.lease_seconds"].flatMap { Int($0) },
                asked: configuration.websub?.lease ?? .zero, at: now, jitter: jitter())
        else { return Subscriber.notFound }
        try await keep([subscription])
        alarm.wake()
        return Answer(200, challenge)
    }

    /// What bounds a document that a hub sends.
    public struct Limits: Sendable, Hashable {
        public var maxBody: Int
        public var timeout: Duration
    }

    public enum Admission: Sendable, Hashable {
        case admitted(Limits)
        case refused(Answer)
    }

    /// Whether a document is taken at a callback URL at all: to be asked before its body is read.
    public func admits(token: String) -> Admission {
        guard isReady else { return .refused(Subscriber.notReady) }
        if archive.trouble != nil { return .refused(Subscriber.notWritable) }
        guard let subscription = subscriptions[HubKey.id(ofToken: token)], subscription.takesContent else {
            return .refused(Answer(410, "not subscribed to any more\n"))
        }
        return .admitted(Limits(maxBody: configuration.fetch.maxBody, timeout: configuration.fetch.timeout))
    }

    /// Takes a document that a hub has sent, and returns when what it brought is durable.
    ///
    /// A wrong signature and a document that is no feed are answered as if all were well: it is not the sender's
    /// business, and nothing that it could do better by sending it again (WebSub, 7).
    ///
    /// - Parameter signature: the value of `X-Hub-Signature`, if there is one.
    public nonisolated func take(
        token: String, contentType: String?, signature: String?, body: [UInt8]
    ) async throws -> Answer {
        let id = HubKey.id(ofToken: token)
        guard let key = await key, let subscription = await subscriptions[id], subscription.takesContent else {
            return Answer(410, "not subscribed to any more\n")
        }
        let metadata: Logger.Metadata = ["topic": "\(subscription.topic)", "hub": "\(subscription.hub)"]
        guard HubSignature.isRight(signature, body: body, secret: key.secret(subscription.seed)) else {
            logger.notice("push ignored: its signature is missing or wrong", metadata: metadata)
            return try await answered { try await archive.write(waits: false) { try $0.noteRejection(id) } }
        }
        return try await answered { try await keep(body, contentType, of: subscription, metadata) }
    }

    /// Who cannot be served now comes again.
    private nonisolated func answered(_ body: () async throws -> Void) async throws -> Answer {
        do {
            try await body()
            return Answer(202, "received\n")
        } catch let error as ArchiveError where error.isPassing {
            return Subscriber.notWritable
        } catch is NoLongerWanted {
            return Answer(410, "not subscribed to any more\n")
        } catch is IsStopping {
            return Subscriber.stopping
        }
    }

    private struct NoLongerWanted: Error {}
    private struct IsStopping: Error {}

    private nonisolated func keep(
        _ body: [UInt8], _ contentType: String?, of subscription: Subscription, _ metadata: Logger.Metadata
    ) async throws {
        let now = time.now
        guard let feed = try archive.feed(subscription.feed) else { throw NoLongerWanted() }
        guard let seat = await room.seat(for: body.count, of: feed, archive.marks) else { throw IsStopping() }
        let delivery = try await seat.run {
            Delivery.read(body, contentType: contentType, of: subscription, at: now)
        }
        switch delivery {
        case .failure(let reason):
            logger.notice(
                "push ignored: it is no feed", metadata: metadata.merging(["reason": "\(reason.message)"]) { $1 })
        case .success(var delivery):
            if await configuration.keep.raw == .changed {
                delivery.raw = try KeptDocument(
                    pushed: body, contentType: contentType, of: subscription, in: archive, at: now
                ).packed()
            }
            let brought = try await archive.write(waits: false) { [delivery] transaction in
                try seat.marked { try delivery.commit(in: transaction) }
            }
            guard let brought else { throw NoLongerWanted() }
            delivered()
            logger.debug(
                "pushed",
                metadata: metadata.merging(["new": "\(brought.new)", "revised": "\(brought.revised)"]) { $1 })
        }
    }
}

extension Subscription {
    /// By which requests to hubs are counted.
    var hubHost: String? { WebURL(hub)?.canonicalHost }
}
