public import FeedModel
import GRDB

/// The figures of `status`, as the archive knows them.
public struct StatusFigures: Hashable, Sendable {
    public var feeds: [PollState.State: Int] = [:]
    /// Feeds whose poll is late, `mostOverdue` at the most.
    public var overdue = 0
    /// No more are counted: of a million it would take longer than all else together.
    public static let mostOverdue = 100_000
    /// Since when the first of them is.
    public var overdueSince: Timestamp?
    public var articles = 0
    public var revisions = 0
    public var duplicates = 0
    public var newInDay = 0
    /// In the last 24 hours.
    public var polls = PollCounts()
    /// Bytes of the database and its log.
    public var bytes = 0
    public var lastWrite: Timestamp?
    public var seq: Int64 = 0
    /// Since when our own network is out.
    public var outageSince: Timestamp?
    /// Feeds with something to say: what, and since when; the longest standing first, a bounded number.
    public var troubles: [FeedTrouble] = []
    /// Those at whose documents the program died, a bounded number.
    public var crashes: [FeedTrouble] = []
    /// Feeds that change an entry at nearly every poll.
    public var churnyFeeds = 0

    /// Of the last days, the newest first, a bounded number.
    public var floods: [RecentFlood] = []

    /// Feeds that answer and are silent although they should not be, and how many of them the configuration asks for.
    public var silent = 0
    public var silentAsked = 0
    /// Those asked for first, then the longest told; a bounded number.
    public var silentFeeds: [SilentFeed] = []
    /// Feeds of which entries may have been lost in the last 24 hours; and in the last week, newest first, a bounded
    /// number of them.
    public var losingInDay = 0
    public var losingFeeds: [LosingFeed] = []
    /// By hour of the last weeks.
    public var news: [NewsHour] = []
    /// When something new last came, to five minutes.
    public var lastNews: Timestamp?
    public var schemaVersion = Archive.schemaVersion

    /// Webhooks whose last delivery failed, and those that have stopped.
    public var failingWebhooks: [Webhook] = []

    /// Pauses that an operator has ordered, the oldest first, and the feeds that they concern.
    public var pauses: [OperatorPause] = []
    public var paused = 0

    public init() {}

    /// For so long a flood is shown.
    fileprivate static let floodsShown: Duration = .days(7)

    public struct PollCounts: Hashable, Sendable {
        public var total = 0
        public var changed = 0
        public var notModified = 0
        public var failed = 0
        public var bytes = 0

        public init() {}
    }

    public var totalFeeds: Int { feeds.values.reduce(0, +) }
}

public struct FeedTrouble: Hashable, Sendable {
    public var url: String
    public var state: PollState.State
    public var failures: Int
    public var error: PollError
    public var since: Timestamp?

    fileprivate init(row: Row) {
        url = row[0]
        state = PollState.State(rawValue: row[1]) ?? .active
        failures = row[2]
        error = PollError(code: row[3], message: row[4] ?? "")
        since = row.timestamp(5)
    }
}

/// A feed whose silence is odd.
public struct SilentFeed: Hashable, Sendable {
    public var url: String
    /// Its newest entry's instant.
    public var since: Timestamp?
    /// The configuration says after how long it is told.
    public var isAsked: Bool

    public init(url: String, since: Timestamp?, isAsked: Bool) {
        self.url = url
        self.since = since
        self.isAsked = isAsked
    }
}

/// A feed whose document held nothing known, so that entries may have come and gone unseen.
public struct LosingFeed: Hashable, Sendable {
    public var url: String
    public var last: Timestamp
    /// Ever.
    public var losses: Int
    /// Entries in its document.
    public var window: Int

    public init(url: String, last: Timestamp, losses: Int, window: Int) {
        self.url = url
        self.last = last
        self.losses = losses
        self.window = window
    }
}

/// What came in an hour of the clock.
public struct NewsHour: Hashable, Sendable {
    /// Since 1970.
    public var hour: Int
    public var polls: Int
    public var new: Int

    public init(hour: Int, polls: Int, new: Int) {
        self.hour = hour
        self.polls = polls
        self.new = new
    }
}

