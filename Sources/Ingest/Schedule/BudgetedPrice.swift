public import Archive
public import FeedModel

/// The price of a poll under the configuration's `polls_per_hour`, as feeds change what they ask for.
public struct BudgetedPrice: Sendable {
    /// `nil` without a budget.
    private var pollsPerHour: Double?
    private var budget = PollBudget()
    private var current = LearnedInterval.usualPrice
    private var isValidUntil: Timestamp?

    /// Feeds change slowly: the price is found anew once a minute.
    private static let validity: Duration = .minutes(1)

    public init() {}

    /// - Parameter indexOfURL: into the configuration's feeds.
    public init(_ feeds: [ScheduledFeed], _ configuration: Configuration, indexOfURL: [String: Int]) {
        guard let pollsPerHour = configuration.schedule.pollsPerHour else { return }
        self.pollsPerHour = Double(pollsPerHour)
        let schedule = configuration.schedule
        for feed in feeds {
            guard let index = indexOfURL[feed.configuredURL] else { continue }
            var interval = configuration.feeds[index].interval
            if feed.state != .active, let waits = feed.interval { interval = .every(waits) }
            budget[feed.id] = BudgetedPrice.claim(
                state: feed.state, interval, demand: feed.demand, publishersWait: feed.publishersWait,
                minInterval: schedule.minInterval, maxInterval: schedule.maxInterval)
        }
    }

    /// What a poll has changed.
    mutating func note(_ poll: PollState, of feed: FeedID, rules: ScheduleRules) {
        guard pollsPerHour != nil else { return }
        var interval = rules.configured.map(FeedConfiguration.Interval.every) ?? .auto
        if poll.state != .active, let waits = poll.interval { interval = .every(waits) }
        budget[feed] = BudgetedPrice.claim(
            state: poll.state, interval, demand: poll.posting.demand, publishersWait: poll.hints.publishersWait,
            minInterval: rules.minInterval, maxInterval: rules.maxInterval)
    }

    private static func claim(
        state: PollState.State, _ interval: FeedConfiguration.Interval, demand: Double?, publishersWait: Duration?,
        minInterval: Duration, maxInterval: Duration
    ) -> PollBudget.Claim? {
        if state == .gone || state == .disabled { return nil }
        switch interval {
        case .every(let interval):
            return PollBudget.Claim(demand: nil, shortest: max(interval, minInterval), longest: interval)
        case .auto:
            return PollBudget.Claim(
                demand: demand ?? PollBudget.unknownDemand,
                shortest: min(max(publishersWait ?? .zero, minInterval), maxInterval), longest: maxInterval)
        }
    }

    /// In hours that entries wait; see `LearnedInterval`.
    public mutating func price(at now: Timestamp) -> Double {
        guard let pollsPerHour else { return LearnedInterval.usualPrice }
        // The clock may have been set back.
        if let isValidUntil, now < isValidUntil, isValidUntil - now <= BudgetedPrice.validity { return current }
        current = budget.price(pollsPerHour: pollsPerHour)
        isValidUntil = now + BudgetedPrice.validity
        return current
    }
}
