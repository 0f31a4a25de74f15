import Foundation
import TestSupport
import Testing

/// Exit codes, messages and streams of the commands.
@Suite struct CommandLineTests {
    @Test func thereIsNoConfiguration() async throws {
        let folder = try TemporaryFolder()
        let result = try await Program.run(
            ["check", "--config", folder.path + "/nowhere.yaml"], in: folder.path)
        #expect(result.status == 78)
        #expect(result.stderr.contains("nowhere.yaml"))
        #expect(result.stdout.isEmpty)
    }

    @Test func everyMistakeOfTheConfigurationIsNamedWithItsPlace() async throws {
        let lab = try Lab()
        try lab.folder.write(
            """
            fetch:
              concurency: 3
              timeout: soon
            feeds:
              - ftp://example.org/feed
              - https://example.org/feed
              - https://example.org/feed
            """, to: "feeds.yaml")
        for command in [["check"], ["run"], ["run", "--once"]] {
            let result = try await Program.run(command + ["--config", lab.configuration])
            #expect(result.status == 78)
            #expect(result.stdout.isEmpty)
            let lines = result.stderr.split(separator: "\n")
            for place in ["2:", "3:", "5:", "7:"] {
                #expect(lines.contains { $0.hasPrefix("\(lab.configuration):\(place)") }, "\(result.stderr)")
            }
        }
    }

    @Test(arguments: [
        ["nonsense"], ["run", "--nonsense"], ["--nonsense"], ["run", "--force"], ["show"], ["show", "twelve"],
        ["poll"], ["parse"], ["tail", "--after", "3", "--cursor", "a"], ["tail", "--cursor", "../a"],
        ["tail", "--after", "-1"], ["articles", "--since", "whenever"], ["articles", "--limit", "-1"],
        ["run", "--log-level", "loud"], ["export", "--format", "parquet"], ["export", "--verbatim"],
        ["export", "--format", "opml", "--limit", "3"], ["export", "--limit", "-1"], ["import"],
    ])
    func wrongUsage(_ arguments: [String]) async throws {
        let result = try await Program.run(arguments)
        #expect(result.status == 64)
        #expect(result.stderr.contains("sage:"))
        #expect(result.stdout.isEmpty)
    }

    @Test(arguments: [
        "", "hello", "<html><body>hello</body></html>", "{\"a\": 1}", "<?xml version=\"1.0\"?><a/>", "\u{0}\u{1}\u{2}",
    ])
    func parsingWhatIsNoFeed(_ document: String) async throws {
        let result = try await Program.run(["parse", "-"], stdin: document)
        #expect(result.status == 65)
        #expect(result.stdout.isEmpty)
        #expect(result.stderr.split(separator: "\n").count == 1)
    }

    @Test func parsingSeveralGoesOnAfterOneThatIsNone() async throws {
        let folder = try TemporaryFolder()
        let good = try folder.write(Lab.rss("one"), to: "good.xml")
        let bad = try folder.write("no feed", to: "bad.xml")
        let result = try await Program.run(["parse", good, bad, folder.path + "/none.xml", good])
        #expect(result.status == 65)
        let lines = try result.lines.map(JSON.init)
        try #require(lines.count == 4)
        #expect(lines[0]["items"].array.first?["id"].string == "one")
        #expect(lines[1]["file"].string == bad)
        #expect(lines[1]["error"]["code"].string == "no-feed")
        #expect(lines[2]["error"]["message"].isThere)
        #expect(lines[3]["title"].string == "Feed")
    }

    @Test func parsingAFileThatIsNotThere() async throws {
        let result = try await Program.run(["parse", "/nowhere/feed.xml"])
        #expect(result.status == 74)
        #expect(result.stderr.contains("/nowhere/feed.xml"))
    }

    @Test func thereIsNoArchive() async throws {
        let lab = try Lab()
        try lab.configure(targets: [])
        let status = try await lab.run("status")
        #expect(status.status == 3)
        #expect(status.stdout.hasPrefix("unknown: "))
        #expect(try await lab.json("status").first?["state"].string == "unknown")
        for command in ["articles", "feeds", "tail"] {
            let result = try await lab.run(command)
            #expect(result.status != 0 && result.stdout.isEmpty)
            #expect(result.stderr.contains("no archive at \(lab.database)"), "\(result.stderr)")
        }
    }

    @Test func theArchiveCannotBeMadeBelowAFile() async throws {
        let lab = try Lab()
        try lab.configure(targets: [])
        let file = try lab.folder.write("", to: "file")
        for command in [["run"], ["run", "--once"], ["poll", "http://site.example/"]] {
            let result = try await Program.run(
                command + ["--config", lab.configuration, "--archive", file + "/archive"])
            #expect(result.status == 73)
            #expect(result.stderr.contains(file + "/archive"), "\(result.stderr)")
        }
    }

