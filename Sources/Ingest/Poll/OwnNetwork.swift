import FeedFetch
import FeedModel
import PublicSuffix
import Synchronization

/// Whether our own network works, as the polls of this program find out; and the feeds that have failed since somebody
/// last answered, so that a failure which was not theirs can be taken back.
final class OwnNetwork: Sendable {
    struct Change: Sendable {
        var isOut: Bool
        /// Grows from change to change, for those who learn of them in another order.
        var generation: Int
        /// The polls that failed before it was clear why.
        var takenBack: [TakenBack] = []
    }

    /// A failed poll that says nothing of its feed.
    struct TakenBack: Sendable {
        var feed: FeedID
        var before: PollState
        var polled: Timestamp
    }

    struct Finding: Sendable {
        /// It was our own network: nothing is recorded of this poll.
        var isSpared = false
        var change: Change?
    }

    private struct State {
        var detector = OutageDetector()
        var failed: [FeedID: TakenBack] = [:]
        /// Since when it is out, as the archive has it.
        var noted: Timestamp?
        var generation = 0
        /// Feeds whose failures were not theirs, since it is out.
        var spared: Set<FeedID> = []
    }

    private let state = Mutex(State())

    var isOut: Bool { state.withLock { $0.detector.since != nil } }

    /// Since when our network is out, through restarts.
    var since: Timestamp? {
        state.withLock { state in state.detector.since.map { min($0, state.noted ?? $0) } }
    }

    var spared: Set<FeedID> { state.withLock { $0.spared } }

    /// What the archive remembers from an earlier run.
    func recall(since: Timestamp?) {
        state.withLock { state in if state.generation == 0 { state.noted = since } }
    }

    func clockWasSet(by change: Duration) {
        state.withLock { state in
            state.detector.clockWasSet(by: change)
            state.noted = state.noted.map { $0 + change }
            state.failed = state.failed.mapValues { failed in
                var moved = TakenBack(feed: failed.feed, before: failed.before, polled: failed.polled + change)
                moved.before.clockWasSet(by: change)
                return moved
            }
        }
    }

    /// A request to a host goes out.
    func asks(_ host: String) {
        let scope = PauseScope.of(host)
        state.withLock { $0.detector.asks(scope) }
    }

    /// What became of it.
    ///
    /// - Parameter host: as `asks` was told.
    func note(_ outcome: FetchOutcome, of feed: Feed, host: String, at now: Timestamp) -> Finding {
        let scope = PauseScope.of(host)
        let sign = OutageDetector.Sign(outcome)
        return state.withLock { state in
            var finding = Finding()
            let change = state.detector.note(scope, sign, failedBefore: feed.poll.failures > 0, at: now)
            switch sign {
            case .none: break
            case .reached:
                state.failed = [:]
                if change == .ended || state.noted != nil {
                    state.noted = nil
                    state.spared = []
                    state.generation += 1
                    finding.change = Change(isOut: false, generation: state.generation)
                }
            case .unreachable:
                finding.isSpared = state.detector.since != nil
                if finding.isSpared {
                    state.spared.insert(feed.id)
                } else {
                    state.failed[feed.id] =
                        state.failed[feed.id] ?? TakenBack(feed: feed.id, before: feed.poll, polled: now)
                    state.failed[feed.id]?.polled = now
                }
                if change == .began {
                    state.generation += 1
                    state.spared.formUnion(state.failed.keys)
                    finding.change = Change(
                        isOut: true, generation: state.generation, takenBack: Array(state.failed.values))
                    state.failed = [:]
                }
            }
            return finding
        }
    }
}
