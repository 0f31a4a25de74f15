import FeedFetch
import FeedModel
import Testing

@Suite struct RedirectPolicyTests {
    private func step(
        _ status: Int, _ location: [UInt8]?, from: String = "http://a.example/x/y/feed.xml?q=1#frag", hops: [Hop] = [],
        max: Int = 5
    ) throws -> RedirectPolicy.Step {
        RedirectPolicy.step(
            status: status, location: location, from: try #require(WebURL(from)), hops: hops, maxRedirects: max)
    }

    @Test(arguments: [
        ("http://b.example/f", "http://b.example/f"), ("//b.example:8080/f", "http://b.example:8080/f"),
        ("/f", "http://a.example/f"), ("f", "http://a.example/x/y/f"),
        ("../z/new.xml?a=1", "http://a.example/x/z/new.xml?a=1"),
        ("?q=2", "http://a.example/x/y/feed.xml?q=2"), ("/f#top", "http://a.example/f"),
        ("http://b.example", "http://b.example/"),
        ("/nové feed.xml", "http://a.example/nov%C3%A9%20feed.xml"), ("/%C3%A9", "http://a.example/%C3%A9"),
        ("http://u:p@b.example/f", "http://b.example/f"), ("https://a.example/f", "https://a.example/f"),
        ("HTTP://B.example/F", "http://b.example/F"), ("http:/f", "http://f/"), ("  /f\t", "http://a.example/f"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"), ("/a[1]?b[]=|", "http://a.example/a[1]?b[]=%7C"),
        ("http://b.example:80/f", "http://b.example/f"), ("http://%62.ex%61mple/f", "http://b.example/f"),
        ("http://%31%32%37.0.0.1/f", "http://127.0.0.1/f"), ("http:f", "http://a.example/x/y/f"),
    ]) func locationsAreResolved(_ location: String, _ to: String) throws {
        guard case .follow(let hop) = try step(302, Array(location.utf8)) else {
            Issue.record("not followed")
            return
        }
        #expect(hop.to == to)
        #expect(hop.from == "http://a.example/x/y/feed.xml?q=1#frag")
    }

    @Test func bytesThatAreNotUTF8AreKeptAsTheyAre() throws {
        guard case .follow(let hop) = try step(301, Array("/caf".utf8) + [0xE9]) else {
            Issue.record("not followed")
            return
        }
        #expect(hop.to == "http://a.example/caf%E9")
    }

    @Test(arguments: [
        nil, "", "file:///etc/passwd", "gopher://b.example/_x", "ftp://b.example/x", "javascript:alert(1)",
        "mailto:a@b",
        "http://", "http://:80/", "http://b.example:99999/", "http://b.example:x/", "http://b%2f.example/",
        "http://127.0.0.1%00.b.example/", "http://a%40b.example/", "/" + String(repeating: "a", count: 16 << 10),
    ]) func unusableLocationsAreRefused(_ location: String?) throws {
        guard case .refuse(let code, let message) = try step(301, location.map { Array($0.utf8) }) else {
            Issue.record("not refused")
            return
        }
        #expect(code == .badRedirect)
        #expect(message.contains("301"))
    }

    @Test(arguments: [200, 300, 304, 305, 306, 399, 404, 201]) func otherStatusesStandForThemselves(_ status: Int)
        throws
    {
        #expect(try step(status, Array("/f".utf8)) == .final)
    }

    @Test func hopsAreCounted() throws {
        let hops = [Hop(status: 302, from: "http://a.example/1", to: "http://a.example/2", isDowngrade: false)]
        guard case .follow = try step(302, Array("/3".utf8), hops: hops, max: 2) else {
            Issue.record("not followed")
            return
        }
        guard case .refuse(.tooManyRedirects, let message) = try step(302, Array("/3".utf8), hops: hops, max: 1) else {
            Issue.record("not refused")
            return
        }
        #expect(message.contains("max_redirects"))
    }

    @Test(arguments: ["http://a.example/", "/b", "http://A.example:80/#x"]) func loopsEndAtOnce(_ location: String)
        throws
    {
        let hops = [Hop(status: 302, from: "http://a.example", to: "http://a.example/b", isDowngrade: false)]
        let step = try step(302, Array(location.utf8), from: "http://a.example/b", hops: hops)
        guard case .refuse(.tooManyRedirects, _) = step else {
            Issue.record("not refused: \(step)")
            return
        }
    }

    @Test(
        "32: a redirect from https to http is marked",
        arguments: [
            ("https://a.example/", "http://b.example/", true), ("https://a.example/", "https://b.example/", false),
            ("http://a.example/", "http://b.example/", false), ("http://a.example/", "https://b.example/", false),
        ]) func downgradesAreMarked(_ from: String, _ to: String, _ isDowngrade: Bool) throws
    {
        guard case .follow(let hop) = try step(301, Array(to.utf8), from: from) else {
            Issue.record("not followed")
            return
        }
        #expect(hop.isDowngrade == isDowngrade)
    }

    /// Each hop as its status, `!` for one from https to http; what is kept as the number of hops.
    @Test(
        "31: a chain is kept up to its first hop that is temporary or leads out of https",
        arguments: [
            ([], 0), (["301"], 1), (["308"], 1), (["302"], 0), (["303"], 0), (["307"], 0), (["301", "308"], 2),
            (["301", "302"], 1), (["302", "301"], 0), (["301", "302", "301"], 1), (["301!"], 0), (["301", "301!"], 1),
            (["301!", "301"], 0), (["308", "308", "307", "308"], 2),
        ]) func aChainIsKeptUpToItsFirstTemporaryHop(_ chain: [String], _ kept: Int) throws
    {
        let hops = try chain.enumerated().map { index, text in
            Hop(
                status: try #require(Int(text.prefix(3))), from: "http://h/\(index)", to: "http://h/\(index + 1)",
                isDowngrade: text.hasSuffix("!"))
        }
        #expect(RedirectPolicy.permanentURL(hops) == (kept == 0 ? nil : "http://h/\(kept)"))
    }
}
