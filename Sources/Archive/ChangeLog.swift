public import FeedModel
import GRDB

/// One line of the change log.
public struct Change: Hashable, Sendable {
    public var seq: Int64
    public var at: Timestamp
    public var kind: ChangeKind
    public var feedURL: String?
    /// As it stood at the change's revision; absent for a line that stands for many, and for what is gone.
    public var article: ArchivedArticle?
    /// That state is not kept: the article is as of this later revision.
    public var insteadRevision: Int?
    /// The article is not there any more, and which state the line was about.
    public var removed: Removed?
    public var feedTitle: String?
    /// Of a line of kind `flood`: what it stands for.
    public var flood: FloodLine?

    public struct Removed: Hashable, Sendable {
        public var article: ArticleID
        public var revision: Int?
    }
}

/// Which lines of the change log somebody wants.
public struct ChangeFilter: Hashable, Sendable {
    /// Any of these; empty is all.
    public var kinds: [ChangeKind]
    /// Lines about a feed with any of these tags, as they are now; empty is all lines.
    public var tags: [String]

    public init(kinds: [ChangeKind] = [], tags: [String] = []) {
        self.kinds = kinds
        self.tags = tags
    }
}

extension Archive {
    /// The number of the newest line; 0 in a new archive.
    public func newestChange() throws -> Int64 {
        try read { try Int64.fetchOne($0, sql: "SELECT max(seq) FROM change") ?? 0 }
    }

    /// Lines after a number, oldest first, at most `limit`, and fewer where their articles are long; none at the end alone.
    public func changes(after seq: Int64, limit: Int) throws -> [Change] {
        try read { db in
            var changes: [Change] = []
            let rows = try Archive.changes(db, where: "h.seq > ?", [seq], limit: limit)
            var bytes = 0
            while bytes < Archive.pageBytes, let row = try rows.next() {
                let change = try Change(row: row, db)
                changes.append(change)
                bytes += change.article?.size ?? 0
            }
            return changes
        }
    }

    /// Lines after a number that a filter lets through, oldest first.
    ///
    /// - Parameters:
    ///   - limit: how many at most.
    ///   - take: is given each, and says whether it may be followed by another.
    /// - Returns: the number up to which the log has been looked through, whether or not it ends there.
    public func changes(
        after seq: Int64, _ filter: ChangeFilter, limit: Int, _ take: (Change) throws -> Bool
    ) throws -> (position: Int64, isEnd: Bool) {
        try read { db in
            let newest = try Int64.fetchOne(db, sql: "SELECT max(seq) FROM change") ?? 0
            let end = min(newest, seq + Archive.longestScan)
            var sql = "h.seq > ? AND h.seq <= ?"
            var arguments: StatementArguments = [seq, end]
            if !filter.kinds.isEmpty {
                sql += " AND h.kind IN (\(filter.kinds.map { _ in "?" }.joined(separator: ", ")))"
                arguments += StatementArguments(filter.kinds.map(\.rawValue))
            }
            if !filter.tags.isEmpty {
                let places = filter.tags.map { _ in "?" }.joined(separator: ", ")
                sql += " AND EXISTS (SELECT 1 FROM json_each(hf.tags) t WHERE t.value IN (\(places)))"
                arguments += StatementArguments(filter.tags)
            }
            let rows = try Archive.changes(db, where: sql, arguments, limit: limit)
            var count = 0
            while let row = try rows.next() {
                let change = try Change(row: row, db)
                count += 1
                if try !take(change) || count == limit { return (change.seq, change.seq == newest) }
            }
            return (max(seq, end), end == newest)
        }
    }

    /// Lines that one call looks through for those that a filter lets through.
    private static let longestScan: Int64 = 10_000

    private static func changes(
        _ db: Database, where condition: String, _ arguments: StatementArguments, limit: Int
    ) throws -> RowCursor {
        try Row.fetchCursor(
            db,
            sql: """
                SELECT \(ArchivedArticle.columns), h.seq, h.at, h.kind, h.revision, hf.url,
                    coalesce(hf.configured_title, hf.title), r.revision, h.article_id
                FROM change h
                LEFT JOIN feed hf ON hf.id = h.feed_id
                LEFT JOIN article a ON a.id = h.article_id
                LEFT JOIN revision r ON r.article_id = h.article_id AND r.revision = (SELECT min(k.revision)
                    FROM revision k WHERE k.article_id = h.article_id AND k.revision >= h.revision)
                LEFT JOIN content c ON c.id = coalesce(r.content_id, a.shown_content)
                LEFT JOIN sighting s ON s.id = a.shown_sighting
                LEFT JOIN feed f ON f.id = s.feed_id
                WHERE \(condition) ORDER BY h.seq LIMIT ?
                """, arguments: arguments + [limit])
    }

    /// Changes whenever another connection has committed; cheap to ask (no table is read).
    public func dataVersion() throws -> Int64 {
        try read { try Int64.fetchOne($0, sql: "PRAGMA data_version") ?? 0 }
    }

    /// Moves when a newer program brings the archive up to date.
    func schemaVersion() throws -> Int { try read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 } }
}

extension Change {
    fileprivate init(row: Row, _ db: Database) throws {
        let next = ArchivedArticle.width
        if !row.hasNull(atIndex: 0), !row.hasNull(atIndex: 12) {
            var article = ArchivedArticle(row: row)
            if let revision: Int = row[next + 3] {
                article.revision = revision
                if let shown: Int = row[next + 6], shown != revision { insteadRevision = shown }
            }
            // The feed that the line is about, which may not be the one whose content is shown.
            if let url: String = row[next + 4] {
                article.feedURL = url
                article.feedTitle = row[next + 5]
            }
            self.article = article
        } else if let id: Int64 = row[next + 7] {
            removed = Removed(article: ArticleID(rawValue: id), revision: row[next + 3])
        }
        seq = row[next]
        at = Timestamp(milliseconds: row[next + 1])
        kind = ChangeKind(rawValue: row[next + 2]) ?? .new
        feedURL = row[next + 4]
        feedTitle = row[next + 5]
        if kind == .flood { flood = try FloodLine.fetch(seq, db) }
    }
}
