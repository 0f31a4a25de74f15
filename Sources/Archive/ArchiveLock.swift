public import FeedModel
import Glibc

/// The right to write to an archive: an exclusive `flock` on the file `lock` in its folder.
///
/// The kernel drops it when the process ends, however it ends, so that no stale lock is ever left. The
/// file's text tells who holds it; it means nothing when nobody does.
///
/// Whoever may open a file may lock it, and so keep others from its lock. So `lock` is for its owner alone. Who may read
/// the archive and not that finds the same text in `holder`, a new file for each holder, locked before it has its name.
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

    private let folder: ArchiveFolder
    private let file: OpenedFile
    /// Where readers see who writes.
    private let shown: OpenedFile?

    private static let name = "lock"
    private static let shownName = "holder"

    /// - Parameter isShown: readers of the archive are told who holds it.
    /// - Throws: `ArchiveError.locked` at once when another process holds it.
    init(_ folder: ArchiveFolder, holder: Holder, isShown: Bool = true) throws(ArchiveError) {
        let file: OpenedFile
        do { file = try folder.open(ArchiveLock.name, O_RDWR | O_CREAT, mode: 0o600) } catch {
            throw .uncreatable(error)
        }
        // Whoever asks for the holder takes the lock for a moment.
        var attempts = 10
        while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
            let reason = errno
            attempts -= 1
            if reason == EWOULDBLOCK || reason == EINTR, attempts > 0 {
                usleep(20_000)
                continue
            }
            guard reason == EWOULDBLOCK else {
                throw .uncreatable(FileFailure(folder.path + "/" + ArchiveLock.name, reason))
            }
            let other = ArchiveLock.parse(file.text(most: ArchiveLock.longestText))
            throw .locked(
                path: folder.path,
                holder: other.map { "process \($0.pid) (ingestd \($0.command))" } ?? "another process")
        }
        // Earlier programs let others read it.
        fchmod(file.descriptor, 0o600)
        let socket = holder.socket.map { " \($0)" } ?? ""
        let text = "\(holder.pid) \(holder.started.milliseconds) \(holder.version) \(holder.command)\(socket)\n"
        _ = file.replaceText(text)
        self.folder = folder
        self.file = file
        // On a full disk the archive can still be read, and its owner still sees who holds it.
        shown = isShown ? try? ArchiveLock.show(text, in: folder) : nil
    }

    deinit { if shown != nil { _ = try? folder.remove(ArchiveLock.shownName) } }

    private static func show(_ text: String, in folder: ArchiveFolder) throws(FileFailure) -> OpenedFile {
        let new = "." + shownName
        let file = try folder.replace(new, mode: 0o600)
        guard file.replaceText(text), flock(file.descriptor, LOCK_EX | LOCK_NB) == 0,
            fchmod(file.descriptor, folder.modeOfReaders) == 0
        else { throw FileFailure(folder.path + "/" + new, errno) }
        try folder.rename(new, to: shownName)
        return file
    }

    /// Who writes to the archive in a folder now; `nil` when nobody does.
    public static func holder(ofFolder path: String) -> Holder? {
        guard let folder = try? ArchiveFolder(path) else { return nil }
        let file: OpenedFile
        do throws(FileFailure) {
            file = try folder.open(name, O_RDONLY)
        } catch {
            guard error.code == EACCES, let shown = try? folder.open(shownName, O_RDONLY) else { return nil }
            file = shown
        }
        if flock(file.descriptor, LOCK_SH | LOCK_NB) == 0 { return nil }
        return parse(file.text(most: longestText))
    }

    private static let longestText = 256

    private static func parse(_ text: String) -> Holder? {
        // The path of the socket may hold spaces.
        let words = text.prefix { !$0.isNewline }.split(separator: " ", maxSplits: 4)
        guard words.count >= 4, let pid = Int(words[0]), let started = Int64(words[1]) else { return nil }
        return Holder(
            pid: pid, started: Timestamp(milliseconds: started), version: String(words[2]), command: String(words[3]),
            socket: words.count > 4 ? String(words[4]) : nil)
    }
}
