public import FeedModel
import GRDB

extension Archive {
    public func feed(_ id: FeedID) throws -> Feed? {
        try read { db in
            let cursor = try Row.fetchCursor(
                db.cachedStatement(sql: "SELECT * FROM feed WHERE id = ?"), arguments: [id.rawValue])
            return try cursor.next().map(Feed.init(row:))
        }
    }

    /// The configured feeds in the order in which they were added, each with its count of articles.
    ///
    /// - Parameters:
    ///   - tag: only those that bear it.
    ///   - failing: only those whose last poll failed, and the gone and dead ones.
    public func feeds(tag: String? = nil, failing: Bool = false, each: (Feed, _ articles: Int) throws -> Void) throws {
        var sql = "SELECT * FROM feed WHERE configured"
        var arguments: StatementArguments = []
        if let tag {
            sql += " AND EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)"
            arguments += [tag]
        }
        if failing { sql += " AND state IN ('failing', 'gone', 'dead')" }
        try read { db in
            let cursor = try Row.fetchCursor(db, sql: sql + " ORDER BY id", arguments: arguments)
            while let row = try cursor.next() { try each(Feed(row: row), row["articles"]) }
        }
    }
}

extension Archive {
    /// The feed with this URL, as its own or where it moved to, and its host, if it is configured and enabled.
    public func configuredFeed(url: String) throws -> (id: FeedID, host: String)? {
        try configuredFeed(url, condition: "AND state <> 'disabled'") { (FeedID(rawValue: $0["id"]), $0["host"]) }
    }

    /// The configured feed with this URL, as its own or where it moved to, disabled or not.
    public func feed(url: String) throws -> Feed? {
        try configuredFeed(url, condition: "", Feed.init(row:))
    }

    private func configuredFeed<Result>(
        _ url: String, condition: String, _ read: (Row) throws -> Result
    ) throws -> Result? {
        try self.read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT * FROM feed WHERE configured \(condition) AND (configured_url = ? OR url = ?)
                    ORDER BY configured_url = ? DESC LIMIT 1
                    """, arguments: [url, url, url]
            ).map(read)
        }
    }
}
