import Glibc

/// Where "now" comes from. Handed to everything that decides or waits, so that tests can hold time.
public protocol TimeSource: Sendable {
    var now: Timestamp { get }

    /// Returns once `now` is at or after the deadline, or throws `CancellationError`.
    func sleep(until deadline: Timestamp) async throws
}

/// The system's wall clock.
///
/// A long sleep is cut into pieces of at most a minute, each measured by the monotonic clock, so that a
/// wall clock that was set forward is noticed within that time.
public struct SystemTime: TimeSource {
    public init() {}

    public var now: Timestamp {
        let sinceEpoch = SystemTime.sinceEpoch()
        return Timestamp(milliseconds: sinceEpoch.milliseconds)
    }

    public func sleep(until deadline: Timestamp) async throws {
        while true {
            let left = deadline - now
            guard left > .zero else { return }
            try await Task.sleep(for: min(left, .seconds(60)))
        }
    }

    private static func sinceEpoch() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }
}
