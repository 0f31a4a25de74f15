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

    private let all = Mutex(Sums())
    /// Of transactions, from their begin until they are durable.
    public let commits = Histogram(bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10])

    public var sums: Sums { all.withLock { $0 } }

    /// - Parameter polls: 0 for what came otherwise.
    func note(_ poll: PollFigures, polls: Int) {
        all.withLock { sums in
            switch poll.outcome {
            case .changed: sums.changed += polls
            case .notModified: sums.notModified += polls
            case .failed: sums.failed += polls
            }
            sums.bytes += poll.bytes
            sums.new += poll.new
            sums.revised += poll.revised
            sums.duplicates += poll.duplicates
        }
    }
}
