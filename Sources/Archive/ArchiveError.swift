import Glibc

/// Why the archive cannot be used. Each says what to do; the command line maps it to an exit code.
public enum ArchiveError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no archive at this path.
    case notThere(path: String)
    /// The folder or file cannot be made or opened for writing.
    case cannotCreate(path: String, reason: String)
    /// Others may put files into the folder, and so have us write where they want.
    case openToOthers(folder: String, who: String)
    /// An archive is there already where another is to be put.
    case exists(path: String)
    /// Another process writes to it.
    case locked(path: String, holder: String)
    /// Nothing is in the file: the program that was about to make the archive was killed, or the file was emptied.
    case empty(path: String)
    /// The file is a database, but not one of ours.
    case notAnArchive(path: String)
    /// Written by a newer program.
    case newerSchema(path: String, version: Int, supported: Int)
    /// A newer program has hashed its contents.
    case newerForm(path: String, form: Int, supported: Int)
    /// Written by a program without a full-text index.
    case noIndex(path: String)
    /// SQLite finds its file damaged, or no database at all.
    case damaged(path: String, reason: String)
    /// Another program holds SQLite's lock on it.
    case busy(path: String)
    /// It cannot be written, or read, now; that passes.
    case unavailable(path: String, ArchiveObstacle)
    /// Another file has taken the place of one that is open.
    case replaced(path: String)
    /// SQLite cannot read or write it.
    case failed(path: String, reason: String)

    public var description: String {
        switch self {
        case .notThere(let path):
            "no archive at \(path); 'ingestd run' or 'ingestd run --once' makes one"
        case .cannotCreate(let path, let reason):
            "\(path) cannot be made, or not be written: \(reason)"
        case .openToOthers(let folder, let who):
            "the folder \(folder) is no place for an archive: \(who); 'chmod go-w \(folder)', or name a folder of its own in it"
        case .exists(let path):
            "\(path) is there already, and is not overwritten; choose another folder, or move it away"
        case .locked(let path, let holder):
            "the archive \(path) is in use by \(holder); one program writes to an archive at a time"
        case .empty(let path):
            "\(path) is empty; put a backup in its place if it was an archive, else 'ingestd run' makes one of it"
        case .notAnArchive(let path):
            "\(path) is a database of another program; choose another folder with --archive"
        case .newerSchema(let path, let version, let supported):
            "\(path) has schema version \(version), this program knows \(supported) at most; use a newer ingestd"
        case .newerForm(let path, let form, let supported):
            "the contents of \(path) are hashed by the canonical form \(form), this program knows \(supported) at most: it "
                + "would not recognise them; use a newer ingestd"
        case .noIndex(let path):
            "\(path) has no full-text index yet; 'ingestd run' or 'ingestd run --once' makes one"
        case .damaged(let path, let reason):
            "the archive \(path) is damaged: \(reason); put a backup in its place, "
                + "or save what can be read: sqlite3 \(path) .recover"
        case .busy(let path):
            "the archive \(path) is locked by another program; end that program: only ingestd may write to the archive"
        case .unavailable(let path, let obstacle):
            "\(obstacle.description(of: path)); \(obstacle.advice)"
        case .replaced(let path):
            "another file has been put in the place of \(path), which was in use; start the program again, and it takes that one"
        case .failed(let path, let reason):
            "the archive \(path) cannot be used: \(reason)"
        }
    }

    /// What the same attempt may outlast; see `ArchiveObstacle`.
    public var isPassing: Bool {
        switch self {
        case .unavailable, .busy: true
        default: false
        }
    }
}

extension ArchiveError {
    static func uncreatable(_ failure: FileFailure) -> ArchiveError {
        switch failure.code {
        case ENOSPC, EDQUOT, EROFS, EIO: Archive.cannotCreate(failure.path, failure.code)
        default: .cannotCreate(path: failure.path, reason: failure.reason)
        }
    }

    static func failed(_ failure: FileFailure) -> ArchiveError { .failed(path: failure.path, reason: failure.reason) }
}
