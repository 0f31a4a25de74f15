public import FeedModel

/// What the configuration says, checked and with every default filled in.
///
/// `ConfigurationReader` makes it out of files; paths in it are absolute.
public struct Configuration: Sendable, Hashable {
    /// The folder of the archive; `nil` where the configuration names none.
    public var archive: String?
    /// Where publishers can complain; stands in the User-Agent.
    public var contact: String?
    /// Where metrics are served and callbacks of hubs received; `nil` is nowhere.
    public var listen: ListenAddress?
    public var serve = ServeSettings()
    /// `nil`: no hub is asked for anything.
    public var websub: WebSubSettings?
    public var fetch = FetchSettings()
    /// `hosts:`, by host in one spelling, or by `*.` and the domain whose sub-hosts are meant.
    public var hosts: [String: HostSettings] = [:]
    public var schedule = ScheduleSettings()
    public var keep = KeepSettings()
    public var status = StatusSettings()
    /// `metrics:`, how many single feeds have series of their own.
    public var feedsInMetrics = 0
    /// In the order of the files, each file's own feeds before those that it includes; none twice.
    public var feeds: [FeedConfiguration] = []
    /// In the order of the file; no URL twice.
    public var webhooks: [WebhookSettings] = []
    /// The configuration and every file that it includes, in the order in which they were read. Files of
    /// secrets are not among them.
    public var files: [String] = []
    /// What can be used as it is and is dangerous, in the order in which it was read.
    public var warnings: [ConfigurationMistake] = []

    public init() {}

    /// Where the daemon listens.
    public var publicAddress: ListenAddress? { listen }

    /// Settings that are right and that this version does not act upon, each with what that means.
    public var withoutEffect: [String] {
        var notes: [String] = []
        if let budget = schedule.pollsPerHour {
            let least = feeds.filter(\.enabled).reduce(0.0) { sum, feed in
                let longest = if case .every(let interval) = feed.interval { interval } else { schedule.maxInterval }
                return sum + 3_600_000 / Double(longest.milliseconds)
            }
            if Double(budget) < least {
                notes.append(
                    "'polls_per_hour' is \(budget), and these feeds need \(Int(least.rounded(.up))) to be polled once in "
                        + "'max_interval', which is kept; raise one of the two")
            }
        }
        for tag in keep.tags.keys.sorted() where !feeds.contains(where: { $0.tags.contains(tag) }) {
            notes.append("'keep: tags' names \(tag.quoted), which no feed bears")
        }
        return notes
    }
}

/// `serve:`, what is served at `listen`.
public struct ServeSettings: Sendable, Hashable {
    /// That are open at once.
    public var connections = 1024
}

public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// A name or an address; IPv6 without brackets.
    public var host: String
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// `websub:`, what hubs are asked for.
public struct WebSubSettings: Sendable, Hashable {
    /// The public URL that leads to `listen`, without a slash at its end; each subscription's own token follows it.
    public var callback: String
    /// How long hubs are asked to send what is new before they are asked again.
    public var lease = WebSubSettings.standardLease
    /// How long the polls of a feed wait that a hub can be relied upon for; not above `max_interval`.
    public var interval: Duration

    public static let standardLease = Duration.seconds(10 * 86400)
    public static let standardInterval = Duration.seconds(12 * 3600)

    public init(callback: String, interval: Duration = WebSubSettings.standardInterval) {
        self.callback = callback
        self.interval = interval
    }
}

/// `fetch:`, the limits of every transfer.
public struct FetchSettings: Sendable, Hashable {
    /// Transfers in flight, over all hosts.
    public var concurrency = 256
    /// Transfers in flight to one host.
    public var perHost = 2
    /// The least time between two request starts to one host; zero is none.
    public var hostDelay = Duration.seconds(1)
    /// Bounds the whole transfer.
    public var timeout = Duration.seconds(30)
    public var connectTimeout = Duration.seconds(10)
    /// Bytes, after decompression.
    public var maxBody = 16 << 20
    public var maxRedirects = 5
    public var addressPolicy = AddressPolicy.publicOnly(except: [])
    public var proxy = ProxySetting.environment
    /// Replaces the whole User-Agent.
    public var userAgent: String?
    /// Certificate authorities to trust; `nil` is `$SSL_CERT_FILE` or the system's.
    public var caFile: String?

    public init() {}
}

