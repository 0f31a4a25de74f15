import FeedModel

/// How long a host that asks for quiet is left alone, how slowly it is asked afterwards, and how it comes back to
/// normal. All of it holds for a whole pause scope.
///
/// With `retry_first` 1 min, `retry_max` 24 h and `host_delay` 1 s; "soon" is before all of it has been forgotten:
///
/// | what happens                                | pause  | starts apart afterwards |
/// |---------------------------------------------|--------|-------------------------|
/// | 429, Retry-After 10 min, long after any     | 10 min | 1 s                     |
/// | 429 without Retry-After, long after any     | 1 min  | 2 s                     |
/// | soon, another one                           | 2 min  | 4 s                     |
/// | soon, another one                           | 4 min  | 8 s                     |
/// | soon, another one, Retry-After 1 h          | 1 h    | 16 s                    |
/// | soon, another one                           | 2 h    | 32 s                    |
/// | an answer that is no refusal, after 1 h     | –      | 16 s                    |
/// | another one, 3 h later                      | –      | 2 s                     |
/// | 429 without Retry-After                     | 15 min | 4 s                     |
/// | one from a request that was under way then  | –      | 4 s                     |
///
/// So each refusal doubles the pause, up to `retry_max`, and the distance between starts, up to `longestSpacing`; each
/// calm hour halves both. A pause is 50 to 100 % of that, by jitter; a longer Retry-After is kept, up to 30 days.
enum HostRecovery {
    /// Each so long without a refusal, counted from the end of the pause, halves what has grown.
    static let calm: Duration = .hours(1)
    /// Request starts to a host are never further apart than this, unless its `host_delay` is more.
    static let longestSpacing: Duration = .minutes(1)
    /// What `host_delay: 0s` is taken for while it is to grow.
    static let leastSpacing: Duration = .seconds(1)
    /// 1 s times 2 to the power of this is beyond `longestSpacing`.
    static let mostSlowness = 6

    /// After a 429 or a bot wall.
    ///
    /// - Parameters:
    ///   - retryAfter: what the host asked for, if it is a wait at all.
    ///   - jitter: 0 to 1.
    static func refused(
        _ known: HostConduct?, at now: Timestamp, retryAfter: Duration?, rules: ScheduleRules, jitter: Double
    ) -> HostConduct {
        let asked = retryAfter.flatMap { $0 > .zero ? min($0, NextPoll.longestRetryAfter) : nil }
        if var known, known.pausedUntil > now {
            if let asked { known.pausedUntil = max(known.pausedUntil, now + asked) }
            known.calmSince = known.pausedUntil
            return known
        }
        let recent = known.flatMap { eased($0, at: now) }
        let nominal = min(max(recent.map { $0.pause * 2 } ?? .zero, rules.retryFirst), rules.retryMax)
        let wait = Duration.milliseconds(Int64(Double(nominal.milliseconds) * (0.5 + 0.5 * jitter)))
        let slower = asked == nil || recent != nil ? 1 : 0
        return HostConduct(
            pausedUntil: now + max(wait, asked ?? .zero), pause: min(max(nominal, asked ?? .zero), rules.retryMax),
            slowness: min((recent?.slowness ?? 0) + slower, mostSlowness))
    }

    /// As it stands after the calm intervals that have passed; `nil` once there is nothing left to remember.
    static func eased(_ conduct: HostConduct, at now: Timestamp) -> HostConduct? {
        let halvings = (now - conduct.calmSince).milliseconds / calm.milliseconds
        guard halvings > 0 else { return conduct }
        var eased = conduct
        // A pause is at most 30 days, less than 2 to the power of 22 seconds.
        eased.pause = .milliseconds(conduct.pause.milliseconds >> min(halvings, 40))
        eased.slowness = max(0, conduct.slowness - Int(min(halvings, 40)))
        eased.calmSince = conduct.calmSince + calm * Int(halvings)
        return eased.slowness == 0 && eased.pause <= .seconds(30) ? nil : eased
    }

    /// How far apart request starts to a host are.
    static func spacing(hostDelay: Duration, slowness: Int) -> Duration {
        guard slowness > 0 else { return hostDelay }
        let grown = max(hostDelay, leastSpacing) * (1 << min(slowness, mostSlowness))
        return max(hostDelay, min(grown, longestSpacing))
    }
}
