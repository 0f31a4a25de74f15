public import Archive
import FeedModel
import FeedParse
import Foundation

/// One Atom 1.0 document (RFC 4287) of archived articles, written piece by piece.
///
/// HTML is made safe to show. `updated`, which Atom demands, is the article's own date of change, else of
/// publication, else the instant at which it was first seen. An entry without a source of its own names the feed
/// that it stood in as its `source`, and that feed as its author if nobody else is named.
public struct AtomExport {
    private let heading: ExportHeading
    private let ids: ExportIDs
    private var xml = XMLWriter(isIndented: true)
    private let decoder = JSONDecoder()

    public init(_ heading: ExportHeading, ids: ExportIDs) {
        self.heading = heading
        self.ids = ids
    }

    public mutating func begin() -> [UInt8] {
        xml.declaration()
        xml.begin("feed", [("xmlns", "http://www.w3.org/2005/Atom")])
        xml.element("id", text: heading.id)
        xml.element("title", text: heading.title)
        xml.element("updated", text: heading.updated.rfc3339)
        xml.element("author") { $0.element("name", text: Program.name) }
        xml.element("generator", [("version", Program.version)], text: Program.name)
        return xml.take()
    }

    public mutating func end() -> [UInt8] {
        xml.end()
        return xml.take()
    }

    /// Throws if the archive's JSON of an entry is none.
    public mutating func entry(_ exported: ExportedArticle) throws -> [UInt8] {
        let article = exported.article
        let entry = try decoder.decode(EntryDetails.self, from: Data(article.entry.utf8))
        let details = entry.details
        let language = entry.language.flatMap { AtomExport.isLanguage($0) ? $0 : nil }
        xml.begin("entry", [("xml:lang", language)])
        xml.element("id", text: ids.id(exported))
        xml.element("title", text: article.title ?? "")
        xml.element(
            "updated",
            text: (article.modified ?? article.published ?? Timestamp(seconds: article.firstSeen.seconds)).rfc3339)
        xml.element("published", ifAny: article.published?.rfc3339)
        writePeople(article, entry)
        writeLinks(article, entry)
        writeCategories(entry)
        if let rights = details?.rights { write("rights", rights.value, isMarkup: rights.type != "text", article) }
        writeSource(article, entry)
        writeBody(article, entry)
        xml.end()
        return xml.take()
    }

    // MARK: people

    private mutating func writePeople(_ article: ArchivedArticle, _ entry: EntryDetails) {
        let authors =
            entry.details?.authors ?? (entry.authors ?? []).map { .init(name: $0.name, email: nil, uri: $0.url) }
        for person in authors { write("author", person) }
        for person in entry.details?.contributors ?? [] { write("contributor", person) }
    }

    private mutating func write(_ element: StaticString, _ person: EntryDetails.Person) {
        // "Person constructs MUST contain exactly one atom:name" (3.2.1).
        guard let name = person.name ?? person.email ?? person.uri else { return }
        xml.element(element) { xml in
            xml.element("name", text: name)
            xml.element("uri", ifAny: person.uri.flatMap { ExportIDs.isURI($0) ? $0 : nil })
            xml.element("email", ifAny: person.email.flatMap { AtomExport.isAddress($0) ? $0 : nil })
        }
    }

