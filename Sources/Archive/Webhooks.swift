public import FeedModel
import GRDB

/// A webhook as the archive knows it: how far the change log has been delivered to it, and how that goes. Its URL and
/// its secret are the configuration's alone.
public struct Webhook: Hashable, Sendable {
    /// SHA-256 of the URL, in hexadecimal digits.
    public var id: String
    public var host: String
    /// Differs when the configuration of this webhook differs.
    public var settings: String
    /// All lines up to it were acknowledged, or are not for this webhook.
    public var position: Int64
    /// How many lines were acknowledged, ever.
    public var delivered = 0
    public var lastDelivery: Timestamp?
    /// It answered 410 (Gone); nothing is delivered until its configuration changes.
    public var isStopped = false
    /// After a failure: not before.
    public var nextAttempt: Timestamp?
    /// In a row.
    public var failures = 0
    public var failingSince: Timestamp?
    public var lastError: PollError?

    public init(id: String, host: String, settings: String, position: Int64) {
        self.id = id
        self.host = host
        self.settings = settings
        self.position = position
    }
}

/// What the configuration says of a webhook, as far as the archive is concerned.
public struct ConfiguredWebhook: Hashable, Sendable {
    public var id: String
    public var host: String
    public var settings: String
    /// A new one begins with the first line instead of what comes next.
    public var fromBeginning: Bool

    public init(id: String, host: String, settings: String, fromBeginning: Bool) {
        self.id = id
        self.host = host
        self.settings = settings
        self.fromBeginning = fromBeginning
    }
}

extension ArchiveTransaction {
    /// Makes the configured webhooks the archive's. One that was there before goes on where it was; where its
    /// configuration has changed, at once and whatever it last answered.
    ///
    /// - Returns: all of them, in the order given.
    public func synchronize(_ webhooks: [ConfiguredWebhook]) throws -> [Webhook] {
        let newest = try first("SELECT max(seq) FROM change", []) { $0[0] as Int64? ?? 0 } ?? 0
        try execute("UPDATE webhook SET configured = 0", [])
        return try webhooks.map { configured in
            try execute(
                """
                INSERT INTO webhook (id, host, configured, settings, position) VALUES (?, ?, 1, ?, ?)
                ON CONFLICT (id) DO UPDATE SET configured = 1, host = excluded.host
                """,
                [configured.id, configured.host, configured.settings, configured.fromBeginning ? 0 : newest])
            try execute(
                """
                UPDATE webhook SET settings = ?1, stopped = 0, next_attempt = NULL, failures = 0, failing_since = NULL,
                    error_code = NULL, error_message = NULL WHERE id = ?2 AND settings <> ?1
                """, [configured.settings, configured.id])
            return try first("SELECT * FROM webhook WHERE id = ?", [configured.id], Webhook.init(row:))
                ?? Webhook(id: configured.id, host: configured.host, settings: configured.settings, position: newest)
        }
    }

    /// Writes where a webhook stands and how it goes.
    public func save(_ webhook: Webhook) throws {
        try execute(
            """
            UPDATE webhook SET position = ?, delivered = ?, last_delivery = ?, stopped = ?, next_attempt = ?,
                failures = ?, failing_since = ?, error_code = ?, error_message = ? WHERE id = ?
            """,
            [
                webhook.position, webhook.delivered, webhook.lastDelivery?.milliseconds, webhook.isStopped,
                webhook.nextAttempt?.milliseconds, webhook.failures, webhook.failingSince?.milliseconds,
                webhook.lastError?.code, webhook.lastError?.message, webhook.id,
            ])
    }
}

extension Archive {
    /// The webhooks of the configuration that the daemon was last given, by host.
    public func webhooks() throws -> [Webhook] { try read { try Webhook.configured($0) } }
}

extension Webhook {
    static func configured(_ db: Database) throws -> [Webhook] {
        // An archive of an earlier version, open for reading, has none.
        guard try db.tableExists("webhook") else { return [] }
        return try Row.fetchAll(db, sql: "SELECT * FROM webhook WHERE configured ORDER BY host, id")
            .map(Webhook.init(row:))
    }

    fileprivate init(row: Row) {
        self.init(id: row["id"], host: row["host"], settings: row["settings"], position: row["position"])
        delivered = row["delivered"]
        lastDelivery = row.timestamp("last_delivery")
        isStopped = row["stopped"]
        nextAttempt = row.timestamp("next_attempt")
        failures = row["failures"]
        failingSince = row.timestamp("failing_since")
        if let code: String = row["error_code"] {
            lastError = PollError(code: code, message: row["error_message"] ?? "")
        }
    }
}
