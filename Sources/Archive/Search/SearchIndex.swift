public import FeedModel
import Foundation
import GRDB

/// How far the full-text index has come.
public struct SearchIndexProgress: Hashable, Sendable {
    /// Articles that were put into the index by this call, or found to stand in it as they are.
    public var done: Int
    /// Whether more wait.
    public var hasMore: Bool
}

/// The full-text index: `articles_fts`, whose rowid is the article's number.
///
/// It is built behind the polls, in small transactions of its own. An article is to be indexed when its number is above
/// the index's position, which moves with the index in one transaction, or when it stands in `search_pending`, where a
/// poll puts the articles known before of which it has changed anything. So a crash loses nothing, and archives of
/// programs without an index are indexed from the beginning.
///
/// The index keeps no texts. What it holds of an article can be taken out of it only by telling it the same words
/// again: `search_indexed` keeps title, author and places as they were, and which content's text, which never changes.
extension ArchiveTransaction {
    /// An article that was known before shows something else, or stands in a further place.
    public func markForIndexing(_ article: ArticleID) throws {
        try execute("INSERT OR IGNORE INTO search_pending VALUES (?)", [article.rawValue])
    }

    /// Brings some articles into the index: the changed ones, then the oldest that are not in it.
    ///
    /// - Parameters:
    ///   - articles: at most so many.
    ///   - bytes: no further one when their texts are this long together.
    public func indexNext(articles limit: Int, bytes: Int) throws -> SearchIndexProgress {
        var progress = SearchIndexProgress(done: 0, hasMore: true)
        try changingIndex { progress = try indexSome(limit, bytes) }
        return progress
    }

