import FeedModel
import Foundation
import GRDB
import Glibc
import Synchronization
import Warc

/// Appends records to the WARC files in `warc`, for the transaction that refers to them.
///
/// A record is in its file and durable before that transaction commits; if it does not commit, the files are cut back to
/// what they were. So the archive never names a record that is not there. A commit that has begun and failed may yet come to
/// count, from the log that SQLite reads when it is opened next: until another one has taken its place there, what it
/// refers to stays. What a program that was killed leaves behind the last record that counts is looked at when the archive
/// is opened for writing next: whole records stay, a torn one is cut off.
///
/// The archive's one writer calls it on its own thread, while a write transaction is open; the lock is for its end.
final class RawWriter: Sendable {
    /// A file is not begun for records beyond this size or age, so that old ones can be put away.
    static let largest = 1 << 30
    static let longest = Duration.days(1)

    private struct OpenFile {
        var id: Int64
        var path: String
        var descriptor: Int32
        var length: Int
        var created: Timestamp
    }

    private struct Touched {
        var file: OpenFile
        /// `nil` for a file that was made.
        var lengthBefore: Int?
    }

    private struct State {
        var current: OpenFile?
        /// What this batch of writes has added to, the current file last.
        var touched: [Touched] = []
    }

    private let folder: String
    private let software: String
    private let largest: Int
    private let state = Mutex(State())

    /// - Parameter archiveFolder: in which the folder `warc` is made when there is something to keep.
    init(archiveFolder: String, version: String, largest: Int = RawWriter.largest) {
        folder = RawWriter.folder(ofArchive: archiveFolder)
        software = "ingestd/\(version)"
        self.largest = largest
    }

    deinit { state.withLock { if let file = $0.current { close(file.descriptor) } } }

    static let folderName = "warc"

    static func folder(ofArchive folder: String) -> String { folder + "/" + folderName }

    // MARK: appending

    /// Appends members to the newest file.
    ///
    /// - Returns: the file, and where they begin in it.
    func append(_ bytes: [UInt8], at now: Timestamp, in db: Database) throws -> (file: Int64, offset: Int) {
        try state.withLock { state in
            var file = try state.current ?? newest(db)
            if let known = file, known.length >= largest || now - known.created >= RawWriter.longest {
                if !state.touched.contains(where: { $0.file.id == known.id }) { close(known.descriptor) }
                (state.current, file) = (nil, nil)
            }
            var target: OpenFile
            if let file {
                target = file
                if state.touched.last?.file.id != file.id {
                    state.touched.append(Touched(file: file, lengthBefore: file.length))
                }
            } else {
                target = try create(at: now, in: db)
                state.touched.append(Touched(file: target, lengthBefore: nil))
                let info = information(of: target, at: now)
                try RawWriter.write(info, to: &target)
            }
            state.current = target
            let offset = target.length
            try RawWriter.write(bytes, to: &target)
            state.current = target
            state.touched[state.touched.count - 1].file = target
            return (target.id, offset)
        }
    }

