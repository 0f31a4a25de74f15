/// A key of `feeds.yaml`: the reader accepts what stands in this table, and the manual tells it.
public struct ConfigurationKey: Sendable, Hashable {
    /// What holds without the key.
    public enum Absent: Sendable, Hashable {
        /// Nothing does: its mapping is a mistake without it.
        case required
        /// As it would be written.
        case value(String)
        /// What no value says, in words that follow "Default:".
        case words(String)
    }

    public var name: String
    /// What kind of value it takes.
    public var type: String
    public var absent: Absent
    /// A value as it is written, other than the default.
    public var example: String
    /// In whole sentences.
    public var meaning: String

    fileprivate init(_ name: String, _ type: String, _ absent: Absent, _ example: String, _ meaning: String) {
        self.name = name
        self.type = type
        self.absent = absent
        self.example = example
        self.meaning = meaning
    }
}

/// The mappings that `feeds.yaml` is made of, each with its keys in the order in which they are told.
public enum ConfigurationMapping: String, Sendable, CaseIterable {
    case main, serve, fetch, hosts, schedule, keep, retention, status, metrics, websub, webhooks, feeds, auth

    /// Where its keys stand.
    public var place: String {
        switch self {
        case .main: "At the top"
        case .serve, .fetch, .schedule, .keep, .status, .metrics, .websub: "Under '\(rawValue)'"
        case .hosts: "Under 'hosts', at each host"
        case .retention: "Under 'keep' of a feed, of 'defaults', and of a tag in 'keep: tags'"
        case .webhooks: "At each entry of 'webhooks'"
        case .feeds: "At each entry of 'feeds'"
        case .auth: "Under 'auth' of a feed"
        }
    }

    public var introduction: String {
        switch self {
        case .main: "Every key may be left out. An empty file is a right one, and polls nothing."
        case .serve: "What is served at 'listen'."
        case .fetch: "The limits of every transfer."
        case .hosts:
            "A key of 'hosts' is a host, or '*.example.org' for the hosts below example.org, without itself. A host's own "
                + "line wins, else that of the nearest domain. What is left out is as under 'fetch'."
        case .schedule:
            "Without an 'interval' of its own a feed is polled as often as it has earned, within these bounds."
        case .keep: "How long what is archived stays, and what is archived beside the articles."
        case .retention:
            "What a feed says itself comes first, then the most generous of its tags, then 'defaults', then 'keep'. An "
                + "article that stood in several feeds stays as long as the most generous of them wants."
        case .status:
            "When 'ingestd status' says that the state is degraded, or critical. Shares are of the feeds that may be polled."
        case .metrics: "What stands at /metrics, where 'listen' is set, and what 'ingestd metrics' prints."
        case .websub:
            "Hubs that feeds name are asked to send what is new (WebSub, PubSubHubbub 0.4). Needs 'listen'."
        case .webhooks:
            "Each is sent what the change log says, by POST, signed, at least once and in order; 'ingestd help webhooks' "
                + "tells receivers how. 'ingestd run --once' sends nothing."
        case .feeds: "An entry is a URL, or a mapping. All keys but 'url' may stand under 'defaults' too."
        case .auth:
            "Either 'username' and 'password_file', or 'bearer_file' alone. What they say goes to the origin of the "
                + "configured URL only."
        }
    }

    public var keys: [ConfigurationKey] {
        switch self {
        case .main: ConfigurationMapping.mainKeys
        case .serve: ConfigurationMapping.serveKeys
        case .fetch: ConfigurationMapping.fetchKeys
        case .hosts: ConfigurationMapping.hostKeys
        case .schedule: ConfigurationMapping.scheduleKeys
        case .keep: ConfigurationMapping.keepKeys
        case .retention: ConfigurationMapping.retentionKeys
        case .status: ConfigurationMapping.statusKeys
        case .metrics: ConfigurationMapping.metricsKeys
        case .websub: ConfigurationMapping.websubKeys
        case .webhooks: ConfigurationMapping.webhookKeys
        case .feeds: ConfigurationMapping.feedKeys
        case .auth: ConfigurationMapping.authKeys
        }
    }
}

