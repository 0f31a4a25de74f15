public import FeedModel
import GRDB

/// A walk back through a feed's older pages (RFC 5005), as it stands before its next page. It is written in the
/// transaction that writes a page's articles, so that it goes on where it was, whatever happens.
public struct Backfill: Hashable, Sendable {
    /// Which links lead on.
    public enum Kind: String, Hashable, Sendable {
        /// `next`, section 3.
        case paged
        /// `prev-archive`, section 4.
        case archived
    }

    /// Why a walk has ended.
    public enum End: String, Hashable, Sendable {
        /// A page held nothing that was new, or it was an archive document that has been read before.
        case known
        /// No page leads on.
        case bottom
        /// A page leads back to one that this walk has read.
        case loop
        /// It has read as many pages as a walk may.
        case limit
        /// The next page is gone, or nothing but failures came for too long.
        case failed
    }

    public var id: Int64
    public var feed: FeedID
    public var kind: Kind
    /// The next page.
    public var url: String
    /// Read so far.
    public var pages: Int
    public var started: Timestamp
    /// After a failure: not before.
    public var retryAt: Timestamp?
    /// In a row.
    public var failures: Int
    public var failingSince: Timestamp?
    public var lastError: PollError?

    fileprivate static let columns =
        "id, feed_id, kind, next_url, pages, started, retry_at, failures, failing_since, error_code, error_message"

    fileprivate init(row: Row) {
        id = row[0]
        feed = FeedID(rawValue: row[1])
        kind = Kind(rawValue: row[2]) ?? .paged
        url = row[3]
        pages = row[4]
        started = Timestamp(milliseconds: row[5])
        retryAt = row.timestamp(6)
        failures = row[7]
        failingSince = row.timestamp(8)
        lastError = (row[9] as String?).map { PollError(code: $0, message: row[10] ?? "") }
    }
}

extension ArchiveTransaction {
    /// Whether a walk through the feed's pages was ever begun.
    public func hasBackfill(of feed: FeedID) throws -> Bool {
        try first("SELECT 1 FROM backfill WHERE feed_id = ? LIMIT 1", [feed.rawValue]) { _ in true } ?? false
    }

    /// Begins a walk, unless one that has not ended is about to read the same page. The newest goes first, and ends
    /// where an older one, which then goes on, has been.
    ///
    /// - Parameter document: the URL of the document that leads there.
    public func beginBackfill(
        of feed: FeedID, _ kind: Backfill.Kind, from document: String, to url: String, at now: Timestamp
    ) throws {
        let isThere = try first(
            "SELECT 1 FROM backfill WHERE feed_id = ? AND next_url = ?", [feed.rawValue, url]
        ) { _ in true }
        guard isThere == nil else { return }
        let id = try insert(
            "INSERT INTO backfill (feed_id, kind, next_url, started) VALUES (?, ?, ?, ?)",
            [feed.rawValue, kind.rawValue, url, now.milliseconds])
        try notePage(document, of: feed, in: id, isArchive: false)
    }

    /// The walk of a feed that has not ended; of several the newest.
    public func backfill(of feed: FeedID) throws -> Backfill? {
        try first(
            "SELECT \(Backfill.columns) FROM backfill WHERE feed_id = ? AND next_url IS NOT NULL ORDER BY id DESC LIMIT 1",
            [feed.rawValue], Backfill.init(row:))
    }

    /// Writes where a walk stands.
    public func save(_ backfill: Backfill) throws {
        try execute(
            """
            UPDATE backfill SET kind = ?, next_url = ?, pages = ?, retry_at = ?, failures = ?, failing_since = ?,
                error_code = ?, error_message = ? WHERE id = ?
            """,
            [
                backfill.kind.rawValue, backfill.url, backfill.pages, backfill.retryAt?.milliseconds, backfill.failures,
                backfill.failingSince?.milliseconds, backfill.lastError?.code, backfill.lastError?.message, backfill.id,
            ])
    }

    /// A walk is over.
    public func end(_ backfill: Backfill, _ end: Backfill.End, at now: Timestamp) throws {
        try save(backfill)
        try execute(
            "UPDATE backfill SET next_url = NULL, retry_at = NULL, ended = ?, end_reason = ? WHERE id = ?",
            [now.milliseconds, end.rawValue, backfill.id])
    }

    /// A page has been read. An archive document does not change (RFC 5005, 4): that it was read holds for good.
    public func notePage(_ url: String, of feed: FeedID, in backfill: Int64, isArchive: Bool) throws {
        try execute(
            "INSERT OR REPLACE INTO backfill_page VALUES (?, ?, ?, ?)", [feed.rawValue, url, backfill, isArchive])
    }

    /// Whether a page was read in a walk, or as an archive document in any.
    public func pageRead(_ url: String, of feed: FeedID, in backfill: Int64) throws -> (here: Bool, archive: Bool) {
        try first(
            "SELECT backfill_id = ?, archive FROM backfill_page WHERE feed_id = ? AND url = ?",
            [backfill, feed.rawValue, url]
        ) { ($0[0], $0[1]) } ?? (false, false)
    }
}

extension Archive {
    /// The walk of a feed that has not ended; of several the newest.
    public func backfill(of feed: FeedID) throws -> Backfill? {
        // An archive of an earlier version has no walks.
        try read { try $0.tableExists("backfill") ? ArchiveTransaction($0, metrics).backfill(of: feed) : nil }
    }

    /// The walks that have not ended, by feed; of several the newest.
    public func backfills() throws -> [FeedID: Backfill] {
        try read { db in
            let cursor = try Row.fetchCursor(
                db, sql: "SELECT \(Backfill.columns) FROM backfill WHERE next_url IS NOT NULL ORDER BY id")
            var walks: [FeedID: Backfill] = [:]
            while let row = try cursor.next() {
                let walk = Backfill(row: row)
                walks[walk.feed] = walk
            }
            return walks
        }
    }
}
