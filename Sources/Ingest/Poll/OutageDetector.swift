import FeedFetch
import FeedModel

/// Is it the publishers who fail, or our own network? Told by who fails beside whom.
///
/// Our network counts as out when all of this holds:
/// - at least 5 pause scopes failed by a network error, each by a feed that did not fail before, within half an hour;
/// - nobody has answered since the first of them;
/// - of the scopes that have been asked since somebody last answered, at least 80 % have failed: the others may be
///   about to answer. Those that failed before prove nothing, and do not count.
///
/// It is over with the first answer, whatever it says. So one dead host is that host's own failure, and with fewer than
/// five scopes nothing is ever held to be our network's.
struct OutageDetector {
    static let fewestScopes = 5
    static let failedPercent = 80
    static let window: Duration = .minutes(30)

    enum Sign: Hashable {
        /// An answer, whatever it says, or a refusal by TLS: somebody was reached.
        case reached
        /// No way there: dns, connect, timeout, reset.
        case unreachable
        /// Tells nothing: it was never asked, or given up by us.
        case none

        init(_ outcome: FetchOutcome) {
            switch outcome {
            case .response(let response): self = response.isFile ? .none : .reached
            case .failure(let failure):
                switch failure.code {
                // Behind a redirect somebody has answered before.
                case .dns, .connect, .timeout, .reset: self = failure.hops.isEmpty ? .unreachable : .reached
                case .cancelled, .addressRefused, .hostPaused: self = .none
                case .tls, .truncated, .tooLarge, .badEncoding, .tooManyRedirects, .badRedirect, .badResponse,
                    .noDocument:
                    self = .reached
                }
            }
        }
    }

    enum Change: Hashable {
        case began, ended
    }

    /// Since when our network is out: the first failure.
    private(set) var since: Timestamp?

    /// Requests in flight, by scope.
    private var asked: [String: Int] = [:]
    /// Since somebody last answered, by scope.
    private var failed: [String: Timestamp] = [:]

    mutating func clockWasSet(by change: Duration) {
        since = since.map { $0 + change }
        failed = failed.mapValues { $0 + change }
    }

    mutating func asks(_ scope: String) { asked[scope, default: 0] += 1 }

    /// Takes note of what became of a request that `asks` has told of.
    ///
    /// - Parameter failedBefore: the feed failed already when it was polled last.
    mutating func note(_ scope: String, _ sign: Sign, failedBefore: Bool, at now: Timestamp) -> Change? {
        if let count = asked[scope] { asked[scope] = count > 1 ? count - 1 : nil }
        switch sign {
        case .none: return nil
        case .reached:
            failed = [:]
            defer { since = nil }
            return since == nil ? nil : .ended
        case .unreachable:
            if failedBefore || since != nil { return nil }
            failed[scope] = failed[scope] ?? now
            guard failed.count >= OutageDetector.fewestScopes else { return nil }
            failed = failed.filter { now - $0.value <= OutageDetector.window }
            let open = asked.keys.count { failed[$0] == nil }
            guard failed.count >= OutageDetector.fewestScopes,
                failed.count * 100 >= (failed.count + open) * OutageDetector.failedPercent
            else { return nil }
            since = failed.values.min()
            return .began
        }
    }
}
