public import FeedModel
import GRDB
import Synchronization

/// What a poll may ask and write while its transaction is open. Valid only inside `Archive.write`.
public struct ArchiveTransaction: ~Copyable {
    let db: Database
    let metrics: ArchiveMetrics
    /// What is appended to it counts if the transaction commits.
    let raw: RawWriter?

    init(_ db: Database, _ metrics: ArchiveMetrics, _ raw: RawWriter? = nil) {
        self.db = db
        self.metrics = metrics
        self.raw = raw
    }

    /// Runs a statement that is prepared once a connection.
    func execute(_ sql: String, _ arguments: StatementArguments) throws {
        let statement = try db.cachedStatement(sql: sql)
        try statement.execute(arguments: arguments)
    }

    func noteStored(_ texts: String?...) { noteStored(texts.reduce(0) { $0 + ($1?.utf8.count ?? 0) }) }

    func noteStored(_ bytes: Int) { metrics.stored.add(bytes, ordering: .relaxed) }

    /// Does what keeps something of a feed, and notes how much that is; see `StorageAllowance`.
    public func countingStored<Result>(
        of feed: FeedID, at now: Timestamp, _ body: (borrowing ArchiveTransaction) throws -> Result
    ) throws -> Result {
        let before = metrics.stored.load(ordering: .relaxed)
        let result = try body(self)
        let bytes = metrics.stored.load(ordering: .relaxed) - before
        guard bytes > 0 else { return result }
        let known = try first("SELECT stored_since, stored_bytes FROM feed WHERE id = ?", [feed.rawValue]) { row in
            row.timestamp(0).map { PollState.Stored(since: $0, bytes: row[1]) }
        }
        let stored = StorageAllowance.adding(bytes, to: known.flatMap(\.self), at: now)
        try execute(
            "UPDATE feed SET stored_since = ?, stored_bytes = ? WHERE id = ?",
            [stored.since.milliseconds, stored.bytes, feed.rawValue])
        return result
    }

    func insert(_ sql: String, _ arguments: StatementArguments) throws -> Int64 {
        try execute(sql, arguments)
        return db.lastInsertedRowID
    }

    func rows<Value>(_ sql: String, _ arguments: StatementArguments, _ make: (Row) throws -> Value) throws -> [Value] {
        let cursor = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: arguments)
        var values: [Value] = []
        while let row = try cursor.next() { values.append(try make(row)) }
        return values
    }

    func first<Value>(_ sql: String, _ arguments: StatementArguments, _ make: (Row) throws -> Value) throws -> Value? {
        let cursor = try Row.fetchCursor(db.cachedStatement(sql: sql), arguments: arguments)
        return try cursor.next().map(make)
    }
}

extension Row {
    func timestamp(_ index: Int) -> Timestamp? {
        (self[index] as Int64?).map(Timestamp.init(milliseconds:))
    }

    func timestamp(_ column: String) -> Timestamp? {
        (self[column] as Int64?).map(Timestamp.init(milliseconds:))
    }

    func duration(_ index: Int) -> Duration? {
        (self[index] as Int64?).map { .milliseconds($0) }
    }

    func duration(_ column: String) -> Duration? {
        (self[column] as Int64?).map { .milliseconds($0) }
    }
}
