import FeedModel
import GRDB
import GRDBSQLite
import Glibc

/// Keeps an archive's write-ahead log from growing for as long as readers overlap.
///
/// SQLite moves the log into the database every 16 MiB, and starts it again from its beginning when no reader reads from
/// it. Readers that come and go without a gap leave no such moment, so that it is made: writers wait for those that read
/// now, and whoever comes meanwhile reads the database itself.
///
/// | the log is larger than | writers wait                                              |
/// |-----------------------:|-----------------------------------------------------------|
/// |                 80 MiB | 50 ms, once a second at the most                          |
/// |                512 MiB | 20 s, once in two minutes at the most; readers may be slow |
struct LogBound {
    static let large = 80 << 20
    static let huge = 512 << 20

    private static let rest: Duration = .seconds(1)
    private static let longRest: Duration = .minutes(2)
    private static let pause: useconds_t = 10_000

    private let path: String
    private let pulse: WriterPulse
    private var last: ContinuousClock.Instant?
    private var lastLong: ContinuousClock.Instant?

    init(database: String, pulse: WriterPulse) {
        path = database + "-wal"
        self.pulse = pulse
    }

    /// Of the log as it is on the disk.
    var size: Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Between two transactions.
    mutating func relieve(_ pool: DatabasePool, large: Int = LogBound.large, huge: Int = LogBound.huge) {
        let size = size
        let now = ContinuousClock.now
        guard size > large, last.map({ now - $0 >= LogBound.rest }) ?? true else { return }
        last = now
        let isLong = size > huge && lastLong.map { now - $0 >= LogBound.longRest } ?? true
        if isLong { lastLong = now }
        let patience = Patience(pulse: pulse, end: now + (isLong ? .seconds(20) : .milliseconds(50)))
        pool.writeWithoutTransaction { db in
            withExtendedLifetime(patience) {
                sqlite3_busy_handler(
                    db.sqliteConnection,
                    { context, _ in
                        guard let context else { return 0 }
                        return Unmanaged<Patience>.fromOpaque(context).takeUnretainedValue().mayWait() ? 1 : 0
                    }, Unmanaged.passUnretained(patience).toOpaque())
                // Where readers do not end in time the next one finds more to move.
                _ = try? db.checkpoint(.truncate)
                sqlite3_busy_timeout(db.sqliteConnection, CInt(Archive.lockPatience * 1000))
            }
        }
    }

    private final class Patience {
        private let pulse: WriterPulse
        private let end: ContinuousClock.Instant

        init(pulse: WriterPulse, end: ContinuousClock.Instant) {
            self.pulse = pulse
            self.end = end
        }

        func mayWait() -> Bool {
            guard ContinuousClock.now < end else { return false }
            pulse.beat()
            usleep(LogBound.pause)
            return true
        }
    }
}

extension Archive {
    /// A log of more bytes is kept from starting again from its beginning by somebody who reads.
    public static var largeLog: Int { 2 * LogBound.large }
}
