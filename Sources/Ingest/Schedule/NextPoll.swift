public import FeedModel

/// When a feed is polled next, and which rule decided it.
public struct NextPoll: Hashable, Sendable {
    /// `nil`: never again by itself.
    public var at: Timestamp?
    /// The wait that the rule asks for.
    public var interval: Duration?
    public var reason: IntervalReason?
}

/// What bounds every wait; from `schedule:` and the feed's own `interval`.
public struct ScheduleRules: Hashable, Sendable {
    public var minInterval: Duration
    public var maxInterval: Duration
    public var retryFirst: Duration
    public var retryMax: Duration
    public var giveUpAfter: Duration
    /// Replaces all but `minInterval`.
    public var configured: Duration?
    /// Of a poll, in hours that entries wait; see `LearnedInterval`.
    public var price = LearnedInterval.usualPrice
    /// How long the polls of a feed wait that a hub may be relied upon for; `nil` where none is.
    public var pushInterval: Duration?
    /// How long the feed may be silent.
    public var silence = SilenceRule.auto

    public init(
        minInterval: Duration, maxInterval: Duration, retryFirst: Duration, retryMax: Duration, giveUpAfter: Duration,
        configured: Duration? = nil, pushInterval: Duration? = nil
    ) {
        self.minInterval = minInterval
        self.maxInterval = maxInterval
        self.retryFirst = retryFirst
        self.retryMax = retryMax
        self.giveUpAfter = giveUpAfter
        self.configured = configured
        self.pushInterval = pushInterval
    }
}

extension NextPoll {
    /// What a feed without any hint is given.
    static let unknownRhythm: Duration = .hours(1)
    /// How often a dead feed is asked.
    static let deadInterval: Duration = .days(30)
    /// A publisher may ask for this much quiet.
    static let longestRetryAfter: Duration = .days(30)

    // MARK: success

    /// After a poll that succeeded: the longest of the learned interval, the response's freshness, ttl and
    /// update period, within the bounds; then out of the hours and days that the feed asks to skip.
    ///
    /// - Parameters:
    ///   - freshness: how long the response stays fresh from now on.
    ///   - pushed: how long polls may wait since a hub sends what is new.
    public static func afterSuccess(
        at now: Timestamp, hints: ScheduleHints, freshness: Duration?, rules: ScheduleRules, pushed: Duration? = nil
    ) -> NextPoll {
        var wait: Duration
        var reason: IntervalReason
        if let configured = rules.configured {
            (wait, reason) = configured < rules.minInterval ? (rules.minInterval, .floor) : (configured, .configured)
        } else {
            (wait, reason) = (hints.learned ?? unknownRhythm, .learned)
            let bounds: [(Duration?, IntervalReason)] = [
                (freshness, .cacheControl), (hints.ttl, .ttl), (hints.updatePeriod, .updatePeriod),
                (pushed, .websub),
            ]
            for case (let bound?, let name) in bounds where bound > wait { (wait, reason) = (bound, name) }
            if wait < rules.minInterval { (wait, reason) = (rules.minInterval, .floor) }
            if wait > rules.maxInterval { (wait, reason) = (rules.maxInterval, .ceiling) }
        }
        let latest = now + max(rules.maxInterval, wait)
        let wanted = now + wait
        let allowed = firstAllowed(from: wanted, until: latest, hints: hints)
        guard allowed > wanted else { return NextPoll(at: wanted, interval: wait, reason: reason) }
        return NextPoll(at: allowed, interval: allowed - now, reason: .skipHours)
    }

    /// The first instant that lies in no hour and on no day to skip (GMT); `latest` where there is none.
    private static func firstAllowed(from wanted: Timestamp, until latest: Timestamp, hints: ScheduleHints) -> Timestamp
    {
        guard hints.skipHours != 0 || hints.skipDays != 0 else { return wanted }
        var candidate = wanted
        while candidate < latest {
            let time = candidate.civil
            if hints.skipHours & (1 << UInt32(time.hour)) == 0, hints.skipDays & (1 << UInt8(time.weekday)) == 0 {
                return candidate
            }
            let hour: Int64 = 3_600_000
            candidate = Timestamp(milliseconds: (candidate.milliseconds / hour + 1) * hour)
        }
        return latest
    }

    // MARK: failure

    /// After a failed poll.
    ///
    /// | failures | nominal wait with `retry_first` 1 min and `retry_max` 1 h |
    /// |---------:|-----------------------------------------------------------|
    /// |        1 | 1 min                                                     |
    /// |        2 | 2 min                                                     |
    /// |        6 | 32 min                                                    |
    /// |        7 | 1 h, and so for all that follow                           |
    ///
    /// The wait is 50 to 100 % of it. A longer Retry-After is kept as it is, up to 30 days.
    ///
    /// - Parameters:
    ///   - failures: in a row, this one included.
    ///   - retryAfter: what the publisher asked for, if it is a wait at all.
    ///   - jitter: 0 to 1, drawn anew for each failure.
    public static func afterFailure(
        at now: Timestamp, failures: Int, retryAfter: Duration?, isDead: Bool, rules: ScheduleRules, jitter: Double
    ) -> NextPoll {
        let nominal = isDead ? deadInterval : backoff(failures: failures, rules: rules)
        let backoff = isDead ? nominal : .milliseconds(Int64(Double(nominal.milliseconds) * (0.5 + 0.5 * jitter)))
        if let retryAfter, retryAfter > .zero {
            let kept = min(retryAfter, longestRetryAfter)
            if kept >= backoff { return NextPoll(at: now + kept, interval: kept, reason: .retryAfter) }
        }
        return NextPoll(at: now + backoff, interval: backoff, reason: .backoff)
    }

    static func backoff(failures: Int, rules: ScheduleRules) -> Duration {
        // Capped before the shift: 2^40 times the shortest wait is beyond any bound.
        let doublings = min(max(failures - 1, 0), 40)
        let first = rules.retryFirst.milliseconds
        let (nominal, overflow) = first.multipliedReportingOverflow(by: 1 << Int64(doublings))
        return overflow ? rules.retryMax : min(.milliseconds(nominal), rules.retryMax)
    }
}
