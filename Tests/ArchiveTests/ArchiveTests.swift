import FeedModel
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Archive

@Suite struct ArchiveTests {
    static let holder = ArchiveLock.Holder(
        pid: 4711, started: Timestamp(seconds: 1_790_000_000), version: "1.2.3", command: "run")
    let now = Timestamp(seconds: 1_790_000_000)

    func configured(_ urls: String...) -> [ConfiguredFeed] {
        urls.map { ConfiguredFeed(url: $0, title: nil, tags: [], enabled: true, settings: "") }
    }

    // MARK: opening

    @Test func oneProgramWritesAtATime() throws {
        let folder = try TemporaryFolder()
        let archive = try Archive.openForWriting(folder: folder.path, holder: Self.holder)
        #expect(ArchiveLock.holder(ofFolder: folder.path) == Self.holder)
        #expect {
            _ = try Archive.openForWriting(folder: folder.path, holder: Self.holder)
        } throws: { error in
            "\(error)".contains("process 4711")
        }
        withExtendedLifetime(archive) {}
    }

    @Test func theLockEndsWithItsHolder() throws {
        let folder = try TemporaryFolder()
        do { _ = try Archive.openForWriting(folder: folder.path, holder: Self.holder) }
        #expect(ArchiveLock.holder(ofFolder: folder.path) == nil)
        _ = try Archive.openForWriting(folder: folder.path, holder: Self.holder)
    }

    /// They are who may not write into the folder: SQLite opens a database with a log for them only if its files are there.
    @Test func readersOfAnArchiveThatWasClosedFindItsFiles() throws {
        let folder = try TemporaryFolder()
        let archive = try Archive.openForWriting(folder: folder.path, holder: Self.holder)
        // By a connection of its own.
        _ = try archive.newestChange()
        try archive.close()
        let path = Archive.databasePath(inFolder: folder.path)
        for suffix in ["-wal", "-shm"] { #expect(FileManager.default.fileExists(atPath: path + suffix), "\(suffix)") }
        #expect(try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int == 0)
    }

    @Test func readersNeedAnArchive() throws {
        let folder = try TemporaryFolder()
        #expect(throws: ArchiveError.notThere(path: folder.path + "/archive.sqlite3")) {
            _ = try Archive.openForReading(folder: folder.path)
        }
    }

    /// A program was killed before it had made the tables; the next one makes them.
    @Test func anArchiveThatWasOnlyBegunIsEmpty() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/archive.sqlite3"
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
        try queue.close()
        #expect(throws: ArchiveError.empty(path: path)) { _ = try Archive.openForReading(folder: folder.path) }
        try Archive.openForWriting(folder: folder.path, holder: Self.holder).close()
        _ = try Archive.openForReading(folder: folder.path)
    }

    @Test func aFileThatIsNoDatabaseIsRefused() throws {
        let folder = try TemporaryFolder()
        try folder.write(String(repeating: "not a database ", count: 100), to: "archive.sqlite3")
        #expect(throws: ArchiveError.self) { _ = try Archive.openForReading(folder: folder.path) }
        #expect(throws: ArchiveError.self) { _ = try Archive.openForWriting(folder: folder.path, holder: Self.holder) }
        // It is left as it was.
        #expect(
            try String(contentsOfFile: folder.path + "/archive.sqlite3", encoding: .utf8).hasPrefix("not a database"))
    }

    @Test func anArchiveOfANewerProgramIsRefused() async throws {
        let folder = try TemporaryFolder()
        let archive = try Archive.openForWriting(folder: folder.path, holder: Self.holder)
        try await archive.write { try $0.execute("PRAGMA user_version = 99", []) }
        try archive.close()
        #expect(
            throws: ArchiveError.newerSchema(
                path: folder.path + "/archive.sqlite3", version: 99, supported: Schema.version)
        ) {
            _ = try Archive.openForReading(folder: folder.path)
        }
    }

    @Test func commitsAreDurable() async throws {
        let folder = try TemporaryFolder()
        let archive = try Archive.openForWriting(folder: folder.path, holder: Self.holder)
        let modes = try await archive.write { archive in
            [
                try archive.first("PRAGMA synchronous", []) { $0[0] as Int },  // 2 is FULL
                try archive.first("PRAGMA application_id", []) { $0[0] as Int },
                try archive.first("PRAGMA user_version", []) { $0[0] as Int },
                try archive.first("PRAGMA foreign_keys", []) { $0[0] as Int },
            ]
        }
        #expect(modes == [2, 0x696E_6764, Schema.version, 1])
    }

    // MARK: group commit

    @Test func manyWritersShareTransactionsAndEachGetsItsAnswer() async throws {
        let folder = try TemporaryFolder()
        let archive = try Archive.openForWriting(folder: folder.path, holder: Self.holder)
        let now = now
        try await withThrowingTaskGroup(of: (Int, Int64).self) { group in
            for number in 0..<300 {
                group.addTask {
                    try await archive.write { archive in
                        try archive.set(HostConduct(pausedUntil: now + .hours(1)), of: "host\(number)", at: now)
                        return (number, try archive.first("SELECT count(*) FROM host", []) { $0[0] as Int64 } ?? 0)
                    }
                }
            }
            var counts: Set<Int64> = []
            for try await (_, count) in group { counts.insert(count) }
            // Each saw a different number of rows: none was lost, none ran twice.
            #expect(counts == Set(1...300))
        }
        #expect(try await archive.write { try $0.conducts(at: now) }.count == 300)
    }

    @Test func aWriteThatThrowsTakesItsTransactionBack() async throws {
        struct Broken: Error {}
        let folder = try TemporaryFolder()
        let archive = try Archive.openForWriting(folder: folder.path, holder: Self.holder)
        let now = now
        await #expect(throws: Broken.self) {
            try await archive.write { archive in
                try archive.set(HostConduct(pausedUntil: now + .hours(1)), of: "a", at: now)
                throw Broken()
            }
        }
        #expect(try await archive.write { try $0.conducts(at: now) }.isEmpty)
    }

    // MARK: feeds

    @Test func pollStateIsKeptToTheLetter() async throws {
        let folder = try TemporaryFolder()
        let archive = try Archive.openForWriting(folder: folder.path, holder: Self.holder)
        let now = now
        let feeds = configured("https://a.example/feed")
        let id = try #require(try await archive.write { try $0.synchronize(feeds, at: now) }.first?.id)
        var state = PollState(url: "https://A.example/moved")
        state.state = .failing
        state.validators = Validators(etag: [0x22, 0xFF, 0x5C, 0x22], lastModified: [], url: "https://a.example/x")
        state.documentHash = [1, 2, 3]
        state.documentModified = Timestamp(milliseconds: 1)
        state.lastPoll = now
        state.lastSuccess = now - .hours(1)
        state.lastChange = now - .hours(2)
        state.lastDocument = now - .hours(3)
        state.lastStatus = 500
        state.nextPoll = now + .milliseconds(1)
        state.interval = .milliseconds(1)
        state.intervalReason = .backoff
        state.failures = 3
        state.failingSince = now
        state.lastError = PollError(code: "http-500", message: "no")
        state.title = "Title"
        state.homePageURL = "https://a.example/"
        state.hub = "https://hub.example/"
        state.hints.freshness = .seconds(5)
        state.hints.learned = .seconds(6)
        state.hints.ttl = .seconds(7)
        state.hints.updatePeriod = .seconds(8)
        state.hints.skipHours = 1 << 23
        state.hints.skipDays = 1 << 6
        state.notice = PollError(code: "n", message: "m")
        state.noticeSince = now
        let saved = try await archive.write { [state] in try $0.save(state, of: id) }
        #expect(saved == state)
        #expect(try archive.feed(id)?.poll == state)
        #expect(try archive.feed(id)?.configuredURL == "https://a.example/feed")
    }

    @Test func feedsThatLeaveTheConfigurationKeepTheirState() async throws {
        let folder = try TemporaryFolder()
        let archive = try Archive.openForWriting(folder: folder.path, holder: Self.holder)
        let now = now
        let both = configured("https://a.example/", "https://b.example/")
        let first = try await archive.write { try $0.synchronize(both, at: now) }
        let id = try #require(first.first { $0.configuredURL == "https://a.example/" }?.id)
        try await archive.write { archive in
            var state = PollState(url: "https://a.example/")
            state.nextPoll = now + .hours(9)
            try archive.save(state, of: id)
        }
        let one = configured("https://b.example/")
        #expect(try await archive.write { try $0.synchronize(one, at: now) }.count == 1)
        let back = try await archive.write { try $0.synchronize(both, at: now) }
        #expect(back.first { $0.id == id }?.nextPoll == now + .hours(9))
    }

    @Test func disabledFeedsAreNotPolledAndComeBackDue() async throws {
        let folder = try TemporaryFolder()
        let archive = try Archive.openForWriting(folder: folder.path, holder: Self.holder)
        let now = now
        var feeds = configured("https://a.example/")
        feeds[0].enabled = false
        feeds[0].settings = "disabled"
        let off = try await archive.write { [feeds] in try $0.synchronize(feeds, at: now) }
        #expect(off.map(\.state) == [.disabled])
        feeds[0].enabled = true
        feeds[0].settings = "enabled"
        let on = try await archive.write { [feeds] in try $0.synchronize(feeds, at: now) }
        #expect(on.map(\.state) == [.active] && on.map(\.nextPoll) == [nil])
    }

    // MARK: views and queries

    /// The promise to every SQLite client: these views with these columns.
    @Test(arguments: [
        (
            "articles",
            "id url title author summary content_html content_text language published modified first_seen last_seen content_hash revision revisions sightings feed_url feed_title"
        ),
        ("revisions", "article_id revision content_hash title content_html content_text modified seen"),
        ("sightings", "article_id feed_url guid url published first_seen last_seen"),
        ("attachments", "article_id url mime_type title size_in_bytes duration_in_seconds"),
        ("changes", "seq at kind article_id revision feed_url"),
        (
            "feeds",
            "url configured_url title state tags articles last_poll last_success last_change last_status next_poll interval_seconds interval_reason failures last_error_code last_error_message etag last_modified hub churny churny_since"
        ),
    ])
    func views(name: String, columns: String) async throws {
        let folder = try TemporaryFolder()
        let archive = try Archive.openForWriting(folder: folder.path, holder: Self.holder)
        let found = try await archive.write { archive in
            try archive.rows("SELECT name FROM pragma_table_info(?)", [name]) { $0[0] as String }
        }
        #expect(found == columns.split(separator: " ").map(String.init))
    }

    /// No statement of a poll walks through a table that grows.
    @Test(arguments: [
        "SELECT \(KnownSighting.columns) FROM sighting WHERE feed_id = 1 AND last_seen IS NULL",
        "SELECT \(KnownSighting.columns) FROM sighting WHERE feed_id = 1 AND guid = 'x' ORDER BY id DESC LIMIT 1",
        "SELECT \(KnownSighting.columns) FROM sighting WHERE url_key = 1 ORDER BY id LIMIT 64",
        """
        SELECT \(KnownSighting.columns) FROM sighting WHERE article_id = 1 AND feed_id = 1
        ORDER BY last_seen IS NOT NULL, id DESC LIMIT 256
        """,
        """
        SELECT \(KnownSighting.qualifiedColumns) FROM (
            SELECT * FROM sighting WHERE feed_id = 1 AND coalesce(published, modified) = 1 ORDER BY id DESC LIMIT 256
        ) s JOIN content c ON c.id = s.content_id WHERE c.hash = x'00' LIMIT 8
        """,
        "SELECT \(KnownContent.columns) FROM content WHERE hash = x'00' AND article_id = 1 ORDER BY id DESC",
        "SELECT \(KnownContent.columns) FROM content WHERE hash = x'00' ORDER BY article_id LIMIT 64",
        "SELECT url FROM attachment WHERE article_id = 1",
        "SELECT revision, content_id FROM revision WHERE article_id = 1 ORDER BY revision DESC",
        "UPDATE feed SET next_poll = 1 WHERE scope = 'a' AND coalesce(next_poll, 0) < 1",
        "SELECT * FROM feed WHERE id = 1",
    ])
    func pollsScanNoTable(sql: String) async throws {
        let folder = try TemporaryFolder()
        let archive = try Archive.openForWriting(folder: folder.path, holder: Self.holder)
        let plan = try await archive.write { archive in
            try archive.rows("EXPLAIN QUERY PLAN " + sql, []) { $0["detail"] as String }
        }
        // "s" is the result of a bounded query, not a table.
        #expect(!plan.contains { $0.hasPrefix("SCAN") && $0 != "SCAN s" }, "\(plan)")
    }

    @Test(
        arguments: [
            ("T", #"{"id":"1","_ingestd":{"a":1}}"#, 2, #"{"title":"T","id":"1","_ingestd":{"a":1,"b":2}}"#),
            (nil, #"{"_ingestd":{}}"#, 2, #"{"_ingestd":{"b":2}}"#),
            ("T", #"{"_ingestd":{}}"#, nil, #"{"title":"T","_ingestd":{}}"#),
        ] as [(String?, String, Int?, String)])
    func keptItemsAreExtended(title: String?, kept: String, number: Int?, whole: String) {
        var json = JSONWriter()
        json.extend(kept, last: "_ingestd") {
            $0.member("title", title)
        } atEnd: {
            $0.member("b", number)
        }
        #expect(String(decoding: json.bytes, as: UTF8.self) == whole)
    }
}
