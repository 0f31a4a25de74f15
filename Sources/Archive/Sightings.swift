public import FeedModel
import Foundation
import GRDB

/// A sighting as identity sees it.
public struct KnownSighting: Hashable, Sendable {
    public var id: Int64
    public var article: ArticleID
    public var feed: FeedID
    public var guid: String?
    public var urlKey: Int64?
    public var published: Timestamp?
    public var modified: Timestamp?
    public var contentID: Int64
    public var fingerprint: Int64
    /// When it was last in its feed's document; `nil` while it stands in the latest one.
    public var lastSeen: Timestamp?
    /// The raw document that says what it is now, if it was kept.
    public var record: Int64?

    /// It stands in its feed's latest document.
    public var isCurrent: Bool { lastSeen == nil }

    /// `published`, else `modified`.
    public var instant: Timestamp? { published ?? modified }

    private static let names = [
        "id", "article_id", "feed_id", "guid", "url_key", "published", "modified", "content_id", "fingerprint",
        "last_seen", "record_id",
    ]
    static let columns = names.joined(separator: ", ")
    /// Of a table that the query calls `s`.
    static let qualifiedColumns = names.map { "s." + $0 }.joined(separator: ", ")

    init(row: Row) {
        id = row[0]
        article = ArticleID(rawValue: row[1])
        feed = FeedID(rawValue: row[2])
        guid = row[3]
        urlKey = row[4]
        published = row.timestamp(5)
        modified = row.timestamp(6)
        contentID = row[7]
        fingerprint = row[8]
        lastSeen = row.timestamp(9)
        record = row[10]
    }
}

/// A sighting as a poll leaves it.
public struct SightingRecord: Sendable {
    public var guid: String?
    public var url: String?
    public var urlKey: Int64?
    public var published: Timestamp?
    public var modified: Timestamp?
    public var contentID: Int64
    public var author: String?
    public var language: String?
    public var summary: String?
    /// The entry's JSON object without plain title and body; `_ingestd` is its last member.
    public var entry: [UInt8]
    /// That JSON as it is kept, where it was made beforehand.
    public var packed: PackedEntry?
    public var fingerprint: Int64
    public var attachments: [Attachment]

    public init(
        guid: String?, url: String?, urlKey: Int64?, published: Timestamp?, modified: Timestamp?, contentID: Int64,
        author: String?, language: String?, summary: String?, entry: [UInt8], packed: PackedEntry? = nil,
        fingerprint: Int64,
        attachments: [Attachment]
    ) {
        self.guid = guid
        self.url = url
        self.urlKey = urlKey
        self.published = published
        self.modified = modified
        self.contentID = contentID
        self.author = author
        self.language = language
        self.summary = summary
        self.entry = entry
        self.packed = packed
        self.fingerprint = fingerprint
        self.attachments = attachments
    }

    fileprivate var packedText: String {
        (packed ?? PackedEntry(entry, url: url, author: author, summary: summary)).text
    }
}

/// What makes a feed's entries indistinguishable.
public enum UnreliableKind: String, Sendable { case guid, url }

extension ArchiveTransaction {
    // MARK: asking

    /// The sightings of a feed's latest document.
    public func currentSightings(of feed: FeedID) throws -> [KnownSighting] {
        try rows(
            "SELECT \(KnownSighting.columns) FROM sighting WHERE feed_id = ? AND last_seen IS NULL",
            [feed.rawValue], KnownSighting.init(row:))
    }

    /// Whether a feed has ever held an article that is kept.
    public func hasSightings(of feed: FeedID) throws -> Bool {
        try first("SELECT 1 FROM sighting WHERE feed_id = ? LIMIT 1", [feed.rawValue]) { _ in true } ?? false
    }

    /// The newest sighting of a guid in a feed.
    public func sighting(of feed: FeedID, guid: String) throws -> KnownSighting? {
        try first(
            "SELECT \(KnownSighting.columns) FROM sighting WHERE feed_id = ? AND guid = ? ORDER BY id DESC LIMIT 1",
            [feed.rawValue, guid], KnownSighting.init(row:))
    }

    /// Sightings of a canonical URL in any feed, oldest first, 64 at the most.
    public func sightings(urlKey: Int64) throws -> [KnownSighting] {
        try rows(
            "SELECT \(KnownSighting.columns) FROM sighting WHERE url_key = ? ORDER BY id LIMIT 64",
            [urlKey], KnownSighting.init(row:))
    }

