import Archive
import ArgumentParser
import FeedModel
import FeedParse
import Ingest

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

    @Flag(help: "Every place where it stands, and by which rule each became this article.")
    var why = false

    @Flag(help: "The articles that say almost the same, and how much of it.")
    var story = false

    func validate() throws {
        if [text, html, revisions, diff, why, story].count(where: \.self) > 1 {
            throw ValidationError("--text, --html, --revisions, --diff, --why and --story exclude each other")
        }
    }

    func run() throws {
        let archive = try global.openForReading()
        let id = ArticleID(rawValue: id)
        guard let article = try archive.article(id) else {
            if let removed = try archive.removal(of: id) {
                throw CommandFailure(
                    .failed,
                    "article \(id.rawValue) was removed by retention on \(removed.rfc3339Seconds); 'keep' in the configuration says how long articles stay"
                )
            }
            throw CommandFailure(.failed, "there is no article \(id.rawValue); 'ingestd articles' lists them")
        }
        if why {
            try showWhy(article, in: archive)
        } else if story {
            try showStory(of: article, in: archive)
        } else if revisions || diff {
            try showRevisions(of: id, in: archive)
        } else if global.json {
            write(article, place: try archive.places(ofRevisionsOf: id)[article.revision])
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

    private func words(of article: ArchivedArticle) -> String { (article.title ?? "") + "\n" + article.text }

    /// - Parameter place: where the document stands that brought the revision, if it was kept.
    private func write(
        _ article: ArchivedArticle, seen: Timestamp? = nil, place: String?, change: WordDiff? = nil
    ) {
        var json = JSONWriter()
        json.article(article) { json in
            json.member("seen", seen.map { Timestamp(seconds: $0.seconds) })
            json.member("record", place)
            change?.write(to: &json)
        }
        json.newline()
        Terminal.output.write(json.bytes)
    }

    private func show(_ article: ArchivedArticle, in archive: Archive) throws {
        Terminal.output.line(Terminal.bold(Terminal.clean(article.title ?? "(no title)")))
        for (name, value) in [
            ("url", article.url), ("author", article.author), ("published", article.published?.rfc3339),
            ("modified", article.modified?.rfc3339), ("first seen", article.firstSeen.rfc3339Seconds),
            ("revision", "\(article.revision)"),
            ("story", article.story.map { "\($0.rawValue) ('ingestd show \(article.id.rawValue) --story')" }),
            ("document", try archive.places(ofRevisionsOf: article.id)[article.revision]),
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

    private func showWhy(_ article: ArchivedArticle, in archive: Archive) throws {
        for sighting in try archive.sightings(of: article.id) {
            let rule = Identity.Rule(rawValue: sighting.rule)
            if global.json {
                var json = JSONWriter()
                json.object { json in
                    json.member("article", Int(article.id.rawValue))
                    json.member("feed", sighting.feedURL)
                    json.member("guid", sighting.guid)
                    json.member("url", sighting.url)
                    json.member("rule", rule.map { "\($0)" })
                    json.member("explanation", rule?.explanation)
                    json.member("first_seen", Timestamp(seconds: sighting.firstSeen.seconds))
                    json.member("last_seen", sighting.lastSeen.map { Timestamp(seconds: $0.seconds) })
                }
                json.newline()
                Terminal.output.write(json.bytes)
                continue
            }
            Terminal.output.line(Terminal.bold(Terminal.clean(sighting.feedURL)))
            for (name, value) in [("guid", sighting.guid), ("url", sighting.url)] {
                if let value { Terminal.output.line("  \(name): \(Terminal.clean(value))") }
            }
            let number = rule.map { "rule \($0.rawValue), \($0): \($0.explanation)" } ?? "rule \(sighting.rule)"
            Terminal.output.line("  \(number) (\(sighting.firstSeen.rfc3339Seconds))")
        }
    }

    private func showRevisions(of id: ArticleID, in archive: Archive) throws {
        var previous: ArchivedArticle?
        let places = try archive.places(ofRevisionsOf: id)
        for (seen, feed, article) in try archive.revisions(of: id) {
            defer { previous = article }
            let change = diff ? previous.map { WordDiff(from: words(of: $0), to: words(of: article)) } : nil
            if global.json {
                write(article, seen: seen, place: places[article.revision], change: change)
                continue
            }
            if let last = previous?.revision, article.revision > last + 1 {
                let (first, end) = (last + 1, article.revision - 1)
                let missing = first == end ? "revision \(first) is" : "revisions \(first) to \(end) are"
                Terminal.output.line(Terminal.dim("(\(missing) no longer kept)") + "\n")
            }
            let title = Terminal.clean(article.title ?? "(no title)")
            Terminal.output.line(
                Terminal.bold("revision \(article.revision), \(seen.rfc3339Seconds), \(Terminal.clean(feed))"))
            if let place = places[article.revision] { Terminal.output.line(Terminal.dim("document: \(place)")) }
            if let change {
                Terminal.output.line(change.shown)
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
