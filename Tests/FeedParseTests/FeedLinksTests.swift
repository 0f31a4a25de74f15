import FeedParse
import Testing

/// RSS Autodiscovery: what a page announces.
struct FeedLinksTests {
    @Test(arguments: [
        (#"<link rel="alternate" type="application/rss+xml" href="/feed">"#, ["http://e.org/feed"]),
        (
            #"<LINK REL='Alternate home' TYPE='application/atom+xml; charset=utf-8' HREF=a.xml>"#,
            ["http://e.org/d/a.xml"]
        ),
        (#"<link rel=alternate type=application/feed+json href="//f.org/j">"#, ["http://f.org/j"]),
        (#"<link rel=feed href=x>"#, ["http://e.org/d/x"]),
        (#"<base href="http://b.org/c/"><link rel=alternate type=text/xml href=x>"#, ["http://b.org/c/x"]),
        (#"<link rel=alternate type=text/html href=x>"#, []),
        (#"<link rel=alternate type=application/json href=x>"#, []),
        (#"<link rel="alternate stylesheet" type=text/xml href=x>"#, []),
        (#"<link type=application/rss+xml href=x>"#, []),
        (#"<script>'<link rel=feed href=x>'</script>"#, []), (#"<!--<link rel=feed href=x>-->"#, []),
        (#"<link rel=feed href="javascript:x">"#, []),
        (#"<link rel=feed href=x><link rel=feed href=x>"#, ["http://e.org/d/x"]),
        (#"<link rel=feed href="?a=1&amp;b=2">"#, ["http://e.org/d/p?a=1&b=2"]), ("", []),
        ("<link rel=feed href='x", []),
    ])
    func areFound(html: String, urls: [String]) {
        let found = FeedLinks.announced(in: Array(html.utf8), contentType: "text/html", base: "http://e.org/d/p")
        #expect(found == urls)
    }

    @Test func aPageAnnouncesNoMoreThanAThousand() {
        let links = (0..<5000).map { "<link rel=feed href=\($0)>" }.joined()
        let found = FeedLinks.announced(in: Array(links.utf8), contentType: "text/html", base: "http://e.org/")
        #expect(found.count == 1000 && found.last == "http://e.org/999")
    }
}
