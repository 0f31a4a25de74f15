public import FeedModel
import GRDB

extension ArchiveTransaction {
    /// Notes a pause, in place of an earlier one of the same target.
    public func set(_ pause: OperatorPause) throws {
        try resume(pause.target)
        var (feed, host): (Int64?, String?)
        switch pause.target {
        case .feed(let id, _): feed = id.rawValue
        case .host(let name): host = name
        }
        try execute(
            "INSERT INTO operator_pause (feed_id, host, since, until) VALUES (?, ?, ?, ?)",
            [feed, host, pause.since.milliseconds, pause.until?.milliseconds])
    }

    public func resume(_ target: OperatorPause.Target) throws {
        switch target {
        case .feed(let id, _): try execute("DELETE FROM operator_pause WHERE feed_id = ?", [id.rawValue])
        case .host(let name): try execute("DELETE FROM operator_pause WHERE host = ?", [name])
        }
    }

    /// The pauses that hold. What is over is forgotten.
    public func operatorPauses(at now: Timestamp) throws -> OperatorPauses {
        try execute("DELETE FROM operator_pause WHERE until <= ?", [now.milliseconds])
        return OperatorPauses(
            try rows(OperatorPause.query, [now.milliseconds], OperatorPause.init(row:)).compactMap(\.self))
    }

    /// The feed with this URL, as its own or where it moved to: a configured one, or one that has left the configuration
    /// and is paused still.
    public func pauseTarget(feed url: String) throws -> OperatorPause.Target? {
        try first(
            """
            SELECT id, configured_url FROM feed WHERE (configured_url = ?1 OR url = ?1)
                AND (configured OR id IN (SELECT feed_id FROM operator_pause))
            ORDER BY configured DESC, configured_url = ?1 DESC LIMIT 1
            """, [url]
        ) { .feed(FeedID(rawValue: $0[0]), url: $0[1]) }
    }

    public func isPaused(host: String) throws -> Bool {
        try first("SELECT 1 FROM operator_pause WHERE host = ?", [host]) { _ in true } ?? false
    }

    /// How many configured feeds live at a host.
    public func feeds(ofHost host: String) throws -> Int {
        try first("SELECT count(*) FROM feed WHERE host = ? AND configured", [host]) { $0[0] } ?? 0
    }
}

extension Archive {
    /// The pauses that hold.
    public func operatorPauses(at now: Timestamp) throws -> OperatorPauses {
        try read { try OperatorPause.all($0, at: now) }
    }
}

extension OperatorPause {
    static func all(_ db: Database, at now: Timestamp) throws -> OperatorPauses {
        // An archive of an earlier version, open for reading, has none.
        guard try db.tableExists("operator_pause") else { return OperatorPauses() }
        let rows = try Row.fetchAll(db, sql: query, arguments: [now.milliseconds])
        return OperatorPauses(rows.compactMap(OperatorPause.init(row:)))
    }

    fileprivate static let query = """
        SELECT feed_id, configured_url, operator_pause.host, since, until FROM operator_pause
        LEFT JOIN feed ON feed.id = feed_id WHERE coalesce(until, ?1 + 1) > ?1
        """

    fileprivate init?(row: Row) {
        let target: Target
        if let host: String = row[2] {
            target = .host(host)
        } else if let feed: Int64 = row[0], let url: String = row[1] {
            target = .feed(FeedID(rawValue: feed), url: url)
        } else {
            return nil
        }
        self.init(target, since: Timestamp(milliseconds: row[3]), until: row.timestamp(4))
    }
}

extension StatusFigures {
    /// What is paused is not overdue.
    mutating func count(_ pauses: OperatorPauses, _ db: Database, at now: Timestamp, dueBefore: Timestamp) throws {
        guard !pauses.isEmpty else { return }
        self.pauses = (Array(pauses.feeds.values) + pauses.hosts.values).sorted {
            ($0.since, $0.name) < ($1.since, $1.name)
        }
        let concerned = """
            SELECT count(*) FROM feed WHERE configured AND state IN ('active', 'failing')
            AND (id IN (SELECT feed_id FROM operator_pause WHERE feed_id IS NOT NULL AND coalesce(until, ?1 + 1) > ?1)
                OR host IN (SELECT host FROM operator_pause WHERE host IS NOT NULL AND coalesce(until, ?1 + 1) > ?1))
            """
        paused = try Int.fetchOne(db, sql: concerned, arguments: [now.milliseconds]) ?? 0
        let late = concerned + " AND coalesce(next_poll, added) < ?2"
        overdue -= try Int.fetchOne(db, sql: late, arguments: [now.milliseconds, dueBefore.milliseconds]) ?? 0
    }
}
