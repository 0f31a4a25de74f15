import FeedModel
import Testing

@testable import Ingest

@Suite struct LearnedIntervalTests {
    /// Monday, 2026-11-23T00:00:00Z.
    let monday = Timestamp(year: 2026, month: 11, day: 23) ?? Timestamp(seconds: 0)

    func history(every gap: Duration, count: Int, ago: Duration, at now: Timestamp) -> PostingHistory {
        PostingHistory(first: (0..<count).map { now - ago - gap * $0 }, at: now)
    }

    func wait(_ history: PostingHistory, window: Int = 20, narrow: Int = 0, price: Double = 0.125) -> Duration {
        LearnedInterval(history, price: price, window: window, narrowStreak: narrow)
            .wait(from: history.asOf, longest: .hours(24))
    }

    // MARK: rate

    @Test(arguments: [
        ("every ten minutes", Duration.minutes(10), 50, Duration.minutes(8)...Duration.minutes(20)),
        ("hourly", .hours(1), 20, .minutes(20)...Duration.minutes(45)),
        ("daily", .days(1), 20, .hours(2)...Duration.hours(5)),
        ("weekly", .days(7), 20, .hours(5)...Duration.hours(12)),
        ("monthly", .days(30), 20, .hours(9)...Duration.hours(24)),
    ])
    func aSteadyFeedIsPolledBySquareRootOfItsRate(
        name: String, gap: Duration, count: Int, expected: ClosedRange<Duration>
    ) {
        let wait = wait(history(every: gap, count: count, ago: gap / 2, at: monday))
        #expect(expected.contains(wait), "\(name): \(wait)")
    }

    @Test(
        arguments: [
            ("no entries", []),
            ("no dates", [nil, nil]),
            ("dates in the future", [Timestamp(seconds: 4_000_000_000), Timestamp(seconds: 4_000_000_001)]),
            ("the same date over and over", [Timestamp](repeating: Timestamp(seconds: 1_795_000_000), count: 20)),
            ("before all clocks", [Timestamp(milliseconds: .min + 1), Timestamp(seconds: 0)]),
        ] as [(String, [Timestamp?])])
    func oddDatesStillGiveAnInterval(name: String, instants: [Timestamp?]) {
        let wait = wait(PostingHistory(first: instants, at: monday), window: instants.count)
        #expect(wait >= .minutes(5) && wait <= .hours(24), "\(name): \(wait)")
    }

    @Test func silenceMakesPollsRarer() {
        var history = history(every: .hours(1), count: 20, ago: .minutes(30), at: monday)
        var last = wait(history)
        for days in [1, 3, 10, 30, 90] {
            history.observe([], until: monday + .days(Int64(days)))
            let next = wait(history)
            #expect(next >= last, "after \(days) days")
            last = next
        }
        #expect(last > .hours(6))
    }

    @Test func aBurstMakesPollsMoreFrequentAndPasses() {
        var history = history(every: .hours(12), count: 30, ago: .hours(6), at: monday)
        let quiet = wait(history)
        history.observe((1...12).map { monday + .minutes(5 * $0) }, until: monday + .hours(1))
        let busy = wait(history)
        history.observe([], until: monday + .hours(72))
        #expect(busy < quiet / 2)
        #expect(wait(history) > quiet / 2)
    }

    @Test func takingInSilenceAtOnceOrByPiecesIsNearlyTheSame() {
        var atOnce = history(every: .hours(5), count: 100, ago: .hours(1), at: monday)
        var byPieces = atOnce
        atOnce.observe([], until: monday + .hours(48))
        for hour in 1...48 { byPieces.observe([], until: monday + .hours(Int64(hour))) }
        #expect(abs(atOnce.rate / byPieces.rate - 1) < 0.15)
    }

    // MARK: rhythm

    /// Eight weeks of six entries each working day, from 8:00 to 13:00 GMT.
    var officeHours: PostingHistory {
        var instants: [Timestamp] = []
        for day in 0..<56 where day % 7 < 5 {
            for hour in 8..<14 { instants.append(monday + .days(Int64(day)) + .hours(Int64(hour)) + .minutes(20)) }
        }
        var history = PostingHistory(at: monday)
        history.observe(instants, until: monday + .days(56))
        return history
    }

