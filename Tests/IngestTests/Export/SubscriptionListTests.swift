import FeedModel
import FeedParse
import Foundation
import TestSupport
import Testing

@testable import Ingest

/// OPML in and out: what is printed is read back as the same feeds, whatever titles and folders hold.
struct SubscriptionListTests {
    private static let hostile = [
        "plain", "a: b", "- x", "# no comment", "a # b", "'single' \"double\"", "back\\slash \\n", "{a: [b]}", "*alias",
        "&anchor",
        "!tag", "%percent", "@at", "`tick`", "|", ">", "?", "null", "~", "true", "1.5", "2026-11-25", "---", "...",
        "日本語 😀",
        "e\u{301}", "\u{FEFF}mark", "line\u{2028}separator", "next\u{85}line", "right\u{202E}left", "a<b>&amp;c", "]]>",
        "zero\u{200B}width", "\u{E000}\u{10FFFF}", "trailing:", ":", ",", "[",
        String(repeating: "long \u{E9}: ", count: 3000) + "end",
    ]

    /// feeds.yaml as `ConfigurationReader` reads it.
    private func read(yaml: String) throws -> [Subscribed] {
        let configuration = try ConfigurationReader.read(path: "/feeds.yaml") { _ in Array(yaml.utf8) }.get()
        return configuration.feeds.map { Subscribed(url: $0.url, title: $0.title, tags: $0.tags) }
    }

    private func imported(_ opml: String, _ configuration: Configuration? = nil) throws -> OPMLImport {
        try OPMLImport.read(Array(opml.utf8), name: "list.opml", configuration: configuration).get()
    }

    private static func opml(_ body: String) -> String { "<opml version=\"2.0\"><body>\n\(body)\n</body></opml>" }

    // MARK: titles and tags

    @Test(arguments: hostile)
    func textsComeBackFromYAML(text: String) throws {
        let feeds = try read(
            yaml:
                "feeds:\n  - {url: http://a.example/, title: \(YAMLText.quoted(text)), tags: [\(YAMLText.quoted(text))]}\n"
        )
        #expect(feeds.map(\.title) == [text])
    }

    /// Exported, imported, and read as configuration.
    @Test func subscriptionsComeBack() throws {
        let feeds = Self.hostile.enumerated().map { index, text in
            Subscribed(
                url: "https://site.example/feed?n=\(index)&x=\"'<>", title: text,
                tags: ["tag \(text)", "b", "x/\(index)", "c,\(index)", "d"])
        }
        let document = OPMLExport.document(feeds, title: "All & everything")
        let result = try imported(String(decoding: document, as: UTF8.self))
        #expect(result.notes.isEmpty)
        let back = try read(yaml: result.yaml)
        #expect(back.count == feeds.count)
        for (index, feed) in back.enumerated() {
            let number = try #require(feed.url.split(separator: "n=").last.flatMap { Int($0.prefix { $0 != "&" }) })
            let text = Self.hostile[number]
            // Titles and folders are trimmed, what breaks lines is a space, and control characters are left out.
            let line = text.replacing("\u{2028}", with: " ").replacing("\u{85}", with: "")
            #expect(feed.title == line, "feed \(index)")
            #expect(feed.url == feeds[number].url)
            #expect(feed.tags == ["tag \(line)", "b", "x/\(number)", "c,\(number)", "d"])
        }
    }

