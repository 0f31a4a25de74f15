/// The number of a feed in the archive.
public struct FeedID: RawRepresentable, Hashable, Sendable, Comparable {
    public var rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }

    public static func < (a: FeedID, b: FeedID) -> Bool { a.rawValue < b.rawValue }
}

/// The number of an article in the archive.
public struct ArticleID: RawRepresentable, Hashable, Sendable, Comparable {
    public var rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }

    public static func < (a: ArticleID, b: ArticleID) -> Bool { a.rawValue < b.rawValue }
}

/// One feed as the archive knows it: what the configuration says, and where its polling stands.
public struct Feed: Hashable, Sendable {
    public var id: FeedID
    /// What the configuration says, always.
    public var configuredURL: String
    /// The title that the configuration gives, if any.
    public var configuredTitle: String?
    public var tags: [String]
    public var poll: PollState

    public init(
        id: FeedID, configuredURL: String, configuredTitle: String? = nil, tags: [String] = [], poll: PollState
    ) {
        self.id = id
        self.configuredURL = configuredURL
        self.configuredTitle = configuredTitle
        self.tags = tags
        self.poll = poll
    }

    public var title: String? { configuredTitle ?? poll.title }
}

/// All that polling a feed leaves behind for the next poll. It is written in the transaction that
/// writes the poll's articles, so that a crash can keep neither without the other.
public struct PollState: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, CaseIterable {
        /// The last poll succeeded, or none has been made.
        case active
        /// The last poll failed; the next comes after a backoff.
        case failing
        /// The publisher said 410: never asked again by itself.
        case gone
        /// Nothing but failures for `give_up_after`: asked every 30 days.
        case dead
        /// The configuration says `enabled: false`.
        case disabled
    }

    public var state: State = .active
    /// Where the next poll goes: the configured URL, or where permanent redirects have led.
    public var url: String
    public var validators: Validators?
    /// SHA-256 of the last accepted document's bytes and of the hub and topic that came in its header: the same need no
    /// second reading.
    public var documentHash: [UInt8]?
    /// The newest `Last-Modified` among accepted documents, where it could be read as a date.
    public var documentModified: Timestamp?

    public var lastPoll: Timestamp?
    public var lastSuccess: Timestamp?
    /// When a whole document last came and was accepted, new or not: since then, nothing but 304, and parts.
    public var lastDocument: Timestamp?
    /// When a poll last brought a new or revised article.
    public var lastChange: Timestamp?
    /// The last poll's HTTP status; absent without a response.
    public var lastStatus: Int?
    /// Absent for gone and disabled feeds, and for those never scheduled: new feeds are due.
    public var nextPoll: Timestamp?
    public var interval: Duration?
    public var intervalReason: IntervalReason?
    /// Failed polls since the last success.
    public var failures = 0
    public var failingSince: Timestamp?
    public var lastError: PollError?

    /// The title of the last accepted document.
    public var title: String?
    public var homePageURL: String?
    public var hub: String?
    /// Where the last accepted document or its response says that it lives, else what answered.
    public var topic: String?
    /// What the last accepted document and its response said about how often to come.
    public var hints = ScheduleHints()
    /// What has been learned of its posting.
    public var posting = PostingRecord()
    /// Something that an operator should know although polls succeed.
    public var notice: PollError?
    public var noticeSince: Timestamp?
    /// Its entries change at nearly every poll.
    public var churn: Churn?
    /// What it has put into the archive lately; written beside the rest.
    public var stored: Stored?

    /// What a feed has put into the archive within a span of time.
    public struct Stored: Hashable, Sendable {
        public var since: Timestamp
        public var bytes: Int

        public init(since: Timestamp, bytes: Int) {
            self.since = since
            self.bytes = bytes
        }
    }

    /// Some article of a feed has had a new state at nearly every poll, so that not all of them are kept.
    public struct Churn: Hashable, Sendable {
        public var since: Timestamp
        /// The last poll that found it so.
        public var last: Timestamp

        public init(since: Timestamp, last: Timestamp) {
            self.since = since
            self.last = last
        }
    }

    public init(url: String) { self.url = url }

    /// When the next poll is due. The clock may have been ahead when the last one was made: then it comes after the wait
    /// that was found for it.
    public func due(at now: Timestamp) -> Timestamp? {
        guard let nextPoll, let lastPoll, lastPoll > now else { return nextPoll }
        return min(nextPoll, now + max(nextPoll - lastPoll, .zero))
    }

    /// The clock was set: what waits goes on waiting as long as it would have.
    public mutating func clockWasSet(by change: Duration) {
        nextPoll = nextPoll.map { $0 + change }
        lastPoll = lastPoll.map { $0 + change }
        lastSuccess = lastSuccess.map { $0 + change }
        failingSince = failingSince.map { $0 + change }
    }

    /// Since when the feed has posted nothing although it should have: polls succeed, and the last one was made when
    /// that was no more to be expected.
    public var silentSince: Timestamp? {
        guard state == .active, let alarm = posting.silenceAlarm, let lastSuccess, lastSuccess >= alarm else {
            return nil
        }
        return posting.newest
    }
}

