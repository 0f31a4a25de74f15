public import FeedModel
import Foundation
import GRDB

/// Which articles are meant.
public struct ArticleFilter: Hashable, Sendable {
    /// Articles that stood in this feed, by its configured or current URL.
    public var feed: String?
    /// Articles that stood in a feed with this tag.
    public var tag: String?
    /// First seen at or after.
    public var since: Timestamp?
    /// First seen before.
    public var until: Timestamp?
    public var limit: Int?

    public init(
        feed: String? = nil, tag: String? = nil, since: Timestamp? = nil, until: Timestamp? = nil, limit: Int? = nil
    ) {
        self.feed = feed
        self.tag = tag
        self.since = since
        self.until = until
        self.limit = limit
    }
}

/// An article as it stands, or stood at one revision.
public struct ArchivedArticle: Hashable, Sendable {
    public var id: ArticleID
    public var revision: Int
    public var firstSeen: Timestamp
    public var sightings: Int
    public var title: String?
    public var url: String?
    public var author: String?
    public var published: Timestamp?
    public var modified: Timestamp?
    public var body: TextConstruct?
    /// Plain text, paragraphs as lines.
    public var text: String
    /// SHA-256 of the canonical form.
    public var hash: [UInt8]
    /// The entry's JSON object without title and body; `_ingestd` is its last member.
    public var entry: String
    public var feedURL: String
    public var feedTitle: String?
    /// The line of the change log by which it was new together with many others.
    public var flood: Int64?
    /// The number of the story that it is of, where others say almost the same: its lowest article's.
    public var story: ArticleID?

    /// What the sighting's entry says now; but a summary is another state's, where another content is asked for.
    private static let entry = """
        CASE WHEN c.id = s.content_id OR NOT json_valid(\(PackedEntry.column)) THEN \(PackedEntry.column)
            ELSE json_remove(\(PackedEntry.column), '$.summary', '$._ingestd.summary') END
        """

    static let columns = """
        a.id, a.revision, a.first_seen, (SELECT count(*) FROM sighting n WHERE n.article_id = a.id), c.title, s.url,
        s.author, s.published, s.modified, c.kind, c.body, \(KeptText.sql), c.hash,
        \(entry), f.url,
        coalesce(f.configured_title, f.title),
        (SELECT m.seq FROM flood_article m WHERE m.article_id = a.id AND m.kind = 'new'),
        (SELECT y.story_id FROM story_article y WHERE y.article_id = a.id)
        """
    /// How many columns these are.
    static let width = 18

    init(row: Row) {
        id = ArticleID(rawValue: row[0])
        revision = row[1]
        firstSeen = Timestamp(milliseconds: row[2])
        sightings = row[3]
        title = row[4]
        url = row[5]
        author = row[6]
        published = row.timestamp(7)
        modified = row.timestamp(8)
        let kind: String = row[9]
        body = (row[10] as String?).map { TextConstruct(kind == "text" ? .text : .html, $0) }
        text = row[11] ?? ""
        hash = [UInt8](row[12] as Data)
        entry = row[13]
        feedURL = row[14]
        feedTitle = row[15]
        flood = row[16]
        story = (row[17] as Int64?).map(ArticleID.init(rawValue:))
    }
}

extension ArchivedArticle {
    /// Bytes of what can be long.
    var size: Int { text.utf8.count + (body?.value.utf8.count ?? 0) + entry.utf8.count }
}

extension ArticleFilter {
    /// What a row of `article a` must fulfil, but for `limit`; joined by `AND`.
    var conditions: (sql: [String], arguments: StatementArguments) {
        var conditions: [String] = []
        var arguments: StatementArguments = []
        if let feed {
            conditions.append(
                """
                a.id IN (SELECT article_id FROM sighting WHERE feed_id IN (SELECT id FROM feed WHERE configured_url = ?
                    OR url = ?))
                """)
            arguments += [feed, feed]
        }
        if let tag {
            conditions.append(
                """
                EXISTS (SELECT 1 FROM sighting x JOIN feed g ON g.id = x.feed_id, json_each(g.tags) t
                    WHERE x.article_id = a.id AND t.value = ?)
                """)
            arguments += [tag]
        }
        if let since {
            conditions.append("a.first_seen >= ?")
            arguments += [since.milliseconds]
        }
        if let until {
            conditions.append("a.first_seen < ?")
            arguments += [until.milliseconds]
        }
        return (conditions, arguments)
    }
}

extension Archive {
    /// Articles, the newest first.
    public func articles(_ filter: ArticleFilter, each: (ArchivedArticle) throws -> Void) throws {
        let (conditions, arguments) = filter.conditions
        // The numbers first: what is long is read of those alone that are wanted.
        let sql = """
            SELECT a.id FROM article a WHERE \((conditions + ["a.id BETWEEN ? AND ?"]).joined(separator: " AND "))
            ORDER BY a.id DESC LIMIT ?
            """
        var left = filter.limit ?? .max
        for range in try read({ try Archive.numbers(filter, $0) }) {
            var last = range.upperBound
            while left > 0, last >= range.lowerBound {
                let size = min(left, Archive.pageSize)
                let page = try read { db in
                    try Int64.fetchAll(db, sql: sql, arguments: arguments + [range.lowerBound, last, size])
                }
                try articles(page) { try each($1) }
                left -= page.count
                guard let oldest = page.last, page.count == size else { break }
                last = oldest - 1
            }
        }
    }