    @Test(
        arguments: [
            ([], "/"), (["a"], "a/"), (["a", "b"], "a/b"), (["a", "b", "c"], "a/b,c"), (["a", "b,c", "d"], "a b,c/d"),
            (["a", "b/c"], "a b/c/"), (["/"], "//"),
        ] as [([String], String)])
    func tagsAreFoldersAndCategories(tags: [String], expected: String) throws {
        let feed = Subscribed(url: "http://a.example/", title: "T", homePageURL: "http://h.example/", tags: tags)
        let text = String(decoding: OPMLExport.document([feed], title: "x"), as: UTF8.self)
        let folders = text.split(separator: "\n").filter { $0.contains("<outline text=") }.compactMap {
            $0.split(separator: "\"").dropFirst().first
        }
        let categories = text.split(separator: "category=\"").dropFirst().first?.prefix { $0 != "\"" } ?? ""
        #expect("\(folders.joined(separator: " "))/\(categories)" == expected)
        let read = try OPML.read(Array(text.utf8)).get().outlines
        #expect(read.map(\.tags) == [tags])
        #expect(read.map(\.htmlURL) == ["http://h.example/"])
    }

    @Test func feedsOfOneFolderStandTogether() {
        let feeds = [("1", ["a"]), ("2", []), ("3", ["b"]), ("4", ["a", "b"])].map {
            Subscribed(url: "http://\($0.0).example/", tags: $0.1)
        }
        let text = String(decoding: OPMLExport.document(feeds, title: "x"), as: UTF8.self)
        #expect(text.components(separatedBy: "text=\"a\"").count == 2)
        #expect(text.components(separatedBy: "text=\"b\"").count == 2)
    }

    /// A feed without a name is called by its URL in OPML, and has no name again behind it.
    @Test func aURLIsNoTitle() throws {
        let document = OPMLExport.document([Subscribed(url: "http://a.example/")], title: "x")
        #expect(try imported(String(decoding: document, as: UTF8.self)).yaml == "feeds:\n  - url: http://a.example/\n")
    }

    @Test func whatBreaksLinesInAListIsASpace() throws {
        let result = try imported(
            Self.opml("<outline text=\" a&#10;b&#13;&#10; c&#9;d\" xmlUrl=\"http://a.example/\" category=\"x&#10;y\"/>")
        )
        #expect(result.yaml == "feeds:\n  - url: http://a.example/\n    title: \"a b c d\"\n    tags: [\"x y\"]\n")
    }

    @Test func aListWithoutFeeds() throws {
        #expect(try imported(Self.opml("<outline text=\"empty\"/>")).yaml == "feeds: []\n")
        #expect(try read(yaml: "feeds: []\n").isEmpty)
    }

    // MARK: what is left out

    @Test func duplicatesAndBadURLsAreNamed() throws {
        var configuration = Configuration()
        configuration.feeds = [
            FeedConfiguration(
                url: "https://there.example:443/feed", place: SourcePlace(file: "feeds.yaml", line: 7, column: 5))
        ]
        let result = try imported(
            Self.opml(
                """
                <outline xmlUrl="http://a.example/feed"/>
                <outline xmlUrl="HTTP://A.example:80/feed#x"/>
                <outline xmlUrl="https://there.example/feed"/>
                <outline xmlUrl="https://user:secret@b.example/feed"/>
                <outline xmlUrl="feed://c.example/feed"/><outline xmlUrl=""/>
                <outline xmlUrl="file:///etc/passwd"/>
                """), configuration)
        #expect(result.feeds.map(\.url) == ["http://a.example/feed"])
        let places = result.notes.map { "\($0.place.line):\($0.place.column)" }
        #expect(places == ["3:1", "4:1", "5:1", "6:1", "6:42", "7:1"])
        #expect(result.notes[0].message.contains("list.opml:2:1"))
        #expect(result.notes[1].message.contains("feeds.yaml:7:5"))
        #expect(!result.notes[2].message.contains("secret"))
        #expect(result.notes[3].message.contains("https://c.example/feed"))
    }

    @Test(arguments: ["", "no xml", "<rss/>", "<opml><body><outline>", "{}"])
    func whatIsNoOPML(text: String) {
        guard case .failure(let mistakes) = OPMLImport.read(Array(text.utf8), name: "list.opml", configuration: nil)
        else {
            Issue.record("it was taken for OPML")
            return
        }
        #expect(mistakes.description.hasPrefix("list.opml:1:"))
    }
}
