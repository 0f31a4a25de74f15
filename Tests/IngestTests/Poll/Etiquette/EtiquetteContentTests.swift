import Archive
import FeedModel
import Foundation
import TestSupport
import Testing

@testable import Ingest

@Suite struct EtiquetteContentTests {
    private static let title = "Привет, žluťoučký кůň"

    private static func document(_ title: String, declared: String?, _ encoding: String.Encoding) -> [UInt8] {
        let text = PollerTests.rss([title]).replacing(
            "<?xml version=\"1.0\"?>", with: declared.map { "<?xml version=\"1.0\" encoding=\"\($0)\"?>" } ?? "")
        return Array(text.data(using: encoding) ?? Data())
    }

    struct Encoded: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var body: [UInt8]
        var type: String
        var title: String

        init(_ name: String, _ body: [UInt8], type: String, _ title: String) {
            testDescription = name
            self.body = body
            self.type = type
            self.title = title
        }
    }

    private static let cyrillic = "Привет"

    private static let encodingsCases: [Encoded] = [
        Encoded(
            "charset alone", document(cyrillic, declared: nil, .windowsCP1251),
            type: "application/xml; charset=windows-1251", cyrillic),
        Encoded(
            "charset before declaration", document(cyrillic, declared: "iso-8859-1", .utf8),
            type: "text/xml;CHARSET=\"UTF-8\"", cyrillic),
        Encoded(
            "charset in single quotes", document(cyrillic, declared: nil, .windowsCP1251),
            type: "text/xml; charset='windows-1251'", cyrillic),
        Encoded(
            "charset among others", document(cyrillic, declared: nil, .windowsCP1251),
            type: "text/xml; a=\"x;charset=utf-8\"; Charset = cp1251 ; b", cyrillic),
        Encoded(
            "mark before all", [0xEF, 0xBB, 0xBF] + document(cyrillic, declared: "windows-1251", .utf8),
            type: "text/xml; charset=iso-8859-1", cyrillic),
        Encoded(
            "UTF-16 by its mark", [0xFF, 0xFE] + document(cyrillic, declared: "utf-8", .utf16LittleEndian),
            type: "text/xml; charset=utf-8", cyrillic),
        Encoded(
            "UTF-16, big", [0xFE, 0xFF] + document(cyrillic, declared: "UTF-16", .utf16BigEndian),
            type: "application/xml", cyrillic),
        Encoded(
            "UTF-16 without mark", document(cyrillic, declared: "UTF-16", .utf16LittleEndian),
            type: "application/xml", cyrillic),
        Encoded(
            "UTF-16 by charset", document(cyrillic, declared: nil, .utf16BigEndian),
            type: "text/xml; charset=utf-16be", cyrillic),
        Encoded(
            "declaration", document("Žluťoučký", declared: "iso-8859-2", .isoLatin2), type: "text/xml", "Žluťoučký"),
        Encoded("nothing at all", document(title, declared: nil, .utf8), type: "text/xml", title),
        Encoded(
            "unknown charset", document(cyrillic, declared: "windows-1251", .windowsCP1251),
            type: "text/xml; charset=x-no-such", cyrillic),
        Encoded(
            "unknown declaration", document(cyrillic, declared: "x-no-such", .utf8), type: "text/xml", cyrillic),
        Encoded(
            "empty charset", document(cyrillic, declared: "utf-8", .utf8), type: "text/xml; charset=", cyrillic),
        Encoded(
            "wrong charset", document("café", declared: "utf-8", .windowsCP1252), type: "text/xml; charset=utf-8",
            "café"),
        Encoded(
            "US-ASCII that is none", document(cyrillic, declared: "us-ascii", .utf8),
            type: "text/xml; charset=us-ascii", cyrillic),
        Encoded(
            "declared UTF-16 that is none", document(cyrillic, declared: "utf-16", .utf8), type: "text/xml",
            cyrillic),
        Encoded(
            "charset UTF-16 that is none", document(cyrillic, declared: "utf-8", .utf8),
            type: "text/xml; charset=utf-16", cyrillic),
    ]

    @Test("44: mark, else charset, else declaration, else UTF-8", arguments: encodingsCases)
    func encodings(given: Encoded) async throws {
        let lab = try PollLab([.ok(given.body, ("Content-Type", given.type))])
        try await lab.round()
        #expect(try lab.titles == [given.title])
    }

    private static let feed = Array(PollerTests.rss(["a"]).utf8)
    private static let json = Array(
        "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"J\",\"items\":[{\"id\":\"1\",\"title\":\"a\"}]}"
            .utf8)

    private static let typesTypes: [String?] = [
        "text/html; charset=utf-8", "text/plain", "application/octet-stream", "audio/mpeg", "application/json",
        "image/png", "", "?;;", nil,
    ]

    private static let typesBodys: [[UInt8]] = [
        feed, json, Array("\n \r\n\t".utf8) + feed, [0xEF, 0xBB, 0xBF] + json, [0xEF, 0xBB, 0xBF, 0x0A] + feed,
        gzip(feed), gzip(json),
    ]

    @Test("45: feeds are known by their content", arguments: typesTypes, typesBodys)
    func types(type: String?, body: [UInt8]) async throws {
        let lab = try PollLab([
            ScriptedAnswer.ok(body).with(
                (type.map { [("Content-Type", $0)] } ?? []) + [("X-Content-Type-Options", "nosniff")])
        ])
        try await lab.round()
        #expect(try lab.titles == ["a"])
    }

    private static let completeCases: [Answered] = [
        Answered("HTTP/1.0", .raw(Array("HTTP/1.0 200 OK\r\n\r\n".utf8) + feed)),
        Answered(
            "HTTP/1.0 with a length",
            .raw(Array("HTTP/1.0 200 OK\r\nContent-Length: \(feed.count)\r\n\r\n".utf8) + feed)),
        Answered("HTTP/1.1 until the end", .ok(feed).but { $0.framing = .untilClose }),
        Answered(
            "gzip until the end", .ok(gzip(feed), ("Content-Encoding", "gzip")).but { $0.framing = .untilClose }),
        Answered("JSON until the end", .ok(json).but { $0.framing = .untilClose }),
        Answered("chunks", .ok(feed).but { $0.framing = .chunked(3) }),
        Answered("one chunk", .ok(feed).but { $0.framing = .chunked(100_000) }),
        Answered(
            "chunks with extensions and trailers",
            .raw(
                Array(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n\(String(feed.count, radix: 16, uppercase: true)) ;a=\"b\"\r\n"
                        .utf8)
                    + feed + Array("\r\n000\r\nETag: \"t\"\r\n\r\n".utf8))),
        Answered(
            "chunks beside a length",
            .raw(
                Array(
                    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n\(String(feed.count, radix: 16))\r\n"
                        .utf8)
                    + feed + Array("\r\n0\r\n\r\n".utf8))),
        Answered("line feeds alone", .raw(Array("HTTP/1.1 200 OK\nContent-Length: \(feed.count)\n\n".utf8) + feed)),
        Answered(
            "after interim answers",
            .raw(Array("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n".utf8) + feed)),
        Answered("no reason phrase", .raw(Array("HTTP/1.1 200\r\n\r\n".utf8) + feed)),
    ]

    @Test("46: bodies that end with their connection or their last chunk are complete", arguments: completeCases)
    func complete(given: Answered) async throws {
        let lab = try PollLab([given.answer])
        try await lab.round()
        #expect(try lab.titles == (given.answer.body == Self.json ? ["a"] : ["a"]))
        #expect(try lab.feed().poll.state == .active && lab.feed().poll.lastError == nil)
    }

    @Test("47: relative links are resolved against the URL that answered", arguments: [301, 302])
    func relativeLinks(status: Int) async throws {
        let other = try ScriptedServer(address: "127.0.0.2")
        let items = ["/abs", "rel", "?q", "//site.example/p", "../up"].map {
            "<item><guid isPermaLink=\"false\">\($0)</guid><title>t \($0)</title><link>\($0)</link></item>"
        }
        other.on(
            "/deep/er/feed.xml",
            .ok(PollerTests.rss([], extra: items.joined()), ("Content-Location", "/elsewhere/x.xml")))
        let lab = try PollLab([.redirect(status, other.url("/deep/er/feed.xml#f"))])
        try await lab.round()
        var links: Set<String> = []
        try lab.archive.articles(ArticleFilter()) { links.insert($0.url ?? "") }
        let base = other.url("")
        #expect(
            links == [
                "\(base)/abs", "\(base)/deep/er/rel", "\(base)/deep/er/feed.xml?q", "http://site.example/p",
                "\(base)/deep/up",
            ])
    }

    private static let hub = "https://hub.example.org/"
    private static let atomHub = PollerTests.rss(
        ["a"],
        extra: "<atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"hub\" href=\"https://in.example.org/\"/>")

    private static let hubsCases: [([(String, String)], String, String?)] = [
        ([("Link", "<\(hub)>; rel=hub")], atomHub, hub),
        ([("link", "<\(hub)>;REL=\"alternate  Hub\"")], atomHub, hub),
        ([("Link", "<http://a/>; rel=self"), ("Link", "<\(hub)>; rel=HUB")], atomHub, hub),
        (
            [
                (
                    "Link",
                    "<http://a,b;c>; rel=self; title=\"x, <y>; rel=hub\", <\(hub)>; type=\"text/html\"; rel=\"self hub\""
                )
            ], atomHub, hub
        ),
        ([("Link", "<\(hub)> ; title=a ; rel = hub")], atomHub, hub),
        ([("Link", ",, <\(hub)>;;rel=hub;")], atomHub, hub),
        ([("Link", "<\(hub)>; foo; rel=hub, <http://second/>; rel=hub")], atomHub, hub),
        (
            [("Link", "<http://a/>; rel=\"hubs\""), ("Link", "<http://b/>; rev=hub"), ("Link", "broken")], atomHub,
            "https://in.example.org/"
        ),
        ([], atomHub, "https://in.example.org/"),
        ([("Link", "<http://a/>; rel=self")], PollerTests.rss(["a"]), nil),
        (
            [],
            "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"J\",\"items\":[],\"hubs\":[{\"type\":\"rssCloud\",\"url\":\"http://c/\"},{\"type\":\"WebSub\",\"url\":\"\(hub)\"}]}",
            hub
        ),
        ([("Link", "</hub>; rel=hub")], atomHub, "/hub"),
    ]

    @Test("48: a hub is found in the Link header first, else in the document", arguments: hubsCases)
    func hubs(fields: [(String, String)], document: String, hub: String?) async throws {
        let lab = try PollLab([ScriptedAnswer.ok(document).with(fields)])
        try await lab.round()
        let wanted = hub.map { $0.hasPrefix("/") ? lab.server.url($0) : $0 }
        #expect(try lab.feed().poll.hub == wanted)
    }

    @Test("48: a hub is gone with the next document that lacks it, the same bytes without the header included")
    func hubsThatGo() async throws {
        let link = ("Link", "<\(Self.hub)>; rel=\"hub\"")
        let lab = try PollLab([
            .ok(PollerTests.rss(["a"]), link, ("ETag", "\"1\"")), .status(304), .ok(PollerTests.rss(["a"])),
            .ok(PollerTests.rss(["a"]), link), .ok(PollerTests.rss(["b"])), .ok(Self.atomHub), .ok(Self.atomHub),
            .ok(Self.atomHub, link), .ok(Self.atomHub), .ok(PollerTests.rss(["a"])),
        ])
        var hubs: [String?] = []
        for _ in 0..<10 {
            try await lab.round(force: true)
            hubs.append(try lab.feed().poll.hub)
        }
        let inside = "https://in.example.org/"
        #expect(hubs == [Self.hub, Self.hub, nil, Self.hub, nil, inside, inside, Self.hub, inside, nil])
        #expect(lab.server.requests.count == 10)
    }
}
