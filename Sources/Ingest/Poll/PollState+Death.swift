import FeedModel

/// What follows when the program has died while it worked at a feed's document: it may be no fault of the feed's, since
/// somebody may have killed the program, and it may be the document that kills the next one too.
///
/// So the poll counts as one that failed: the feed waits by backoff, other feeds go first, and its next document is read
/// while no other of its kind is, so that the next death, if there is one, is blamed on it alone. The first poll that
/// succeeds ends it all.
extension PollState {
    var hasDied: Bool { lastError?.code == PollError.crashed }

    /// - Parameter jitter: 0 to 1, drawn again for each feed.
    mutating func noteDeath(at now: Timestamp, schedule: ScheduleSettings, jitter: Double) {
        guard state == .active || state == .failing || state == .dead else { return }
        failures += 1
        failingSince = failingSince ?? now
        lastError = PollError(
            code: PollError.crashed,
            message:
                "ingestd ended while it worked at this feed's document; it is asked again after a while, and read alone"
        )
        if state == .active { state = .failing }
        apply(
            NextPoll.afterFailure(
                at: now, failures: failures, retryAfter: nil, isDead: state == .dead,
                rules: ScheduleRules(schedule), jitter: jitter))
    }
}
