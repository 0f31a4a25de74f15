import FeedModel
import Synchronization
import TestSupport
import Testing

@testable import Ingest

@Suite struct PollQueueTests {
    let time = ManualTime()

    func queue(
        concurrency: Int = 10, perHost: Int = 10, hostDelay: Duration = .zero, endsWhenIdle: Bool = false
    ) -> PollQueue {
        PollQueue(
            limits: HostLimits(concurrency: concurrency, perHost: perHost, hostDelay: hostDelay), time: time,
            endsWhenIdle: endsWhenIdle)
    }

    func feed(_ number: Int64) -> FeedID { FeedID(rawValue: number) }

    /// Takes from the queue until it closes; what it has taken so far can be read.
    final class Taker: Sendable {
        private let taken = Mutex<[FeedID]>([])
        var feeds: [Int64] { taken.withLock { $0.map(\.rawValue) } }

        func start(_ queue: PollQueue) {
            Task {
                while let due = await queue.next() { taken.withLock { $0.append(due.feed) } }
                taken.withLock { $0.append(FeedID(rawValue: -1)) }
            }
        }
    }

    /// Lets tasks run until something holds; what is expected then fails if it never does.
    func until(_ condition: () -> Bool) async {
        _ = try? await comesTrue(every: .milliseconds(1)) { condition() }
        #expect(condition())
    }

    @Test func feedsComeInTheOrderOfTheirTimes() async {
        let queue = queue()
        let now = time.now
        await queue.schedule([
            (feed(1), "a", now + .seconds(20)), (feed(2), "b", now), (feed(3), "c", now + .seconds(10)),
        ])
        let taker = Taker()
        taker.start(queue)
        await until { taker.feeds == [2] }
        await until { time.deadlines == [now + .seconds(10)] }
        time.advance(by: .seconds(10))
        await until { taker.feeds == [2, 3] }
        await until { time.deadlines == [now + .seconds(20)] }
        time.advance(by: .seconds(15))
        await until { taker.feeds == [2, 3, 1] }
    }

    @Test("a clock that is set changes no wait", arguments: [Duration.days(-3), .days(2), .days(4100)])
    func aClockThatIsSetChangesNoWait(change: Duration) async {
        let queue = queue(hostDelay: .seconds(40))
        let now = time.now
        await queue.schedule([
            (feed(1), "a", now), (feed(2), "a", now), (feed(3), "b", now + .seconds(20)), (feed(4), "c", now),
        ])
        await queue.pause(scope: "c", until: now + .seconds(60))
        let taker = Taker()
        taker.start(queue)
        await until { taker.feeds == [1] }
        await until { time.deadlines == [now + .seconds(20)] }
        await queue.clockWasSet(by: change) { time.set(by: change) }
        #expect(await queue.pausedUntil("c") == time.now + .seconds(60))
        for (wait, expected) in [(19, [1]), (1, [1, 3]), (20, [1, 3, 2]), (20, [1, 3, 2, 4])] as [(Int64, [Int64])] {
            await until { !time.deadlines.isEmpty }
            time.advance(by: .seconds(wait))
            await until { taker.feeds == expected }
        }
    }

    @Test("a clock that is set changes no pause of an operator")
    func aClockThatIsSetChangesNoPause() async {
        let queue = queue()
        let now = time.now
        let pause = OperatorPause(.host("a"), since: now, until: now + .hours(1))
        _ = await queue.set(OperatorPauses([pause]))
        for change in [Duration.days(2), .days(-9)] {
            await queue.clockWasSet(by: change) { time.set(by: change) }
            #expect(await queue.operatorPause(feed(1), host: "a")?.until == time.now + .hours(1))
        }
    }

    @Test("18: starts to one host are host_delay apart") func aHostsStartsKeepTheirDelay() async {
        let queue = queue(hostDelay: .seconds(1))
        await queue.schedule((1...3).map { (feed($0), "a", time.now) } + [(feed(9), "b", time.now)])
        let taker = Taker()
        taker.start(queue)
        await until { taker.feeds.count == 2 && taker.feeds.contains(9) }
        await until { !time.deadlines.isEmpty }
        time.advance(by: .milliseconds(999))
        await until { !time.deadlines.isEmpty }
        #expect(taker.feeds.count == 2)
        time.advance(by: .milliseconds(1))
        await until { taker.feeds.count == 3 }
    }

