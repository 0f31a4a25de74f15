import FeedModel
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Archive

@Suite struct OperatorPauseTests {
    let now = Timestamp(seconds: 1_790_000_000)

    func archive(_ folder: TemporaryFolder) async throws -> Archive {
        let archive = try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder)
        let now = now
        let urls = ["http://a.example/1", "http://a.example/2", "http://b.example/1"]
        try await archive.write { archive in
            _ = try archive.synchronize(
                urls.map { ConfiguredFeed(url: $0, title: nil, tags: [], enabled: true, settings: "") }, at: now)
        }
        return archive
    }

    @Test func pausesOutliveTheProgramAndEndByThemselves() async throws {
        let folder = try TemporaryFolder()
        let archive = try await archive(folder)
        let now = now
        let feed = try await archive.write { archive in
            let target = try #require(try archive.pauseTarget(feed: "http://a.example/1"))
            try archive.set(OperatorPause(target, since: now, until: now + .hours(2)))
            try archive.set(OperatorPause(.host("b.example"), since: now, until: nil))
            return target
        }
        // As another program finds them.
        let pauses = try Archive.openForReading(folder: folder.path).operatorPauses(at: now + .hours(1))
        #expect(pauses.feeds.values.map(\.target) == [feed])
        #expect(pauses.of(nil, host: "b.example", at: now)?.until == nil)
        #expect(pauses.of(nil, host: "a.example", at: now) == nil)
        let later = now + .hours(2)
        #expect(try archive.operatorPauses(at: later).feeds.isEmpty)
        let left = try await archive.write { archive in
            try archive.resume(.host("b.example"))
            return try archive.operatorPauses(at: later)
        }
        #expect(left.isEmpty)
    }

    @Test func whatIsPausedIsNotOverdue() async throws {
        let folder = try TemporaryFolder()
        let archive = try await archive(folder)
        let now = now
        try await archive.write { archive in
            let target = try #require(try archive.pauseTarget(feed: "http://a.example/1"))
            // Both of its own and as one of its host's it counts once.
            try archive.set(OperatorPause(target, since: now, until: nil))
            try archive.set(OperatorPause(.host("a.example"), since: now, until: now + .hours(9)))
        }
        let figures = try archive.statusFigures(at: now + .hours(1), overdueAfter: .minutes(15))
        #expect(figures.overdue == 1 && figures.paused == 2 && figures.pauses.count == 2)
        #expect(try archive.statusFigures(at: now + .hours(10), overdueAfter: .minutes(15)).overdue == 2)
    }

    /// Else a watchdog would end a migration, or let a hang go on.
    @Test func theWritersPulseBeatsWithWorkAndNotWhileItWaits() async throws {
        let folder = try TemporaryFolder()
        let archive = try await archive(folder)
        let before = archive.writerProgress
        try await archive.write { archive in
            _ = try archive.first(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000) SELECT max(i) FROM n",
                []
            ) { $0[0] as Int }
        }
        #expect(archive.writerProgress > before + 5)
        // Another program holds the lock.
        var unsafe = Configuration()
        unsafe.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: Archive.databasePath(inFolder: folder.path), configuration: unsafe)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
        let standing = archive.writerProgress
        async let waiting: Void = archive.write { _ in }
        try await Task.sleep(for: .milliseconds(500))
        #expect(archive.writerProgress == standing)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await waiting
        #expect(archive.writerProgress == standing + 1)
    }
}
