import Foundation
import TestSupport
import Testing

/// `tail`: the change log as a stream that a consumer can rely on.
@Suite struct TailTests {
    private func lab() throws -> Lab {
        let lab = try Lab()
        lab.server.on("/feed.xml", .ok(Lab.rss("one", "two")), .ok(Lab.rss([("two", "edited"), ("three", "new")])))
        try lab.configure(targets: ["/feed.xml"])
        return lab
    }

    private func changes(_ lines: [JSON]) -> [String] {
        lines.map { "\($0["_ingestd"]["seq"].int) \($0["_ingestd"]["kind"].string) \($0["id"].string)" }
    }

    @Test func inOrderFromTheBeginningOrFromANumber() async throws {
        let lab = try lab()
        try await lab.run("run", "--once")
        let first = try await lab.json("tail")
        #expect(
            Set(changes(first)) == ["1 new one", "2 new two"] || Set(changes(first)) == ["1 new two", "2 new one"])
        #expect(first.map { $0["_ingestd"]["seq"].int } == [1, 2])
        #expect(first.allSatisfy { $0["_ingestd"]["at"].isThere && $0["_ingestd"]["revision"].int == 1 })
        try await lab.run("run", "--once", "--force")
        let second = try await lab.json("tail", "--after", "2")
        #expect(second.map { $0["_ingestd"]["seq"].int } == [3, 4])
        #expect(
            Set(second.map { "\($0["_ingestd"]["kind"].string) \($0["id"].string)" }) == ["new three", "revised two"])
        #expect(try await lab.json("tail", "--after", "4").isEmpty)
        #expect(try await lab.json("tail", "--after", "400").isEmpty)
        #expect(try await lab.json("tail").count == 4)
    }

    @Test func aCursorRemembersForEachName() async throws {
        let lab = try lab()
        try await lab.run("run", "--once")
        #expect(try await lab.json("tail", "--cursor", "a").count == 2)
        #expect(try await lab.json("tail", "--cursor", "a").isEmpty)
        try await lab.run("run", "--once", "--force")
        #expect(try await lab.json("tail", "--cursor", "a").map { $0["_ingestd"]["seq"].int } == [3, 4])
        #expect(try await lab.json("tail", "--cursor", "b").count == 4)
    }

    @Test func whatCouldNotBePrintedComesAgain() async throws {
        let lab = try lab()
        try await lab.run("run", "--once")
        let full = try await lab.run("tail", "--cursor", "a", shell: "exec \"$0\" \"$@\" >/dev/full")
        #expect(full.status == 74)
        #expect(try await lab.json("tail", "--cursor", "a").count == 2)
    }

    @Test func aCursorThatIsNoNumberIsNamed() async throws {
        let lab = try lab()
        try await lab.run("run", "--once")
        try FileManager.default.createDirectory(atPath: lab.archive + "/cursors", withIntermediateDirectories: true)
        try lab.folder.write("x", to: "archive/cursors/a")
        let result = try await lab.run("tail", "--cursor", "a")
        #expect(result.status == 74)
        #expect(result.stderr.contains("cursors/a"))
    }

    @Test func followingSeesWhatAnotherProcessCommits() async throws {
        let lab = try lab()
        try await lab.run("run", "--once")
        let tail = try lab.start("tail", "--follow", "--cursor", "a")
        func lines() -> Int { tail.stdout.split(separator: "\n").count }
        try await eventually { lines() == 2 }
        try await lab.run("run", "--once", "--force")
        try await eventually { lines() == 4 }
        // A line is acknowledged after it has been written: who ends it in between gets the line again.
        try await eventually { try await lab.json("cursors").first?["position"].int == 4 }
        tail.signal(SIGTERM)
        _ = try await tail.end()
        #expect(try await lab.json("tail", "--cursor", "a").isEmpty)
    }

    // MARK: acknowledged by the consumer

    @Test func whatIsHeldComesAgainUntilItIsAcknowledged() async throws {
        let lab = try lab()
        try await lab.run("run", "--once")
        for _ in 0..<2 { #expect(try await lab.json("tail", "--cursor", "a", "--hold").count == 2) }
        let tail = try lab.start("tail", "--cursor", "a", "--hold", "--follow")
        try await eventually { tail.stdout.split(separator: "\n").count == 2 }
        #expect(try await lab.run("ack", "a", "1").status == 0)
        // A repeated or late acknowledgement does no harm, and nobody sets back who is reading.
        #expect(try await lab.run("ack", "a", "0").status == 0)
        let back = try await lab.run("ack", "--back", "a", "0")
        #expect(back.status == 1 && back.stderr.contains("in use by process \(tail.pid)"), "\(back.stderr)")
        tail.signal(SIGKILL)
        _ = try await tail.end()
        #expect(try await lab.json("tail", "--cursor", "a", "--hold").map { $0["_ingestd"]["seq"].int } == [2])
        let beyond = try await lab.run("ack", "a", "3")
        #expect(beyond.status == 1 && beyond.stderr.contains("no line 3 to acknowledge: the change log ends at 2"))
        #expect(try await lab.run("ack", "--back", "a", "0").status == 0)
        #expect(try await lab.json("tail", "--cursor", "a").count == 2)
    }

    @Test func aSecondConsumerOfOneNameIsTold() async throws {
        let lab = try lab()
        try await lab.run("run", "--once")
        let first = try lab.start("tail", "--follow", "--cursor", "a")
        try await eventually { first.stdout.split(separator: "\n").count == 2 }
        let second = try await lab.run("tail", "--cursor", "a")
        #expect(second.status == 1 && second.stdout.isEmpty)
        #expect(second.stderr.contains("the cursor 'a' is in use by process \(first.pid); "), "\(second.stderr)")
        #expect(try await lab.json("tail", "--cursor", "b").count == 2)
        first.signal(SIGKILL)
        _ = try await first.end()
        #expect(try await lab.run("tail", "--cursor", "a").status == 0)
    }

    @Test func cursorsAreListedWithTheirLag() async throws {
        let lab = try lab()
        try await lab.run("run", "--once")
        #expect(try await lab.json("cursors").isEmpty)
        try await lab.run("tail", "--cursor", "all")
        try await lab.run("ack", "one", "1")
        let cursors = try await lab.json("cursors")
        #expect(cursors.map { $0["name"].string } == ["all", "one"])
        #expect(cursors.map { $0["position"].int } == [2, 1])
        #expect(cursors.map { $0["lag"].int } == [0, 1])
        #expect(cursors.allSatisfy { $0["last_acknowledged"].string.hasSuffix("Z") })
        #expect(try await lab.run("cursors").stdout.hasPrefix("all  at 2, up to date  acknowledged "))
        #expect(try await lab.run("cursors", "--forget", "all").status == 0)
        #expect(try await lab.run("cursors", "--forget", "all").status == 1)
        #expect(try await lab.json("cursors").map { $0["name"].string } == ["one"])
        for name in ["../x", ".x", "a/b", ""] {
            for command in [["tail", "--cursor", name], ["ack", name, "1"], ["cursors", "--forget", name]] {
                #expect(try await Program.run(command + ["--config", lab.configuration]).status == 64)
            }
        }
    }

    /// An archive restored from a backup has a shorter log: what it writes next is not what the consumer has read.
    @Test func aCursorBeyondTheLogIsAnError() async throws {
        let lab = try lab()
        try await lab.run("run", "--once")
        let backup = lab.folder.path + "/backup"
        _ = try await lab.sql("VACUUM INTO '\(backup)'")
        try await lab.run("run", "--once", "--force")
        let follower = try lab.start("tail", "--follow", "--cursor", "a")
        try await eventually { follower.stdout.split(separator: "\n").count == 4 }
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: lab.database + suffix) }
        #expect(rename(backup, lab.database) == 0)
        let end = try await follower.end()
        for result in [end, try await lab.run("tail", "--cursor", "a"), try await lab.run("tail", "--cursor", "a")] {
            #expect(result.status == 74)
            #expect(result.stderr.contains("'a' stands at 4, but the change log ends at 2"), "\(result.stderr)")
            #expect(result.stderr.contains("ingestd ack --back a 2"))
        }
        #expect(try await lab.run("ack", "a", "2").stderr.contains("ack --back a 2"))
        #expect(try await lab.run("ack", "--back", "a", "1").status == 0)
        #expect(try await lab.json("tail", "--cursor", "a").map { $0["_ingestd"]["seq"].int } == [2])
    }

    /// The write-ahead log comes and goes with the daemon.
    @Test func followingOutlivesTheDaemon() async throws {
        let lab = try lab()
        try await lab.run("run", "--once")
        let tail = try lab.start("tail", "--follow")
        func lines() -> Int { tail.stdout.split(separator: "\n").count }
        try await eventually { lines() == 2 }
        for _ in 0..<2 {
            let daemon = try await lab.daemon()
            daemon.signal(SIGTERM)
            _ = try await daemon.end()
        }
        _ = try await lab.sql("PRAGMA wal_checkpoint(TRUNCATE)")
        try await lab.run("run", "--once", "--force")
        try await eventually { lines() == 4 }
        tail.signal(SIGKILL)
    }
}
