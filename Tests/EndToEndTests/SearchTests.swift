import Foundation
import TestSupport
import Testing

/// `search`: what is asked on the command line, and what stands on stdout and stderr.
@Suite struct SearchTests {
    private func lab() async throws -> Lab {
        let lab = try Lab()
        lab.server.on(
            "/feed.xml",
            .ok(
                Lab.rss([
                    ("fusion", "Cold fusion and \u{1B}[31mred\u{7} letters; école"), ("beijing", "我在天安门广场"),
                    ("other", "Nothing here"),
                ])))
        try lab.configure(targets: ["/feed.xml"])
        try await lab.run("run", "--once")
        return lab
    }

    @Test func articlesAreFoundAfterARound() async throws {
        let lab = try await lab()
        let plain = try await lab.run("search", "cold", "ECOLE")
        #expect(plain.status == 0 && plain.stderr.isEmpty, "\(plain.stderr)")
        #expect(plain.lines.count == 2)
        #expect(plain.lines.first?.contains("Title of fusion") == true)
        #expect(plain.lines.last?.contains("Cold fusion and") == true)
        // Not on a terminal: nothing is marked; and nothing of the feed's control characters is left.
        #expect(!plain.stdout.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        #expect(try await lab.json("search", "天安").map { $0["id"].string } == ["beijing"])
        #expect(
            try await lab.json("search", "title:of -fusion").map { $0["id"].string }.sorted() == ["beijing", "other"])
        let none = try await lab.run("search", "absent")
        #expect(none.status == 0 && none.stdout.isEmpty)
    }

    /// The item object of `articles`, with two members more.
    @Test func itemsAsJSON() async throws {
        let lab = try await lab()
        let found = try #require(try await lab.json("search", "fusion").first)
        let listed = try #require(try await lab.json("articles").first { $0["id"].string == "fusion" })
        #expect(found.names == listed.names)
        #expect(found["_ingestd"].names == listed["_ingestd"].names.union(["rank", "snippet"]))
        #expect(found["_ingestd"]["snippet"].string.contains("Cold fusion"))
        let newest = try await lab.json("search", "title", "--sort", "newest")
        #expect(newest.map { $0["_ingestd"]["article"].int } == [3, 2, 1])
        #expect(newest.allSatisfy { !$0["_ingestd"]["rank"].isThere })
    }

    @Test func filtersAndLimits() async throws {
        let lab = try await lab()
        #expect(try await lab.json("search", "title", "--limit", "2").count == 2)
        #expect(try await lab.json("search", "title", "--since", "1h").count == 3)
        #expect(try await lab.json("search", "title", "--until", "1h").isEmpty)
        #expect(try await lab.json("search", "title before:1h").isEmpty)
        #expect(try await lab.json("search", "title after:2020-01-01 feed:127.0.0.1").count == 3)
        #expect(try await lab.json("search", "title", "--feed", lab.server.url("/feed.xml")).count == 3)
        let unknown = try await lab.run("search", "title", "--tag", "nothing")
        #expect(unknown.status == 0 && unknown.stdout.isEmpty)
        #expect(unknown.stderr.contains("tag nothing"))
    }

    @Test(arguments: [
        (["search", "cold \"fusion"], "character 6"), (["search", "titel:x"], "'titel'"), (["search", ""], "no word"),
        (["search", "x", "--sort", "best"], "sort"), (["search"], "query"),
        (["search", "--", "-cold"], "no other word"),
    ])
    func mistakesSayWhatAndWhere(arguments: [String], message: String) async throws {
        let lab = try await lab()
        let result = try await Program.run([arguments[0], "--config", lab.configuration] + arguments.dropFirst())
        #expect(result.status == 64, "\(result.stderr)")
        #expect(result.stdout.isEmpty)
        #expect(result.stderr.contains(message), "\(result.stderr)")
    }

    /// The daemon indexes what it polls; a reader is told of what is not indexed yet.
    @Test func theDaemonIndexes() async throws {
        let lab = try Lab()
        lab.server.on("/feed.xml", .ok(Lab.rss([("a", "first state")])), .ok(Lab.rss([("a", "second state")])))
        try lab.configure(targets: ["/feed.xml"])
        let daemon = try await lab.daemon()
        try await eventually { try await lab.json("search", "first").count == 1 }
        try await lab.run("poll", lab.server.url("/feed.xml"))
        try await eventually { try await lab.json("search", "second").count == 1 }
        #expect(try await lab.json("search", "first").isEmpty)
        daemon.signal(SIGTERM)
        #expect(try await daemon.end().status == 0)
    }

    @Test func howFarTheIndexIsBehindIsSaid() async throws {
        let lab = try await lab()
        let script = "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute(sys.argv[2]); d.commit()"
        _ = try await Program.run(
            ["-c", script, lab.database, "INSERT INTO search_pending SELECT id FROM article LIMIT 2"],
            shell: "exec python3 \"$@\"")
        let result = try await lab.run("search", "cold")
        #expect(result.lines.count == 2)
        #expect(result.stderr.contains("2 articles are not indexed yet"), "\(result.stderr)")
        #expect(try await lab.run("search", "cold", "--quiet").stderr.isEmpty)
        try await lab.run("run", "--once")
        #expect(try await lab.run("search", "cold").stderr.isEmpty)
    }
}
