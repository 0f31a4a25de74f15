import Archive
import ArgumentParser
import FeedModel
import Foundation
import Ingest

struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Removes the articles and revisions that 'keep' does not want any longer.",
        discussion: """
            What 'keep: {articles: 10y, revisions: 5}' in the configuration says, for all feeds, for tags or for a feed. \
            An article goes when every feed that it stood in has kept it for long enough; never one that stands in the \
            latest document of a configured feed. What was removed does not come back as new; the change log gets a line \
            'gone' for each. --dry-run says what would go, and changes nothing.

            A running daemon does this by itself, a minute after its start, once a day, and when it has read its \
            configuration anew; then only --dry-run can be used. 'run --once' does not do it.

            The file does not shrink: SQLite uses the pages again. To make it smaller, stop the daemon, and \
            sqlite3 archive.sqlite3 VACUUM.
            """)

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Say what would be removed, and change nothing.")
    var dryRun = false

    func run() async throws {
        let configuration = try global.loadConfiguration()
        let folder = global.archiveFolder(configuration)
        let started = SystemTime().now
        let summary = try await reportingArchiveErrors {
            if dryRun { return try await prune(Archive.openForReading(folder: folder), configuration) }
            if let holder = ArchiveLock.holder(ofFolder: folder), holder.command == "run" {
                throw CommandFailure(
                    .failed,
                    "the daemon (process \(holder.pid)) removes by itself what is not to be kept, once a day and when it "
                        + "has read its configuration anew (SIGHUP); 'ingestd prune --dry-run' says what waits")
            }
            // A misspelt folder is no reason to make an archive.
            try Archive.openForReading(folder: folder).close()
            let archive = try await global.openForPolling(configuration, command: "prune")
            let summary = try await prune(archive, configuration)
            try archive.close()
            return summary
        }
        let duration = SystemTime().now - started
        if global.json { write(summary, duration) } else { show(summary) }
        Terminal.output.flush()
    }

    private func prune(_ archive: Archive, _ configuration: Ingest.Configuration) async throws -> PruneSummary {
        try await Pruner(archive: archive, configuration: configuration, time: SystemTime()).run(isDry: dryRun)
    }

    private func show(_ summary: PruneSummary) {
        for (url, count) in summary.byFeed.sorted(by: { ($1.value.bytes, $0.key) < ($0.value.bytes, $1.key) }) {
            Terminal.output.line("\(PruneCommand.words(count))  \(Terminal.clean(url))")
        }
        let total = PruneCommand.words(summary.total)
        Terminal.output.line(dryRun ? "would remove \(total); nothing was changed" : "removed \(total)")
    }

    private static func words(_ count: PruneSummary.Count) -> String {
        let articles = count.articles == 1 ? "1 article" : "\(count.articles) articles"
        let revisions = count.revisions == 1 ? "1 revision" : "\(count.revisions) revisions"
        return "\(articles) and \(revisions) of others, \(ByteCount.describe(count.bytes))"
    }

    private func write(_ summary: PruneSummary, _ duration: Duration) {
        func members(_ count: PruneSummary.Count, _ json: inout JSONWriter) {
            json.member("articles", count.articles)
            json.member("revisions", count.revisions)
            json.member("bytes", count.bytes)
        }
        var json = JSONWriter()
        json.object { json in
            json.key("dry_run")
            json.bool(dryRun)
            members(summary.total, &json)
            json.array("feeds") { json in
                for (url, count) in summary.byFeed.sorted(by: { $0.key < $1.key }) {
                    json.object { json in
                        json.member("url", url)
                        members(count, &json)
                    }
                }
            }
            json.member("seconds", Double(duration.milliseconds) / 1000)
        }
        json.newline()
        Terminal.output.write(json.bytes)
    }
}