    @Test func pollsMoveToTheHoursOfPosting() {
        let history = officeHours
        let rhythm = history.rhythm
        #expect(rhythm.hours[10] > 2 && rhythm.hours[22] < 0.4)
        #expect(rhythm.days[2] > 1.1 && rhythm.days[0] < 0.5)
        func wait(_ hour: Int) -> Duration {
            var history = history
            let now = monday + .days(56) + .hours(Int64(hour))
            history.observe([], until: now)
            return LearnedInterval(history, price: 0.125, window: 20).wait(from: now, longest: .hours(24))
        }
        #expect(wait(9) <= .hours(1))
        // Nothing comes in the night; what may come in the morning is waited for.
        #expect(wait(20) >= wait(9) * 3)
    }

    @Test func aDocumentOfTheLastHoursAloneMakesNoRhythm() {
        let history = history(every: .minutes(10), count: 20, ago: .minutes(5), at: monday + .hours(15))
        let hours = history.rhythm.hours
        #expect((hours.max() ?? 0) / (hours.min() ?? 1) < 1.5)
    }

    @Test func aPlanPollsAfterThePostingNotInTheNight() {
        // At this price one or two polls a day.
        let history = officeHours
        var at = monday + .days(57) + .hours(1)
        var hours: [Int] = []
        for _ in 0..<6 {
            var known = history
            known.observe([], until: at)
            at = at + LearnedInterval(known, price: 12, window: 20).wait(from: at, longest: .hours(24))
            hours.append(at.civil.hour)
        }
        #expect(hours.allSatisfy { (8...16).contains($0) }, "\(hours)")
    }

    // MARK: the document's window

    @Test func aShortDocumentIsPolledBeforeItRollsOver() {
        let history = history(every: .minutes(6), count: 60, ago: .minutes(1), at: monday)
        // Ten an hour: of a document of ten no more than a quarter may be new.
        #expect(wait(history, window: 10, price: 50) < .minutes(25))
        #expect(wait(history, window: 100, price: 50) > .hours(1))
        #expect(wait(history, window: 10, narrow: 2, price: 50) < .minutes(8))
    }

    // MARK: learning

    func record(_ dates: [Timestamp?], at now: Timestamp) -> PostingRecord {
        var record = PostingRecord()
        record.learn(arrivals: dates, known: 0, document: dates, since: nil, at: now)
        return record
    }

    @Test func aDocumentWithNothingKnownIsASuspectedLoss() {
        let first = (0..<10).map { monday - .hours($0) as Timestamp? }
        var record = record(first, at: monday)
        #expect(record.losses == 0 && record.window == 10)
        let now = monday + .hours(20)
        let next = (0..<10).map { now - .hours($0) as Timestamp? }
        record.learn(arrivals: next, known: 0, document: next, since: monday, at: now)
        #expect(record.losses == 1 && record.lastLoss == now && record.narrowStreak == 1)
        // Known by half: no loss, and still narrow. Known well again: back to normal.
        record.learn(arrivals: [now + .hours(1)], known: 4, document: next, since: now, at: now + .hours(1))
        #expect(record.losses == 1 && record.narrowStreak == 2)
        for _ in 0..<2 {
            record.learn(arrivals: [], known: 10, document: next, since: now, at: now + .hours(2))
        }
        #expect(record.narrowStreak == 0)
    }

    @Test func newEntriesThatReachBackBehindTheNewestKnownAreNoLoss() {
        var record = record((0..<10).map { monday - .hours($0) }, at: monday)
        // Another set of entries, of the same time: the publisher has changed the feed, nothing scrolled out.
        let others = (0..<10).map { monday + .hours(1) - .minutes(50 * $0) as Timestamp? }
        record.learn(arrivals: others, known: 0, document: others, since: monday, at: monday + .hours(1))
        #expect(record.losses == 0)
    }

    @Test(arguments: [1, 0])
    func aDocumentOfOneEntryLosesNothing(count: Int) {
        var record = record(Array(repeating: monday, count: count), at: monday)
        record.learn(
            arrivals: [monday + .hours(5)], known: 0, document: [monday + .hours(5)], since: monday,
            at: monday + .hours(6))
        #expect(record.losses == 0)
    }

