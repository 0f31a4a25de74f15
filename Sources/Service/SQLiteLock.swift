import Foundation
import Glibc

/// Who holds SQLite's locks on a database in WAL mode: what the kernel lists in `/proc/locks`.
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
    /// Those that readers of the log share: WAL_READ_LOCK, from 123 on.
    private static let readLocks = 123..<128
    /// The bytes of the database itself that are locked where its index is in one program's memory alone.
    private static let databaseLocks = 0x4000_0000..<0x4000_0000 + 512

    /// Whoever has locked the database, but for one process, which may.
    static func holder(ofDatabase path: String, otherThan own: Int?) -> Holder? {
        let files = [path, path + "-shm"].map(inode)
        let lock = locks(of: files).first { lock in
            guard lock.isExclusive, lock.pid != own else { return false }
            return lock.inode == files[1] && lock.bytes.contains(writeLock)
                || lock.inode == files[0] && lock.bytes.overlaps(databaseLocks)
        }
        return lock.map { holder($0.pid) }
    }

    /// Whoever reads from the log, which does not start again meanwhile.
    static func readers(ofLogOf path: String, otherThan own: Int?) -> [Holder] {
        let pids = locks(of: [inode(path + "-shm")]).lazy
            .filter { !$0.isExclusive && $0.pid != own && $0.bytes.overlaps(readLocks) }.map(\.pid)
        return Set(pids).sorted().map(holder)
    }

    private struct Lock {
        var isExclusive: Bool
        var pid: Int
        var inode: UInt64
        var bytes: Range<Int>
    }

    /// But for those of this process.
    private static func locks(of inodes: [UInt64?]) -> [Lock] {
        let inodes = Set(inodes.compactMap(\.self))
        guard !inodes.isEmpty, let table = FileManager.default.contents(atPath: "/proc/locks") else { return [] }
        return String(decoding: table, as: UTF8.self).split(separator: "\n").compactMap { line in
            // `1: POSIX  ADVISORY  WRITE 1234 08:01:5678 120 120`; those who wait have an arrow behind their number.
            let words = line.split(separator: " ")
            guard words.count == 8, words[1] == "POSIX" || words[1] == "OFDLCK", let pid = Int(words[4]),
                let inode = words[5].split(separator: ":").last.flatMap({ UInt64($0) }), inodes.contains(inode),
                let from = Int(words[6]), pid != Int(getpid())
            else { return nil }
            let end = max(from, Int(words[7]) ?? .max).addingReportingOverflow(1)
            return Lock(
                isExclusive: words[3] == "WRITE", pid: pid, inode: inode,
                bytes: from..<(end.overflow ? .max : end.partialValue))
        }
    }

    private static func holder(_ pid: Int) -> Holder { Holder(pid: max(pid, 0), name: name(of: pid)) }

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
