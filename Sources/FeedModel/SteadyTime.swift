import Synchronization

/// The wall clock of a program that waits: when it is set, `now` goes on as before until the program takes that over by
/// `adopt`, so that all that waits can be told in the same moment.
///
/// How far the wall clock has been set is how far it has parted from the clock that nobody sets. A few seconds are
/// followed at once: they change no wait that matters.
public final class SteadyTime: TimeSource {
    private struct State {
        /// What the wall clock is ahead of the other one.
        var offset: Duration
        var lastChange: ClockChange?
    }

    private let wall: @Sendable () -> Duration
    private let boot: @Sendable () -> Duration
    private let state: Mutex<State>

    /// What is no change of the clock.
    static let tolerance: Duration = .seconds(3)
    /// Two clocks are read at one instant, or the reading does not count: the program may be held up in between.
    private static let instant: Duration = .milliseconds(100)

    public convenience init() {
        self.init(wall: { SystemClock.wall }, boot: { SystemClock.boot })
    }

    init(wall: @escaping @Sendable () -> Duration, boot: @escaping @Sendable () -> Duration) {
        self.wall = wall
        self.boot = boot
        state = Mutex(State(offset: wall() - boot()))
    }

    public var now: Timestamp {
        let (wall, boot) = (wall(), boot())
        let steady = boot + state.withLock(\.offset)
        let isFollowed = abs(wall - steady) <= SteadyTime.tolerance
        return Timestamp(milliseconds: (isFollowed ? wall : steady).milliseconds)
    }

    public var lastChange: ClockChange? { state.withLock(\.lastChange) }

    /// How far the wall clock has been set since it was last adopted, if it has.
    public var parted: Duration? {
        let before = boot()
        let offset = wall() - before
        guard boot() - before < SteadyTime.instant else { return nil }
        let change = offset - state.withLock(\.offset)
        return abs(change) > SteadyTime.tolerance ? change : nil
    }

    /// From now on `now` is the wall clock's again, which has been set so far.
    public func adopt(_ change: Duration) {
        state.withLock { state in
            state.offset += change
            let now = Timestamp(milliseconds: (boot() + state.offset).milliseconds)
            if var last = state.lastChange, last.isRecent(at: now - change), abs(last.change) > abs(change) {
                last.at = last.at + change
                state.lastChange = last
            } else {
                state.lastChange = ClockChange(at: now, change: change)
            }
        }
    }

    public func sleep(until deadline: Timestamp) async throws { try await SystemClock.sleep(for: deadline - now) }
}

private func abs(_ duration: Duration) -> Duration { duration < .zero ? .zero - duration : duration }
