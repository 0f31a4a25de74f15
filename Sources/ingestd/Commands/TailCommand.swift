import Archive
import ArgumentParser
import FeedModel
import Foundation

struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Prints the change log, oldest first, one JSON object a line.",
        discussion: """
            With --cursor NAME it goes on where NAME got to, and remembers how far it has printed: every line is \
            printed at least once, whatever happens in between.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Only lines after this number.", valueName: "seq"))
    var after: Int64?

    @Flag(help: "Wait for more.")
    var follow = false

    @Option(help: ArgumentHelp("Go on where this name got to, and remember it.", valueName: "name"))
    var cursor: String?

    func validate() throws {
        if after != nil && cursor != nil { throw ValidationError("--after and --cursor exclude each other") }
        if let cursor, !Cursor.isValid(cursor) {
            throw ValidationError("--cursor takes a name of letters, digits, '-', '_' and '.', not beginning with '.'")
        }
        if let after, after < 0 { throw ValidationError("--after takes a number of 0 or more") }
    }

    func run() async throws {
        let archive = try global.openForReading()
        let cursor = cursor.map { Cursor(name: $0, archiveFolder: archive.folder) }
        var seq = try after ?? cursor?.read() ?? 0
        try await reportingArchiveErrors {
            var version: Int64 = -1
            while true {
                let now = try archive.dataVersion()
                if now != version {
                    version = now
                    try printAll(after: &seq, of: archive, cursor)
                }
                guard follow else { return }
                try await Task.sleep(for: .milliseconds(250))
            }
        }
    }

    private func printAll(after seq: inout Int64, of archive: Archive, _ cursor: Cursor?) throws {
        while true {
            let changes = try archive.changes(after: seq, limit: 500)
            for change in changes { Terminal.output.write(TailCommand.line(change)) }
            Terminal.output.flush()
            guard let last = changes.last else { return }
            seq = last.seq
            try cursor?.write(seq)
        }
    }

    private static func line(_ change: Change) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 4096)
        func members(_ json: inout JSONWriter) {
            json.member("seq", Int(change.seq))
            json.member("kind", change.kind.rawValue)
            json.member("at", Timestamp(seconds: change.at.seconds))
        }
        if let article = change.article {
            json.article(article, extra: members)
        } else {
            json.object { json in
                json.object("_ingestd") { json in
                    if let feed = change.feedURL { json.object("feed") { $0.member("url", feed) } }
                    members(&json)
                }
            }
        }
        json.newline()
        return json.bytes
    }
}

/// How far a named consumer of the change log has come: a small file beside the archive, replaced as a
/// whole, so that consumers need no right to write to the database.
struct Cursor {
    private let path: String
    private let folder: String

    init(name: String, archiveFolder: String) {
        folder = archiveFolder + "/cursors"
        path = folder + "/" + name
    }

    static func isValid(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 100 && !name.hasPrefix(".")
            && name.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "-_.".utf8.contains($0) }
    }

    func read() throws -> Int64 {
        guard FileManager.default.fileExists(atPath: path) else { return 0 }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let seq = Int64(text.trimmingCharacters(in: .whitespacesAndNewlines))
        else { throw CommandFailure(.inputOutput, "the cursor \(path) cannot be read; remove it to begin anew") }
        return seq
    }

    func write(_ seq: Int64) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data("\(seq)\n".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFailure(.inputOutput, "the cursor \(path) cannot be written: \(error.localizedDescription)")
        }
    }
}
