public import FeedModel
import Foundation
import GRDB
import GRDBSQLite
import Glibc

/// Every article once, with its whole history, in one SQLite file.
///
/// An archive is open either for writing, by one process, or for reading, by any number. Writers get
/// `ArchiveTransaction`s; readers get the queries in the extensions of this type. Nothing outside this
/// module sees SQL.
public final class Archive: Sendable {
    /// The folder that holds `archive.sqlite3`.
    public let folder: String

    /// What has been written since it was opened.
    public let metrics: ArchiveMetrics

    let reader: any DatabaseReader
    private let commits: GroupCommit?
    private let lock: ArchiveLock?
    private let raw: RawWriter?
    /// Whose documents are worked at just now.
    public let marks: WorkMarks

    public var path: String { Archive.databasePath(inFolder: folder) }

    public static func databasePath(inFolder folder: String) -> String { folder + "/archive.sqlite3" }

    /// The tables, indexes and views of an archive of this version, explained, as SQL.
    public static var schema: String { Schema.text }

    private init(
        folder: String, reader: any DatabaseReader, commits: GroupCommit? = nil, lock: ArchiveLock? = nil,
        raw: RawWriter? = nil
    ) {
        self.folder = folder
        self.reader = reader
        self.commits = commits
        metrics = commits?.metrics ?? ArchiveMetrics()
        self.lock = lock
        self.raw = raw
        // Without the lock, the marks are another process's.
        marks = WorkMarks(folder: lock == nil ? nil : folder)
    }

    // MARK: opening

    /// Opens an archive for writing, and makes it if it is not there.
    public static func openForWriting(folder: String, holder: ArchiveLock.Holder) throws(ArchiveError) -> Archive {
        let lock = try ArchiveLock(openFolder(folder), holder: holder)
        let path = databasePath(inFolder: folder)
        do {
            var configuration = configuration()
            configuration.maximumReaderCount = 4
            let pulse = WriterPulse()
            // The connections hold on to their configuration, and so to the pulse.
            configuration.prepareDatabase { db in
                if !db.configuration.readonly {
                    // Of a new archive: articles of a few KB fill pages of 4096 bytes badly.
                    try db.execute(sql: "PRAGMA page_size = 2048")
                    pulse.follow(db)
                }
            }
            let pool = try DatabasePool(path: path, configuration: configuration)
            // GRDB's pool sets NORMAL, which loses acknowledged transactions when the power goes.
            try pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                let pageSize = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4096
                try db.execute(sql: "PRAGMA wal_autocheckpoint = \(longestLog / pageSize)")
                try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
                try keepSharedFiles(db)
            }
            try pool.write { db in
                if try Int32.fetchOne(db, sql: "PRAGMA application_id") == 0,
                    try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
                {
                    try Schema.create(db)
                }
                let version = try checkSchema(db, path: path)
                if version < Schema.version { try Schema.migrate(db, from: version) }
            }
            let raw = RawWriter(archiveFolder: folder, version: holder.version)
            try pool.write { try raw.recover($0) }
            let commits = GroupCommit(pool, raw, pulse, folder: folder)
            return Archive(folder: folder, reader: pool, commits: commits, lock: lock, raw: raw)
        } catch let error as ArchiveError {
            throw error
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN {
            throw ArchiveProof(folder: folder).failure(path) ?? .cannotCreate(path: path, reason: reason(of: error))
        } catch let error as DatabaseError where error.resultCode == .SQLITE_IOERR {
            throw ArchiveProof(folder: folder).failure(path) ?? failure(error, path: path)
        } catch {
            throw failure(error, path: path)
        }
    }

    /// Opens an archive that is there, for reading alone; whether anyone writes to it makes no difference.
    ///
    /// - Parameter patience: how long each query waits where another program has locked the archive.
    public static func openForReading(folder: String, patience: Duration = .seconds(10)) throws(ArchiveError) -> Archive
    {
        let path = databasePath(inFolder: folder)
        guard FileManager.default.fileExists(atPath: path) else { throw .notThere(path: path) }
        do {
            var configuration = configuration()
            configuration.readonly = true
            configuration.prepareDatabase { db in
                if try !db.tableExists("flood_article") { try db.execute(sql: Schema.floodStandIn) }
                if try !db.tableExists("story_article") { try db.execute(sql: Schema.storyStandIn) }
            }
            configuration.busyMode = .timeout(Double(patience.milliseconds) / 1000)
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            _ = try queue.read { try checkSchema($0, path: path) }
            return Archive(folder: folder, reader: queue)
        } catch let error as ArchiveError {
            throw error
        } catch {
            throw failure(error, path: path)
        }
    }

    /// A folder that we write to, made if it is not there.
    static func openFolder(_ path: String) throws(ArchiveError) -> ArchiveFolder {
        try makeFolder(path)
        let folder: ArchiveFolder
        do { folder = try ArchiveFolder(path) } catch { throw .uncreatable(error) }
        if let who = folder.strangers { throw .openToOthers(folder: path, who: who) }
        return folder
    }

    /// As `mkdir -p`; nobody but its owner may write to it.
    static func makeFolder(_ path: String) throws(ArchiveError) {
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        let parent = (path as NSString).deletingLastPathComponent
        if errno == ENOENT, !parent.isEmpty, parent != path {
            try makeFolder(parent)
            if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        }
        throw cannotCreate(path, errno)
    }

    /// What a disk cannot take now it may take later; all else wants a hand.
    static func cannotCreate(_ path: String, _ systemError: Int32) -> ArchiveError {
        switch systemError {
        case ENOSPC, EDQUOT, EROFS, EIO: .unavailable(path: path, ArchiveObstacle(systemError: systemError))
        default: .cannotCreate(path: path, reason: String(cString: strerror(systemError)))
        }
    }

