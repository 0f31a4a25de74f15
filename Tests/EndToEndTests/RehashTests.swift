import Foundation
import TestSupport
import Testing

/// An archive whose hashes an earlier program has made, under the program of today.
@Suite struct RehashTests {
    private func lab() async throws -> Lab {
        let lab = try Lab()
        let text = (0..<60).map { "word\($0)" }.joined(separator: " ")
        lab.server.on("/a.xml", .ok(Lab.rss([("one", text), ("two", "short")])))
        lab.server.on("/b.xml", .ok(Lab.rss([("three", text)])))
        try lab.configure(targets: ["/a.xml", "/b.xml"])
        try await lab.run("run", "--once")
        return lab
    }

    /// As a form before the first would have left it.
    private func age(_ lab: Lab) async throws {
        let script = """
            import sqlite3, sys
            db = sqlite3.connect(sys.argv[1])
            db.executescript("UPDATE canonical SET form = 0; UPDATE content SET form = 0, hash = zeroblob(32);"
                "UPDATE sighting SET url_key = id")
            """
        let result = try await Program.run(["-c", script, lab.database], shell: "exec python3 \"$@\"")
        try #require(result.status == 0, "\(result.stderr)")
    }

    @Test func theCommandMakesThemAnew() async throws {
        let lab = try await lab()
        #expect(try await lab.run("rehash").stdout.hasPrefix("nothing to do"))
        let before = try await lab.sql("SELECT id, hex(hash), length, form FROM content ORDER BY id")
        let keys = try await lab.sql("SELECT id, url_key FROM sighting ORDER BY id")
        try await age(lab)
        let result = try await lab.json("rehash")
        #expect(result.first?["contents"].int == before.count && result.first?["sightings"].int == 3)
        #expect(try await lab.sql("SELECT id, hex(hash), length, form FROM content ORDER BY id") == before)
        #expect(try await lab.sql("SELECT id, url_key FROM sighting ORDER BY id") == keys)
        #expect(try await lab.run("verify").status == 0)
    }

    @Test(arguments: [["run", "--once", "--force"], ["poll"]])
    func nothingIsPolledBefore(_ command: [String]) async throws {
        let lab = try await lab()
        try await age(lab)
        // The same text in a further feed would be another article if it were looked up by the old hashes.
        lab.server.on("/c.xml", .ok(Lab.rss([("four", (0..<60).map { "word\($0)" }.joined(separator: " "))])))
        lab.server.on("/a.xml", .status(304))
        try lab.configure(targets: ["/a.xml", "/b.xml", "/c.xml"])
        let urls = command == ["poll"] ? [lab.server.url("/c.xml")] : []
        let result = try await Program.run(command + urls + ["--config", lab.configuration])
        #expect(result.status == 0, "\(result.stderr)")
        #expect(try await lab.run("verify").status == 0)
        #expect(try await lab.sql("SELECT content, sighting FROM canonical WHERE form > 0") == [["", ""]])
    }

    @Test func theDaemonDoesSoAtItsStart() async throws {
        let lab = try await lab()
        try await age(lab)
        let daemon = try await lab.daemon()
        let done = "SELECT count(*) FROM canonical WHERE form > 0 AND content IS NULL AND sighting IS NULL"
        try await eventually { try await lab.sql(done) == [["1"]] }
        #expect(try await lab.run("rehash").status == 1)
        daemon.signal(SIGTERM)
        let ended = try await daemon.end()
        #expect(ended.stderr.contains("hashing articles anew"))
        #expect(try await lab.run("verify").status == 0)
    }

    /// Which can take long: the service manager is asked for patience, and who asks for a poll waits.
    @Test func whatIsAskedForMeanwhileIsDoneAfterwards() async throws {
        let lab = try await lab()
        try await lab.alter(
            """
            INSERT INTO content (article_id, hash, form, length, kind, text)
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
                SELECT 1, zeroblob(32), 0, 9, 'text', 'some text' FROM n
            """)
        try await age(lab)
        let manager = try DatagramReceiver(lab.folder.path + "/notify")
        let daemon = try await lab.daemon(environment: ["NOTIFY_SOCKET": manager.name])
        let state = "SELECT content IS NULL FROM canonical"
        #expect(try await lab.sql(state) == [["0"]], "it takes a while")
        let poll = try await lab.run("poll", lab.server.url("/a.xml"))
        #expect(poll.status == 0, "\(poll.stdout)")
        #expect(try await lab.sql(state) == [["1"]])
        let lines = manager.receiveAll()
        #expect(lines.contains("EXTEND_TIMEOUT_USEC=30000000"))
        #expect(lines.contains { $0.hasPrefix("STATUS=hashing articles anew: 0 of ") })
        daemon.signal(SIGTERM)
        _ = try await daemon.end()
    }

    @Test func aNewerProgramsArchiveIsLeftAlone() async throws {
        let lab = try await lab()
        let script =
            "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('UPDATE canonical SET form = 9'); d.commit()"
        _ = try await Program.run(["-c", script, lab.database], shell: "exec python3 \"$@\"")
        for command in [["rehash"], ["run", "--once"]] {
            let result = try await Program.run(command + ["--config", lab.configuration])
            #expect(result.status == 74 && result.stderr.contains("use a newer ingestd"), "\(result.stderr)")
        }
    }
}
