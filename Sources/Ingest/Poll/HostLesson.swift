import Archive
import FeedModel
import PublicSuffix

/// What an answer says of the host that gave it: it answered well, or it asks for quiet.
///
/// It is learned from hosts alone that the feed's own URL names, as it is configured or where it has moved to. A publisher
/// can lead us to any other host, and would otherwise speak for it: have it be left alone for a month, or asked faster
/// again. What such a host says is the business of the feed that led there.
struct HostLesson: Sendable {
    let host: String
    /// With a host that asks for quiet.
    let refusal: Refusal?

    /// - Parameter url: what answered.
    init?(_ url: String, for feed: Feed, refusal: Refusal? = nil) {
        guard let host = WebURL(url)?.canonicalHost else { return nil }
        let own = [feed.poll.url, feed.configuredURL].compactMap { WebURL($0)?.canonicalHost }
        guard own.contains(where: { PauseScope.of($0) == PauseScope.of(host) }) else { return nil }
        self.host = host
        self.refusal = refusal
    }

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
