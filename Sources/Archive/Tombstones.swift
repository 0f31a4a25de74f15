public import FeedModel
import Foundation
import GRDB

/// A place of an article that was removed, as far as it takes to recognise an entry that would continue it.
public struct TombstonePlace: Hashable, Sendable {
    public var article: ArticleID
    public var feed: FeedID
    public var guid: String?
    public var urlKey: Int64?
    /// 64 bits that stand for the canonical title; 0 for an empty one.
    public var titleKey: Int64
    /// `published`, else `modified`.
    public var instant: Timestamp?
    /// Of the content that stood there last.
    public var hash: [UInt8]

    public init(
        article: ArticleID, feed: FeedID, guid: String?, urlKey: Int64?, titleKey: Int64, instant: Timestamp?,
        hash: [UInt8]
    ) {
        self.article = article
        self.feed = feed
        self.guid = guid
        self.urlKey = urlKey
        self.titleKey = titleKey
        self.instant = instant
        self.hash = hash
    }

    static let columns = "article_id, feed_id, guid, url_key, title_key, instant, hash"

    init(row: Row) {
        self.init(
            article: ArticleID(rawValue: row[0]), feed: FeedID(rawValue: row[1]), guid: row[2], urlKey: row[3],
            titleKey: row[4], instant: row.timestamp(5), hash: [UInt8](row[6] as Data))
    }
}

/// What stays of an article that was removed, so that it is not new when it comes again.
public struct Tombstone: Hashable, Sendable {
    public var article: ArticleID
    public var places: [TombstonePlace]
    /// Of its contents that were long enough to be recognised wherever they stand.
    public var substantialHashes: [[UInt8]]
    /// Canonical URLs.
    public var enclosures: [String]

    public init(article: ArticleID, places: [TombstonePlace], substantialHashes: [[UInt8]], enclosures: [String]) {
        self.article = article
        self.places = places
        self.substantialHashes = substantialHashes
        self.enclosures = enclosures
    }
}

extension ArchiveTransaction {
    // MARK: asking

    /// Whether anything was ever removed: else nothing more need be asked.
    public func hasTombstones() throws -> Bool {
        try first("SELECT max(article_id) FROM tombstone", []) { $0[0] as Int64? }.flatMap(\.self) != nil
    }

    /// The newest place with a guid in a feed.
    public func tombstone(of feed: FeedID, guid: String) throws -> TombstonePlace? {
        try first(
            """
            SELECT \(TombstonePlace.columns) FROM tombstone_place WHERE feed_id = ? AND guid = ?
            ORDER BY article_id DESC LIMIT 1
            """, [feed.rawValue, guid], TombstonePlace.init(row:))
    }

    /// Places of a canonical URL in any feed, 64 at the most.
    public func tombstones(urlKey: Int64) throws -> [TombstonePlace] {
        try rows(
            "SELECT \(TombstonePlace.columns) FROM tombstone_place WHERE url_key = ? ORDER BY article_id LIMIT 64",
            [urlKey], TombstonePlace.init(row:))
    }

    /// A feed's places of a content and a publication instant, 8 at the most.
    public func tombstones(of feed: FeedID, hash: [UInt8], instant: Timestamp) throws -> [TombstonePlace] {
        try rows(
            """
            SELECT \(TombstonePlace.columns) FROM tombstone_place WHERE feed_id = ? AND instant = ? AND hash = ? LIMIT 8
            """, [feed.rawValue, instant.milliseconds, Data(hash)], TombstonePlace.init(row:))
    }

    /// Removed articles with a substantial content, 64 at the most.
    public func tombstones(hash: [UInt8]) throws -> [ArticleID] {
        try rows("SELECT article_id FROM tombstone_content WHERE hash = ? LIMIT 64", [Data(hash)]) {
            ArticleID(rawValue: $0[0])
        }
    }

    /// Canonical URLs of a removed article's enclosures.
    public func enclosures(ofTombstone article: ArticleID) throws -> [String] {
        let json = try first("SELECT enclosures FROM tombstone WHERE article_id = ?", [article.rawValue]) {
            $0[0] as String?
        }.flatMap(\.self)
        return json.flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) } ?? []
    }

    // MARK: writing

    /// Removes an article with all that the archive holds of it, but for its lines in the change log, which gets another
    /// one; puts the tombstone in its place, and sets the sums right.
    public func remove(_ tombstone: Tombstone, at now: Timestamp) throws {
        let id = tombstone.article.rawValue
        guard let head = try head(of: tombstone.article),
            let feed = try first("SELECT feed_id FROM sighting WHERE id = ?", [head.shownSighting], { $0[0] as Int64 })
        else { return }
        try forgetIndexed(id)
        try leaveStory(tombstone.article)
        let enclosures = tombstone.enclosures.isEmpty ? nil : ArchiveTransaction.json(tombstone.enclosures)
        try execute(
            "INSERT INTO tombstone VALUES (?, ?, ?, ?)", [id, now.milliseconds, head.revision, enclosures])
        for place in Set(tombstone.places) {
            try execute(
                "INSERT INTO tombstone_place VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    id, place.feed.rawValue, place.guid, place.urlKey, place.titleKey, place.instant?.milliseconds,
                    Data(place.hash),
                ])
        }
        for hash in Set(tombstone.substantialHashes) {
            try execute("INSERT INTO tombstone_content VALUES (?, ?)", [Data(hash), id])
        }
        try execute(
            """
            UPDATE feed SET articles = articles - 1
            WHERE id IN (SELECT DISTINCT feed_id FROM sighting WHERE article_id = ?)
            """, [id])
        try execute("DELETE FROM attachment WHERE article_id = ?", [id])
        try execute("DELETE FROM revision WHERE article_id = ?", [id])
        try count("revisions", -db.changesCount)
        try execute("DELETE FROM sighting WHERE article_id = ?", [id])
        try execute("DELETE FROM content WHERE article_id = ?", [id])
        try execute("DELETE FROM article WHERE id = ?", [id])
        try count("articles", -1)
        try appendChange(
            .gone, article: tombstone.article, revision: head.revision, feed: FeedID(rawValue: feed), at: now)
        try execute("UPDATE counter SET value = ? WHERE name = 'last_write'", [now.milliseconds])
    }
}

extension Archive {
    /// When retention removed an article; `nil` if it did not.
    public func removal(of article: ArticleID) throws -> Timestamp? {
        try read { db in
            guard try db.tableExists("tombstone") else { return nil }
            return try Row.fetchOne(
                db, sql: "SELECT removed FROM tombstone WHERE article_id = ?", arguments: [article.rawValue]
            )?.timestamp(0)
        }
    }
}
