import Archive
import ArgumentParser
import FeedModel
import Foundation
import Ingest

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes articles, the oldest first, or the subscriptions.",
        discussion: """
            jsonl: one JSON object a line, as 'articles --json' prints it. csv: RFC 4180 in UTF-8, with the columns of \
            the archive's view 'articles'; a cell that a spreadsheet would take for a formula has an apostrophe before \
            it, and characters that turn the direction of a text around are left out, unless --verbatim; other control \
            characters always are. jsonfeed: one JSON Feed 1.1, HTML as published. atom: one Atom 1.0 document, HTML \
            made safe to show. opml: the configured feeds, their tags as folders and categories. warc: the documents as they \
            came, of feeds that --feed and --tag choose, received between --since and --until, as one WARC 1.1 file of \
            gzip members.

            The articles are those that 'articles' lists with the same options: with --limit, the newest so many. \
            They are those that are there when it begins.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case jsonl, csv, jsonfeed, atom, opml, warc
    }

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("jsonl, csv, jsonfeed, atom, opml or warc.", valueName: "format"))
    var format: Format = .jsonl

    @Option(
        name: [.customLong("output"), .customShort("o")],
        help: ArgumentHelp(
            "Write this file, which is replaced when all is written, instead of stdout.", valueName: "file"))
    var outputFile: String?

    @Flag(help: "With csv: cells as they are, those too that a spreadsheet would take for formulas.")
    var verbatim = false

    @OptionGroup var options: ArticleOptions

    func validate() throws {
        if verbatim && format != .csv { throw ValidationError("--verbatim is for --format csv alone") }
        if outputFile == "" { throw ValidationError("--output takes the name of a file") }
        if format == .opml, options.since != nil || options.until != nil || options.limit != nil {
            throw ValidationError(
                "--format opml lists feeds, which --feed and --tag choose; the other filters are for articles")
        }
        if format == .warc, options.limit != nil {
            throw ValidationError(
                "--limit is for articles; --format warc takes --feed, --tag, --since and --until")
        }
    }

    func run() throws {
        do {
            switch format {
            case .warc:
                try exportRaw()
            case .opml:
                let document = OPMLExport.document(try subscriptions(), title: "Feeds of \(Program.name)")
                try writing { write in try write(document) }
            case .jsonl, .csv, .jsonfeed, .atom: try exportArticles()
            }
        } catch let error as ArchiveError {
            throw CommandFailure(error)
        } catch let error as OutputFile.Unwritable {
            throw CommandFailure(.inputOutput, error.description)
        }
    }

    // MARK: articles

    private func exportArticles() throws {
        let archive = try global.openForReading()
        let now = SystemTime().now
        let filter = options.filter(at: now)
        try noteUnknown(filter, archive)
        let selection = try archive.selection(filter)
        let progress = ProgressBar(
            isShown: outputFile != nil && Terminal.isErrorTerminal && !global.quiet && !global.json, unit: "articles")
        if progress.isShown { progress.total = try archive.count(selection) }
        defer { progress.clear() }
        var done = 0
        func step() {
            done += 1
            progress.show(done: done)
        }
        try writing { write in
            let title = try filter.feed.flatMap { try archive.feed(url: $0)?.title }
            let heading = ExportHeading(filter, feedTitle: title, archive: archive.folder, updated: now)
            switch format {
            case .csv:
                try write(CSVLine.of(ArticleViewRow.columns, isVerbatim: true))
                try archive.exportRows(selection) { row in
                    try write(CSVLine.of(row.values, isVerbatim: verbatim))
                    step()
                }
            case .jsonfeed:
                var document = try JSONFeedExport(heading, ids: ExportIDs(shared: archive.sharedGuids()))
                try write(document.begin())
                try archive.export(selection) { article in
                    try write(document.item(article))
                    step()
                }
                try write(document.end())
            case .atom:
                var document = try AtomExport(heading, ids: ExportIDs(shared: archive.sharedGuids()))
                try write(document.begin())
                try archive.export(selection) { article in
                    try write(document.entry(article))
                    step()
                }
                try write(document.end())
            case .jsonl, .opml, .warc:
                try archive.export(selection) { exported in
                    try write(ArticlesCommand.jsonLine(exported.article))
                    step()
                }
            }
        }
    }

    // MARK: raw documents

    private func exportRaw() throws {
        let archive = try global.openForReading()
        guard try archive.hasRawDocuments() else {
            throw CommandFailure(
                .failed,
                "the archive holds no documents as they came; write 'keep: {raw: changed}' in the configuration to keep "
                    + "those that come from now on (jsonl holds all that it knows of articles)")
        }
        let now = SystemTime().now
        let filter = options.filter(at: now)
        try noteUnknown(filter, archive)
        try writing { write in
            let count = try archive.exportRaw(
                RawSelection(feed: filter.feed, tag: filter.tag, since: filter.since, until: filter.until),
                version: Program.version, at: now, write: write)
            if count == 0, !global.quiet { Terminal.message("note: no document was received then, or there") }
        }
    }

    /// A name that nothing bears is more often a slip than a wish for nothing.
    private func noteUnknown(_ filter: ArticleFilter, _ archive: Archive) throws {
        if global.quiet { return }
        for name in try archive.unknownNames(filter) {
            Terminal.message("note: nothing in the archive has been under \(name)")
        }
    }

    /// Hands over where to write; a file takes its name when the body has ended.
    private func writing(_ body: (_ write: ([UInt8]) throws -> Void) throws -> Void) throws {
        guard let outputFile, outputFile != "-" else {
            return try body { Terminal.output.write($0) }
        }
        let file = try OutputFile(outputFile)
        try body(file.write)
        try file.finish()
    }

    // MARK: subscriptions

    /// The feeds of the configuration with what the archive, if there is one, knows of them; without a configuration
    /// those that the archive was last told of.
    private func subscriptions() throws -> [Subscribed] {
        var feeds: [Subscribed] = []
        if global.configurationPath == nil {
            try global.openForReading().feeds { feed, _ in feeds.append(ExportCommand.subscribed(feed)) }
        } else {
            let configuration = try global.loadConfiguration()
            var known: [String: Feed] = [:]
            do {
                let archive = try Archive.openForReading(folder: global.archiveFolder(configuration))
                try archive.feeds { feed, _ in known[feed.configuredURL] = feed }
            } catch ArchiveError.notThere {
                // Nothing was polled yet.
            }
            feeds = configuration.feeds.map { feed in
                let poll = known[feed.url]?.poll
                return Subscribed(
                    url: feed.url, title: feed.title ?? poll?.title, homePageURL: poll?.homePageURL, tags: feed.tags)
            }
        }
        if let url = options.feed { feeds.removeAll { $0.url != url } }
        if let tag = options.tag { feeds.removeAll { !$0.tags.contains(tag) } }
        let files = feeds.count { $0.url.hasPrefix("file:") }
        if files > 0, !global.quiet {
            Terminal.message("note: \(files) feeds in files of this machine were left out")
        }
        return feeds.filter { !$0.url.hasPrefix("file:") }
    }

    private static func subscribed(_ feed: Feed) -> Subscribed {
        Subscribed(
            url: feed.configuredURL, title: feed.title, homePageURL: feed.poll.homePageURL, tags: feed.tags)
    }
}
