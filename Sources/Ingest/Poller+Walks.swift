import Archive
import FeedModel
import Logging
import Synchronization

/// Walks back through feeds' older pages (RFC 5005). Each page is a turn of its feed in the queue, so that limits, delays
/// and pauses of hosts hold for it as for a poll.
extension Poller {
    /// The turn for a walk's next page, if it comes before the feed's own.
    static func page(
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

    /// The queue has entered the host of the page that would have been next, when a poll is wanted first.
    func enter(_ due: DueFeed) async throws -> DueFeed? {
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
    func finished(
        _ due: DueFeed, _ settings: FeedPollSettings, heldHost: String?, host: String, next: PollState?
    ) async throws {
        let walk = settings.feed.backfill ? try archive.backfill(of: due.feed) : nil
        var page: (host: String, at: Timestamp)?
        if let walk, let next, next.state == .active || next.state == .failing {
            let host = WebURL(walk.url)?.canonicalHost ?? ""
            let now = time.now
            let at = max(walk.retryAt ?? now, await queue.pausedUntil(host) ?? now, now)
            if next.due(at: now).map({ at < $0 }) ?? true { page = (host, at) }
        }
        state.withLock { [page] in $0.walking[due.feed] = page?.at }
        if let page {
            await queue.finished(
                due.feed, heldHost: heldHost, host: page.host, at: page.at, goesOn: page.at <= time.now)
        } else {
            await queue.finished(due.feed, heldHost: heldHost, host: host, at: next?.due(at: time.now))
        }
        endWaitForWalks()
    }

    /// What a feed's turn in the queue is for.
    enum Turn {
        case poll
        case page(Backfill, Feed)
        /// There was a page to read, which the configuration wants no more; the feed's own poll is not due.
        case nothing(Feed)
    }

    /// The next page of its walk, unless its own poll is due or somebody waits for it.
    func turn(_ due: DueFeed, _ settings: FeedPollSettings) throws -> Turn {
        let isWalking = state.withLock { $0.walking[due.feed] != nil && $0.waiting[due.feed] == nil }
        let now = time.now
        guard isWalking, let feed = try archive.feed(due.feed), feed.poll.due(at: now) ?? .max > now else {
            return .poll
        }
        // While our own network is out, what goes out is to find out whether it works again, by polls alone.
        if network.isOut {
            let mayPoll = (feed.poll.lastPoll.map { $0 + settings.rules.minInterval } ?? now) <= now
            return mayPoll ? .poll : .nothing(feed)
        }
        guard settings.feed.backfill, feed.poll.state == .active || feed.poll.state == .failing,
            let walk = try archive.backfill(of: due.feed), walk.retryAt ?? now <= now
        else { return .nothing(feed) }
        return .page(walk, feed)
    }

    func read(_ walk: Backfill, of feed: Feed, _ due: DueFeed, _ settings: FeedPollSettings) async throws {
        let host = WebURL(walk.url)?.canonicalHost ?? ""
        // The walk may have turned to another host since the queue was told.
        if host != due.host, await queue.move(from: due.host, to: host) != nil {
            let own = WebURL(feed.poll.url)?.limitedHost ?? ""
            return try await finished(due, settings, heldHost: nil, host: own, next: feed.poll)
        }
        let step = BackfillStep(fetcher: fetcher, archive: archive, time: time, room: room, jitter: jitter())
        let result = try await step.run(walk, of: feed, settings: settings)
        if let report = result.report {
            if let conduct = report.conduct { await apply(conduct.now, to: conduct.scope, at: time.now) }
            log(report)
            observePage(report)
        }
        let own = WebURL(feed.poll.url)?.limitedHost ?? ""
        let isAwaited = state.withLock { $0.waiting[due.feed] != nil }
        // What was abandoned is not begun again before the next start, and a poll that somebody waits for goes first.
        guard result.report != nil, !isAwaited, let after = try archive.feed(due.feed)?.poll else {
            if let until = await queue.pausedUntil(own) { answer(due.feed, .hostPaused(until: until)) }
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

    func endWaitForWalks() {
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
}