// Name, type, what holds without it, example, meaning. Tests hold each example and each default against the reader.
extension ConfigurationMapping {
    private static let mainKeys: [ConfigurationKey] = [
        .init("archive", "folder", .words("$STATE_DIRECTORY, else ./archive"), "archive", "Where the articles go."),
        .init(
            "contact", "mail address or URL", .words("none"), "ops@example.org",
            "Told to publishers in the User-Agent, so that they can write before they block."),
        .init("listen", "host:port", .words("nothing listens"), "127.0.0.1:8008", "Where HTTP is served."),
        .init("serve", "mapping", .value("{}"), "{connections: 64}", "The limits of what is served."),
        .init(
            "websub", "mapping", .words("no hub is asked"), "{callback: 'https://feeds.example.org/websub'}",
            "What hubs are asked for."),
        .init(
            "webhooks", "list", .value("[]"), "[{url: 'https://example.org/hook', secret_file: secrets/hook}]",
            "Who is sent what changes."),
        .init("fetch", "mapping", .value("{}"), "{concurrency: 64}", "The limits of transfers."),
        .init("hosts", "mapping", .value("{}"), "{example.org: {per_host: 4}}", "The limits of single hosts."),
        .init("schedule", "mapping", .value("{}"), "{min_interval: 10m}", "When feeds are polled."),
        .init("keep", "mapping", .value("{}"), "{fetch_log: 90d}", "What stays, and for how long."),
        .init("status", "mapping", .value("{}"), "{failing: 10%}", "When the state is degraded."),
        .init("metrics", "mapping", .value("{}"), "{per_feed: 20}", "What is measured of single feeds."),
        .init(
            "defaults", "mapping", .value("{}"), "{tags: [news]}",
            "Any keys of a feed but 'url'; they hold for every feed that does not say otherwise."),
        .init("feeds", "list", .value("[]"), "['https://example.org/feed.xml']", "What is polled."),
        .init(
            "include", "list of files", .value("[]"), "[more.yaml, subscriptions.opml, urls.txt]",
            """
            Further feeds: .yaml files with feeds, defaults and include, .opml files, whose folders become tags, and \
            .txt files with one URL a line and # comments.
            """),
    ]

    private static let fetchKeys: [ConfigurationKey] = [
        .init("concurrency", "number", .value("256"), "64", "Transfers in flight, over all hosts."),
        .init("per_host", "number", .value("2"), "4", "Transfers in flight to one host."),
        .init(
            "host_delay", "duration", .value("1s"), "0s",
            "The least time between the starts of two requests to one host."),
        .init("timeout", "duration", .value("30s"), "1m", "Bounds a whole transfer."),
        .init("connect_timeout", "duration", .value("10s"), "5s", "Bounds the time until a connection stands."),
        .init("max_body", "size", .value("16MiB"), "4MiB", "The largest document, after decompression."),
        .init("max_redirects", "number", .value("5"), "10", "How many redirects are followed, one after the other."),
        .init(
            "allow_private_addresses", "true, false or a list of CIDRs", .value("false"), "[10.1.0.0/16, 'fd00::/8']",
            """
            Whether feeds on private addresses (localhost, 10.0.0.0/8 and so on) are polled, which are refused \
            otherwise, lest a publisher lead the poller into your network. Behind a proxy that is the proxy's to \
            refuse: what a name leads to is seen by it alone.
            """),
        .init(
            "proxy", "environment, null or a URL", .value("environment"), "'http://proxy.example.org:3128'",
            """
            'environment' stands for http_proxy, https_proxy and no_proxy, 'null' for none. A proxy looks up names \
            itself: 'allow_private_addresses' then judges only what is written as an address, so let the proxy refuse \
            to connect to your own network.
            """),
        .init("user_agent", "text", .value("null"), "Mine/1.0", "Replaces the whole User-Agent."),
        .init(
            "ca_file", "file", .value("null"), "ca.pem",
            "Certificate authorities to trust; without it those of $SSL_CERT_FILE, else the system's."),
    ]

