import Foundation
import TestSupport
import Testing

/// `run`: the daemon, from its start to its end. One at a time, since some of it is about seconds.
@Suite(.serialized) struct DaemonTests {
    private static let often = ["min_interval: 1s", "max_interval: 1s", "retry_first: 1s", "retry_max: 1s"]

    private func lab(_ targets: String..., fetch: [String] = [], schedule: [String] = []) throws -> Lab {
        let lab = try Lab()
        for target in targets { lab.server.on(target, .ok(Lab.rss(target + "-1"))) }
        try lab.configure(targets: targets, fetch: fetch, schedule: schedule)
        return lab
    }

    /// Ends it as a service manager does, in good order.
    private func stop(_ daemon: Program, _ signal: Int32 = SIGTERM) async throws {
        daemon.signal(signal)
        let result = try await daemon.end()
        #expect(result.status == 0, "\(result.stderr)")
        #expect(result.stdout.isEmpty)
    }

    // MARK: up

    @Test func itPollsAtItsStartAndAgainAtItsTime() async throws {
        let lab = try lab("/feed.xml", schedule: Self.often)
        lab.server.on("/feed.xml", .ok(Lab.rss("one")), .ok(Lab.rss("one", "two")), .ok(Lab.rss("one", "two", "three")))
        let daemon = try await lab.daemon()
        try await eventually { try await lab.json("articles").count == 3 }
        let times = lab.server.requests("/feed.xml").map(\.time)
        // Its interval is a second; a request is noted a little later than it came.
        for (earlier, later) in zip(times, times.dropFirst()) { #expect(later - earlier > .milliseconds(500)) }
        try await stop(daemon)
    }

    @Test func itsSocketIsItsOwnersAlone() async throws {
        let lab = try lab("/feed.xml")
        let runtime = lab.folder.path + "/runtime"
        try FileManager.default.createDirectory(atPath: runtime, withIntermediateDirectories: true)
        for environment in [[:], ["RUNTIME_DIRECTORY": runtime]] {
            let socket = (environment["RUNTIME_DIRECTORY"] ?? lab.archive) + "/ingestd.sock"
            let daemon = try await lab.daemon(environment: environment)
            let mode = try FileManager.default.attributesOfItem(atPath: socket)[.posixPermissions] as? NSNumber
            #expect(mode?.intValue == 0o600)
            try await stop(daemon)
            #expect(!FileManager.default.fileExists(atPath: socket))
        }
    }

    /// The name of a Unix socket has 107 bytes at the most.
    @Test func anArchiveTooDeepForItsSocketIsRefusedAtOnce() async throws {
        let lab = try lab("/feed.xml")
        let deep =
            lab.folder.path + "/" + Array(repeating: "a-folder-with-a-long-name", count: 6).joined(separator: "/")
        let refused = try await lab.run("run", "--archive", deep)
        #expect(refused.status == 78)
        #expect(refused.stderr.contains(deep + "/ingestd.sock") && refused.stderr.contains("RUNTIME_DIRECTORY"))
        #expect(!FileManager.default.fileExists(atPath: deep))
        #expect(try await lab.run("run", "--once", "--archive", deep).status == 0)
        let daemon = try lab.start("run", "--archive", deep, environment: ["RUNTIME_DIRECTORY": lab.folder.path])
        try await eventually {
            try await lab.run("status", "--archive", deep, environment: ["RUNTIME_DIRECTORY": lab.folder.path]).status
                == 0
        }
        try await stop(daemon)
    }

    /// Half a daemon is worse than none: the service manager starts it anew.
    @Test func aSocketThatCannotBeMadeEndsIt() async throws {
        let lab = try lab("/feed.xml")
        lab.server.on("/feed.xml", ScriptedAnswer.ok("x").but { $0.ending = .stall(0) })
        try lab.configure(targets: ["/feed.xml"], fetch: ["timeout: 10m"])
        let result = try await lab.run(
            "run", environment: ["RUNTIME_DIRECTORY": lab.folder.path + "/nowhere"])
        #expect(result.status == 74)
        #expect(result.stderr.contains("stopped: "), "\(result.stderr)")
    }

    @Test func statusKnowsADaemonThatRunsAndOneThatStopped() async throws {
        let lab = try lab("/feed.xml")
        let daemon = try await lab.daemon()
        try await eventually { try await lab.json("articles").count == 1 }
        let up = try await lab.status()
        #expect(up.code == 0)
        #expect(up.json["state"].string == "ok")
        #expect(up.json["daemon"]["running"].bool)
        #expect(up.json["daemon"]["pid"].int == Int(daemon.pid))
        #expect(up.json["daemon"]["version"].isThere && up.json["daemon"]["started"].isThere)
        #expect(up.json["feeds"]["total"].int == 1 && up.json["feeds"]["active"].int == 1)
        #expect(up.json["articles"]["total"].int == 1 && up.json["articles"]["new_24h"].int == 1)
        #expect(up.json["polls_24h"]["total"].int == 1 && up.json["polls_24h"]["changed"].int == 1)
        #expect(up.json["archive"]["path"].string == lab.database)
        #expect(up.json["archive"]["seq"].int == 1 && up.json["archive"]["bytes"].int > 0)
        #expect(up.json["problems"].array.isEmpty)
        let line = try await lab.run("status").lines.first
        #expect(line == "ok: 1 feeds, 1 healthy, 0 failing, 1 articles, 1 new in 24 h")
        try await stop(daemon)
        let down = try await lab.status()
        #expect(down.code == 2)
        #expect(down.json["state"].string == "critical")
        #expect(!down.json["daemon"]["running"].bool && !down.json["daemon"]["responsive"].bool)
        #expect(down.json["articles"]["total"].int == 1)
        #expect(down.json["problems"].array.first?["severity"].string == "critical")
    }

    @Test func aDaemonThatHangsIsCriticalAndFoundOutSoon() async throws {
        let lab = try lab("/feed.xml")
        let daemon = try await lab.daemon()
        daemon.signal(SIGSTOP)
        let start = ContinuousClock.now
        let hung = try await lab.status()
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(hung.code == 2)
        #expect(hung.json["daemon"]["running"].bool && !hung.json["daemon"]["responsive"].bool)
        #expect(try await lab.run("status").stdout.contains("process \(daemon.pid)"))
        daemon.signal(SIGCONT)
        try await eventually { try await lab.status().code == 0 }
        try await stop(daemon)
    }

    @Test func aSecondWriterIsRefusedAndToldByWhom() async throws {
        let lab = try lab("/feed.xml")
        let daemon = try await lab.daemon()
        for command in [["run"], ["run", "--once"]] {
            let second = try await Program.run(command + ["--config", lab.configuration])
            #expect(second.status == 1)
            #expect(second.stdout.isEmpty)
            #expect(second.stderr.contains("process \(daemon.pid)"), "\(second.stderr)")
        }
        #expect(try await lab.status().code == 0)
        try await stop(daemon)
    }

    // MARK: asked to poll

    @Test func pollingThroughTheDaemon() async throws {
        let lab = try lab("/feed.xml", "/gone.xml")
        lab.server.on("/gone.xml", .status(410), .ok(Lab.rss("back")))
        let daemon = try await lab.daemon()
        try await eventually { try await lab.json("feeds").allSatisfy { $0["last_poll"].isThere } }
        lab.server.on("/feed.xml", .ok(Lab.rss("/feed.xml-1", "new-one")))
        let answer = try #require(try await lab.json("poll", lab.server.url("/feed.xml")).first)
        // The daemon may have been there first.
        let isFirst = answer["outcome"].string == "changed"
        #expect(isFirst || answer["outcome"].string == "not_modified")
        #expect(answer["new"].int == (isFirst ? 1 : 0))
        #expect(try await lab.json("articles").count == 2)
        let several = try await lab.run(
            "poll", lab.server.url("/gone.xml"), "http://nobody.example/", lab.server.url("/feed.xml"))
        #expect(several.status == 1)
        #expect(several.lines.map { String($0.prefix(6)) } == ["change", "failed", "not mo"])
        #expect(try await lab.json("feeds", "--failing").isEmpty)
        try await stop(daemon)
    }

    @Test func pollingWithoutADaemon() async throws {
        let lab = try lab("/feed.xml", "/other.xml")
        let answers = try await lab.run("poll", lab.server.url("/other.xml"))
        #expect(answers.status == 0)
        #expect(answers.stdout == "changed \(lab.server.url("/other.xml")): 1 new, 0 revised, 0 duplicates\n")
        #expect(lab.server.requests("/feed.xml").isEmpty)
    }

    /// The first answer makes the host quiet while the others still wait for their turn.
    @Test(arguments: [true, false])
    func pollingFeedsOfAHostThatAsksForQuiet(_ throughDaemon: Bool) async throws {
        let targets = (0..<4).map { "/\($0).xml" }
        let lab = try Lab()
        lab.server.otherwise { _ in .status(429, "", ("Retry-After", "1000")) }
        try lab.configure([], fetch: ["per_host: 1"])
        let daemon = throughDaemon ? try await lab.daemon() : nil
        try lab.configure(targets: targets, fetch: ["per_host: 1", "host_delay: 200ms"])
        if let daemon {
            // None of them has been polled when they are asked for.
            lab.server.otherwise { _ in
                ScriptedAnswer.status(429, "", ("Retry-After", "1000")).but { $0.delay = .seconds(2) }
            }
            daemon.signal(SIGHUP)
            try await eventually { daemon.stderr.contains("reloaded") }
        }
        let poll = try await lab.run(
            "poll", lab.server.url(targets[0]), lab.server.url(targets[1]), lab.server.url(targets[2]),
            lab.server.url(targets[3]))
        #expect(poll.status == 1)
        let lines = poll.lines.sorted()
        #expect(lines.count == 4)
        #expect(lines.allSatisfy { $0.contains(": http-429: ") || $0.contains(": host-paused: ") }, "\(poll.stdout)")
        #expect(lab.server.requests.count == 1)
        if let daemon { try await stop(daemon) }
    }

    @Test func aFeedThatLeavesWhileItIsWaitedFor() async throws {
        let lab = try lab("/slow.xml", "/feed.xml", fetch: ["per_host: 1"])
        let daemon = try await lab.daemon()
        try await eventually { try await lab.json("articles").count == 2 }
        let gate = Gate()
        lab.server.on("/slow.xml") { _ in
            gate.wait()
            return .ok(Lab.rss("late"))
        }
        let slow = try lab.start("poll", lab.server.url("/slow.xml"))
        try await eventually { lab.server.requests("/slow.xml").count == 2 }
        let waiting = try lab.start("poll", lab.server.url("/feed.xml"))
        try await eventually { try await lab.run("metrics").lines.contains("ingestd_queue_due 1") }
        try lab.configure(targets: ["/slow.xml"], fetch: ["per_host: 1"])
        daemon.signal(SIGHUP)
        let result = try await waiting.end()
        #expect(result.status == 1)
        #expect(result.stdout.contains(lab.server.url("/feed.xml")))
        gate.open()
        #expect(try await slow.end().status == 0)
        try await stop(daemon)
    }

    // MARK: reloaded

    @Test func aReloadAddsAndRemovesFeeds() async throws {
        let lab = try lab("/a.xml")
        lab.server.on("/b.xml", .ok(Lab.rss("b")))
        let daemon = try await lab.daemon()
        try await eventually { try await lab.json("articles").count == 1 }
        try lab.configure(targets: ["/a.xml", "/b.xml"])
        daemon.signal(SIGHUP)
        try await eventually { try await lab.json("articles").count == 2 }
        #expect(lab.server.requests("/a.xml").count == 1)
        try lab.configure(targets: ["/b.xml"])
        daemon.signal(SIGHUP)
        try await eventually { try await lab.json("feeds").map { $0["url"].string } == [lab.server.url("/b.xml")] }
        #expect(try await lab.json("articles").count == 2)
        #expect(try await lab.run("poll", lab.server.url("/a.xml")).status == 1)
        #expect(lab.server.requests("/a.xml").count == 1)
        try await stop(daemon)
    }

    @Test func aReloadOfABrokenFileChangesNothing() async throws {
        let lab = try lab("/a.xml", schedule: Self.often)
        let daemon = try await lab.daemon()
        try lab.folder.write("feeds:\n  - ftp://example.org/\n", to: "feeds.yaml")
        daemon.signal(SIGHUP)
        try await eventually { daemon.stderr.contains("nothing was changed") }
        #expect(daemon.stderr.contains("\(lab.configuration):2:"))
        let before = lab.server.requests("/a.xml").count
        try await eventually { lab.server.requests("/a.xml").count > before + 1 }
        try FileManager.default.removeItem(atPath: lab.configuration)
        daemon.signal(SIGHUP)
        try await eventually { daemon.stderr.components(separatedBy: "nothing was changed").count == 3 }
        try await stop(daemon)
    }

    // MARK: down

    @Test(arguments: [SIGTERM, SIGINT])
    func itEndsInTimeAlthoughATransferNeverWould(_ signal: Int32) async throws {
        let lab = try lab("/good.xml", fetch: ["timeout: 10m"])
        lab.server.on("/stall.xml", ScriptedAnswer.ok(Lab.rss("stalled")).but { $0.ending = .stall(300) })
        lab.server.on("/silent.xml", ScriptedAnswer.ok("x").but { $0.ending = .stall(0) })
        try lab.configure(targets: ["/good.xml", "/stall.xml", "/silent.xml"], fetch: ["timeout: 10m", "per_host: 9"])
        let daemon = try await lab.daemon()
        try await eventually { try await lab.json("articles").count == 1 && lab.server.requests.count == 3 }
        #expect(try await lab.status().json["feeds"]["in_flight"].int == 2)
        try await stop(daemon, signal)
        #expect(try await lab.json("articles").count == 1)
        // What was abandoned is no failure and is due at once; what was polled is not.
        #expect(try await lab.json("feeds", "--failing").isEmpty)
        lab.server.on("/stall.xml", .ok(Lab.rss("stalled")))
        lab.server.on("/silent.xml", .ok(Lab.rss("silent")))
        let again = try await lab.daemon()
        try await eventually { try await lab.json("articles").count == 3 }
        #expect(lab.server.requests("/good.xml").count == 1)
        try await stop(again)
        #expect(try await lab.sql("PRAGMA integrity_check") == [["ok"]])
    }

    @Test func itEndsInTimeAlthoughSomeoneWaitsForAPoll() async throws {
        let lab = try lab("/feed.xml", fetch: ["timeout: 10m"])
        let daemon = try await lab.daemon()
        try await eventually { try await lab.json("articles").count == 1 }
        lab.server.on("/feed.xml", ScriptedAnswer.ok("x").but { $0.ending = .stall(0) })
        let poll = try lab.start("poll", lab.server.url("/feed.xml"))
        try await eventually { lab.server.requests.count == 2 }
        try await stop(daemon)
        let result = try await poll.end()
        #expect(result.status == 1 || result.status == 69)
    }

    @Test func aTransferThatEndsSoonIsWaitedFor() async throws {
        let lab = try lab("/feed.xml")
        lab.server.on("/feed.xml", ScriptedAnswer.ok(Lab.rss("one")).but { $0.delay = .seconds(1) })
        let daemon = try await lab.daemon()
        try await eventually { lab.server.requests.count == 1 }
        try await stop(daemon)
        #expect(try await lab.json("articles").count == 1)
    }

    @Test("17: a restart polls nothing that is not due") func aRestartPollsNothingEarly() async throws {
        let lab = try lab("/a.xml", "/b.xml")
        lab.server.on("/b.xml", .status(503))
        var daemon = try await lab.daemon()
        try await eventually { try await lab.json("feeds").allSatisfy { $0["last_poll"].isThere } }
        for signal in [SIGTERM, SIGKILL] {
            if signal == SIGTERM {
                try await stop(daemon)
            } else {
                daemon.signal(SIGKILL)
                #expect(try await daemon.end().status == -SIGKILL)
            }
            let before = try await lab.json("feeds").map { $0["next_poll"].string }
            daemon = try await lab.daemon()
            try await Task.sleep(for: .seconds(1))
            #expect(try await lab.json("feeds").map { $0["next_poll"].string } == before)
            #expect(lab.server.requests.count == 2)
        }
        try await stop(daemon)
    }
}
