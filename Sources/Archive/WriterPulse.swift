import GRDB
import GRDBSQLite
import Synchronization

/// Moves while the writer works: with every write, and within one that takes long.
final class WriterPulse: Sendable {
    private let beats = Atomic(0)

    /// Of SQLite's virtual machine, between two beats: some milliseconds.
    private static let instructionsPerBeat: Int32 = 200_000

    var count: Int { beats.load(ordering: .relaxed) }

    func beat() { beats.add(1, ordering: .relaxed) }

    /// Beats with the work of a connection, which must not outlive this.
    ///
    /// "The progress handler callback must not do anything that will modify the database connection"; a result other
    /// than 0 would interrupt the operation (sqlite3_progress_handler). It is not called while SQLite waits for a lock or
    /// for the disk.
    func follow(_ db: Database) {
        sqlite3_progress_handler(
            db.sqliteConnection, WriterPulse.instructionsPerBeat,
            { context in
                guard let context else { return 0 }
                Unmanaged<WriterPulse>.fromOpaque(context).takeUnretainedValue().beat()
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }
}
