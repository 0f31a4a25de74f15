import Archive
import ArgumentParser
import FeedModel
import FeedParse
import Ingest

/// Which articles a command is about.
struct ArticleOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only articles that stood in this feed.", valueName: "url"))
    var feed: String?

    @Option(help: ArgumentHelp("Only articles of feeds with this tag.", valueName: "tag"))
    var tag: String?

    @Option(
        help: ArgumentHelp("First seen at or after: RFC 3339, a date, or a time ago such as 24h.", valueName: "when"))
    var since: Moment?

    @Option(help: ArgumentHelp("First seen before.", valueName: "when"))
    var until: Moment?

    @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
    var limit: Int?

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit takes a number of 0 or more") }
    }

    func filter(at now: Timestamp) -> ArticleFilter {
        ArticleFilter(feed: feed, tag: tag, since: since?.timestamp(now), until: until?.timestamp(now), limit: limit)
    }
}

/// An instant as it is written on a command line.
enum Moment: ExpressibleByArgument {
    case at(Timestamp)
    case ago(Duration)

    init?(argument: String) {
        if let instant = DateParser.parse(argument) {
            self = .at(instant)
        } else if let duration = DurationText.duration(argument) {
            self = .ago(duration)
        } else {
            return nil
        }
    }

    func timestamp(_ now: Timestamp) -> Timestamp {
        switch self {
        case .at(let instant): instant
        case .ago(let duration): now - duration
        }
    }
}

struct ArticlesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "articles", abstract: "Lists the archive's articles, the newest first.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var options: ArticleOptions

    func run() throws {
        let archive = try global.openForReading()
        try archive.articles(options.filter(at: SystemTime().now)) { article in
            if global.json {
                Terminal.output.write(ArticlesCommand.jsonLine(article))
            } else {
                Terminal.output.line(ArticlesCommand.line(article))
            }
        }
    }

    /// The item object and a line end.
    static func jsonLine(_ article: ArchivedArticle) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: article.text.utf8.count * 2 + 1024)
        json.article(article)
        json.newline()
        return json.bytes
    }

    /// `12  2026-11-22 09:30  Title  — Feed (2 places, revision 3)`.
    static func line(_ article: ArchivedArticle) -> String {
        let date = (article.published ?? article.firstSeen).rfc3339Seconds.prefix(16).replacing("T", with: " ")
        var notes: [String] = []
        if article.sightings > 1 { notes.append("\(article.sightings) places") }
        if article.revision > 1 { notes.append("revision \(article.revision)") }
        let title = article.title ?? article.text.prefix { !$0.isNewline }.prefix(80) + "…"
        return
            "\(article.id.rawValue)  \(date)  \(Terminal.bold(Terminal.clean(title)))  \(Terminal.dim("— " + Terminal.clean(article.feedTitle ?? article.feedURL)))"
            + (notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))")
    }
}