    @Test func theArchiveIsAnotherProgramsDatabaseOrNone() async throws {
        let lab = try Lab()
        try lab.configure(targets: [])
        try FileManager.default.createDirectory(atPath: lab.archive, withIntermediateDirectories: true)
        try lab.folder.write(
            "this is no database, and long enough to be looked at as one", to: "archive/archive.sqlite3")
        for command in [["run", "--once"], ["articles"]] {
            let result = try await Program.run(command + ["--config", lab.configuration])
            #expect(result.status == 74)
            #expect(result.stderr.contains(lab.database))
        }
        #expect(try await lab.run("status").status == 2)
        try FileManager.default.removeItem(atPath: lab.database)
        _ = try await lab.sql("PRAGMA application_id = 7")
        _ = try await lab.sql("CREATE TABLE theirs (a)")
        let other = try await lab.run("run", "--once")
        #expect(other.status == 74)
        #expect(other.stderr.contains("another program"))
        #expect(try await lab.sql("SELECT name FROM sqlite_master") == [["theirs"]])
    }

    @Test func aNewerArchiveIsRefused() async throws {
        let lab = try Lab()
        try lab.configure(targets: [])
        #expect(try await lab.run("run", "--once").status == 0)
        _ = try await lab.sql("PRAGMA user_version = 99")
        for command in ["run", "articles"] {
            let result = try await lab.run(command)
            #expect(result.status == 74)
            #expect(result.stderr.contains("99"))
        }
    }

    @Test func pollingAndShowingWhatIsNotThere() async throws {
        let lab = try Lab()
        try lab.configure(targets: [])
        let poll = try await lab.run("poll", "http://nobody.example/feed")
        #expect(poll.status == 1)
        #expect(poll.stdout.contains("http://nobody.example/feed"))
        let show = try await lab.run("show", "4711")
        #expect(show.status == 1)
        #expect(show.stderr.contains("4711"))
    }

    @Test func showSaysWhyAPlaceIsTheArticleAndWhatAnEditChanged() async throws {
        let lab = try Lab()
        try lab.configure(targets: ["/a.xml", "/b.xml"])
        let long = String(repeating: "The same words in both places. ", count: 10)
        lab.server.on("/a.xml", .ok(Lab.rss([("x", long + "Old end.")])), .ok(Lab.rss([("x", long + "New end.")])))
        lab.server.on("/b.xml", .ok(Lab.rss([("x", long + "Old end.")])))
        try await lab.run("run", "--once")
        try await lab.run("run", "--once", "--force")
        let places = try await lab.json("show", "1", "--why")
        #expect(places.count == 2)
        #expect(Set(places.map { $0["rule"].string }) == ["new", "url"])
        let shown = try await lab.run("show", "1", "--why")
        #expect(shown.stdout.contains("rule 5, new") && shown.stdout.contains("/b.xml"))
        let revisions = try await lab.json("show", "1", "--diff")
        #expect(revisions.count == 2 && !revisions[0]["_ingestd"]["diff"].isThere)
        let diff = revisions[1]["_ingestd"]["diff"].array
        #expect(diff.map { $0["removed"].string }.filter { !$0.isEmpty } == ["Old "])
        #expect(diff.map { $0["added"].string }.filter { !$0.isEmpty } == ["New "])
    }

    /// Its summary was another one, which is not kept.
    @Test func aPastRevisionBearsNoLaterSummary() async throws {
        let lab = try Lab()
        try lab.configure(targets: ["/a.xml"])
        func atom(_ word: String) -> String {
            """
            <feed xmlns="http://www.w3.org/2005/Atom"><title>F</title><id>f</id><entry><id>e</id><title>T</title>\
            <updated>2026-11-20T10:00:00Z</updated><summary>\(word) summary</summary><category term="news"/>\
            <content type="html">&lt;p&gt;\(word) content&lt;/p&gt;</content></entry></feed>
            """
        }
        lab.server.on("/a.xml", .ok(atom("Old")), .ok(atom("New")))
        try await lab.run("run", "--once")
        try await lab.run("run", "--once", "--force")
        let revisions = try await lab.json("show", "1", "--revisions")
        #expect(revisions.map { $0["content_html"].string } == ["<p>Old content</p>", "<p>New content</p>"])
        #expect(revisions.map { $0["summary"].string } == ["", "New summary"])
        #expect(revisions.allSatisfy { $0["tags"].array.map(\.string) == ["news"] })
        let told = try await lab.json("tail").filter { $0["_ingestd"]["kind"].string == "new" }
        #expect(told.map { $0["content_html"].string } == ["<p>Old content</p>"] && !told[0]["summary"].isThere)
    }

