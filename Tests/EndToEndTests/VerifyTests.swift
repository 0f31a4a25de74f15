import Foundation
import TestSupport
import Testing

/// `verify`: an archive as polls leave it is found whole, and whatever is altered in it is found.
@Suite struct VerifyTests {
    /// An archive with an edit, a duplicate in another feed, an enclosure that was exchanged, and one article of each kind.
    private func lab() async throws -> Lab {
        let lab = try Lab()
        let long = (0..<60).map { "word\($0)" }.joined(separator: " ")
        func episode(_ file: String) -> String {
            """
            <?xml version="1.0"?><rss version="2.0"><channel><title>Talk</title><link>http://talk.example/</link>\
            <description>d</description><item><title>Episode</title><guid isPermaLink="false">e</guid>\
            <enclosure url="http://talk.example/\(file)" type="audio/mpeg" length="1"/></item></channel></rss>
            """
        }
        lab.server.on("/a.xml", .ok(Lab.rss([("one", "first"), ("two", long)])), .ok(Lab.rss([("one", "edited")])))
        lab.server.on("/b.xml", .ok(Lab.rss([("two", long), ("three", "here\u{200B} only")])))
        lab.server.on("/talk.xml", .ok(episode("1.mp3")), .ok(episode("2.mp3")))
        try lab.configure(targets: ["/a.xml", "/b.xml", "/talk.xml"])
        try await lab.run("run", "--once")
        try await lab.run("run", "--once", "--force")
        return lab
    }

    private func verify(_ lab: Lab, folder: String) async throws -> (status: Int32, json: JSON) {
        let result = try await lab.run("verify", "--json", "--archive", folder)
        let line = try #require(result.lines.first, "\(result.stderr)")
        return (result.status, try JSON(line))
    }

    private func alter(_ folder: String, _ sql: String) async throws {
        let script = """
            import sqlite3, sys
            db = sqlite3.connect(sys.argv[1])
            db.executescript("PRAGMA writable_schema = ON; PRAGMA foreign_keys = OFF;" + sys.argv[2])
            db.commit()
            """
        let result = try await Program.run(
            ["-c", script, folder + "/archive.sqlite3", sql], shell: "exec python3 \"$@\"")
        try #require(result.status == 0, "\(result.stderr)")
    }

    @Test func whatPollsLeaveIsWhole() async throws {
        let lab = try await lab()
        let (status, json) = try await verify(lab, folder: lab.archive)
        #expect(status == 0 && json["ok"].bool && json["findings"].array.isEmpty, "\(json)")
        #expect(json["checked"]["articles"].int == 4)
        #expect(json["checked"]["contents"].int == 6)
        #expect(json["checked"]["revisions"].int == 6)
        #expect(json["checked"]["sightings"].int == 5)
        #expect(json["checked"]["attachments"].int == 1)
        #expect(json["checked"]["changes"].int == 7)
        // The past state without a text was recomputed, too.
        #expect(json["hashes_not_recomputed"].int == 0)
        let told = try await lab.run("verify")
        #expect(told.status == 0 && told.lines.count == 1 && told.lines[0].hasPrefix("ok: 4 articles"))
    }

