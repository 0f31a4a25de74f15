import FeedModel
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Archive

/// What keeps an archive from being written, and passes.
@Suite struct ObstacleTests {
    private struct Lab {
        let folder: TemporaryFolder
        let archive: Archive
        let disk: BrokenDisk
        let time = ManualTime()

        init() throws {
            folder = try TemporaryFolder()
            disk = BrokenDisk(below: folder.path)
            archive = try Archive.openForWriting(folder: folder.path + "/a", holder: ArchiveTests.holder)
        }

        func note(_ name: String, waits: Bool = true) async throws {
            try await archive.write(waits: waits) { archive in
                try archive.execute("INSERT INTO counter VALUES (?, 1)", [name])
            }
        }

        func has(_ name: String) throws -> Bool {
            try archive.read { try Int.fetchOne($0, sql: "SELECT 1 FROM counter WHERE name = ?", arguments: [name]) }
                != nil
        }

        /// Lets the next attempt begin, again and again.
        func pass(until isDone: () throws -> Bool) async throws {
            try await eventually {
                time.advance(by: GroupCommit.longestWait)
                return try isDone()
            }
        }
    }

    // MARK: what ends, and what passes

    @Test(
        "what the system says is one of a few kinds",
        arguments: [
            (ENOSPC, ArchiveObstacle.Kind.full), (EDQUOT, .full), (EFBIG, .full), (EROFS, .readOnly),
            (EACCES, .readOnly),
            (EPERM, .readOnly), (ENOENT, .missing), (ENOTDIR, .missing), (EIO, .failing), (ENODEV, .failing),
        ])
    func systemErrors(_ error: Int32, _ kind: ArchiveObstacle.Kind) {
        let sqlite = DatabaseError(resultCode: .SQLITE_IOERR, message: "disk I/O error")
        for obstacle in [ArchiveObstacle(systemError: error), ArchiveObstacle(sqlite, systemError: error)] {
            #expect(obstacle?.kind == kind && obstacle?.reason == String(cString: strerror(error)))
        }
    }

    @Test(
        "SQLite's errors pass or do not",
        arguments: [
            (ResultCode.SQLITE_FULL, ArchiveObstacle.Kind.full), (.SQLITE_READONLY, .readOnly),
            (.SQLITE_IOERR, .failing),
            (.SQLITE_CANTOPEN, .failing), (.SQLITE_BUSY, .locked), (.SQLITE_PROTOCOL, .locked),
            (.SQLITE_IOERR_FSYNC, .failing), (.SQLITE_CORRUPT, nil), (.SQLITE_NOTADB, nil),
            (.SQLITE_IOERR_CORRUPTFS, nil), (.SQLITE_CONSTRAINT, nil), (.SQLITE_ERROR, nil), (.SQLITE_NOMEM, nil),
            (.SQLITE_SCHEMA, nil),
        ] as [(ResultCode, ArchiveObstacle.Kind?)])
    func databaseErrors(_ code: ResultCode, _ kind: ArchiveObstacle.Kind?) {
        #expect(ArchiveObstacle(DatabaseError(resultCode: code))?.kind == kind)
    }

    // MARK: waiting

    @Test("without waiting what cannot be written is thrown", arguments: [BrokenDisk.Fault.full, .sync])
    func thrown(_ fault: BrokenDisk.Fault) async throws {
        let lab = try Lab()
        try await lab.note("one")
        lab.disk.fails(fault)
        await #expect(throws: ArchiveError.self) { try await lab.note("two") }
        await #expect(throws: ArchiveError.self) { try await lab.archive.prove() }
        lab.disk.mend()
        try await lab.note("three")
        #expect(try lab.has("one") && lab.has("three") && !lab.has("two"))
    }

    @Test("what cannot be written now is written once and in order later", arguments: [BrokenDisk.Fault.full, .sync])
    func writtenLater(_ fault: BrokenDisk.Fault) async throws {
        let lab = try Lab()
        let troubles = lab.archive.waitOut(by: lab.time)
        lab.disk.fails(fault)
        async let one: Void = lab.note("one")
        try await eventually { lab.archive.trouble != nil }
        let since = lab.time.now
        #expect(lab.archive.trouble?.obstacle.kind == (fault == .full ? .full : .failing))
        async let two: Void = lab.note("two")
        // Who can come again does not wait.
        await #expect(throws: ArchiveError.self) { try await lab.note("three", waits: false) }
        async let end = lab.archive.untilWritable()
        // An attempt that fails changes nothing.
        var told = troubles.makeAsyncIterator()
        #expect(await told.next()??.since == since)
        try await eventually { !lab.time.deadlines.isEmpty }
        lab.time.advance(by: .seconds(1))
        #expect(await told.next()??.since == since)
        lab.disk.mend()
        try await lab.pass { lab.archive.trouble == nil }
        try await one
        try await two
        #expect(await end)
        #expect(try lab.has("one") && lab.has("two") && !lab.has("three"))
        #expect(await told.next() == .some(nil))
    }

