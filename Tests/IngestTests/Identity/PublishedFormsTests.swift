import Archive
import FeedModel
import TestSupport
import Testing

@testable import Ingest

/// One article in all the forms in which feeds publish, through whole polls.
@Suite struct PublishedFormsTests {
    private static let title = "Premier calls “snap” election — his rivals’ answer"
    private static let paragraphs = [
        "“It is time,” the premier said on Tuesday; nobody in the hall — not even his own party’s whip — had expected it.",
        "Polls put the two camps level at 41 %, with turnout in Čáslav, Đakovo and 東京 hard to foretell. R&D and a < b are text.",
        "The last one cost €1,3 million… and changed nothing, as a naïve reader of the Ærø gazette wrote on page 3½.",
    ]

    private static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    private static let html = paragraphs.map { "<p>\(escape($0))</p>" }.joined(separator: "\n")

    private static func rss(_ feed: String, _ body: String) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">\
        <channel><title>\(feed)</title><link>http://\(feed).example/</link><description>d</description><item>\
        <title>\(title)</title><link>http://\(feed).example/story</link><guid isPermaLink="false">\(feed)-1</guid>\
        \(body)</item></channel></rss>
        """
    }

    private static func atom(_ feed: String, _ content: String) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><id>urn:\(feed)</id>\
        <title>\(feed)</title><updated>2026-11-22T09:30:00Z</updated><entry><id>urn:\(feed):1</id>\
        <title type="html">\(escape(escape(title)))</title><link href="http://\(feed).example/story"/>\
        <updated>2026-11-22T09:30:00Z</updated>\(content)</entry></feed>
        """
    }

    private static let json = """
        {"version": "https://jsonfeed.org/version/1.1", "title": "json", "items": [{"id": "j1", \
        "url": "http://json.example/story", "title": "\(title)", \
        "content_text": "\(paragraphs.joined(separator: "\\n\\n"))"}]}
        """

    static let documents: [(feed: String, document: String)] = [
        ("escaped", rss("escaped", "<description>\(escape(html))</description>")),
        ("cdata", rss("cdata", "<description><![CDATA[\(html)]]></description>")),
        (
            "encoded",
            rss(
                "encoded",
                "<description>A teaser.</description><content:encoded><![CDATA[\(html.replacing("“", with: "&ldquo;"))]]></content:encoded>"
            )
        ),
        ("atom", atom("atom", "<content type=\"html\">\(escape(html))</content>")),
        (
            "xhtml",
            atom("xhtml", "<content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">\(html)</div></content>")
        ),
        ("json", json),
    ]

    /// Whichever is met first.
    @Test("cdata-versus-escaped, and four more", arguments: 0..<documents.count)
    func oneArticleInSixForms(first: Int) async throws {
        let server = try ScriptedServer()
        let lab = try PollerTests.Lab(server)
        let order = Self.documents[first...] + Self.documents[..<first]
        for (feed, document) in order {
            server.on("/\(feed)", .ok(document))
            lab.add("/\(feed)")
            try await lab.round()
            #expect(try lab.titles == [Self.title], "\(feed)")
        }
        let article = try #require(try lab.archive.article(ArticleID(rawValue: 1)))
        #expect(article.sightings == 6 && article.revision == 1)
        // To the letter.
        #expect(article.text.split(separator: "\n").map(String.init) == Self.paragraphs)
        #expect(
            try lab.archive.changes(after: 0, limit: 10).map(\.kind) == [.new] + Array(repeating: .duplicate, count: 5))
    }
}
