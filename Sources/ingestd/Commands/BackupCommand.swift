import Archive
import ArgumentParser
import FeedModel
import Foundation
import Ingest

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copies the archive into another folder while the daemon writes.",
        discussion: """
            The copy is the archive as it stood in one moment, with the WARC files of that moment; no poll waits for it. The folder becomes an archive's \
            folder: 'ingestd run --archive DEST' goes on from it. The copy bears its name once SQLite has checked it and \
            its rows are as many as the archive's. An archive that is there is never overwritten (exit 73). Exits 74 when \
            the disk is full or fails, and 1 when --verify finds something, which the copy then has from the archive.
            """)

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Verify the copy as a whole, as 'ingestd verify' does.")
    var verify = false

    @Argument(help: ArgumentHelp("The folder that the copy goes to.", valueName: "dest"))
    var destination: String

    func run() throws {
        let archive = try global.openForReading()
        let folder = URL(fileURLWithPath: destination).path
        let started = SystemTime().now
        let summary: BackupSummary
        var report: VerificationReport?
        do {
            let bar = ProgressBar(isShown: Terminal.isErrorTerminal && !global.quiet && !global.json, unit: "MiB")
            defer { bar.clear() }
            summary = try archive.backUp(to: folder, holder: global.holder("backup")) { done, total in
                bar.total = total >> 20
                bar.show(done: done >> 20)
            }
            bar.clear()
            if verify { report = try global.verify(Archive.openForReading(folder: folder)) }
        } catch let error as ArchiveError {
            throw CommandFailure(error)
        }
        let duration = SystemTime().now - started
        if global.json {
            var json = JSONWriter()
            json.object { json in
                json.member("path", Archive.databasePath(inFolder: folder))
                json.member("bytes", summary.bytes)
                json.member("articles", summary.articles)
                json.member("seq", Int(summary.seq))
                if !summary.missingFiles.isEmpty {
                    json.array("missing_warc_files") { for name in summary.missingFiles { $0.string(name) } }
                }
                json.member("seconds", Double(duration.milliseconds) / 1000)
                if let report { json.object("verification") { report.members(&$0) } }
            }
            json.newline()
            Terminal.output.write(json.bytes)
        } else {
            Terminal.output.line(
                "\(Archive.databasePath(inFolder: folder)): \(summary.articles) articles, "
                    + "\(ByteCount.describe(summary.bytes)), the change log up to \(summary.seq)")
            for name in summary.missingFiles {
                Terminal.message("note: warc/\(name) is not beside the archive, and so is not in the copy")
            }
            for line in report?.lines(duration: duration) ?? [] { Terminal.output.line(line) }
        }
        if let report, report.found > 0 { throw CommandFailure(.failed, nil) }
    }
}
