public import FeedModel
import Foundation
import GRDB

/// By which version of the canonical form the archive's hashes and URL keys were made.
public struct CanonicalState: Hashable, Sendable {
    /// All are of this form, up to the positions.
    public var form: Int
    /// The highest content that has been gone over; `nil` when all have been.
    public var content: Int64?
    /// The highest sighting that has been; `nil` when all have been.
    public var sighting: Int64?

    public init(form: Int, content: Int64?, sighting: Int64?) {
        self.form = form
        self.content = content
        self.sighting = sighting
    }

    /// Nothing is left to be done to bring the archive to a form.
    public func isComplete(_ form: Int) -> Bool { self.form == form && content == nil && sighting == nil }
}

/// A content with all that its hash is made of.
public struct HashedContent: Sendable {
    public var id: Int64
    public var article: ArticleID
    public var form: Int
    public var hash: [UInt8]
    public var length: Int
    public var title: String?
    public var text: String
    /// URLs of the enclosures that stand for a text that is not there; `nil` where earlier programs did not keep them,
    /// so that the hash cannot be made again.
    public var enclosures: [String]?

    /// What is asked of `content c`, for `init`.
    ///
    /// - Parameter keepsEnclosures: whether contents say which enclosures stand for their text; those of an earlier
    ///   version's archive do not. The attachments of a sighting that shows the content tell it as well.
    static func columns(keepsEnclosures: Bool) -> String {
        return """
            c.id, c.article_id, c.hash, c.form, c.length, c.title, \(KeptText.sql),
            CASE WHEN c.length = 0 THEN \(keepsEnclosures ? "coalesce(c.enclosures, \(shownEnclosures))" : shownEnclosures) END
            """
    }

    /// Null where no sighting shows it.
    fileprivate static let shownEnclosures = """
        (SELECT (SELECT json_group_array(t.url) FROM attachment t WHERE t.article_id = s.article_id AND t.sighting_id = s.id)
            FROM sighting s WHERE s.article_id = c.article_id AND s.content_id = c.id LIMIT 1)
        """

    /// Whatever the row holds: in a damaged file a column may hold anything.
    init(row: Row) {
        id = row.safe(Int64.self, 0) ?? 0
        article = ArticleID(rawValue: row.safe(Int64.self, 1) ?? 0)
        hash = row.safe(Data.self, 2).map { [UInt8]($0) } ?? []
        form = row.safe(Int.self, 3) ?? 0
        length = row.safe(Int.self, 4) ?? 0
        title = row.safe(String.self, 5)
        text = row.safe(String.self, 6) ?? ""
        let list = row.safe(String.self, 7)
        enclosures = list.flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) }
    }

    /// Whether the hash can be made again.
    public var isKnown: Bool { length > 0 || enclosures != nil }
}

/// A sighting's URL with what its key is made of.
public struct KeyedSighting: Hashable, Sendable {
    public var id: Int64
    public var feed: FeedID
    public var url: String?
    /// What `feedburner:origLink` says.
    public var origLink: String?
    public var key: Int64?
}

extension Schema {
    static let canonicalTable = """
        -- The version of the canonical form by which hashes and URL keys were made, and how far they have been made anew by
        -- it: one row. The first was 1; a null says that all have been.
        CREATE TABLE canonical (form INTEGER NOT NULL, content INTEGER, sighting INTEGER) STRICT;
        INSERT INTO canonical VALUES (1, NULL, NULL);
        """
}

extension ArchiveTransaction {
    public func canonicalState() throws -> CanonicalState {
        try first("SELECT form, content, sighting FROM canonical", []) {
            CanonicalState(form: $0[0], content: $0[1], sighting: $0[2])
        } ?? CanonicalState(form: 0, content: 0, sighting: 0)
    }

    public func set(_ state: CanonicalState) throws {
        try execute("DELETE FROM canonical", [])
        try execute("INSERT INTO canonical VALUES (?, ?, ?)", [state.form, state.content, state.sighting])
    }

    /// How many contents and sightings lie behind a state's positions, about.
    public func rowsBehind(_ state: CanonicalState) throws -> Int {
        var count: Int64 = 0
        for (table, position) in [("content", state.content), ("sighting", state.sighting)] {
            guard let position else { continue }
            count += max(0, (try first("SELECT max(id) FROM \(table)", []) { $0[0] as Int64? ?? 0 } ?? 0) - position)
        }
        return Int(count)
    }

    /// Contents behind one, by number.
    public func hashedContents(after id: Int64, limit: Int) throws -> [HashedContent] {
        try rows(
            "SELECT \(HashedContent.columns(keepsEnclosures: true)) FROM content c WHERE c.id > ? ORDER BY c.id LIMIT ?",
            [id, limit], HashedContent.init(row:))
    }

    /// - Parameter enclosures: those that stand for the text, if there is none.
    public func setHash(
        _ hash: [UInt8], length: Int, form: Int, enclosures: [String], ofContent id: Int64
    ) throws {
        try execute(
            "UPDATE content SET hash = ?, length = ?, form = ?, enclosures = ? WHERE id = ?",
            [Data(hash), length, form, length == 0 ? ArchiveTransaction.json(enclosures) : nil, id])
    }

    /// The enclosures of a sighting that shows a content.
    public func shownEnclosures(ofContent id: Int64) throws -> [String] {
        let list = try first("SELECT \(HashedContent.shownEnclosures) FROM content c WHERE c.id = ?", [id]) {
            $0[0] as String?
        }.flatMap(\.self)
        return list.flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) } ?? []
    }

    /// Sightings behind one, by number.
    public func keyedSightings(after id: Int64, limit: Int) throws -> [KeyedSighting] {
        try rows(
            """
            SELECT s.id, s.feed_id, s.url, s.url_key, CASE WHEN instr(\(PackedEntry.column), 'origLink') THEN
                json_extract(\(PackedEntry.column), '$._ingestd.extensions.feedburner.origLink[0].value') END
            FROM sighting s WHERE s.id > ? ORDER BY s.id LIMIT ?
            """, [id, limit]
        ) { KeyedSighting(id: $0[0], feed: FeedID(rawValue: $0[1]), url: $0[2], origLink: $0[4], key: $0[3]) }
    }

    /// Gives a sighting's URL another key. If the old one does not tell the entries of the feed apart, nor does this.
    public func setURLKey(_ key: Int64?, of sighting: KeyedSighting) throws {
        try execute("UPDATE sighting SET url_key = ? WHERE id = ?", [key, sighting.id])
        guard let key, let old = sighting.key else { return }
        try execute(
            """
            INSERT OR IGNORE INTO unreliable SELECT feed_id, kind, ?, since FROM unreliable
            WHERE feed_id = ? AND kind = 'url' AND value = ?
            """, [String(key), sighting.feed.rawValue, String(old)])
    }
}