    /// The article numbers that come into question for a filter by time, the highest first: those that the full-text
    /// index does not know yet, then the range of the days, whatever the clock did.
    private static func numbers(_ filter: ArticleFilter, _ db: Database) throws -> [ClosedRange<Int64>] {
        guard filter.since != nil || filter.until != nil, try db.tableExists("search_day") else { return [0...(.max)] }
        let position = try Int64.fetchOne(db, sql: "SELECT position FROM search_state") ?? 0
        let range = try Row.fetchOne(
            db, sql: "SELECT min(first), max(last) FROM search_day WHERE day BETWEEN ? AND ?",
            arguments: [
                (filter.since?.milliseconds ?? 0) / SearchDay.milliseconds,
                (filter.until ?? .max).milliseconds / SearchDay.milliseconds,
            ])
        let unknown = (position + 1)...Int64.max
        guard let low = range?[0] as Int64?, let high = range?[1] as Int64?, low <= high else { return [unknown] }
        return [unknown, low...min(high, position)]
    }

    /// Rows are read in pages, so that a reader with a slow consumer holds no snapshot of the database, which
    /// would keep its log from being folded in.
    static let pageSize = 500

    /// Articles can be as long as a document may be: of their texts no more than this is read ahead, in bytes.
    static let pageBytes = 4 << 20

    /// The articles with these numbers, in this order, as far as they are there; each with its place in `numbers`.
    ///
    /// - Parameter each: takes an article outside of any transaction.
    func articles(_ numbers: [Int64], each: (Int, ArchivedArticle) throws -> Void) throws {
        var next = 0
        while next < numbers.count {
            var page: [(Int, ArchivedArticle)] = []
            try read { db in
                var bytes = 0
                while next < numbers.count, bytes < Archive.pageBytes {
                    if let article = try Archive.article(numbers[next], db) {
                        page.append((next, article))
                        bytes += article.size
                    }
                    next += 1
                }
            }
            // Each is let go of before the next one is written.
            page.reverse()
            while let (place, article) = page.popLast() { try each(place, article) }
        }
    }

    public func article(_ id: ArticleID) throws -> ArchivedArticle? {
        try read { try Archive.article(id.rawValue, $0) }
    }

    static func article(_ id: Int64, _ db: Database) throws -> ArchivedArticle? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(ArchivedArticle.columns) FROM article a JOIN content c ON c.id = a.shown_content
                JOIN sighting s ON s.id = a.shown_sighting JOIN feed f ON f.id = s.feed_id WHERE a.id = ?
                """)
        return try Row.fetchOne(statement, arguments: [id]).map(ArchivedArticle.init(row:))
    }

    /// An article's revisions, the oldest first, each as the article stood then.
    public func revisions(of id: ArticleID) throws -> [(seen: Timestamp, feedURL: String, article: ArchivedArticle)] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(ArchivedArticle.columns), r.revision, r.modified, r.seen, rf.url
                    FROM article a JOIN revision r ON r.article_id = a.id JOIN content c ON c.id = r.content_id
                    JOIN sighting s ON s.id = a.shown_sighting JOIN feed f ON f.id = s.feed_id
                    JOIN feed rf ON rf.id = r.feed_id
                    WHERE a.id = ? ORDER BY r.revision
                    """, arguments: [id.rawValue]
            ).map { row in
                var article = ArchivedArticle(row: row)
                article.revision = row[ArchivedArticle.width]
                article.modified = row.timestamp(ArchivedArticle.width + 1)
                return (
                    Timestamp(milliseconds: row[ArchivedArticle.width + 2]), row[ArchivedArticle.width + 3], article
                )
            }
        }
    }

    /// One place where an article stood.
    public struct SightingRow: Hashable, Sendable {
        public var feedURL: String
        public var feedTitle: String?
        public var guid: String?
        public var url: String?
        public var published: Timestamp?
        public var firstSeen: Timestamp
        /// `nil` while it stands in the feed's latest document.
        public var lastSeen: Timestamp?
        /// The number of the identity rule by which it joined.
        public var rule: Int
    }

    public func sightings(of id: ArticleID) throws -> [SightingRow] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT f.url, coalesce(f.configured_title, f.title), s.guid, s.url, s.published, s.first_seen,
                        s.last_seen, s.rule
                    FROM sighting s JOIN feed f ON f.id = s.feed_id WHERE s.article_id = ? ORDER BY s.id
                    """, arguments: [id.rawValue]
            ).map { row in
                SightingRow(
                    feedURL: row[0], feedTitle: row[1], guid: row[2], url: row[3], published: row.timestamp(4),
                    firstSeen: Timestamp(milliseconds: row[5]), lastSeen: row.timestamp(6), rule: row[7])
            }
        }
    }
}
