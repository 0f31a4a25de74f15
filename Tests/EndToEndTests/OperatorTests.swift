import Foundation
import TestSupport
import Testing

/// What operators and service managers tell a daemon, and what it tells them.
@Suite(.serialized) struct OperatorTests {
    private static let often = ["min_interval: 1s", "max_interval: 1s", "retry_first: 1s", "retry_max: 1s"]

    private func lab(_ targets: String..., schedule: [String] = []) throws -> Lab {
        let lab = try Lab()
        for target in targets { lab.server.on(target, .ok(Lab.rss(target + "-1"))) }
        try lab.configure(targets: targets, schedule: schedule)
        return lab
    }

    private func stop(_ daemon: Program) async throws {
        daemon.signal(SIGTERM)
        let result = try await daemon.end()
        #expect(result.status == 0, "\(result.stderr)")
    }

    // MARK: reload

    @Test func aReloadSaysWhatHasChanged() async throws {
        let lab = try lab("/a.xml", "/b.xml")
        lab.server.on("/c.xml", .ok(Lab.rss("c")))
        let daemon = try await lab.daemon()
        #expect(try await lab.run("reload").stdout == "reloaded 2 feeds: 0 added, 0 removed, 0 changed\n")
        try lab.configure(targets: ["/b.xml", "/c.xml"], fetch: ["per_host: 7"])
        let answer = try #require(try await lab.json("reload").first)
        #expect(answer["outcome"].string == "applied" && answer["feeds"].int == 2)
        #expect(answer["added"].array.map(\.string) == [lab.server.url("/c.xml")])
        #expect(answer["removed"].array.map(\.string) == [lab.server.url("/a.xml")])
        #expect(answer["settings"].array.map(\.string) == ["fetch.per_host"])
        #expect(answer["needs_restart"].isThere && answer["needs_restart"].array.isEmpty)
        try await eventually { lab.server.requests("/c.xml").count == 1 }
        try await stop(daemon)
        let nobody = try await lab.run("reload")
        #expect(nobody.status == 69 && nobody.stderr.contains("ingestd run"))
    }

    /// The daemon that cannot be told from its own file is asked all the same.
    @Test(arguments: ["feeds:\n  - ftp://example.org/\n", "feeds:\n  - : : [\n"])
    func aBrokenFileIsRefusedAndTheStatusSaysSo(_ broken: String) async throws {
        let lab = try lab("/a.xml")
        let daemon = try await lab.daemon()
        let whole = try String(contentsOfFile: lab.configuration, encoding: .utf8)
        try lab.folder.write("archive: ./archive\n" + broken, to: "feeds.yaml")
        let check = try await lab.run("check")
        let refused = try await lab.run("reload")
        #expect(refused.status == 78 && refused.stdout.isEmpty)
        #expect(refused.stderr == check.stderr)
        let status = try await lab.status()
        #expect(status.code == 1)
        let problem = try #require(status.json["problems"].array.first)
        #expect(problem["severity"].string == "warning" && problem["since"].isThere)
        #expect(problem["message"].string.hasPrefix("reload failed at "))
        #expect(problem["message"].string.contains("feeds.yaml:"))
        try lab.folder.write(whole, to: "feeds.yaml")
        #expect(try await lab.run("reload").status == 0)
        #expect(try await lab.status().code == 0)
        try await stop(daemon)
    }

