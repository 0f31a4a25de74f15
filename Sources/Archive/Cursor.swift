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
    private let archiveFolder: String

    static let folderName = "cursors"

    private var path: String { "\(archiveFolder)/\(Cursor.folderName)/\(name)" }

    /// - Throws: `CursorError.badName`.
    public init(name: String, archiveFolder: String) throws(CursorError) {
        guard Cursor.isValid(name) else { throw .badName(name) }
        self.name = name
        self.archiveFolder = archiveFolder
    }

    /// - Returns: `nil` where there is none.
    private static func folder(of archiveFolder: String, isMade: Bool = false) throws(FileFailure) -> ArchiveFolder? {
        try ArchiveFolder(archiveFolder).folder(folderName, isMade: isMade)
    }

    private func madeFolder() throws(CursorError) -> ArchiveFolder {
        do throws(FileFailure) {
            guard let folder = try Cursor.folder(of: archiveFolder, isMade: true) else {
                throw FileFailure(path, ENOENT)
            }
            return folder
        } catch {
            throw .unwritable(path: error.path, reason: error.reason)
        }
    }

    /// Runs what writes; what the file system says becomes the cursor's failure.
    private func writing<Result>(_ body: () throws(FileFailure) -> Result) throws(CursorError) -> Result {
        do { return try body() } catch { throw .unwritable(path: error.path, reason: error.reason) }
    }

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
        let file: OpenedFile
        do throws(FileFailure) {
            guard let there = try Cursor.folder(of: archiveFolder)?.openIfThere(name) else { return nil }
            file = there
        } catch {
            throw .unreadable(path: path, name: name)
        }
        var status = stat()
        guard fstat(file.descriptor, &status) == 0, let position = Cursor.position(in: file) else {
            throw .unreadable(path: path, name: name)
        }
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
        let folder = try madeFolder()
        return try writing { () throws(FileFailure) in try folder.remove(name) }
    }

    // MARK: all

    /// The cursors beside an archive, by name.
    public static func all(archiveFolder: String) throws(CursorError) -> [Cursor] {
        let folder = archiveFolder + "/" + folderName
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        var cursors: [Cursor] = []
        for name in names.sorted() where isValid(name) {
            cursors.append(try Cursor(name: name, archiveFolder: archiveFolder))
        }
        return cursors
    }

    // MARK: locks

    /// A consumer's claim to a name, until it is released or its process has ended, however it ends.
    public final class Use: Sendable {
        private let file: OpenedFile

        fileprivate init(_ file: OpenedFile) { self.file = file }
    }

    /// Claims the name for one consumer.
    ///
    /// - Throws: `CursorError.inUse` if another has it.
    public func use() throws(CursorError) -> Use {
        let file = try openLock(".\(name).use")
        guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw failure(errno) }
            throw .inUse(name: name, pid: Int(file.text(most: 32).trimmingCharacters(in: .whitespacesAndNewlines)))
        }
        _ = file.replaceText("\(getpid())\n")
        return Use(file)
    }

    private func exclusively(_ body: () throws(CursorError) -> Void) throws(CursorError) {
        let file = try openLock(".replacing")
        defer { withExtendedLifetime(file) {} }
        while flock(file.descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw failure(errno) }
        }
        try body()
    }

    private func openLock(_ name: String) throws(CursorError) -> OpenedFile {
        let folder = try madeFolder()
        let file = try writing { () throws(FileFailure) in try folder.open(name, O_RDWR | O_CREAT, mode: 0o660) }
        // Who may open it may lock it: those who may only read are kept out, of files of earlier programs too.
        var status = stat()
        if fstat(file.descriptor, &status) == 0, status.st_mode & 0o007 != 0 {
            fchmod(file.descriptor, status.st_mode & 0o770)
        }
        return file
    }

    // MARK: writing

    /// Written, durable, then put in the old one's place, and that durable too.
    private func replace(_ position: Int64) throws(CursorError) {
        let folder = try madeFolder()
        let new = ".replacement"
        try writing { () throws(FileFailure) in
            let file = try folder.replace(new)
            guard file.replaceText("\(position)\n"), fsync(file.descriptor) == 0 else {
                let failure = FileFailure(path, errno)
                _ = try? folder.remove(new)
                throw failure
            }
            try folder.rename(new, to: name)
            try folder.synchronize()
        }
    }

    // MARK: copies

    /// Copies all cursors of an archive into the folder of another, in place of those that are there.
    static func copyAll(from source: String, to target: ArchiveFolder) throws(FileFailure) {
        guard let source = try folder(of: source) else { return }
        // A link is removed, and not what it leads to.
        try? FileManager.default.removeItem(atPath: target.path + "/" + folderName)
        guard let copies = try target.folder(folderName, isMade: true) else { return }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: source.path)) ?? []
        for name in names where isValid(name) {
            // What is no cursor of ours is not copied.
            guard let file = try? source.openIfThere(name), let position = position(in: file) else { continue }
            var status = stat()
            let copy = try copies.replace(name)
            guard fstat(file.descriptor, &status) == 0, copy.replaceText("\(position)\n"),
                fchmod(copy.descriptor, status.st_mode & 0o777) == 0,
                // Which says when it was acknowledged.
                futimens(copy.descriptor, [status.st_atim, status.st_mtim]) == 0, fsync(copy.descriptor) == 0
            else { throw FileFailure(copies.path + "/" + name, errno) }
        }
        try copies.synchronize()
    }

    /// What a cursor's file says; `nil` where it is no such file.
    private static func position(in file: OpenedFile) -> Int64? {
        Int64(file.text(most: 64).trimmingCharacters(in: .whitespacesAndNewlines)).flatMap { $0 >= 0 ? $0 : nil }
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
