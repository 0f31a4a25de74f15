public import FeedModel
import Glibc

/// When a feed has posted: its rate over several spans of time, and its rhythm over the day and the week.
///
/// It is fed with instants of entries and with silence, forgets slowly, and takes 300 bytes however long the feed is
/// followed. What it gives is an intensity: entries an hour to be expected at an instant.
///
///     intensity(t) = rate × hour(t) × day(t)
///
/// - **rate** is a mean of four estimates that look back over hours, a day, two weeks and two months. Each is weighed by
///   how well it has foretold the entries so far, so that a feed that posts in bursts is followed into and out of them,
///   and a steady one is not disturbed by chance. An estimate that has seen little leans on the next longer one.
/// - **hour** and **day** (GMT) say how much more is posted then than on average; where little is known they stay near 1.
///   They are counts held against the time that was watched, so that a document that holds the last three hours alone
///   does not make those the busy ones.
public struct PostingHistory: Hashable, Sendable {
    /// All up to here has been taken in.
    public private(set) var asOf: Timestamp
    /// The newest entry's instant.
    public private(set) var newest: Timestamp?

    private struct Scale: Hashable {
        /// Entries, and hours of ordinary activity in which they came, both forgotten with the scale's time.
        var count = 0.0
        var exposure = 0.0
        /// How well it has foretold, as a logarithm.
        var merit = 0.0
    }

    fileprivate struct Bin: Hashable {
        var count = 0.0
        /// Hours that were watched.
        var exposure = 0.0
    }

    private var scales = [Scale](repeating: Scale(), count: memories.count)
    private var hours = [Bin](repeating: Bin(), count: 24)
    private var days = [Bin](repeating: Bin(), count: 7)
    /// The longest time between two entries, in hours; it fades within months.
    private(set) var longestGap = 0.0

    /// Hours after which an estimate has forgotten two thirds.
    private static let memories: [Double] = [3, 24, 14 * 24, 60 * 24]
    /// Before anything is known: half an entry in two hours, which a few hours of silence outweigh.
    private static let priorCount = 0.5
    private static let priorExposure = 2.0
    /// An estimate leans on the next longer one with the weight of so many entries.
    private static let leaning = 1.0
    /// How much of an estimate's merit is kept at each entry.
    private static let meritKept = 0.98
    /// As many entries as must speak for an hour, or a day, before what they say counts half.
    private static let hourPrior = 2.0
    private static let dayPrior = 6.0

    /// A feed that nothing is known of.
    public init(at now: Timestamp) { asOf = now }

    /// Years ago does not matter any more, and 1970 is no date.
    private static let lookBack: Duration = .days(3 * 365)

    /// What a first document shows: distinct instants, each taken for one entry, and the silence since.
    public init(first instants: some Sequence<Timestamp?>, at now: Timestamp) {
        let past = Set(instants.compactMap(\.self)).filter { $0 <= now && $0 > now - PostingHistory.lookBack }.sorted()
        // The oldest begins the time that is known of.
        self.init(at: past.first ?? now)
        newest = past.first
        observe(Array(past.dropFirst()), until: now)
    }

    // MARK: taking in

    /// Takes in the entries that have come since `asOf`, oldest first, and the silence after them.
    public mutating func observe(_ instants: [Timestamp], until now: Timestamp) {
        let rhythm = Rhythm(hours: hours, days: days)
        for instant in instants {
            advance(to: min(instant, now), rhythm)
            add(rhythm)
            if let newest { longestGap = max(longestGap, Double((instant - newest).milliseconds) / 3_600_000) }
            newest = max(newest ?? instant, instant)
        }
        advance(to: now, rhythm)
    }

    /// What an entry without a usable date is taken for: entries that came between two polls are spread evenly.
    public static func spread(_ count: Int, from start: Timestamp, to end: Timestamp) -> [Timestamp] {
        let span = max(end - start, .zero)
        return (0..<count).map { start + span * (2 * $0 + 1) / (2 * count) }
    }

    /// Silence, in pieces that grow with it: what a scale believes changes on the way.
    private mutating func advance(to end: Timestamp, _ rhythm: Rhythm) {
        let start = newest ?? asOf
        while asOf < end {
            let silence = asOf - start
            step(to: min(asOf + max(silence / 8, .hours(1)), end), rhythm)
        }
    }