/// Which rule decided when a feed is polled next.
public enum IntervalReason: String, Hashable, Sendable, CaseIterable {
    case learned
    case configured
    case cacheControl = "cache-control"
    case ttl
    case updatePeriod = "update-period"
    case skipHours = "skip-hours"
    case retryAfter = "retry-after"
    case backoff
    case floor
    case ceiling
    /// A hub sends what is new.
    case websub
}

/// Why a poll failed, for people and for programs.
public struct PollError: Hashable, Sendable {
    /// `timeout dns connect tls reset http-STATUS no-feed empty truncated too-large bad-encoding
    /// too-many-redirects bad-redirect address-refused host-paused too-complex crashed`.
    public var code: String
    /// One line that says what happened.
    public var message: String

    /// The code of a poll during which the program itself died.
    public static let crashed = "crashed"

    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}

/// What polls have learned of a feed's posting, for the schedule to decide by.
public struct PostingRecord: Hashable, Sendable {
    /// Its rate and rhythm, in the schedule's own form; `nil` before the first document.
    public var history: [UInt8]?
    /// Entries in the last document.
    public var window = 0
    /// Polls in a row whose document was known by less than half, less those since that were known well.
    public var narrowStreak = 0
    /// Polls ever whose document held nothing that was known, so that entries may have scrolled out unseen; and the last
    /// of them.
    public var losses = 0
    public var lastLoss: Timestamp?
    /// Polls an hour that the feed is worth at a price of 1; `nil` while nothing is known.
    public var demand: Double?
    /// The newest entry's instant, as far as entries tell.
    public var newest: Timestamp?
    /// From when on it is no more to be expected that nothing comes; `nil` where that is never told.
    public var silenceAlarm: Timestamp?
    /// The configuration says after how long; else the feed's own rhythm.
    public var isSilenceAsked = false
    /// What a poll was worth when the last one was scheduled, in hours that entries wait.
    public var price: Double?

    public init() {}
}

/// What a document says about its own rhythm. It outlives 304 answers, which bring no document.
public struct ScheduleHints: Hashable, Sendable {
    /// How long the response was fresh when it left its server (RFC 9111, 4.2.1).
    public var freshness: Duration?
    /// The interval that the feed's posting suggests.
    public var learned: Duration?
    /// RSS `ttl`.
    public var ttl: Duration?
    /// `sy:updatePeriod` ÷ `sy:updateFrequency`.
    public var updatePeriod: Duration?
    /// Bit n stands for hour n, GMT.
    public var skipHours: UInt32 = 0
    /// Bit 0 stands for Sunday, GMT.
    public var skipDays: UInt8 = 0

    /// The longest of the waits that the publisher asks for.
    public var publishersWait: Duration? { [freshness, ttl, updatePeriod].compactMap(\.self).max() }

    public init() {}
}
