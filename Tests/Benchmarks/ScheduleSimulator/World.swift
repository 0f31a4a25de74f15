import FeedModel
import Glibc

/// splitmix64: the same numbers on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// 0 to 1, never 0.
    mutating func unit() -> Double { Double(next() >> 11 | 1) / Double(1 << 53) }
    mutating func exponential(mean: Double) -> Double { -mean * log(unit()) }
    mutating func normal() -> Double { (-2 * log(unit())).squareRoot() * cos(2 * .pi * unit()) }
    mutating func pick<Value>(_ values: [Value]) -> Value { values[Int(next() % UInt64(values.count))] }
    mutating func chance(_ p: Double) -> Bool { unit() < p }
}

/// What one publisher does, from the beginning to the end of the simulation. Times are hours since its start.
struct Publisher {
    /// When each entry came out, in order.
    private(set) var entries: [Double]
    /// Entries that the document holds.
    let window: Int
    /// Its entries bear dates.
    let hasDates: Bool
    /// When it posts nothing at all, in order.
    let silences: [(from: Double, to: Double)]

    /// Entries a day: half of all feeds post less than twice a week, one in a hundred more than 25 times a day.
    private static func entriesPerDay(_ random: inout SeededGenerator) -> Double {
        min(0.3 * exp(1.9 * random.normal()), 300)
    }

    /// How much is posted in an hour of the day, by kind of publisher; the mean is 1.
    private enum Day: CaseIterable {
        case newsroom, evenings, night, even

        var profile: [Double] {
            let raw: [Double] = (0..<24).map { hour in
                let h = Double(hour)
                func hump(_ at: Double, _ width: Double) -> Double { exp(-pow((h - at) / width, 2)) }
                return switch self {
                case .newsroom: 0.1 + 1.2 * hump(9, 2.5) + hump(15, 3.5) + 0.3 * hump(20, 2)
                case .evenings: 0.1 + 0.4 * hump(12, 2) + 1.2 * hump(20.5, 2)
                case .night: 0.05 + 2 * hump(5, 1.2)
                case .even: 1
                }
            }
            let mean = raw.reduce(0, +) / 24
            return raw.map { $0 / mean }
        }
    }

    private static let profiles = Day.allCases.map(\.profile)

    init(seed: UInt64, hours: Double) {
        var random = SeededGenerator(seed: seed)
        let rate = Publisher.entriesPerDay(&random) / 24
        let kind = random.unit()
        let profile = Publisher.profiles[kind < 0.5 ? 0 : kind < 0.75 ? 1 : kind < 0.85 ? 2 : 3]
        let offset = random.pick([-8, -5, -3, 0, 1, 2, 3, 5, 8, 9])
        let weekend = random.pick([0.15, 0.5, 1, 1.6])
        let weekMean = (5 + 2 * weekend) / 7
        window = random.pick([10, 10, 15, 20, 20, 25, 30, 50])
        hasDates = !random.chance(0.05)
        // One in five falls silent for a month on average, and comes back.
        let fallsSilent = random.chance(0.2)
        // One in ten posts by the batch, at its hour.
        let batch = random.chance(0.1) ? 3 + Int(random.unit() * 7) : 1
        // News breeds news: each entry may be followed by others soon after.
        let children = random.chance(0.5) ? random.unit() * 0.6 : 0
        let soon = 0.2 + random.unit() * 1.8

        var silences: [(from: Double, to: Double)] = []
        var at = fallsSilent ? random.exponential(mean: 45 * 24) : .infinity
        while at < hours {
            let end = at + random.exponential(mean: 30 * 24)
            silences.append((at, end))
            at = end + random.exponential(mean: 45 * 24)
        }

        self.silences = silences
        entries = []
        let peak = (profile.max() ?? 1) * max(1, weekend) / weekMean
        let roots = rate * (1 - children) / Double(batch)
        var time = random.exponential(mean: 1 / (roots * peak))
        while time < hours {
            let local = time + Double(offset) + 336
            let day = Int(local / 24) % 7
            let intensity = profile[Int(local) % 24] * (day >= 5 ? weekend : 1) / weekMean
            if random.unit() * peak < intensity, !silences.contains(where: { $0.from <= time && time < $0.to }) {
                for _ in 0..<batch { breed(time, children, soon, hours, &random) }
            }
            time += random.exponential(mean: 1 / (roots * peak))
        }
        entries.sort()
    }

    private mutating func breed(
        _ time: Double, _ children: Double, _ soon: Double, _ end: Double, _ random: inout SeededGenerator
    ) {
        var waiting = [time]
        while let at = waiting.popLast() {
            guard at < end else { continue }
            entries.append(at)
            while random.chance(children / (1 + children)) { waiting.append(at + random.exponential(mean: soon)) }
        }
    }
}
