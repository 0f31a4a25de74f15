import Foundation
import TestSupport
import Testing

/// `prune`: what `keep` does not want any longer goes, and stays away.
@Suite struct PruneTests {
    /// 200 articles that left the feed 400 days ago, and one that stands in it.
    private func lab(keep: String = "{articles: 1y}", articles: Int = 200) async throws -> Lab {
        let lab = try Lab()
        let guids = (1...articles).map { "old-\($0)" }
        let all = guids.map { ($0, "A text of \($0), elderberry") } + [("new", "Text of new")]
        lab.server.on("/feed.xml", .ok(Lab.rss(all)), .ok(Lab.rss("new")), .ok(Lab.rss(all)))
        try lab.configure(targets: ["/feed.xml"], schedule: [])
        let configured = try String(contentsOfFile: lab.configuration, encoding: .utf8)
        try lab.folder.write("keep: \(keep)\n" + configured, to: "feeds.yaml")
        try await lab.run("run", "--once")
        try await lab.run("run", "--once", "--force")
        // The archive ages by 400 days.
        let past = 400 * 86_400_000
        try await lab.alter(
            """
            UPDATE article SET first_seen = first_seen - \(past);
            UPDATE sighting SET first_seen = first_seen - \(past), last_seen = last_seen - \(past);
            UPDATE search_day SET day = day - 400;
            """)
        return lab
    }

    private func figures(_ json: JSON?) -> [Int] {
        ["articles", "revisions", "bytes"].map { json?[$0].int ?? -1 }
    }

    @Test func whatIsOverGoesAndStaysAway() async throws {
        let lab = try await lab()
        #expect(try await lab.run("verify").status == 0)
        let dry = try #require(try await lab.json("prune", "--dry-run").first)
        #expect(dry["dry_run"].bool && dry["articles"].int == 200 && dry["bytes"].int > 10_000)
        #expect(try await lab.json("articles").count == 201)
        let text = try await lab.run("prune", "--dry-run")
        #expect(text.lines.last?.hasPrefix("would remove 200 articles and 0 revisions of others") == true)

        let wet = try #require(try await lab.json("prune").first)
        #expect(!wet["dry_run"].bool && figures(wet) == figures(dry))
        #expect(wet["feeds"].array.map(figures) == [figures(dry)])
        #expect(try await lab.run("verify").status == 0)
        #expect(try await lab.json("articles").map { $0["id"].string } == ["new"])
        #expect(try await lab.json("search", "elderberry").isEmpty)

        // What stood in the change log still does, without what is gone.
        let lines = try await lab.json("tail")
        #expect(lines.map { $0["_ingestd"]["seq"].int } == Array(1...401))
        #expect(lines.filter { $0["_ingestd"]["kind"].string == "gone" }.count == 200)
        let gone = lines.filter { $0["_ingestd"]["gone"].bool }
        #expect(gone.count == 400 && gone.allSatisfy { $0.names == ["_ingestd"] && $0["_ingestd"]["article"].int > 0 })
        let number = try #require(gone.first?["_ingestd"]["article"].int)
        let shown = try await lab.run("show", "\(number)")
        #expect(shown.status == 1 && shown.stderr.contains("was removed by retention on 20"))
        #expect(try await lab.run("show", "99999").stderr.contains("there is no article 99999"))
        for format in ["jsonl", "csv", "jsonfeed", "atom"] {
            let export = try await lab.run("export", "--format", format)
            #expect(export.status == 0 && !export.stdout.contains("elderberry"))
        }

        // The feed shows them again.
        let round = try #require(try await lab.json("run", "--once", "--force").first)
        #expect(round["new"].int == 0 && round["revised"].int == 0 && round["duplicates"].int == 0)
        #expect(try await lab.run("verify").status == 0)
        let status = try await lab.status()
        #expect(status.json["articles"]["total"].int == 1 && status.json["articles"]["revisions"].int == 1)
    }

    @Test func nothingGoesThatNobodyWantsGone() async throws {
        let lab = try await lab(keep: "{articles: forever}", articles: 3)
        #expect(figures(try await lab.json("prune").first) == [0, 0, 0])
        #expect(try await lab.json("articles").count == 4)
        let elsewhere = try await lab.run("prune", "--archive", lab.folder.path + "/nowhere")
        #expect(elsewhere.status == 74 && !FileManager.default.fileExists(atPath: lab.folder.path + "/nowhere"))
    }

    @Test func theDaemonIsNotDisturbed() async throws {
        let lab = try await lab(articles: 3)
        let daemon = try await lab.daemon()
        let result = try await lab.run("prune")
        #expect(result.status == 1 && result.stderr.contains("removes by itself"))
        #expect(try await lab.json("prune", "--dry-run").first?["articles"].int == 3)
        // It does so when it has read the configuration.
        daemon.signal(SIGHUP)
        try await eventually("nothing was removed: \(daemon.stderr)") {
            try await lab.json("articles").count == 1
        }
        daemon.signal(SIGTERM)
        #expect(try await daemon.end().status == 0)
        #expect(daemon.stderr.contains("pruned"))
        #expect(try await lab.run("verify").status == 0)
    }

    @Test func killedInTheMiddleNothingIsHalfRemoved() async throws {
        let lab = try await lab(articles: 2000)
        var counts: [Int] = []
        for more in [1, 40, 150, 20, 99, 7] {
            let prune = try lab.start("prune")
            // When the first are gone, and a little later.
            let wanted = (counts.last ?? 2001) - more
            try await eventually("it removed nothing: \(prune.stderr)") {
                try await lab.sql("SELECT count(*) FROM article").first?.first.flatMap(Int.init) ?? 0 <= wanted
            }
            prune.signal(SIGKILL)
            _ = try await prune.end()
            counts.append(try await lab.sql("SELECT count(*) FROM article").first?.first.flatMap(Int.init) ?? 0)
            #expect(try await lab.run("verify").status == 0)
        }
        #expect(counts.contains { $0 > 1 }, "it was never killed in the middle")
        #expect(try await lab.run("prune").status == 0)
        #expect(try await lab.json("articles").count == 1)
        #expect(try await lab.run("verify").status == 0)
    }
}
