import Foundation
import TestSupport
import Testing

/// Raw documents, as other programs read them: the WARC tools of Python, where they are installed.
@Suite struct RawDocumentTests {
    /// A Python that can import both readers: `$INGESTD_PYTHON`, else `python3`.
    static let python: String? = {
        let named = ProcessInfo.processInfo.environment["INGESTD_PYTHON"] ?? ""
        let python = named.isEmpty ? "python3" : named
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python, "-c", "import warcio, fastwarc"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        process.waitUntilExit()
        return process.terminationStatus == 0 ? python : nil
    }()

    static let noPython: Comment =
        "no python3 with warcio and fastwarc (pip install warcio fastwarc; INGESTD_PYTHON names another python)"

    private func configure(_ lab: Lab, _ feeds: [String], schedule: String = "{}") throws {
        let lines =
            [
                "archive: ./archive", "keep: {raw: changed}", "schedule: \(schedule)",
                "fetch: {allow_private_addresses: true, proxy: null, host_delay: 0s, per_host: 20}", "feeds:",
            ] + feeds.map { "  - \($0)" }
        try lab.folder.write(lines.joined(separator: "\n") + "\n", to: "feeds.yaml")
    }

    private func files(_ lab: Lab) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: lab.archive + "/warc").sorted()
            .map { lab.archive + "/warc/" + $0 }
    }

    private func run(_ arguments: [String], stdin: String = "") async throws -> Program.Result {
        try await Program.run(arguments, shell: "exec \(Self.python ?? "python3") \"$@\"")
    }

    /// Both tools check every digest.
    private func check(_ files: [String]) async throws {
        for file in files {
            let warcio = try await run(["-m", "warcio.cli", "check", file])
            #expect(warcio.status == 0, "\(warcio.stdout)\(warcio.stderr)")
            let fastwarc = try await run(
                [
                    "-c",
                    """
                    import sys
                    from fastwarc.warc import ArchiveIterator
                    for record in ArchiveIterator(open(sys.argv[1], 'rb'), parse_http=False):
                        assert record.verify_block_digest(), record.record_id
                    """, file,
                ])
            #expect(fastwarc.status == 0, "\(fastwarc.stderr)")
        }
    }

    /// Type, status and what else is asked for, a line a record.
    private func index(_ file: String, _ fields: String) async throws -> [JSON] {
        let result = try await run(["-m", "warcio.cli", "index", "-f", fields, file])
        return try result.lines.map(JSON.init)
    }

    @Test(.enabled(if: RawDocumentTests.python != nil, RawDocumentTests.noPython))
    func otherProgramsReadWhatWasKept() async throws {
        let lab = try Lab()
        lab.server.on(
            "/a.xml", .ok(Lab.rss("one"), ("Content-Type", "application/rss+xml"), ("ETag", "\"1\"")),
            .ok(Lab.rss("one"), ("ETag", "\"1\"")), .status(304), .ok(Lab.rss([("one", "edited")])))
        lab.server.on("/chunked.xml", .ok(Lab.rss("two")).but { $0.framing = .chunked(7) })
        try lab.folder.write("s3cret", to: "token")
        try lab.folder.write(Lab.rss("three"), to: "local.xml")
        try configure(
            lab,
            [
                "{url: '\(lab.server.url("/a.xml"))', headers: {X-Key: hidden, Cookie: hidden}, auth: {bearer_file: token}}",
                lab.server.url("/chunked.xml"), "file://\(lab.folder.path)/local.xml",
            ])
        for _ in 0..<4 { try await lab.run("run", "--once", "--force") }
        let file = try #require(try files(lab).first)
        try await check([file])
        let records = try await index(file, "warc-type,warc-target-uri,http:status,http:x-crawler-transfer-encoding")
        func count(_ type: String, _ target: String) -> Int {
            records.count { $0["warc-type"].string == type && $0["warc-target-uri"].string.hasSuffix(target) }
        }
        #expect(records.first?["warc-type"].string == "warcinfo")
        // The edit makes the second response; what came again refers to the first, and a 304 leaves nothing.
        #expect(count("response", "/a.xml") == 2 && count("request", "/a.xml") == 2 && count("revisit", "/a.xml") == 1)
        #expect(count("response", "/chunked.xml") == 1 && count("revisit", "/chunked.xml") == 3)
        #expect(count("resource", "/local.xml") == 1)
        #expect(records.contains { $0["http:x-crawler-transfer-encoding"].string == "chunked" })
        let text = try await Program.run([file], shell: "exec zcat \"$@\"").stdout
        #expect(text.contains("X-Key: ***") && !text.contains("hidden") && !text.contains("s3cret"))

        let exported = lab.folder.path + "/out.warc.gz"
        try await lab.run("export", "--format", "warc", "--feed", lab.server.url("/a.xml"), "--output", exported)
        try await check([exported])
        #expect(
            try await index(exported, "warc-type").map { $0["warc-type"].string }
                == ["warcinfo", "request", "response", "revisit", "request", "response"])
    }

    @Test func everyRevisionNamesItsDocument() async throws {
        let lab = try Lab()
        lab.server.on("/a.xml", .ok(Lab.rss("one")), .ok(Lab.rss([("one", "edited")])))
        try configure(lab, [lab.server.url("/a.xml")])
        for _ in 0..<2 { try await lab.run("run", "--once", "--force") }
        let name = try #require(try files(lab).first?.split(separator: "/").last)
        let places = try await lab.json("show", "1", "--revisions").map { $0["_ingestd"]["record"].string }
        #expect(places.count == 2 && Set(places).count == 2)
        #expect(places.allSatisfy { $0.hasPrefix("warc/\(name)@") })
        #expect(try await lab.run("show", "1").stdout.contains("document: \(places[1])"))
        #expect(try await lab.run("verify").lines[0].contains("2 raw documents in 1 file "))
        // The same parser changes nothing.
        let again = try await lab.run("reparse", "--json")
        let json = try JSON(try #require(again.lines.first, "\(again.stderr)"))
        #expect(again.status == 0 && json["documents"].int == 2 && json["revised"].int + json["corrected"].int == 0)
    }

    @Test func withoutKeptDocumentsItIsSaid() async throws {
        let lab = try Lab()
        lab.server.on("/a.xml", .ok(Lab.rss("one")))
        try lab.configure(targets: ["/a.xml"])
        try await lab.run("run", "--once")
        #expect(!FileManager.default.fileExists(atPath: lab.archive + "/warc"))
        for arguments in [["export", "--format", "warc"], ["reparse"]] {
            let result = try await Program.run(arguments + ["--config", lab.configuration])
            #expect(result.status == 1 && result.stdout.isEmpty && result.stderr.contains("keep: {raw: changed}"))
        }
        #expect(try await lab.json("show", "1").allSatisfy { !$0["_ingestd"]["record"].isThere })
    }

    @Test func aRunningDaemonIsNotReparsed() async throws {
        let lab = try Lab()
        lab.server.on("/a.xml", .ok(Lab.rss("one")))
        try configure(lab, [lab.server.url("/a.xml")])
        try await lab.run("run", "--once")
        let daemon = try await lab.daemon()
        let result = try await lab.run("reparse")
        #expect(result.status == 1 && result.stderr.contains("process \(daemon.pid)") && result.stderr.contains("stop"))
        // What is kept is read meanwhile.
        #expect(try await lab.run("export", "--format", "warc", shell: "exec \"$0\" \"$@\" | zcat").status == 0)
        daemon.signal(SIGTERM)
        _ = try await daemon.end()
    }

    /// The disk is full (a file can grow no further): the program ends and says so, and what was kept before is whole.
    @Test func aFullDiskLeavesNothingTorn() async throws {
        let lab = try Lab()
        var random = SystemRandomNumberGenerator()
        let targets = (0..<6).map { "/\($0).xml" }
        for target in targets {
            // Kept at half its length, and no entry.
            let padding = (0..<40_000).map { _ in String(random.next() | 1 << 63, radix: 16) }.joined()
            lab.server.on(target, .ok(Lab.rss(target) + "<!--\(padding)-->"))
        }
        try configure(lab, targets.map { lab.server.url($0) })
        let failed = try await lab.run(
            "run", "--once", shell: "trap '' XFSZ; ulimit -f 1200; exec \"$0\" \"$@\"")
        #expect(failed.status == 74, "\(failed.stderr)")
        let verified = try await lab.json("verify")
        #expect(verified.first?["ok"].bool == true)
        let read = try await Program.run(try files(lab), shell: "exec gzip -t \"$@\"")
        #expect(read.status == 0, "\(read.stderr)")
        try await lab.run("run", "--once")
        #expect(try await lab.sql("SELECT count(*) FROM raw_record WHERE kind = 'response'") == [["6"]])
        #expect(try await lab.run("verify").status == 0)
    }

    /// Killed at any moment: every record that the archive names is there, and no reader stumbles.
    @Test func filesAreWholeAfterKills() async throws {
        let lab = try Lab()
        let targets = (0..<20).map { "/\($0).xml" }
        for target in targets {
            lab.server.on(target) { request in
                .ok(
                    Lab.rss(
                        (0..<20).map { ("\(target)-\(request.previous + $0)", "Text \(request.previous) of \($0)") }))
            }
        }
        try configure(
            lab, targets.map { lab.server.url($0) }, schedule: "{min_interval: 1s, max_interval: 1s}")
        // An archive is there, whenever the first one is killed.
        try await lab.run("run", "--once")
        for round in 0..<8 {
            let before = lab.server.requests.count
            let daemon = try lab.start("run", "--log-level", "error")
            // Killed at its start at first, then later and later.
            try await eventually { lab.server.requests.count >= before + round * 4 || daemon.hasEnded }
            try await Task.sleep(for: .milliseconds(50 + round * 10))
            #expect(!daemon.hasEnded, "\(daemon.stderr)")
            daemon.signal(SIGKILL)
            _ = try await daemon.end()
            let verified = try await lab.run("verify")
            #expect(verified.status == 0, "\(verified.stdout)")
        }
        try await lab.run("run", "--once", "--force")
        let verified = try await lab.json("verify")
        #expect(verified.first?["checked"]["raw_documents"].int ?? 0 > 40)
        let read = try await Program.run(try files(lab), shell: "exec gzip -t \"$@\"")
        #expect(read.status == 0, "\(read.stderr)")
        if Self.python != nil { try await check(try files(lab)) }
    }
}