    /// `atomEmailAddress`: something on both sides of the sign.
    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty && !$0.contains(where: \.isWhitespace) }
    }

    // MARK: links

    /// Relations that say something of the entry itself. How it could be edited or found again is the
    /// publisher's affair, and alternates in other forms may stand there several times, which is one too many.
    private static let keptRelations = ["related", "via", "replies", "license"]

    private mutating func writeLinks(_ article: ArchivedArticle, _ entry: EntryDetails) {
        var written: Set<String> = []
        func isNew(_ href: String, _ relation: String) -> Bool {
            ExportIDs.isURI(AtomExport.reference(href)) && written.insert("\(relation) \(href)").inserted
        }
        func link(_ href: String?, _ relation: StaticString) {
            guard let href, isNew(href, relation.description) else { return }
            xml.element("link", [("rel", relation.description), ("href", AtomExport.reference(href))])
        }
        link(article.url, "alternate")
        for one in entry.details?.links ?? [] {
            guard let href = one.href, let relation = one.rel, AtomExport.keptRelations.contains(relation),
                isNew(href, relation)
            else { continue }
            xml.element(
                "link",
                [
                    ("rel", relation), ("href", AtomExport.reference(href)), ("type", one.type),
                    ("hreflang", one.hreflang), ("title", one.title),
                ])
        }
        link(entry.externalURL, "related")
        if !written.contains(where: { $0.hasPrefix("replies ") }) { link(entry.details?.commentsURL, "replies") }
        for one in entry.attachments ?? [] where isNew(one.url, "enclosure") {
            xml.element(
                "link",
                [
                    ("rel", "enclosure"), ("href", AtomExport.reference(one.url)), ("type", one.type),
                    ("title", one.title), ("length", one.size.map(String.init)),
                ])
        }
    }

    /// With what no reference may hold as percent escapes.
    private static func reference(_ url: String) -> String {
        guard url.utf8.contains(where: { $0 <= 0x20 || "<>\"{}|\\^`".utf8.contains($0) || $0 == 0x7F }) else {
            return url
        }
        return WebURL(url)?.wireForm ?? url
    }

    // MARK: the rest

    private mutating func writeCategories(_ entry: EntryDetails) {
        let categories =
            entry.details?.categories ?? (entry.tags ?? []).map { .init(term: $0, scheme: nil, label: nil) }
        for one in categories {
            guard let term = one.term ?? one.label else { continue }
            xml.element(
                "category",
                [
                    ("term", term), ("scheme", one.scheme.flatMap { ExportIDs.isURI($0) ? $0 : nil }),
                    ("label", one.label),
                ])
        }
    }

    private mutating func writeSource(_ article: ArchivedArticle, _ entry: EntryDetails) {
        let own = entry.details?.source
        let namesNobody = (entry.details?.authors ?? []).isEmpty && (entry.authors ?? []).isEmpty
        xml.element("source") { xml in
            if let own {
                xml.element("id", ifAny: own.id ?? own.url)
                xml.element("title", ifAny: own.title)
                if let url = own.url, ExportIDs.isURI(url) {
                    xml.element("link", [("rel", "alternate"), ("href", url)])
                }
            } else {
                xml.element("id", text: article.feedURL)
                xml.element("title", ifAny: article.feedTitle)
                if WebURL(article.feedURL)?.isHTTP == true {
                    xml.element("link", [("rel", "self"), ("href", AtomExport.reference(article.feedURL))])
                }
            }
            if namesNobody {
                let name = own.map { $0.title ?? $0.url } ?? article.feedTitle
                xml.element("author") { $0.element("name", text: name ?? article.feedURL) }
            }
        }
    }

    private mutating func writeBody(_ article: ArchivedArticle, _ entry: EntryDetails) {
        guard let source = entry.details?.contentSource else {
            // Beside the body only where it is not the body itself.
            xml.element("summary", ifAny: entry.summary)
            if let body = article.body {
                write("content", body.value, isMarkup: body.isMarkup, article)
            } else {
                // "MUST contain at least one atom:link element with a rel attribute value of alternate" without it.
                xml.element("content")
            }
            return
        }
        // Content that lives elsewhere has a summary beside it (4.1.2), which is what stood as the body.
        xml.element("content", [("src", AtomExport.reference(source.url)), ("type", source.type)])
        if let body = article.body {
            write("summary", body.value, isMarkup: body.isMarkup, article)
        } else {
            xml.element("summary")
        }
    }

    private mutating func write(_ element: StaticString, _ text: String, isMarkup: Bool, _ article: ArchivedArticle) {
        if isMarkup {
            xml.element(element, [("type", "html")], text: Sanitizer.sanitize(text, base: article.url))
        } else {
            xml.element(element, text: text)
        }
    }

    /// As RFC 5646 writes them.
    private static func isLanguage(_ text: String) -> Bool {
        !text.isEmpty
            && text.split(separator: "-", omittingEmptySubsequences: false).allSatisfy { part in
                (1...8).contains(part.utf8.count) && part.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit }
            }
    }
}
