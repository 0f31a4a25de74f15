public import FeedModel
import Foundation
import GRDB
import Warc

/// What reading kept documents again asks and writes.
extension Archive {
    /// Feeds of which documents were kept, by configured or current URL; none given: all.
    public func feedsWithRawDocuments(urls: [String]) throws -> [Feed] {
        try read { db in
            guard try db.tableExists("raw_record") else { return [] }
            return try Row.fetchAll(
                db, sql: "SELECT * FROM feed WHERE id IN (SELECT DISTINCT feed_id FROM raw_record) ORDER BY id"
            ).map(Feed.init(row:)).filter {
                urls.isEmpty || urls.contains($0.configuredURL) || urls.contains($0.poll.url)
            }
        }
    }

    /// A document as it was kept, content codings removed; or why it cannot be read.
    public func body(of record: KeptRecord) -> Result<[UInt8], UnreadableDocument> {
        do throws(WarcFailure) {
            let kept = try WarcFile(path: rawPath(record.fileName)).member(at: record.offset).record
            let head = kept["WARC-Type"] == "resource" ? 0 : WarcRecord.httpHeadLength(kept.block) ?? 0
            let body = Array(kept.block[head...])
            guard WarcDigest.sha256(body) == record.digest else {
                return .failure(UnreadableDocument(reason: "it is not what its digest was made of"))
            }
            return .success(body)
        } catch {
            return .failure(UnreadableDocument(reason: "\(error)"))
        }
    }

    /// Runs `body` in a transaction that is rolled back: what would happen.
    public func rehearse<Result: Sendable>(
        _ body: @escaping @Sendable (borrowing ArchiveTransaction) throws -> Result
    ) async throws -> Result {
        do {
            return try await write { (archive) throws -> Result in throw Rehearsed(result: try body(archive)) }
        } catch let rehearsed as Rehearsed<Result> {
            return rehearsed.result
        }
    }
}

/// What a transaction that is rolled back would have given.
private struct Rehearsed<Result: Sendable>: Error {
    var result: Result
}

/// Why a kept document cannot be read.
public struct UnreadableDocument: Error, Hashable, Sendable {
    public var reason: String
}

extension ArchiveTransaction {
    /// The newest document of a feed that was kept before another.
    public func keptRecord(of feed: FeedID, before id: Int64, since: Timestamp?) throws -> KeptRecord? {
        try first(
            """
            SELECT \(KeptRecord.columns) FROM \(KeptRecord.tables)
            WHERE r.feed_id = ? AND r.id < ? AND r.refers_to IS NULL AND r.at >= ? ORDER BY r.id DESC LIMIT 1
            """, [feed.rawValue, id, since?.milliseconds ?? .min], KeptRecord.init(row:))
    }

    /// The record of the whole document that a feed has shown last, and when that was seen last.
    public func lastWholeRecord(of feed: FeedID) throws -> (record: Int64, at: Timestamp)? {
        try first(
            """
            SELECT coalesce(refers_to, id), at FROM raw_record WHERE feed_id = ? AND extent = 'whole'
            ORDER BY id DESC LIMIT 1
            """, [feed.rawValue]
        ) { ($0[0], Timestamp(milliseconds: $0[1])) }
    }

    /// The sightings that are as a document said.
    public func sightings(record: Int64) throws -> [KnownSighting] {
        try rows(
            "SELECT \(KnownSighting.columns) FROM sighting WHERE record_id = ? ORDER BY id", [record],
            KnownSighting.init(row:))
    }

    /// Whether a sighting began its article.
    public func hasBegun(sighting: Int64) throws -> Bool {
        try first("SELECT rule = 5 FROM sighting WHERE id = ?", [sighting]) { $0[0] } ?? false
    }

    /// An article's newest state, and the feed that showed it first.
    public func newestRevision(of article: ArticleID) throws -> (content: Int64, feed: FeedID)? {
        try first(
            "SELECT content_id, feed_id FROM revision WHERE article_id = ? ORDER BY revision DESC LIMIT 1",
            [article.rawValue]
        ) { ($0[0], FeedID(rawValue: $0[1])) }
    }

    /// Whether a feed has ever shown an entry, as far as can be told: its guid; its URL, unless both have a guid; or what
    /// it says, in any state. Also where retention has removed the article since: of its earlier states a tombstone does
    /// not know the words.
    public func hasShown(_ feed: FeedID, guid: String?, urlKey: Int64?, hash: [UInt8]) throws -> Bool {
        if let guid, try sighting(of: feed, guid: guid) != nil || tombstone(of: feed, guid: guid) != nil { return true }
        for table in ["sighting", "tombstone_place"] {
            guard let urlKey else { break }
            let isThere = try first(
                "SELECT 1 FROM \(table) WHERE url_key = ? AND feed_id = ? AND (guid IS NULL OR ?) LIMIT 1",
                [urlKey, feed.rawValue, guid == nil], { _ in true })
            if isThere == true { return true }
        }
        return try first(
            """
            SELECT 1 FROM content c JOIN sighting s ON s.article_id = c.article_id AND s.feed_id = ?
            WHERE c.hash = ? LIMIT 1
            """, [feed.rawValue, Data(hash)]
        ) { _ in true } ?? false
    }
}
