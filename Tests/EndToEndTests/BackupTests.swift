import Foundation
import TestSupport
import Testing

/// `backup`: a copy that another daemon can go on from.
@Suite struct BackupTests {
    private func lab() throws -> Lab {
        let lab = try Lab()
        lab.server.on("/feed.xml", .ok(Lab.rss("one", "two")), .ok(Lab.rss("two", "three")))
        try lab.configure(targets: ["/feed.xml"])
        return lab
    }

    @Test func aDaemonGoesOnWhileItIsCopiedAndAnotherFromTheCopy() async throws {
        let lab = try lab()
        let daemon = try await lab.daemon()
        try await eventually { try await lab.sql("SELECT count(*) FROM article") == [["2"]] }
        let copy = lab.folder.path + "/copy"
        let result = try await lab.run("backup", "--json", "--verify", copy)
        #expect(result.status == 0, "\(result.stderr)")
        let json = try JSON(result.lines[0])
        #expect(json["articles"].int == 2 && json["seq"].int == 2 && json["bytes"].int > 0)
        #expect(json["path"].string == copy + "/archive.sqlite3")
        #expect(json["verification"]["checked"]["articles"].int == 2 && json["verification"]["found"].int == 0)
        daemon.signal(SIGTERM)
        _ = try await daemon.end()

        let round = try await lab.run("run", "--once", "--force", "--archive", copy)
        #expect(round.stdout.contains("1 new articles"), "\(round.stdout)\(round.stderr)")
        #expect(try await lab.run("verify", "--archive", copy).status == 0)
        #expect(try await lab.sql("SELECT count(*) FROM article") == [["2"]])
    }

    @Test func whatIsThereIsNotOverwritten() async throws {
        let lab = try lab()
        try await lab.run("run", "--once")
        let result = try await lab.run("backup", lab.archive)
        #expect(result.status == 73 && result.stderr.contains("is there already"))
        let file = try lab.folder.write("", to: "file")
        let unwritable = try await lab.run("backup", file + "/copy")
        #expect(unwritable.status == 73 && unwritable.stderr.contains("Not a directory"), "\(unwritable.stderr)")
    }

    /// The disk takes no more after 64 KiB.
    @Test func aCopyThatCannotBeFinishedIsTakenAway() async throws {
        let lab = try lab()
        try await lab.run("run", "--once")
        let copy = lab.folder.path + "/copy"
        let result = try await lab.run("backup", copy, shell: "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"")
        #expect(result.status == 74, "\(result.stderr)")
        #expect(result.stderr.contains(copy))
        #expect(!FileManager.default.fileExists(atPath: copy))
    }

    @Test func whatIsWrongInTheArchiveIsToldOfTheCopy() async throws {
        let lab = try lab()
        try await lab.run("run", "--once")
        let script = "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute(sys.argv[2]); d.commit()"
        _ = try await Program.run(
            ["-c", script, lab.database, "UPDATE counter SET value = 9 WHERE name = 'articles'"],
            shell: "exec python3 \"$@\"")
        let copy = lab.folder.path + "/copy"
        let result = try await lab.run("backup", "--verify", copy)
        #expect(result.status == 1 && result.stdout.contains("the counter 'articles' is 9"))
        #expect(FileManager.default.fileExists(atPath: copy + "/archive.sqlite3"))
    }

    @Test func theSchemaIsPrintedWithoutAnArchive() async throws {
        let result = try await Program.run(["schema"])
        #expect(result.status == 0 && result.stdout.contains("CREATE VIEW articles AS"))
    }
}
