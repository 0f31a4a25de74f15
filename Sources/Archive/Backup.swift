import Foundation
import GRDB
import Glibc

/// What a backup holds.
public struct BackupSummary: Hashable, Sendable {
    public var bytes: Int
    public var articles: Int
    /// The number of the newest line of its change log.
    public var seq: Int64
    /// WARC files that the archive knows and that are not beside it: they were moved away, and are not in the copy.
    public var missingFiles: [String] = []
}

extension Archive {
    /// Copies the archive, as it stands in one moment, into another folder, which becomes an archive's folder: the
    /// database by SQLite's online backup in one read transaction, so that no writer waits and nothing is copied twice,
    /// how far the named consumers of the change log have come, the key of the subscriptions to hubs if it may be read,
    /// and the WARC files as far as that moment's database refers to them.
    ///
    /// The copy bears another name until SQLite has checked it and it is on the disk; a backup that is broken off leaves
    /// no archive, and the next one to the same folder begins anew.
    ///
    /// - Parameters:
    ///   - holder: who holds the lock of the new folder meanwhile.
    ///   - progress: called after every step with the bytes that are copied, and of how many.
    /// - Throws: `ArchiveError.exists` if an archive is there; `.cannotCreate` if the folder cannot be written;
    ///   `.failed` if the disk is full or fails; `.damaged` if the copy is not sound, as a rule because the archive is not.
    public func backUp(
        to folder: String, holder: ArchiveLock.Holder, progress: @escaping (_ done: Int, _ total: Int) -> Void
    ) throws(ArchiveError) -> BackupSummary {
        let target = Archive.databasePath(inFolder: folder)
        if FileManager.default.fileExists(atPath: target) { throw .exists(path: target) }
        for own in [self.folder + "/" + Cursor.folderName, RawWriter.folder(ofArchive: self.folder)]
        where (Archive.resolved(folder) + "/").hasPrefix(Archive.resolved(own) + "/") {
            throw .cannotCreate(path: folder, reason: "what is in \(own) is read as a part of this archive")
        }
        let isNew = !FileManager.default.fileExists(atPath: folder)
        let place = try Archive.openFolder(folder)
        do throws(ArchiveError) {
            let lock = try ArchiveLock(place, holder: holder, isShown: false)
            defer { withExtendedLifetime(lock) {} }
            // Before the database: a consumer that is behind the log sees lines again, one that is ahead would miss some.
            do throws(FileFailure) {
                try Cursor.copyAll(from: self.folder, to: place)
                try HubKeyFile.copy(from: self.folder, to: place)
            } catch {
                throw .failed(error)
            }
            let partial = target + ".partial"
            Archive.remove(partial)
            do throws(ArchiveError) {
                var (summary, files) = try copy(to: partial, progress: progress)
                try copyRaw(files, to: place, &summary)
                // Unlike `rename`, it replaces nothing.
                guard link(partial, target) == 0 else {
                    throw errno == EEXIST
                        ? .exists(path: target)
                        : .cannotCreate(path: target, reason: String(cString: strerror(errno)))
                }
                Archive.remove(partial)
                _ = try? place.synchronize()
                return summary
            } catch {
                Archive.remove(partial)
                throw error
            }
        } catch {
            if isNew {
                try? FileManager.default.removeItem(atPath: folder + "/" + Cursor.folderName)
                try? FileManager.default.removeItem(atPath: RawWriter.folder(ofArchive: folder))
                for name in ["lock", HubKeyFile.name] { unlink(folder + "/" + name) }
                rmdir(folder)
            }
            throw error
        }
    }

    /// Pages of a step: between two of them progress is told.
    private static let pagesPerStep: CInt = 1024

    private static let countedTables = ["feed", "article", "content", "revision", "sighting", "attachment", "change"]

    private func copy(
        to path: String, progress: @escaping (_ done: Int, _ total: Int) -> Void
    ) throws(ArchiveError) -> (BackupSummary, [RawFile]) {
        try Archive.makeFile(path, like: self.path)
        do {
            let target = try DatabaseQueue(path: path)
            let counts: [Int]
            let files: [RawFile]
            do {
                (counts, files) = try reader.read { source in
                    // From here on this connection sees one state, whoever writes: SQLite would begin anew otherwise.
                    let counts = try Archive.counts(source)
                    let size = try Int.fetchOne(source, sql: "PRAGMA page_size") ?? 0
                    try target.writeWithoutTransaction { target in
                        try source.backup(to: target, pagesPerStep: Archive.pagesPerStep) { step in
                            progress(step.completedPageCount * size, step.totalPageCount * size)
                        }
                    }
                    return (counts, try RawFile.all(source))
                }
                try target.close()
            } catch let error as DatabaseError {
                throw Archive.isSource(error) ? Archive.failure(error, path: self.path) : error
            }
            return (try Archive.check(path, counts: counts), files)
        } catch let error as ArchiveError {
            throw error
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN {
            throw .cannotCreate(path: path, reason: Archive.reason(of: error))
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            throw .failed(path: path, reason: "the disk is full; make room, or choose another place")
        } catch {
            throw Archive.failure(error, path: path)
        }
    }

    /// A file that is being written is never found damaged.
    private static func isSource(_ error: DatabaseError) -> Bool {
        error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB
    }

    /// The sizes of the tables, in their order, and the newest line of the change log.
    private static func counts(_ db: Database) throws -> [Int] {
        try countedTables.map { try Int.fetchOne(db, sql: "SELECT count(*) FROM \($0)") ?? 0 }
            + [try Int.fetchOne(db, sql: "SELECT max(seq) FROM change") ?? 0]
    }

    /// Opened for writing, so that SQLite leaves no files beside it.
    private static func check(_ path: String, counts: [Int]) throws -> BackupSummary {
        let copy = try DatabaseQueue(path: path)
        let (answers, copied) = try copy.read { db in
            (try String.fetchAll(db, sql: "PRAGMA integrity_check(1)"), try Archive.counts(db))
        }
        try copy.close()
        guard answers == ["ok"] else {
            throw ArchiveError.damaged(path: path, reason: answers.first ?? "SQLite does not say how")
        }
        guard copied == counts else {
            throw ArchiveError.damaged(path: path, reason: "it does not hold as many rows as the archive")
        }
        let bytes = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        return BackupSummary(bytes: bytes, articles: counts[1], seq: Int64(counts.last ?? 0))
    }

    /// An empty file that others may read as far as they may read another one, and no further.
    private static func makeFile(_ path: String, like other: String) throws(ArchiveError) {
        var status = stat()
        let mode = stat(other, &status) == 0 ? status.st_mode & 0o777 : 0o600
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard file >= 0, fchmod(file, mode) == 0 else {
            let reason = String(cString: strerror(errno))
            if file >= 0 { Glibc.close(file) }
            throw .cannotCreate(path: path, reason: reason)
        }
        Glibc.close(file)
    }

    /// Without links, as far as the path leads to what is there.
    private static func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }

    private static func remove(_ path: String) {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) }
    }
}
