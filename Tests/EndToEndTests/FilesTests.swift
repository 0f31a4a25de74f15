import Foundation
import Glibc
import TestSupport
import Testing

/// Files of others, secret files, and output that is harmless, with the real program.
@Suite struct FilesTests {
    @Test func whatEverybodyMayReadIsToldByCheck() async throws {
        let lab = try Lab()
        try lab.configure(["https://a.example/"])
        let secret = try lab.folder.write("key\n", to: "hook")
        let lines = try String(contentsOfFile: lab.configuration, encoding: .utf8)
        try lab.folder.write(
            lines + "webhooks:\n  - {url: 'https://b.example/', secret_file: hook}\n", to: "feeds.yaml")
        chmod(secret, 0o644)
        let result = try await lab.run("check")
        #expect(result.status == 0 && result.stderr.contains("warning: ") && result.stderr.contains("mode 644"))
        #expect(!(result.stderr + result.stdout).contains("key\n"))
        #expect(try await lab.json("check").first?["warnings"].array.count == 1)
        chmod(secret, 0o640)
        #expect(try await lab.run("check").stderr.isEmpty)
    }

    /// What a publisher can write into a feed, and what stands in the names of feeds.
    @Test func noOutputActsOnATerminal() async throws {
        let evil = "a\u{9B}31m\u{202E}b\u{7F}\u{85}c\u{2028}d\u{61C}e"
        let lab = try Lab()
        let document = """
            {"version": "https://jsonfeed.org/version/1.1", "title": "\(evil)", "items": [
              {"id": "\(evil)", "title": "\(evil)", "content_html": "<p>\(evil)</p>", "tags": ["\(evil)"],
               "authors": [{"name": "\(evil)\\u001b[1m"}], "summary": "\(evil)"}]}
            """
        lab.server.on("/feed.json", .ok(document, ("Content-Type", "application/feed+json")))
        try lab.configure(targets: ["/feed.json"])
        _ = try await lab.run("run", "--once")
        let outputs = [
            ["articles", "--json"], ["articles"], ["tail"], ["show", "1", "--json"], ["show", "1"],
            ["feeds", "--json"], ["feeds"], ["show", "--why", "--json", "1"],
            ["export", "--format", "jsonl"], ["export", "--format", "jsonfeed"], ["export", "--format", "csv"],
            ["export", "--format", "csv", "--verbatim"], ["export", "--format", "atom"],
            ["export", "--format", "opml"],
        ]
        for arguments in outputs {
            let result = try await Program.run(arguments + ["--config", lab.configuration])
            #expect(result.status == 0 && !result.stdout.isEmpty, "\(arguments) \(result.stderr)")
            let isMachine =
                arguments.contains("--json") || arguments[0] == "tail" || arguments.last?.hasPrefix("json") == true
            let acting = result.stdout.unicodeScalars.filter { scalar in
                switch scalar.value {
                case 0x0A: false
                case 0x0D: !arguments.contains("csv")
                case 0..<0x20, 0x7F..<0xA0: true
                case 0x61C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: !arguments.contains("--verbatim")
                case 0x2028, 0x2029: isMachine
                default: false
                }
            }
            #expect(acting.isEmpty, "\(arguments): \(acting.map(\.value))")
        }
        // And nothing is lost for programs.
        let article = try #require(try await lab.json("articles").first)
        #expect(article["title"].string.contains("\u{202E}"))
        // The document that was not changed is not told as changed.
        let again = try await lab.json("poll", lab.server.url("/feed.json"))
        #expect(again.first?["new"].int == 0 && again.first?["revised"].int == 0)
    }