    private mutating func step(to end: Timestamp, _ rhythm: Rhythm) {
        let elapsed = Double((end - asOf).milliseconds) / 3_600_000
        var exposure = 0.0
        if elapsed > PostingHistory.longestWalk {
            // Over weeks the rhythm evens out.
            exposure = elapsed
            for index in hours.indices { hours[index].exposure += elapsed / 24 }
            for index in days.indices { days[index].exposure += elapsed / 7 }
        } else {
            HourWalk.forEach(from: asOf, to: end) { hour, day, length in
                hours[hour].exposure += length
                days[day].exposure += length
                exposure += length * rhythm.factor(hour: hour, day: day)
                return true
            }
        }
        let beliefs = self.beliefs
        for (index, memory) in PostingHistory.memories.enumerated() {
            let (count, hours) = beliefs[index]
            scales[index].merit += count * log(hours / (hours + exposure))
            let kept = exp(-elapsed / memory)
            scales[index].count *= kept
            scales[index].exposure =
                scales[index].exposure * kept + exposure * (1 - kept) * memory / elapsed
        }
        forgetRhythm(exp(-elapsed / PostingHistory.rhythmMemory))
        longestGap *= exp(-elapsed / PostingHistory.gapMemory)
        asOf = end
    }

    /// Hours beyond which silence is taken in as a whole.
    private static let longestWalk = 14.0 * 24
    private static let rhythmMemory = 60.0 * 24
    private static let gapMemory = 360.0 * 24

    private mutating func forgetRhythm(_ kept: Double) {
        for index in hours.indices {
            hours[index].count *= kept
            hours[index].exposure *= kept
        }
        for index in days.indices {
            days[index].count *= kept
            days[index].exposure *= kept
        }
    }

    /// An entry, at `asOf`.
    private mutating func add(_ rhythm: Rhythm) {
        let beliefs = self.beliefs
        for index in scales.indices {
            let (count, hours) = beliefs[index]
            scales[index].merit = scales[index].merit * PostingHistory.meritKept + log(count / hours)
            scales[index].count += 1
        }
        let best = scales.map(\.merit).max() ?? 0
        for index in scales.indices { scales[index].merit -= best }
        let (hour, day) = HourWalk.place(of: asOf)
        hours[hour].count += 1
        days[day].count += 1
    }

    // MARK: what is to be expected

    /// What each scale goes by: entries, and hours in which they came, what it leans on included.
    private var beliefs: [(count: Double, hours: Double)] {
        var beliefs = [(count: Double, hours: Double)](repeating: (0, 0), count: scales.count)
        var (count, hours) = (PostingHistory.priorCount, PostingHistory.priorExposure)
        for index in scales.indices.reversed() {
            beliefs[index] = (scales[index].count + count, scales[index].exposure + hours)
            // The shorter one takes this rate with the weight of few entries.
            (count, hours) = (
                PostingHistory.leaning, PostingHistory.leaning * beliefs[index].hours / beliefs[index].count
            )
        }
        return beliefs
    }

    /// Entries an hour, averaged over day and week.
    public var rate: Double {
        let beliefs = self.beliefs
        let best = scales.map(\.merit).max() ?? 0
        var (sum, weights) = (0.0, 0.0)
        for (scale, belief) in zip(scales, beliefs) {
            let weight = exp(scale.merit - best)
            sum += weight * belief.count / belief.hours
            weights += weight
        }
        return sum / weights
    }

    var rhythm: Rhythm { Rhythm(hours: hours, days: days) }

    /// Entries an hour over weeks, whatever the last days were like: the lesser of what the two long memories hold.
    var steadyRate: Double { beliefs.suffix(2).map { $0.count / $0.hours }.min() ?? 0 }

    /// Entries that the longest memory holds.
    var evidence: Double { scales.last?.count ?? 0 }

    /// Whether a day of the week has been watched for most of it, so that it is known what is posted then.
    func hasWatched(day: Int) -> Bool { days[day].exposure >= 18 }

    /// How much more or less than on average is posted in an hour of the day and on a day of the week.
    struct Rhythm {
        private(set) var hours: [Double]
        private(set) var days: [Double]

        fileprivate init(hours: [Bin], days: [Bin]) {
            self.hours = Rhythm.factors(hours, prior: PostingHistory.hourPrior, isSmooth: true)
            self.days = Rhythm.factors(days, prior: PostingHistory.dayPrior, isSmooth: false)
        }

        func factor(hour: Int, day: Int) -> Double { hours[hour] * days[day] }