    private static let hostKeys: [ConfigurationKey] = [
        .init("per_host", "number", .words("as under 'fetch'"), "4", "Transfers in flight to this host."),
        .init(
            "host_delay", "duration", .words("as under 'fetch'"), "10s",
            "The least time between the starts of two requests to this host."),
    ]

    private static let scheduleKeys: [ConfigurationKey] = [
        .init("min_interval", "duration", .value("5m"), "10m", "No feed is polled more often, whatever it asks for."),
        .init("max_interval", "duration", .value("24h"), "12h", "No healthy feed is polled less often."),
        .init(
            "retry_first", "duration", .value("1m"), "2m",
            "The wait after a first failure; it doubles with each further one."),
        .init("retry_max", "duration", .value("24h"), "12h", "Up to this."),
        .init(
            "give_up_after", "duration", .value("60d"), "30d",
            "After so long of nothing but failures a feed is dead, and asked every 30 days."),
        .init(
            "polls_per_hour", "number", .words("each feed by itself"), "2000",
            "What all feeds together may cost; spent where news is likeliest."),
    ]

    private static let keepKeys: [ConfigurationKey] =
        [
            .init("raw", "none or changed", .value("none"), "changed", "Which documents are kept as they came."),
            .init(
                "fetch_log", "duration", .value("30d"), "90d", "How long the log of polls goes back; 0s keeps none."),
        ] + retentionKeys + [
            .init(
                "tags", "mapping", .value("{}"), "{news: {articles: 2y}}",
                "How long articles and states stay in feeds with a tag."),
            .init(
                "removed_feeds", "true or false", .value("false"), "true",
                "Whether 'articles' and 'revisions' hold for feeds that have left the configuration too."),
        ]

    private static let retentionKeys: [ConfigurationKey] = [
        .init(
            "articles", "duration or forever", .words("forever"), "10y",
            "How long an article stays after it was last seen. What stands in a feed's latest document always stays."),
        .init(
            "revisions", "number or all", .words("all"), "5",
            "How many of an article's newest states stay; the first one stays in any case."),
    ]

    private static let statusKeys: [ConfigurationKey] = [
        .init("failing", "share or off", .value("25%"), "10%", "More failing feeds, three at least: degraded."),
        .init("failing_critical", "share or off", .value("off"), "50%", "More failing feeds: critical."),
        .init(
            "silent", "share or off", .value("5%"), "1%",
            "More feeds that answer and have been silent for longer than their rhythm allows: degraded."),
        .init(
            "losing", "share or off", .value("1%"), "10%",
            "More feeds that may have lost entries within a day, unseen between two polls: degraded."),
        .init(
            "overdue", "duration", .value("15m"), "1h",
            "A poll that is later than planned by so much is overdue: degraded."),
        .init(
            "no_news", "auto, off or a duration", .value("auto"), "6h",
            "Nothing new in all feeds for longer than this, or than usual: degraded."),
        .init("disk_free", "size", .value("1GiB"), "10GiB", "Less room for the archive: degraded."),
        .init("disk_free_critical", "size", .value("64MiB"), "256MiB", "Less room for the archive: critical."),
        .init(
            "starting", "duration", .value("5m"), "10m",
            "A daemon that does not answer yet is starting for so long, and hangs after it."),
    ]

    private static let serveKeys: [ConfigurationKey] = [
        .init(
            "connections", "number", .value("1024"), "64",
            "How many may be open at once, and a quarter of that from one address, loopback aside. Fewer where the "
                + "process may not open so many files: polls come first. Holds from the next start.")
    ]

