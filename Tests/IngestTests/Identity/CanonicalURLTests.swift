import Testing

@testable import Ingest

@Suite struct CanonicalURLTests {
    @Test(arguments: [
        ("HTTP://Example.ORG:80/a/../b?x=1#top", "http://example.org/a/../b?x=1"),
        ("https://example.org", "http://example.org/"),
        ("https://example.org:443/", "http://example.org/"),
        ("https://example.org:8443/", "http://example.org:8443/"),
        ("https://example.org/a#!/b", "http://example.org/a#!/b"),
        ("https://example.org/a?utm_source=x&b=2&UTM_Medium=y&a=1", "http://example.org/a?b=2&a=1"),
        ("https://example.org/a?fbclid=1&gclid=2&mc_cid=3&mc_eid=4&ref=rss", "http://example.org/a"),
        ("https://example.org/a?utm%5Fsource=x&b=%7e", "http://example.org/a?b=~"),
        ("https://example-org.cdn.ampproject.org/v/s/example.org/a?amp_js_v=0.1&usqp=mq331", "http://example.org/a"),
        ("https://example.org/a?ref=home", "http://example.org/a?ref=home"),
        ("https://example.org/%7euser/%c3%bc?q=%2f", "http://example.org/~user/%C3%BC?q=%2F"),
        ("https://example.org/ü x", "http://example.org/%C3%BC%20x"),
        ("https://Bücher.example/", "http://xn--bcher-kva.example/"),
        ("https://example.org/story/amp/", "http://example.org/story/"),
        ("https://example.org/story/amp", "http://example.org/story"),
        ("https://example.org/story?amp=1&p=2", "http://example.org/story?p=2"),
        ("https://example.org/story?amp", "http://example.org/story"),
        ("https://amp.example.org/story", "http://example.org/story"),
        ("https://example-org.cdn.ampproject.org/c/s/example.org/story", "http://example.org/story"),
        ("https://www.google.com/amp/s/example.org/story/amp/", "http://example.org/story/"),
        ("urn:uuid:1234", "urn:uuid:1234"),
        ("mailto:a@example.org", "mailto:a@example.org"),
    ])
    func canonicalForm(url: String, canonical: String) {
        #expect(CanonicalURL.of(url) == canonical)
        // What is canonical stays as it is.
        #expect(CanonicalURL.of(canonical) == canonical)
    }

    @Test(arguments: ["", "guid-17", "no scheme", "//example.org/a"])
    func noURL(text: String) {
        #expect(CanonicalURL.of(text) == nil)
    }

    @Test(arguments: [
        ("https://dts.podtrac.com/redirect.mp3/cdn.example.org/1.mp3", "http://cdn.example.org/1.mp3"),
        (
            "https://www.podtrac.com/pts/redirect.mp3/pdst.fm/e/chtbl.com/track/AB12/cdn.example.org/a/1.mp3?x=1",
            "http://cdn.example.org/a/1.mp3?x=1"
        ),
        ("https://op3.dev/e,pg=abc/https://cdn.example.org/1.mp3", "http://cdn.example.org/1.mp3"),
        ("https://media.blubrry.com/show/cdn.example.org/1.mp3", "http://cdn.example.org/1.mp3"),
        ("https://cdn.example.org/1.mp3?utm_source=feed", "http://cdn.example.org/1.mp3"),
        ("https://podtrac.com/about.html", "http://podtrac.com/about.html"),
    ])
    func enclosures(url: String, canonical: String) {
        #expect(CanonicalURL.ofEnclosure(url) == canonical)
    }

    @Test(arguments: [
        ("http://example.org/", true), ("http://example.org/?p=1", false), ("http://example.org/a", false),
        ("http://example.org/#!x", false),
    ])
    func bareSites(url: String, isBare: Bool) {
        #expect(CanonicalURL.isBareSite(url) == isBare)
    }

    /// Whoever writes the URL chooses how deep.
    @Test(arguments: ["https://a.cdn.ampproject.org/c/s/", "https://www.google.com/amp/s/"])
    func cachesInsideCachesEndNothing(cache: String) {
        let inner = String(repeating: String(cache.dropFirst("https://".count)), count: 500)
        let url = "https://" + inner + "example.org/1"
        #expect(CanonicalURL.of(url)?.hasPrefix("http://") == true)
        #expect(CanonicalURL.of("https://" + String(repeating: inner, count: 100) + "example.org/1") == nil)
    }
}