    @Test("18: a host has per_host transfers at most") func aHostHasOnlyAsManyTransfersAsItMay() async {
        let queue = queue(perHost: 2)
        await queue.schedule((1...5).map { (feed($0), "a", time.now) })
        let taker = Taker()
        taker.start(queue)
        await until { taker.feeds.count == 2 }
        await queue.finished(feed(taker.feeds[0]), heldHost: "a", host: "a", at: nil)
        await until { taker.feeds.count == 3 }
    }

    @Test func noMorePollsThanMayBeAreInFlight() async {
        let queue = queue(concurrency: 2)
        await queue.schedule((1...5).map { (feed($0), "host\($0)", time.now) })
        let taker = Taker()
        taker.start(queue)
        await until { taker.feeds.count == 2 }
        #expect(await queue.feedsInFlight == 2)
        await queue.finished(feed(taker.feeds[0]), heldHost: nil, host: "x", at: nil)
        await until { taker.feeds.count == 3 }
    }

    @Test func aRedirectStartsAlsoWhileAllPollsAreInFlight() async {
        let queue = queue(concurrency: 2, perHost: 1)
        await queue.schedule(
            [(feed(1), "a", time.now), (feed(2), "b", time.now)] + (3...200).map { (feed($0), "c\($0)", time.now) })
        let taker = Taker()
        taker.start(queue)
        await until { taker.feeds.count == 2 }
        // 'a' is left for 'b', which is held by the other poll until that has ended.
        async let moved = queue.move(from: "a", to: "b")
        await queue.finished(feed(2), heldHost: "b", host: "b", at: nil)
        #expect(await moved == nil)
    }

    @Test func aPauseKeepsAllFeedsOfItsHost() async {
        let queue = queue(perHost: 1)
        let now = time.now
        await queue.schedule([(feed(1), "a", now), (feed(2), "a", now), (feed(3), "b", now)])
        let taker = Taker()
        taker.start(queue)
        await until { Set(taker.feeds) == [1, 3] || Set(taker.feeds) == [2, 3] }
        await queue.pause(scope: "a", until: now + .seconds(60))
        let first = taker.feeds.first { $0 != 3 } ?? 0
        await queue.finished(feed(first), heldHost: "a", host: "a", at: now + .seconds(90))
        #expect(await queue.pollNow(feed(2), host: "a") == now + .seconds(60))
        #expect(await queue.move(from: "b", to: "a") == now + .seconds(60))
        #expect(taker.feeds.count == 2)
        await until { time.deadlines == [now + .seconds(60)] }
        time.advance(by: .seconds(60))
        await until { taker.feeds.count == 3 }
    }

    @Test func aPauseHoldsForAllHostsOfItsDomain() async {
        let queue = queue(perHost: 1)
        let now = time.now
        await queue.pause(scope: "example.org", until: now + .seconds(60))
        #expect(await queue.pollNow(feed(1), host: "feeds.example.org") == now + .seconds(60))
        #expect(await queue.move(from: "x", to: "www.example.org") == now + .seconds(60))
        #expect(await queue.move(from: "x", to: "example.net") == nil)
        #expect(await queue.pausedUntil("example.org") == now + .seconds(60))
        #expect(await queue.pausedUntil("notexample.org") == nil)
        await queue.schedule([
            (feed(1), "a.example.org", now), (feed(2), "b.example.org", now), (feed(3), "ana.tumblr.com", now),
        ])
        let taker = Taker()
        taker.start(queue)
        await until { taker.feeds == [3] }
        // Those that already wait go back, too, and so does a redirect.
        await queue.schedule((4...6).map { (feed($0), "ben.tumblr.com", now) })
        await until { taker.feeds.count == 2 }
        async let moved = queue.move(from: "x", to: "ben.tumblr.com")
        let sentBack = await queue.pause(scope: "ben.tumblr.com", until: now + .seconds(90))
        #expect(Set(sentBack.map(\.rawValue)) == [5, 6])
        #expect(await moved == now + .seconds(90))
        await until { time.deadlines == [now + .seconds(60)] }
        time.advance(by: .seconds(60))
        await until { Set(taker.feeds) == [1, 2, 3, 4] }
    }

