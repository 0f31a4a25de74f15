public import FeedModel
import Foundation
import GRDB
import PublicSuffix

/// A feed as the configuration names it.
public struct ConfiguredFeed: Hashable, Sendable {
    public var url: String
    public var title: String?
    public var tags: [String]
    public var enabled: Bool
    /// Differs whenever anything that the configuration says of this feed differs.
    public var settings: String

    public init(url: String, title: String?, tags: [String], enabled: Bool, settings: String) {
        self.url = url
        self.title = title
        self.tags = tags
        self.enabled = enabled
        self.settings = settings
    }
}

/// A feed and when it is to be polled, as the schedule needs it.
public struct ScheduledFeed: Hashable, Sendable {
    public var id: FeedID
    public var configuredURL: String
    /// In one spelling: what limits and pauses count by.
    public var host: String
    public var lastPoll: Timestamp?
    /// `nil`: never polled, so due.
    public var nextPoll: Timestamp?
    public var state: PollState.State
    /// The longest wait that the publisher asks for.
    public var publishersWait: Duration?
    public var interval: Duration?
    /// See `PostingRecord.demand`.
    public var demand: Double?
}

extension ArchiveTransaction {
    /// Makes the archive's list of feeds what the configuration says, and returns those that may be
    /// polled. Feeds that left it are kept with their articles; one that comes back goes on where it was.
    ///
    /// A configured URL that is where a feed that left the configuration had moved to takes over that
    /// feed's history. A `gone` feed comes back when what the configuration says of it has changed.
    public func synchronize(_ configured: [ConfiguredFeed], at now: Timestamp) throws -> [ScheduledFeed] {
        struct Known {
            var id: Int64
            var url: String
            var configured: Bool
            var settings: String
            var state: String
        }
        var known: [String: Known] = [:]
        var outdated: [(id: Int64, scope: String)] = []
        for (configuredURL, row) in try rows(
            "SELECT configured_url, id, url, configured, settings, state, scope, host FROM feed", [],
            { row in
                let scope = PauseScope.of(row[7])
                // The list of public suffixes changes with the system.
                if scope != row[6] { outdated.append((row[1], scope)) }
                return (
                    row[0] as String,
                    Known(id: row[1], url: row[2], configured: row[3], settings: row[4], state: row[5])
                )
            })
        {
            known[configuredURL] = row
        }
        for (id, scope) in outdated { try execute("UPDATE feed SET scope = ? WHERE id = ?", [scope, id]) }
        let wanted = Set(configured.map(\.url))
        var left: [String: (configuredURL: String, known: Known)] = [:]
        for (configuredURL, row) in known where !wanted.contains(configuredURL) {
            left[row.url] = (configuredURL, row)
            if row.configured { try execute("UPDATE feed SET configured = 0 WHERE id = ?", [row.id]) }
        }
        for feed in configured {
            let tags = ArchiveTransaction.json(feed.tags)
            if let row = known[feed.url] ?? left.removeValue(forKey: feed.url)?.known {
                if known[feed.url] != nil, row.configured, row.settings == feed.settings { continue }
                let state: PollState.State? =
                    switch PollState.State(rawValue: row.state) {
                    case _ where !feed.enabled: .disabled
                    case .disabled, .gone: .active
                    default: nil
                    }
                try execute(
                    """
                    UPDATE feed SET configured = 1, configured_url = ?, configured_title = ?, tags = ?, settings = ?,
                        state = coalesce(?, state), next_poll = CASE WHEN ? = 'disabled' THEN NULL ELSE next_poll END
                    WHERE id = ?
                    """, [feed.url, feed.title, tags, feed.settings, state?.rawValue, state?.rawValue, row.id])
            } else {
                let host = WebURL(feed.url)?.limitedHost ?? ""
                let state = feed.enabled ? PollState.State.active : .disabled
                try execute(
                    """
                    INSERT INTO feed
                        (configured_url, url, host, scope, configured, configured_title, tags, settings, state, added)
                    VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?)
                    """,
                    [
                        feed.url, feed.url, host, PauseScope.of(host), feed.title, tags,
                        feed.settings, state.rawValue, now.milliseconds,
                    ])
                try execute(
                    "INSERT INTO feed_count VALUES (?, 1) ON CONFLICT (state) DO UPDATE SET feeds = feeds + 1",
                    [state.rawValue])
            }
        }
        return try schedule()
    }

