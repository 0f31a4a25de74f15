import ArgumentParser
import FeedModel
import FeedParse
import Foundation
import Ingest

struct ParseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse", abstract: "Prints feed documents as JSON Feed 1.1.",
        discussion: """
            One document is printed for reading; several (or a list of them) as one compact object a line, in order. \
            A document that is no feed gives an error; the others are printed all the same. Exits 65 if any was none.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("Documents; - is stdin.", valueName: "file"))
    var files: [String] = []

    @Option(help: ArgumentHelp("More documents: a file with one path a line, or - for stdin.", valueName: "list"))
    var filesFrom: String?

    @Option(
        help: ArgumentHelp("Where the document is from: relative links are resolved against it.", valueName: "base"))
    var url: String?

    @Option(help: ArgumentHelp("The Content-Type that it came with.", valueName: "type"))
    var contentType: String?

    @Flag(help: "HTML made safe to show in a browser.")
    var sanitized = false

    func validate() throws {
        if files.isEmpty && filesFrom == nil { throw ValidationError("name a document, or - for stdin") }
    }

    func run() throws {
        var paths = files
        if let filesFrom {
            let list = try ParseCommand.read(filesFrom)
            paths += String(decoding: list, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
        }
        let isSingle = paths.count == 1 && filesFrom == nil
        DocumentMemory.keepFreed()
        var refused = 0
        var json = JSONWriter(reservingCapacity: 1 << 16)
        for path in paths {
            let bytes: [UInt8]
            do {
                bytes = try ParseCommand.read(path)
            } catch let failure as CommandFailure where !isSingle {
                refused += 1
                let isTooLarge = failure.exitCode == CommandFailure.Code.badInput.rawValue
                write(error: isTooLarge ? "too-large" : "unreadable", failure.message ?? "", path)
                continue
            }
            switch FeedReader.read(bytes, context: DocumentContext(url: url, contentType: contentType)) {
            case .success(var feed):
                if sanitized { feed = feed.sanitized(base: url) }
                json.removeAll()
                json.feed(feed) { entry in EntryDigest.contentHash(of: entry) }
                json.newline()
                Terminal.output.write(json.bytes)
            case .failure(let reason):
                refused += 1
                if isSingle {
                    throw CommandFailure(.badInput, "\(path): \(reason.code.rawValue): \(reason.message)")
                }
                write(error: reason.code.rawValue, reason.message, path)
            }
        }
        Terminal.output.flush()
        if refused > 0 { throw CommandFailure(.badInput, nil) }
    }

    private func write(error code: String, _ message: String, _ path: String) {
        var json = JSONWriter()
        json.object { json in
            json.member("file", path)
            json.object("error") { json in
                json.member("code", code)
                json.member("message", message)
            }
        }
        json.newline()
        Terminal.output.write(json.bytes)
    }

    /// The bytes of a document; `-` is stdin.
    static func read(_ path: String) throws -> [UInt8] {
        do {
            if path == "-" { return [UInt8](try FileHandle.standardInput.readToEnd() ?? Data()) }
            return try InputFile.read(path)
        } catch let unreadable as InputFile.Unreadable where unreadable.isTooLarge {
            throw CommandFailure(.badInput, "\(path): too-large: \(unreadable)")
        } catch {
            throw CommandFailure(.inputOutput, "\(path) cannot be read: \(error)")
        }
    }
}
