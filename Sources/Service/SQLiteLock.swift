import Foundation
import Glibc

/// Who holds SQLite's lock to write to a database in WAL mode: what the kernel lists in `/proc/locks`.
///
/// Asked there and not by `fcntl`: closing any descriptor of the file would drop the locks that this process has on it.
enum SQLiteLock {
    struct Holder: Hashable, Sendable, CustomStringConvertible {
        /// 0 for a process outside of this container.
        var pid: Int
        var name: String?

        var description: String {
            guard pid > 0 else { return "a process outside of this container" }
            return "process \(pid)\(name.map { " (\($0))" } ?? "")"
        }
    }

    /// The byte of the file `-shm` that a writer locks: WAL_WRITE_LOCK, at 120 (SQLite file format, "WAL-Index").
    private static let writeLock = 120
    /// The bytes of the database itself that are locked where its index is in one program's memory alone.
    private static let databaseLocks = 0x4000_0000..<0x4000_0000 + 512

    /// Whoever has locked the database, but for one process, which may.
    static func holder(ofDatabase path: String, otherThan own: Int?) -> Holder? {
        let files = [path, path + "-shm"].map(inode)
        guard files.contains(where: { $0 != nil }), let table = FileManager.default.contents(atPath: "/proc/locks")
        else { return nil }
        for line in String(decoding: table, as: UTF8.self).split(separator: "\n") {
            // `1: POSIX  ADVISORY  WRITE 1234 08:01:5678 120 120`; those who wait have an arrow behind their number.
            let words = line.split(separator: " ")
            guard words.count == 8, words[1] == "POSIX" || words[1] == "OFDLCK", words[3] == "WRITE",
                let pid = Int(words[4]), let inode = words[5].split(separator: ":").last.flatMap({ UInt64($0) }),
                let from = Int(words[6])
            else { continue }
            let to = Int(words[7]) ?? .max
            let isWriting = inode == files[1] && (from...max(from, to)).contains(writeLock)
            let isAlone =
                inode == files[0]
                && databaseLocks.overlaps(from..<max(from, to).addingReportingOverflow(1).partialValue)
            guard isWriting || isAlone, pid != own, pid != Int(getpid()) else { continue }
            return Holder(pid: max(pid, 0), name: name(of: pid))
        }
        return nil
    }

    private static func inode(_ path: String) -> UInt64? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.systemFileNumber] as? NSNumber)?.uint64Value
    }

    private static func name(of pid: Int) -> String? {
        FileManager.default.contents(atPath: "/proc/\(pid)/comm").map {
            String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }
}
