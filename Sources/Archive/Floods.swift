public import FeedModel
import GRDB

/// Why many things at once are told in one line of the change log.
public enum FloodReason: String, Hashable, Sendable, CaseIterable {
    /// Nothing of the feed's document was known, and it is no newer than what the feed had.
    case allNew = "all-new"
    /// Entries appeared that are no newer than what the feed had.
    case oldEntries = "old-entries"
    case guidsChanged = "guids-changed"
    case datesChanged = "dates-changed"
}

/// What a flood's line stands for, of one article.
public enum FloodShare: String, Hashable, Sendable {
    case new
    case revised
    case duplicate
    /// The article was known in the feed and says what it said: its guid or its date there is another.
    case place
}

/// What a line of kind `flood` tells.
public struct FloodLine: Hashable, Sendable {
    public var reason: FloodReason
    /// Entries of the document that it stands for.
    public var entries: Int
    /// How many articles.
    public var articleCount: Int
    /// The first of them, by number.
    public var articles: [ArticleID]

    /// A line names so many articles; the view `flood_articles` has all.
    public static let mostNamed = 1000
}

/// A flood that a feed had, to be shown beside what is wrong.
public struct RecentFlood: Hashable, Sendable {
    public var feedURL: String
    public var seq: Int64
    public var at: Timestamp
    public var reason: FloodReason
    public var entries: Int

    /// What happened, and where to read of it.
    public var explanation: String {
        let what =
            switch reason {
            case .allNew: "nothing in its document was known, and \(entries) entries are no newer than what it had"
            case .oldEntries: "\(entries) old entries appeared at once"
            case .guidsChanged: "\(entries) known entries have other guids"
            case .datesChanged: "\(entries) known entries have other dates"
            }
        return "\(what); line \(seq) of the change log stands for them all"
    }
}

extension Schema {
    static let floodTables = """
        -- What the change log's lines of kind flood stand for.
        CREATE TABLE flood (
            seq INTEGER PRIMARY KEY,        -- of the line
            feed_id INTEGER NOT NULL REFERENCES feed (id),
            reason TEXT NOT NULL,           -- all-new, old-entries, guids-changed, dates-changed
            entries INTEGER NOT NULL,       -- of the document, that it stands for
            articles INTEGER NOT NULL,      -- how many
            last INTEGER NOT NULL,          -- when the feed last did so
            again INTEGER NOT NULL DEFAULT 0 -- how often it did so without another line
        ) STRICT;
        CREATE INDEX flood_feed ON flood (feed_id);

        -- The articles of each: those that are new by it have no line of their own.
        CREATE TABLE flood_article (
            article_id INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            kind TEXT NOT NULL,             -- new, revised, duplicate; place: its guid or date in the feed is another
            revision INTEGER NOT NULL,
            PRIMARY KEY (article_id, seq, kind, revision)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX flood_article_seq ON flood_article (seq, article_id);
        """

    /// What an archive of an earlier version lacks, for who reads it as it is.
    static let floodStandIn =
        "CREATE TEMP TABLE flood_article (article_id INTEGER, seq INTEGER, kind TEXT, revision INTEGER)"
}

extension ArchiveTransaction {
    /// The newest instant that a feed has shown, up to `now`.
    public func newestInstant(of feed: FeedID, upTo now: Timestamp) throws -> Timestamp? {
        try first(
            """
            SELECT max(coalesce(published, modified)) FROM sighting
            WHERE feed_id = ?1 AND coalesce(published, modified) <= ?2
            """, [feed.rawValue, now.milliseconds]
        ) { $0.timestamp(0) }.flatMap(\.self)
    }

    /// When a feed last had a flood of each kind.
    public func lastFloods(of feed: FeedID) throws -> [FloodReason: Timestamp] {
        let found = try rows(
            "SELECT reason, max(last) FROM flood WHERE feed_id = ? GROUP BY reason", [feed.rawValue]
        ) { (FloodReason(rawValue: $0[0]), $0.timestamp(1)) }
        return found.reduce(into: [:]) { last, row in if let reason = row.0 { last[reason] = row.1 } }
    }

    /// A feed does again what its last flood of the kind told of.
    public func noteAgain(_ reason: FloodReason, of feed: FeedID, at now: Timestamp) throws {
        try execute(
            """
            UPDATE flood SET last = ?, again = again + 1
            WHERE seq = (SELECT max(seq) FROM flood WHERE feed_id = ? AND reason = ?)
            """, [now.milliseconds, feed.rawValue, reason.rawValue])
    }

    /// One line for all of these.
    public func appendFlood(
        _ reason: FloodReason, entries: Int, of feed: FeedID,
        articles: [(article: ArticleID, share: FloodShare, revision: Int)], at now: Timestamp
    ) throws {
        let seq = try insert(
            "INSERT INTO change (at, kind, feed_id) VALUES (?, ?, ?)",
            [now.milliseconds, ChangeKind.flood.rawValue, feed.rawValue])
        for (article, share, revision) in articles {
            try execute(
                "INSERT OR IGNORE INTO flood_article VALUES (?, ?, ?, ?)",
                [article.rawValue, seq, share.rawValue, revision])
        }
        try execute(
            "INSERT INTO flood (seq, feed_id, reason, entries, articles, last) VALUES (?, ?, ?, ?, ?, ?)",
            [
                seq, feed.rawValue, reason.rawValue, entries, Set(articles.map(\.article)).count, now.milliseconds,
            ])
    }
}

extension FloodLine {
    /// Of a line of the change log.
    static func fetch(_ seq: Int64, _ db: Database) throws -> FloodLine? {
        guard try db.tableExists("flood"),
            let row = try Row.fetchOne(
                db, sql: "SELECT reason, entries, articles FROM flood WHERE seq = ?", arguments: [seq]),
            let reason = FloodReason(rawValue: row[0])
        else { return nil }
        let numbers = try Int64.fetchAll(
            db,
            sql: "SELECT DISTINCT article_id FROM flood_article WHERE seq = ? ORDER BY article_id LIMIT ?",
            arguments: [seq, mostNamed])
        return FloodLine(
            reason: reason, entries: row[1], articleCount: row[2], articles: numbers.map(ArticleID.init(rawValue:)))
    }
}

extension RecentFlood {
    /// Of feeds of the configuration, the newest first; the newest `limit` of all are looked at.
    static func fetch(since: Timestamp, limit: Int, _ db: Database) throws -> [RecentFlood] {
        guard try db.tableExists("flood") else { return [] }
        return try Row.fetchAll(
            db,
            sql: """
                SELECT f.configured_url, o.seq, h.at, o.reason, o.entries
                FROM (SELECT * FROM flood ORDER BY seq DESC LIMIT ?) o
                JOIN change h ON h.seq = o.seq JOIN feed f ON f.id = o.feed_id
                WHERE h.at >= ? AND f.configured
                """, arguments: [limit, since.milliseconds]
        ).compactMap { row in
            FloodReason(rawValue: row[3]).map {
                RecentFlood(
                    feedURL: row[0], seq: row[1], at: Timestamp(milliseconds: row[2]), reason: $0, entries: row[4])
            }
        }
    }
}
