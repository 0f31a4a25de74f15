public import FeedModel
import GRDB

/// Where an article stood, as retention sees it.
public struct ArticlePlace: Hashable, Sendable {
    public var feed: FeedID
    /// It stands in the feed's latest document.
    public var isCurrent: Bool
    /// While it stands there: when that document came, as far as is known.
    public var lastSeen: Timestamp

    public init(feed: FeedID, isCurrent: Bool, lastSeen: Timestamp) {
        self.feed = feed
        self.isCurrent = isCurrent
        self.lastSeen = lastSeen
    }
}

/// An article of which something may have to be removed.
public struct RetentionCandidate: Hashable, Sendable {
    public var id: ArticleID
    /// The numbers of its kept states, oldest first.
    public var states: [Int]
    public var places: [ArticlePlace]
}

/// What was removed of an article, or would be.
public struct PrunedArticle: Hashable, Sendable {
    /// Of the sighting that it shows.
    public var feedURL: String
    public var revisions: Int
    /// Of texts and of what entries said.
    public var bytes: Int
}

extension Archive {
    /// Every feed that was ever configured.
    public func feedsByConfiguredURL() throws -> [String: FeedID] {
        try read { db in
            var feeds: [String: FeedID] = [:]
            let rows = try Row.fetchCursor(db, sql: "SELECT configured_url, id FROM feed")
            while let row = try rows.next() { feeds[row[0]] = FeedID(rawValue: row[1]) }
            return feeds
        }
    }

    /// Article numbers that one call looks through: some milliseconds, where none is a candidate.
    private static let candidateRange: Int64 = 20_000
    private static let mostCandidates = 500

    /// Of a range of articles those that were first seen before an instant, or have more states than a number.
    ///
    /// - Returns: `nil` at the end.
    public func retentionCandidates(
        after position: ArticleID, firstSeenBefore instant: Timestamp?, revisions: Int?
    ) throws -> (candidates: [RetentionCandidate], position: ArticleID)? {
        try read { db in
            let newest = try Int64.fetchOne(db, sql: "SELECT max(id) FROM article") ?? 0
            guard position.rawValue < newest else { return nil }
            let end = position.rawValue + Archive.candidateRange
            // An archive of an earlier version has been thinned nowhere.
            let states =
                try db.columns(in: "article").contains { $0.name == "thinned" } ? "revision - thinned" : "revision"
            let ids = try Int64.fetchAll(
                db,
                sql: """
                    SELECT id FROM article WHERE id > ? AND id <= ? AND (first_seen < ? OR \(states) > ?)
                    ORDER BY id LIMIT ?
                    """,
                arguments: [
                    position.rawValue, end, instant?.milliseconds ?? .min, revisions.map(Int64.init) ?? .max,
                    Archive.mostCandidates,
                ])
            let last = ids.count == Archive.mostCandidates ? ids.last ?? end : end
            return (try ids.map { try RetentionCandidate(ArticleID(rawValue: $0), db) }, ArticleID(rawValue: last))
        }
    }

    /// How much there is of an article's states, or of the whole article.
    public func measure(_ article: ArticleID, _ states: [Int], isWhole: Bool) throws -> PrunedArticle {
        try read { try PrunedArticle(article, states, isWhole: isWhole, $0) }
    }
}

extension ArchiveTransaction {
    public func retentionCandidate(_ article: ArticleID) throws -> RetentionCandidate? {
        guard try head(of: article) != nil else { return nil }
        return try RetentionCandidate(article, db)
    }

    public func measure(_ article: ArticleID, _ states: [Int], isWhole: Bool) throws -> PrunedArticle {
        try PrunedArticle(article, states, isWhole: isWhole, db)
    }
}

extension RetentionCandidate {
    fileprivate init(_ id: ArticleID, _ db: Database) throws {
        self.id = id
        states = try Int.fetchAll(
            db.cachedStatement(sql: "SELECT revision FROM revision WHERE article_id = ? ORDER BY revision"),
            arguments: [id.rawValue])
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT s.feed_id, s.last_seen IS NULL, coalesce(s.last_seen, max(f.last_success, s.first_seen), s.first_seen)
                    FROM sighting s JOIN feed f ON f.id = s.feed_id WHERE s.article_id = ?
                    """), arguments: [id.rawValue])
        places = []
        while let row = try rows.next() {
            places.append(
                ArticlePlace(
                    feed: FeedID(rawValue: row[0]), isCurrent: row[1], lastSeen: Timestamp(milliseconds: row[2])))
        }
    }
}

extension PrunedArticle {
    fileprivate init(_ id: ArticleID, _ states: [Int], isWhole: Bool, _ db: Database) throws {
        func size(_ columns: [String]) -> String {
            columns.map { "coalesce(length(CAST(\($0) AS BLOB)), 0)" }.joined(separator: " + ")
        }
        let content = size(["hash", "title", "body", "text"])
        feedURL =
            try String.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT f.url FROM article a JOIN sighting s ON s.id = a.shown_sighting
                        JOIN feed f ON f.id = s.feed_id WHERE a.id = ?
                        """), arguments: [id.rawValue]) ?? ""
        revisions = states.count
        guard isWhole else {
            let numbers = states.map(String.init).joined(separator: ", ")
            bytes =
                try Int.fetchOne(
                    db,
                    sql: """
                        SELECT sum(\(content)) FROM content WHERE id IN (
                            SELECT content_id FROM revision WHERE article_id = ?1 AND revision IN (\(numbers))
                            EXCEPT SELECT content_id FROM revision
                                WHERE article_id = ?1 AND revision NOT IN (\(numbers))
                            EXCEPT SELECT content_id FROM sighting WHERE article_id = ?1)
                        """, arguments: [id.rawValue]) ?? 0
            return
        }
        bytes =
            try Int.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT (SELECT coalesce(sum(\(content)), 0) FROM content WHERE article_id = ?1)
                            + (SELECT coalesce(sum(\(size(["guid", "url", "author", "summary", "entry"]))), 0)
                                FROM sighting WHERE article_id = ?1)
                        """), arguments: [id.rawValue]) ?? 0
    }
}