    @Test func entriesWithoutDatesAreCountedWhereTheyCame() {
        var record = record([nil, nil, nil], at: monday)
        let idle = record.wait(at: monday + .hours(1), price: 0.125, longest: .hours(24))
        for hour in 1...10 {
            record.learn(
                arrivals: [nil, nil, nil, nil], known: 20, document: Array(repeating: nil, count: 24),
                since: monday + .hours(Int64(hour - 1)), at: monday + .hours(Int64(hour)))
        }
        let busy = record.wait(at: monday + .hours(10), price: 0.125, longest: .hours(24))
        #expect((busy ?? .zero) < (idle ?? .zero) / 2)
    }

    @Test func aHistoryFromAClockFarAheadBeginsAnew() throws {
        var record = record((0..<10).map { monday + .days(400) - .hours($0) }, at: monday + .days(400))
        #expect(record.wait(at: monday, price: 0.125, longest: .hours(24)) == nil)
        let dates = (0..<10).map { monday - .hours($0) as Timestamp? }
        record.learn(arrivals: [], known: 10, document: dates, since: monday, at: monday)
        #expect(record.history.flatMap(PostingHistory.init(bytes:))?.asOf == monday)
    }

    @Test func silenceWithoutDatesIsTakenInByGrowingPieces() {
        var history = PostingHistory(at: monday)
        history.observe([], until: monday + .days(3650))
        #expect(history.rate < 1e-3 && wait(history) == .hours(24))
    }

    // MARK: keeping

    @Test func itIsKeptInFewBytes() throws {
        let history = officeHours
        let bytes = history.bytes
        #expect(bytes.count < 320)
        let again = try #require(PostingHistory(bytes: bytes))
        #expect(again.asOf == history.asOf && again.newest == history.newest)
        #expect(abs(again.rate / history.rate - 1) < 1e-5)
        #expect(abs(again.rhythm.hours[9] / history.rhythm.hours[9] - 1) < 1e-5)
        #expect(PostingHistory(bytes: Array(bytes.dropLast())) == nil)
        #expect(PostingHistory(bytes: [9] + bytes.dropFirst()) == nil)
    }

    // MARK: budget

    @Test func aBudgetIsSpentBySquareRootOfTheRate() {
        var budget = PollBudget()
        for (index, rate) in [16.0, 4, 1].enumerated() {
            budget[FeedID(rawValue: Int64(index))] = .init(
                demand: (rate / 2).squareRoot(), shortest: .seconds(1), longest: .days(30))
        }
        let price = budget.price(pollsPerHour: 7)
        #expect(abs(budget.polls(at: price) - 7) < 0.001)
        let polls = (0..<3).compactMap { budget[FeedID(rawValue: $0)]?.polls(at: price) }
        #expect(zip(polls, [4.0, 2, 1]).allSatisfy { abs($0 - $1) < 0.001 }, "\(polls)")
    }

    @Test func aBudgetHoldsWithinTheBoundsOfFeeds() {
        var budget = PollBudget()
        let demand = 2.0.squareRoot()
        budget[FeedID(rawValue: 1)] = .init(demand: demand, shortest: .hours(1), longest: .days(1))
        budget[FeedID(rawValue: 2)] = .init(demand: demand, shortest: .minutes(1), longest: .days(1))
        budget[FeedID(rawValue: 3)] = .init(demand: nil, shortest: .minutes(30), longest: .minutes(30))
        // One and two an hour are taken by the first and the last.
        let price = budget.price(pollsPerHour: 13)
        #expect(abs(budget.polls(at: price) - 13) < 0.01)
        #expect(abs((budget[FeedID(rawValue: 2)]?.polls(at: price) ?? 0) - 10) < 0.01)
        // More than all of them may take, and less than they need.
        #expect(budget.polls(at: budget.price(pollsPerHour: 1e6)) == 63)
        #expect(budget.polls(at: budget.price(pollsPerHour: 1)) > 2)
        budget[FeedID(rawValue: 3)] = nil
        #expect(budget.polls(at: price) < 12)
    }
}
