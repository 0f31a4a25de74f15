import Archive
import FeedModel
import PublicSuffix

/// What an answer says of the host that gave it: it answered well, or it asks for quiet.
struct HostLesson: Sendable {
    var host: String
    /// With a host that asks for quiet.
    var refusal: Refusal?

    struct Refusal: Sendable {
        var retryAfter: Duration?
        var rules: ScheduleRules
        var jitter: Double
    }

    /// What is to be remembered of the host's pause scope from now on, if that has changed.
    func conduct(
        at now: Timestamp, in archive: borrowing ArchiveTransaction
    ) throws -> (scope: String, now: HostConduct?)? {
        let scope = PauseScope.of(host)
        let known = try archive.conduct(of: scope)
        guard let refusal else {
            guard let known else { return nil }
            let eased = HostRecovery.eased(known, at: now)
            return eased == known ? nil : (scope, eased)
        }
        let refused = HostRecovery.refused(
            known, at: now, retryAfter: refusal.retryAfter, rules: refusal.rules, jitter: refusal.jitter)
        return (scope, refused)
    }
}
