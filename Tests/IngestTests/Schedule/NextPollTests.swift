import FeedModel
import Testing

@testable import Ingest

@Suite struct NextPollTests {
    /// Sunday, 2026-11-22T09:30:00Z.
    let now = Timestamp(year: 2026, month: 11, day: 22, hour: 9, minute: 30) ?? Timestamp(seconds: 0)
    let rules = ScheduleRules(
        minInterval: .minutes(5), maxInterval: .hours(24), retryFirst: .minutes(1), retryMax: .hours(24),
        giveUpAfter: .days(60))

    func hints(
        learned: Duration? = nil, ttl: Duration? = nil, period: Duration? = nil, hours: [Int] = [], days: [Int] = []
    ) -> ScheduleHints {
        var hints = ScheduleHints()
        hints.learned = learned
        hints.ttl = ttl
        hints.updatePeriod = period
        for hour in hours { hints.skipHours |= 1 << UInt32(hour) }
        for day in days { hints.skipDays |= 1 << UInt8(day) }
        return hints
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var hints = ScheduleHints()
        var learned: Duration?
        var freshness: Duration?
        var ttl: Duration?
        var period: Duration?
        var configured: Duration?
        var wait: Duration
        var reason: IntervalReason
        var testDescription: String { name }
    }

    @Test(arguments: [
        Row(name: "nothing known", wait: .hours(1), reason: .learned),
        Row(name: "learned", learned: .minutes(40), wait: .minutes(40), reason: .learned),
        Row(
            name: "fresh for longer", learned: .minutes(40), freshness: .hours(2), wait: .hours(2),
            reason: .cacheControl),
        Row(
            name: "fresh for less", learned: .minutes(40), freshness: .minutes(1), wait: .minutes(40), reason: .learned),
        Row(name: "ttl", learned: .minutes(40), freshness: .hours(2), ttl: .hours(3), wait: .hours(3), reason: .ttl),
        Row(name: "update period", ttl: .hours(3), period: .hours(6), wait: .hours(6), reason: .updatePeriod),
        Row(name: "floor", learned: .seconds(1), wait: .minutes(5), reason: .floor),
        Row(name: "ceiling", ttl: .days(300), wait: .hours(24), reason: .ceiling),
        Row(
            name: "configured", learned: .hours(9), freshness: .hours(9), configured: .minutes(15), wait: .minutes(15),
            reason: .configured),
        Row(name: "configured too short", configured: .seconds(1), wait: .minutes(5), reason: .floor),
        Row(name: "configured beyond the ceiling", configured: .days(3), wait: .days(3), reason: .configured),
    ])
    func theLongestBoundWins(row: Row) {
        var rules = rules
        rules.configured = row.configured
        let next = NextPoll.afterSuccess(
            at: now, hints: hints(learned: row.learned, ttl: row.ttl, period: row.period), freshness: row.freshness,
            rules: rules)
        #expect(next == NextPoll(at: now + row.wait, interval: row.wait, reason: row.reason))
    }

    @Test(arguments: [
        // 10:30 is wanted. Hours 10 to 12 are skipped: 13:00.
        ([10, 11, 12], [], "2026-11-22T13:00:00Z", IntervalReason.skipHours),
        // Sunday is skipped: Monday, midnight.
        ([], [0], "2026-11-23T00:00:00Z", .skipHours),
        // Sunday and the first two hours of Monday.
        ([0, 1], [0], "2026-11-23T02:00:00Z", .skipHours),
        // Another hour and another day.
        ([3], [2], "2026-11-22T10:30:00Z", .learned),
        // Nothing is left within max_interval: that holds.
        (Array(0..<24), [], "2026-11-23T09:30:00Z", .skipHours),
        ([], Array(0..<7), "2026-11-23T09:30:00Z", .skipHours),
    ])
    func hoursAndDaysToSkip(hours: [Int], days: [Int], at: String, reason: IntervalReason) {
        let next = NextPoll.afterSuccess(at: now, hints: hints(hours: hours, days: days), freshness: nil, rules: rules)
        #expect(next.at?.rfc3339 == at)
        #expect(next.reason == reason)
    }

