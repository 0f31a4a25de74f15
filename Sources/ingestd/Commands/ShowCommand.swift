import Archive
import ArgumentParser
import FeedModel
import FeedParse

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows one article: as it stands, its places, its revisions.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The article's number.", valueName: "id"))
    var id: Int64

    @Flag(help: "Only its text, one paragraph a line.")
    var text = false

    @Flag(help: "Only its HTML, made safe to show in a browser.")
    var html = false

    @Flag(help: "Every state that it had, the oldest first.")
    var revisions = false

    @Flag(help: "What changed from each revision to the next, word by word.")
    var diff = false

    func validate() throws {
        if [text, html, revisions, diff].count(where: \.self) > 1 {
            throw ValidationError("--text, --html, --revisions and --diff exclude each other")
        }
    }

    func run() throws {
        let archive = try global.openForReading()
        let id = ArticleID(rawValue: id)
        guard let article = try archive.article(id) else {
            throw CommandFailure(.failed, "there is no article \(id.rawValue); 'ingestd articles' lists them")
        }
        if revisions || diff {
            try showRevisions(of: id, in: archive)
        } else if global.json {
            write(article)
        } else if text {
            Terminal.output.line(Terminal.clean(article.text, keepsLines: true))
        } else if html {
            let body =
                article.body.map { body in
                    body.isMarkup ? Sanitizer.sanitize(body.value, base: article.url) : HTMLText.escape(body.value)
                } ?? ""
            Terminal.output.line(Terminal.clean(body, keepsLines: true))
        } else {
            try show(article, in: archive)
        }
    }

    private func write(_ article: ArchivedArticle, seen: Timestamp? = nil) {
        var json = JSONWriter()
        json.article(article) { json in json.member("seen", seen.map { Timestamp(seconds: $0.seconds) }) }
        json.newline()
        Terminal.output.write(json.bytes)
    }

    private func show(_ article: ArchivedArticle, in archive: Archive) throws {
        Terminal.output.line(Terminal.bold(Terminal.clean(article.title ?? "(no title)")))
        for (name, value) in [
            ("url", article.url), ("author", article.author), ("published", article.published?.rfc3339),
            ("modified", article.modified?.rfc3339), ("first seen", article.firstSeen.rfc3339Seconds),
            ("revision", "\(article.revision)"),
        ] {
            if let value { Terminal.output.line("\(name): \(Terminal.clean(value))") }
        }
        for sighting in try archive.sightings(of: article.id) {
            let until = sighting.lastSeen.map { ", left \($0.rfc3339Seconds)" } ?? ""
            let place = sighting.feedTitle.map { "\($0) (\(sighting.feedURL))" } ?? sighting.feedURL
            Terminal.output.line("in: \(Terminal.clean(place)) since \(sighting.firstSeen.rfc3339Seconds)\(until)")
        }
        Terminal.output.line("")
        Terminal.output.line(Terminal.clean(article.text, keepsLines: true))
    }

    private func showRevisions(of id: ArticleID, in archive: Archive) throws {
        var previous: ArchivedArticle?
        for (seen, feed, article) in try archive.revisions(of: id) {
            defer { previous = article }
            if global.json {
                write(article, seen: seen)
                continue
            }
            let title = Terminal.clean(article.title ?? "(no title)")
            Terminal.output.line(
                Terminal.bold("revision \(article.revision), \(seen.rfc3339Seconds), \(Terminal.clean(feed))"))
            if diff, let previous {
                let old = (previous.title ?? "") + "\n" + previous.text
                let new = (article.title ?? "") + "\n" + article.text
                Terminal.output.line(WordDiff.show(from: old, to: new))
            } else {
                Terminal.output.line(title)
                Terminal.output.line(Terminal.clean(article.text, keepsLines: true))
            }
            Terminal.output.line("")
        }
    }
}

/// Plain text as HTML.
enum HTMLText {
    static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
