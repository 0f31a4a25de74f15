import Archive
import FeedModel
import TestSupport
import Testing

@testable import Ingest

@Suite struct EtiquetteRedirectTests {
    private static let good = ScriptedAnswer.ok(PollerTests.rss(["a"]), ("ETag", "\"1\""))

    /// Targets in the order in which they were asked.
    private func asked(_ lab: PollLab) -> [String] { lab.server.requests.map(\.target) }

    private static let keptCases: [(Int, Bool)] = [(301, true), (308, true), (302, false), (303, false), (307, false)]

    @Test("30: 301 and 308 are kept, 302, 303 and 307 are followed and not kept", arguments: keptCases)
    func kept(status: Int, isKept: Bool) async throws {
        let lab = try PollLab([.redirect(status, "/new.xml")])
        lab.server.on("/new.xml", Self.good, .status(304), .ok(PollerTests.rss(["b", "a"])))
        try await lab.rounds(3)
        let once = ["/feed.xml", "/new.xml"]
        #expect(asked(lab) == (isKept ? once + ["/new.xml", "/new.xml"] : once + once + once))
        let feed = try lab.feed()
        #expect(feed.poll.url == lab.server.url(isKept ? "/new.xml" : "/feed.xml"))
        #expect(feed.configuredURL == lab.server.url())
        // The history goes on.
        #expect(try lab.titles == ["a", "b"])
    }

    @Test("30: a move that a 304 confirms is kept, and one of a moved feed as well")
    func keptByNotModified() async throws {
        let lab = try PollLab([.redirect(302, "/b.xml"), .redirect(301, "/b.xml")])
        lab.server.on("/b.xml", Self.good, .status(304), .redirect(308, "/c.xml?d=1"))
        lab.server.on("/c.xml?d=1", Self.good)
        try await lab.rounds(2)
        #expect(try lab.feed().poll.url == lab.server.url("/b.xml"))
        try await lab.rounds(1)
        #expect(try lab.feed().poll.url == lab.server.url("/c.xml?d=1"))
    }

    private static let chainsCases: [([Int], Int)] = [
        ([301, 308], 2), ([301, 302], 1), ([302, 301], 0), ([308, 301, 307, 301], 2), ([303, 308], 0),
        ([301, 301, 301], 3),
    ]

    @Test("31: a chain is kept up to its first temporary hop", arguments: chainsCases)
    func chains(statuses: [Int], kept: Int) async throws {
        let lab = try PollLab([.redirect(statuses[0], "/1")])
        for (index, status) in statuses.enumerated().dropFirst() {
            lab.server.on("/\(index)", .redirect(status, "/\(index + 1)"))
        }
        lab.server.on("/\(statuses.count)", Self.good)
        try await lab.rounds(1)
        let target = kept == 0 ? "/feed.xml" : "/\(kept)"
        #expect(try lab.feed().poll.url == lab.server.url(target))
        try await lab.rounds(1)
        #expect(asked(lab)[statuses.count + 1] == target)
    }

    private static let notKeptCases: [Answered] = [
        Answered("404", .status(404)), Answered("410", .status(410)),
        Answered("500 with a feed", .status(500, PollerTests.rss(["x"]))),
        Answered("a page", .ok("<!doctype html><title>Sign in</title>")), Answered("empty", .ok("")),
        Answered("an unasked 304", .status(304)), Answered("cut", .ok("<rss>").but { $0.ending = .cut(3) }),
        Answered("no Location", .status(301)), Answered("a loop", .redirect(301, "/feed.xml")),
        Answered("itself", .redirect(301, "/new.xml")),
        Answered("a refused target", .redirect(301, "http://10.0.0.1/x")),
        Answered("429", .status(429)), Answered("204", .status(204)),
    ]

    @Test("32: a redirect that leads to no feed is not kept", arguments: notKeptCases)
    func notKept(given: Answered) async throws {
        let lab = try PollLab([Self.good, .redirect(301, "/new.xml"), Self.good])
        lab.server.on("/new.xml", given.answer)
        let loopback = try #require(AddressRange("127.0.0.0/8"))
        lab.configuration.fetch.addressPolicy = .publicOnly(except: [loopback])
        try await lab.rounds(2)
        let feed = try lab.feed().poll
        #expect(feed.state == .failing && feed.url == lab.server.url() && feed.lastError != nil)
        #expect(try lab.titles == ["a"])
        lab.time.advance(by: .days(1))
        try await lab.rounds(1)
        #expect(asked(lab).last == "/feed.xml")
        #expect(try lab.feed().poll.state == .active)
    }

    private static let locationsCases: [(String, String)] = [
        ("/new.xml", "/new.xml"), ("new.xml", "/x/y/new.xml"), ("../z/./new.xml?a=1", "/x/z/new.xml?a=1"),
        ("?a=b", "/x/y/old.xml?a=b"),
        ("//HOST/n.xml", "/n.xml"), ("HTTP://HOST/n.xml", "/n.xml"), ("//HOST", "/"), ("//HOST?q", "/?q"),
        ("/n.xml#top", "/n.xml"),
        ("//HOST/", "/"), ("/n.xml#a?b#c", "/n.xml"),
        ("/nové feed.xml?q=ü ö", "/nov%C3%A9%20feed.xml?q=%C3%BC%20%C3%B6"),
        ("/%c3%A9%zz%", "/%c3%A9%zz%"), ("  /n.xml \t", "/n.xml"), ("./", "/x/y/"), ("..", "/x/"),
        ("../../../../n", "/n"),
        ("//u:p@HOST/n.xml", "/n.xml"), ("/a//b/../c", "/a//c"),
        ("/日本/フィード", "/%E6%97%A5%E6%9C%AC/%E3%83%95%E3%82%A3%E3%83%BC%E3%83%89"),
        ("/a|b{c}\"d\"<e>", "/a%7Cb%7Bc%7D%22d%22%3Ce%3E"), ("http:new.xml", "/x/y/new.xml"),
    ]