        /// Against what an even rate would have given in the time watched; their mean is 1.
        private static func factors(_ bins: [Bin], prior: Double, isSmooth: Bool) -> [Double] {
            let (count, exposure) = bins.reduce((0, 0)) { ($0.0 + $1.count, $0.1 + $1.exposure) }
            guard count > 0, exposure > 0 else { return [Double](repeating: 1, count: bins.count) }
            let even = count / exposure
            var factors = bins.indices.map { index in
                var (seen, expected) = (bins[index].count, bins[index].exposure * even)
                if isSmooth {
                    // Half of it, and a quarter of each neighbour: nobody posts by the clock to the hour.
                    let before = bins[(index + bins.count - 1) % bins.count]
                    let after = bins[(index + 1) % bins.count]
                    seen = seen / 2 + (before.count + after.count) / 4
                    expected = expected / 2 + (before.exposure + after.exposure) / 4 * even
                }
                return (seen + prior) / (expected + prior)
            }
            let mean = factors.reduce(0, +) / Double(factors.count)
            for index in factors.indices { factors[index] /= mean }
            return factors
        }
    }

    // MARK: keeping

    private static let form: UInt8 = 2
    private static let size = 1 + 16 + 4 * (3 * 4 + 2 * 24 + 2 * 7 + 1)
    /// An earlier form did not hold the longest gap, which stood at the end.
    private static let formWithoutGap: UInt8 = 1
    /// What is taken for it then, in hours: a weekend and more.
    private static let unknownGap = 96.0

    /// As the archive keeps it.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = [PostingHistory.form]
        bytes.reserveCapacity(PostingHistory.size)
        func put(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        func put(_ value: Double) { put(Float(value).bitPattern) }
        put(asOf.milliseconds)
        put(newest?.milliseconds ?? .min)
        for scale in scales {
            put(scale.count)
            put(scale.exposure)
            put(scale.merit)
        }
        for bin in hours + days {
            put(bin.count)
            put(bin.exposure)
        }
        put(longestGap)
        return bytes
    }

    /// `nil` for bytes of another form: the history begins anew.
    public init?(bytes: [UInt8]) {
        let hasGap = bytes.first == PostingHistory.form
        guard hasGap || bytes.first == PostingHistory.formWithoutGap,
            bytes.count == PostingHistory.size - (hasGap ? 0 : 4)
        else { return nil }
        var index = 1
        func take<Value: FixedWidthInteger>(_: Value.Type) -> Value {
            defer { index += MemoryLayout<Value>.size }
            return bytes[index..<(index + MemoryLayout<Value>.size)].enumerated().reduce(0) {
                $0 | Value(truncatingIfNeeded: $1.element) << Value($1.offset * 8)
            }
        }
        func take() -> Double {
            let value = Double(Float(bitPattern: take(UInt32.self)))
            return value.isFinite ? value : 0
        }
        self.init(at: Timestamp(milliseconds: take(Int64.self)))
        let newest = take(Int64.self)
        self.newest = newest == .min ? nil : Timestamp(milliseconds: newest)
        for index in scales.indices { scales[index] = Scale(count: take(), exposure: take(), merit: take()) }
        for index in hours.indices { hours[index] = Bin(count: take(), exposure: take()) }
        for index in days.indices { days[index] = Bin(count: take(), exposure: take()) }
        longestGap = hasGap ? take() : max(PostingHistory.unknownGap, 1 / steadyRate)
    }
}

/// Walks from one instant to another by hours of the clock (GMT).
enum HourWalk {
    /// Hour of the day, and day of the week, 0 being Sunday.
    static func place(of instant: Timestamp) -> (hour: Int, day: Int) {
        let hours = instant.milliseconds.flooredHours
        // 1970-01-01 was a Thursday.
        let day = (Int((hours - hours.flooredRemainder(24)) / 24 % 7) + 11) % 7
        return (Int(hours.flooredRemainder(24)), day)
    }

    /// - Parameter body: gets hour, day and length in hours of each piece; `false` ends the walk.
    static func forEach(
        from start: Timestamp, to end: Timestamp, _ body: (_ hour: Int, _ day: Int, _ length: Double) -> Bool
    ) {
        var at = start.milliseconds
        var (hour, day) = place(of: start)
        while at < end.milliseconds {
            let next = min((at.flooredHours + 1) * 3_600_000, end.milliseconds)
            guard body(hour, day, Double(next - at) / 3_600_000) else { return }
            at = next
            hour += 1
            if hour == 24 { (hour, day) = (0, (day + 1) % 7) }
        }
    }
}

extension Timestamp {
    /// How much of the clock's hour has passed, 0 to 1.
    var partOfHour: Double { Double(milliseconds - milliseconds.flooredHours * 3_600_000) / 3_600_000 }
}

extension Int64 {
    fileprivate var flooredHours: Int64 { self >= 0 ? self / 3_600_000 : (self - 3_599_999) / 3_600_000 }
    fileprivate func flooredRemainder(_ divisor: Int64) -> Int64 { (self % divisor + divisor) % divisor }
}