    private func schedule() throws -> [ScheduledFeed] {
        try rows(
            """
            SELECT id, configured_url, host, last_poll, next_poll, state,
                nullif(max(coalesce(freshness, 0), coalesce(ttl, 0), coalesce(update_period, 0)), 0), interval, demand
            FROM feed WHERE configured
            """, []
        ) { row in
            ScheduledFeed(
                id: FeedID(rawValue: row[0]), configuredURL: row[1], host: row[2], lastPoll: row.timestamp(3),
                nextPoll: row.timestamp(4), state: PollState.State(rawValue: row[5]) ?? .active,
                publishersWait: row.duration(6), interval: row.duration(7), demand: row[8])
        }
    }

    public func feed(_ id: FeedID) throws -> Feed? {
        try first("SELECT * FROM feed WHERE id = ?", [id.rawValue], Feed.init(row:))
    }

    /// Writes the state that a poll left, but for what has been decided while it was in flight: a feed that
    /// was disabled stays disabled, and a host that was paused is not asked sooner.
    ///
    /// - Returns: the state as it stands.
    @discardableResult
    public func save(_ poll: PollState, of feed: FeedID) throws -> PollState {
        let host = WebURL(poll.url)?.limitedHost ?? ""
        let scope = PauseScope.of(host)
        var saved = poll
        if let (state, pausedUntil) = try first(
            "SELECT state, (SELECT paused_until FROM host WHERE name = ?) FROM feed WHERE id = ?",
            [scope, feed.rawValue],
            { row in (row[0] as String, row.timestamp(1)) })
        {
            if state == PollState.State.disabled.rawValue {
                saved.state = .disabled
                saved.nextPoll = nil
            }
            if let next = saved.nextPoll, let pausedUntil, pausedUntil > next {
                saved.nextPoll = pausedUntil
                saved.intervalReason = .retryAfter
            }
        }
        try write(saved, host: host, scope: scope, of: feed)
        return saved
    }

    private func write(_ poll: PollState, host: String, scope: String, of feed: FeedID) throws {
        try execute(
            """
            UPDATE feed SET url = ?, host = ?, scope = ?, title = ?, home_page_url = ?, hub = ?, topic = ?, state = ?, etag = ?,
                last_modified = ?, validators_url = ?, document_hash = ?, document_modified = ?, last_poll = ?,
                last_success = ?, last_change = ?, last_status = ?, next_poll = ?, interval = ?, interval_reason = ?,
                failures = ?, failing_since = ?, error_code = ?, error_message = ?, notice_code = ?,
                notice_message = ?, notice_since = ?, freshness = ?, learned = ?, ttl = ?, update_period = ?, skip_hours = ?,
                skip_days = ?, last_document = ?, posting_history = ?, window = ?, narrow_streak = ?, losses = ?,
                last_loss = ?, demand = ?, price = ?, churny_since = ?, last_churn = ?, newest_entry = ?,
                silence_alarm_at = ?, silence_asked = ?
            WHERE id = ?
            """,
            [
                poll.url, host, scope, poll.title, poll.homePageURL, poll.hub, poll.topic,
                poll.state.rawValue, poll.validators?.etag.map { Data($0) },
                poll.validators?.lastModified.map { Data($0) }, poll.validators?.url,
                poll.documentHash.map { Data($0) }, poll.documentModified?.milliseconds, poll.lastPoll?.milliseconds,
                poll.lastSuccess?.milliseconds, poll.lastChange?.milliseconds, poll.lastStatus,
                poll.nextPoll?.milliseconds, poll.interval?.milliseconds, poll.intervalReason?.rawValue,
                poll.failures, poll.failingSince?.milliseconds, poll.lastError?.code, poll.lastError?.message,
                poll.notice?.code, poll.notice?.message, poll.noticeSince?.milliseconds,
                poll.hints.freshness?.milliseconds, poll.hints.learned?.milliseconds, poll.hints.ttl?.milliseconds,
                poll.hints.updatePeriod?.milliseconds,
                Int64(poll.hints.skipHours), Int64(poll.hints.skipDays), poll.lastDocument?.milliseconds,
                poll.posting.history.map { Data($0) }, poll.posting.window, poll.posting.narrowStreak,
                poll.posting.losses, poll.posting.lastLoss?.milliseconds, poll.posting.demand, poll.posting.price,
                poll.churn?.since.milliseconds, poll.churn?.last.milliseconds, poll.posting.newest?.milliseconds,
                poll.posting.silenceAlarm?.milliseconds, poll.posting.isSilenceAsked, feed.rawValue,
            ])
    }

