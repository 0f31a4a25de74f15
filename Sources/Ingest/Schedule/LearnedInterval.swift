public import FeedModel

/// The interval that a feed's own posting suggests.
///
/// Each poll has a price, in hours that entries wait for us. Polls are planned so that price and waiting together are
/// least. At a steady rate r and a price p that is a poll every √(2p ÷ r):
///
/// | rate         | wait at the usual price |
/// |--------------|-------------------------|
/// | 10 an hour   | 9.5 min                 |
/// | 1 an hour    | 30 min                  |
/// | 1 a day      | 2.4 h                   |
/// | 1 a week     | 6.5 h                   |
///
/// So polls go as the square root of the rate, which for a number of polls gives the least delay over all entries (Sia,
/// Cho and Cho, "Efficient Monitoring Algorithm for Fast News Alerts", IEEE TKDE 2007). Where the rate has a rhythm they
/// move to the hours after which most has been posted.
public struct LearnedInterval {
    /// Hours of waiting that a poll is worth, unless a budget sets the price.
    public static let usualPrice = 0.125

    private let rate: Double
    private let rhythm: PostingHistory.Rhythm
    private let price: Double
    /// Entries that may come before the next poll, so that none scrolls out unseen.
    private let mostExpected: Double

    /// The share of a document that may be new at the next poll.
    private static let fillOfWindow = 0.25
    /// Intervals, in hours, for which a plan is worth its time: shorter ones end before a rhythm has changed, over longer
    /// ones it evens out.
    private static let plannedIntervals = 2.0..<120.0

    /// - Parameters:
    ///   - history: up to the instant from which the wait counts.
    ///   - price: hours that entries wait.
    ///   - window: entries that a document of this feed holds; 0 if that is not known.
    ///   - narrowStreak: see `PostingRecord`; each halves what may come.
    public init(_ history: PostingHistory, price: Double, window: Int = 0, narrowStreak: Int = 0) {
        rate = history.rate
        rhythm = history.rhythm
        self.price = price
        let share = LearnedInterval.fillOfWindow / Double(1 << min(narrowStreak, 10))
        mostExpected = window > 1 ? max(Double(window) * share, 0.5) : .infinity
    }

    /// - Parameter longest: the wait is no longer than this.
    public func wait(from now: Timestamp, longest: Duration) -> Duration {
        let even = min((2 * price / rate).squareRoot(), mostExpected / rate)
        return LearnedInterval.plannedIntervals.contains(even)
            ? plannedWait(from: now, longest: longest) : waitUntilWorthIt(from: now, longest: longest)
    }

    /// Polls an hour that the feed is worth at a price of 1; at a price p, so many ÷ √p.
    public var demand: Double {
        func meanRoot(_ factors: [Double]) -> Double {
            factors.reduce(0) { $0 + $1.squareRoot() } / Double(factors.count)
        }
        return (rate / 2).squareRoot() * meanRoot(rhythm.hours) * meanRoot(rhythm.days)
    }

    /// Until the entries to be expected have together waited for the price.
    private func waitUntilWorthIt(from now: Timestamp, longest: Duration) -> Duration {
        var (expected, waited, hours) = (0.0, 0.0, 0.0)
        HourWalk.forEach(from: now, to: now + longest) { hour, day, length in
            let intensity = rate * rhythm.factor(hour: hour, day: day)
            // waited + expected × x + intensity × x² ÷ 2 reaches the price, or expected + intensity × x the most.
            let root = (expected * expected + 2 * intensity * (price - waited)).squareRoot()
            let step = min(root - expected, mostExpected - expected) / intensity
            guard step > length else {
                hours += max(step, 0)
                return false
            }
            waited += (expected + intensity * length / 2) * length
            expected += intensity * length
            hours += length
            return true
        }
        return .milliseconds(Int64(hours * 3_600_000))
    }

    /// How far ahead polls are planned, in hours: two days show what the hour of the day is worth.
    private static let horizon = 48
    private static let longestPlanned = 7 * 24

    /// The first step of the cheapest way through the next days, in steps of an hour from now on: each poll costs its
    /// price, and each entry the time until the poll after it.
    private func plannedWait(from now: Timestamp, longest: Duration) -> Duration {
        let reach = min(max(Int(longest.milliseconds / 3_600_000), 1), LearnedInterval.longestPlanned)
        let horizon = max(LearnedInterval.horizon, reach)
        let nodes = horizon + reach
        // By node: entries expected up to it, and how long they have waited if nobody polls.
        var expected = [0.0]
        var waited = [0.0]
        expected.reserveCapacity(nodes + 1)
        waited.reserveCapacity(nodes + 1)
        var (hour, day) = HourWalk.place(of: now)
        let past = now.partOfHour
        for node in 0..<nodes {
            let here = rhythm.factor(hour: hour, day: day)
            hour += 1
            if hour == 24 { (hour, day) = (0, (day + 1) % 7) }
            let intensity = rate * (here * (1 - past) + rhythm.factor(hour: hour, day: day) * past)
            waited.append(waited[node] + expected[node] + intensity / 2)
            expected.append(expected[node] + intensity)
        }
        // Beyond the horizon each hour is worth what hours cost on average.
        let costOfHour = 2 * price.squareRoot() * demand
        var cost = (0...nodes).map { -costOfHour * Double(max($0 - horizon, 0)) }
        var first = reach
        for node in stride(from: horizon - 1, through: 0, by: -1) {
            cost[node] = .infinity
            for next in (node + 1)...(node + reach) {
                let came = expected[next] - expected[node]
                if came > mostExpected, next > node + 1 { break }
                let waiting = waited[next] - waited[node] - expected[node] * Double(next - node)
                let total = price + waiting + cost[next]
                if total < cost[node] {
                    cost[node] = total
                    if node == 0 { first = next }
                }
            }
        }
        return min(.hours(Int64(first)), longest)
    }
}
