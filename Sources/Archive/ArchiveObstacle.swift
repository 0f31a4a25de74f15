public import FeedModel
import GRDB
import Glibc

/// What keeps an archive from taking anything, and passes.
///
/// A daemon waits it out: nothing goes out meanwhile, what polls have brought is kept in memory and written when that works
/// again. A program that makes one round ends.
///
/// | SQLite or the system says                                        | then                                       |
/// |------------------------------------------------------------------|--------------------------------------------|
/// | FULL; ENOSPC, EDQUOT, EFBIG                                      | `full`: waits                              |
/// | READONLY; EROFS, EACCES, EPERM                                   | `readOnly`: waits                          |
/// | IOERR, CANTOPEN with any other error of the system, such as EIO  | `failing`: waits                           |
/// | a file of the archive that is not where it was; ENOENT, ENOTDIR  | `missing`: waits; no other one is made     |
/// | BUSY, PROTOCOL                                                   | `locked`: waits                            |
/// | CORRUPT, NOTADB, IOERR_CORRUPTFS                                 | damage: ends                               |
/// | another file in the archive's place                              | ends: the next start takes that one        |
/// | all else: ERROR, CONSTRAINT, MISUSE, SCHEMA, NOMEM …             | a mistake of this program: ends            |
///
/// When the archive is opened, what only a hand can mend ends the program too: no right to write, a path below a file.
public struct ArchiveObstacle: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case full, failing, missing, locked
        case readOnly = "read-only"
    }

    public var kind: Kind
    /// In the words of SQLite or the system.
    public var reason: String

    public init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    init(systemError: Int32) {
        let kind: Kind =
            switch systemError {
            case ENOSPC, EDQUOT, EFBIG: .full
            case EROFS, EACCES, EPERM: .readOnly
            case ENOENT, ENOTDIR: .missing
            default: .failing
            }
        self.init(kind, String(cString: strerror(systemError)))
    }

    /// `nil` for what does not pass.
    ///
    /// - Parameter systemError: what SQLite has last heard from the system, if anything.
    init?(_ error: any Error, systemError: Int32 = 0) {
        switch error {
        case ArchiveError.unavailable(_, let obstacle): self = obstacle
        case ArchiveError.busy: self.init(.locked, "database is locked")
        case let error as DatabaseError:
            let words = error.message ?? "SQLite error \(error.resultCode.rawValue)"
            if error.extendedResultCode == .SQLITE_IOERR_CORRUPTFS { return nil }
            switch error.resultCode {
            case .SQLITE_FULL: self.init(.full, words)
            case .SQLITE_READONLY: self.init(.readOnly, words)
            case .SQLITE_BUSY, .SQLITE_PROTOCOL: self.init(.locked, words)
            case .SQLITE_IOERR, .SQLITE_CANTOPEN:
                self = systemError == 0 ? Self(.failing, words) : Self(systemError: systemError)
            default: return nil
            }
        default: return nil
        }
    }

    /// What is wrong, in one line.
    public func description(of path: String) -> String {
        switch kind {
        case .full: "there is no room left for the archive \(path): \(reason)"
        case .readOnly: "the archive \(path) cannot be written: \(reason)"
        case .failing: "the disk of the archive \(path) fails: \(reason)"
        case .missing: "the archive has been taken away from \(path): \(reason)"
        case .locked: "the archive \(path) is locked by another program: \(reason)"
        }
    }

    /// What to do.
    public var advice: String {
        switch kind {
        case .full: "make room"
        case .readOnly: "check whether its file system is mounted read-only, its owner and its mode"
        case .failing:
            "look at the kernel's log and at the disk, and have 'ingestd verify' look at the archive afterwards"
        case .missing: "mount it, or bring it back to where it was"
        case .locked: "end that program: only ingestd may write to the archive"
        }
    }
}

/// An obstacle that is waited out now.
public struct ArchiveTrouble: Hashable, Sendable {
    public var obstacle: ArchiveObstacle
    public var since: Timestamp

    public init(_ obstacle: ArchiveObstacle, since: Timestamp) {
        self.obstacle = obstacle
        self.since = since
    }
}
