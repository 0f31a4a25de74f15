import FeedModel
import GRDB

/// An article, and what the publisher calls it.
public struct ExportedArticle: Hashable, Sendable {
    public var article: ArchivedArticle
    /// Of the sighting that the article shows, unless it was seen not to tell the feed's entries apart.
    public var guid: String?
}

/// The columns of the view `articles`, and one article's values in them.
public struct ArticleViewRow: Hashable, Sendable {
    public static let columns = [
        "id", "url", "title", "author", "summary", "content_html", "content_text", "language", "published", "modified",
        "first_seen", "last_seen", "content_hash", "revision", "revisions", "sightings", "feed_url", "feed_title",
    ]

    /// In the order of `columns`.
    public var values: [String?]
}

/// The articles that a filter means at one moment: those that come later are left out, so that an export ends
/// beside a daemon that writes.
public struct ArticleSelection: Hashable, Sendable {
    var filter: ArticleFilter
    /// Of article numbers; empty where nothing is meant.
    var range: ClosedRange<Int64>?
}

extension Archive {
    /// What `articles` gives for the filter: with a `limit`, the newest so many.
    public func selection(_ filter: ArticleFilter) throws -> ArticleSelection {
        var (conditions, arguments) = filter.conditions
        return try read { db in
            guard filter.limit != 0, let last = try Int64.fetchOne(db, sql: "SELECT max(id) FROM article") else {
                return ArticleSelection(filter: filter, range: nil)
            }
            guard let limit = filter.limit else { return ArticleSelection(filter: filter, range: 1...last) }
            conditions.append("a.id <= ?")
            arguments += [last, limit - 1]
            let first = try Int64.fetchOne(
                db,
                sql: "SELECT a.id FROM article a WHERE \(conditions.joined(separator: " AND ")) "
                    + "ORDER BY a.id DESC LIMIT 1 OFFSET ?", arguments: arguments)
            return ArticleSelection(filter: filter, range: (first ?? 1)...last)
        }
    }

    /// What of a filter no feed that was ever configured bears, as `feed URL` and `tag NAME`.
    public func unknownNames(_ filter: ArticleFilter) throws -> [String] {
        try read { db in
            var names: [String] = []
            if let feed = filter.feed,
                try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (SELECT 1 FROM feed WHERE configured_url = ? OR url = ?)",
                    arguments: [feed, feed]) == false
            {
                names.append("feed \(feed)")
            }
            if let tag = filter.tag,
                try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (SELECT 1 FROM feed g, json_each(g.tags) t WHERE t.value = ?)",
                    arguments: [tag]) == false
            {
                names.append("tag \(tag)")
            }
            return names
        }
    }

    /// How many there are. It looks at every one of them.
    public func count(_ selection: ArticleSelection) throws -> Int {
        guard let range = selection.range else { return 0 }
        let (conditions, arguments) = Archive.conditions(selection.filter, range)
        return try read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM article a WHERE \(conditions)", arguments: arguments) ?? 0
        }
    }

    /// Articles, the oldest first.
    public func export(_ selection: ArticleSelection, each: (ExportedArticle) throws -> Void) throws {
        try pages(
            selection,
            """
            SELECT \(ArchivedArticle.columns), CASE WHEN NOT EXISTS (SELECT 1 FROM unreliable u
                WHERE u.feed_id = s.feed_id AND u.kind = 'guid' AND u.value = s.guid) THEN s.guid END
            FROM article a JOIN content c ON c.id = a.shown_content
            JOIN sighting s ON s.id = a.shown_sighting JOIN feed f ON f.id = s.feed_id
            """
        ) { row in
            let article = ArchivedArticle(row: row)
            try each(ExportedArticle(article: article, guid: row[ArchivedArticle.width]))
            return article.id.rawValue
        }
    }

    /// The guids with a colon, such as URIs have, that several articles bear, in whatever feeds.
    ///
    /// No index leads from a guid to its articles. All guids are sorted, outside of memory if they are many, and
    /// rows are looked up for those alone that stand in several places.
    public func sharedGuids() throws -> Set<String> {
        try read { db in
            try String.fetchSet(
                db,
                sql: """
                    SELECT guid FROM sighting INDEXED BY sighting_guid WHERE guid IS NOT NULL AND guid IN (
                        SELECT guid FROM sighting INDEXED BY sighting_guid WHERE guid IS NOT NULL AND guid LIKE '%:%'
                        GROUP BY guid HAVING count(*) > 1)
                    GROUP BY guid HAVING min(article_id) <> max(article_id)
                    """)
        }
    }

    /// Rows of the view `articles`, the oldest first.
    public func exportRows(_ selection: ArticleSelection, each: (ArticleViewRow) throws -> Void) throws {
        let list = ArticleViewRow.columns.map { "v.\($0)" }.joined(separator: ", ")
        try pages(selection, "SELECT \(list) FROM article a JOIN articles v ON v.id = a.id") { row in
            try each(ArticleViewRow(values: row.databaseValues.map(Archive.text)))
            return row[0]
        }
    }

    private static func text(_ value: DatabaseValue) -> String? {
        switch value.storage {
        case .int64(let number): String(number)
        default: String.fromDatabaseValue(value)
        }
    }

    /// Rows in pages, as `articles` reads them.
    ///
    /// - Parameter each: takes a row outside of any transaction, and returns its article's number.
    private func pages(_ selection: ArticleSelection, _ select: String, each: (Row) throws -> Int64) throws {
        guard var range = selection.range else { return }
        while true {
            let (conditions, arguments) = Archive.conditions(selection.filter, range)
            var page: [Row] = []
            let isEnd = try read { db in
                let rows = try Row.fetchCursor(
                    db, sql: "\(select) WHERE \(conditions) ORDER BY a.id LIMIT \(Archive.exportPageSize)",
                    arguments: arguments)
                var bytes = 0
                while bytes < Archive.pageBytes {
                    guard let row = try rows.next()?.copy() else { return page.count < Archive.exportPageSize }
                    bytes += Archive.size(row)
                    page.append(row)
                }
                return false
            }
            var last = range.upperBound
            // Each is let go of before the next one is written.
            page.reverse()
            while let row = page.popLast() { last = try each(row) }
            guard !isEnd, last < range.upperBound else { return }
            range = (last + 1)...range.upperBound
        }
    }

    private static func size(_ row: Row) -> Int {
        row.databaseValues.reduce(0) { sum, value in
            if case .string(let text) = value.storage { sum + text.utf8.count } else { sum }
        }
    }

    /// Small, for one page is in memory at a time.
    private static let exportPageSize = 100

    private static func conditions(
        _ filter: ArticleFilter, _ range: ClosedRange<Int64>
    ) -> (sql: String, arguments: StatementArguments) {
        let (conditions, arguments) = filter.conditions
        return (
            (conditions + ["a.id BETWEEN ? AND ?"]).joined(separator: " AND "),
            arguments + [range.lowerBound, range.upperBound]
        )
    }
}