    /// A damaged index is emptied: it is made of the archive's articles, can be made again, and must not keep polls from
    /// being archived.
    private func changingIndex(_ body: () throws -> Void) throws {
        do {
            try db.inSavepoint {
                try body()
                return .commit
            }
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CORRUPT_VTAB {
            try emptyIndex()
        }
    }

    /// An article is about to be removed.
    func forgetIndexed(_ id: Int64) throws {
        if let old = try indexed(id) { try changingIndex { _ = try remove(old, id) } }
        try execute("DELETE FROM search_pending WHERE article_id = ?", [id])
    }

    /// A content is about to be removed: what the index holds of it is taken out while its words are known, and the
    /// article waits to be indexed as it is shown.
    func forgetIndexed(content: Int64, of article: ArticleID) throws {
        guard let old = try indexed(article.rawValue), old.contentID == content else { return }
        try changingIndex {
            _ = try remove(old, article.rawValue)
            try markForIndexing(article)
        }
    }

    private func indexSome(_ limit: Int, _ bytes: Int) throws -> SearchIndexProgress {
        let found = try first("SELECT form, position FROM search_state", []) {
            (form: $0[0] as Int, at: $0[1] as Int64)
        }
        guard let state = found else { return SearchIndexProgress(done: 0, hasMore: false) }
        if state.form != SearchText.form {
            try emptyIndex()
            return SearchIndexProgress(done: 0, hasMore: true)
        }
        var done = 0
        var left = bytes
        let pending = try rows("SELECT article_id FROM search_pending LIMIT ?", [limit]) { $0[0] as Int64 }
        for id in pending where left > 0 {
            // Those behind the position have their turn there.
            if id <= state.at { left -= try index(id, isNew: false) }
            try execute("DELETE FROM search_pending WHERE article_id = ?", [id])
            done += 1
        }
        var position = state.at
        var hasMore = done < pending.count || pending.count == limit
        if !hasMore {
            let room = limit - done
            let new = try rows("SELECT id FROM article WHERE id > ? ORDER BY id LIMIT ?", [position, room]) {
                $0[0] as Int64
            }
            hasMore = new.count == room
            for id in new {
                guard left > 0 else {
                    hasMore = true
                    break
                }
                left -= try index(id, isNew: true)
                position = id
                done += 1
            }
            if position > state.at { try execute("UPDATE search_state SET position = ?", [position]) }
        }
        return SearchIndexProgress(done: done, hasMore: hasMore)
    }

    /// So that it is made anew from the first article on.
    private func emptyIndex() throws {
        do {
            try db.execute(sql: "INSERT INTO articles_fts (articles_fts) VALUES ('delete-all')")
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CORRUPT_VTAB {
            // Its root cannot be read, without which FTS5 neither empties nor drops it: another index's takes its place.
            try db.execute(
                sql: """
                    DELETE FROM articles_fts_data; DELETE FROM articles_fts_idx; DELETE FROM articles_fts_docsize;
                    CREATE VIRTUAL TABLE search_empty USING fts5 (x, content = '');
                    INSERT INTO articles_fts_data SELECT id, block FROM search_empty_data;
                    DROP TABLE search_empty
                    """)
        }
        try db.execute(sql: "DELETE FROM search_indexed")
        try db.execute(sql: "DELETE FROM search_pending")
        try db.execute(sql: "DELETE FROM search_day")
        try execute("UPDATE search_state SET form = ?, position = 0", [SearchText.form])
    }

    /// Returns how many bytes of text it was about.
    private func index(_ id: Int64, isNew: Bool) throws -> Int {
        let old = isNew ? nil : try indexed(id)
        guard let new = try shown(id) else {
            return try old.map { try remove($0, id) } ?? 0
        }
        if old == new { return 0 }
        var size = 0
        if let old { size += try remove(old, id) }
        size += try write(new, id)
        return size
    }

    /// What the index holds of an article, or is to hold.
    private struct IndexedArticle: Equatable {
        var contentID: Int64
        var title: String?
        var author: String?
        /// The feeds in which it stood.
        var places: String
    }

    private func shown(_ id: Int64) throws -> IndexedArticle? {
        let article = try first(
            """
            SELECT a.shown_content, c.title, s.author FROM article a JOIN content c ON c.id = a.shown_content
            JOIN sighting s ON s.id = a.shown_sighting WHERE a.id = ?
            """, [id]
        ) { IndexedArticle(contentID: $0[0], title: $0[1], author: $0[2], places: "") }
        guard var article else { return nil }
        article.places = try rows(
            "SELECT DISTINCT feed_id FROM sighting WHERE article_id = ? ORDER BY feed_id", [id]
        ) { SearchPlace.token(FeedID(rawValue: $0[0])) }.joined(separator: " ")
        return article
    }

    private func indexed(_ id: Int64) throws -> IndexedArticle? {
        try first("SELECT content_id, title, author, places FROM search_indexed WHERE article_id = ?", [id]) {
            IndexedArticle(contentID: $0[0], title: $0[1], author: $0[2], places: $0[3])
        }
    }

    /// As much of a text as is indexed: a document of many megabytes must not hold up everybody's writes.
    private static let longestText = 512 << 10

    private func text(of article: IndexedArticle) throws -> String {
        try text(ofContent: article.contentID, atMost: ArchiveTransaction.longestText)
    }

    private func write(_ article: IndexedArticle, _ id: Int64) throws -> Int {
        let text = try text(of: article)
        try execute(
            "INSERT INTO articles_fts (rowid, title, text, author, characters, places) VALUES (?, ?, ?, ?, ?, ?)",
            [id] + words(of: article, text))
        try execute(
            "INSERT OR REPLACE INTO search_indexed VALUES (?, ?, ?, ?, ?)",
            [id, article.contentID, article.title, article.author, article.places])
        try execute(
            """
            INSERT INTO search_day SELECT first_seen / ?, id, id FROM article WHERE id = ?
            ON CONFLICT (day) DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last)
            """, [SearchDay.milliseconds, id])
        return text.utf8.count
    }

    private func remove(_ article: IndexedArticle, _ id: Int64) throws -> Int {
        let text = try text(of: article)
        try execute(
            """
            INSERT INTO articles_fts (articles_fts, rowid, title, text, author, characters, places)
            VALUES ('delete', ?, ?, ?, ?, ?, ?)
            """, [id] + words(of: article, text))
        try execute("DELETE FROM search_indexed WHERE article_id = ?", [id])
        return text.utf8.count
    }

    /// The same for the same article always, since only so it can be taken out again.
    private func words(of article: IndexedArticle, _ text: String) -> StatementArguments {
        [
            article.title.map(SearchText.prepared(composing:)), SearchText.prepared(text),
            article.author.map(SearchText.prepared(composing:)),
            SearchText.characters(article.title ?? "", text), article.places,
        ]
    }
}

/// A feed as a word of the index's last column. It begins with a character of private use, so that no words of a
/// query reach it.
enum SearchPlace {
    static let mark: Unicode.Scalar = "\u{F8FF}"
    static func token(_ feed: FeedID) -> String { "\(mark)\(feed.rawValue)" }
}

/// Days of first sightings, with the lowest and the highest number of the indexed articles of each: the range of numbers
/// that a span of time can have, whatever the clock did.
enum SearchDay {
    static let milliseconds: Int64 = 86_400_000
}

extension Archive {
    /// How many articles wait to be indexed.
    public func searchBacklog() throws -> Int { try read(Archive.searchBacklog) }

    static func searchBacklog(_ db: Database) throws -> Int {
        // Numbers are given without gaps; where articles were removed, it is these at the most.
        try Int.fetchOne(
            db,
            sql: """
                SELECT max((SELECT coalesce(max(id), 0) FROM article)
                    - (SELECT CASE form WHEN ? THEN position ELSE 0 END FROM search_state), 0)
                    + (SELECT count(*) FROM search_pending)
                """, arguments: [SearchText.form]) ?? 0
    }
}