    /// One after the other, by signal and by socket, while all feeds are polled without a rest and come and go.
    @Test func manyReloadsLoseNoTransfer() async throws {
        let lab = try Lab()
        lab.server.otherwise { request in
            ScriptedAnswer.ok(Lab.rss(request.target)).but { $0.delay = .milliseconds(Int.random(in: 0...150)) }
        }
        func configure(_ round: Int) throws {
            let targets = (0..<40).filter { $0.isMultiple(of: 2) || ($0 + round) % 3 != 0 }.map { "/\($0).xml" }
            try lab.configure(
                targets: targets, fetch: ["per_host: \(8 + round % 3)", "concurrency: \(16 + round % 2)"],
                schedule: Self.often)
        }
        try configure(0)
        let daemon = try await lab.daemon()
        func descriptors() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(daemon.pid)/fd").count
        }
        var before = 0
        for round in 1...50 {
            try configure(round)
            if round.isMultiple(of: 5) {
                #expect(try await lab.run("reload").status == 0)
            } else {
                daemon.signal(SIGHUP)
                try await Task.sleep(for: .milliseconds(20))
            }
            if round == 20 { before = try descriptors() }
        }
        #expect(try descriptors() <= before + 30)
        try await stop(daemon)
        var asked: [String: Int] = [:]
        for request in lab.server.requests { asked[lab.server.url(request.target), default: 0] += 1 }
        let polls = try await lab.sql(
            "SELECT f.configured_url, count(*) FROM poll p JOIN feed f ON f.id = p.feed_id GROUP BY 1")
        let recorded = Dictionary(uniqueKeysWithValues: polls.map { ($0[0], Int($0[1]) ?? 0) })
        #expect(recorded == asked)
        #expect(try await lab.sql("SELECT count(*) FROM poll WHERE outcome = 'failed'") == [["0"]])
    }

    // MARK: pause

    @Test func aPauseOutlivesARestartAndShowsEverywhere() async throws {
        let lab = try lab("/a.xml", "/b.xml", schedule: Self.often)
        var daemon = try await lab.daemon()
        try await eventually { lab.server.requests("/a.xml").count > 1 }
        let a = lab.server.url("/a.xml")
        let pause = try #require(try await lab.json("pause", a, "--for", "2h").first)
        #expect(pause["paused"].bool && pause["paused_until"].isThere && pause["feeds"].int == 1)
        func isQuiet() async throws {
            let (before, others) = (lab.server.requests("/a.xml").count, lab.server.requests("/b.xml").count)
            try await eventually { lab.server.requests("/b.xml").count > others + 2 }
            #expect(lab.server.requests("/a.xml").count <= before + 1)
        }
        try await isQuiet()
        try await stop(daemon)
        daemon = try await lab.daemon()
        try await isQuiet()
        let feed = try #require(try await lab.json("feeds").first { $0["url"].string == a })
        #expect(feed["state"].string == "active")
        #expect(feed["paused"]["by"].string == "feed" && feed["paused"]["until"].isThere)
        #expect(try await lab.json("explain", a).first?["paused"]["by"].string == "feed")
        let status = try await lab.status()
        #expect(status.code == 0 && status.json["feeds"]["paused"].int == 1)
        #expect(status.json["problems"].array.contains { $0["message"].string.contains("ingestd resume \(a)") })
        let poll = try await lab.run("poll", a)
        #expect(poll.status == 1 && poll.stdout.contains("ingestd resume \(a)"))
        let count = lab.server.requests("/a.xml").count
        #expect(try await lab.run("resume", a).stdout == "resumed \(a): 1 feed\n")
        try await eventually { lab.server.requests("/a.xml").count > count }
        #expect(try await lab.json("feeds").allSatisfy { !$0["paused"].isThere })
        try await stop(daemon)
    }

    /// What is asked may take long; whether anybody answers is known soon.
    @Test(arguments: [["reload"], ["pause", "127.0.0.1"]])
    func aDaemonThatHangsIsNotWaitedFor(_ command: [String]) async throws {
        let lab = try lab("/a.xml")
        let daemon = try await lab.daemon()
        daemon.signal(SIGSTOP)
        let result = try await Program.run(command + ["--config", lab.configuration])
        #expect(result.status == 69, "\(result.stderr)")
        #expect(result.stderr.contains("process \(daemon.pid)") && result.stderr.contains("ingestd status"))
        daemon.signal(SIGCONT)
        try await stop(daemon)
    }

    @Test func aHostIsPausedWithoutADaemon() async throws {
        let lab = try lab("/a.xml", "/b.xml")
        #expect(try await lab.run("pause", "127.0.0.1").status == 74)
        #expect(!FileManager.default.fileExists(atPath: lab.archive))
        #expect(try await lab.run("run", "--once").status == 0)
        let paused = try await lab.run("pause", "127.0.0.1", "nowhere.example")
        #expect(paused.status == 1)
        #expect(paused.lines.first == "paused 127.0.0.1 until it is resumed: 2 feeds")
        #expect(paused.lines.last?.contains("nowhere.example: no configured feed lives at this host") == true)
        let count = lab.server.requests.count
        #expect(try await lab.run("run", "--once", "--force").status == 0)
        #expect(try await lab.run("poll", lab.server.url("/a.xml")).status == 1)
        #expect(lab.server.requests.count == count)
        #expect(try await lab.run("resume", "127.0.0.1").status == 0)
        #expect(try await lab.run("run", "--once", "--force").status == 0)
        #expect(lab.server.requests.count == count + 2)
        #expect(try await lab.run("pause", "127.0.0.1", "--for", "soon").status == 64)
    }

    // MARK: logs

    @Test func theLogIsJSONOnRequestAndItsLevelChanges() async throws {
        let lab = try lab("/a.xml", schedule: Self.often)
        let daemon = try lab.start("run", "--log-format", "json")
        try await eventually { lab.server.requests("/a.xml").count > 1 }
        func messages() throws -> [JSON] {
            try daemon.stderr.split(separator: "\n").map { try JSON(String($0)) }
        }
        #expect(try messages().map { $0["message"].string } == ["started"])
        #expect(try await lab.run("log-level", "debug").status == 0)
        try await eventually { try messages().contains { $0["message"].string == "polled" } }
        let polled = try #require(try messages().first { $0["message"].string == "polled" })
        #expect(polled["level"].string == "debug" && polled["time"].isThere)
        #expect(polled["fields"]["feed"].string == lab.server.url("/a.xml"))
        #expect(try await lab.run("log-level", "loud").status == 64)
        try await stop(daemon)
        #expect(try await lab.run("log-level", "debug").status == 69)
    }

    // MARK: the service manager

    /// It is told when the daemon is ready and that it is alive, and is told nothing while the writer hangs.
    @Test func aWriterThatHangsIsNotAlive() async throws {
        let lab = try lab("/a.xml")
        let manager = try DatagramReceiver(lab.folder.path + "/notify")
        let daemon = try await lab.daemon(environment: ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "2000000"])
        var told: [String] = []
        func hears(_ line: String) -> Bool {
            told += manager.receiveAll()
            return told.contains(line)
        }
        try await eventually { hears("READY=1") && hears("WATCHDOG=1") }
        #expect(told.contains { $0.hasPrefix("STATUS=1 feeds, ") })
        daemon.signal(SIGHUP)
        try await eventually { hears("RELOADING=1") && told.last == "READY=1" || told.last == "WATCHDOG=1" }
        // Another program holds SQLite's lock for longer than the watchdog waits, and for less than the ten seconds of the writer.
        let holder = try Program(
            [
                "-c",
                """
                import sqlite3, sys, time
                db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
                db.execute('BEGIN EXCLUSIVE'); print('held', flush=True); time.sleep(60)
                """, lab.database,
            ], shell: "exec python3 \"$@\"")
        try await eventually { holder.stdout.contains("held") }
        try await eventually { daemon.stderr.contains("a part of the daemon hangs part=the writer of the archive") }
        told = manager.receiveAll()
        told = []
        try await Task.sleep(for: .seconds(2))
        #expect(!hears("WATCHDOG=1"), "\(told)")
        holder.signal(SIGKILL)
        _ = try await holder.end()
        try await eventually { hears("WATCHDOG=1") }
        try await stop(daemon)
        #expect(hears("STOPPING=1"))
    }

    /// As systemd does it: the socket is descriptor 3, and the daemon never binds.
    @Test func aPassedSocketIsServed() async throws {
        let lab = try lab("/a.xml")
        let whole = try String(contentsOfFile: lab.configuration, encoding: .utf8)
        // Nobody could listen there.
        try lab.folder.write(
            "listen: 203.0.113.1:80\nwebsub: { callback: \"https://feeds.example/hub\" }\n" + whole, to: "feeds.yaml")
        let daemon = try lab.start(
            "run",
            shell: """
                exec python3 -c "
                import os, socket, sys
                s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()
                print(s.getsockname()[1], flush=True)
                os.dup2(s.fileno(), 3); os.set_inheritable(3, True)
                os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES='ingestd.socket')
                os.execv(sys.argv[1], sys.argv[1:])
                " "$0" "$@"
                """)
        try await eventually { daemon.stdout.hasSuffix("\n") }
        let request = """
            import http.client, sys, time
            status = 503  # While it starts.
            while status == 503:
                connection = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]), timeout=20)
                connection.request('GET', '/hub/nobody'); status = connection.getresponse().status
                time.sleep(.1)
            print(status)
            """
        let answer = try await Program.run(
            ["-c", request, String(daemon.stdout.dropLast())], shell: "exec python3 \"$@\"")
        #expect(answer.stdout == "404\n", "\(answer.stderr)")
        daemon.signal(SIGTERM)
        #expect(try await daemon.end().status == 0)
    }
}
