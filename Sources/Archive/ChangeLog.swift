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
}

extension Archive {
    /// The number of the newest line; 0 in a new archive.
    public func newestChange() throws -> Int64 {
        try read { try Int64.fetchOne($0, sql: "SELECT max(seq) FROM change") ?? 0 }
    }

    /// Lines after a number, oldest first, at most `limit`.
    public func changes(after seq: Int64, limit: Int) throws -> [Change] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(ArchivedArticle.columns), h.seq, h.at, h.kind, h.revision, hf.url,
                        coalesce(hf.configured_title, hf.title)
                    FROM change h
                    LEFT JOIN feed hf ON hf.id = h.feed_id
                    LEFT JOIN article a ON a.id = h.article_id
                    LEFT JOIN revision r ON r.article_id = h.article_id AND r.revision = h.revision
                    LEFT JOIN content c ON c.id = coalesce(r.content_id, a.shown_content)
                    LEFT JOIN sighting s ON s.id = a.shown_sighting
                    LEFT JOIN feed f ON f.id = s.feed_id
                    WHERE h.seq > ? ORDER BY h.seq LIMIT ?
                    """, arguments: [seq, limit]
            ).map { row in
                var article: ArchivedArticle?
                if !row.hasNull(atIndex: 0), !row.hasNull(atIndex: 12) {
                    article = ArchivedArticle(row: row)
                    if let revision: Int = row[19] { article?.revision = revision }
                    // The feed that the line is about, which may not be the one whose content is shown.
                    if let url: String = row[20] {
                        article?.feedURL = url
                        article?.feedTitle = row[21]
                    }
                }
                return Change(
                    seq: row[16], at: Timestamp(milliseconds: row[17]),
                    kind: ChangeKind(rawValue: row[18]) ?? .new, feedURL: row[20], article: article)
            }
        }
    }

    /// Changes whenever another connection has committed; cheap to ask (no table is read).
    public func dataVersion() throws -> Int64 {
        try read { try Int64.fetchOne($0, sql: "PRAGMA data_version") ?? 0 }
    }
}
