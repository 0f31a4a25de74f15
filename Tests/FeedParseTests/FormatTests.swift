import FeedModel
import FeedParse
import Testing

struct FormatTests {
    private static let rdf = #"xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#""#

    @Test(arguments: [
        ("<rss version='0.91'><channel/></rss>", FeedFormat.rss091), ("<rss version='0.92'><channel/></rss>", .rss092),
        ("<rss version='0.93'><channel/></rss>", .rss092), ("<rss version='0.94'><channel/></rss>", .rss092),
        ("<rss version='2.0'><channel/></rss>", .rss20), ("<rss version='2.1'><channel/></rss>", .rss20),
        ("<rss><channel/></rss>", .rss20), ("<RSS VERSION='0.91'><CHANNEL/></RSS>", .rss091),
        ("<rdf:RDF \(rdf) xmlns='http://purl.org/rss/1.0/'><channel/></rdf:RDF>", .rss10),
        ("<rdf:RDF \(rdf) xmlns='http://my.netscape.com/rdf/simple/0.9/'><channel/></rdf:RDF>", .rss090),
        ("<rdf:RDF \(rdf) xmlns='http://purl.org/rss/1.0/'/>", .rss10),
        ("<Channel xmlns='http://purl.org/net/rss1.1#'><title>t</title></Channel>", .rss11),
        ("<feed xmlns='http://www.w3.org/2005/Atom'/>", .atom10),
        ("<feed xmlns='http://purl.org/atom/ns#' version='0.3'/>", .atom03),
        ("<feed version='0.3'/>", .atom03), ("<feed/>", .atom10),
        ("<entry xmlns='http://www.w3.org/2005/Atom'><id>1</id></entry>", .atom10),
        ("<CHANNEL HREF='http://e.org/'><ITEM HREF='http://e.org/1'/></CHANNEL>", .cdf),
        (#"{"version":"https://jsonfeed.org/version/1","title":"t","items":[]}"#, .jsonFeed10),
        (#"{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[]}"#, .jsonFeed11),
    ])
    func isRecognised(document: String, format: FeedFormat) throws {
        #expect(try read(document).format == format)
    }

    @Test func aLoneEntryIsAFeedOfOneItem() throws {
        let feed = try read("<entry xmlns='http://www.w3.org/2005/Atom'><id>1</id><title>x</title></entry>")
        #expect(feed.entries.map(\.titleText) == ["x"])
        #expect(feed.titleText == nil)
    }

    @Test func itemsBesideTheChannel() throws {
        let feed = try read("<rss version='2.0'><channel><title>t</title></channel><item><title>i</title></item></rss>")
        #expect(feed.titleText == "t")
        #expect(feed.entries.map(\.titleText) == ["i"])
    }

    @Test func itemsInsideItemsAndChannelsInsideChannels() throws {
        let feed = try read(
            "<rss><channel><channel><title>t</title><items><item><item><title>a</title></item></item></items></channel></channel></rss>"
        )
        #expect(feed.titleText == "t")
        #expect(feed.entries.map(\.titleText) == ["a"])
    }

    @Test func aDefaultNamespaceThatNobodyKnows() throws {
        let feed = try read(
            "<rss version='2.0' xmlns='http://e.org/mine'><channel><title>t</title><item><link>http://e.org/1</link></item></channel></rss>"
        )
        #expect(feed.titleText == "t")
        #expect(feed.entries.first?.url == "http://e.org/1")
    }

    @Test func prefixedRSSAndAtom() throws {
        let rss = try read(
            "<rss version='2.0' xmlns:r='http://backend.userland.com/rss2'><r:channel><r:title>t</r:title></r:channel></rss>"
        )
        #expect(rss.titleText == "t")
        let atom = try read(
            "<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:entry><a:title>e</a:title></a:entry></a:feed>")
        #expect(atom.entries.map(\.titleText) == ["e"])
    }

    @Test func aFeedInsideAWrapper() throws {
        #expect(try read("<root><rss version='2.0'><channel><title>t</title></channel></rss></root>").titleText == "t")
    }

    @Test func cdf() throws {
        let feed = try read(
            "<CHANNEL HREF='http://e.org/'><TITLE>t</TITLE><ABSTRACT>d</ABSTRACT><LOGO HREF='l.gif' STYLE='ICON'/><ITEM HREF='1' LASTMOD='2001-02-03T04:05'><TITLE>i</TITLE></ITEM></CHANNEL>"
        )
        #expect(feed.titleText == "t")
        #expect(feed.descriptionText == "d")
        #expect(feed.favicon == "http://example.org/l.gif")
        #expect(feed.homePageURL == "http://e.org/")
        #expect(feed.entries.first?.url == "http://example.org/1")
        #expect(feed.entries.first?.modified?.rfc3339 == "2001-02-03T04:05:00Z")
    }

    @Test(arguments: [
        ("", NotAFeed.Code.empty, "empty"), (" \n ", .empty, "empty"),
        ("<!doctype html><html><body>x</body></html>", .noFeed, "web page"),
        ("<html><rss/></html>", .noFeed, "web page"), ("plain words", .noFeed, "plain text"),
        ("<opml><body/></opml>", .noFeed, "OPML"),
        ("<urlset/>", .noFeed, "sitemap"), ("<note>x</note>", .noFeed, "<note>"), ("{\"a\":1}", .noFeed, "JSON"),
        ("[1,2]", .noFeed, "JSON"),
        ("\u{1}\u{2}\u{3}", .noFeed, "binary"), ("%PDF-1.4", .noFeed, "PDF"), ("GIF89a", .noFeed, "GIF"),
        ("<?xml version='1.0'?>", .truncated, "root"),
        ("<rss version='2.0'><channel><item><title>half", .truncated, "breaks off"),
        ("{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[{\"id\":", .truncated, "breaks off"),
        ("<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><x/></rdf:RDF>", .noFeed, "RDF"),
    ])
    func isNoFeed(document: String, code: NotAFeed.Code, says: String) {
        let refused = refusal(Array(document.utf8))
        #expect(refused?.code == code)
        #expect(refused?.message.contains(says) == true, "\(refused?.message ?? "accepted")")
    }

    @Test func tooLargeIsRefusedUnread() {
        #expect(refusal([UInt8](repeating: 0x20, count: FeedReader.maximumBytes + 1))?.code == .tooLarge)
    }
}
