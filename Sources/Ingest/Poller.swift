public import Archive
public import FeedFetch
public import FeedModel
public import Logging
import Synchronization

/// Polls the configured feeds: takes from the queue what is due, one child task a poll, until the queue
/// closes.
public final class Poller: Sendable {
    public let archive: Archive
    public let queue: PollQueue
    let fetcher: FeedFetcher
    let time: any TimeSource
    let jitter: @Sendable () -> Double
    let network = OwnNetwork()
    let room: ReadingRoom
    public let metrics = PollMetrics()
    let endsWhenIdle: Bool
    private let observe: @Sendable (PollReport) -> Void
    let observePage: @Sendable (PageReport) -> Void
    let logger: Logger
    let state: Mutex<State>

    struct State {
        var configuration: Configuration
        /// Index into `configuration.feeds`.
        var indexOfFeed: [FeedID: Int] = [:]
        var credentials: [String: Credential] = [:]
        /// Hosts with more than one feed: a connection to them is worth keeping.
        var sharedHosts: Set<String> = []
        var budget = BudgetedPrice()
        /// Who waits for a feed's next poll to end.
        var waiting: [FeedID: [CheckedContinuation<PollAnswer.Result, Never>]] = [:]
        /// Feeds whose next turn in the queue is for an older page of theirs, and when that is.
        var walking: [FeedID: Timestamp] = [:]
        /// Who waits for the walks that can go on now.
        var waitingForWalks: [CheckedContinuation<Void, Never>] = []
        /// Finds out whether our own network works again, while it is out.
        var prober: Task<Void, Never>?
        /// What the program before this one left has not been looked at yet.
        var isFirstTime = true
        /// Nothing is polled any more, and nobody need wait.
        var hasEnded = false
    }

    /// - Parameters:
    ///   - client: makes the transfers; the caller shuts it down.
    ///   - endsWhenIdle: for one round of polls: `run` returns when nothing is due any more.
    ///   - room: where documents are read, by whoever reads any.
    ///   - jitter: 0 to 1, drawn anew at each call.
    ///   - observe: called after each poll, on its task.
    ///   - observePage: called after each older page of a feed, on its task.
    public init(
        archive: Archive, client: HTTPClient, configuration: Configuration, endsWhenIdle: Bool,
        room: ReadingRoom = ReadingRoom(), time: any TimeSource = SystemTime(),
        jitter: @escaping @Sendable () -> Double = { .random(in: 0...1) },
        logger: Logger, observe: @escaping @Sendable (PollReport) -> Void = { _ in },
        observePage: @escaping @Sendable (PageReport) -> Void = { _ in }
    ) {
        self.archive = archive
        self.room = room
        self.time = time
        self.jitter = jitter
        self.endsWhenIdle = endsWhenIdle
        self.observe = observe
        self.observePage = observePage
        self.logger = logger
        queue = PollQueue(limits: configuration.limits, time: time, endsWhenIdle: endsWhenIdle)
        fetcher = FeedFetcher(client: client, gate: queue)
        state = Mutex(State(configuration: configuration))
    }

    /// What `status` calls degraded and critical, as configured now.
    public var statusSettings: StatusSettings { state.withLock { $0.configuration.status } }

    /// How many single feeds have metrics of their own.
    public var feedsInMetrics: Int { state.withLock { $0.configuration.feedsInMetrics } }

    // MARK: what is polled

    /// Which feeds of the configuration are put into the queue.
    public enum Selection: Sendable {
        /// All, each at its time.
        case scheduled
        /// Those that are due now; with `force`, due or not.
        case dueNow(force: Bool)
        /// None but those that `pollNow` asks for.
        case none
    }

