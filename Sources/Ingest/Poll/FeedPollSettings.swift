import FeedFetch
import FeedModel

/// What the configuration says of one feed's polls.
struct FeedPollSettings: Sendable {
    let fetch: FetchSettings
    let userAgent: String
    let feed: FeedConfiguration
    let credential: Credential?
    let rules: ScheduleRules
    private let sharedHosts: Set<String>

    /// - Parameter sharedHosts: hosts with more than one feed.
    init(
        _ feed: FeedConfiguration, of configuration: Configuration, credential: Credential?, sharedHosts: Set<String>
    ) {
        self.sharedHosts = sharedHosts
        self.feed = feed
        self.credential = credential
        fetch = configuration.fetch
        userAgent = configuration.userAgent
        let schedule = configuration.schedule
        var interval: Duration?
        if case .every(let duration) = feed.interval { interval = duration }
        rules = ScheduleRules(
            minInterval: schedule.minInterval, maxInterval: schedule.maxInterval, retryFirst: schedule.retryFirst,
            retryMax: schedule.retryMax, giveUpAfter: schedule.giveUpAfter,
            configured: interval, pushInterval: configuration.websub?.interval)
    }

    /// Some servers answer 304 for ever, whatever has changed: after this long without a document, one request goes
    /// without conditions.
    static let longestWithoutDocument: Duration = .days(14)

    func request(for feed: Feed, at now: Timestamp) -> FeedRequest {
        let isStale = feed.poll.lastDocument.map { now - $0 >= FeedPollSettings.longestWithoutDocument } ?? false
        return FeedRequest(
            url: feed.poll.url, configuredURL: feed.configuredURL,
            validators: isStale ? nil : feed.poll.validators,
            headers: self.feed.headers.map { HTTPField(name: $0.name, value: Array($0.value.utf8)) },
            credential: credential, userAgent: userAgent, maxRedirects: fetch.maxRedirects,
            limits: TransferLimits(
                timeout: fetch.timeout, connectTimeout: fetch.connectTimeout, maxBody: fetch.maxBody),
            addressPolicy: self.feed.allowPrivateAddresses ? .any : fetch.addressPolicy,
            keepsConnection: WebURL(feed.poll.url)?.canonicalHost.map(sharedHosts.contains) ?? false)
    }
}

extension Configuration {
    /// Tells publishers, and hubs, who asks.
    var userAgent: String {
        fetch.userAgent ?? "\(Program.name)/\(Program.version)\(contact.map { " (\($0))" } ?? "")"
    }
}

extension FeedConfiguration.Authentication {
    /// With the secret that its file holds now.
    func credential() -> Result<Credential, SecretFile.Unusable> {
        SecretFile.read(secretFile).map { secret in
            switch self {
            case .basic(let username, _): .basic(username: username, password: secret)
            case .bearer: .bearer(secret)
            }
        }
    }
}
