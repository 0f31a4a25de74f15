import Archive
import FeedFetch
import FeedModel

/// One poll of one feed, told on one page:
///
/// ```
/// due → fetch → judge → read → digest → reconcile → record → reschedule
///         │                                │__________________│
///     publisher                         one transaction, durable
///                                       before the poll has ended
/// ```
///
/// Whatever a publisher does is a value that ends in the feed's state. What is thrown says that the
/// archive or the program is broken.
struct FeedPoll: Sendable {
    let fetcher: FeedFetcher
    let archive: Archive
    let time: any TimeSource
    let network: OwnNetwork
    /// 0 to 1, drawn anew at each call.
    let jitter: @Sendable () -> Double

    struct Result: Sendable {
        /// `nil` for a poll that was abandoned or spared, or of a feed that is not there any more: nothing was written.
        var report: PollReport?
        /// It failed because our own network is out: the feed is as it was.
        var spared: (feed: Feed, error: PollError)?
        /// What it told of our own network.
        var change: OwnNetwork.Change?
        /// The host that the poll still holds in the queue.
        var heldHost: String?
    }

    func run(_ due: DueFeed, settings: FeedPollSettings) async throws -> Result {
        guard let feed = try archive.feed(due.feed) else { return Result(heldHost: due.host) }
        let isRemote = WebURL(feed.poll.url)?.isHTTP ?? true
        if isRemote { network.asks(due.host) }
        let begun = time.now
        let outcome = await fetcher.fetch(settings.request(for: feed, at: time.now))
        let now = time.now
        // A file says nothing of the network.
        let finding = isRemote ? network.note(outcome, of: feed, host: due.host, at: now) : OwnNetwork.Finding()
        if finding.isSpared { return spared(feed, outcome, finding.change) }
        var attempt = PollAttempt(
            feed: feed, outcome: outcome, rules: settings.rules, now: now, jitter: jitter(),
            backfills: settings.feed.backfill)
        var record: PollRecord
        switch PollVerdict.judge(outcome, at: now) {
        case .abandoned:
            return Result(change: finding.change, heldHost: outcome.heldHost)
        case .notModified(let response):
            record = attempt.unchanged(response)
        case .document(let response):
            let kept = try settings.keepsRaw ? KeptDocument(response, of: feed, in: archive, at: now) : nil
            attempt.isNewRecord = kept?.isNews ?? false
            record = attempt.read(response, kept: kept)
            if record.document != nil {
                record.document?.pack(
                    known: try archive.currentFingerprints(of: feed.id), posting: feed.poll.posting, at: now)
            }
        case .gone(let error):
            record = attempt.gone(error)
        case .failure(let error, let retryAfter, let pausesHost):
            record = attempt.failure(error, retryAfter: retryAfter, pausesHost: pausesHost)
        }
        let written = record
        var report = try await archive.write { try written.commit(in: $0) }
        report.lateness = feed.poll.nextPoll.flatMap { begun >= $0 ? begun - $0 : nil }
        report.duration = max(time.now - begun, .zero)
        // Others may have found out only while this was being written.
        if isRemote, record.figures.outcome == .failed, OutageDetector.Sign(outcome) == .unreachable, network.isOut,
            try await archive.write({ try $0.takeBack(feed.poll, of: feed.id, polled: now) })
        {
            return spared(feed, outcome, finding.change)
        }
        // Until here the document counts against the memory that transfers may take.
        return withExtendedLifetime(outcome) { [report] in
            Result(report: report, change: finding.change, heldHost: outcome.heldHost)
        }
    }

    private func spared(_ feed: Feed, _ outcome: FetchOutcome, _ change: OwnNetwork.Change?) -> Result {
        var error = PollError(code: "connect", message: "")
        if case .failure(let failure) = outcome {
            error = PollError(code: failure.code.rawValue, message: failure.message)
        }
        return Result(spared: (feed, error), change: change, heldHost: outcome.heldHost)
    }
}
