import Synchronization

/// How often a time fell below each of some bounds, counted since the start by any number of threads.
public final class Histogram: Sendable {
    /// What has been counted up to a moment.
    public struct Counts: Hashable, Sendable {
        /// In seconds, ascending.
        public var bounds: [Double]
        /// By bound, those below an earlier bound not included; the last are those above all bounds.
        public var counts: [Int]
        /// Of all, in seconds.
        public var sum: Double
    }

    private struct State {
        var counts: [Int]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    /// - Parameter bounds: in seconds, ascending.
    public init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: [Int](repeating: 0, count: bounds.count + 1)))
    }

    public func note(_ duration: Duration) {
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        let index = bounds.firstIndex { seconds <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[index] += 1
            state.sum += seconds
        }
    }

    public var counts: Counts {
        state.withLock { Counts(bounds: bounds, counts: $0.counts, sum: $0.sum) }
    }
}
