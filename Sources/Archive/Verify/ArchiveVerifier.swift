import FeedModel
import Foundation
import GRDB

/// One verification, on one connection, inside its read transaction.
///
/// Rows are read as whatever they are: in a damaged file a column may hold anything, and must not end the program.
struct ArchiveVerifier {
    let db: Database
    private let hasher: ContentHasher
    let path: String
    private let progress: (_ done: Int, _ total: Int) -> Void
    private var done = 0
    private var total = 0
    var report = VerificationReport()

    init(
        _ db: Database, _ hasher: ContentHasher, path: String, progress: @escaping (_ done: Int, _ total: Int) -> Void
    ) {
        self.db = db
        self.hasher = hasher
        self.path = path
        self.progress = progress
    }

    mutating func run() throws {
        try part("the number of rows") { try $0.estimate() }
        try part("the database") { try $0.checkDatabase() }
        try part("the schema", .schema) { try $0.checkSchema() }
        try part("articles") { try $0.checkArticles() }
        try part("contents") { try $0.checkContents() }
        try part("revisions") { try $0.checkRevisions() }
        try part("sightings") { try $0.checkSightings() }
        try part("attachments") { try $0.checkAttachments() }
        try part("the change log") { try $0.checkChanges() }
        try part("what the change log tells") { try $0.checkChangesOfRevisions() }
        try part("what was removed") { try $0.checkTombstones() }
        try part("what floods stand for") { try $0.checkFloods() }
        try part("the sums") { try $0.checkCounts() }
        try part("the numbers of feeds") { try $0.checkFeedCounts() }
        try part("the full-text index", .searchIndex) { try $0.checkSearchIndex() }
        try part("the stories") { try $0.checkStories() }
        try part("the raw documents") { try $0.checkRawDocuments() }
    }

    /// A part that SQLite cannot read is a finding; the others are looked at all the same.
    private mutating func part(
        _ name: String, _ code: VerificationFinding.Code = .database, _ body: (inout ArchiveVerifier) throws -> Void
    ) throws {
        do {
            try body(&self)
        } catch let error as DatabaseError
            where error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB
        {
            find(code, "\(name) cannot be read to the end: \(Archive.reason(of: error))")
        }
    }

    // MARK: findings

    mutating func find(
        _ code: VerificationFinding.Code, _ message: String, article: Int64? = nil, feed: String? = nil,
        remedy: String? = nil
    ) {
        guard report.count(code) else { return }
        report.list(
            VerificationFinding(
                code: code, message: message, article: article.map(ArticleID.init(rawValue:)),
                feedURL: feed ?? article.flatMap(feedURL), remedy: remedy ?? self.remedy(code)))
    }

    /// Of the first place where an article stood.
    private func feedURL(_ article: Int64) -> String? {
        try? String.fetchOne(
            db,
            sql: """
                SELECT f.url FROM sighting s JOIN feed f ON f.id = s.feed_id WHERE s.article_id = ? ORDER BY s.id LIMIT 1
                """, arguments: [article])
    }

    static func remedyOfDamage(_ path: String) -> String {
        "stop the daemon, keep a copy of the archive's folder, and look after the disk; then put a backup in its place, "
            + "or save what can be read: sqlite3 \(path) .recover"
    }

    private func remedy(_ code: VerificationFinding.Code) -> String {
        switch code {
        case .database: ArchiveVerifier.remedyOfDamage(path)
        case .schema:
            "another program has removed it: stop the daemon, and make it again with its CREATE statement of 'ingestd schema'"
        case .contentHash:
            "another program or a fault of the disk has altered it; a backup may hold it as it was"
        case .reference, .revisions, .changes, .entry:
            "another program or a fault of the disk has altered the archive; put a backup in its place, or keep it as it is: "
                + "polls go on, and what is wrong stays so"
        case .count:
            "stop the daemon and set it right by SQL; nothing but 'status' and 'feeds' shows it"
        case .rawDocument: remedyOfFile
        case .story:
            "have stories found anew: stop the daemon, sqlite3 \(path) \"UPDATE story_state SET form = 0\", and start it again"
        case .searchIndex:
            "make the index anew from the articles: stop the daemon, sqlite3 \(path) \"UPDATE search_state SET form = 0\", "
                + "and start it again"
        }
    }

    // MARK: reading

    private mutating func estimate() throws {
        for table in ["article", "content", "sighting", "change"] {
            total += try Int.fetchOne(db, sql: "SELECT max(rowid) FROM \(table)") ?? 0
        }
        // About as many as contents, and they are not counted without reading them.
        total += try Int.fetchOne(db, sql: "SELECT max(rowid) FROM content") ?? 0
        report.feeds = try count("feed")
    }

