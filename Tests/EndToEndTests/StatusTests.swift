import Foundation
import Glibc
import TestSupport
import Testing

/// `status` in every state that a system can be in: its first line, its JSON, and its exit code, in time.
@Suite(.serialized) struct StatusTests {
    private func polled(_ targets: [String] = ["/feed.xml"], extra: String = "") async throws -> Lab {
        let lab = try Lab()
        for target in targets { lab.server.on(target, .ok(Lab.rss(target + "-1"))) }
        try lab.configure(targets: targets)
        if !extra.isEmpty {
            let text = try String(contentsOfFile: lab.configuration, encoding: .utf8)
            try lab.folder.write(extra + "\n" + text, to: "feeds.yaml")
        }
        #expect(try await lab.run("run", "--once").status == 0)
        return lab
    }

    /// Asks for people and for programs.
    private func check(
        _ lab: Lab, _ code: Int32, _ state: String, _ line: String, _ problem: String? = nil,
        _ sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let start = ContinuousClock.now
        let text = try await lab.run("status")
        let took = ContinuousClock.now - start
        // Two and a half seconds, and what a busy machine takes to start it and to run it.
        #expect(took < .seconds(30), sourceLocation: sourceLocation)
        #expect(text.status == code, "\(text.stdout)\(text.stderr)", sourceLocation: sourceLocation)
        #expect(
            text.lines.first?.hasPrefix("\(state): \(line)") == true, "\(text.stdout)\(text.stderr)",
            sourceLocation: sourceLocation)
        let json = try await lab.status()
        #expect(json.code == code && json.json["state"].string == state, sourceLocation: sourceLocation)
        if let problem {
            let found = json.json["problems"].array.first { $0["code"].string == problem }
            #expect(
                found?["message"].isThere == true && found?["advice"].isThere == true, sourceLocation: sourceLocation)
        }
    }

    private func stop(_ daemon: Program) async throws {
        daemon.signal(SIGTERM)
        #expect(try await daemon.end().status == 0)
    }

    /// A program of somebody else's that has locked the database.
    private func locker(_ lab: Lab, _ statements: [String]) async throws -> Program {
        let script = """
            import sqlite3, sys, time
            db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
            for statement in sys.argv[2:]: db.execute(statement).fetchall()
            print("locked", flush=True)
            time.sleep(60)
            """
        let program = try Program(["-c", script, lab.database] + statements, shell: "exec python3 \"$@\"")
        try await eventually("it does not lock: \(program.stderr)") { program.stdout.contains("locked") }
        return program
    }

    @Test func runningAndStopped() async throws {
        let lab = try await polled()
        let daemon = try await lab.daemon()
        try await check(lab, 0, "ok", "1 feeds, 1 healthy, 0 failing, 1 articles, 1 new in 24 h")
        try await stop(daemon)
        try await check(lab, 2, "critical", "the daemon is not running; 1 feeds", "daemon-down")
    }

    @Test func hung() async throws {
        let lab = try await polled()
        let daemon = try await lab.daemon()
        daemon.signal(SIGSTOP)
        try await check(
            lab, 2, "critical", "the daemon (process \(daemon.pid)) does not answer within 2 s; ", "daemon-hung")
        daemon.signal(SIGCONT)
        try await eventually { try await lab.status().code == 0 }
        try await stop(daemon)
    }

    @Test func starting() async throws {
        let lab = try await polled()
        // Where a daemon is that has the lock, and no socket yet.
        let daemon = try await lab.daemon()
        try FileManager.default.removeItem(atPath: lab.archive + "/ingestd.sock")
        try await check(lab, 1, "degraded", "the daemon (process \(daemon.pid)) is starting; ", "daemon-starting")
        try lab.folder.write(
            "status: {starting: 1ms}\n" + (try String(contentsOfFile: lab.configuration, encoding: .utf8)),
            to: "feeds.yaml")
        try await check(
            lab, 2, "critical", "the daemon (process \(daemon.pid)) does not answer within 2 s; ", "daemon-hung")
        daemon.signal(SIGKILL)
        _ = try await daemon.end()
    }

    @Test func archiveMissing() async throws {
        let lab = try await polled()
        let daemon = try await lab.daemon()
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: lab.database + suffix) }
        try await check(lab, 2, "critical", "the archive has been taken away from \(lab.database)", "archive-missing")
        daemon.signal(SIGKILL)
        _ = try await daemon.end()
        try FileManager.default.removeItem(atPath: lab.archive)
        try await check(lab, 3, "unknown", "there is no archive at \(lab.database)", "archive-missing")
    }

    @Test func corrupt() async throws {
        let lab = try await polled()
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: lab.database + suffix) }
        try Data(repeating: 0x5A, count: 8192).write(to: URL(fileURLWithPath: lab.database))
        try await check(lab, 2, "critical", "the archive \(lab.database) is damaged: ", "archive-unreadable")
        try Data().write(to: URL(fileURLWithPath: lab.database))
        try await check(lab, 2, "critical", "\(lab.database) is empty", "archive-unreadable")
    }

    /// Writers wait in vain, readers read.
    @Test func lockedAgainstWriting() async throws {
        let lab = try await polled()
        let daemon = try await lab.daemon()
        let locker = try await locker(lab, ["BEGIN IMMEDIATE"])
        try await check(
            lab, 2, "critical",
            "the archive \(lab.database) is locked by another program (process \(locker.pid) (python3",
            "archive-locked")
        locker.signal(SIGKILL)
        _ = try await locker.end()
        try await eventually { try await lab.status().code == 0 }
        try await stop(daemon)
    }

    @Test func lockedAgainstReading() async throws {
        let lab = try await polled()
        let locker = try await locker(lab, ["PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE"])
        try await check(
            lab, 2, "critical", "the archive \(lab.database) is locked by another program", "archive-locked")
        locker.signal(SIGKILL)
        _ = try await locker.end()
    }

    /// A file system mounted read-only stops even root.
    @Test(.enabled(if: mayMount)) func readOnly() async throws {
        let lab = try await polled()
        let script = """
            mount --bind "$ARCHIVE" "$ARCHIVE" && mount -o remount,bind,ro "$ARCHIVE" && exec "$0" "$@"
            """
        let result = try await Program.run(
            ["-m", "bash", "-c", script, "INGESTD", "status", "--config", lab.configuration],
            environment: ["ARCHIVE": lab.archive],
            shell: "args=(\"$@\"); args[4]=$0; exec unshare \"${args[@]}\"")
        #expect(result.status == 2, "\(result.stderr)")
        #expect(
            result.stdout.contains("critical: the archive \(lab.database) cannot be written; check its owner and mode"))
    }

    private static let mayMount: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        process.arguments = ["-m", "true"]
        process.standardError = FileHandle.nullDevice
        guard getuid() == 0, (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    @Test func diskNearlyFull() async throws {
        let lab = try await polled(extra: "status: {disk_free: 1048576GiB, disk_free_critical: 1B}")
        let daemon = try await lab.daemon()
        try await check(lab, 1, "degraded", "only ", "disk-nearly-full")
        try await stop(daemon)
    }

    @Test func manyFeedsFail() async throws {
        let lab = try await polled(["/1", "/2", "/3", "/4"])
        for target in ["/1", "/2", "/3"] { lab.server.on(target, .status(500)) }
        _ = try await lab.run("run", "--once", "--force")
        let daemon = try await lab.daemon()
        try await check(lab, 1, "degraded", "3 of 4 feeds fail; 4 feeds, 1 healthy, 3 failing", "feeds-failing")
        let since = try await lab.status().json["problems"].array.first?["since"].string
        #expect(since?.hasPrefix("20") == true)
        try await stop(daemon)
    }

    /// What a feed has not posted, the configuration's word for how long it may; and what it has lost.
    @Test func silentAndLosingFeeds() async throws {
        let lab = try await polled(["/a", "/b"])
        let text = try String(contentsOfFile: lab.configuration, encoding: .utf8)
        try lab.folder.write(text + "defaults: {silence: 1ms}\n", to: "feeds.yaml")
        _ = try await lab.run("run", "--once", "--force")
        let daemon = try await lab.daemon()
        try await check(lab, 1, "degraded", "2 of 2 feeds answer and have been silent for long; ", "feed-silent")
        #expect(try await lab.json("feeds").allSatisfy { $0["silent_since"].isThere })
        #expect(try await lab.run("explain", lab.server.url("/a")).stdout.contains("silent since then"))
        try await stop(daemon)

        // Two documents of which nothing was known before.
        try lab.folder.write(text + "defaults: {silence: off}\n", to: "feeds.yaml")
        for round in 1...2 {
            for target in ["/a", "/b"] {
                lab.server.on(target, .ok(Lab.rss("\(target)\(round)1", "\(target)\(round)2")))
            }
            _ = try await lab.run("run", "--once", "--force")
        }
        let again = try await lab.daemon()
        try await check(lab, 1, "degraded", "entries of 2 feeds may have come and gone unseen; ", "feed-losing")
        try await stop(again)
    }

    @Test func ourOwnNetworkIsOutAndNothingIsNew() async throws {
        let lab = try await polled(extra: "status: {no_news: 1ms}")
        let daemon = try await lab.daemon()
        try await check(lab, 1, "degraded", "nothing new has come for longer than usual; ", "no-news")
        try await stop(daemon)
        try await write(lab, "INSERT INTO outage VALUES (strftime('%s') * 1000)")
        let again = try await lab.daemon()
        try await check(lab, 1, "degraded", "our own network seems to be out; ", "network-out")
        try await stop(again)
    }

    @Test func overdue() async throws {
        let lab = try await polled(extra: "status: {overdue: 1ms}")
        try await write(lab, "UPDATE feed SET next_poll = 1")
        lab.server.on("/feed.xml", ScriptedAnswer.ok("x").but { $0.ending = .stall(0) })
        let daemon = try await lab.daemon()
        try await check(lab, 1, "degraded", "1 feeds are overdue; ", "feeds-overdue")
        daemon.signal(SIGKILL)
        _ = try await daemon.end()
    }

    /// A mistake in the configuration hides no state: where the archive is is known.
    @Test func aConfigurationWithMistakes() async throws {
        let lab = try await polled()
        let daemon = try await lab.daemon()
        let text = try String(contentsOfFile: lab.configuration, encoding: .utf8)
        try lab.folder.write("status: {failing: many}\n" + text, to: "feeds.yaml")
        try await check(lab, 1, "degraded", "the configuration has mistakes: ", "configuration-wrong")
        try await stop(daemon)
        try lab.folder.write("status: [\n", to: "feeds.yaml")
        try await check(lab, 3, "unknown", lab.configuration, "configuration-wrong")
    }

    /// As Nagios and Icinga run it.
    @Test func figuresForMonitoring() async throws {
        let lab = try await polled()
        let result = try await lab.run("status", "--perfdata")
        let parts = result.lines.first?.split(separator: "|") ?? []
        #expect(result.status == 2 && parts.count == 2, "\(result.stdout)")
        #expect(parts.last?.hasPrefix(" feeds=1;;;0 failing=0;0;;0;1 ") == true)
    }

    /// In the archive of a daemon that does not run.
    private func write(_ lab: Lab, _ sql: String) async throws {
        let script = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute(sys.argv[2]); db.commit()"
        let result = try await Program.run(["-c", script, lab.database, sql], shell: "exec python3 \"$@\"")
        #expect(result.status == 0, "\(result.stderr)")
    }
}
