import FeedModel

/// The life of a subscription, as a state machine over values: what happens, and what follows. Clock and chance are
/// handed in.
///
/// | state     | asked     | hub verifies      | hub denies | request fails, or is never verified | lease ends |
/// |-----------|-----------|-------------------|------------|-------------------------------------|------------|
/// | none      | requested | active            | denied     | none, asked again later             |            |
/// | requested |           | active            | denied     | none or expired, asked again later  |            |
/// | active    | renewing  | active, new lease | denied     | active, asked again later           | expired    |
/// | renewing  |           | active, new lease | denied     | active, asked again later           | requested  |
/// | expired   | requested | active            | denied     | expired, asked again later          |            |
/// | denied    | requested | active            | denied     | denied, asked again later           |            |
/// | leaving   | leaving   | left              | left       | leaving; left after five times      | left       |
///
/// A request stands as made before it is sent, since a hub may verify it before it has answered it. A hub that did
/// not get our answer verifies again; so every verification of what was asked for and is still wanted is agreed to.
extension Subscription {
    /// How long a hub may take to verify what it has accepted.
    static let patience: Duration = .minutes(15)
    /// A hub that refused is asked again after this long: it may have changed its mind.
    static let pauseAfterDenial: Duration = .days(7)
    /// A hub that does not take back a subscription is left to its lease after so many requests.
    static let mostFarewells = 5
    /// Hubs may grant any lease; it is taken for no more than this, and renewed no sooner than after this.
    static let leaseBounds: ClosedRange<Duration> = .minutes(1)...(.days(366))

    enum Request: Hashable, Sendable { case subscribe, unsubscribe }

    // MARK: asking

    /// What is to be asked of the hub at an instant, if anything.
    func request(at now: Timestamp) -> Request? {
        guard let nextAttempt, nextAttempt <= now else { return nil }
        switch state {
        case .unasked, .active, .expired, .denied: return .subscribe
        case .leaving: return .unsubscribe
        case .requested, .renewing, .left: return nil
        }
    }

    /// When something follows from time alone.
    var nextEvent: Timestamp? {
        [nextAttempt, isLive || state == .leaving ? leaseUntil : nil].compactMap(\.self).min()
    }

    /// What time alone brings: a lease ends, a hub has not verified.
    mutating func lapse(at now: Timestamp, rules: ScheduleRules, jitter: Double) {
        if let leaseUntil, leaseUntil <= now {
            if state == .leaving { return leave() }
            if isLive {
                state = state == .renewing ? .requested : .expired
                activeSince = nil
            }
        }
        if state == .leaving, failures >= Subscription.mostFarewells, let nextAttempt, nextAttempt <= now {
            return leave()
        }
        let isUnverified = state == .requested || state == .renewing
        if isUnverified, let nextAttempt, nextAttempt <= now {
            let error = PollError(
                code: "unverified",
                message: "the hub accepted the request and has not asked \(callback)/… back within "
                    + "\(Subscription.patience.milliseconds / 60_000) min; is it reachable from outside?")
            failed(.subscribe, error, retryAfter: nil, at: now, rules: rules, jitter: jitter)
        }
    }

    /// A request is about to be sent.
    mutating func ask(_ request: Request, at now: Timestamp) {
        requestedAt = now
        nextAttempt = now + Subscription.patience
        switch (request, state) {
        case (.subscribe, .active): state = .renewing
        case (.subscribe, .unasked), (.subscribe, .expired), (.subscribe, .denied): state = .requested
        case (.unsubscribe, .leaving):
            // Whether it will be verified or not, it is not asked for more than so often.
            failures += 1
        default: break
        }
    }

    /// The request was not accepted.
    ///
    /// - Parameter jitter: 0 to 1, drawn anew for each failure.
    mutating func failed(
        _ request: Request, _ error: PollError, retryAfter: Duration?, at now: Timestamp, rules: ScheduleRules,
        jitter: Double
    ) {
        switch (request, state) {
        case (.subscribe, .requested):
            state = leaseUntil == nil ? .unasked : .expired
            failures += 1
        case (.subscribe, .renewing):
            state = .active
            failures += 1
        case (.unsubscribe, .leaving):
            if failures >= Subscription.mostFarewells { return leave() }
        default:
            // It has been verified, denied or taken back in the meantime.
            return
        }
        lastError = error
        nextAttempt =
            NextPoll.afterFailure(
                at: now, failures: failures, retryAfter: retryAfter, isDead: false, rules: rules, jitter: jitter
            ).at ?? now + rules.retryMax
    }

    // MARK: the hub's word