extension Archive {
    /// The version of archives that this program writes.
    public static var schemaVersion: Int { Schema.version }

    /// - Parameter overdueAfter: a poll is overdue when it should have been made this long ago.
    public func statusFigures(at now: Timestamp, overdueAfter: Duration, troubles limit: Int = 50) throws
        -> StatusFigures
    {
        try read { db in
            var figures = StatusFigures()
            let counts =
                try db.tableExists("feed_count")
                ? "SELECT state, feeds FROM feed_count WHERE feeds > 0"
                : "SELECT state, count(*) FROM feed WHERE configured GROUP BY state"
            for row in try Row.fetchAll(db, sql: counts) {
                if let state = PollState.State(rawValue: row[0]) { figures.feeds[state] = row[1] }
            }
            figures.schemaVersion = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            let isOverdue =
                "configured AND state IN ('active', 'failing') AND coalesce(next_poll, added) < ?"
            let due: StatementArguments = [(now - overdueAfter).milliseconds]
            figures.overdue =
                try Int.fetchOne(
                    db,
                    sql: """
                        SELECT count(*) FROM (SELECT 1 FROM feed WHERE \(isOverdue) LIMIT \(StatusFigures.mostOverdue))
                        """, arguments: due) ?? 0
            // Together with the count it would be read from a million rows, and not from the index.
            figures.overdueSince = try Int64.fetchOne(
                db,
                sql: """
                    SELECT coalesce(next_poll, added) FROM feed WHERE \(isOverdue)
                    ORDER BY coalesce(next_poll, added) LIMIT 1
                    """, arguments: due
            ).map(Timestamp.init(milliseconds:))
            try figures.count(OperatorPause.all(db, at: now), db, at: now, dueBefore: now - overdueAfter)
            for row in try Row.fetchAll(db, sql: "SELECT name, value FROM counter") {
                let value: Int64 = row[1]
                switch row[0] as String {
                case "articles": figures.articles = Int(value)
                case "revisions": figures.revisions = Int(value)
                case "duplicates": figures.duplicates = Int(value)
                default: figures.lastWrite = value > 0 ? Timestamp(milliseconds: value) : nil
                }
            }
            let since = (now - .days(1)).milliseconds / ArchiveTransaction.tallyBucket
            if let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT sum(total), sum(changed), sum(not_modified), sum(failed), sum(bytes), sum(new)
                    FROM tally WHERE bucket > ?
                    """, arguments: [since])
            {
                figures.polls.total = row[0] ?? 0
                figures.polls.changed = row[1] ?? 0
                figures.polls.notModified = row[2] ?? 0
                figures.polls.failed = row[3] ?? 0
                figures.polls.bytes = row[4] ?? 0
                figures.newInDay = row[5] ?? 0
            }
            figures.seq = try Int64.fetchOne(db, sql: "SELECT max(seq) FROM change") ?? 0
            if try db.tableExists("outage") {
                figures.outageSince = try Int64.fetchOne(db, sql: "SELECT since FROM outage").map(
                    Timestamp.init(milliseconds:))
            }
            if try db.columns(in: "feed").contains(where: { $0.name == "churny_since" }) {
                figures.churnyFeeds =
                    try Int.fetchOne(
                        db, sql: "SELECT count(*) FROM feed WHERE configured AND churny_since IS NOT NULL") ?? 0
            }
            figures.floods = try RecentFlood.fetch(since: now - StatusFigures.floodsShown, limit: 10, db)
            figures.failingWebhooks = try Webhook.configured(db).filter { $0.lastError != nil }
            figures.crashes = try figures.findCrashes(db)
            figures.troubles = try Row.fetchAll(
                db,
                sql: """
                    SELECT configured_url, state, failures, error_code, error_message, failing_since FROM feed
                    WHERE configured AND error_code IS NOT NULL AND state <> 'disabled'
                    UNION ALL
                    SELECT configured_url, state, 0, notice_code, notice_message, notice_since FROM feed
                    WHERE configured AND notice_code IS NOT NULL AND state <> 'disabled'
                    ORDER BY 6 LIMIT ?
                    """, arguments: [limit]
            ).map(FeedTrouble.init(row:))
            try figures.countNews(db, at: now)
            if figures.schemaVersion >= 4 { try figures.countSilence(db, at: now) }
            return figures
        }
    }

    /// When the feed began to fail that made so many of them, counted from the one that has failed longest.
    ///
    /// `nil` where that would be a long way through the index.
    public func failingSince(rank: Int) throws -> Timestamp? {
        guard rank <= 50_000 else { return nil }
        return try read { db in
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT failing_since FROM feed WHERE configured AND error_code IS NOT NULL AND state <> 'disabled'
                    ORDER BY failing_since LIMIT 1 OFFSET ?
                    """, arguments: [max(rank - 1, 0)]
            ).map(Timestamp.init(milliseconds:))
        }
    }
}