    /// Leaves the log and the shared memory beside the database when it is closed, both empty: who may read the folder
    /// and not write into it could not open the archive without them ("Read-Only WAL-Mode Databases").
    private static func keepSharedFiles(_ db: Database) throws {
        var persists: CInt = 1
        let code = sqlite3_file_control(db.sqliteConnection, nil, SQLITE_FCNTL_PERSIST_WAL, &persists)
        guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
    }

    /// Bytes of the write-ahead log that are moved into the database together.
    private static let longestLog = 16 << 20

    /// Seconds that another program's lock is waited for.
    static let lockPatience = 10.0

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(lockPatience)
        configuration.label = "archive"
        configuration.prepareDatabase(SearchRank.register)
        configuration.prepareDatabase(PackedEntry.register)
        return configuration
    }

    /// The archive's version. Earlier ones can be read as they are.
    private static func checkSchema(_ db: Database, path: String) throws -> Int {
        guard try Int32.fetchOne(db, sql: "PRAGMA application_id") == Schema.applicationID else {
            let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
            throw isEmpty ? ArchiveError.empty(path: path) : ArchiveError.notAnArchive(path: path)
        }
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version <= Schema.version else {
            throw ArchiveError.newerSchema(path: path, version: version, supported: Schema.version)
        }
        return version
    }

    static func failure(_ error: any Error, path: String) -> ArchiveError {
        let reason = reason(of: error)
        return switch (error as? DatabaseError)?.resultCode {
        case ResultCode.SQLITE_BUSY?: .busy(path: path)
        case ResultCode.SQLITE_CORRUPT?, ResultCode.SQLITE_NOTADB?: .damaged(path: path, reason: reason)
        default: ArchiveObstacle(error).map { .unavailable(path: path, $0) } ?? .failed(path: path, reason: reason)
        }
    }

    static func reason(of error: any Error) -> String {
        if let error = error as? DatabaseError { return error.message ?? "SQLite error \(error.resultCode.rawValue)" }
        return (error as NSError).localizedDescription
    }

    // MARK: writing

    /// Runs `body` in a transaction and returns once it is durable. What `body` throws, or SQLite, says
    /// that the archive or the program is broken, or is an `ArchiveError` that passes: after `waitOut` that is waited out
    /// here, and `body` run again.
    ///
    /// Writes of one actor are made in the order in which it asks for them.
    ///
    /// - Parameter waits: `false` to throw all the same, for whoever can come again.
    public func write<Result: Sendable>(
        waits: Bool = true, isolation: isolated (any Actor)? = #isolation,
        _ body: @escaping @Sendable (borrowing ArchiveTransaction) throws -> Result
    ) async throws -> Result {
        guard let commits else { throw ArchiveError.failed(path: path, reason: "it is open for reading alone") }
        do {
            return try await commits.write(waits: waits) { [raw, metrics] db in
                try body(ArchiveTransaction(db, metrics, raw))
            }
        } catch let error as DatabaseError {
            throw Archive.failure(error, path: path)
        }
    }

    /// Writes, so that it is known that the archive can take what comes: before the first request goes out.
    ///
    /// - Throws: as `write`.
    public func prove() async throws {
        do {
            try await commits?.prove()
        } catch let error as DatabaseError {
            throw Archive.failure(error, path: path)
        }
    }

    // MARK: waiting

    /// From now on writes wait where the archive can take nothing now; see `ArchiveObstacle`.
    ///
    /// - Returns: what is waited out, at each attempt to write that fails, and `nil` when all is well again.
    public func waitOut(by time: any TimeSource) -> AsyncStream<ArchiveTrouble?> {
        commits?.waitOut(by: time) ?? AsyncStream { $0.finish() }
    }

    /// `waitOut` has been called.
    public var waitsOut: Bool { commits?.waitsOut ?? false }

    /// What is waited out now: nothing may be asked for that the archive could not take.
    public var trouble: ArchiveTrouble? { commits?.trouble }

    /// Returns when the archive can take what comes, so far as is known.
    ///
    /// - Returns: `false` if that is waited for no more.
    public func untilWritable() async -> Bool { await commits?.untilWritable() ?? false }

    /// Runs what reads, again after a while where that fails by what passes.
    public func outlasting<Result>(
        _ time: any TimeSource, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        while true {
            do {
                return try await body()
            } catch let error as ArchiveError where error.isPassing && waitsOut {
                // Whoever reads alone tells the writer, who may not have noticed.
                try await prove()
                try await time.sleep(until: time.now + .seconds(1))
            }
        }
    }

    /// For the end of the program: what waits fails, and so does what cannot be written from now on.
    public func stopWaiting() { commits?.stopWaiting() }

    /// Moves while something is being written, also within one write that takes long; stands while the writer is idle, and
    /// while it waits for a lock or the disk.
    public var writerProgress: Int { commits?.progress ?? 0 }

    /// Moves what the write-ahead log holds into the database and closes it. The archive must not be used
    /// afterwards.
    public func close() throws {
        let pool = reader as? DatabasePool
        // The last connection to be closed moves the log, and those that read cannot.
        pool?.invalidateReadOnlyConnections()
        try pool?.close()
        try (reader as? DatabaseQueue)?.close()
    }

    // MARK: reading

    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        do {
            return try reader.read(body)
        } catch let error as DatabaseError {
            throw Archive.failure(error, path: path)
        }
    }
}
