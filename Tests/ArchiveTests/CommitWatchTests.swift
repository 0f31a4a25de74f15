import FeedModel
import Foundation
import GRDB
import Glibc
import TestSupport
import Testing

@testable import Archive

/// Waiting for what others commit, and the places of those who wait.
@Suite struct CommitWatchTests {
    private func archive(_ folder: TemporaryFolder) throws -> Archive {
        try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder)
    }

    private func commit(_ archive: Archive) async throws {
        try await archive.write { try $0.execute("INSERT INTO change (at, kind) VALUES (0, 'new')", []) }
    }

    @Test(arguments: [true, false]) func aCommitEndsTheWait(watches: Bool) async throws {
        let folder = try TemporaryFolder()
        let writer = try archive(folder)
        let reader = try Archive.openForReading(folder: folder.path)
        let watch = try CommitWatch(reader, watches: watches)
        for count in 1...3 {
            try await commit(writer)
            let start = ContinuousClock.now
            guard case .commit = try watch.next() else { throw ArchiveError.notThere(path: "") }
            #expect(ContinuousClock.now - start < CommitWatch.backstop)
            #expect(try reader.newestChange() == Int64(count))
        }
    }

    @Test func anotherFileInItsPlaceEndsTheWait() throws {
        let folder = try TemporaryFolder()
        try archive(folder).close()
        let reader = try Archive.openForReading(folder: folder.path)
        let watch = try CommitWatch(reader)
        try FileManager.default.copyItem(atPath: reader.path, toPath: folder.path + "/copy")
        #expect(rename(folder.path + "/copy", reader.path) == 0)
        guard case .replaced = try watch.next() else {
            Issue.record("the file was replaced")
            return
        }
    }

    /// It was opened as it was then: what has come with the newer version is not seen.
    @Test func anArchiveThatIsBroughtUpToDateEndsTheWait() throws {
        let folder = try MigrationTests.archive(version: Schema.version - 1)
        let reader = try Archive.openForReading(folder: folder.path)
        let watch = try CommitWatch(reader)
        try archive(folder).close()
        guard case .replaced = try watch.next() else {
            Issue.record("the schema is another")
            return
        }
    }

    @Test func questionsGetRareWithoutASign() {
        let waits = (0..<12).map { CommitWatch.wait(afterQuestions: $0, watches: true) }
        #expect(
            waits.map { Int($0 / .milliseconds(1)) } == [
                10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_000, 10_000,
            ])
        #expect(CommitWatch.wait(afterQuestions: 9, watches: false) == .milliseconds(500))
    }

    // MARK: cursors

    @Test func aCursorGoesForwardAlone() throws {
        let folder = try TemporaryFolder()
        let cursor = try Cursor(name: "a", archiveFolder: folder.path)
        #expect(try cursor.position() == nil)
        for (acknowledged, position) in [(3, 3), (2, 3), (3, 3), (7, 7)] as [(Int64, Int64)] {
            try cursor.acknowledge(acknowledged)
            #expect(try cursor.position() == position)
        }
        try cursor.set(2)
        #expect(try cursor.position() == 2)
        #expect(try cursor.forget())
        #expect(try !cursor.forget())
        #expect(try cursor.position() == nil)
    }

    @Test func aCursorThatIsReadByIsNotSetBack() throws {
        let folder = try TemporaryFolder()
        let cursor = try Cursor(name: "a", archiveFolder: folder.path)
        let use = try cursor.use()
        let inUse = CursorError.inUse(name: "a", pid: Int(getpid()))
        #expect(throws: inUse) { try cursor.use() }
        #expect(throws: inUse) { try cursor.set(1) }
        #expect(throws: inUse) { try cursor.forget() }
        try cursor.acknowledge(5)
        withExtendedLifetime(use) {}
        #expect(try Cursor.all(archiveFolder: folder.path).map(\.name) == ["a"])
    }

    @Test(arguments: ["", ".", "..", ".a", "a/b", "a b", "ä", String(repeating: "a", count: 101)])
    func aNameThatIsNoFileNameIsRefused(name: String) throws {
        #expect(throws: CursorError.badName(name)) { try Cursor(name: name, archiveFolder: "/nowhere") }
    }

    @Test(arguments: ["", "x", "-1", "1 2"]) func aCursorWithoutANumberIsNamed(text: String) throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.path + "/cursors", withIntermediateDirectories: true)
        try folder.write(text, to: "cursors/a")
        let cursor = try Cursor(name: "a", archiveFolder: folder.path)
        #expect(throws: CursorError.unreadable(path: folder.path + "/cursors/a", name: "a")) { try cursor.position() }
    }
}