    @Test func aHostThatAskedForQuietIsAskedMoreSlowly() async {
        let queue = queue(hostDelay: .seconds(1))
        await queue.slow(scope: "example.org", doublings: 2)
        await queue.schedule((1...3).map { (feed($0), "a.example.org", time.now) })
        let taker = Taker()
        taker.start(queue)
        let start = time.now
        await until { taker.feeds.count == 1 && time.deadlines == [start + .seconds(4)] }
        time.advance(by: .seconds(4))
        await until { taker.feeds.count == 2 && time.deadlines == [start + .seconds(8)] }
        await queue.slow(scope: "example.org", doublings: 0)
        time.advance(by: .seconds(4))
        await until { taker.feeds.count == 3 }
        await queue.schedule([(feed(4), "a.example.org", time.now)])
        await until { time.deadlines == [start + .seconds(9)] }
    }

    @Test func overridesHoldForTheirHostsAndAtOnce() async {
        var limits = HostLimits(concurrency: 10, perHost: 1, hostDelay: .zero)
        let queue = PollQueue(limits: limits, time: time)
        await queue.schedule((1...3).map { (feed($0), "a", time.now) } + [(feed(9), "b", time.now)])
        let taker = Taker()
        taker.start(queue)
        await until { taker.feeds.count == 2 }
        limits.overrides["a"] = HostLimit(perHost: 2, hostDelay: .zero)
        await queue.setLimits(limits)
        await until { taker.feeds.count == 3 }
        await queue.schedule([(feed(8), "b", time.now)])
        #expect(taker.feeds.count == 3)
    }

    @Test func whileItIsHeldOnlyWhatIsAskedForStarts() async {
        let queue = queue(perHost: 1)
        let start = time.now
        await queue.schedule((1...4).map { (feed($0), "a\($0)", start + .seconds($0)) } + [(feed(9), "a9", start)])
        let taker = Taker()
        taker.start(queue)
        await until { taker.feeds == [9] }
        await queue.hold(true, generation: 2)
        // A call that was overtaken.
        await queue.hold(false, generation: 1)
        time.advance(by: .minutes(1))
        await queue.schedule([(feed(5), "a5", time.now), (feed(6), "a6", time.now)])
        #expect(await queue.startHeld(feed(3)))
        await until { taker.feeds == [9, 3] }
        #expect(await queue.startHeld(feed(3)) == false)
        #expect(await queue.startHeld(feed(77)) == false)
        #expect(await queue.pollNow(feed(4), host: "a4") == nil)
        await until { taker.feeds == [9, 3, 4] }
        await queue.finished(feed(9), heldHost: "a9", host: "a9", at: start)
        await queue.finished(feed(3), heldHost: "a3", host: "a3", at: start)
        await queue.finished(feed(4), heldHost: "a4", host: "a4", at: start + .hours(1))
        #expect(await queue.isAtRest)
        #expect(taker.feeds == [9, 3, 4] && time.deadlines.isEmpty)
        // Then one after the other, the longest overdue first.
        await queue.hold(false, generation: 3)
        for count in 4...8 {
            await until { taker.feeds.count == count }
            time.advance(by: .milliseconds(20))
        }
        #expect(Set(taker.feeds[3...4]) == [9, 3] && taker.feeds[5...6] == [1, 2])
        await until { taker.feeds.count == 9 }
    }