    /// Replaces what is known of a feed's posting, which is not silent, since it has just been heard of; see
    /// `PostingRecord.history`. The next poll tells when silence would be odd.
    public func save(postingHistory: [UInt8]?, of feed: FeedID) throws {
        try execute(
            "UPDATE feed SET posting_history = ?, silence_alarm_at = NULL WHERE id = ?",
            [postingHistory.map { Data($0) }, feed.rawValue])
    }

    /// Whether another configured feed has this URL, as its own or where it moved to.
    public func isFeedURL(_ url: String, otherThan feed: FeedID) throws -> Bool {
        try first(
            "SELECT 1 FROM feed WHERE (configured_url = ? OR url = ?) AND id <> ? AND configured LIMIT 1",
            [url, url, feed.rawValue]
        ) { _ in true } ?? false
    }

    static func json(_ values: [String]) -> String {
        var writer = JSONWriter(isKept: true)
        writer.array { for value in values { $0.string(value) } }
        return writer.string
    }
}

extension Feed {
    init(row: Row) throws {
        var poll = PollState(url: row["url"])
        poll.state = PollState.State(rawValue: row["state"]) ?? .active
        let etag: Data? = row["etag"]
        let lastModified: Data? = row["last_modified"]
        if let url: String = row["validators_url"] {
            poll.validators = Validators(
                etag: etag.map { [UInt8]($0) }, lastModified: lastModified.map { [UInt8]($0) }, url: url)
        }
        poll.documentHash = (row["document_hash"] as Data?).map { [UInt8]($0) }
        poll.documentModified = row.timestamp("document_modified")
        poll.lastPoll = row.timestamp("last_poll")
        poll.lastSuccess = row.timestamp("last_success")
        poll.lastChange = row.timestamp("last_change")
        poll.lastDocument = row.timestamp("last_document")
        poll.lastStatus = row["last_status"]
        poll.nextPoll = row.timestamp("next_poll")
        poll.interval = row.duration("interval")
        poll.intervalReason = (row["interval_reason"] as String?).flatMap(IntervalReason.init(rawValue:))
        poll.failures = row["failures"]
        poll.failingSince = row.timestamp("failing_since")
        poll.lastError = PollError(row: row, code: "error_code", message: "error_message")
        poll.notice = PollError(row: row, code: "notice_code", message: "notice_message")
        poll.noticeSince = row.timestamp("notice_since")
        poll.title = row["title"]
        poll.homePageURL = row["home_page_url"]
        poll.hub = row["hub"]
        poll.topic = row["topic"]
        poll.hints.freshness = row.duration("freshness")
        poll.hints.learned = row.duration("learned")
        poll.hints.ttl = row.duration("ttl")
        poll.hints.updatePeriod = row.duration("update_period")
        poll.hints.skipHours = UInt32(truncatingIfNeeded: row["skip_hours"] as Int64)
        poll.hints.skipDays = UInt8(truncatingIfNeeded: row["skip_days"] as Int64)
        poll.posting = PostingRecord(row: row)
        // An archive of an earlier version has nothing of it.
        if row.hasColumn("churny_since"), let since = row.timestamp("churny_since") {
            poll.churn = PollState.Churn(since: since, last: row.timestamp("last_churn") ?? since)
        }
        if row.hasColumn("stored_since"), let since = row.timestamp("stored_since") {
            poll.stored = PollState.Stored(since: since, bytes: row["stored_bytes"])
        }
        let tags: String = row["tags"]
        self.init(
            id: FeedID(rawValue: row["id"]), configuredURL: row["configured_url"],
            configuredTitle: row["configured_title"],
            tags: (try? JSONDecoder().decode([String].self, from: Data(tags.utf8))) ?? [], poll: poll)
    }
}

extension PostingRecord {
    /// An archive of an earlier version has nothing of it.
    fileprivate init(row: Row) {
        self.init()
        guard row.hasColumn("posting_history") else { return }
        history = (row["posting_history"] as Data?).map { [UInt8]($0) }
        window = row["window"]
        narrowStreak = row["narrow_streak"]
        losses = row["losses"]
        lastLoss = row.timestamp("last_loss")
        demand = row["demand"]
        price = row["price"]
        guard row.hasColumn("silence_alarm_at") else { return }
        newest = row.timestamp("newest_entry")
        silenceAlarm = row.timestamp("silence_alarm_at")
        isSilenceAsked = row["silence_asked"]
    }
}

extension PollError {
    fileprivate init?(row: Row, code: String, message: String) {
        guard let code: String = row[code] else { return nil }
        self.init(code: code, message: row[message] ?? "")
    }
}
