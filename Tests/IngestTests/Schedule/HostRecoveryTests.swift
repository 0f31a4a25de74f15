import FeedModel
import Testing

@testable import Ingest

@Suite struct HostRecoveryTests {
    let rules = ScheduleRules(
        minInterval: .minutes(5), maxInterval: .days(1), retryFirst: .minutes(1), retryMax: .days(1),
        giveUpAfter: .days(60))
    let start = Timestamp(seconds: 1_795_000_000)

    enum Event: Sendable {
        /// So long after the pause before, with a Retry-After or without.
        case refused(after: Duration, Duration?)
        /// So long after the pause, or the answer, before.
        case answered(after: Duration)
    }

    struct Row: Sendable {
        var event: Event
        var pause: Duration?
        /// With `host_delay` 1 s.
        var spacing: Duration

        init(_ event: Event, _ pause: Duration?, _ spacing: Duration) {
            self.event = event
            self.pause = pause
            self.spacing = spacing
        }
    }

    /// The table of `HostRecovery`, and what leads to its bounds.
    @Test(arguments: [
        [Row(.refused(after: .zero, .minutes(10)), .minutes(10), .seconds(1))],
        [
            Row(.refused(after: .zero, nil), .minutes(1), .seconds(2)),
            Row(.refused(after: .seconds(1), nil), .minutes(2), .seconds(4)),
            Row(.refused(after: .minutes(59), nil), .minutes(4), .seconds(8)),
            Row(.refused(after: .zero, .hours(1)), .hours(1), .seconds(16)),
            Row(.refused(after: .zero, nil), .hours(2), .seconds(32)),
            Row(.answered(after: .minutes(59)), nil, .seconds(32)),
            Row(.answered(after: .minutes(1)), nil, .seconds(16)),
            Row(.answered(after: .hours(3)), nil, .seconds(2)),
            Row(.refused(after: .zero, nil), .minutes(15), .seconds(4)),
            Row(.refused(after: .hours(9), nil), .minutes(1), .seconds(2)),
        ],
        // The same Retry-After again and again is not enough.
        [
            Row(.refused(after: .zero, .minutes(10)), .minutes(10), .seconds(1)),
            Row(.refused(after: .zero, .minutes(10)), .minutes(20), .seconds(2)),
            Row(.refused(after: .zero, .minutes(10)), .minutes(40), .seconds(4)),
        ],
        // Bounds: retry_max but for Retry-After, and that too; starts a minute apart.
        [
            Row(.refused(after: .zero, .hours(20)), .hours(20), .seconds(1)),
            Row(.refused(after: .zero, nil), .days(1), .seconds(2)),
            Row(.refused(after: .zero, nil), .days(1), .seconds(4)),
            Row(.refused(after: .zero, .days(3)), .days(3), .seconds(8)),
            Row(.refused(after: .zero, .days(300)), .days(30), .seconds(16)),
            Row(.refused(after: .zero, nil), .days(1), .seconds(32)),
            Row(.refused(after: .zero, nil), .days(1), .seconds(60)),
            Row(.refused(after: .zero, nil), .days(1), .seconds(60)),
            Row(.answered(after: .hours(1)), nil, .seconds(32)),
            Row(.answered(after: .hours(23)), nil, .seconds(1)),
        ],
        // Meaningless waits are none.
        [Row(.refused(after: .zero, .zero), .minutes(1), .seconds(2))],
        [Row(.refused(after: .zero, .seconds(-5)), .minutes(1), .seconds(2))],
        [Row(.refused(after: .zero, .seconds(1)), .minutes(1), .seconds(1))],
    ])
    func pausesGrowAndShrink(rows: [Row]) {
        var conduct: HostConduct?
        var now = start
        for row in rows {
            switch row.event {
            case .refused(let wait, let retryAfter):
                now = now + wait
                conduct = HostRecovery.refused(conduct, at: now, retryAfter: retryAfter, rules: rules, jitter: 1)
                #expect(conduct.map { $0.pausedUntil - now } == row.pause, "\(row)")
                now = conduct?.pausedUntil ?? now
            case .answered(let wait):
                now = now + wait
                conduct = conduct.flatMap { HostRecovery.eased($0, at: now) }
            }
            let spacing = HostRecovery.spacing(hostDelay: .seconds(1), slowness: conduct?.slowness ?? 0)
            #expect(spacing == row.spacing, "\(row)")
        }
    }

    @Test func whatWasUnderWayWhenThePauseBeganMakesItNoLonger() {
        let first = HostRecovery.refused(nil, at: start, retryAfter: nil, rules: rules, jitter: 1)
        let again = HostRecovery.refused(first, at: start + .seconds(3), retryAfter: nil, rules: rules, jitter: 1)
        #expect(again == first)
        let asked = HostRecovery.refused(first, at: start + .seconds(3), retryAfter: .hours(1), rules: rules, jitter: 1)
        #expect(asked.pausedUntil == start + .seconds(3603) && asked.slowness == first.slowness)
    }

    @Test func jitterHalvesAtMost() {
        let conduct = HostRecovery.refused(nil, at: start, retryAfter: nil, rules: rules, jitter: 0)
        #expect(conduct.pausedUntil == start + .seconds(30))
        // The next one doubles what was meant, not what was drawn.
        #expect(conduct.pause == .minutes(1))
    }

    @Test(arguments: [
        (Duration.zero, 0, Duration.zero), (.zero, 1, .seconds(2)), (.seconds(10), 0, .seconds(10)),
        (.seconds(10), 2, .seconds(40)), (.seconds(10), 6, .minutes(1)), (.minutes(5), 3, .minutes(5)),
    ])
    func spacing(hostDelay: Duration, slowness: Int, expected: Duration) {
        #expect(HostRecovery.spacing(hostDelay: hostDelay, slowness: slowness) == expected)
    }

    @Test(
        "17: what is overdue at the start does not start at once",
        arguments: [
            (1, [Duration.zero]), (100, [.zero, .milliseconds(20), .milliseconds(40)]),
            (3000, [.zero, .milliseconds(20)]), (10_000, [.zero, .milliseconds(6), .milliseconds(12)]),
        ])
    func overdueFeedsStartOneAfterTheOther(count: Int, first: [Duration]) {
        #expect((0..<first.count).map { OverdueSpread.wait($0, of: count) } == first)
        #expect(OverdueSpread.wait(count - 1, of: count) < OverdueSpread.longest)
    }

    @Test func theLongestOverdueStartFirstAndWhatIsNotDueStays() {
        let now = start
        let ago: [Int64?] = [10, 3600, -60, nil, 0, 3600]
        let spread = OverdueSpread.spread(
            ago.enumerated().map { (FeedID(rawValue: Int64($0)), "h", $1.map { now - .seconds($0) }) }, at: now)
        #expect(spread.map(\.feed.rawValue) == Array(0..<6))
        #expect(
            spread.map(\.at) == [
                now + .milliseconds(40), now, now + .seconds(60), nil, now + .milliseconds(60), now + .milliseconds(20),
            ])
    }
}