extension StatusFigures {
    /// How many silent or losing feeds are named.
    private static let named = 10

    /// Read from the index of failing feeds, so many of them at the most.
    private static let mostFailing = 5000

    fileprivate func findCrashes(_ db: Database) throws -> [FeedTrouble] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT configured_url, state, failures, error_code, error_message, failing_since FROM (
                    SELECT * FROM feed WHERE configured AND error_code IS NOT NULL AND state <> 'disabled'
                    ORDER BY failing_since DESC LIMIT \(StatusFigures.mostFailing))
                WHERE error_code = ? LIMIT \(StatusFigures.named)
                """, arguments: [PollError.crashed]
        ).map(FeedTrouble.init(row:))
    }

    fileprivate mutating func countNews(_ db: Database, at now: Timestamp) throws {
        let perHour = 3_600_000 / ArchiveTransaction.tallyBucket
        let since = (now - ArchiveTransaction.tallySpan).milliseconds / ArchiveTransaction.tallyBucket
        news = try Row.fetchAll(
            db,
            sql: "SELECT bucket / ?1, sum(total), sum(new) FROM tally WHERE bucket > ?2 GROUP BY 1 ORDER BY 1",
            arguments: [perHour, since]
        ).map { NewsHour(hour: $0[0], polls: $0[1], new: $0[2]) }
        lastNews = try Int64.fetchOne(
            db, sql: "SELECT bucket FROM tally WHERE new > 0 ORDER BY bucket DESC LIMIT 1"
        ).map { Timestamp(milliseconds: $0 * ArchiveTransaction.tallyBucket) }
    }

    fileprivate mutating func countSilence(_ db: Database, at now: Timestamp) throws {
        // As in the indexes' own conditions.
        let isSilent = "configured AND state = 'active' AND silence_alarm_at <= last_success"
        if let row = try Row.fetchOne(
            db, sql: "SELECT count(*), coalesce(sum(silence_asked), 0) FROM feed WHERE \(isSilent)")
        {
            silent = row[0]
            silentAsked = row[1]
        }
        silentFeeds = try Row.fetchAll(
            db,
            sql: """
                SELECT configured_url, newest_entry, silence_asked FROM feed WHERE \(isSilent)
                ORDER BY silence_asked DESC, silence_alarm_at LIMIT ?
                """, arguments: [StatusFigures.named]
        ).map { SilentFeed(url: $0[0], since: $0.timestamp(1), isAsked: $0[2]) }
        let isLosing = "configured AND last_loss IS NOT NULL AND state <> 'disabled' AND last_loss >= ?"
        losingInDay =
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM feed WHERE \(isLosing)", arguments: [(now - .days(1)).milliseconds]) ?? 0
        losingFeeds = try Row.fetchAll(
            db,
            sql:
                "SELECT configured_url, last_loss, losses, window FROM feed WHERE \(isLosing) ORDER BY last_loss DESC LIMIT ?",
            arguments: [(now - .days(7)).milliseconds, StatusFigures.named]
        ).map { LosingFeed(url: $0[0], last: Timestamp(milliseconds: $0[1]), losses: $0[2], window: $0[3]) }
    }
}