    @Test("while it is stopped nothing starts, whoever asks") func whileItIsStoppedNothingStarts() async {
        let queue = queue(concurrency: 2)
        let now = time.now
        await queue.schedule((1...4).map { (feed($0), "a", now) } + [(feed(5), "b", now + .minutes(1))])
        let taker = Taker()
        taker.start(queue)
        await until {
            time.advance(by: .milliseconds(100))
            return taker.feeds.count == 2
        }
        await queue.stop(true)
        #expect(await queue.pollNow(feed(4), host: "a") == nil)
        for done in taker.feeds {
            await queue.finished(feed(done), heldHost: "a", host: "a", at: time.now + .hours(9))
        }
        for _ in 0..<5 {
            time.advance(by: .minutes(1))
            try? await Task.sleep(for: .milliseconds(2))
        }
        #expect(taker.feeds.count == 2)
        await queue.stop(false)
        for count in 3...5 {
            await until {
                time.advance(by: .seconds(1))
                return taker.feeds.count >= count
            }
            await queue.finished(feed(taker.feeds[count - 1]), heldHost: nil, host: "a", at: nil)
        }
        #expect(Set(taker.feeds) == [1, 2, 3, 4, 5])
    }

    @Test func aRoundEndsWhenNothingIsDue() async {
        let queue = queue(endsWhenIdle: true)
        await queue.schedule((1...3).map { (feed($0), "a", time.now) })
        let taker = Taker()
        taker.start(queue)
        await until { taker.feeds.count == 3 }
        // The first goes on: a round waits for what is in flight.
        await queue.finished(feed(1), heldHost: "a", host: "b", at: time.now, goesOn: true)
        await until { taker.feeds.count == 4 }
        for number: Int64 in [2, 3, 1] {
            #expect(taker.feeds.last == 1)
            await queue.finished(feed(number), heldHost: number == 1 ? "b" : "a", host: "a", at: time.now)
        }
        await until { taker.feeds.last == -1 }
        #expect(taker.feeds.prefix(3).sorted() == [1, 2, 3] && taker.feeds.count == 5)
    }

    @Test func aRoundDropsTheFeedsOfAPausedHost() async {
        let queue = queue(perHost: 1, endsWhenIdle: true)
        await queue.schedule((1...3).map { (feed($0), "a", time.now) })
        let taker = Taker()
        taker.start(queue)
        await until { taker.feeds.count == 1 }
        await queue.pause(scope: "a", until: time.now + .hours(1))
        await queue.finished(feed(taker.feeds[0]), heldHost: "a", host: "a", at: nil)
        await until { taker.feeds.last == -1 }
        #expect(taker.feeds.count == 2)
    }

    @Test func closingEndsTheTaking() async {
        let queue = queue()
        await queue.schedule([(feed(1), "a", time.now + .hours(1))])
        let taker = Taker()
        taker.start(queue)
        await queue.close()
        await until { taker.feeds == [-1] }
    }

    @Test func aPollThatIsAskedForGoesAtOnce() async {
        let queue = queue()
        await queue.schedule([(feed(1), "a", time.now + .hours(1))])
        let taker = Taker()
        taker.start(queue)
        #expect(await queue.pollNow(feed(1), host: "a") == nil)
        await until { taker.feeds == [1] }
        // Asked for again while it is in flight: polled again.
        #expect(await queue.pollNow(feed(1), host: "a") == nil)
        await queue.finished(feed(1), heldHost: "a", host: "a", at: time.now + .hours(1))
        await until { taker.feeds == [1, 1] }
    }

    @Test func aFeedThatIsMovedInTheScheduleComesOnce() async {
        let queue = queue()
        let now = time.now
        await queue.schedule([(feed(1), "a", now + .seconds(10))])
        await queue.schedule([(feed(1), "a", now + .seconds(20))])
        let taker = Taker()
        taker.start(queue)
        await until { !time.deadlines.isEmpty }
        time.advance(by: .seconds(10))
        await until { time.deadlines == [now + .seconds(20)] }
        #expect(taker.feeds == [])
        time.advance(by: .seconds(10))
        await until { taker.feeds == [1] }
    }

    @Test func aFeedThatIsRemovedComesNoMore() async {
        let queue = queue()
        await queue.schedule([(feed(1), "a", time.now + .seconds(10)), (feed(2), "a", time.now + .seconds(10))])
        await queue.remove([feed(1)])
        let taker = Taker()
        taker.start(queue)
        await until { !time.deadlines.isEmpty }
        time.advance(by: .seconds(10))
        await until { taker.feeds == [2] }
    }