    @Test func showTellsTheStory() async throws {
        let lab = try Lab()
        try lab.configure(targets: ["/a.xml", "/b.xml", "/c.xml"])
        let wire = (0..<60).map { "word\($0)" }.joined(separator: " ")
        lab.server.on("/a.xml", .ok(Lab.rss([("x", wire + " ours")])))
        lab.server.on("/b.xml", .ok(Lab.rss([("y", wire + " theirs, a little longer")])))
        lab.server.on("/c.xml", .ok(Lab.rss([("z", "Something else.")])))
        try await lab.run("run", "--once")
        let articles = try await lab.json("articles")
        #expect(articles.compactMap { $0["_ingestd"]["story"].isThere ? $0["_ingestd"]["story"].int : nil }.count == 2)
        let number = try #require(articles.first { $0["title"].string == "Title of y" })["_ingestd"]["article"].int
        let story = try await lab.json("show", "\(number)", "--story")
        #expect(story.count == 2 && Set(story.map { $0["title"].string }) == ["Title of x", "Title of y"])
        #expect(story.last?["links"].array.count == 1)
        let told = try await lab.run("show", "\(number)", "--story")
        #expect(told.status == 0 && told.stdout.contains("of all word triples shared"), "\(told.stdout)")
        let other = try #require(articles.first { $0["title"].string == "Title of z" })["_ingestd"]["article"].int
        let none = try await lab.run("show", "\(other)", "--story")
        #expect(none.status == 0 && none.stdout.isEmpty && none.stderr.contains("nothing else"))
    }

    @Test func globalOptionsStandBeforeAndBehindTheCommand() async throws {
        let lab = try Lab()
        try lab.configure(targets: ["/feed.xml"])
        lab.server.on("/feed.xml", .ok(Lab.rss("one")))
        let elsewhere = lab.folder.path + "/elsewhere"
        let before = try await Program.run(
            [
                "--json", "--config", lab.configuration, "--archive=\(elsewhere)", "--log-level", "error", "run",
                "--once",
            ])
        #expect(before.status == 0)
        #expect(try before.lines.map(JSON.init).first?["new"].int == 1)
        let behind = try await Program.run(
            ["articles", "--config=\(lab.configuration)", "--archive", elsewhere, "--json", "--quiet"])
        #expect(try behind.lines.map(JSON.init).first?["id"].string == "one")
        let environment = try await Program.run(
            ["articles", "--json"], environment: ["INGESTD_CONFIG": lab.configuration, "INGESTD_ARCHIVE": elsewhere])
        #expect(environment.stdout == behind.stdout)
        #expect(!FileManager.default.fileExists(atPath: lab.archive))
    }

    @Test func theFolderIsFoundInItsOrder() async throws {
        let lab = try Lab()
        try lab.folder.write("feeds: []\n", to: "feeds.yaml")
        let state = lab.folder.path + "/state"
        let run = try await Program.run(
            ["run", "--once"], environment: ["STATE_DIRECTORY": state], in: lab.folder.path)
        #expect(run.status == 0, "\(run.stderr)")
        #expect(FileManager.default.fileExists(atPath: state + "/archive.sqlite3"))
        #expect(try await Program.run(["run", "--once"], in: lab.folder.path).status == 0)
        #expect(FileManager.default.fileExists(atPath: lab.database))
    }

    @Test func jsonAndNothingElseOnStdout() async throws {
        let lab = try Lab()
        try lab.configure(targets: ["/feed.xml", "/none.xml"])
        lab.server.on("/feed.xml", .ok(Lab.rss("one", "two")))
        for command in [
            ["check"], ["run", "--once"], ["status"], ["feeds"], ["articles"], ["show", "1"], ["tail"],
            ["show", "1", "--revisions"], ["poll", lab.server.url("/feed.xml"), lab.server.url("/none.xml")],
            ["feeds", "--failing"],
        ] {
            let result = try await Program.run(["--json"] + command + ["--config", lab.configuration])
            #expect(!result.lines.isEmpty, "\(command)")
            for line in result.lines { #expect(throws: Never.self, "\(command): \(line)") { try JSON(line) } }
        }
    }

    @Test(arguments: ["articles", "articles --json", "tail", "feeds", "feeds --json", "run --once --force", "status"])
    func theReaderOfStdoutGoesAway(_ command: String) async throws {
        let lab = try Lab()
        let targets = (0..<5).map { "/\($0)" }
        let entries = (0..<40).map { number in (0..<5).map { "\($0)-\(number)" } }
        for (index, target) in targets.enumerated() {
            lab.server.on(target, .ok(Lab.rss(entries.map { ($0[index], String(repeating: "long text ", count: 30)) })))
        }
        try lab.configure(targets: targets)
        #expect(try await lab.run("run", "--once").status == 0)
        let result = try await lab.run(shell: "\"$0\" \(command) \"$@\" | head -c 10 >/dev/null; echo ${PIPESTATUS[0]}")
        #expect(result.stderr.isEmpty)
        #expect(["0", "2", "141"].contains(result.stdout.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(try await lab.sql("PRAGMA integrity_check") == [["ok"]])
    }

    @Test func aFullDiskUnderStdoutIsAFailure() async throws {
        let result = try await Program.run(
            ["parse", "-"], stdin: Lab.rss("one"), shell: "exec \"$0\" \"$@\" >/dev/full")
        #expect(result.status == 74)
        #expect(result.stderr.contains("stdout"))
    }

    @Test func helpAndVersion() async throws {
        let version = try await Program.run(["--version"])
        #expect(version.status == 0 && version.stdout.hasPrefix("ingestd "))
        for arguments in [["help"], ["--help"], ["help", "run"], ["run", "--help"]] {
            let help = try await Program.run(arguments)
            #expect(help.status == 0 && help.stdout.contains("USAGE:") && help.stderr.isEmpty)
        }
    }
}
