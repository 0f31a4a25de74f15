public import FeedModel
import GRDB

/// The figures of `status`, as the archive knows them.
public struct StatusFigures: Hashable, Sendable {
    public var feeds: [PollState.State: Int] = [:]
    public var overdue = 0
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
    /// Feeds that change an entry at nearly every poll.
    public var churnyFeeds = 0

    /// Of the last days, the newest first, a bounded number.
    public var floods: [RecentFlood] = []

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
}

extension Archive {
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
            figures.overdue =
                try Int.fetchOne(
                    db,
                    sql: """
                        SELECT count(*) FROM feed WHERE configured AND state IN ('active', 'failing')
                        AND coalesce(next_poll, added) < ?
                        """, arguments: [(now - overdueAfter).milliseconds]) ?? 0
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
            ).map { row in
                FeedTrouble(
                    url: row[0], state: PollState.State(rawValue: row[1]) ?? .active, failures: row[2],
                    error: PollError(code: row[3], message: row[4] ?? ""), since: row.timestamp(5))
            }
            return figures
        }
    }
}
