public import FeedModel
import Glibc

/// The right to write to an archive: an exclusive `flock` on the file `lock` in its folder.
///
/// The kernel drops it when the process ends, however it ends, so that no stale lock is ever left. The
/// file's text tells who holds it; it means nothing when nobody does.
public final class ArchiveLock: Sendable {
    /// Who holds the lock.
    public struct Holder: Hashable, Sendable {
        public var pid: Int
        public var started: Timestamp
        public var version: String
        /// `run` for a daemon; other commands hold the lock for as long as they take.
        public var command: String
        /// Where a daemon can be asked.
        public var socket: String?

        public init(pid: Int, started: Timestamp, version: String, command: String, socket: String? = nil) {
            self.pid = pid
            self.started = started
            self.version = version
            self.command = command
            self.socket = socket
        }
    }

    private let descriptor: Int32

    /// - Throws: `ArchiveError.locked` at once when another process holds it.
    init(folder: String, holder: Holder) throws(ArchiveError) {
        let path = folder + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw .cannotCreate(path: path, reason: String(cString: strerror(errno)))
        }
        // Whoever asks for the holder takes the lock for a moment.
        var attempts = 10
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let reason = errno
            attempts -= 1
            if reason == EWOULDBLOCK || reason == EINTR, attempts > 0 {
                usleep(20_000)
                continue
            }
            close(descriptor)
            guard reason == EWOULDBLOCK else {
                throw .cannotCreate(path: path, reason: String(cString: strerror(reason)))
            }
            let other = ArchiveLock.text(ofFile: path).flatMap(ArchiveLock.parse)
            throw .locked(
                path: folder,
                holder: other.map { "process \($0.pid) (ingestd \($0.command))" } ?? "another process")
        }
        self.descriptor = descriptor
        let socket = holder.socket.map { " \($0)" } ?? ""
        let text = "\(holder.pid) \(holder.started.milliseconds) \(holder.version) \(holder.command)\(socket)\n"
        ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    deinit { close(descriptor) }

    /// Who writes to the archive in a folder now; `nil` when nobody does.
    public static func holder(ofFolder folder: String) -> Holder? {
        let descriptor = open(folder + "/lock", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return nil }
        return text(ofFile: folder + "/lock").flatMap(parse)
    }

    private static func text(ofFile path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
    }

    private static func parse(_ text: String) -> Holder? {
        // The path of the socket may hold spaces.
        let words = text.prefix { !$0.isNewline }.split(separator: " ", maxSplits: 4)
        guard words.count >= 4, let pid = Int(words[0]), let started = Int64(words[1]) else { return nil }
        return Holder(
            pid: pid, started: Timestamp(milliseconds: started), version: String(words[2]), command: String(words[3]),
            socket: words.count > 4 ? String(words[4]) : nil)
    }
}