    private func count(_ table: String) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0
    }

    mutating func each(
        _ sql: String, _ arguments: StatementArguments = [], _ body: (inout ArchiveVerifier, Row) throws -> Void
    ) throws {
        let cursor = try Row.fetchCursor(db, sql: sql, arguments: arguments)
        while let row = try cursor.next() { try body(&self, row) }
    }

    private mutating func step() {
        done += 1
        if done & 0xFF == 0 { progress(done, total) }
    }

    // MARK: SQLite's own

    private mutating func checkDatabase() throws {
        progress(0, total)
        try each("PRAGMA integrity_check(\(VerificationReport.mostListed))") { verifier, row in
            let message = row.safe(String.self, 0) ?? ""
            if message == "ok" { return }
            var remedy: String?
            if let name = message.range(of: " index ").map({ message[$0.upperBound...] }), !name.contains(" ") {
                remedy = "make the index anew: stop the daemon, and sqlite3 \(verifier.path) 'REINDEX \(name)'"
            }
            verifier.find(.database, message, remedy: remedy)
        }
        // The tables of articles are looked at row by row below, and told with the article's number.
        let own: Set = ["article", "content", "revision", "sighting", "attachment", "change"]
        let tables = try String.fetchAll(
            db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%REFERENCES%' ORDER BY name")
        for table in tables where !own.contains(table) {
            try each("PRAGMA foreign_key_check(\(table.quotedDatabaseIdentifier))") { verifier, row in
                let other = row.safe(String.self, 2) ?? "?"
                verifier.find(.reference, "a row of \(table) names a \(other) that is not there")
            }
        }
    }

    // MARK: articles and what they consist of

    /// Tables, indexes and views of this version; what else another program has put there is its own.
    private mutating func checkSchema() throws {
        guard try Int.fetchOne(db, sql: "PRAGMA user_version") == Schema.version else { return }
        let names = "SELECT type, name FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid"
        let wanted = try DatabaseQueue().write { fresh in
            try Schema.create(fresh)
            return try Row.fetchAll(fresh, sql: names)
        }
        let there = Set(try Row.fetchAll(db, sql: names))
        for row in wanted where !there.contains(row) {
            find(.schema, "the \(row[0] as String) \(row[1] as String) is not there")
        }
    }

    private mutating func checkArticles() throws {
        let thinned = try db.columns(in: "article").contains { $0.name == "thinned" } ? "a.thinned" : "0"
        try each(
            """
            SELECT a.id, a.revision, c.article_id, s.article_id, f.url,
                (SELECT count(*) FROM revision r WHERE r.article_id = a.id),
                (SELECT max(r.revision) FROM revision r WHERE r.article_id = a.id),
                (SELECT min(r.revision) FROM revision r WHERE r.article_id = a.id), \(thinned)
            FROM article a LEFT JOIN content c ON c.id = a.shown_content
            LEFT JOIN sighting s ON s.id = a.shown_sighting LEFT JOIN feed f ON f.id = s.feed_id ORDER BY a.id
            """
        ) { verifier, row in
            verifier.report.articles += 1
            verifier.step()
            guard let id = row.safe(Int64.self, 0) else { return }
            let feed = row.safe(String.self, 4)
            if row.safe(Int64.self, 2) != id {
                verifier.find(.reference, "the content that it shows is \(row.absence(2))", article: id, feed: feed)
            }
            if row.safe(Int64.self, 3) != id {
                verifier.find(.reference, "the sighting that it shows is \(row.absence(3))", article: id, feed: feed)
            }
            let (newest, count) = (row.safe(Int.self, 1) ?? 0, row.safe(Int.self, 5) ?? 0)
            let (last, first) = (row.safe(Int.self, 6) ?? 0, row.safe(Int.self, 7) ?? 0)
            let thinned = row.safe(Int.self, 8) ?? 0
            if newest != count + thinned || last != newest || first != 1 {
                let kept = count == 0 ? "none" : "\(count) of them, from \(first) to \(last)"
                let less = thinned == 0 ? "" : " and \(thinned) were thinned,"
                verifier.find(
                    .revisions, "its newest revision is number \(newest),\(less) but the archive holds \(kept)",
                    article: id, feed: feed)
            }
        }
    }

    private mutating func checkContents() throws {
        let keepsEnclosures = try db.columns(in: "content").contains { $0.name == "enclosures" }
        try each(
            """
            SELECT \(HashedContent.columns(keepsEnclosures: keepsEnclosures)), a.id
            FROM content c LEFT JOIN article a ON a.id = c.article_id ORDER BY c.id
            """
        ) { verifier, row in
            verifier.report.contents += 1
            verifier.step()
            let content = HashedContent(row: row)
            let article = content.article.rawValue
            let name = "content \(content.id)"
            if row.safe(Int64.self, 8) == nil {
                verifier.find(.reference, "\(name) is of article \(article), which is not there", article: article)
            }
            guard content.form == verifier.hasher.form else {
                verifier.report.hashesNotRecomputed += 1
                return
            }
            let (hash, length) = verifier.hasher.hash(content.title, content.text, content.enclosures ?? [])
            if length != content.length {
                verifier.find(
                    .contentHash, "the text of \(name) has \(length) characters, not \(content.length)",
                    article: article)
            } else if hash != content.hash {
                // Earlier programs did not keep which enclosures stood for the text of a state that is past.
                if length == 0, content.enclosures?.isEmpty ?? true, !keepsEnclosures || row.hasNull(atIndex: 7) {
                    verifier.report.hashesNotRecomputed += 1
                    return
                }
                verifier.find(
                    .contentHash,
                    "\(name) is stored as sha256:\(content.hash.hexadecimal), but is sha256:\(hash.hexadecimal)",
                    article: article)
            }
        }
    }

    private mutating func checkRevisions() throws {
        try each(
            """
            SELECT r.article_id, r.revision, c.article_id, a.id, f.id
            FROM revision r LEFT JOIN content c ON c.id = r.content_id LEFT JOIN article a ON a.id = r.article_id
            LEFT JOIN feed f ON f.id = r.feed_id ORDER BY r.article_id, r.revision
            """
        ) { verifier, row in
            verifier.report.revisions += 1
            verifier.step()
            let article = row.safe(Int64.self, 0) ?? 0
            let name = "revision \(row.safe(Int.self, 1) ?? 0)"
            if row.safe(Int64.self, 3) == nil {
                verifier.find(.reference, "\(name) is of an article that is not there", article: article)
            }
            if row.safe(Int64.self, 2) != article {
                verifier.find(.reference, "the content of \(name) is \(row.absence(2))", article: article)
            }
            if row.safe(Int64.self, 4) == nil {
                verifier.find(.reference, "the feed of \(name) is not there", article: article)
            }
        }
    }

    private mutating func checkSightings() throws {
        try each(
            """
            SELECT s.id, s.article_id, a.id, c.article_id, f.id, f.url, json_valid(\(PackedEntry.column)),
                CASE WHEN json_valid(\(PackedEntry.column))
                    THEN coalesce(json_array_length(\(PackedEntry.column), '$.attachments'), 0) END,
                (SELECT count(*) FROM attachment t WHERE t.article_id = s.article_id AND t.sighting_id = s.id)
            FROM sighting s LEFT JOIN article a ON a.id = s.article_id LEFT JOIN content c ON c.id = s.content_id
            LEFT JOIN feed f ON f.id = s.feed_id ORDER BY s.id
            """
        ) { verifier, row in
            verifier.report.sightings += 1
            verifier.step()
            let article = row.safe(Int64.self, 1) ?? 0
            let name = "sighting \(row.safe(Int64.self, 0) ?? 0)"
            let feed = row.safe(String.self, 5)
            if row.safe(Int64.self, 2) == nil {
                verifier.find(.reference, "\(name) is of an article that is not there", article: article, feed: feed)
            }
            if row.safe(Int64.self, 3) != article {
                verifier.find(.reference, "the content of \(name) is \(row.absence(3))", article: article, feed: feed)
            }
            if row.safe(Int64.self, 4) == nil {
                verifier.find(.reference, "the feed of \(name) is not there", article: article)
            }
            if row.safe(Int.self, 6) != 1 {
                verifier.find(.entry, "the entry of \(name) is no JSON", article: article, feed: feed)
            } else if row.safe(Int.self, 7) != row.safe(Int.self, 8) {
                verifier.find(
                    .entry,
                    "the entry of \(name) tells of \(row.safe(Int.self, 7) ?? 0) attachments, but the archive holds "
                        + "\(row.safe(Int.self, 8) ?? 0)", article: article, feed: feed)
            }
        }
    }

    private mutating func checkAttachments() throws {
        try each(
            """
            SELECT t.article_id, s.article_id FROM attachment t LEFT JOIN sighting s ON s.id = t.sighting_id
            ORDER BY t.article_id
            """
        ) { verifier, row in
            verifier.report.attachments += 1
            let article = row.safe(Int64.self, 0) ?? 0
            if row.safe(Int64.self, 1) != article {
                verifier.find(.reference, "the sighting of an attachment is \(row.absence(1))", article: article)
            }
        }
    }

    // MARK: the change log

    private mutating func checkChanges() throws {
        var last: Int64 = 0
        let removed = try db.tableExists("tombstone")
        let (article, join) =
            removed
            ? (
                "coalesce(a.id, t.article_id), coalesce(a.revision, t.revision)",
                "LEFT JOIN tombstone t ON t.article_id = h.article_id"
            ) : ("a.id, a.revision", "")
        try each(
            """
            SELECT h.seq, h.kind, h.article_id, h.revision, \(article), h.feed_id, f.id, f.url
            FROM change h LEFT JOIN article a ON a.id = h.article_id \(join)
            LEFT JOIN feed f ON f.id = h.feed_id ORDER BY h.seq
            """
        ) { verifier, row in
            verifier.report.changes += 1
            verifier.step()
            let seq = row.safe(Int64.self, 0) ?? 0
            let feed = row.safe(String.self, 8)
            let article = row.safe(Int64.self, 2)
            if seq != last + 1 {
                let gap = seq == last + 2 ? "line \(last + 1) is" : "lines \(last + 1) to \(seq - 1) are"
                verifier.find(.changes, "\(gap) missing")
            }
            last = seq
            let kind = row.safe(String.self, 1).flatMap(ChangeKind.init(rawValue:))
            guard let kind else {
                return verifier.find(.changes, "line \(seq) is of an unknown kind", article: article, feed: feed)
            }
            if row.safe(Int64.self, 6) != nil, row.safe(Int64.self, 7) == nil {
                verifier.find(.changes, "line \(seq) names a feed that is not there", article: article)
            }
            guard kind == .new || kind == .revised || kind == .duplicate else { return }
            if row.safe(Int64.self, 4) == nil {
                verifier.find(.changes, "line \(seq) names an article that is not there", article: article, feed: feed)
            } else if !(1...max(row.safe(Int.self, 5) ?? 1, 1)).contains(row.safe(Int.self, 3) ?? 0) {
                verifier.find(
                    .changes, "line \(seq) names revision \(row.safe(Int.self, 3) ?? 0), which is not there",
                    article: article, feed: feed)
            }
        }
        let given = try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'change'") ?? 0
        if given < last {
            find(.changes, "the next line would be number \(given + 1), but \(last) is there")
        } else if given > last {
            find(.changes, last + 1 == given ? "line \(given) is missing" : "lines \(last + 1) to \(given) are missing")
        }
    }

    /// Each revision with the lines that tell of it, both sorted by SQLite, on disk where they are many.
    private mutating func checkChangesOfRevisions() throws {
        try each(
            """
            SELECT article_id, revision, sum(kept), sum(new), sum(revised) FROM (
                SELECT article_id, revision, 1 AS kept, 0 AS new, 0 AS revised FROM revision
                UNION ALL
                SELECT article_id, revision, 0, kind = 'new', kind = 'revised' FROM change
                    WHERE kind IN ('new', 'revised') AND article_id IN (SELECT id FROM article)
                UNION ALL
                SELECT article_id, revision, 0, kind = 'new', kind = 'revised' FROM flood_article
                    WHERE kind IN ('new', 'revised') AND article_id IN (SELECT id FROM article)
            ) GROUP BY article_id, revision
            HAVING sum(kept) <> 1 OR sum(new) <> (revision = 1) OR sum(revised) <> (revision > 1)
            """
        ) { verifier, row in
            let article = row.safe(Int64.self, 0) ?? 0
            let revision = row.safe(Int.self, 1) ?? 0
            let (new, revised) = (row.safe(Int.self, 3) ?? 0, row.safe(Int.self, 4) ?? 0)
            // One that is not kept is told of by the articles' revisions.
            guard row.safe(Int.self, 2) == 1 else { return }
            let wanted = revision == 1 ? "one 'new'" : "one 'revised'"
            verifier.find(
                .changes,
                "revision \(revision) has \(new) lines 'new' and \(revised) 'revised', those of floods counted, where there "
                    + "should be \(wanted)",
                article: article)
        }
    }

    /// What was removed is not there, and the change log says so once.
    private mutating func checkTombstones() throws {
        guard try db.tableExists("tombstone") else { return }
        try each("SELECT t.article_id FROM tombstone t JOIN article a ON a.id = t.article_id") { verifier, row in
            verifier.find(.reference, "it is said to be removed, but is there", article: row.safe(Int64.self, 0))
        }
        try each(
            """
            SELECT article_id, 'a place' FROM tombstone_place WHERE article_id NOT IN (SELECT article_id FROM tombstone)
            UNION ALL SELECT article_id, 'a content' FROM tombstone_content
            WHERE article_id NOT IN (SELECT article_id FROM tombstone)
            """
        ) { verifier, row in
            let what = row.safe(String.self, 1) ?? ""
            verifier.find(
                .reference, "\(what) of a removed article is of one that was not removed",
                article: row.safe(Int64.self, 0))
        }
        try each(
            """
            SELECT article_id, sum(removed), sum(told) FROM (
                SELECT article_id, 1 AS removed, 0 AS told FROM tombstone
                UNION ALL SELECT article_id, 0, 1 FROM change WHERE kind = 'gone'
            ) GROUP BY article_id HAVING sum(removed) <> 1 OR sum(told) <> 1
            """
        ) { verifier, row in
            let (removed, told) = (row.safe(Int.self, 1) ?? 0, row.safe(Int.self, 2) ?? 0)
            let message =
                removed == 0
                ? "the change log says that it is gone, but it was not removed"
                : "it was removed, and has \(told) lines 'gone', where there should be one"
            verifier.find(.changes, message, article: row.safe(Int64.self, 0))
        }
    }

    // MARK: sums

    private mutating func checkCounts() throws {
        let counted: [(name: String, sql: String)] = [
            ("articles", "SELECT count(*) FROM article"), ("revisions", "SELECT count(*) FROM revision"),
            (
                "duplicates",
                """
                SELECT (SELECT count(*) FROM change WHERE kind = 'duplicate')
                    + (SELECT count(*) FROM flood_article WHERE kind = 'duplicate')
                """
            ),
        ]
        for (name, sql) in counted {
            let (value, count) = (
                try Int.fetchOne(db, sql: "SELECT value FROM counter WHERE name = ?", arguments: [name]) ?? 0,
                try Int.fetchOne(db, sql: sql) ?? 0
            )
            if value != count {
                find(
                    .count, "the counter '\(name)' is \(value), but the archive holds \(count)",
                    remedy:
                        "stop the daemon, and sqlite3 \(path) \"UPDATE counter SET value = \(count) WHERE name = '\(name)'\""
                )
            }
        }
        try each(
            """
            SELECT f.id, f.url, f.articles, coalesce(n.articles, 0) FROM feed f LEFT JOIN (
                SELECT feed_id, count(*) AS articles FROM (SELECT DISTINCT article_id, feed_id FROM sighting)
                GROUP BY feed_id
            ) n ON n.feed_id = f.id WHERE f.articles <> coalesce(n.articles, 0)
            """
        ) { verifier, row in
            let (id, count) = (row.safe(Int64.self, 0) ?? 0, row.safe(Int.self, 3) ?? 0)
            verifier.find(
                .count,
                "the feed's articles are said to be \(row.safe(Int.self, 2) ?? 0), but the archive holds \(count)",
                feed: row.safe(String.self, 1),
                remedy:
                    "stop the daemon, and sqlite3 \(verifier.path) \"UPDATE feed SET articles = \(count) WHERE id = \(id)\""
            )
        }
    }

    private mutating func checkFeedCounts() throws {
        guard try db.tableExists("feed_count") else { return }
        try each(
            """
            SELECT state, sum(said), sum(feeds) FROM (
                SELECT state, feeds AS said, 0 AS feeds FROM feed_count
                UNION ALL SELECT state, 0, 1 FROM feed WHERE configured
            ) GROUP BY state HAVING sum(said) <> sum(feeds)
            """
        ) { verifier, row in
            let (state, count) = (row.safe(String.self, 0) ?? "", row.safe(Int.self, 2) ?? 0)
            verifier.find(
                .count,
                "the feeds that are \(state) are said to be \(row.safe(Int.self, 1) ?? 0), but the archive holds \(count)",
                remedy:
                    "stop the daemon, and sqlite3 \(verifier.path) "
                    + "\"INSERT OR REPLACE INTO feed_count VALUES ('\(state)', \(count))\"")
        }
    }
}

extension Row {
    /// A column's value, or `nil` if it is none of that type.
    func safe<Value: DatabaseValueConvertible>(_ type: Value.Type, _ index: Int) -> Value? {
        Value.fromDatabaseValue(self[index] as DatabaseValue)
    }

    /// What is wrong with the row that another names: the column is the article of which it is.
    fileprivate func absence(_ index: Int) -> String {
        safe(Int64.self, index).map { "of article \($0)" } ?? "not there"
    }
}
