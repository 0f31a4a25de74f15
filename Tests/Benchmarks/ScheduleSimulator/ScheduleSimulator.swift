import ArgumentParser
import FeedModel
import Glibc
import Ingest

/// How soon news is found: the program's schedule beside those of other feed readers, at an equal number of polls.
@main
struct ScheduleSimulator: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule-simulator",
        abstract: "Simulates how soon polls find entries, under several policies, at an equal number of polls.")

    @Option(help: "How many feeds.") var feeds = 10_000
    @Option(help: "Weeks that count, after four of learning.") var weeks = 6
    @Option(help: "Another seed is another world.") var seed: UInt64 = 1

    @Flag(help: "How often silence is told, rightly and wrongly, instead.") var silence = false

    func run() throws {
        let (warmUp, measured) = (28 * 24.0, Double(weeks) * 168)
        let publishers = (0..<feeds).map { Publisher(seed: seed << 32 + UInt64($0), hours: warmUp + measured) }
        let simulation = Simulation(publishers: publishers, warmUp: warmUp, measured: measured)
        let perDay = publishers.map { Double($0.entries.count) / (warmUp + measured) * 24 }.sorted()
        print(
            "\(feeds) feeds, \(publishers.reduce(0) { $0 + $1.entries.count }) entries; entries a day: "
                + "median \(two(perDay[feeds / 2])), 99 % \(two(perDay[feeds * 99 / 100])), most \(two(perDay.last ?? 0))"
        )
        if silence { return SilenceTrial(publishers: publishers, warmUp: warmUp, measured: measured).run() }
        let halfGap = simulation.run(HalfGap(scale: 1))
        table(simulation, "as many polls as CommaFeed's rule makes", polls: halfGap.polls)
        let frequency = simulation.run(EntryFrequency(factor: 1))
        table(simulation, "as many polls as Miniflux's rule makes with factor 1", polls: frequency.polls)
    }

    /// One line a policy, each brought to the same number of polls.
    private func table(_ simulation: Simulation, _ title: String, polls: Int) {
        print("\n\(title): \(polls)\n")
        print("| policy | mean delay, min | 95 %, min | polls | empty | missed entries |\n|---|---|---|---|---|---|")
        let hours = simulation.measured
        let others = [
            ("fixed", fit(polls, low: 1.0 / 12, high: 48) { simulation.run(Fixed(interval: $0)) }),
            (
                "Miniflux: week's entries",
                fit(polls, low: 1e-3, high: 1e3) { simulation.run(EntryFrequency(factor: 1 / $0)) }
            ),
            ("CommaFeed: half the gap", fit(polls, low: 1e-3, high: 1e3) { simulation.run(HalfGap(scale: $0)) }),
        ]
        for (name, outcome) in others { line(name, outcome) }
        let own = fit(polls, low: 0.5, high: 2) {
            simulation.run(Learned(), pollsPerHour: Double(polls) / hours / $0)
        }
        line("learned", own)
        if let best = others.map(\.1.meanDelay).min() {
            print("\nmean delay \(two((1 - own.meanDelay / best) * 100)) % below the best of the others")
        }
    }

    /// The parameter at which a policy makes no more than so many polls, and nearly as many; more of it is fewer polls.
    private func fit(_ polls: Int, low: Double, high: Double, _ run: (Double) -> Outcome) -> Outcome {
        var (low, high) = (low, high)
        var best: Outcome?
        for _ in 0..<12 {
            let middle = (low * high).squareRoot()
            let outcome = run(middle)
            if outcome.polls > polls {
                low = middle
            } else {
                high = middle
                best = outcome
                if outcome.polls > polls * 995 / 1000 { break }
            }
        }
        return best ?? run(high)
    }

    private func line(_ name: String, _ outcome: Outcome) {
        let empty = Double(outcome.emptyPolls) / Double(max(outcome.polls, 1)) * 100
        print(
            "| \(name) | \(two(outcome.meanDelay * 60)) | \(two(outcome.delay95 * 60)) | \(outcome.polls) | "
                + "\(two(empty)) % | \(outcome.missed) of \(outcome.entries) |")
    }

    private func two(_ value: Double) -> String {
        let scaled = (value * 100).rounded() / 100
        return value >= 100 ? String(Int(value.rounded())) : String(scaled)
    }
}
