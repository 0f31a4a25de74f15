import Archive
import FeedModel
import TestSupport
import Testing

@testable import Ingest

@Suite struct EtiquetteRequestTests {
    private static let good = ScriptedAnswer.ok(PollerTests.rss(["a"]))

    @Test("36: User-Agent says who asks and whom to tell, Accept names the feed types")
    func whoAsks() async throws {
        let lab = try PollLab([Self.good])
        lab.configuration.contact = "ops@example.org"
        try await lab.round()
        let request = lab.server.requests[0]
        #expect(request.values("User-Agent") == ["ingestd/\(Program.version) (ops@example.org)"])
        let types = try #require(request.value("Accept")).split(separator: ",").map { $0.filter { $0 != " " } }
        for type in ["application/atom+xml", "application/rss+xml", "application/feed+json"] {
            #expect(types.contains(type))
        }
        let last = try #require(types.last?.split(separator: ";q="))
        #expect(last[0] == "*/*" && Double(last[1]).map { $0 < 0.7 } == true)
        lab.configuration.fetch.userAgent = "Mine/1.0"
        try await lab.round(force: true)
        #expect(lab.server.requests[1].values("User-Agent") == ["Mine/1.0"])
    }

    private static let feed = Array(PollerTests.rss(["x"]).utf8)

    /// Stored, with zlib's wrapper (RFC 1950); its checksum is Adler-32.
    private static func zlib(_ content: [UInt8]) -> [UInt8] {
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in content {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        return [0x78, 0x01] + deflate(content) + [b >> 8, b, a >> 8, a].map { UInt8(truncatingIfNeeded: $0) }
    }

    private static func deflate(_ content: [UInt8]) -> [UInt8] { Array(gzip(content).dropFirst(10).dropLast(8)) }

    private static let members = gzip(Array(feed.prefix(50))) + gzip([]) + gzip(Array(feed.dropFirst(50)))

    private static let codingsCases: [Answered] = [
        Answered("gzip", .ok(gzip(feed), ("Content-Encoding", "gzip"))),
        Answered("x-gzip", .ok(gzip(feed), ("Content-Encoding", "X-GZip"))),
        Answered("members", .ok(members, ("Content-Encoding", "gzip"))),
        Answered("members, chunked", .ok(members, ("Content-Encoding", "gzip")).but { $0.framing = .chunked(7) }),
        Answered("padded", .ok(gzip(feed) + [0, 0, 0], ("Content-Encoding", "gzip"))),
        Answered("deflate", .ok(zlib(feed), ("Content-Encoding", "deflate"))),
        Answered("deflate without wrapper", .ok(deflate(feed), ("Content-Encoding", "deflate"))),
        Answered("identity", .ok(feed, ("Content-Encoding", "identity"))),
        Answered("no name", .ok(feed, ("Content-Encoding", ""))),
        Answered(
            "two, told in two lines",
            .ok(gzip(zlib(feed)), ("Content-Encoding", "deflate"), ("Content-Encoding", "gzip"))),
        Answered("two, told in one", .ok(gzip(zlib(feed)), ("Content-Encoding", "deflate , gzip"))),
        Answered("plain, said to be gzip", .ok(feed, ("Content-Encoding", "gzip"))),
    ]

    @Test("37: every coding that is asked for is read", arguments: codingsCases)
    func codings(given: Answered) async throws {
        let lab = try PollLab([given.answer])
        try await lab.round()
        let asked = try #require(lab.server.requests[0].value("Accept-Encoding"))
        #expect(asked.split(separator: ", ").contains("gzip"))
        #expect(try lab.titles == ["x"] && lab.feed().poll.state == .active)
    }

    @Test("38: a poll is one GET of the feed, with no field that it does not need and none twice")
    func oneRequest() async throws {
        let page = "<image><url>/i.png</url><title>t</title><link>/</link></image><docs>/docs</docs>"
        let lab = try PollLab([
            .ok(
                PollerTests.rss(["a"], extra: page), ("Set-Cookie", "s=1; Path=/"), ("ETag", "\"1\""),
                ("Accept-CH", "DPR"), ("Alt-Svc", "h2=\":1\"")),
            .status(304, "", ("Set-Cookie", "s=2")), ScriptedAnswer.redirect(302, "/b").with([("Set-Cookie", "s=3")]),
        ])
        lab.server.on(
            "/b", .ok(PollerTests.rss(["a", "b"]), ("Set-Cookie", "s=4"), ("Link", "</style.css>; rel=preload")))
        try await lab.rounds(4)
        #expect(
            lab.server.requests.map { "\($0.method) \($0.target)" } == [
                "GET /feed.xml", "GET /feed.xml", "GET /feed.xml", "GET /b", "GET /feed.xml", "GET /b",
            ])
        let allowed: Set = ["host", "user-agent", "accept", "accept-encoding", "a-im", "if-none-match"]
        for request in lab.server.requests {
            let names = request.fields.map { $0.name.lowercased() }
            #expect(Set(names).isSubset(of: allowed) && Set(names).count == names.count, "\(names)")
            #expect(request.body.isEmpty)
        }
    }

