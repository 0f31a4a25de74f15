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
    private let fetcher: FeedFetcher
    private let time: any TimeSource
    private let jitter: @Sendable () -> Double
    private let observe: @Sendable (PollReport) -> Void
    private let observePage: @Sendable (PageReport) -> Void
    private let logger: Logger
    private let state: Mutex<State>

    private struct State {
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
        /// Nothing is polled any more, and nobody need wait.
        var hasEnded = false
    }

    /// - Parameters:
    ///   - client: makes the transfers; the caller shuts it down.
    ///   - endsWhenIdle: for one round of polls: `run` returns when nothing is due any more.
    ///   - jitter: 0 to 1, drawn anew at each call.
    ///   - observe: called after each poll, on its task.
    ///   - observePage: called after each older page of a feed, on its task.
    public init(
        archive: Archive, client: HTTPClient, configuration: Configuration, endsWhenIdle: Bool,
        time: any TimeSource = SystemTime(), jitter: @escaping @Sendable () -> Double = { .random(in: 0...1) },
        logger: Logger, observe: @escaping @Sendable (PollReport) -> Void = { _ in },
        observePage: @escaping @Sendable (PageReport) -> Void = { _ in }
    ) {
        self.archive = archive
        self.time = time
        self.jitter = jitter
        self.observe = observe
        self.observePage = observePage
        self.logger = logger
        queue = PollQueue(limits: configuration.limits, time: time, endsWhenIdle: endsWhenIdle)
        fetcher = FeedFetcher(client: client, gate: queue)
        state = Mutex(State(configuration: configuration))
    }

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
        let (feeds, paused) = try await archive.write { archive in
            (try archive.synchronize(configured, at: now), try archive.pausedHosts(at: now))
        }
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
            return before.subtracting(state.indexOfFeed.keys)
        }
        await queue.setLimits(configuration.limits)
        await queue.remove(Array(removed))
        for feed in removed { answer(feed, .unknown) }
        for (host, until) in paused { await queue.pause(host: host, until: until) }
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
        await queue.schedule(chosen + pages)
        return chosen.count
    }

    /// The turn for a walk's next page, if it comes before the feed's own.
    private static func page(
        of walk: Backfill, before due: Timestamp?, _ selection: Selection, now: Timestamp
    ) -> (feed: FeedID, host: String, at: Timestamp?)? {
        let at = max(walk.retryAt ?? now, now)
        switch selection {
        case .none: return nil
        case .scheduled: if let due, due <= at { return nil }
        case .dueNow(let force): if at > now || force || due.map({ $0 <= now }) ?? false { return nil }
        }
        return (walk.feed, WebURL(walk.url)?.canonicalHost ?? "", at)
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
        guard let last = feed.lastPoll else { return feed.nextPoll ?? now }
        let earliest = last + schedule.minInterval
        guard let next = feed.nextPoll else { return earliest }
        guard feed.state == .active else { return next }
        let longest = if case .every(let interval) = interval { interval } else { schedule.maxInterval }
        return max(min(next, last + longest), earliest)
    }

    // MARK: polling

    /// Polls until the queue closes or, where it ends when idle, has nothing left.
    ///
    /// - Throws: the first error that says that the archive or the program is broken.
    public func run() async throws {
        defer { answerAll() }
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
            await queue.remove([id])
            return await queue.finished(id, heldHost: due.host, host: due.host, at: nil)
        }
        switch try turn(due, settings) {
        case .poll: break
        case .page(let walk, let feed): return try await read(walk, of: feed, due, settings)
        case .nothing(let feed):
            let own = WebURL(feed.poll.url)?.limitedHost ?? ""
            return try await finished(due, settings, heldHost: due.host, host: own, next: feed.poll)
        }
        let poll = FeedPoll(fetcher: fetcher, archive: archive, time: time, jitter: jitter)
        guard let due = try await enter(due) else { return }
        let result = try await poll.run(due, settings: settings)
        if let report = result.report {
            if let pause = report.pause { await self.pause(pause.host, until: pause.until) }
            log(report)
            observe(report)
        }
        let next = result.report?.feed.poll
        if let next { state.withLock { $0.budget.note(next, of: id, rules: settings.rules) } }
        let host = next.flatMap { WebURL($0.url)?.limitedHost } ?? result.heldHost ?? ""
        // Who asks from now on gets another poll; these are told when the queue knows how the feed goes on.
        let waiting = state.withLock { $0.waiting.removeValue(forKey: id) } ?? []
        try await finished(due, settings, heldHost: result.heldHost, host: host, next: next)
        let answer = result.report.map(PollAnswer.Result.polled) ?? .abandoned
        for continuation in waiting { continuation.resume(returning: answer) }
    }

    /// The queue has entered the host of the page that would have been next, when a poll is wanted first.
    private func enter(_ due: DueFeed) async throws -> DueFeed? {
        guard state.withLock({ $0.walking.removeValue(forKey: due.feed) }) != nil,
            let poll = try archive.feed(due.feed)?.poll, let host = WebURL(poll.url)?.limitedHost, host != due.host
        else { return due }
        guard let until = await queue.move(from: due.host, to: host) else {
            return DueFeed(feed: due.feed, host: host)
        }
        await queue.finished(due.feed, heldHost: nil, host: host, at: max(until, poll.nextPoll ?? until))
        answer(due.feed, .hostPaused(until: until))
        endWaitForWalks()
        return nil
    }

    /// Puts a feed back into the queue: for its next poll, or for the next page of its walk if that comes first.
    private func finished(
        _ due: DueFeed, _ settings: FeedPollSettings, heldHost: String?, host: String, next: PollState?
    ) async throws {
        let walk = settings.feed.backfill ? try archive.backfill(of: due.feed) : nil
        var page: (host: String, at: Timestamp)?
        if let walk, let next, next.state == .active || next.state == .failing {
            let host = WebURL(walk.url)?.canonicalHost ?? ""
            let now = time.now
            let at = max(walk.retryAt ?? now, await queue.pausedHosts()[host] ?? now, now)
            if next.nextPoll.map({ at < $0 }) ?? true { page = (host, at) }
        }
        state.withLock { [page] in $0.walking[due.feed] = page?.at }
        if let page {
            await queue.finished(
                due.feed, heldHost: heldHost, host: page.host, at: page.at, goesOn: page.at <= time.now)
        } else {
            await queue.finished(due.feed, heldHost: heldHost, host: host, at: next?.nextPoll)
        }
        endWaitForWalks()
    }

    private func pause(_ host: String, until: Timestamp) async {
        let feeds = await queue.pause(host: host, until: until)
        state.withLock { state in
            for feed in feeds where state.walking[feed] != nil { state.walking[feed] = until }
        }
        for feed in feeds { answer(feed, .hostPaused(until: until)) }
    }

    // MARK: older pages

    /// What a feed's turn in the queue is for.
    private enum Turn {
        case poll
        case page(Backfill, Feed)
        /// There was a page to read, which the configuration wants no more; the feed's own poll is not due.
        case nothing(Feed)
    }

    /// The next page of its walk, unless its own poll is due or somebody waits for it.
    private func turn(_ due: DueFeed, _ settings: FeedPollSettings) throws -> Turn {
        let isWalking = state.withLock { $0.walking[due.feed] != nil && $0.waiting[due.feed] == nil }
        let now = time.now
        guard isWalking, let feed = try archive.feed(due.feed), feed.poll.nextPoll ?? .max > now else { return .poll }
        guard settings.feed.backfill, feed.poll.state == .active || feed.poll.state == .failing,
            let walk = try archive.backfill(of: due.feed), walk.retryAt ?? now <= now
        else { return .nothing(feed) }
        return .page(walk, feed)
    }

    private func read(_ walk: Backfill, of feed: Feed, _ due: DueFeed, _ settings: FeedPollSettings) async throws {
        let host = WebURL(walk.url)?.canonicalHost ?? ""
        // The walk may have turned to another host since the queue was told.
        if host != due.host, await queue.move(from: due.host, to: host) != nil {
            return try await finished(due, settings, heldHost: nil, host: "", next: feed.poll)
        }
        let step = BackfillStep(fetcher: fetcher, archive: archive, time: time, jitter: jitter())
        let result = try await step.run(walk, of: feed, settings: settings)
        if let report = result.report {
            if let pause = report.pause { await self.pause(pause.host, until: pause.until) }
            log(report)
            observePage(report)
        }
        let own = WebURL(feed.poll.url)?.limitedHost ?? ""
        let isAwaited = state.withLock { $0.waiting[due.feed] != nil }
        // What was abandoned is not begun again before the next start, and a poll that somebody waits for goes first.
        guard result.report != nil, !isAwaited, let after = try archive.feed(due.feed)?.poll else {
            if let pause = result.report?.pause, pause.host == own { answer(due.feed, .hostPaused(until: pause.until)) }
            state.withLock { $0.walking[due.feed] = nil }
            await queue.finished(due.feed, heldHost: result.heldHost, host: own, at: feed.poll.nextPoll)
            return endWaitForWalks()
        }
        try await finished(due, settings, heldHost: result.heldHost, host: own, next: after)
    }

    private func log(_ report: PageReport) {
        let feed: Logger.MetadataValue = "\(report.feed.configuredURL)"
        if let error = report.error {
            logger.warning(
                "older page not read",
                metadata: [
                    "feed": feed, "page": "\(report.url)", "code": "\(error.code)", "reason": "\(error.message)",
                ])
        } else {
            logger.debug(
                "older page read", metadata: ["feed": feed, "page": "\(report.url)", "new": "\(report.figures.new)"])
        }
    }

    /// Waits until no walk through older pages can go on now: for a program that ends with its polls.
    public func finishWalks() async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.waitingForWalks.append(continuation) }
            endWaitForWalks()
        }
    }

    private func endWaitForWalks() {
        let now = time.now
        let waiting = state.withLock { state in
            guard state.hasEnded || !state.walking.values.contains(where: { $0 <= now }) else {
                return [] as [CheckedContinuation<Void, Never>]
            }
            defer { state.waitingForWalks = [] }
            return state.waitingForWalks
        }
        for continuation in waiting { continuation.resume() }
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
                metadata: ["feed": "\(feed.configuredURL)", "code": "\(error.code)", "reason": "\(error.message)"])
        } else {
            logger.debug(
                "polled",
                metadata: [
                    "feed": "\(feed.configuredURL)", "outcome": "\(report.figures.outcome.rawValue)",
                    "new": "\(report.figures.new)", "revised": "\(report.figures.revised)",
                ])
        }
    }

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
        guard let (id, host) = try archive.configuredFeed(url: url),
            state.withLock({ $0.indexOfFeed[id] != nil })
        else { return .unknown }
        if let until = await queue.pausedHosts()[host] { return .hostPaused(until: until) }
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

    private func answer(_ id: FeedID, _ result: PollAnswer.Result) {
        let waiting = state.withLock { $0.waiting.removeValue(forKey: id) } ?? []
        for continuation in waiting { continuation.resume(returning: result) }
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
    var limits: HostLimits {
        HostLimits(concurrency: fetch.concurrency, perHost: fetch.perHost, hostDelay: fetch.hostDelay)
    }

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
