import Testing

@testable import FeedFetch

@Suite struct BodyBudgetTests {
    private let leased = LeasedBytes {}
    private let start = ContinuousClock.now

    /// Shares of 100 for each of 5 transfers, and a pool of 500.
    private func budget() -> BodyBudget { BodyBudget(limit: 1000, concurrency: 5, leased: leased) }

    private func after(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test func whatIsSmallWaitsForNobody() {
        let budget = budget()
        budget.update(1, held: 400, received: 9, at: start)
        budget.update(2, held: 400, received: 9, at: start)
        for id: UInt64 in 3...5 {
            #expect(budget.admits(id, at: start))
            budget.update(id, held: 99, received: 99, at: start)
            #expect(budget.admits(id, at: start))
        }
        #expect(!budget.isAwaited)
        #expect(budget.held == 1097)
    }

    @Test func bodiesThatWaitForTheirReadersCountUnlessTheyAreSmall() {
        let budget = budget()
        budget.update(1, held: 100, received: 0, at: start)
        let small = budget.lease(99)
        #expect(leased.count == 0)
        let large = budget.lease(400)
        #expect(leased.count == 400)
        #expect(budget.admits(1, at: start))
        budget.update(2, held: 100, received: 0, at: start)
        #expect(!budget.admits(2, at: start))
        withExtendedLifetime((small, large)) {}
    }

    @Test func oneAlwaysGoesOn() {
        let budget = budget()
        for id: UInt64 in 1...3 { budget.update(id, held: 300, received: 0, at: start) }
        #expect(budget.admits(1, at: start))
        #expect(!budget.admits(2, at: start))
        #expect(budget.admits(1, at: start))
        #expect(!budget.admits(3, at: start))
        #expect(budget.resumable(at: start) == nil)
        budget.release(1)
        // The pool of 500 is not free yet for two that hold 300 each.
        #expect(budget.resumable(at: start) == 2)
        #expect(budget.admits(2, at: start))
        #expect(budget.resumable(at: start) == nil)
        budget.release(2)
        #expect(budget.resumable(at: start) == 3)
        #expect(budget.resumable(at: start) == nil && !budget.isAwaited)
    }

    @Test func whoHoldsLeastGoesOnFirst() {
        let budget = budget()
        for (id, held) in [(1, 500), (2, 400), (3, 120), (4, 300)] as [(UInt64, Int)] {
            budget.update(id, held: held, received: 0, at: start)
            _ = budget.admits(id, at: start)
        }
        budget.release(1)
        #expect(budget.resumable(at: start) == 3)
    }

    @Test func whoStandsStillWhileOthersWaitIsFoundOut() {
        let budget = budget()
        budget.update(1, held: 300, received: 0, at: start)
        budget.update(2, held: 300, received: 0, at: start)
        #expect(budget.admits(1, at: start))
        // Nobody waits: however long it takes.
        #expect(budget.stalled(at: after(100)).isEmpty)
        #expect(!budget.admits(2, at: after(100)))
        #expect(budget.stalled(at: after(100.9)).isEmpty)
        // The one that waits is not to blame.
        #expect(budget.stalled(at: after(101)) == [1])
        budget.release(1)
        #expect(budget.resumable(at: after(101)) == 2)
        #expect(budget.stalled(at: after(200)).isEmpty)
    }

    @Test func whoIsPausedHasItsTimeWhenItGoesOn() {
        let budget = budget()
        for id: UInt64 in 1...3 { budget.update(id, held: 300, received: 0, at: start) }
        for id: UInt64 in 1...3 { #expect(budget.admits(id, at: start) == (id == 1)) }
        budget.release(1)
        #expect(budget.resumable(at: after(30)) == 2)
        #expect(budget.stalled(at: after(30.9)).isEmpty)
        #expect(budget.stalled(at: after(31)) == [2])
    }

    @Test func whatComesSlowlyButComesIsLeftAlone() {
        let budget = budget()
        for id: UInt64 in 1...2 { budget.update(id, held: 300, received: 0, at: start) }
        _ = budget.admits(1, at: start)
        #expect(!budget.admits(2, at: start))
        for tenth in 1...50 {
            budget.update(1, held: 300, received: BodyBudget.leastProgress / 8, at: after(Double(tenth) / 10))
            #expect(budget.stalled(at: after(Double(tenth) / 10)).isEmpty)
        }
        // A trickle is as good as nothing.
        for tenth in 51...70 { budget.update(1, held: 300, received: 1, at: after(Double(tenth) / 10)) }
        #expect(budget.stalled(at: after(7)) == [1])
    }

    /// With more transfers than memory for shares, shares are smaller.
    @Test func allSharesTogetherAreHalfOfTheMemory() {
        for concurrency in [1, 7, 64, 256, 5000] {
            let budget = BodyBudget(limit: 128 << 20, concurrency: concurrency, leased: leased)
            #expect(budget.share * concurrency <= 64 << 20)
            #expect(budget.share == 256 << 10 || concurrency > 256)
        }
    }
}
