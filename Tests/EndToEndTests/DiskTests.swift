import Foundation
import TestSupport
import Testing

/// Disks that are full, as a limit on the size of files makes them: the program, run as people run it.
@Suite(.serialized) struct DiskTests {
    /// Files grow no further than so many KiB, and who tries is told so.
    private static func full(_ kilobytes: Int) -> String {
        "trap '' XFSZ; ulimit -S -f \(kilobytes); exec \"$0\" \"$@\""
    }

    private func lab(_ targets: String...) throws -> Lab {
        let lab = try Lab()
        for target in targets { lab.server.on(target, .ok(Lab.rss(target + "-1"))) }
        try lab.configure(
            targets: targets, schedule: ["min_interval: 1s", "max_interval: 1s", "retry_first: 1s", "retry_max: 1s"])
        return lab
    }

    /// What a process may write to one file, from now on.
    private func limit(_ daemon: Program, _ bytes: String) async throws {
        let result = try await Program.run(
            ["--pid", "\(daemon.pid)", "--fsize=\(bytes):"], shell: "exec prlimit \"$@\"")
        #expect(result.status == 0, "\(result.stderr)")
    }

    @Test("a round on a full disk asks nobody", arguments: ["run", "poll"]) func round(_ command: String) async throws {
        let lab = try lab("/a.xml")
        #expect(try await lab.run("run", "--once").status == 0)
        let count = lab.server.requests.count
        let result = try await Program.run(
            (command == "run" ? ["run", "--once", "--force"] : ["poll", lab.server.url("/a.xml")])
                + ["--config", lab.configuration], shell: Self.full(512))
        #expect(result.status == 74)
        #expect(result.stderr.contains("no room left") && result.stderr.contains("File too large"), "\(result.stderr)")
        #expect(lab.server.requests.count == count)
        #expect(!FileManager.default.fileExists(atPath: lab.archive + "/.room"))
    }

    @Test("a daemon outlasts a full disk, says so, and asks nobody meanwhile") func daemon() async throws {
        let lab = try lab("/a.xml", "/b.xml")
        let daemon = try lab.start("run", shell: "trap '' XFSZ; exec \"$0\" \"$@\"")
        try await eventually { (try? await lab.status().responsive) == true && lab.server.requests.count > 2 }
        try await limit(daemon, "1")
        try await eventually {
            try await lab.status().json["problems"].array.contains { $0["code"].string == "archive-full" }
        }
        let full = try await lab.status()
        #expect(full.code == 2 && full.responsive)
        #expect(full.json["daemon"]["waits_for_archive"]["kind"].string == "full")
        let problem = full.json["problems"].array.first { $0["code"].string == "archive-full" }
        #expect(problem?["since"].isThere == true && problem?["advice"].string.contains("make room") == true)
        let poll = try await lab.run("poll", lab.server.url("/a.xml"), within: .seconds(10))
        #expect(poll.status == 1 && poll.stdout.contains("archive-full"), "\(poll.stdout)")
        #expect(try await lab.run("reload", within: .seconds(10)).status != 0)
        let count = lab.server.requests.count
        try await Task.sleep(for: .seconds(3))
        #expect(lab.server.requests.count == count && !daemon.hasEnded)
        try await limit(daemon, "unlimited")
        // That it was told to reload meanwhile, and could not, is still said.
        try await eventually { try await lab.status().code < 2 && lab.server.requests.count > count + 2 }
        daemon.signal(SIGTERM)
        let end = try await daemon.end(within: .seconds(15))
        #expect(end.status == 0, "\(end.stderr)")
        #expect(try await lab.run("verify").status == 0)
    }

    @Test("a daemon that is started on a full disk waits, asks nobody, and ends when it is told to") func start()
        async throws
    {
        let lab = try lab("/a.xml")
        #expect(try await lab.run("run", "--once").status == 0)
        let count = lab.server.requests.count
        let daemon = try lab.start("run", shell: Self.full(512))
        try await eventually {
            try await lab.status().json["problems"].array.contains { $0["code"].string == "archive-full" }
        }
        #expect(lab.server.requests.count == count && !daemon.hasEnded)
        daemon.signal(SIGTERM)
        let end = try await daemon.end(within: .seconds(15))
        #expect(end.status == 0, "\(end.stderr)")
        #expect(lab.server.requests.count == count)
    }

    @Test("an archive that is taken away is waited for, and no other one made") func takenAway() async throws {
        let lab = try lab("/a.xml")
        let daemon = try await lab.daemon()
        try await eventually { try await lab.json("articles").count == 1 }
        try FileManager.default.moveItem(atPath: lab.archive, toPath: lab.archive + ".away")
        try await eventually { daemon.stderr.contains("taken away") }
        let count = lab.server.requests.count
        let status = try await lab.run("status", "--json")
        #expect(status.stdout.contains("archive-missing"))
        try await Task.sleep(for: .seconds(3))
        #expect(lab.server.requests.count == count && !daemon.hasEnded)
        #expect(!FileManager.default.fileExists(atPath: lab.archive))
        try FileManager.default.moveItem(atPath: lab.archive + ".away", toPath: lab.archive)
        try await eventually { try await lab.status().code == 0 && lab.server.requests.count > count }
        daemon.signal(SIGTERM)
        #expect(try await daemon.end(within: .seconds(15)).status == 0)
    }
}