    /// An article's sightings in a feed, those of its latest document first, then the newest; 256 at the most.
    public func sightings(of article: ArticleID, in feed: FeedID) throws -> [KnownSighting] {
        try rows(
            """
            SELECT \(KnownSighting.columns) FROM sighting WHERE article_id = ? AND feed_id = ?
            ORDER BY last_seen IS NOT NULL, id DESC LIMIT 256
            """, [article.rawValue, feed.rawValue], KnownSighting.init(row:))
    }

    /// All sightings of an article.
    public func sightings(of article: ArticleID) throws -> [KnownSighting] {
        try rows(
            "SELECT \(KnownSighting.columns) FROM sighting WHERE article_id = ?", [article.rawValue],
            KnownSighting.init(row:))
    }

    /// A feed's sightings of a content and a publication instant, among the newest 256 of that instant.
    public func sightings(of feed: FeedID, hash: [UInt8], instant: Timestamp) throws -> [KnownSighting] {
        try rows(
            """
            SELECT \(KnownSighting.qualifiedColumns) FROM (
                SELECT * FROM sighting WHERE feed_id = ? AND coalesce(published, modified) = ? ORDER BY id DESC LIMIT 256
            ) s JOIN content c ON c.id = s.content_id WHERE c.hash = ? LIMIT 8
            """, [feed.rawValue, instant.milliseconds, Data(hash)], KnownSighting.init(row:))
    }

    public func attachmentURLs(of article: ArticleID) throws -> [String] {
        try rows("SELECT url FROM attachment WHERE article_id = ?", [article.rawValue]) { $0[0] }
    }

    public func hasUnreliable(_ feed: FeedID) throws -> Bool {
        try first("SELECT 1 FROM unreliable WHERE feed_id = ? LIMIT 1", [feed.rawValue]) { _ in true } ?? false
    }

    public func isUnreliable(_ kind: UnreliableKind, _ value: String, in feed: FeedID) throws -> Bool {
        try first(
            "SELECT 1 FROM unreliable WHERE feed_id = ? AND kind = ? AND value = ?",
            [feed.rawValue, kind.rawValue, value]
        ) { _ in true } ?? false
    }

    // MARK: writing

    public func markUnreliable(_ kind: UnreliableKind, _ value: String, in feed: FeedID, at now: Timestamp) throws {
        try execute(
            "INSERT OR IGNORE INTO unreliable VALUES (?, ?, ?, ?)",
            [feed.rawValue, kind.rawValue, value, now.milliseconds])
    }