/// What the limits of `fetch:` are for one host, or for the hosts below a domain.
public struct HostSettings: Sendable, Hashable {
    /// `nil`: as under `fetch:`.
    public var perHost: Int?
    /// `nil`: as under `fetch:`.
    public var hostDelay: Duration?

    public init(perHost: Int? = nil, hostDelay: Duration? = nil) {
        self.perHost = perHost
        self.hostDelay = hostDelay
    }
}

public enum ProxySetting: Sendable, Hashable {
    /// `http_proxy`, `https_proxy` and `no_proxy` of the environment.
    case environment
    case none
    /// May hold a user and a password: for no log and no message.
    case url(String)
}

/// `schedule:`, when feeds are polled.
public struct ScheduleSettings: Sendable, Hashable {
    /// No feed is polled more often, whatever it or a header says.
    public var minInterval = Duration.seconds(5 * 60)
    /// No healthy feed is polled less often.
    public var maxInterval = Duration.seconds(24 * 3600)
    public var retryFirst = Duration.seconds(60)
    public var retryMax = Duration.seconds(24 * 3600)
    /// Nothing but failures for so long: the feed is dead.
    public var giveUpAfter = Duration.seconds(60 * 86400)
    /// What all feeds together may cost; `nil` sets no limit, and polls are worth what they usually are.
    public var pollsPerHour: Int?

    public init() {}
}

/// `keep:`, what is archived beside the articles, and how long they stay.
public struct KeepSettings: Sendable, Hashable {
    public enum RawDocuments: String, Sendable, Hashable, CaseIterable {
        case none
        /// WARC records of documents that changed.
        case changed
    }

    public var raw = RawDocuments.none
    /// How long the log of polls goes back; zero keeps none.
    public var fetchLog = Duration.seconds(30 * 86400)
    /// Of feeds that say nothing else.
    public var retention = Retention()
    /// Of feeds with these tags.
    public var tags: [String: Retention] = [:]
    /// Whether `retention` holds for feeds that have left the configuration.
    public var removedFeeds = false

    public init() {}
}

/// `status:`, from where on `ingestd status` calls something degraded or critical.
public struct StatusSettings: Sendable, Hashable {
    /// For how long nothing new may come, over all feeds.
    public enum News: Sendable, Hashable {
        case off
        /// By the archive's own rhythm.
        case auto
        case after(Duration)
    }

    /// Shares of the feeds that are polled, in percent. `nil`: never.
    public var failing: Int? = 25
    public var failingCritical: Int?
    /// That answer and are silent.
    public var silent: Int? = 5
    /// Of which entries may have been lost in the last 24 hours.
    public var losing: Int? = 1
    /// A poll is overdue when it should have been made this long ago.
    public var overdue: Duration = .minutes(15)
    public var news = News.auto
    /// Bytes free for the archive.
    public var diskFree = 1 << 30
    public var diskFreeCritical = 64 << 20
    /// How long a daemon may take until it answers.
    public var starting: Duration = .minutes(5)

    public init() {}
}

/// One feed, `defaults` applied.
public struct FeedConfiguration: Sendable, Hashable {
    public enum Interval: Sendable, Hashable {
        /// Learned from the feed.
        case auto
        case every(Duration)
    }

    public enum Authentication: Sendable, Hashable {
        /// RFC 7617. The password is in a file.
        case basic(username: String, passwordFile: String)
        /// RFC 6750. The token is in a file.
        case bearer(file: String)

        /// The file that holds the secret; `SecretFile` reads it.
        public var secretFile: String {
            switch self {
            case .basic(_, let file), .bearer(let file): file
            }
        }
    }

    public struct Header: Sendable, Hashable {
        public var name: String
        /// May be a secret: for no log and no message.
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// As written, without surrounding white space.
    public var url: String
    /// Replaces the feed's own.
    public var title: String?
    /// Each once, in the order in which they were written.
    public var tags: [String] = []
    public var interval = Interval.auto
    public var headers: [Header] = []
    public var auth: Authentication?
    /// Opens private addresses to this feed alone.
    public var allowPrivateAddresses = false
    public var enabled = true
    /// Walks the feed's older pages (RFC 5005) when it is first met, and when entries may have been missed.
    public var backfill = false
    /// What it says itself, and what `defaults` say; see `Configuration.retention(of:)`.
    public var keep = Retention()
    public var defaultKeep = Retention()
    /// After how long without an entry `status` tells, although polls succeed.
    public var silence = SilenceRule.auto
    public var place: SourcePlace

    public init(url: String, place: SourcePlace) {
        self.url = url
        self.place = place
    }
}
