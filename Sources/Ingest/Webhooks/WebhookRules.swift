import Archive
import FeedModel

/// What follows from what a webhook answers. Clock and chance are handed in.
///
/// | answer                             | what follows                                              |
/// |------------------------------------|-----------------------------------------------------------|
/// | 2xx                                | acknowledged: the position moves behind the last line     |
/// | 410 (RFC 9110, 15.5.11)            | stopped until its configuration changes                   |
/// | anything else, a redirect included | the same lines again, later                               |
/// | none                               | the same lines again, later                               |
extension Webhook {
    static let firstWait: Duration = .seconds(5)
    static let longestWait: Duration = .hours(1)
    /// What a receiver may ask for by Retry-After.
    static let longestRetryAfter: Duration = .days(1)

    /// All lines up to `position` have been acknowledged.
    mutating func acknowledged(_ count: Int, upTo position: Int64, at now: Timestamp) {
        self.position = max(self.position, position)
        delivered += count
        lastDelivery = now
        nextAttempt = nil
        failures = 0
        failingSince = nil
        lastError = nil
    }

    /// - Parameter jitter: 0 to 1, drawn anew for each failure.
    mutating func failed(_ error: PollError, retryAfter: Duration?, at now: Timestamp, jitter: Double) {
        failures += 1
        failingSince = failingSince ?? now
        lastError = error
        let asked = min(retryAfter ?? .zero, Webhook.longestRetryAfter)
        nextAttempt = now + max(Webhook.wait(afterFailures: failures, jitter: jitter), asked)
    }

    /// It answered that it is gone.
    mutating func stop(_ error: PollError, at now: Timestamp) {
        failures += 1
        failingSince = failingSince ?? now
        lastError = error
        nextAttempt = nil
        isStopped = true
    }

    /// | failures | nominal wait |
    /// |---------:|-------------:|
    /// |        1 |          5 s |
    /// |        2 |         10 s |
    /// |        3 |         20 s |
    /// |        … |            … |
    /// |       10 |       43 min |
    /// |      11… |          1 h |
    ///
    /// Each is 50 to 100 % of that.
    static func wait(afterFailures failures: Int, jitter: Double) -> Duration {
        let doublings = min(max(failures - 1, 0), 16)
        let nominal = min(firstWait * (1 << doublings), longestWait)
        return .milliseconds(Int64((Double(nominal.milliseconds) * (0.5 + jitter / 2)).rounded()))
    }
}
