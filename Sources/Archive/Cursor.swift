public import FeedModel
import Foundation
import Glibc

/// How far a named consumer of the change log has come: a small file in `cursors` beside the archive, replaced as a
/// whole and durable before it counts, so that consumers need no right to write to the database.
///
/// A cursor moves forward alone, unless it is set back on purpose. `flock` on hidden files keeps two programs apart:
/// one for each name while a consumer reads by it, one for all while a file is replaced.
public struct Cursor: Sendable {
    public let name: String
    private let folder: String

    private var path: String { folder + "/" + name }

    /// - Throws: `CursorError.badName`.
    public init(name: String, archiveFolder: String) throws(CursorError) {
        guard Cursor.isValid(name) else { throw .badName(name) }
        self.name = name
        folder = Cursor.folder(of: archiveFolder)
    }

    private static func folder(of archiveFolder: String) -> String { archiveFolder + "/cursors" }

    public static func isValid(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 100 && !name.hasPrefix(".")
            && name.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "-_.".utf8.contains($0) }
    }

    /// The number of the last line that was acknowledged; `nil` if none ever was.
    public func position() throws(CursorError) -> Int64? { try state()?.position }

    public struct State: Hashable, Sendable {
        public var name: String
        /// Of the last line that was acknowledged.
        public var position: Int64
        public var acknowledged: Timestamp
    }

    public func state() throws(CursorError) -> State? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .unreadable(path: path, name: name)
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &bytes, bytes.count)
        var status = stat()
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        guard fstat(descriptor, &status) == 0,
            let position = Int64(text.trimmingCharacters(in: .whitespacesAndNewlines)), position >= 0
        else { throw .unreadable(path: path, name: name) }
        return State(name: name, position: position, acknowledged: Timestamp(seconds: Int64(status.st_mtim.tv_sec)))
    }

    /// Notes that all lines up to a number have been dealt with. A cursor that is there or further on stays.
    public func acknowledge(_ position: Int64) throws(CursorError) {
        try exclusively { () throws(CursorError) in
            if let before = try self.position(), before >= position { return }
            try replace(position)
        }
    }

    /// Sets the cursor to a number, further back too. Nobody may be reading by it.
    public func set(_ position: Int64) throws(CursorError) {
        let use = try use()
        try exclusively { () throws(CursorError) in try replace(position) }
        withExtendedLifetime(use) {}
    }

    /// Removes the cursor: who comes by its name next begins with the first line. Nobody may be reading by it.
    ///
    /// - Returns: whether it was there.
    public func forget() throws(CursorError) -> Bool {
        let use = try use()
        defer { withExtendedLifetime(use) {} }
        guard unlink(path) == 0 || errno == ENOENT else { throw failure(errno) }
        return errno != ENOENT
    }

    // MARK: all

    /// The cursors beside an archive, by name.
    public static func all(archiveFolder: String) throws(CursorError) -> [Cursor] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder(of: archiveFolder))) ?? []
        var cursors: [Cursor] = []
        for name in names.sorted() where isValid(name) {
            cursors.append(try Cursor(name: name, archiveFolder: archiveFolder))
        }
        return cursors
    }

    // MARK: locks

    /// A consumer's claim to a name, until it is released or its process has ended, however it ends.
    public final class Use: Sendable {
        fileprivate let descriptor: Int32

        fileprivate init(descriptor: Int32) { self.descriptor = descriptor }

        deinit { close(descriptor) }
    }

    /// Claims the name for one consumer.
    ///
    /// - Throws: `CursorError.inUse` if another has it.
    public func use() throws(CursorError) -> Use {
        let descriptor = try openLock(".\(name).use")
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            var bytes = [UInt8](repeating: 0, count: 32)
            let count = pread(descriptor, &bytes, bytes.count, 0)
            close(descriptor)
            guard reason == EWOULDBLOCK else { throw failure(reason) }
            let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
            throw .inUse(name: name, pid: Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        }
        ftruncate(descriptor, 0)
        _ = "\(getpid())\n".withCString { pwrite(descriptor, $0, strlen($0), 0) }
        return Use(descriptor: descriptor)
    }

    private func exclusively(_ body: () throws(CursorError) -> Void) throws(CursorError) {
        let descriptor = try openLock(".replacing")
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw failure(errno) }
        }
        try body()
    }

    private func openLock(_ name: String) throws(CursorError) -> Int32 {
        if mkdir(folder, 0o777) != 0, errno != EEXIST { throw failure(errno) }
        let descriptor = open(folder + "/" + name, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure(errno) }
        return descriptor
    }

    // MARK: writing

    /// Written, durable, then put in the old one's place, and that durable too.
    private func replace(_ position: Int64) throws(CursorError) {
        let new = folder + "/.replacement"
        let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure(errno) }
        let text = "\(position)\n"
        let length = text.utf8.count
        let isWritten = text.withCString { write(descriptor, $0, length) } == length && fsync(descriptor) == 0
        let reason = errno
        close(descriptor)
        guard isWritten, rename(new, path) == 0 else {
            let reason = isWritten ? errno : reason
            unlink(new)
            throw failure(reason)
        }
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure(errno) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw failure(errno) }
    }

    private func failure(_ reason: Int32) -> CursorError {
        .unwritable(path: path, reason: String(cString: strerror(reason)))
    }
}

/// Why a cursor cannot be used. Each says what to do.
public enum CursorError: Error, Hashable, Sendable, CustomStringConvertible {
    case badName(String)
    /// Another consumer reads by this name.
    case inUse(name: String, pid: Int?)
    case unreadable(path: String, name: String)
    case unwritable(path: String, reason: String)

    public var description: String {
        switch self {
        case .badName: "a cursor's name is of letters, digits, '-', '_' and '.', not beginning with '.', 100 at most"
        case .inUse(let name, let pid):
            "the cursor '\(name)' is in use by \(pid.map { "process \($0)" } ?? "another process"); "
                + "end that one first, or give this consumer a name of its own"
        case .unreadable(let path, let name):
            "the cursor \(path) cannot be read, or holds no number; "
                + "'ingestd cursors --forget \(name)' lets it begin anew"
        case .unwritable(let path, let reason):
            "the cursor \(path) cannot be written: \(reason)"
        }
    }
}
