public import FeedModel
import Synchronization

/// What has been written since the archive was opened, counted where it is written.
public final class ArchiveMetrics: Sendable {
    public struct Sums: Hashable, Sendable {
        public var changed = 0
        public var notModified = 0
        public var failed = 0
        /// On the wire, pushed documents and older pages included.
        public var bytes = 0
        public var new = 0
        public var revised = 0
        public var duplicates = 0
    }

    private struct State {
        var sums = Sums()
        /// With what the open transaction adds.
        var next = Sums()
    }

    private let state = Mutex(State())
    /// Bytes of texts, entries and documents that transactions have added; those that were rolled back count too.
    let stored = Atomic(0)
    /// Of transactions, from their begin until they are durable.
    public let commits = Histogram(bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10])

    public var sums: Sums { state.withLock(\.sums) }

    /// Counts when the transaction has been committed.
    ///
    /// - Parameter polls: 0 for what came otherwise.
    func note(_ poll: PollFigures, polls: Int) {
        state.withLock { state in
            switch poll.outcome {
            case .changed: state.next.changed += polls
            case .notModified: state.next.notModified += polls
            case .failed: state.next.failed += polls
            }
            state.next.bytes += poll.bytes
            state.next.new += poll.new
            state.next.revised += poll.revised
            state.next.duplicates += poll.duplicates
        }
    }

    func commit() { state.withLock { $0.sums = $0.next } }

    func rollBack() { state.withLock { $0.next = $0.sums } }
}