    /// Articles may be as long as documents; lists of them need room for a few.
    @Test(arguments: [
        ["articles"], ["articles", "--json"], ["tail"], ["search", "title"], ["export", "--format", "csv"],
        ["export", "--format", "jsonl"],
    ])
    func longArticlesAreReadOneAfterTheOther(arguments: [String]) async throws {
        let lab = try Lab()
        let count = 8
        lab.server.on("/feed.xml", .ok(Lab.rss((0..<count).map { ("\($0)", "text of \($0)") })))
        try lab.configure(targets: ["/feed.xml"])
        _ = try await lab.run("run", "--once")
        // Four MiB each, of body and of text.
        try await lab.alter("UPDATE content SET kind = 'text', text = NULL, body = printf('%.*c', 4194304, 'x')")
        let script = """
            import resource, subprocess, sys
            with subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE) as program:
                size = sum(len(block) for block in iter(lambda: program.stdout.read(1 << 20), b''))
            print(program.returncode, size, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10)
            """
        let result = try await Program.run(
            ["-c", script] + arguments + ["--config", lab.configuration],
            shell: "program=$0; option=$1; script=$2; shift 2; exec python3 \"$option\" \"$script\" \"$program\" \"$@\""
        )
        let figures = result.stdout.split(separator: " ").compactMap { Int($0.filter(\.isNumber)) }
        try #require(figures.count == 3 && figures[0] == 0, "\(result)")
        #expect(
            figures[1]
                > (arguments.count == 1 && arguments != ["tail"] || arguments[0] == "search" ? 100 : count * 4 << 20))
        #expect(figures[2] < 120, "\(arguments): \(figures[2]) MiB")
    }

    /// Its name can be guessed by whoever may write to the folder.
    @Test func anExportDoesNotWriteIntoAFileThatIsThere() async throws {
        let lab = try Lab()
        lab.server.on("/feed.xml", .ok(Lab.rss("one")))
        try lab.configure(targets: ["/feed.xml"])
        _ = try await lab.run("run", "--once")
        let target = lab.folder.path + "/out"
        let result = try await Program.run(
            ["export", "-o", target, "--config", lab.configuration],
            shell: "echo mine > \"$3.$$.partial\"; echo $$; exec \"$0\" \"$@\"")
        #expect(result.status == 0, "\(result.stderr)")
        let partial = target + "." + result.stdout.filter(\.isNumber) + ".partial"
        #expect(try String(contentsOfFile: partial, encoding: .utf8) == "mine\n")
        #expect(try String(contentsOfFile: target, encoding: .utf8).contains("Text of one"))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: lab.folder.path).filter { $0.hasSuffix(".partial") }
                .count == 1)
    }

    /// Of another user: neither may it keep the daemon from starting, nor is it left without an answer.
    @Test(.enabled(if: geteuid() == 0)) func anotherUserSeesWhoWritesAndHoldsNothing() async throws {
        let lab = try Lab()
        lab.server.on("/feed.xml", .ok(Lab.rss("one")))
        try lab.configure(targets: ["/feed.xml"])
        let daemon = try await lab.daemon()
        let asNobody = "exec setpriv --reuid 65534 --regid 65534 --clear-groups"
        let hold = """
            import fcntl, sys, time
            for name in ('lock', 'holder'):
                try:
                    fcntl.flock(open(sys.argv[1] + '/' + name), int(sys.argv[2]))
                    print(name, flush=True)
                except OSError as error: print(error, flush=True)
            print('done', flush=True)
            time.sleep(60)
            """
        // As long as the daemon runs, nobody else can hold what says so.
        var stranger = try Program(["-c", hold, lab.archive, "6"], shell: "\(asNobody) /usr/bin/python3 \"$@\"")
        try await eventually { stranger.stdout.contains("done") }
        #expect(!stranger.stdout.contains("lock\n") && !stranger.stdout.contains("holder\n"), "\(stranger.stdout)")
        let told = try await Program.run(
            ["status", "--json", "--archive", lab.archive], in: lab.folder.path,
            shell: "cp \"$0\" ./program && chmod 755 ./program && \(asNobody) ./program \"$@\"")
        #expect(try JSON(told.lines.first ?? "{}")["daemon"]["pid"].int == Int(daemon.pid), "\(told)")
        daemon.signal(SIGKILL)
        #expect(try await daemon.end(within: .seconds(10)).status == -SIGKILL)
        stranger = try Program(["-c", hold, lab.archive, "2"], shell: "\(asNobody) /usr/bin/python3 \"$@\"")
        try await eventually { stranger.stdout.contains("done") }
        #expect(stranger.stdout.contains("holder\n") && !stranger.stdout.contains("lock\n"), "\(stranger.stdout)")
        let result = try await lab.run("run", "--once")
        #expect(result.status == 0, "\(result.stderr)")
    }
}
