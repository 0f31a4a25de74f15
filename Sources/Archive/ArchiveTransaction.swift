import FeedModel
import GRDB

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
