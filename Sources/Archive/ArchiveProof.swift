import GRDB
import Glibc

/// Finds out whether an archive can take what polls bring: by writing.
struct ArchiveProof {
    /// What a usual commit of many polls takes at the most.
    private static let room = 1 << 20

    let folder: String

    /// There is room for a commit, and one is made and durable.
    ///
    /// Nothing of an earlier commit that failed is in the log any more when this returns: its place has been written
    /// over.
    func run(_ db: Database) throws {
        try proveRoom()
        // Even if nothing is to be changed, the first page is written.
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        try db.inTransaction(.immediate) {
            try db.execute(sql: "PRAGMA user_version = \(version)")
            return .commit
        }
    }

    /// Why SQLite cannot open the database at this path, where it is for want of a disk that takes anything.
    func failure(_ path: String) -> ArchiveError? {
        do throws(ArchiveError) {
            try proveRoom()
            return nil
        } catch {
            guard case .unavailable(_, let obstacle) = error, obstacle.kind == .full || obstacle.kind == .failing else {
                return nil
            }
            return .unavailable(path: path, obstacle)
        }
    }

    /// A commit may find its room in the log; the next one would not.
    private func proveRoom() throws(ArchiveError) {
        var system = statvfs()
        if statvfs(folder, &system) == 0, system.f_blocks > 0 {
            let free = (geteuid() == 0 ? system.f_bfree : system.f_bavail) * system.f_frsize
            // A full disk is not filled to its last byte again and again: others write to it too.
            if free < ArchiveProof.room { throw .unavailable(path: folder, ArchiveObstacle(systemError: ENOSPC)) }
        }
        // Quotas and disks that fail are found out by writing alone.
        let path = folder + "/.room"
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        // It is gone with the descriptor, however the program ends.
        unlink(path)
        // Zeros would take no room on some file systems.
        var random = SystemRandomNumberGenerator()
        let block = (0..<8192).map { _ in random.next() }
        for _ in 0..<ArchiveProof.room / (8 * block.count) {
            var written = 0
            while written < 8 * block.count {
                let count = block.withUnsafeBytes {
                    write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw failure() }
                written += count
            }
        }
        guard fsync(descriptor) == 0 else { throw failure() }
    }

    private func failure() -> ArchiveError { .unavailable(path: folder, ArchiveObstacle(systemError: errno)) }
}
