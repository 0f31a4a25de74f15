import Foundation
import GRDB
import Glibc

/// A WARC file, up to where the archive refers to it.
struct RawFile {
    var name: String
    var length: Int

    static func all(_ db: Database) throws -> [RawFile] {
        guard try db.tableExists("raw_file") else { return [] }
        return try Row.fetchAll(db, sql: "SELECT name, length FROM raw_file ORDER BY id").map {
            RawFile(name: $0[0], length: $0[1])
        }
    }
}

extension Archive {
    /// Copies WARC files as far as a copied database refers to them: they only grow, so that what is written meanwhile
    /// stands behind. A file that is not there is named in the summary.
    func copyRaw(_ files: [RawFile], to folder: ArchiveFolder, _ summary: inout BackupSummary) throws(ArchiveError) {
        guard !files.isEmpty else { return }
        let target: ArchiveFolder
        do throws(FileFailure) {
            guard let made = try folder.folder(RawWriter.folderName, isMade: true) else { return }
            target = made
        } catch {
            throw .uncreatable(error)
        }
        for file in files {
            let source = open(rawPath(file.name), O_RDONLY | O_CLOEXEC)
            if source < 0, errno == ENOENT {
                summary.missingFiles.append(file.name)
                continue
            }
            guard source >= 0 else { throw .failed(path: rawPath(file.name), reason: String(cString: strerror(errno))) }
            defer { Glibc.close(source) }
            try Archive.copyBytes(file.length, from: source, to: target, file.name)
            summary.bytes += file.length
        }
        do { try target.synchronize() } catch { throw .failed(error) }
    }

    private static func copyBytes(
        _ count: Int, from source: Int32, to folder: ArchiveFolder, _ name: String
    ) throws(ArchiveError) {
        let path = folder.path + "/" + name
        func failure() -> ArchiveError { .failed(path: path, reason: String(cString: strerror(errno))) }
        let opened: OpenedFile
        do { opened = try folder.open(name, O_WRONLY | O_CREAT, mode: 0o644) } catch { throw .uncreatable(error) }
        let target = opened.descriptor
        defer { withExtendedLifetime(opened) {} }
        var (from, to) = (stat(), stat())
        guard fstat(source, &from) == 0, fstat(target, &to) == 0 else { throw failure() }
        // By a hard link it may be the same file.
        if from.st_dev == to.st_dev, from.st_ino == to.st_ino { throw .exists(path: path) }
        guard ftruncate(target, 0) == 0 else { throw failure() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var left = count
        while left > 0 {
            let got = Glibc.read(source, buffer.baseAddress, min(left, buffer.count))
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failure() }
            // A file that is shorter than it should be is for `verify` to tell, in the copy as in the archive.
            guard got > 0 else { break }
            var written = 0
            while written < got {
                let sent = Glibc.write(target, buffer.baseAddress.map { $0 + written }, got - written)
                if sent < 0, errno == EINTR { continue }
                guard sent > 0 else { throw failure() }
                written += sent
            }
            left -= got
        }
        guard fsync(target) == 0 else { throw failure() }
    }
}