    @Test("38: a configured header takes the place of ours")
    func noFieldTwice() async throws {
        let lab = try PollLab([Self.good])
        lab.configuration.feeds[0].headers = [
            .init(name: "accept", value: "text/xml"), .init(name: "USER-AGENT", value: "me"),
            .init(name: "accept-language", value: "tg"),
        ]
        try await lab.round()
        let fields = lab.server.requests[0].fields.map {
            "\($0.name.lowercased()): \(String(decoding: $0.value, as: UTF8.self))"
        }
        #expect(
            Set(fields).isSuperset(of: ["accept: text/xml", "user-agent: me", "accept-language: tg"])
                && fields.count == 6)
    }

    @Test("39: the feeds of a host share its connections")
    func sharedConnections() async throws {
        let server = try ScriptedServer()
        server.otherwise { .ok(PollerTests.rss([String($0.target.dropFirst())])) }
        let lab = try PollLab(server)
        lab.configuration.fetch.perHost = 2
        for number in 0..<12 { lab.add("/\(number)") }
        try await lab.round()
        #expect(server.requests.count == 12 && server.connectionCount <= 2)
    }

    private static let targetsCases: [(String, String)] = [
        (
            "/Feed%2fX/%7Ea;b=c/d'e(1)!*/?q=1&a[]=2&r=%2F+x%20y&e=&=%C3%A9",
            "/Feed%2fX/%7Ea;b=c/d'e(1)!*/?q=1&a[]=2&r=%2F+x%20y&e=&=%C3%A9"
        ),
        ("/my feed.xml?x=a b#frag ment", "/my%20feed.xml?x=a%20b"), ("", "/"), ("?", "/?"),
        ("?feed=rss2", "/?feed=rss2"), ("#f", "/"),
        ("/новости/%D0%B0.xml?q=ü", "/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/%D0%B0.xml?q=%C3%BC"),
        ("/a/../b/./c//d", "/a/../b/./c//d"), ("/100%", "/100%"), ("/a?b?c=/?", "/a?b?c=/?"), ("/a@b:c", "/a@b:c"),
        ("//x", "//x"),
        ("/🦊", "/%F0%9F%A6%8A"), ("/e\u{301}", "/e%CC%81"), ("/a\"b<c>^`{|}\\", "/a%22b%3Cc%3E%5E%60%7B%7C%7D%5C"),
    ]

    @Test("40: a valid URL goes out as written, another one encoded once", arguments: targetsCases)
    func targets(written: String, sent: String) async throws {
        let server = try ScriptedServer()
        server.otherwise { _ in Self.good }
        let lab = try PollLab(server)
        lab.add(written)
        try await lab.round()
        #expect(server.requests.map(\.target) == [sent])
        #expect(server.requests[0].values("Host") == ["\(server.host):\(server.port)"])
    }

    @Test("40: Host names its port, and IPv6 in brackets")
    func hosts() async throws {
        for (host, sent) in [("[::1]", "[::1]"), ("[0:0:0:0:0:0:0:1]", "[::1]")] {
            let server = try ScriptedServer(address: "::1")
            server.otherwise { _ in Self.good }
            let lab = try PollLab(server)
            lab.configuration.feeds = [
                FeedConfiguration(
                    url: "http://\(host):\(server.port)/f", place: SourcePlace(file: "test", line: 1, column: 1))
            ]
            try await lab.round()
            #expect(server.requests.map { $0.value("Host") } == ["\(sent):\(server.port)"])
            #expect(try lab.titles == ["a"])
        }
        let server = try ScriptedServer()
        server.otherwise { _ in Self.good }
        let lab = try PollLab(server)
        lab.configuration.feeds = [
            FeedConfiguration(
                url: "HTTP://LocalHost:\(server.port)/f", place: SourcePlace(file: "test", line: 1, column: 1))
        ]
        try await lab.round()
        #expect(server.requests.map { $0.value("Host") } == ["localhost:\(server.port)"])
    }

    private static let wireFormsCases: [(String, String)] = [
        ("http://Bücher.example:80/ä#f", "http://xn--bcher-kva.example/%C3%A4"),
        ("https://пример.рф:443", "https://xn--e1afmkfd.xn--p1ai/"),
        ("https://a.example:80/", "https://a.example:80/"),
        ("http://日本語。example/", "http://xn--wgv71a119e.example/"),
        ("http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/"),
        ("http://a.example.:80/", "http://a.example/"),
        ("http://a.example\\b", "http://a.example/%5Cb"),
        ("http://LOCALHOST./", "http://localhost/"), ("http://0x7f.1:8080/", "http://127.0.0.1:8080/"),
        ("http://1.example/", "http://1.example/"), ("http://[0:0:0:0:0:0:0:1]/", "http://[::1]/"),
    ]

    @Test("40: names beyond ASCII go out as IDNA, default ports and fragments not at all", arguments: wireFormsCases)
    func wireForms(written: String, sent: String) throws {
        #expect(try #require(WebURL(written)).wireForm == sent)
    }

    private static let basicCases: [(String, String)] = [
        ("pass:wörd\n", "Basic w7w6cGFzczp3w7ZyZA=="), ("pass:wörd\r\n", "Basic w7w6cGFzczp3w7ZyZA=="),
        ("pass:wörd", "Basic w7w6cGFzczp3w7ZyZA=="), (" two words ", "Basic w7w6IHR3byB3b3JkcyA="),
    ]

    @Test("41: credentials are UTF-8, without the last newline of their file", arguments: basicCases)
    func basic(file: String, sent: String) async throws {
        let folder = try TemporaryFolder()
        let lab = try PollLab([.status(403, "no")])
        lab.configuration.feeds[0].auth = .basic(username: "ü", passwordFile: try folder.write(file, to: "password"))
        let reports = try await lab.round()
        #expect(lab.server.requests[0].values("Authorization") == [sent])
        // No output is made of anything but this.
        let text = "\(reports) \(try lab.feed()) \(lab.configuration)"
        #expect(!text.contains("wörd") && !text.contains("w7w6"))
    }
}
