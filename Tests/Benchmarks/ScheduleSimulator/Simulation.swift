import FeedModel
import HeapModule
import Ingest

/// What came of a policy.
struct Outcome {
    var polls = 0
    var emptyPolls = 0
    var missed = 0
    var entries = 0
    var meanDelay = 0.0
    var delay95 = 0.0
}

/// Runs a policy over all publishers, under a virtual clock.
struct Simulation {
    let publishers: [Publisher]
    /// Hours before anything counts, and the hours that count.
    let warmUp: Double
    let measured: Double

    private struct Turn: Comparable {
        var at: Double
        var feed: Int
        static func < (a: Turn, b: Turn) -> Bool { a.at < b.at }
    }

    /// - Parameter pollsPerHour: of a policy with prices.
    func run<P: Policy>(_ policy: P, pollsPerHour: Double? = nil) -> Outcome {
        var policies = [P](repeating: policy, count: publishers.count)
        // By feed: entries that have been published and seen, and the last poll.
        var seen = [Int](repeating: 0, count: publishers.count)
        var published = [Int](repeating: 0, count: publishers.count)
        var last = [Double?](repeating: nil, count: publishers.count)
        var outcome = Outcome()
        var delays: [Float] = []
        var budget = PollBudget()
        var price = LearnedInterval.usualPrice
        var priceUntil = 0.0
        let end = warmUp + measured
        var turns = Heap<Turn>()
        var random = SeededGenerator(seed: 1)
        for feed in publishers.indices {
            turns.insert(Turn(at: random.unit(), feed: feed))
            budget[FeedID(rawValue: Int64(feed))] = .init(
                demand: PollBudget.unknownDemand, shortest: .minutes(5), longest: .hours(24))
        }
        while let turn = turns.popMin(), turn.at < end {
            let feed = turn.feed
            let entries = publishers[feed].entries
            var count = published[feed]
            while count < entries.count, entries[count] <= turn.at { count += 1 }
            published[feed] = count
            let first = max(count - publishers[feed].window, 0)
            // What it held before its first document was no news.
            let isFirst = last[feed] == nil
            let counts = turn.at >= warmUp && !isFirst
            let new = count - max(seen[feed], first)
            if counts {
                outcome.polls += 1
                if new == 0 { outcome.emptyPolls += 1 }
                for index in seen[feed]..<max(count, seen[feed]) where entries[index] >= warmUp {
                    if index < first { outcome.missed += 1 } else { delays.append(Float(turn.at - entries[index])) }
                }
            }
            if let pollsPerHour, turn.at >= priceUntil {
                price = budget.price(pollsPerHour: pollsPerHour)
                priceUntil = turn.at + 1
            }
            let sight = Sight(
                now: Clock.instant(turn.at), last: last[feed].map(Clock.instant),
                dates: publishers[feed].hasDates ? entries[first..<count] : [], count: count - first,
                new: new, known: max(min(seen[feed], count) - first, 0))
            let wait = policies[feed].wait(sight, price: price)
            if let demand = policies[feed].demand {
                budget[FeedID(rawValue: Int64(feed))]?.demand = demand
            }
            seen[feed] = count
            last[feed] = turn.at
            turns.insert(Turn(at: turn.at + wait, feed: feed))
        }
        delays.sort()
        outcome.entries = delays.count + outcome.missed
        outcome.meanDelay = Double(delays.reduce(0.0) { $0 + Double($1) }) / Double(max(delays.count, 1))
        outcome.delay95 = delays.isEmpty ? 0 : Double(delays[delays.count * 95 / 100])
        return outcome
    }
}