    @Test(
        "21: backoff doubles up to its bound, and jitter never shortens it to nothing",
        arguments: [(1, 1), (2, 2), (6, 32), (7, 64), (11, 1024), (12, 1440), (60, 1440), (Int.max, 1440)])
    func backoffDoublesUpToItsBound(failures: Int, minutes: Int) {
        #expect(NextPoll.backoff(failures: failures, rules: rules) == .minutes(Int64(minutes)))
        for (jitter, part) in [(0.0, 0.5), (1.0, 1.0), (0.5, 0.75)] {
            let next = NextPoll.afterFailure(
                at: now, failures: failures, retryAfter: nil, isDead: false, rules: rules, jitter: jitter)
            #expect(next.interval == .milliseconds(Int64(Double(minutes * 60_000) * part)))
            #expect(next.reason == .backoff)
        }
    }

    @Test(arguments: [
        (Duration.hours(2), Duration.hours(2), IntervalReason.retryAfter),
        (.seconds(5), .seconds(30), .backoff),
        (.zero, .seconds(30), .backoff),
        (.days(400), .days(30), .retryAfter),
    ])
    func retryAfterIsKept(asked: Duration, wait: Duration, reason: IntervalReason) {
        let next = NextPoll.afterFailure(
            at: now, failures: 1, retryAfter: asked, isDead: false, rules: rules, jitter: 0)
        #expect(next == NextPoll(at: now + wait, interval: wait, reason: reason))
    }

    @Test func deadFeedsAreAskedEveryThirtyDays() {
        let next = NextPoll.afterFailure(at: now, failures: 99, retryAfter: nil, isDead: true, rules: rules, jitter: 0)
        #expect(next.at == now + .days(30))
    }

    // MARK: headers

    @Test(
        arguments: [
            (["Cache-Control": ["max-age=7200"]], Duration.hours(2)),
            (["Cache-Control": ["public, Max-Age=\"7200\""]], .hours(2)),
            (["Cache-Control": ["no-transform", "max-age=60"]], .minutes(1)),
            (["Cache-Control": ["private=\"a, max-age=9\", max-age=60"]], .minutes(1)),
            (["Cache-Control": ["s-maxage=60"]], nil),
            (["Cache-Control": ["max-age=99999999999999999999999"]], .seconds(2_147_483_647)),
            (["Cache-Control": ["max-age=soon, =, max-age, \""]], nil),
            (["Cache-Control": ["max-age=60"], "Expires": ["Sun, 22 Nov 2026 20:00:00 GMT"]], .minutes(1)),
            (["Expires": ["Sun, 22 Nov 2026 10:30:00 GMT"]], .hours(1)),
            (["Expires": ["Sun, 22 Nov 2026 02:00:00 GMT"], "Date": ["Sun, 22 Nov 2026 00:00:00 GMT"]], .hours(2)),
            (["Expires": ["0"]], .zero),
            (["Expires": ["Sun, 22 Nov 2020 10:30:00 GMT"]], .zero),
            ([:], nil),
        ] as [([String: [String]], Duration?)])
    func freshness(headers: [String: [String]], lifetime: Duration?) {
        #expect(Freshness.lifetime(header: { headers[$0] ?? [] }, receivedAt: now) == lifetime)
    }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
        ("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z"),
        ("Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37Z"),
        ("0", nil), ("", nil), ("soon", nil), ("Sun, 32 Nov 1994 08:49:37 GMT", nil), ("Sun, 06 Nov 1994", nil),
        ("1 2 3 4:5:6:7", nil), ("-1 Nov 1994 25:00:00", nil),
        ("Sun, 06 Nov 1994 08:49:37 +0200", nil), ("Sun, 06 Nov 1994 08:49:37 -0500", nil),
        ("Sun, 06 Nov 99999999999999 08:49:37 GMT", nil),
    ])
    func httpDates(text: String, instant: String?) {
        #expect(HTTPDate.parse(text)?.rfc3339 == instant)
    }

    @Test(arguments: [
        ("<https://hub.example/>; rel=hub", "https://hub.example/"),
        ("<https://a.example/>; rel=self, <https://hub.example/>; REL=\"self HUB\"", "https://hub.example/"),
        ("<https://a.example/>;title=\"x, rel=hub\";rel=self", nil),
        ("<https://a.example/>; rel=self; rel=hub", nil),
        ("<broken; rel=hub", nil), ("", nil), ("rel=hub", nil),
    ])
    func linkHeaders(value: String, target: String?) {
        #expect(LinkHeader.target(rel: "hub", in: [value]) == target)
    }
}