    @Test("room for a proof alone is no room for what waits")
    func littleRoom() async throws {
        let lab = try Lab()
        _ = lab.archive.waitOut(by: lab.time)
        let pool = try #require(lab.archive.reader as? DatabasePool)
        // As a disk with a few pages left.
        try await pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1") }
        async let write: Void = lab.archive.write { archive in
            try archive.execute("INSERT INTO counter VALUES (?, 1)", [String(repeating: "x", count: 100_000)])
        }
        try await eventually { lab.archive.trouble != nil }
        for _ in 0..<3 {
            try await eventually { !lab.time.deadlines.isEmpty }
            lab.time.advance(by: GroupCommit.longestWait)
        }
        #expect(lab.archive.trouble?.obstacle.kind == .full)
        try await pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
        try await lab.pass { lab.archive.trouble == nil }
        try await write
    }

    @Test("at the end of the program nobody is left waiting")
    func stopped() async throws {
        let lab = try Lab()
        _ = lab.archive.waitOut(by: lab.time)
        lab.disk.fails(.sync)
        async let one: Void = lab.note("one")
        try await eventually { lab.archive.trouble != nil }
        async let end = lab.archive.untilWritable()
        lab.archive.stopWaiting()
        do {
            try await one
            Issue.record("it was written")
        } catch is ArchiveError {}
        await #expect(throws: ArchiveError.self) { try await lab.note("two") }
        let isWritable = await end
        #expect(!isWritable)
    }

    // MARK: the place

    @Test("what was taken away is not written to before it is back")
    func takenAway() async throws {
        let lab = try Lab()
        _ = lab.archive.waitOut(by: lab.time)
        let folder = lab.archive.folder
        try FileManager.default.moveItem(atPath: folder, toPath: folder + ".away")
        async let one: Void = lab.note("one")
        try await eventually { lab.archive.trouble != nil }
        #expect(lab.archive.trouble?.obstacle.kind == .missing)
        #expect(!FileManager.default.fileExists(atPath: folder))
        try FileManager.default.moveItem(atPath: folder + ".away", toPath: folder)
        try await lab.pass { lab.archive.trouble == nil }
        try await one
        #expect(try lab.has("one"))
    }

    @Test("another archive in its place is not written to, and not waited for")
    func replaced() async throws {
        let lab = try Lab()
        _ = lab.archive.waitOut(by: lab.time)
        let folder = lab.archive.folder
        try FileManager.default.moveItem(atPath: folder, toPath: folder + ".away")
        try Archive.openForWriting(folder: folder, holder: ArchiveTests.holder).close()
        await #expect(throws: ArchiveError.replaced(path: lab.archive.path)) { try await lab.note("one") }
    }

    // MARK: WARC files

    /// A commit whose sync failed stands in the log, and is taken for good by whoever opens it next.
    @Test("what a failed commit refers to is there, whether or not it counts in the end", arguments: [true, false])
    func failedCommit(_ isFirst: Bool) async throws {
        let lab = try await RawWriterTests.Lab()
        let disk = BrokenDisk(below: lab.folder.path)
        try lab.reopen()
        if !isFirst { try await lab.keep("one") }
        disk.fails(.sync)
        await #expect(throws: ArchiveError.self) { try await lab.keep("two") }
        disk.mend()
        // As the next program finds it after a kill.
        let copy = try TemporaryFolder()
        // What proves that there is room comes and goes.
        for name in try FileManager.default.contentsOfDirectory(atPath: lab.folder.path) where !name.hasPrefix(".") {
            try FileManager.default.copyItem(atPath: lab.folder.path + "/" + name, toPath: copy.path + "/" + name)
        }
        let next = try Archive.openForWriting(folder: copy.path, holder: ArchiveTests.holder)
        let report = try next.verify(ContentHasher(form: 0, hash: { _, _, _ in ([], 0) }, urlKey: { _, _ in nil })) {
            _, _ in
        }
        #expect(report.findings.isEmpty)
        #expect(report.rawDocuments == (isFirst ? 1 : 2))
        // And as this one goes on.
        try await lab.keep("three")
        let after = try lab.report()
        #expect(after.findings.isEmpty && after.rawTail == 0 && after.rawDocuments == (isFirst ? 1 : 2))
        #expect(lab.files.count == 1)
    }

    // MARK: the log

    @Test("a log that readers keep from ending is begun anew when those that read have ended")
    func log() throws {
        let folder = try TemporaryFolder()
        let archive = try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder)
        let pool = try #require(archive.reader as? DatabasePool)
        let pulse = WriterPulse()
        var bound = LogBound(database: archive.path, pulse: pulse)
        let reader = try DatabaseQueue(path: archive.path)
        let isReading = DispatchSemaphore(value: 0)
        let mayRead = DispatchSemaphore(value: 0)
        let hasRead = DispatchSemaphore(value: 0)
        try pool.write { try $0.execute(sql: "INSERT INTO counter VALUES (hex(randomblob(500000)), 1)") }
        Thread {
            try? reader.read { db in
                _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM counter")
                isReading.signal()
                mayRead.wait()
                // Until the writer waits for it.
                let before = pulse.count
                while pulse.count == before { usleep(1000) }
            }
            hasRead.signal()
        }.start()
        isReading.wait()
        #expect(bound.size > 1_000_000)
        mayRead.signal()
        bound.relieve(pool, large: 1_000_000, huge: 1_000_000)
        hasRead.wait()
        #expect(bound.size == 0)
    }
}

/// Waits for what other threads do.
func eventually(
    sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(2))
    }
}
