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
    let room: ReadingRoom
    /// 0 to 1, drawn anew at each call.
    let jitter: @Sendable () -> Double

    struct Result: Sendable {
        /// `nil` for a poll that was abandoned or spared, or of a feed that is not there any more: nothing was written.
        var report: PollReport?
        /// It failed because our own network is out: the feed is as it was.
        var spared: (feed: Feed, error: PollError)?
        /// The archive could not be read, or not be written until the program ended: the feed was asked in vain.
        var unrecorded: ArchiveError?
        /// What it told of our own network.
        var change: OwnNetwork.Change?
        /// The host that the poll still holds in the queue.
        var heldHost: String?
    }

    func run(_ due: DueFeed, settings: FeedPollSettings) async throws -> Result {
        let begun = time.now
        let feed: Feed
        do {
            guard let known = try archive.feed(due.feed) else { return Result(heldHost: due.host) }
            if let end = StorageAllowance.end(of: known.poll.stored, at: begun) {
                return try await refuse(known, until: end, at: begun, settings, due)
            }
            feed = known
        } catch let error as ArchiveError where error.isPassing && archive.waitsOut {
            return Result(unrecorded: error, heldHost: due.host)
        }
        let isRemote = WebURL(feed.poll.url)?.isHTTP ?? true
        if isRemote { network.asks(due.host) }
        let outcome = await fetcher.fetch(settings.request(for: feed, at: time.now))
        let now = time.now
        // A file says nothing of the network.
        let finding = isRemote ? network.note(outcome, of: feed, host: due.host, at: now) : OwnNetwork.Finding()
        if finding.isSpared { return spared(feed, outcome, finding.change) }
        do {
            return try await record(outcome, of: feed, finding, begun: begun, at: now, settings, isRemote: isRemote)
        } catch let error as ArchiveError where error.isPassing && archive.waitsOut {
            return Result(unrecorded: error, change: finding.change, heldHost: outcome.heldHost)
        }
    }

    private func record(
        _ outcome: FetchOutcome, of feed: Feed, _ finding: OwnNetwork.Finding, begun: Timestamp, at now: Timestamp,
        _ settings: FeedPollSettings, isRemote: Bool
    ) async throws -> Result {
        let attempt = PollAttempt(
            feed: feed, outcome: outcome, rules: settings.rules, now: now, jitter: jitter(),
            backfills: settings.feed.backfill)
        let record: PollRecord
        // Kept until all is written.
        var seat: ReadingRoom.Seat?
        switch PollVerdict.judge(outcome, at: now) {
        case .abandoned:
            return Result(change: finding.change, heldHost: outcome.heldHost)
        case .notModified(let response):
            record = attempt.unchanged(response)
        case .document(let response):
            seat = await room.seat(for: response.body.count, of: feed, archive.marks)
            guard let seat else { return Result(change: finding.change, heldHost: outcome.heldHost) }
            record = try await seat.run { [keepsRaw = settings.keepsRaw] in
                try read(response, attempt, keepsRaw: keepsRaw)
            }
        case .gone(let error):
            record = attempt.gone(error)
        case .failure(let error, let retryAfter, let pausesHost):
            record = attempt.failure(error, retryAfter: retryAfter, pausesHost: pausesHost)
        }
        var report = try await archive.write { [seat] transaction in
            guard let seat, record.document != nil else { return try record.commit(in: transaction) }
            return try seat.marked { try record.commit(in: transaction) }
        }
        report.lateness = feed.poll.nextPoll.flatMap { begun >= $0 ? begun - $0 : nil }
        report.duration = max(time.now - begun, .zero)
        // Others may have found out only while this was being written.
        if isRemote, record.figures.outcome == .failed, OutageDetector.Sign(outcome) == .unreachable, network.isOut,
            try await archive.write({ try $0.takeBack(feed.poll, of: feed.id, polled: now) })
        {
            return spared(feed, outcome, finding.change)
        }
        // Until here the document counts against the memory that transfers may take.
        return withExtendedLifetime((outcome, seat)) { [report] in
            Result(report: report, change: finding.change, heldHost: outcome.heldHost)
        }
    }

    /// On the reading room's thread.
    private func read(_ response: FeedResponse, _ attempt: PollAttempt, keepsRaw: Bool) throws -> PollRecord {
        let (feed, now) = (attempt.feed, attempt.now)
        var attempt = attempt
        let kept = try keepsRaw ? KeptDocument(response, of: feed, in: archive, at: now) : nil
        attempt.isNewRecord = kept?.isNews ?? false
        var record = attempt.read(response, kept: kept)
        if record.document != nil {
            record.document?.pack(
                known: try archive.currentFingerprints(of: feed.id), posting: feed.poll.posting, at: now)
        }
        return record
    }

    /// A feed that has filled its share of the day is not asked.
    private func refuse(
        _ feed: Feed, until end: Timestamp, at now: Timestamp, _ settings: FeedPollSettings, _ due: DueFeed
    ) async throws -> Result {
        let error = PollError(
            code: "too-much",
            message:
                "it has put \((feed.poll.stored?.bytes ?? 0) >> 20) MiB into the archive within a day, more than the "
                + "\(StorageAllowance.mostADay >> 20) MiB that a feed may; it is not asked before \(end.rfc3339Seconds)"
        )
        let failure = FetchFailure(code: .tooLarge, message: error.message, heldHost: due.host)
        let attempt = PollAttempt(
            feed: feed, outcome: .failure(failure), rules: settings.rules, now: now, jitter: jitter())
        let record = attempt.failure(error, retryAfter: end - now, pausesHost: false)
        let report = try await archive.write { try record.commit(in: $0) }
        return Result(report: report, heldHost: due.host)
    }

    private func spared(_ feed: Feed, _ outcome: FetchOutcome, _ change: OwnNetwork.Change?) -> Result {
        var error = PollError(code: "connect", message: "")
        if case .failure(let failure) = outcome {
            error = PollError(code: failure.code.rawValue, message: failure.message)
        }
        return Result(spared: (feed, error), change: change, heldHost: outcome.heldHost)
    }
}
