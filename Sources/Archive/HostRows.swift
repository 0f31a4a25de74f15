public import FeedModel
import Foundation
import GRDB
import PublicSuffix

extension ArchiveTransaction {
    /// What is remembered of a pause scope.
    public func conduct(of scope: String) throws -> HostConduct? {
        try first("SELECT * FROM host WHERE name = ?", [scope], HostConduct.init(row:))
    }

    /// Notes the conduct of a pause scope; `nil` forgets it. While it is paused, none of its feeds has its next poll
    /// sooner.
    public func set(_ conduct: HostConduct?, of scope: String, at now: Timestamp) throws {
        guard let conduct else { return try execute("DELETE FROM host WHERE name = ?", [scope]) }
        try execute(
            "INSERT OR REPLACE INTO host (name, paused_until, pause, slowness, calm_since) VALUES (?, ?, ?, ?, ?)",
            [
                scope, conduct.pausedUntil.milliseconds, conduct.pause.milliseconds, conduct.slowness,
                conduct.calmSince.milliseconds,
            ])
        guard conduct.pausedUntil > now else { return }
        try execute(
            """
            UPDATE feed SET next_poll = ?, interval_reason = 'retry-after'
            WHERE scope = ? AND coalesce(next_poll, 0) < ? AND state NOT IN ('gone', 'disabled')
            """, [conduct.pausedUntil.milliseconds, scope, conduct.pausedUntil.milliseconds])
    }

    /// What is remembered of every pause scope. What has been calm for a day is forgotten.
    public func conducts(at now: Timestamp) throws -> [String: HostConduct] {
        try execute("DELETE FROM host WHERE calm_since <= ?", [(now - .days(1)).milliseconds])
        let hosts = try rows("SELECT * FROM host", []) { row in (row["name"] as String, try HostConduct(row: row)) }
        return Dictionary(hosts) { $1 }
    }

    // MARK: our own network

    /// Notes since when our own network is out; `nil` while it works.
    public func setOutage(since: Timestamp?) throws {
        try execute("DELETE FROM outage", [])
        if let since { try execute("INSERT INTO outage (since) VALUES (?)", [since.milliseconds]) }
    }

    public func outageSince() throws -> Timestamp? {
        try first("SELECT since FROM outage", []) { $0.timestamp(0) } ?? nil
    }

    /// Makes a feed's state what it was before a poll that said nothing of the feed, if no other has been made since.
    ///
    /// - Parameter polled: when that poll was made.
    /// - Returns: whether it was done.
    public func takeBack(_ before: PollState, of feed: FeedID, polled: Timestamp) throws -> Bool {
        let last = try first("SELECT last_poll FROM feed WHERE id = ?", [feed.rawValue]) { $0.timestamp(0) }
        guard let last, last == polled else { return false }
        try save(before, of: feed)
        return true
    }
}

extension Archive {
    /// How many configured feeds live at a host, and what is remembered of its pause scope.
    public func host(_ name: String) throws -> (feeds: Int, conduct: HostConduct?) {
        try read { db in
            let feeds = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM feed WHERE host = ? AND configured", arguments: [name])
            let conduct = try Row.fetchOne(
                db, sql: "SELECT * FROM host WHERE name = ?", arguments: [PauseScope.of(name)])
            return (feeds ?? 0, try conduct.map(HostConduct.init(row:)))
        }
    }

    /// Until when each pause scope is paused that is.
    public func pauses(at now: Timestamp) throws -> [String: Timestamp] {
        try read { db in
            let pauses = try Row.fetchAll(
                db, sql: "SELECT name, paused_until FROM host WHERE paused_until > ?", arguments: [now.milliseconds]
            ).map { row in (PauseScope.of(row[0]), Timestamp(milliseconds: row[1])) }
            return Dictionary(pauses, uniquingKeysWith: max)
        }
    }

    /// Feeds to find out by whether our own network works again: one of each pause scope, none sooner than the shortest
    /// interval allows. Those come first that do not fail by themselves, then those that are due, then those that
    /// answered last.
    public func probes(at now: Timestamp, minInterval: Duration, limit: Int = 1000) throws -> [FeedID] {
        try read { db in
            let feeds = try Row.fetchAll(
                db,
                sql: """
                    SELECT id, scope FROM feed
                    WHERE configured AND state IN ('active', 'failing') AND coalesce(last_poll, 0) + ? <= ?
                    ORDER BY state = 'active' DESC, coalesce(next_poll, 0) <= ? DESC, last_success DESC
                    """, arguments: [minInterval.milliseconds, now.milliseconds, now.milliseconds])
            var seen: Set<String> = []
            return feeds.filter { seen.insert($0[1]).inserted }.prefix(limit).map { FeedID(rawValue: $0[0]) }
        }
    }
}

extension HostConduct {
    /// Archives of earlier versions remember pauses alone.
    fileprivate init(row: Row) throws {
        self.init(
            pausedUntil: Timestamp(milliseconds: row["paused_until"]),
            pause: row.duration("pause") ?? .zero, slowness: row["slowness"] ?? 0,
            calmSince: row.timestamp("calm_since"))
    }
}
