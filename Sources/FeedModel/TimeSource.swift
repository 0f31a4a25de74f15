import Glibc

/// Where "now" comes from. Handed to everything that decides or waits, so that tests can hold time.
public protocol TimeSource: Sendable {
    var now: Timestamp { get }

    /// When `now` was set of late, and did not merely go on: the largest change of the last day, or the last one.
    var lastChange: ClockChange? { get }

    /// Returns once as much time has passed as lies between `now` and the deadline, however the clock is set meanwhile,
    /// or throws `CancellationError`.
    func sleep(until deadline: Timestamp) async throws
}

/// A clock was set.
public struct ClockChange: Hashable, Sendable {
    /// By the clock as it is since.
    public var at: Timestamp
    /// Forward; or back, if it is negative.
    public var change: Duration

    public init(at: Timestamp, change: Duration) {
        self.at = at
        self.change = change
    }

    public func isRecent(at now: Timestamp) -> Bool { now - at < .days(1) }

    /// Ages may be wrong by it: the clock may have been set wrong, and be set right again.
    var isLarge: Bool { !(.hours(-1)...(.hours(1))).contains(change) }
}

extension TimeSource {
    public var lastChange: ClockChange? { nil }

    /// The clock has been set of late: nothing is to be removed for its age.
    public var isInDoubt: Bool { lastChange.map { $0.isLarge && $0.isRecent(at: now) } ?? false }
}

/// The system's wall clock, for programs that end soon. What runs on has `SteadyTime`.
public struct SystemTime: TimeSource {
    public init() {}

    public var now: Timestamp { Timestamp(milliseconds: SystemClock.wall.milliseconds) }

    public func sleep(until deadline: Timestamp) async throws { try await SystemClock.sleep(for: deadline - now) }
}

/// The system's clocks.
enum SystemClock {
    /// Since 1970; anybody may set it.
    static var wall: Duration { read(CLOCK_REALTIME) }
    /// Since the machine was started: nobody sets it, and it goes on while the machine is suspended.
    static var boot: Duration { read(CLOCK_BOOTTIME) }

    /// In pieces of at most a minute, so that a machine that was suspended notices within that time what has become due.
    static func sleep(for duration: Duration) async throws {
        let end = boot + min(duration, .days(36_500))
        while true {
            let left = end - boot
            guard left > .zero else { return }
            try await Task.sleep(for: min(left, .seconds(60)))
        }
    }

    private static func read(_ clock: clockid_t) -> Duration {
        var time = timespec()
        clock_gettime(clock, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }
}