    /// The hub asks whether we mean it (WebSub, 5.3).
    ///
    /// - Parameters:
    ///   - granted: the lease in seconds; some hubs of earlier protocols name none and keep to what was asked for.
    ///   - asked: the lease that was asked for.
    ///   - jitter: 0 to 1, so that what was asked for at once is not renewed at once.
    /// - Returns: whether we do.
    mutating func verify(
        _ request: Request, topic: String, granted: Int?, asked: Duration, at now: Timestamp, jitter: Double
    ) -> Bool {
        guard isTopic(topic), requestedAt != nil else { return false }
        switch (request, state) {
        case (.unsubscribe, .leaving):
            leave()
            return true
        case (.subscribe, .leaving), (.subscribe, .left), (.unsubscribe, _):
            return false
        case (.subscribe, _):
            let told = granted.map { Duration.seconds(min(max($0, 0), Int(Int32.max))) } ?? asked
            let lease = min(told, Subscription.leaseBounds.upperBound)
            if !isLive { activeSince = now }
            state = .active
            leaseUntil = now + lease
            // At three quarters of the lease, a little more or less.
            let renewal = lease * 7 / 10 + Subscription.share(jitter, of: lease / 10)
            nextAttempt = now + max(renewal, Subscription.leaseBounds.lowerBound)
            failures = 0
            lastError = nil
            return true
        }
    }

    /// The hub refuses, now or after it had agreed (WebSub, 5.2).
    ///
    /// - Parameter reason: the hub's words, without what only it and we should know.
    /// - Returns: whether this is about us at all.
    mutating func deny(topic: String, reason: String?, at now: Timestamp, jitter: Double) -> Bool {
        guard isTopic(topic), requestedAt != nil, state != .left else { return false }
        if state == .leaving {
            leave()
            return true
        }
        state = .denied
        activeSince = nil
        leaseUntil = nil
        failures += 1
        lastError = PollError(
            code: "denied", message: "the hub refuses" + (reason.map { ": \($0.shown)" } ?? ""))
        nextAttempt =
            now + Subscription.pauseAfterDenial + Subscription.share(jitter, of: Subscription.pauseAfterDenial / 4)
        return true
    }

    /// To the millisecond, as instants are.
    private static func share(_ part: Double, of duration: Duration) -> Duration {
        .milliseconds(Int64((Double(duration.milliseconds) * part).rounded()))
    }

    /// Hubs may spell a URL in their own way.
    private func isTopic(_ text: String) -> Bool {
        text == topic || WebURL(text).map { $0.wireForm == WebURL(topic)?.wireForm } ?? false
    }

    // MARK: not wanted any more

    /// The feed, its hub or our callback has changed or gone.
    mutating func withdraw(at now: Timestamp) {
        switch state {
        case .active, .renewing:
            state = .leaving
            failures = 0
            lastError = nil
            nextAttempt = now
        case .leaving, .left: break
        // What has not been verified will not be: the token is unknown from now on.
        case .unasked, .requested, .expired, .denied: leave()
        }
    }

    private mutating func leave() {
        state = .left
        nextAttempt = nil
    }

    /// Whether what the hub sends is taken; otherwise it is told to stop.
    var takesContent: Bool {
        switch state {
        case .unasked, .requested, .active, .renewing, .expired: true
        case .denied, .leaving, .left: false
        }
    }
}

/// How far a hub is relied upon.
///
/// | doubt | polls wait, with `interval: 12h` |                                                    |
/// |------:|----------------------------------|----------------------------------------------------|
/// |     0 | 12 h                             |                                                    |
/// |     1 | 6 h                              | one less for each push that brings something       |
/// |     2 | 3 h                              | the beginning: a hub that has delivered nothing    |
/// |     3 | 90 min                           | one more for each poll that finds what was not     |
/// |     4 | as if there were no hub          | pushed, though published a quarter of an hour before |
extension Subscription.Deliveries {
    /// A hub may be this late.
    static let patience: Duration = .minutes(15)

    func pollInterval(of interval: Duration) -> Duration? {
        doubt >= Self.mostDoubt ? nil : interval / (1 << max(doubt, 0))
    }

    /// A poll has found new articles.
    ///
    /// - Parameter instants: when they were published, as far as they say.
    /// - Returns: whether the hub ought to have sent one of them.
    mutating func missed(_ instants: [Timestamp], since activeSince: Timestamp?, at now: Timestamp) -> Bool {
        guard let activeSince,
            instants.contains(where: { $0 > activeSince && $0 <= now - Self.patience })
        else { return false }
        doubt = min(doubt + 1, Self.mostDoubt)
        return true
    }

    /// A push has come, and has brought something or not.
    mutating func pushed(somethingNew: Bool) {
        if somethingNew { doubt = max(doubt - 1, 0) }
    }
}
