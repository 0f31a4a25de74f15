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
        try await eventually(within: .seconds(5)) { lines() == 4 }
        tail.signal(SIGINT)
        _ = try await tail.end(within: .seconds(5))
        #expect(try await lab.json("tail", "--cursor", "a").isEmpty)
    }
}
