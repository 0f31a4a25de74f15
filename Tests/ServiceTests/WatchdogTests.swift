import FeedModel
import Synchronization
import TestSupport
import Testing

@testable import Service

@Suite struct WatchdogTests {
    let time = ManualTime()
    let patience = Duration.seconds(1)

    /// A part that answers when it is let.
    final class Part: Sendable {
        private struct State {
            var isStuck = false
            var progress = 0
            var asked = 0
            var waiting: [CheckedContinuation<Void, Never>] = []
        }

        private let state = Mutex(State())

        var asked: Int { state.withLock(\.asked) }
        func stick() { state.withLock { $0.isStuck = true } }
        func move() { state.withLock { $0.progress += 1 } }
        func go() {
            let waiting = state.withLock { state in
                state.isStuck = false
                defer { state.waiting = [] }
                return state.waiting
            }
            for one in waiting { one.resume() }
        }

        func sign(_ name: String) -> VitalSign {
            VitalSign(
                name, progress: { self.state.withLock(\.progress) },
                ask: {
                    await withCheckedContinuation { continuation in
                        let answers = self.state.withLock { state in
                            state.asked += 1
                            if state.isStuck { state.waiting.append(continuation) }
                            return !state.isStuck
                        }
                        if answers { continuation.resume() }
                    }
                })
        }
    }

    func watchdog(_ signs: [VitalSign]) -> Watchdog {
        Watchdog(signs, time: time, sleep: { [time] in try await time.sleep(until: time.now + $0) })
    }

    /// One look at the parts, whose patience ends when all that can be heard has been.
    func look(_ watchdog: Watchdog, while moving: () -> Void = {}) async -> [String] {
        async let silences = watchdog.silences(patience: patience)
        _ = try? await comesTrue(every: .milliseconds(1)) { !time.deadlines.isEmpty }
        moving()
        time.advance(by: patience)
        return await silences.map(\.part)
    }

    @Test func whereAllAnswerNobodyWaits() async {
        let watchdog = watchdog([Part().sign("one"), Part().sign("two")])
        #expect(await watchdog.silences(patience: patience).isEmpty)
        #expect(await watchdog.silences(patience: patience).isEmpty)
    }

    @Test func onePartThatHangsIsNamedUntilItAnswers() async {
        let (good, bad) = (Part(), Part())
        let watchdog = watchdog([good.sign("good"), bad.sign("bad")])
        bad.stick()
        #expect(await look(watchdog) == ["bad"])
        #expect(await look(watchdog) == ["bad"])
        // It has a question to answer already.
        #expect(bad.asked == 1)
        bad.go()
        #expect(await watchdog.silences(patience: patience).isEmpty)
    }

    /// A migration or the trimming of a large log is no hang.
    @Test func aPartWhoseWorkMovesIsWell() async {
        let busy = Part()
        let watchdog = watchdog([busy.sign("busy")])
        busy.stick()
        for _ in 0..<3 { #expect(await look(watchdog, while: busy.move).isEmpty) }
        #expect(await look(watchdog) == ["busy"])
    }

    /// No new start would bring the disk back.
    @Test(arguments: [true, false]) func aPartThatWaitsForTheDiskIsExcused(fails: Bool) async {
        struct Broken: Error {}
        let part = Part()
        let isExcused = Mutex(true)
        var sign = part.sign("writer")
        sign.isExcused = { isExcused.withLock { $0 } }
        let ask = sign.ask
        if fails { sign.ask = { if isExcused.withLock({ $0 }) { throw Broken() } else { try await ask() } } }
        let watchdog = watchdog([sign])
        part.stick()
        if fails {
            for _ in 0..<3 { #expect(await watchdog.silences(patience: patience).isEmpty) }
        } else {
            for _ in 0..<3 { #expect(await look(watchdog).isEmpty) }
        }
        isExcused.withLock { $0 = false }
        #expect(await look(watchdog) == ["writer"])
        part.go()
        #expect(await watchdog.silences(patience: patience).isEmpty)
    }

    @Test func aPartThatFailsIsNotWellAndIsAskedAgain() async {
        struct Broken: Error {}
        let fails = Mutex(true)
        let watchdog = watchdog([VitalSign("part", ask: { if fails.withLock({ $0 }) { throw Broken() } })])
        #expect(await watchdog.silences(patience: patience).map(\.part) == ["part"])
        fails.withLock { $0 = false }
        #expect(await watchdog.silences(patience: patience).isEmpty)
    }
}