    @Test("33: Locations of all kinds are understood", arguments: locationsCases)
    func locations(location: String, target: String) async throws {
        let server = try ScriptedServer()
        server.otherwise { _ in Self.good }
        server.on("/x/y/old.xml", .redirect(302, location.replacing("HOST", with: "\(server.host):\(server.port)")))
        let lab = try PollLab(server)
        lab.add("/x/y/old.xml")
        try await lab.round()
        #expect(asked(lab) == ["/x/y/old.xml", target])
        #expect(server.requests[1].fields.allSatisfy { $0.name != "Authorization" && $0.name != "Referer" })
        #expect(try lab.titles == ["a"])
    }

    private static let unusableCases: [String?] = [
        nil, "", "  ", "http://", "http:///", "http://:80/", "http://a b/", "http://[::zz]/", "//",
        "http://h:99999/", "#top",
    ]

    @Test("33: a Location that leads nowhere is a failure", arguments: unusableCases)
    func unusable(location: String?) async throws {
        let lab = try PollLab([ScriptedAnswer.status(301, "").with(location.map { [("Location", $0)] } ?? [])])
        try await lab.round()
        #expect(try ["bad-redirect", "too-many-redirects", "dns"].contains(lab.feed().poll.lastError?.code))
        #expect(lab.server.requests.count == 1)
    }

    @Test("33: max_redirects hops at most", arguments: [0, 1, 3])
    func atMost(hops: Int) async throws {
        let lab = try PollLab([.redirect(302, "/1")])
        for number in 1..<9 { lab.server.on("/\(number)", .redirect(302, "/\(number + 1)")) }
        lab.configuration.fetch.maxRedirects = hops
        try await lab.round()
        #expect(lab.server.requests.count == hops + 1)
        #expect(try lab.feed().poll.lastError?.code == "too-many-redirects")
        lab.server.on("/\(max(1, hops))", Self.good)
        lab.time.advance(by: .days(1))
        try await lab.round()
        #expect(try lab.titles == (hops == 0 ? [] : ["a"]))
    }

    private static let schemesCases: [String] = [
        "file:///etc/passwd", "file:/etc/passwd", "FTP://HOST/x", "gopher://HOST/_GET%20/", "dict://HOST/x",
        "data:text/xml,x",
        "javascript:alert(1)", "ws://HOST/", "feed:http://HOST/x", "ldap://HOST/", "HOST/x:80",
    ]

    @Test("34: only http and https are followed", arguments: schemesCases)
    func schemes(location: String) async throws {
        let lab = try PollLab([.redirect(301, "")])
        let other = try ScriptedServer(address: "127.0.0.2")
        lab.server.on("/feed.xml", .redirect(301, location.replacing("HOST", with: "127.0.0.2:\(other.port)")))
        try await lab.round()
        #expect(other.connectionCount == 0)
        #expect(try lab.feed().poll.state == .failing && lab.feed().poll.url == lab.server.url())
    }

    @Test("35: auth and headers go to the configured origin alone, after a kept move too")
    func secretsStay() async throws {
        let folder = try TemporaryFolder()
        let other = try ScriptedServer()
        let lab = try PollLab([.redirect(301, other.url("/port"))])
        other.on("/port", .redirect(301, "http://localhost:\(lab.server.port)/name"))
        // The same place under another name is another origin.
        lab.server.on("/name", .redirect(302, lab.server.url("/back")))
        lab.server.on("/back", Self.good)
        lab.configuration.feeds[0].auth = .bearer(file: try folder.write("token\n", to: "token"))
        lab.configuration.feeds[0].headers = [
            .init(name: "X-Api-Key", value: "key"), .init(name: "Cookie", value: "c=1"),
        ]
        try await lab.rounds(2)
        #expect(try lab.feed().poll.url == "http://localhost:\(lab.server.port)/name")
        #expect(asked(lab) == ["/feed.xml", "/name", "/back", "/name", "/back"])
        for request in lab.server.requests + other.requests {
            let isOurs = request.target == "/feed.xml" || request.target == "/back"
            #expect(request.values("Authorization") == (isOurs ? ["Bearer token"] : []), "\(request.target)")
            #expect(
                request.values("X-Api-Key") == (isOurs ? ["key"] : [])
                    && request.values("Cookie") == (isOurs ? ["c=1"] : []))
        }
    }

    @Test("35: what a URL holds before its host is no secret of ours and goes nowhere")
    func usersInLocations() async throws {
        let other = try ScriptedServer(address: "127.0.0.2")
        other.otherwise { _ in Self.good }
        let lab = try PollLab([.redirect(301, "http://\("127.0.0.1")\\@127.0.0.2:\(other.port)/x")])
        try await lab.round()
        #expect(other.requests.allSatisfy { $0.value("Authorization") == nil })
    }
}
