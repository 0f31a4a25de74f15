import FeedModel
import Ingest

/// What a poll has seen, for a policy to find the next one by.
struct Sight {
    var now: Timestamp
    /// The poll before, if there was one.
    var last: Timestamp?
    /// The document's entries, oldest first, as they are dated; empty where they bear no dates.
    var dates: ArraySlice<Double>
    var count: Int
    /// How many of them are new, and how many of those have gone that were known.
    var new: Int
    var known: Int
}

/// When to poll next. One value follows one feed.
protocol Policy {
    /// Hours from now.
    mutating func wait(_ sight: Sight, price: Double) -> Double
    /// Polls an hour at a price of 1, where the policy has prices.
    var demand: Double? { get }
}

extension Policy {
    var demand: Double? { nil }
}

enum Clock {
    /// A Monday, 00:00 GMT.
    static let start = Timestamp(seconds: 1_795_996_800)

    static func instant(_ hours: Double) -> Timestamp { start + .milliseconds(Int64(hours * 3_600_000)) }
    static func hours(_ instant: Timestamp) -> Double { Double((instant - start).milliseconds) / 3_600_000 }
}

/// The program's own rules.
struct Learned: Policy {
    private var record = PostingRecord()
    private static let rules = ScheduleRules(
        minInterval: .minutes(5), maxInterval: .hours(24), retryFirst: .minutes(1), retryMax: .hours(24),
        giveUpAfter: .days(60))

    var demand: Double? { record.demand }
    var losses: Int { record.losses }
    var silenceAlarm: Timestamp? { record.silenceAlarm }

    mutating func wait(_ sight: Sight, price: Double) -> Double {
        let isDated = !sight.dates.isEmpty
        if sight.new > 0 || record.history == nil {
            let dates: [Timestamp?] =
                isDated ? sight.dates.map(Clock.instant) : Array(repeating: nil, count: sight.count)
            record.learn(
                arrivals: Array(dates.suffix(sight.new)), known: sight.known, document: dates, since: sight.last,
                at: sight.now)
        }
        var hints = ScheduleHints()
        hints.learned = record.wait(at: sight.now, price: price, longest: Learned.rules.maxInterval)
        let next = NextPoll.afterSuccess(at: sight.now, hints: hints, freshness: nil, rules: Learned.rules)
        return Double((next.interval ?? .hours(1)).milliseconds) / 3_600_000
    }
}

/// Every feed alike.
struct Fixed: Policy {
    var interval: Double
    mutating func wait(_ sight: Sight, price: Double) -> Double { interval }
}

/// Miniflux's entry frequency: one week ÷ (the week's entries × factor), 5 min to 24 h.
struct EntryFrequency: Policy {
    var factor: Double
    /// Instants of the last week's entries, as they are dated, else as they were found.
    private var week: [Double] = []

    init(factor: Double) { self.factor = factor }

    mutating func wait(_ sight: Sight, price: Double) -> Double {
        let now = Clock.hours(sight.now)
        week += sight.dates.isEmpty ? Array(repeating: now, count: sight.new) : Array(sight.dates.suffix(sight.new))
        week.removeAll { $0 < now - 168 }
        return week.isEmpty ? 24 : min(max(168 / (Double(week.count) * factor), 5.0 / 60), 24)
    }
}

/// CommaFeed's: half of the mean gap, 5 min to 1 h; 1, 2, 4 h when idle for 7, 14, 30 days. `scale` stretches all of it.
struct HalfGap: Policy {
    var scale: Double
    private var seen: [Double] = []

    init(scale: Double) { self.scale = scale }

    mutating func wait(_ sight: Sight, price: Double) -> Double {
        let now = Clock.hours(sight.now)
        if sight.dates.isEmpty {
            seen = (seen + Array(repeating: now, count: sight.new)).suffix(sight.count)
        } else {
            seen = Array(sight.dates)
        }
        guard let newest = seen.last, let oldest = seen.first else { return scale }
        let idle = now - newest
        if idle > 30 * 24 { return 4 * scale }
        if idle > 14 * 24 { return 2 * scale }
        if idle > 7 * 24 || seen.count < 2 { return scale }
        return min(max((newest - oldest) / Double(seen.count - 1) / 2, 5.0 / 60), 1) * scale
    }
}