    /// Makes the configuration the archive's, and fills the queue from the archive's schedule.
    ///
    /// For the start and for a reload: feeds that stay keep their times and whatever is in flight.
    ///
    /// - Returns: how many feeds were put into the queue.
    @discardableResult
    public func apply(_ configuration: Configuration, _ selection: Selection) async throws -> Int {
        let now = time.now
        let configured = configuration.feeds.map {
            ConfiguredFeed(
                url: $0.url, title: $0.title, tags: $0.tags, enabled: $0.enabled, settings: $0.fingerprint)
        }
        let suspects = state.withLock { $0.isFirstTime } ? archive.marks.left() : []
        let (feeds, conducts, outage, pauses) = try await archive.write { [jitter] archive in
            for id in suspects {
                guard var poll = try archive.feed(id)?.poll else { continue }
                poll.noteDeath(at: now, schedule: configuration.schedule, jitter: jitter())
                try archive.save(poll, of: id)
            }
            return (
                try archive.synchronize(configured, at: now), try archive.conducts(at: now), try archive.outageSince(),
                try archive.operatorPauses(at: now)
            )
        }
        if state.withLock({ state in
            defer { state.isFirstTime = false }
            return state.isFirstTime
        }) {
            archive.marks.forgetLeft()
        }
        network.recall(since: outage)
        let indexOfURL = Dictionary(configuration.feeds.enumerated().map { ($1.url, $0) }) { first, _ in first }
        var credentials: [String: Credential] = [:]
        for feed in configuration.feeds {
            if let auth = feed.auth { credentials[feed.url] = credential(of: feed, auth) }
        }
        let feedsOfHost = Dictionary(feeds.map { ($0.host, 1) }, uniquingKeysWith: +)
        let removed = state.withLock { [credentials] state in
            state.sharedHosts = Set(feedsOfHost.filter { $0.value > 1 }.keys)
            let before = Set(state.indexOfFeed.keys)
            state.configuration = configuration
            state.credentials = credentials
            state.indexOfFeed = [:]
            for feed in feeds {
                if let index = indexOfURL[feed.configuredURL] { state.indexOfFeed[feed.id] = index }
            }
            state.budget = BudgetedPrice(feeds, configuration, indexOfURL: indexOfURL)
            let removed = before.subtracting(state.indexOfFeed.keys)
            for feed in removed { state.walking[feed] = nil }
            return removed
        }
        await queue.setLimits(configuration.limits)
        await queue.remove(Array(removed))
        for feed in removed { answer(feed, .unknown) }
        await queue.hurry(except: Set(conducts.keys))
        for (scope, conduct) in conducts { await apply(conduct, to: scope, at: now) }
        apply(await queue.set(pauses))
        var chosen: [(feed: FeedID, host: String, at: Timestamp?)] = []
        var pages: [(feed: FeedID, host: String, at: Timestamp?)] = []
        let walks = configuration.feeds.contains(where: \.backfill) ? try archive.backfills() : [:]
        for feed in feeds {
            guard let index = indexOfURL[feed.configuredURL] else { continue }
            let due = Poller.due(feed, configuration.feeds[index].interval, configuration.schedule, now: now)
            if configuration.feeds[index].backfill, feed.state == .active || feed.state == .failing,
                let walk = walks[feed.id], let page = Poller.page(of: walk, before: due, selection, now: now)
            {
                pages.append(page)
                continue
            }
            switch selection {
            case .none: break
            case .scheduled: chosen.append((feed.id, feed.host, due))
            case .dueNow(let force):
                if let due, force || due <= now { chosen.append((feed.id, feed.host, now)) }
            }
        }
        state.withLock { [pages] state in
            for page in pages { state.walking[page.feed] = page.at }
        }
        await queue.schedule((endsWhenIdle ? chosen : OverdueSpread.spread(chosen, at: now)) + pages)
        return chosen.count
    }

    /// Makes the queue keep to what is remembered of a pause scope.
    func apply(_ conduct: HostConduct?, to scope: String, at now: Timestamp) async {
        await queue.slow(scope: scope, doublings: conduct.flatMap { HostRecovery.eased($0, at: now) }?.slowness ?? 0)
        // No host asks for more; the clock may have been ahead when it was reckoned.
        guard let until = conduct.map({ min($0.pausedUntil, now + NextPoll.longestRetryAfter) }), until > now
        else { return }
        let feeds = await queue.pause(scope: scope, until: until)
        state.withLock { state in
            for feed in feeds where state.walking[feed] != nil { state.walking[feed] = until }
        }
        for feed in feeds { answer(feed, .hostPaused(until: until)) }
    }

