import Archive
import ArgumentParser
import FeedModel
import Ingest

struct ReparseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reparse", abstract: "Reads the documents that were kept again, with this version's parser.",
        discussion: """
            For documents that were kept by 'keep: {raw: changed}'. What a document's entries are stored as is held against \
            what they are read as now. Where an article's newest state, or what it shows, reads otherwise, that is a \
            revision; where it is the same, the entry is set right. Entries that were not found before are new articles, \
            first seen when their document came. What has been replaced since does not come back, nothing leaves a feed or \
            returns to it, and no poll is sooner or later. A second time there is nothing to do.

            It writes to the archive itself: the daemon must not run.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(
        help: ArgumentHelp(
            "Only documents received at or after: RFC 3339, a date, or a time ago such as 24h.", valueName: "when"))
    var since: Moment?

    @Flag(help: "Say what would change, and change nothing.")
    var dryRun = false

    @Argument(help: ArgumentHelp("Feeds, by configured or current URL; without any, all.", valueName: "url"))
    var urls: [String] = []

    func run() async throws {
        let configuration = try global.loadConfigurationIfAny()
        try await reportingArchiveErrors { try await reparse(configuration) }
    }

    private func reparse(_ configuration: Ingest.Configuration) async throws {
        let time = SystemTime()
        let reading = try Archive.openForReading(folder: global.archiveFolder(configuration))
        guard try reading.hasRawDocuments() else {
            throw CommandFailure(
                .failed,
                "the archive holds no documents as they came; write 'keep: {raw: changed}' in the configuration to keep "
                    + "those that come from now on")
        }
        try reading.close()
        let archive: Archive
        do {
            archive = try await global.openForPolling(configuration, command: "reparse")
        } catch ArchiveError.locked(_, let holder) {
            throw CommandFailure(
                .failed, "the archive is in use by \(holder); stop that one first, and start it again afterwards")
        }
        let feeds = try archive.feedsWithRawDocuments(urls: urls)
        for url in urls where !feeds.contains(where: { $0.configuredURL == url || $0.poll.url == url }) {
            Terminal.message("note: no document of \(url) was kept")
        }
        let reparse = Reparse(archive, since: since?.timestamp(time.now), now: time.now)
        var sums: [Reparse.Change.Kind: Int] = [:]
        var (documents, unreadable) = (0, 0)
        let bar = ProgressBar(isShown: Terminal.isErrorTerminal && !global.quiet && !global.json)
        bar.total = feeds.count
        for (index, feed) in feeds.enumerated() {
            let result = try await reparse.run(feed, isRehearsal: dryRun)
            documents += result.documents
            unreadable += result.unreadable.count
            bar.clear()
            for one in result.unreadable {
                Terminal.message("\(feed.configuredURL): \(one.place) was left out: \(Terminal.clean(one.reason))")
            }
            for change in result.changes {
                sums[change.kind, default: 0] += 1
                if !global.json { show(change) }
            }
            bar.show(done: index + 1)
        }
        bar.clear()
        if !dryRun { try await global.index(archive, time: time) }
        try archive.close()
        finish(sums, documents: documents, feeds: feeds.count, unreadable: unreadable)
        if unreadable > 0 { throw CommandFailure(.failed, nil) }
    }

    private func show(_ change: Reparse.Change) {
        // Numbers of a rehearsal are not given to anything.
        let isKnown = change.kind == .revised || change.kind == .corrected || !dryRun
        let number = isKnown ? change.article.map { "  \($0.rawValue)" } ?? "" : ""
        let title = change.title ?? change.url ?? "(no title)"
        Terminal.output.line(
            "\(change.kind.rawValue)\(number)  \(Terminal.clean(title))  \(Terminal.dim(change.place))")
    }

    private func finish(_ sums: [Reparse.Change.Kind: Int], documents: Int, feeds: Int, unreadable: Int) {
        let names: [(Reparse.Change.Kind, StaticString)] = [
            (.new, "new"), (.revised, "revised"), (.corrected, "corrected"), (.duplicate, "duplicates"),
        ]
        guard global.json else {
            let figures = names.map { "\(sums[$0.0] ?? 0) \($0.1)" }.joined(separator: ", ")
            let left = unreadable > 0 ? "; \(unreadable) were left out" : ""
            return Terminal.output.line(
                "\(dryRun ? "would change" : "changed"): \(figures); \(documents) documents of \(feeds) feeds\(left)")
        }
        var json = JSONWriter()
        json.object { json in
            json.member("documents", documents)
            json.member("feeds", feeds)
            for (kind, name) in names { json.member(name, sums[kind] ?? 0) }
            json.member("unreadable", unreadable)
            json.key("dry_run")
            json.bool(dryRun)
        }
        json.newline()
        Terminal.output.write(json.bytes)
    }
}