    private static func write(_ bytes: [UInt8], to file: inout OpenFile) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(
                    file.descriptor, $0.baseAddress.map { $0 + written }, $0.count - written,
                    off_t(file.length + written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(file.path) }
            written += count
        }
        file.length += bytes.count
    }

    /// To be called before the transaction commits: makes durable what was appended.
    func synchronize(_ db: Database) throws {
        try state.withLock { state in
            for touched in state.touched {
                let file = touched.file
                guard fdatasync(file.descriptor) == 0 else { throw RawWriter.failure(file.path) }
                if touched.lengthBefore == nil {
                    try Folder.synchronize(folder)
                    // Which may itself be new.
                    try Folder.synchronize((folder as NSString).deletingLastPathComponent)
                }
                try db.cachedStatement(sql: "UPDATE raw_file SET length = ? WHERE id = ?")
                    .execute(arguments: [file.length, file.id])
            }
        }
    }

    /// The transaction has committed.
    func commit() {
        state.withLock { state in
            for touched in state.touched where touched.file.id != state.current?.id { close(touched.file.descriptor) }
            state.touched.removeAll()
        }
    }

    /// The transaction does not count, and never will.
    func rollBack() {
        state.withLock { state in
            for touched in state.touched {
                // Where this fails, too, what is torn is cut off when the file is opened again.
                if let length = touched.lengthBefore {
                    ftruncate(touched.file.descriptor, off_t(length))
                } else {
                    unlink(touched.file.path)
                }
                close(touched.file.descriptor)
                if touched.file.id == state.current?.id { state.current = nil }
            }
            state.touched.removeAll()
        }
    }

    // MARK: files

    private func create(at now: Timestamp, in db: Database) throws -> OpenFile {
        guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw RawWriter.failure(folder) }
        var serial = (try Int.fetchOne(db, sql: "SELECT max(id) FROM raw_file") ?? 0) + 1
        let instant = now.rfc3339Seconds.filter(\.isNumber)
        while true {
            let digits = String(serial % 100_000)
            let name = "ingestd-\(instant)-\(String(repeating: "0", count: 5 - digits.count))\(digits).warc.gz"
            let path = folder + "/" + name
            let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            if descriptor < 0, errno == EEXIST {
                serial += 1
                continue
            }
            guard descriptor >= 0 else { throw RawWriter.failure(path) }
            do {
                try db.cachedStatement(sql: "INSERT INTO raw_file (name, length, created) VALUES (?, 0, ?)")
                    .execute(arguments: [name, now.milliseconds])
            } catch {
                close(descriptor)
                unlink(path)
                throw error
            }
            return OpenFile(id: db.lastInsertedRowID, path: path, descriptor: descriptor, length: 0, created: now)
        }
    }

    private func information(of file: OpenFile, at now: Timestamp) -> [UInt8] {
        WarcRecord.information(
            software: software, fileName: (file.path as NSString).lastPathComponent, at: now
        ).compressed
    }

    /// The newest file, to go on with; `nil` where none can be gone on with.
    private func newest(_ db: Database) throws -> OpenFile? {
        guard
            let row = try Row.fetchOne(
                db, sql: "SELECT id, name, length, created FROM raw_file ORDER BY id DESC LIMIT 1")
        else { return nil }
        let path = folder + "/" + (row[1] as String)
        let known: Int = row[2]
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        // It was put away, with a link in its place perhaps: the next one begins.
        if descriptor < 0, errno == ENOENT || errno == ELOOP { return nil }
        guard descriptor >= 0 else { throw RawWriter.failure(path) }
        do {
            // What is missing in it is for `verify` to tell, and nothing is written over.
            guard let end = try RawWriter.endAfterRepair(path, descriptor, known: known) else {
                close(descriptor)
                return nil
            }
            return OpenFile(
                id: row[0], path: path, descriptor: descriptor, length: end, created: Timestamp(milliseconds: row[3]))
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Cuts off what is torn behind the bytes that are relied upon.
    ///
    /// - Returns: where the file ends now; `nil` if it is shorter than it is known to be.
    private static func endAfterRepair(_ path: String, _ descriptor: Int32, known: Int) throws -> Int? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path) }
        let size = Int(status.st_size)
        if size <= known { return size == known ? size : nil }
        do {
            let end = try WarcFile(path: path).endOfWholeMembers(from: known)
            if end < size {
                guard ftruncate(descriptor, off_t(end)) == 0, fsync(descriptor) == 0 else { throw failure(path) }
            }
            return end
        } catch let error as WarcFailure {
            throw ArchiveError.failed(path: path, reason: error.description)
        }
    }

    /// Makes whole what a program that was killed has left torn: to be called when the archive is opened for writing.
    func recover(_ db: Database) throws {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder), !names.isEmpty else { return }
        try state.withLock { $0.current = try newest(db) }
        // Files whose first record was never committed.
        let known = try String.fetchSet(db, sql: "SELECT name FROM raw_file")
        for name in names where RawWriter.isName(name) && !known.contains(name) {
            let path = folder + "/" + name
            let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            if try RawWriter.endAfterRepair(path, descriptor, known: 0) == 0 { unlink(path) }
        }
    }

    private static func isName(_ name: String) -> Bool { name.hasPrefix("ingestd-") && name.hasSuffix(".warc.gz") }

    private static func failure(_ path: String) -> ArchiveError {
        .unavailable(path: path, ArchiveObstacle(systemError: errno))
    }
}

extension WarcRecord {
    /// What every file begins with.
    static func information(software: String, fileName: String?, at now: Timestamp) -> WarcRecord {
        let lines = [
            "software: \(software)", "format: WARC File Format 1.1",
            "conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            "description: feed documents as they were received, content codings removed",
        ]
        var record = WarcRecord(
            .warcinfo, id: UUID().uuidString.lowercased(), at: now,
            block: Array((lines.joined(separator: "\r\n") + "\r\n").utf8))
        record.add("WARC-Filename", fileName)
        record.add("Content-Type", "application/warc-fields")
        record.add("WARC-Block-Digest", WarcDigest.text(WarcDigest.sha256(record.block)))
        return record
    }
}

/// A folder's own list of names, so that a file's new name outlives a power cut.
enum Folder {
    static func synchronize(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ArchiveError.unavailable(path: path, ArchiveObstacle(systemError: errno))
        }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw ArchiveError.unavailable(path: path, ArchiveObstacle(systemError: errno))
        }
    }
}