    /// The secret is read when the configuration is applied; a file that has become unreadable since it was
    /// checked is reported, and its feed is asked without.
    private func credential(of feed: FeedConfiguration, _ auth: FeedConfiguration.Authentication) -> Credential? {
        switch auth.credential() {
        case .success(let credential): return credential
        case .failure(let reason):
            logger.error(
                "secret unusable",
                metadata: ["feed": "\(feed.url)", "file": "\(auth.secretFile)", "reason": "\(reason)"])
            return nil
        }
    }

    /// When a feed is due; `nil` is never. A healthy feed waits no longer than the configuration says now,
    /// whatever it said when the poll was scheduled.
    private static func due(
        _ feed: ScheduledFeed, _ interval: FeedConfiguration.Interval, _ schedule: ScheduleSettings, now: Timestamp
    ) -> Timestamp? {
        guard feed.state != .gone, feed.state != .disabled else { return nil }
        guard let lastPoll = feed.lastPoll else { return feed.nextPoll ?? now }
        // The clock may have been ahead then.
        let last = min(lastPoll, now)
        let earliest = last + schedule.minInterval
        guard let planned = feed.nextPoll else { return earliest }
        let next = lastPoll > now ? min(planned, now + max(planned - lastPoll, .zero)) : planned
        guard feed.state == .active else { return lastPoll > now ? min(next, now + schedule.retryMax) : next }
        let longest = if case .every(let interval) = interval { interval } else { schedule.maxInterval }
        return max(min(next, last + longest), earliest)
    }

    // MARK: polling

    /// Polls until the queue closes or, where it ends when idle, has nothing left.
    ///
    /// - Throws: the first error that says that the archive or the program is broken.
    public func run() async throws {
        defer {
            state.withLock { $0.prober }?.cancel()
            answerAll()
        }
        try await withThrowingDiscardingTaskGroup { group in
            while let feed = await queue.next() {
                group.addTask {
                    do {
                        try await self.poll(feed)
                    } catch {
                        await self.queue.close()
                        throw error
                    }
                }
            }
        }
    }

    private func poll(_ due: DueFeed) async throws {
        let id = due.feed
        guard let settings = settings(of: id) else {
            await queue.finished(id, heldHost: due.host, host: due.host, at: nil)
            // It may have come back meanwhile, and been left to what this poll would say.
            if settings(of: id) != nil { await queue.schedule([(id, due.host, time.now)]) }
            return answer(id, .unknown)
        }
        guard await archive.untilWritable() else { return await abandon(due) }
        switch try turn(due, settings) {
        case .poll: break
        case .page(let walk, let feed): return try await read(walk, of: feed, due, settings)
        case .nothing(let feed):
            let own = WebURL(feed.poll.url)?.limitedHost ?? ""
            return try await finished(due, settings, heldHost: due.host, host: own, next: feed.poll)
        }
        guard let due = try await enter(due) else { return }
        let poll = FeedPoll(
            fetcher: fetcher, archive: archive, time: time, network: network, room: room, jitter: jitter)
        let result = try await poll.run(due, settings: settings)
        if let error = result.unrecorded { return await giveBack(due, result, error, settings) }
        if let report = result.report {
            if let conduct = report.conduct { await apply(conduct.now, to: conduct.scope, at: time.now) }
            state.withLock { $0.budget.note(report.feed.poll, of: id, rules: settings.rules) }
            log(report)
            metrics.note(report)
            observe(report)
        }
        if let change = result.change { try await settle(change) }
        var next = result.report?.feed.poll
        if result.spared != nil {
            // It is as due as it was, but for what has been said of it meanwhile.
            next = try archive.feed(id)?.poll
            if let state = next?.state, state == .active || state == .failing, next?.nextPoll == nil {
                next?.nextPoll = time.now
            }
        }
        let host = next.flatMap { WebURL($0.url)?.limitedHost } ?? result.heldHost ?? ""
        // Who asks from now on gets another poll; these are told when the queue knows how the feed goes on.
        let waiting = state.withLock { $0.waiting.removeValue(forKey: id) } ?? []
        try await finished(due, settings, heldHost: result.heldHost, host: host, next: next)
        let answer =
            result.report.map(PollAnswer.Result.polled) ?? result.spared.map { .networkOut($0.error) } ?? .abandoned
        for continuation in waiting { continuation.resume(returning: answer) }
    }

