import FeedModel
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Archive

/// What lies in an archive's folder under a name of ours and is not ours: links, pipes, files and locks of others.
@Suite struct ArchiveFolderTests {
    /// A file outside, which a link may lead to.
    private struct Victim {
        let folder: TemporaryFolder
        let path: String

        init() throws {
            folder = try TemporaryFolder()
            path = try folder.write("precious\n", to: "victim")
        }

        var isIntact: Bool { (try? String(contentsOfFile: path, encoding: .utf8)) == "precious\n" }
    }

    private func archive() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder).close()
        return folder
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    // MARK: links

    @Test(arguments: [".mine.use", ".replacing", ".replacement", "mine", ""])
    func cursorsWriteThroughNoLink(name: String) throws {
        let (folder, victim) = (try archive(), try Victim())
        let cursors = folder.path + "/cursors"
        if name.isEmpty {
            symlink(victim.folder.path, cursors)
        } else {
            mkdir(cursors, 0o755)
            symlink(victim.path, cursors + "/" + name)
        }
        let cursor = try Cursor(name: "mine", archiveFolder: folder.path)
        _ = try? cursor.use()
        _ = try? cursor.acknowledge(7)
        _ = try? cursor.set(7)
        #expect(victim.isIntact)
        #expect(try FileManager.default.contentsOfDirectory(atPath: victim.folder.path) == ["victim"])
        // What is written to under another name and then put in its place needs no name that others took.
        if name == ".replacement" { #expect(try cursor.position() == 7) }
    }

    @Test func theLockIsNoLink() throws {
        let (folder, victim) = (try TemporaryFolder(), try Victim())
        symlink(victim.path, folder.path + "/lock")
        #expect {
            _ = try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder)
        } throws: { error in
            "\(error)".contains("symbolic link")
        }
        #expect(victim.isIntact)
    }

    @Test(arguments: ["holder", ".holder", ".hub.key", "hub.key"])
    func whatIsReplacedIsReplacedAndNotWhatItLeadsTo(name: String) throws {
        let (folder, victim) = (try TemporaryFolder(), try Victim())
        symlink(victim.path, folder.path + "/" + name)
        let archive = try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder)
        #expect(try archive.hubKey().count == 32)
        #expect(victim.isIntact)
    }

    @Test(arguments: ["lock", "cursors", "warc", "hub.key", ".hub.key", "archive.sqlite3.partial"])
    func aBackupWritesThroughNoLink(name: String) throws {
        let (folder, target, victim) = (try archive(), try TemporaryFolder(), try Victim())
        try Cursor(name: "mine", archiveFolder: folder.path).acknowledge(1)
        let isFolder = name == "cursors" || name == "warc"
        symlink(isFolder ? victim.folder.path : victim.path, target.path + "/" + name)
        let source = try Archive.openForReading(folder: folder.path)
        _ = try? source.backUp(to: target.path, holder: ArchiveTests.holder) { _, _ in }
        #expect(victim.isIntact)
        #expect(try FileManager.default.contentsOfDirectory(atPath: victim.folder.path) == ["victim"])
    }

    /// Who opens a pipe waits for whoever is at its other end.
    @Test(.timeLimit(.minutes(1))) func aPipeIsNotWaitedFor() throws {
        let folder = try archive()
        mkdir(folder.path + "/cursors", 0o755)
        for name in ["pipe", ".mine.use"] { mkfifo(folder.path + "/cursors/" + name, 0o644) }
        try folder.write("SQLite format 3\0", to: "cursors/database")
        let cursors = try Cursor.all(archiveFolder: folder.path)
        #expect(cursors.map(\.name).sorted() == ["database", "pipe"])
        for cursor in cursors { #expect(throws: CursorError.self) { _ = try cursor.state() } }
        #expect(throws: CursorError.self) { _ = try Cursor(name: "mine", archiveFolder: folder.path).use() }
        let source = try Archive.openForReading(folder: folder.path)
        let target = folder.path + "/copy"
        _ = try source.backUp(to: target, holder: ArchiveTests.holder) { _, _ in }
        #expect(try FileManager.default.contentsOfDirectory(atPath: target + "/cursors").isEmpty)
    }

    // MARK: others

    /// A lock on a file is for everybody who may open it.
    @Test func aLockOfReadersKeepsNobodyFromWriting() throws {
        let folder = try TemporaryFolder()
        // As an earlier program leaves it.
        try folder.write("4711 0 0.1.0 run\n", to: "lock")
        chmod(folder.path + "/lock", 0o644)
        var archive: Archive? = try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder)
        #expect(try mode(folder.path + "/lock") == 0o600)
        #expect(try mode(folder.path + "/holder") == 0o644)
        let reader = open(folder.path + "/holder", O_RDONLY)
        defer { close(reader) }
        // It is held as the lock is.
        #expect(flock(reader, LOCK_SH | LOCK_NB) != 0)
        withExtendedLifetime(archive) {}
        archive = nil
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/holder"))
        #expect(flock(reader, LOCK_EX | LOCK_NB) == 0)
        archive = try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder)
        withExtendedLifetime(archive) {}
    }

    @Test func locksOfCursorsAreNotForEverybodyWhoMayReadThem() throws {
        let folder = try archive()
        let cursor = try Cursor(name: "mine", archiveFolder: folder.path)
        try cursor.acknowledge(1)
        _ = try cursor.use()
        for name in [".mine.use", ".replacing"] {
            let path = folder.path + "/cursors/" + name
            #expect(try (mode(path) ?? 0o777) & 0o007 == 0)
            // As an earlier program leaves it.
            chmod(path, 0o644)
        }
        try cursor.acknowledge(2)
        _ = try cursor.use()
        for name in [".mine.use", ".replacing"] {
            #expect(try mode(folder.path + "/cursors/" + name) == 0o640)
        }
    }

    @Test(arguments: [(0o750, 0o640), (0o700, 0o600), (0o711, 0o600)])
    func whoMayReadTheFolderSeesWhoWrites(folderMode: Int, fileMode: Int) throws {
        let folder = try TemporaryFolder()
        chmod(folder.path, mode_t(folderMode))
        let archive = try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder)
        #expect(try mode(folder.path + "/holder") == fileMode)
        withExtendedLifetime(archive) {}
    }

    @Test(arguments: [(0o777, false), (0o1777, true), (0o755, true), (0o750, true), (0o757, false)])
    func aFolderThatOthersMayWriteToIsRefused(mode: Int, isTaken: Bool) throws {
        let (folder, target) = (try TemporaryFolder(), try TemporaryFolder())
        try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder).close()
        let source = try Archive.openForReading(folder: folder.path)
        for path in [folder.path, target.path] { chmod(path, mode_t(mode)) }
        for write in [
            { try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder).close() },
            { _ = try source.backUp(to: target.path, holder: ArchiveTests.holder) { _, _ in } },
        ] {
            if isTaken {
                #expect(throws: Never.self) { try write() }
            } else {
                #expect {
                    try write()
                } throws: { error in
                    if case ArchiveError.openToOthers = error { "\(error)".contains("chmod go-w") } else { false }
                }
            }
        }
    }

    /// Many systems give each user a group of their own.
    @Test(.enabled(if: geteuid() == 0)) func theGroupOfItsOwnerAloneMayWriteToAFolder() throws {
        let folder = try TemporaryFolder()
        chmod(folder.path, 0o775)
        try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder).close()
        // One that is nobody's own.
        chown(folder.path, 0, 54_321)
        #expect(throws: ArchiveError.self) {
            try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder).close()
        }
    }

    @Test func aFolderThatIsMadeIsItsOwnersToWriteTo() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/deep/archive"
        try Archive.openForWriting(folder: path, holder: ArchiveTests.holder).close()
        #expect(try (mode(path) ?? 0o777) & 0o022 == 0)
    }

    // MARK: the key of subscriptions

    @Test func theKeyIsItsOwnersAloneAndInBackups() throws {
        let folder = try TemporaryFolder()
        let archive = try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder)
        let key = try archive.hubKey()
        #expect(key.count == 32 && Set(key).count > 4)
        #expect(try mode(folder.path + "/hub.key") == 0o600)
        #expect(try archive.hubKey() == key)
        let target = folder.path + "/copy"
        _ = try Archive.openForReading(folder: folder.path).backUp(to: target, holder: ArchiveTests.holder) { _, _ in }
        #expect(try mode(target + "/hub.key") == 0o600)
        #expect(FileManager.default.contents(atPath: target + "/hub.key") == Data(key))
        // What others could have read is of no use any more.
        chmod(folder.path + "/hub.key", 0o640)
        #expect(try archive.hubKey() != key)
        #expect(try mode(folder.path + "/hub.key") == 0o600)
    }
}