    private static let alterations: [(sql: String, code: String, message: String)] = [
        ("UPDATE content SET title = 'Forged' WHERE id = 1", "content-hash", "content 1 is stored as"),
        ("UPDATE content SET text = body || '!' WHERE id = 2", "content-hash", "characters"),
        ("UPDATE content SET hash = zeroblob(32) WHERE id = 3", "content-hash", "sha256:0000"),
        (
            "UPDATE content SET enclosures = '[\"http://talk.example/9.mp3\"]' WHERE length = 0", "content-hash",
            "is stored as"
        ),
        (
            "DELETE FROM content WHERE id = (SELECT shown_content FROM article WHERE id = 1)", "reference",
            "the content that it shows is not there"
        ),
        (
            "UPDATE article SET shown_sighting = (SELECT id FROM sighting WHERE article_id = 2) WHERE id = 1",
            "reference",
            "the sighting that it shows is of article 2"
        ),
        ("DELETE FROM article WHERE id = 2", "reference", "of an article that is not there"),
        ("DELETE FROM sighting WHERE article_id = 2", "reference", "the sighting that it shows is not there"),
        ("UPDATE sighting SET feed_id = 99 WHERE id = 1", "reference", "the feed of sighting 1 is not there"),
        ("UPDATE sighting SET content_id = 99 WHERE id = 1", "reference", "the content of sighting 1 is not there"),
        (
            "UPDATE revision SET content_id = 99 WHERE article_id = 1", "reference",
            "the content of revision 1 is not there"
        ),
        ("UPDATE revision SET feed_id = 99 WHERE article_id = 1", "reference", "the feed of revision 1 is not there"),
        ("UPDATE attachment SET sighting_id = 99", "reference", "the sighting of an attachment is not there"),
        (
            "INSERT INTO backfill (feed_id, kind, started) VALUES (99, 'paged', 0)", "reference",
            "a row of backfill names a feed that is not there"
        ),
        ("DELETE FROM attachment", "entry", "tells of 1 attachments, but the archive holds 0"),
        ("UPDATE sighting SET entry = substr(entry, 2) WHERE id = 1", "entry", "is no JSON"),
        ("UPDATE article SET revision = 3 WHERE id = 1", "revisions", "its newest revision is number 3"),
        ("DELETE FROM revision WHERE revision = 1", "revisions", "1 of them, from 2 to 2"),
        ("DELETE FROM change WHERE seq = 2", "changes", "line 2 is missing"),
        ("DELETE FROM change WHERE seq > 5", "changes", "lines 6 to 7 are missing"),
        ("UPDATE sqlite_sequence SET seq = 3 WHERE name = 'change'", "changes", "the next line would be number 4"),
        ("UPDATE change SET kind = 'new' WHERE kind = 'revised'", "changes", "where there should be one 'revised'"),
        ("UPDATE change SET article_id = 99 WHERE seq = 1", "changes", "names an article that is not there"),
        ("UPDATE change SET revision = 9 WHERE seq = 1", "changes", "names revision 9, which is not there"),
        ("UPDATE change SET kind = 'odd' WHERE seq = 1", "changes", "of an unknown kind"),
        ("UPDATE counter SET value = 77 WHERE name = 'articles'", "count", "the counter 'articles' is 77"),
        ("UPDATE feed SET articles = 77 WHERE id = 1", "count", "said to be 77"),
        ("UPDATE feed_count SET feeds = 77", "count", "the feeds that are active are said to be 77"),
        ("DROP VIEW articles", "schema", "the view articles is not there"),
        ("DROP INDEX sighting_url", "schema", "the index sighting_url is not there"),
        ("INSERT INTO story_link VALUES (2, 1, 0.9, 1)", "story", "its link to article 1 is to none of its story"),
        ("INSERT INTO story_article VALUES (1, 1), (2, 1)", "story", "nothing links it to the story that it is of"),
        ("DELETE FROM search_indexed WHERE article_id = 1", "search-index", "it is not in the index"),
        ("UPDATE search_indexed SET title = 'x' WHERE article_id = 1", "search-index", "as it is no longer shown"),
        ("UPDATE search_indexed SET places = 'x' WHERE article_id = 1", "search-index", "as it is no longer shown"),
        ("DELETE FROM search_day", "search-index", "its own tables disagree"),
        ("DELETE FROM articles_fts_docsize WHERE id = 1", "search-index", "its own tables disagree"),
        (
            "INSERT INTO articles_fts (articles_fts, rowid, title, text) VALUES ('delete', 1, 'Title', 'text')",
            "search-index", ""
        ),
        ("DELETE FROM articles_fts_data WHERE id > 10", "search-index", "cannot be read to the end"),
        (
            "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'feed_host') "
                + "WHERE name = 'sighting_url'", "database", "sighting_url"
        ),
    ]

    @Test func whateverIsAlteredIsFound() async throws {
        let lab = try await lab()
        for (number, (sql, code, message)) in Self.alterations.enumerated() {
            let folder = lab.folder.path + "/altered-\(number)"
            try FileManager.default.copyItem(atPath: lab.archive, toPath: folder)
            try await alter(folder, sql)
            let (status, json) = try await verify(lab, folder: folder)
            let findings = json["findings"].array
            #expect(status == 1 && !json["ok"].bool, "\(sql)")
            #expect(
                findings.contains {
                    $0["code"].string == code && (message.isEmpty || $0["message"].string.contains(message))
                        && !$0["remedy"].string.isEmpty
                }, "\(sql): \(findings.map { "\($0["code"].string): \($0["message"].string)" })")
        }
    }

    @Test func findingsSayWhereAndWhatCanBeDone() async throws {
        let lab = try await lab()
        try await alter(lab.archive, "UPDATE content SET title = 'Forged' WHERE article_id = 1")
        let result = try await lab.run("verify")
        #expect(result.status == 1)
        #expect(result.stdout.contains("article 1: \(lab.server.url("/"))"))
        #expect(result.stdout.contains("a backup may hold it as it was"))
    }

    /// A file of which a part was overwritten.
    @Test func aDamagedFileIsFound() async throws {
        let lab = try await lab()
        try await alter(lab.archive, "PRAGMA wal_checkpoint(TRUNCATE)")
        let file = try #require(FileHandle(forUpdatingAtPath: lab.database))
        let size = try file.seekToEnd()
        for page in stride(from: UInt64(20), to: size / 4096, by: 3) {
            try file.seek(toOffset: page * 4096 + 5)
            file.write(Data(repeating: 0xA5, count: 2000))
        }
        try file.close()
        let (status, json) = try await verify(lab, folder: lab.archive)
        #expect(status == 1)
        #expect(json["findings"].array.contains { $0["code"].string == "database" })
    }

    @Test func theDaemonMayWriteMeanwhile() async throws {
        let lab = try await lab()
        let daemon = try await lab.daemon()
        let (status, json) = try await verify(lab, folder: lab.archive)
        #expect(status == 0, "\(json["findings"].array.map { $0["message"].string })")
        daemon.signal(SIGTERM)
        _ = try await daemon.end()
    }
}