    private static let metricsKeys: [ConfigurationKey] = [
        .init(
            "per_feed", "number", .value("0"), "20",
            "Of how many feeds, those that have failed longest, there are series of their own.")
    ]

    private static let websubKeys: [ConfigurationKey] = [
        .init(
            "callback", "URL", .required, "'https://feeds.example.org/other'",
            "The public URL that leads to 'listen'; each subscription's own token follows it."),
        .init("lease", "duration", .value("10d"), "5d", "How long hubs are asked to send; renewed before it ends."),
        .init(
            "interval", "duration", .value("12h"), "6h",
            "Between the polls of feeds whose hub has proved itself; never above 'max_interval'."),
    ]

    private static let webhookKeys: [ConfigurationKey] = [
        .init(
            "url", "URL", .required, "'https://example.org/other'",
            "Where requests go. It is https, and no redirect is followed."),
        .init("secret_file", "file", .required, "secrets/other", "Holds the key of the signatures."),
        .init(
            "kinds", "list", .value("[]"), "[new, revised]",
            "Which changes: new, revised, duplicate, flood, gone. An empty list is all of them."),
        .init(
            "tags", "list", .value("[]"), "[news]",
            "Changes of feeds with one of these tags alone. An empty list is all feeds."),
        .init("batch", "number", .value("100"), "10", "Changes in one request, at most."),
        .init("interval", "duration", .value("5s"), "1m", "Between two requests, unless more waits than one may hold."),
        .init(
            "allow_private_addresses", "true or false", .value("false"), "true",
            "Opens private addresses to this webhook alone."),
        .init(
            "from", "end or beginning", .value("end"), "beginning",
            "Where a new webhook begins: with what comes next, or with the first change there is."),
    ]

    private static let feedKeys: [ConfigurationKey] = [
        .init(
            "url", "URL", .required, "'https://example.org/other.xml'",
            """
            An http, https or file URL, without user and password: 'auth' is for them. A file URL stands only here \
            and in included .yaml files.
            """),
        .init("title", "text", .words("the feed's own"), "My name for it", "What the feed is called."),
        .init("tags", "list", .value("[]"), "[news, local]", "Replace the tags of 'defaults'."),
        .init(
            "interval", "auto or a duration", .value("auto"), "15m",
            "How often it is polled; 'auto' is learned from the feed. Never below 'min_interval'."),
        .init(
            "headers", "mapping", .value("{}"), "{Accept-Language: tg}",
            "Sent to the origin of the configured URL only."),
        .init("auth", "mapping", .value("null"), "{username: me, password_file: secrets/example}", "Who asks."),
        .init(
            "allow_private_addresses", "true or false", .value("false"), "true",
            "Opens private addresses to this feed alone."),
        .init("enabled", "true or false", .value("true"), "false", "When false, the articles are kept and polls end."),
        .init(
            "silence", "auto, off or a duration", .value("auto"), "3d",
            "After how long without an entry 'status' tells, although polls succeed; 'auto' is by the feed's own rhythm."
        ),
        .init(
            "backfill", "true or false", .value("false"), "true",
            """
            Whether the older pages that a feed links to (RFC 5005) are read as well, up to 100: when it is first \
            met, and when a poll finds nothing that it knew.
            """),
        .init(
            "keep", "mapping", .words("as its tags, 'defaults' and 'keep' say"), "{articles: 2y}",
            "How long its articles stay."),
    ]

    private static let authKeys: [ConfigurationKey] = [
        .init("username", "text", .words("none"), "you", "For HTTP's basic authentication (RFC 7617)."),
        .init("password_file", "file", .words("none"), "secrets/other", "Holds the password in its first line."),
        .init("bearer_file", "file", .words("none"), "secrets/token", "Holds a token (RFC 6750)."),
    ]
}

extension ConfigurationMapping {
    /// The names of its keys, as the reader knows them.
    var names: [String] { keys.map(\.name) }
}
