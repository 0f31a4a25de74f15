public import FeedModel
import GRDB

extension ArchiveTransaction {
    /// All subscriptions of all feeds.
    public func subscriptions() throws -> [Subscription] {
        try rows("SELECT * FROM websub ORDER BY rowid", [], Subscription.init(row:))
    }

    /// A feed's live subscription to what its document names now; `nil` without one, or when its lease is over.
    public func liveSubscription(
        of feed: FeedID, hub: String, topic: String, at now: Timestamp
    ) throws -> Subscription? {
        try first(
            """
            SELECT * FROM websub WHERE feed_id = ? AND hub = ? AND topic = ? AND state IN ('active', 'renewing')
                AND lease_until > ? LIMIT 1
            """, [feed.rawValue, hub, topic, now.milliseconds], Subscription.init(row:))
    }

    /// Writes all of a subscription but its deliveries, which are counted where they happen; one that has been left
    /// is forgotten.
    public func save(_ subscription: Subscription) throws {
        if subscription.state == .left {
            return try execute("DELETE FROM websub WHERE token = ?", [subscription.id])
        }
        try execute(
            """
            INSERT INTO websub (token, feed_id, hub, topic, callback, secret, state, requested_at, active_since,
                lease_until, next_attempt, failures, error_code, error_message, doubt)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (token) DO UPDATE SET
                state = excluded.state, requested_at = excluded.requested_at, active_since = excluded.active_since,
                lease_until = excluded.lease_until, next_attempt = excluded.next_attempt,
                failures = excluded.failures, error_code = excluded.error_code, error_message = excluded.error_message
            """,
            [
                subscription.id, subscription.feed.rawValue, subscription.hub, subscription.topic,
                subscription.callback, subscription.seed, subscription.state.rawValue,
                subscription.requestedAt?.milliseconds, subscription.activeSince?.milliseconds,
                subscription.leaseUntil?.milliseconds, subscription.nextAttempt?.milliseconds, subscription.failures,
                subscription.lastError?.code, subscription.lastError?.message, subscription.deliveries.doubt,
            ])
    }

    /// What has come of a subscription; `nil` if it is not there any more.
    public func deliveries(of id: String) throws -> Subscription.Deliveries? {
        try first("SELECT * FROM websub WHERE token = ?", [id]) { Subscription(row: $0).deliveries }
    }

    public func forgetSubscriptions() throws { try execute("DELETE FROM websub", []) }

    /// Notes a document that the hub sent.
    public func noteDelivery(_ id: String, doubt: Int, at now: Timestamp) throws {
        try execute(
            "UPDATE websub SET last_push = ?, accepted = accepted + 1, doubt = ? WHERE token = ?",
            [now.milliseconds, doubt, id])
    }

    /// Notes a document without a right signature.
    public func noteRejection(_ id: String) throws {
        try execute("UPDATE websub SET rejected = rejected + 1 WHERE token = ?", [id])
    }

    public func setDoubt(_ doubt: Int, of id: String) throws {
        try execute("UPDATE websub SET doubt = ? WHERE token = ?", [doubt, id])
    }

    /// Polls were put off in reliance on a hub that is relied upon no more: they are due now, as far as the shortest
    /// interval allows.
    ///
    /// - Parameter feed: this one alone; `nil` for all.
    /// - Returns: the feeds that were put off, their hosts, and when they are due.
    public func endReliance(
        of feed: FeedID? = nil, at now: Timestamp, minInterval: Duration
    ) throws -> [(feed: FeedID, host: String, at: Timestamp)] {
        let due = try rows(
            """
            SELECT id, host, max(?, coalesce(last_poll, 0) + ?) FROM feed
            WHERE configured AND interval_reason = 'websub' AND next_poll > ?\(feed == nil ? "" : " AND id = ?")
            """,
            [now.milliseconds, minInterval.milliseconds, now.milliseconds]
                + (feed.map { [$0.rawValue] } ?? StatementArguments())
        ) { row in (feed: FeedID(rawValue: row[0]), host: row[1] as String, at: Timestamp(milliseconds: row[2])) }
        for one in due {
            try execute("UPDATE feed SET next_poll = ? WHERE id = ?", [one.at.milliseconds, one.feed.rawValue])
        }
        return due
    }

    /// The configured feeds that name a hub and may be polled.
    public func feedsWithHub() throws -> [Feed] {
        try rows(
            "SELECT * FROM feed WHERE configured AND hub IS NOT NULL AND state NOT IN ('gone', 'disabled')", [],
            Feed.init(row:))
    }
}

extension Archive {
    /// A feed's subscription: the one that is wanted rather than one that is being taken back.
    public func subscription(of feed: FeedID) throws -> Subscription? {
        try read { db in
            // An archive of an earlier version, open for reading, has none.
            guard try db.tableExists("websub") else { return nil }
            return try Row.fetchOne(
                db,
                sql: "SELECT * FROM websub WHERE feed_id = ? ORDER BY state = 'leaving', rowid DESC LIMIT 1",
                arguments: [feed.rawValue]
            ).map(Subscription.init(row:))
        }
    }
}

extension Subscription {
    fileprivate init(row: Row) {
        self.init(
            id: row["token"], seed: row["secret"], feed: FeedID(rawValue: row["feed_id"]), hub: row["hub"],
            topic: row["topic"], callback: row["callback"])
        state = State(rawValue: row["state"]) ?? .unasked
        requestedAt = row.timestamp("requested_at")
        activeSince = row.timestamp("active_since")
        leaseUntil = row.timestamp("lease_until")
        nextAttempt = row.timestamp("next_attempt")
        failures = row["failures"]
        if let code: String = row["error_code"] {
            lastError = PollError(code: code, message: row["error_message"] ?? "")
        }
        deliveries.lastPush = row.timestamp("last_push")
        deliveries.accepted = row["accepted"]
        deliveries.rejected = row["rejected"]
        deliveries.doubt = row["doubt"]
    }
}
