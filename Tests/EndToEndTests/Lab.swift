import Foundation
import TestSupport
import Testing

/// A folder with a configuration and an archive, and a publisher.
final class Lab: Sendable {
    let server: ScriptedServer
    let folder: TemporaryFolder
    var archive: String { folder.path + "/archive" }
    var configuration: String { folder.path + "/feeds.yaml" }
    var database: String { archive + "/archive.sqlite3" }

    init() throws {
        server = try ScriptedServer()
        folder = try TemporaryFolder()
    }

    /// Writes `feeds.yaml`: these URLs, and keys under `fetch` and `schedule`.
    func configure(_ urls: [String], fetch: [String] = [], schedule: [String] = []) throws {
        var lines = ["archive: ./archive", "fetch:", "  allow_private_addresses: true", "  proxy: null"]
        if !fetch.contains(where: { $0.hasPrefix("host_delay") }) { lines.append("  host_delay: 0s") }
        lines += fetch.map { "  " + $0 }
        if !schedule.isEmpty { lines += ["schedule:"] + schedule.map { "  " + $0 } }
        lines += ["feeds:"] + urls.map { "  - \"\($0)\"" }
        if urls.isEmpty { lines[lines.count - 1] = "feeds: []" }
        try folder.write(lines.joined(separator: "\n") + "\n", to: "feeds.yaml")
    }

    func configure(targets: [String], fetch: [String] = [], schedule: [String] = []) throws {
        try configure(targets.map(server.url), fetch: fetch, schedule: schedule)
    }

    func start(_ arguments: String..., environment: [String: String] = [:], shell: String? = nil) throws -> Program {
        try Program(arguments + ["--config", configuration], environment: environment, shell: shell)
    }

    @discardableResult
    func run(
        _ arguments: String..., environment: [String: String] = [:], shell: String? = nil,
        within timeout: Duration = patience
    ) async throws -> Program.Result {
        try await Program.run(
            arguments + ["--config", configuration], environment: environment, shell: shell, within: timeout)
    }

    /// What a command prints with `--json`, an object a line.
    func json(_ arguments: String...) async throws -> [JSON] {
        let result = try await Program.run(arguments + ["--json", "--config", configuration])
        return try result.lines.map(JSON.init)
    }

    /// A daemon that answers.
    func daemon(environment: [String: String] = [:]) async throws -> Program {
        let daemon = try start("run", environment: environment)
        let socket = (environment["RUNTIME_DIRECTORY"] ?? archive) + "/ingestd.sock"
        try await eventually("the daemon did not come up: \(daemon.stderr)") {
            if daemon.hasEnded { throw Program.Failure(description: "it ended: \(daemon.stderr)") }
            return FileManager.default.fileExists(atPath: socket)
        }
        try await eventually("the daemon did not answer: \(daemon.stderr)") { try await status(environment).responsive }
        return daemon
    }

    func status(_ environment: [String: String] = [:]) async throws -> (code: Int32, responsive: Bool, json: JSON) {
        let result = try await run("status", "--json", environment: environment)
        guard let line = result.lines.first else { throw Program.Failure(description: result.stderr) }
        let json = try JSON(line)
        return (result.status, json["daemon"]["responsive"].bool, json)
    }

    /// Changes the archive behind the program's back.
    func alter(_ statements: String) async throws {
        let script = """
            import sqlite3, sys
            db = sqlite3.connect(sys.argv[1], timeout=30)
            db.executescript(sys.argv[2])
            db.commit()
            """
        let result = try await Program.run(["-c", script, database, statements], shell: "exec python3 \"$@\"")
        guard result.status == 0 else { throw Program.Failure(description: result.stderr) }
    }

    /// Rows of a query, asked by another program's SQLite while ours may be writing.
    func sql(_ query: String) async throws -> [[String]] {
        let script = """
            import sqlite3, sys
            for row in sqlite3.connect(sys.argv[1], timeout=30).execute(sys.argv[2]):
                print('\\x1f'.join('' if value is None else str(value) for value in row))
            """
        let result = try await Program.run(["-c", script, database, query], shell: "exec python3 \"$@\"")
        guard result.status == 0 else { throw Program.Failure(description: result.stderr) }
        return result.stdout.split(separator: "\n", omittingEmptySubsequences: true).map {
            $0.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// An RSS document with these entries: guid, and text.
    static func rss(_ entries: [(guid: String, text: String)], title: String = "Feed") -> String {
        let items = entries.map { entry in
            """
            <item><title>Title of \(entry.guid)</title><link>http://site.example/\(entry.guid)</link>\
            <guid isPermaLink="false">\(entry.guid)</guid><description>\(entry.text)</description></item>
            """
        }
        return """
            <?xml version="1.0"?><rss version="2.0"><channel><title>\(title)</title>\
            <link>http://site.example/</link><description>d</description>\(items.joined(separator: "\n"))</channel></rss>
            """
    }

    static func rss(_ guids: String...) -> String { rss(guids.map { ($0, "Text of \($0)") }) }
}

/// A port that was free a moment ago.
func freePort() throws -> Int {
    let server = try ScriptedServer()
    defer { server.stop() }
    return server.port
}

/// A JSON value, asked without ceremony: what is not there is null, "", 0, false or empty.
struct JSON {
    private let value: Any?

    init(_ text: String) throws { value = try JSONSerialization.jsonObject(with: Data(text.utf8)) }

    private init(value: Any?) { self.value = value }

    subscript(name: String) -> JSON { JSON(value: (value as? [String: Any])?[name]) }
    var names: Set<String> { Set((value as? [String: Any] ?? [:]).keys) }
    var array: [JSON] { (value as? [Any] ?? []).map { JSON(value: $0) } }
    var string: String { value as? String ?? "" }
    var int: Int { (value as? NSNumber)?.intValue ?? 0 }
    var bool: Bool { (value as? NSNumber)?.boolValue ?? false }
    var isThere: Bool { value != nil }
}
