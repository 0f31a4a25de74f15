public import FeedModel
import GRDB

/// What one poll did, in figures.
public struct PollFigures: Hashable, Sendable {
    public enum Outcome: String, Hashable, Sendable {
        /// An article was new or revised.
        case changed
        /// 304, or 200 without change.
        case notModified = "not_modified"
        case failed
    }

    public var outcome: Outcome
    public var status: Int?
    public var errorCode: String?
    /// On the wire.
    public var bytes: Int
    public var duration: Duration
    public var new = 0
    public var revised = 0
    public var duplicates = 0

    public init(outcome: Outcome, status: Int? = nil, errorCode: String? = nil, bytes: Int, duration: Duration) {
        self.outcome = outcome
        self.status = status
        self.errorCode = errorCode
        self.bytes = bytes
        self.duration = duration
    }
}

extension ArchiveTransaction {
    /// Width of a piece of the tally, in milliseconds.
    static let tallyBucket: Int64 = 300_000
    /// How far back the tally goes: four weeks show when news is to be expected.
    static let tallySpan: Duration = .days(29)

    /// Notes a poll in the log, the tally, the totals and the feed's count of articles.
    ///
    /// - Parameter firstSightings: articles that this feed had not held before.
    public func log(_ poll: PollFigures, of feed: FeedID, firstSightings: Int, at now: Timestamp) throws {
        try execute(
            """
            INSERT INTO poll (feed_id, at, outcome, status, error_code, bytes, milliseconds, new, revised, duplicates)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                feed.rawValue, now.milliseconds, poll.outcome.rawValue, poll.status, poll.errorCode, poll.bytes,
                poll.duration.milliseconds, poll.new, poll.revised, poll.duplicates,
            ])
        try sum(poll, polls: 1, of: feed, firstSightings: firstSightings, at: now)
    }

    /// Notes what an older page of a feed brought: it counts in all sums, but it was no poll.
    public func logPage(_ page: PollFigures, of feed: FeedID, firstSightings: Int, at now: Timestamp) throws {
        try sum(page, polls: 0, of: feed, firstSightings: firstSightings, at: now)
    }

    /// Notes what a hub sent: in the sums, and not among the polls.
    ///
    /// - Parameter firstSightings: articles that this feed had not held before.
    public func logPush(
        new: Int, revised: Int, duplicates: Int, firstSightings: Int, bytes: Int, of feed: FeedID, at now: Timestamp
    ) throws {
        var figures = PollFigures(outcome: .changed, bytes: bytes, duration: .zero)
        figures.new = new
        figures.revised = revised
        figures.duplicates = duplicates
        try sum(figures, polls: 0, of: feed, firstSightings: firstSightings, at: now)
        if new + revised > 0 {
            try execute("UPDATE feed SET last_change = ? WHERE id = ?", [now.milliseconds, feed.rawValue])
        }
    }

    private func sum(
        _ poll: PollFigures, polls: Int, of feed: FeedID, firstSightings: Int, at now: Timestamp
    ) throws {
        try execute(
            """
            INSERT INTO tally VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (bucket) DO UPDATE SET
                total = total + excluded.total, changed = changed + excluded.changed,
                not_modified = not_modified + excluded.not_modified, failed = failed + excluded.failed,
                bytes = bytes + excluded.bytes, new = new + excluded.new, revised = revised + excluded.revised,
                duplicates = duplicates + excluded.duplicates
            """,
            [
                now.milliseconds / ArchiveTransaction.tallyBucket, polls, poll.outcome == .changed ? polls : 0,
                poll.outcome == .notModified ? polls : 0, poll.outcome == .failed ? polls : 0, poll.bytes, poll.new,
                poll.revised, poll.duplicates,
            ])
        metrics.note(poll, polls: polls)
        if poll.new > 0 { try count("articles", poll.new) }
        if poll.new + poll.revised > 0 { try count("revisions", poll.new + poll.revised) }
        if poll.duplicates > 0 { try count("duplicates", poll.duplicates) }
        try execute("UPDATE counter SET value = ? WHERE name = 'last_write'", [now.milliseconds])
        if firstSightings > 0 {
            try execute("UPDATE feed SET articles = articles + ? WHERE id = ?", [firstSightings, feed.rawValue])
        }
    }

    func count(_ name: String, _ more: Int) throws {
        try execute("UPDATE counter SET value = value + ? WHERE name = ?", [more, name])
    }

    /// Forgets polls before an instant, and tallies older than their span; at most `limit` rows a call.
    ///
    /// - Returns: whether there may be more.
    public func trimLog(before instant: Timestamp, at now: Timestamp, limit: Int = 10_000) throws -> Bool {
        try execute(
            "DELETE FROM poll WHERE id IN (SELECT id FROM poll ORDER BY id LIMIT ?) AND at < ?",
            [limit, instant.milliseconds])
        let isFull = db.changesCount == limit
        try execute(
            "DELETE FROM tally WHERE bucket < ?",
            [(now - ArchiveTransaction.tallySpan).milliseconds / ArchiveTransaction.tallyBucket])
        return isFull
    }
}
