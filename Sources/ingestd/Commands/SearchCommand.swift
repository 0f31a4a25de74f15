import Archive
import ArgumentParser
import FeedModel
import Ingest

struct SearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Searches title, text and author of the archive's articles.",
        discussion: """
            Words must all be there, in any order; case and the diacritics of Latin letters make no difference. \
            "words in quotes" stand one behind the other; beg* is the beginning of a word; OR, NOT or a minus before a \
            word, and parentheses do what they say; title:, author: and text: before a word, quotes or parentheses say \
            where. In Chinese, Japanese, Thai and other scripts without spaces every part of a text is found.

            Filters may stand in the query as well: feed:URL, feed:HOST, tag:TAG (with a minus: not of these), \
            after:WHEN, before:WHEN. A query that begins with a minus goes behind --.

            With --sort rank the \(Archive.mostRanked) newest articles that match are ranked: hits in the title count \
            most, rare words more than common ones. With --json, '_ingestd' has the members 'rank' (the higher the \
            better, to be compared within one search) and 'snippet' too.
            """)

    /// Where no limit is given.
    private static let defaultLimit = 20

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("What to search for; several are one query.", valueName: "query"))
    var query: [String]

    @Option(help: ArgumentHelp("The best first, or the newest: rank, newest.", valueName: "order"))
    var sort: Order = .rank

    enum Order: String, ExpressibleByArgument, CaseIterable {
        case rank, newest

        var sort: SearchRequest.Sort { self == .rank ? .rank : .newest }
    }

    @OptionGroup var options: ArticleOptions

    func run() throws {
        let now = SystemTime().now
        let query: SearchQuery
        do {
            query = try SearchQuery.parse(self.query.joined(separator: " ")) { word in
                Moment(argument: word)?.timestamp(now)
            }
        } catch {
            throw CommandFailure(.usage, error.description)
        }
        var filter = options.filter(at: now)
        filter.limit = filter.limit ?? SearchCommand.defaultLimit
        let summary: SearchSummary
        do {
            let archive = try global.openForReading()
            summary = try archive.search(SearchRequest(query, filter: filter, sort: sort.sort), each: show)
        } catch let error as ArchiveError {
            throw CommandFailure(error)
        }
        Terminal.output.flush()
        if !global.quiet { for line in notes(summary) { Terminal.message(line) } }
    }

    private func show(_ hit: SearchHit) {
        if global.json {
            var json = JSONWriter(reservingCapacity: hit.article.text.utf8.count * 2 + 1024)
            json.article(hit.article) { json in
                json.member("rank", hit.rank)
                json.member("snippet", hit.snippet?.text)
            }
            json.newline()
            Terminal.output.write(json.bytes)
        } else {
            Terminal.output.line(ArticlesCommand.line(hit.article))
            let pieces = hit.snippet?.pieces.map { piece in
                piece.isHit ? Terminal.bold(Terminal.clean(piece.text)) : Terminal.clean(piece.text)
            }
            if let pieces { Terminal.output.line("    " + pieces.joined()) }
        }
    }

    /// What a reader of the results must know, a line each.
    private func notes(_ summary: SearchSummary) -> [String] {
        var notes = summary.unknown.map { "note: nothing in the archive has been under \($0)" }
        if summary.backlog > 0 {
            notes.append("note: \(summary.backlog) articles are not indexed yet, or not as they are now")
        }
        if summary.isRankedInPart {
            notes.append(
                "note: more than \(Archive.mostRanked) articles match; the newest of them were ranked")
        }
        if summary.hasMore, options.limit == nil {
            notes.append("note: more match than these \(summary.found); --limit shows more")
        }
        return notes
    }
}

extension GlobalOptions {
    /// How long a program that ends indexes at the most. What is left waits for the next one, or a daemon.
    private static let longestIndexing: Duration = .seconds(10)

    /// Brings the full-text index up to date behind a round of polls, and the stories.
    func index(_ archive: Archive, time: any TimeSource) async throws {
        let end = time.now + GlobalOptions.longestIndexing
        try await SearchIndexer(archive: archive, time: time).catchUp(until: end, besidePolls: false)
        try await StoryFinder(archive: archive, time: time).catchUp(until: end, besidePolls: false)
        let (unindexed, unlinked) = (try archive.searchBacklog(), try archive.storyBacklog())
        if unindexed > 0, !quiet {
            Terminal.message("note: \(unindexed) articles are still to be indexed for 'search'; the next rounds go on")
        }
        if unlinked > 0, !quiet {
            Terminal.message("note: stories are still to be looked for in \(unlinked) articles; the next rounds go on")
        }
    }
}
