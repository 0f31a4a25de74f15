import Synchronization
import Testing

@testable import FeedFetch

@Suite struct BodyLeaseTests {
    final class Wakeups: Sendable {
        private let value = Mutex(0)
        var count: Int { value.withLock { $0 } }
        func add() { value.withLock { $0 += 1 } }
    }

    @Test func aBodyCountsUntilItsReaderIsDone() {
        let wakeups = Wakeups()
        let leased = LeasedBytes { wakeups.add() }
        var first: BodyLease? = BodyLease(100, of: leased)
        let second = BodyLease(11, of: leased)
        #expect(leased.count == 111 && first != nil)
        first = nil
        #expect(leased.count == 11)
        withExtendedLifetime(second) {}
    }

    @Test func theLoopIsWokenOnlyWhenItWaits() {
        let wakeups = Wakeups()
        let leased = LeasedBytes { wakeups.add() }
        do { _ = BodyLease(1, of: leased) }
        #expect(wakeups.count == 0)
        leased.awaitRelease()
        do { _ = BodyLease(1, of: leased) }
        do { _ = BodyLease(1, of: leased) }
        #expect(wakeups.count == 1)
    }
}
