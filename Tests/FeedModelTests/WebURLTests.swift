import FeedModel
import Testing

@Suite struct WebURLTests {
    /// A base's own scheme without slashes is left out once; what follows is a path, however often it says so.
    @Test(.timeLimit(.minutes(1))) func aSchemeThatIsRepeatedIsLeftOutOnce() throws {
        let base = try #require(WebURL("http://a.example/x/y"))
        #expect(base.resolving("http:z?q")?.string == "http://a.example/x/z?q")
        #expect(base.resolving("HTTP: z")?.string == "http://a.example/x/z")
        #expect(base.resolving("http:http:z")?.string == "http://a.example/x/http:z")
        #expect(base.resolving("http:#f")?.string == "http://a.example/x/y#f")
        let many = String(repeating: "http:", count: 200_000)
        #expect(base.resolving(many + "z")?.path == "/x/" + many.dropFirst(5) + "z")
    }

    @Test(
        arguments: [
            ("http://a.example/", "a.example"), ("http://%61.example/", "a.example"), ("http://[::1]/", "[::1]"),
            ("http://%31%32%37%2e0.0.1/", "127.0.0.1"), ("http://[fe80::1%25lo]/", "[fe80::1%25lo]"),
            ("http://%C3%BC.example/", "ü.example"), ("http://a%2F.example/", nil), ("http://a%00.example/", nil),
            ("http://a%40b.example/", nil), ("http://a%zz.example/", nil), ("http://%25.example/", nil),
            ("http://%FF.example/", nil), ("http://a%20b/", nil),
        ] as [(String, String?)]) func hostsAreLookedUpWithoutEscapes(_ url: String, _ host: String?) throws
    {
        #expect(try #require(WebURL(url)).decodedHost == host)
    }
}