    // MARK: the operator

    func pause(_ target: OperatorPause.Target, until: Timestamp? = nil) -> OperatorPauses {
        OperatorPauses([OperatorPause(target, since: time.now, until: until)])
    }

    @Test(arguments: [true, false]) func whatIsPausedStartsNotUntilItIsResumed(isHost: Bool) async {
        let queue = queue(perHost: 1)
        let target: OperatorPause.Target = isHost ? .host("a") : .feed(feed(1), url: "http://a/1")
        _ = await queue.set(pause(target))
        await queue.schedule([(feed(1), "a", time.now), (feed(2), "b", time.now)])
        let taker = Taker()
        taker.start(queue)
        await until { taker.feeds == [2] }
        #expect(await queue.operatorPause(feed(1), host: "a")?.target == target)
        time.advance(by: .days(400))
        #expect(taker.feeds == [2])
        _ = await queue.set(OperatorPauses())
        await until { taker.feeds == [2, 1] }
    }

    @Test func aPauseEndsAtItsTime() async {
        let queue = queue()
        _ = await queue.set(pause(.host("a"), until: time.now + .hours(2)))
        await queue.schedule([(feed(1), "a", time.now)])
        let taker = Taker()
        taker.start(queue)
        await until { time.deadlines == [time.now + .hours(2)] }
        #expect(taker.feeds.isEmpty)
        time.advance(by: .hours(2))
        await until { taker.feeds == [1] }
        // What has started since is not started again when the pauses change.
        _ = await queue.set(OperatorPauses())
        await queue.finished(feed(1), heldHost: "a", host: "a", at: time.now + .hours(1))
        _ = await queue.set(OperatorPauses())
        #expect(taker.feeds == [1])
    }

    @Test func aPauseSendsBackWhatWaitsAndTurnsAwayWhatIsLedThere() async {
        let queue = queue(perHost: 1)
        await queue.schedule([
            (feed(1), "a", time.now), (feed(2), "a", time.now + .milliseconds(1)), (feed(3), "b", time.now),
        ])
        let taker = Taker()
        taker.start(queue)
        await until { taker.feeds.count == 2 }
        time.advance(by: .seconds(1))
        async let moved = queue.move(from: "b", to: "a")
        await until { taker.feeds.count == 2 }
        for _ in 0..<50 { await Task.yield() }
        let sentBack = await queue.set(pause(.host("a")))
        #expect(sentBack.map(\.feed) == [feed(2)])
        // It is asked again after a while, and not in hundreds of years.
        #expect(await moved == time.now + .hours(1))
        await queue.finished(feed(1), heldHost: "a", host: "a", at: time.now)
        #expect(taker.feeds.count == 2)
        _ = await queue.set(OperatorPauses())
        await until { taker.feeds.count == 3 }
    }

    /// A reload takes a feed out, the next one brings it back, and its transfer is still in flight.
    @Test func aFeedThatComesBackInFlightIsNotPolledTwiceAtATime() async {
        let queue = queue()
        await queue.schedule([(feed(1), "a", time.now)])
        let taker = Taker()
        taker.start(queue)
        await until { taker.feeds == [1] }
        await queue.remove([feed(1)])
        await queue.schedule([(feed(1), "a", time.now)])
        for _ in 0..<50 { await Task.yield() }
        #expect(taker.feeds == [1])
        await queue.finished(feed(1), heldHost: "a", host: "a", at: time.now + .seconds(5))
        await until { time.deadlines == [time.now + .seconds(5)] }
        time.advance(by: .seconds(5))
        await until { taker.feeds == [1, 1] }
        await queue.remove([feed(1)])
        await queue.finished(feed(1), heldHost: "a", host: "a", at: time.now)
        for _ in 0..<50 { await Task.yield() }
        #expect(taker.feeds == [1, 1])
        #expect(await queue.feedsInFlight == 0)
    }
}
