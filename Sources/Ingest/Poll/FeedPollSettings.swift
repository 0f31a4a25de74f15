import FeedFetch
import FeedModel

/// What the configuration says of one feed's polls.
struct FeedPollSettings: Sendable {
    let fetch: FetchSettings
    let userAgent: String
    let feed: FeedConfiguration
    let credential: Credential?
    let rules: ScheduleRules
    /// Documents are kept as they come.
    let keepsRaw: Bool
    private let sharedHosts: Set<String>
    /// The configuration names the feed; else somebody tries a URL.
    private let isConfigured: Bool

    /// - Parameters:
    ///   - sharedHosts: hosts with more than one feed.
    ///   - price: of a poll; see `LearnedInterval`.
    init(
        _ feed: FeedConfiguration, of configuration: Configuration, credential: Credential?, sharedHosts: Set<String>,
        price: Double = LearnedInterval.usualPrice, isConfigured: Bool = true
    ) {
        self.isConfigured = isConfigured
        self.sharedHosts = sharedHosts
        self.feed = feed
        self.credential = credential
        keepsRaw = configuration.keep.raw == .changed
        fetch = configuration.fetch
        userAgent = configuration.userAgent
        var rules = ScheduleRules(configuration.schedule)
        if case .every(let duration) = feed.interval { rules.configured = duration }
        rules.pushInterval = configuration.websub?.interval
        rules.price = price
        rules.silence = feed.silence
        self.rules = rules
    }

    /// Some servers answer 304 for ever, whatever has changed: after this long without a document, one request goes
    /// without conditions.
    static let longestWithoutDocument: Duration = .days(14)

    func request(for feed: Feed, at now: Timestamp) -> FeedRequest {
        let isStale = feed.poll.lastDocument.map { now - $0 >= FeedPollSettings.longestWithoutDocument } ?? false
        var request = request(feed.poll.url, of: feed, validators: isStale ? nil : feed.poll.validators)
        request.readsFile = isConfigured && self.feed.url == feed.poll.url
        return request
    }

    /// For one of a feed's older pages.
    func request(forPage url: String, of feed: Feed) -> FeedRequest {
        var request = request(url, of: feed, validators: nil)
        // Others follow.
        request.keepsConnection = true
        return request
    }

    private func request(_ url: String, of feed: Feed, validators: Validators?) -> FeedRequest {
        FeedRequest(
            url: url, configuredURL: feed.configuredURL, validators: validators,
            headers: self.feed.headers.map { HTTPField(name: $0.name, value: Array($0.value.utf8)) },
            credential: credential, userAgent: userAgent, maxRedirects: fetch.maxRedirects,
            limits: TransferLimits(
                timeout: fetch.timeout, connectTimeout: fetch.connectTimeout, maxBody: fetch.maxBody),
            addressPolicy: self.feed.allowPrivateAddresses ? .any : fetch.addressPolicy,
            keepsConnection: WebURL(url)?.canonicalHost.map(sharedHosts.contains) ?? false)
    }
}

extension ScheduleRules {
    /// What holds for all feeds.
    init(_ schedule: ScheduleSettings) {
        self.init(
            minInterval: schedule.minInterval, maxInterval: schedule.maxInterval, retryFirst: schedule.retryFirst,
            retryMax: schedule.retryMax, giveUpAfter: schedule.giveUpAfter)
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