    /// - Parameters:
    ///   - rule: the number of the identity rule by which the entry joined its article.
    ///   - rawRecord: the raw document that says it, if it is kept.
    public func insertSighting(
        _ record: SightingRecord, of article: ArticleID, in feed: FeedID, rule: Int, record rawRecord: Int64? = nil,
        at now: Timestamp
    ) throws -> Int64 {
        let packed = record.packedText
        noteStored(record.guid, record.url, record.author, record.summary, packed)
        let id = try insert(
            """
            INSERT INTO sighting (article_id, feed_id, guid, url, url_key, published, modified, content_id, author,
                language, summary, entry, fingerprint, rule, first_seen, record_id)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                article.rawValue, feed.rawValue, record.guid, record.url, record.urlKey,
                record.published?.milliseconds, record.modified?.milliseconds, record.contentID, record.author,
                record.language, record.summary, packed, record.fingerprint,
                rule, now.milliseconds, rawRecord,
            ])
        try insertAttachments(record.attachments, of: article, sighting: id)
        return id
    }

    public func updateSighting(
        _ id: Int64, _ record: SightingRecord, of article: ArticleID, record rawRecord: Int64? = nil
    ) throws {
        let packed = record.packedText
        noteStored(record.url, record.author, record.summary, packed)
        try execute(
            """
            UPDATE sighting SET url = ?, url_key = ?, published = ?, modified = ?, content_id = ?, author = ?,
                language = ?, summary = ?, entry = ?, fingerprint = ?, last_seen = NULL, record_id = ?
            WHERE id = ?
            """,
            [
                record.url, record.urlKey, record.published?.milliseconds, record.modified?.milliseconds,
                record.contentID, record.author, record.language, record.summary,
                packed, record.fingerprint, rawRecord, id,
            ])
        try replaceAttachments(record.attachments, of: article, sighting: id)
    }

    /// What today's reader makes of the raw document that a sighting is from. Whether it stands in the feed's latest
    /// document stays as it is.
    public func correctSighting(_ id: Int64, _ record: SightingRecord, of article: ArticleID) throws {
        try execute(
            """
            UPDATE sighting SET guid = ?, url = ?, url_key = ?, published = ?, modified = ?, content_id = ?, author = ?,
                language = ?, summary = ?, entry = ?, fingerprint = ?
            WHERE id = ?
            """,
            [
                record.guid, record.url, record.urlKey, record.published?.milliseconds, record.modified?.milliseconds,
                record.contentID, record.author, record.language, record.summary,
                record.packedText, record.fingerprint, id,
            ])
        try replaceAttachments(record.attachments, of: article, sighting: id)
    }

    private func replaceAttachments(_ attachments: [Attachment], of article: ArticleID, sighting: Int64) throws {
        try execute(
            "DELETE FROM attachment WHERE article_id = ? AND sighting_id = ?", [article.rawValue, sighting])
        try insertAttachments(attachments, of: article, sighting: sighting)
    }

    /// The sighting stands in the feed's latest document again, as it was.
    public func markCurrent(sighting: Int64) throws {
        try execute("UPDATE sighting SET last_seen = NULL WHERE id = ?", [sighting])
    }

    /// The sighting has left the feed's document; it was last there at an instant, or when it was first seen, if
    /// that was later: what a hub pushed may have come after the last poll.
    public func markLeft(sighting: Int64, lastSeen: Timestamp) throws {
        try execute(
            "UPDATE sighting SET last_seen = max(?, first_seen) WHERE id = ?", [lastSeen.milliseconds, sighting])
    }

    private func insertAttachments(_ attachments: [Attachment], of article: ArticleID, sighting: Int64) throws {
        for (ordinal, attachment) in attachments.enumerated() {
            try execute(
                "INSERT INTO attachment VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    article.rawValue, sighting, ordinal, attachment.url, attachment.mimeType, attachment.title,
                    attachment.sizeInBytes, attachment.durationInSeconds,
                ])
        }
    }
}

/// A sighting of an article, with what decides whether the article shows it.
public struct ShowCandidate: Hashable, Sendable {
    public var sighting: Int64
    public var content: Int64
    public var feed: FeedID
    public var feedURL: String
    public var url: String?
    /// Unicode scalars of the canonical text.
    public var length: Int
    public var isSuperseded: Bool
    /// `Timestamp.max` while it stands in the feed's latest document.
    public var lastSeen: Timestamp

    public init(
        sighting: Int64, content: Int64, feed: FeedID, feedURL: String, url: String?, length: Int,
        isSuperseded: Bool, lastSeen: Timestamp
    ) {
        self.sighting = sighting
        self.content = content
        self.feed = feed
        self.feedURL = feedURL
        self.url = url
        self.length = length
        self.isSuperseded = isSuperseded
        self.lastSeen = lastSeen
    }
}

extension ArchiveTransaction {
    public func showCandidates(of article: ArticleID) throws -> [ShowCandidate] {
        try rows(
            """
            SELECT s.id, s.content_id, s.feed_id, f.url, s.url, c.length, c.superseded, s.last_seen
            FROM sighting s JOIN content c ON c.id = s.content_id JOIN feed f ON f.id = s.feed_id
            WHERE s.article_id = ?
            """, [article.rawValue]
        ) { row in
            ShowCandidate(
                sighting: row[0], content: row[1], feed: FeedID(rawValue: row[2]), feedURL: row[3], url: row[4],
                length: row[5], isSuperseded: row[6], lastSeen: row.timestamp(7) ?? .max)
        }
    }
}

extension Archive {
    /// The fingerprints of the entries of a feed's latest document.
    public func currentFingerprints(of feed: FeedID) throws -> Set<Int64> {
        try read { db in
            try Set(
                Int64.fetchCursor(
                    db.cachedStatement(
                        sql: "SELECT fingerprint FROM sighting WHERE feed_id = ? AND last_seen IS NULL"),
                    arguments: [feed.rawValue]))
        }
    }
}
