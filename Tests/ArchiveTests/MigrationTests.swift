import FeedModel
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Archive

/// Archives of every earlier version, with data in them: read as they are, and brought up to date by the next program
/// that writes.
@Suite struct MigrationTests {
    /// An archive as a program of that version left it.
    static func archive(version: Int) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let dump = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Earlier/version-\(version).sql")
        let queue = try DatabaseQueue(path: Archive.databasePath(inFolder: folder.path))
        let sql = try String(contentsOf: dump, encoding: .utf8)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            try db.execute(sql: sql)
        }
        try queue.close()
        return folder
    }

    /// Everything that a schema consists of, order and spelling aside.
    static func shape(_ folder: String) throws -> Set<String> {
        let queue = try DatabaseQueue(path: Archive.databasePath(inFolder: folder))
        return try queue.read { db in
            var shape: Set<String> = []
            for row in try Row.fetchAll(db, sql: "SELECT type, name, tbl_name, sql FROM sqlite_schema") {
                let (type, name): (String, String) = (row[0], row[1])
                if type == "view" {
                    shape.insert("view \(name) \(row[3] as String? ?? "")")
                } else {
                    shape.insert("\(type) \(name)")
                }
                if type == "table" {
                    for column in try Row.fetchAll(db, sql: "PRAGMA table_info(\(name))") {
                        shape.insert("\(name).\(column["name"] as String) \(column["type"] as String)")
                    }
                    for key in try Row.fetchAll(db, sql: "PRAGMA foreign_key_list(\(name))") {
                        shape.insert("\(name).\(key["from"] as String) refers to \(key["table"] as String)")
                    }
                }
                if type == "index" {
                    let columns = try Row.fetchAll(db, sql: "PRAGMA index_info(\(name))").map {
                        $0["name"] as String? ?? "-"
                    }
                    shape.insert("\(name)(\(columns.joined(separator: ",")))")
                }
            }
            return shape
        }
    }

    @Test(arguments: 1..<Schema.version)
    func anEarlierArchiveIsReadAsItIs(version: Int) throws {
        let folder = try Self.archive(version: version)
        let archive = try Archive.openForReading(folder: folder.path)
        var feeds: [Feed] = []
        try archive.feeds { feed, _ in feeds.append(feed) }
        #expect(feeds.count == 5 && feeds.first?.title == "The Daily Example")
        var titles: [String] = []
        try archive.articles(ArticleFilter()) { titles.append($0.title ?? "") }
        #expect(titles.count == 4)
        let figures = try archive.statusFigures(at: Timestamp(seconds: 1_796_000_000), overdueAfter: .minutes(15))
        #expect(figures.articles == 4 && figures.seq == (version < 4 ? 6 : 7))
    }

    @Test(arguments: 1..<Schema.version)
    func anEarlierArchiveIsBroughtUpToDate(version: Int) async throws {
        let folder = try Self.archive(version: version)
        let now = Timestamp(seconds: 1_796_000_000)
        let holder = ArchiveLock.Holder(pid: 1, started: now, version: "0", command: "test")
        let archive = try Archive.openForWriting(folder: folder.path, holder: holder)
        var feeds: [Feed] = []
        try archive.feeds { feed, _ in feeds.append(feed) }
        let first = try #require(feeds.first)
        #expect(first.poll.validators?.etag?.first == UInt8(ascii: "\""))
        #expect(first.poll.lastDocument == first.poll.lastSuccess)
        // What a feed's posting has taught is kept, since there is something to keep.
        #expect((first.poll.posting == PostingRecord()) == (version < 3))
        var revisions: [Int] = []
        try archive.articles(ArticleFilter()) { revisions.append($0.revision) }
        #expect(revisions.sorted() == [1, 1, 1, 2])
        // And it goes on: what was kept is written anew.
        var state = first.poll
        state.posting.window = 7
        let (id, written) = (first.id, state)
        try await archive.write { _ = try $0.save(written, of: id) }
        #expect(try archive.feed(id)?.poll.posting.window == 7)
        try archive.close()

        let fresh = try TemporaryFolder()
        try Archive.openForWriting(folder: fresh.path, holder: holder).close()
        let difference = try Self.shape(folder.path).symmetricDifference(Self.shape(fresh.path))
        #expect(difference.isEmpty)
    }
}
