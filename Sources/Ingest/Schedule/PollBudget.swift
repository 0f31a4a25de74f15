public import FeedModel

/// What a poll must be worth so that all feeds together keep to a number of polls an hour.
///
/// A feed's polls go as 1 ÷ √price (see `LearnedInterval`), within its own bounds, so there is one price at which the
/// sum is what the budget allows: there no poll could be moved to another feed and find entries sooner on the whole.
public struct PollBudget: Sendable {
    /// What one feed asks for.
    public struct Claim: Hashable, Sendable {
        /// See `PostingRecord.demand`; `nil` for a feed whose interval is not learned.
        public var demand: Double?
        /// The bounds of its interval. Where it is not learned, `shortest` is the interval.
        public var shortest: Duration
        public var longest: Duration

        public init(demand: Double?, shortest: Duration, longest: Duration) {
            self.demand = demand
            self.shortest = shortest
            self.longest = longest
        }

        /// Polls an hour at a price.
        func polls(at price: Double) -> Double {
            let most = 3_600_000 / Double(max(shortest.milliseconds, 1))
            guard let demand else { return most }
            let least = 3_600_000 / Double(max(longest.milliseconds, 1))
            return min(max(demand / price.squareRoot(), least), most)
        }
    }

    /// A feed that nothing is known of yet counts as one with an entry every four hours.
    public static let unknownDemand = (0.25 / 2.0).squareRoot()

    private var claims: [FeedID: Claim] = [:]

    public init() {}

    public subscript(feed: FeedID) -> Claim? {
        get { claims[feed] }
        set { claims[feed] = newValue }
    }

    /// Polls an hour, all feeds together.
    public func polls(at price: Double) -> Double { claims.values.reduce(0) { $0 + $1.polls(at: price) } }

    /// Prices between which one is looked for: a poll is made for a second of waiting, or not for ten years of it.
    private static let cheapest = 1.0 / 3600
    private static let dearest = 10.0 * 365 * 24

    /// The lowest price at which feeds ask for no more than so many polls an hour; the dearest where they do at any price.
    public func price(pollsPerHour: Double) -> Double {
        var (low, high) = (PollBudget.cheapest, PollBudget.dearest)
        if polls(at: low) <= pollsPerHour { return low }
        // By halves of the exponent: 40 of them leave no difference that a clock could show.
        for _ in 0..<40 {
            let middle = (low * high).squareRoot()
            if polls(at: middle) <= pollsPerHour { high = middle } else { low = middle }
        }
        return high
    }
}
