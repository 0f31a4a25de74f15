import Synchronization
import Testing

@testable import FeedModel

@Suite struct SteadyTimeTests {
    /// Two clocks in the test's hand.
    final class Clocks: Sendable {
        private let state = Mutex((wall: Duration.seconds(1_795_000_000), boot: Duration.seconds(500)))

        var time: SteadyTime {
            SteadyTime(wall: { self.state.withLock(\.wall) }, boot: { self.state.withLock(\.boot) })
        }

        func pass(_ duration: Duration) {
            state.withLock { ($0.wall, $0.boot) = ($0.wall + duration, $0.boot + duration) }
        }

        func set(by change: Duration) { state.withLock { $0.wall += change } }
    }

    let start = Timestamp(seconds: 1_795_000_000)

    @Test(arguments: [Duration.days(2), .days(-3), .seconds(4), .days(4100), .days(-3650)])
    func aClockThatIsSetIsTakenOverWhenItIsAdopted(change: Duration) {
        let clocks = Clocks()
        let time = clocks.time
        clocks.pass(.seconds(10))
        clocks.set(by: change)
        clocks.pass(.seconds(1))
        #expect(time.now == start + .seconds(11) && time.parted == change && !time.isInDoubt)
        time.adopt(change)
        #expect(time.now == start + .seconds(11) + change && time.parted == nil)
        #expect(time.lastChange == ClockChange(at: time.now, change: change))
        #expect(time.isInDoubt == (change != .seconds(4)))
        clocks.pass(.days(1))
        #expect(time.now == start + .seconds(11) + change + .days(1) && !time.isInDoubt)
    }

    @Test func aFewSecondsAreFollowedAtOnce() {
        let clocks = Clocks()
        let time = clocks.time
        clocks.set(by: .seconds(-2))
        #expect(time.now == start - .seconds(2) && time.parted == nil)
        // Beyond what has been adopted.
        clocks.set(by: .seconds(-2))
        #expect(time.now == start && time.parted == .seconds(-4))
    }

    @Test func aSmallChangeAfterALargeOneEndsNoDoubt() {
        let clocks = Clocks()
        let time = clocks.time
        for change in [Duration.days(2), .seconds(-10)] {
            clocks.set(by: change)
            time.adopt(change)
            clocks.pass(.hours(20))
        }
        #expect(time.lastChange?.change == .days(2) && !time.isInDoubt)
        clocks.set(by: .seconds(10))
        time.adopt(.seconds(10))
        #expect(time.lastChange == ClockChange(at: time.now, change: .seconds(10)))
    }

    /// A machine that was suspended: both clocks have gone on.
    @Test func aMachineThatWasSuspendedIsNoClockThatWasSet() {
        let clocks = Clocks()
        let time = clocks.time
        clocks.pass(.hours(8))
        #expect(time.now == start + .hours(8) && time.parted == nil)
    }

    @Test func aSleepLastsAsLongAsItWas() async throws {
        let time = SteadyTime()
        let begun = ContinuousClock.now
        try await time.sleep(until: time.now + .milliseconds(20))
        #expect(ContinuousClock.now - begun >= .milliseconds(15))
        try await time.sleep(until: time.now - .days(3))
    }
}