    private func settings(of id: FeedID) -> FeedPollSettings? {
        state.withLock { state in
            guard let index = state.indexOfFeed[id] else { return nil }
            let feed = state.configuration.feeds[index]
            return FeedPollSettings(
                feed, of: state.configuration, credential: state.credentials[feed.url],
                sharedHosts: state.sharedHosts, price: state.budget.price(at: time.now))
        }
    }

    private func log(_ report: PollReport) {
        let feed = report.feed
        if let error = feed.poll.lastError {
            logger.warning(
                "poll failed",
                metadata: [
                    "feed": "\(feed.configuredURL)", "host": "\(WebURL(feed.poll.url)?.limitedHost ?? "")",
                    "code": "\(error.code)", "reason": "\(error.message)",
                ])
        } else {
            logger.debug(
                "polled",
                metadata: [
                    "feed": "\(feed.configuredURL)", "outcome": "\(report.figures.outcome.rawValue)",
                    "new": "\(report.figures.new)", "revised": "\(report.figures.revised)",
                ])
        }
    }

    /// What holds now.
    public var configuration: Configuration { state.withLock(\.configuration) }

    /// Drops what the log of polls holds beyond a span of time.
    public func trimLog(keeping span: Duration) async throws {
        let now = time.now
        while try await archive.write({ try $0.trimLog(before: now - span, at: now) }) {}
    }

    // MARK: polling on request

    /// Polls feeds now, by their configured or current URLs, and waits for them: overrides schedule, backoff
    /// and `gone`, not the hosts' limits and pauses.
    public func pollNow(urls: [String]) async throws -> [PollAnswer] {
        try await withThrowingTaskGroup { group in
            for (index, url) in urls.enumerated() {
                group.addTask { (index, PollAnswer(url: url, result: try await self.pollNow(url))) }
            }
            var answers: [(Int, PollAnswer)] = []
            for try await answer in group { answers.append(answer) }
            return answers.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func pollNow(_ url: String) async throws -> PollAnswer.Result {
        if let trouble = archive.trouble { return .archive(trouble.obstacle) }
        guard let (id, host) = try archive.configuredFeed(url: url),
            state.withLock({ $0.indexOfFeed[id] != nil })
        else { return .unknown }
        if let pause = await queue.operatorPause(id, host: host) { return .paused(pause) }
        if let until = await queue.pausedUntil(host) { return .hostPaused(until: until) }
        return await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                if !state.hasEnded { state.waiting[id, default: []].append(continuation) }
                return !state.hasEnded
            }
            guard waits else { return continuation.resume(returning: .abandoned) }
            Task {
                if let until = await self.queue.pollNow(id, host: host) { self.answer(id, .hostPaused(until: until)) }
            }
        }
    }

    func answer(_ id: FeedID, _ result: PollAnswer.Result) {
        let waiting = state.withLock { $0.waiting.removeValue(forKey: id) } ?? []
        for continuation in waiting { continuation.resume(returning: result) }
    }

    /// Starts no more polls, and reads no large document that waits for others; what is being read or recorded goes on.
    public func close() async {
        await queue.close()
        room.close()
    }

    /// Whoever still waits for a poll, or asks for one from now on, gets none.
    private func answerAll() {
        let abandoned = state.withLock { state in
            state.hasEnded = true
            defer { state.waiting = [:] }
            return state.waiting.values.flatMap(\.self)
        }
        for continuation in abandoned { continuation.resume(returning: .abandoned) }
        endWaitForWalks()
    }
}

extension Configuration {
    /// How the client that makes all transfers is set up.
    public var httpClient: HTTPClientConfiguration {
        var client = HTTPClientConfiguration()
        client.maximumConcurrency = fetch.concurrency
        client.caFile = fetch.caFile
        client.proxy =
            switch fetch.proxy {
            case .environment: .environment
            case .none: .none
            case .url(let url): .url(url)
            }
        return client
    }
}

extension FeedConfiguration {
    /// Differs whenever what the configuration says of this feed differs; holds no secret.
    var fingerprint: String {
        var copy = self
        copy.place = SourcePlace(file: "", line: 0, column: 0)
        copy.headers = headers.map { Header(name: $0.name, value: PollAttempt.hash(Array($0.value.utf8)).hexadecimal) }
        return PollAttempt.hash(Array("\(copy)".utf8)).hexadecimal
    }
}
