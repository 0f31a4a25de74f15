import FeedModel
import FeedParse
import Testing

struct RSSTests {
    @Test(
        arguments: [
            ("<link>http://e.org/1</link><guid>http://e.org/2</guid>", "http://e.org/1"),
            ("<guid>http://e.org/2</guid>", "http://e.org/2"),
            ("<guid isPermaLink='false'>http://e.org/2</guid>", nil), ("<guid>tag:e.org,1</guid>", nil),
            ("<link>/rel</link>", "http://example.org/rel"),
            ("<link>\n  http://e.org/1\n</link>", "http://e.org/1"),
            ("<atom:link href='http://e.org/3'/>", "http://e.org/3"),
            ("<atom:link rel='self' href='http://e.org/3'/><guid>http://e.org/2</guid>", "http://e.org/2"),
            ("<link>http://e.org/1</link><atom:link href='http://e.org/3'/>", "http://e.org/1"),
            ("<link/><guid>http://e.org/2</guid>", "http://e.org/2"),
            ("<link href='http://e.org/4'/>", "http://e.org/4"),
        ] as [(String, String?)])
    func page(elements: String, url: String?) throws {
        #expect(try item(elements).url == url)
    }

    @Test(arguments: [("true", true), ("false", false), ("TRUE", true)])
    func permalinkAsSaid(value: String, isPermalink: Bool) throws {
        #expect(try item("<guid isPermaLink='\(value)'>x</guid>").idIsPermalink == isPermalink)
        #expect(try item("<guid>x</guid>").idIsPermalink == true)
        #expect(try item("<title>x</title>").idIsPermalink == nil)
    }

    @Test(arguments: [
        ("AT&amp;T", TextConstruct.Kind.text, "AT&T", "AT&T"), ("a &lt; b", .text, "a < b", "a < b"),
        ("&lt;b&gt;x&lt;/b&gt;", .html, "<b>x</b>", "x"), ("caf&amp;eacute;", .html, "caf&eacute;", "café"),
        ("<![CDATA[AT&amp;T]]>", .html, "AT&amp;T", "AT&T"),
        ("&lt;Foo&gt; released", .text, "<Foo> released", "<Foo> released"),
        ("a\n  b", .text, "a\n  b", "a b"), ("Ben &amp;amp; Jerry", .html, "Ben &amp; Jerry", "Ben & Jerry"),
        ("x &lt;br/&gt; y", .html, "x <br/> y", "x y"),
    ])
    func titleAsPublishedAndAsText(source: String, kind: TextConstruct.Kind, value: String, text: String) throws {
        let entry = try item("<title>\(source)</title>")
        #expect(entry.title == TextConstruct(kind, value))
        #expect(entry.titleText == text)
    }

    @Test func descriptionIsTheBodyUnlessThereIsAFullerOne() throws {
        let short = try item("<description>&lt;p&gt;d&lt;/p&gt;</description>")
        #expect(short.content == nil)
        #expect(short.body == TextConstruct(.html, "<p>d</p>"))
        let both = try item("<content:encoded><![CDATA[<p>full</p>]]></content:encoded><description>d</description>")
        #expect(both.content == TextConstruct(.html, "<p>full</p>"))
        #expect(both.summaryText == "d")
    }

    @Test func markupThatNobodyEscaped() throws {
        #expect(
            try item("<description><p>a <b>b</b> &amp; c</p><br/></description>").summary?.value
                == "<p>a <b>b</b> &amp; c</p><br/>")
    }

    @Test func xhtmlBody() throws {
        let entry = try item(
            "<xhtml:body><xhtml:p>x<xhtml:img src='i.png'/></xhtml:p></xhtml:body><description>d</description>")
        #expect(entry.content?.value == "<p>x<img src=\"http://example.org/i.png\"/></p>")
    }

    @Test(arguments: [
        ("me@e.org (Me)", Person(name: "Me", email: "me@e.org")),
        ("Me <me@e.org>", Person(name: "Me", email: "me@e.org")),
        ("me@e.org", Person(email: "me@e.org")), ("Me", Person(name: "Me")),
        ("Me (me@e.org)", Person(name: "Me", email: "me@e.org")),
        ("@handle", Person(name: "@handle")), ("mailto:me@e.org (Me)", Person(name: "Me", email: "me@e.org")),
    ])
    func author(text: String, person: Person) throws {
        let escaped = text.replacing("<", with: "&lt;")
        #expect(try item("<author>\(escaped)</author>").authors == [person])
    }

    @Test func severalAuthorsEachOnce() throws {
        let entry = try item(
            "<author>a@e.org (A)</author><dc:creator>A</dc:creator><dc:creator>B</dc:creator><itunes:author>C</itunes:author>"
        )
        #expect(entry.authors == [Person(name: "A", email: "a@e.org"), Person(name: "B")])
        #expect(try item("<itunes:author>C</itunes:author>").authors == [Person(name: "C")])
    }

    @Test func dates() throws {
        let entry = try item(
            "<dc:date>2001-01-01</dc:date><pubDate>Thu, 01 Jan 2004 19:48:21 GMT</pubDate><atom:updated>2005-01-01T00:00:00Z</atom:updated>"
        )
        #expect(entry.published?.rfc3339 == "2004-01-01T19:48:21Z")
        #expect(entry.modified?.rfc3339 == "2005-01-01T00:00:00Z")
        #expect(try item("<dc:date>2001-01-01</dc:date>").published?.rfc3339 == "2001-01-01T00:00:00Z")
        #expect(try item("<dc:date>2001-01-01</dc:date>").modified == nil)
    }

    @Test func aBadDateIsToldAndKept() throws {
        let feed = try read(rssItem("\n<pubDate>gestern</pubDate>"))
        #expect(feed.problems.map(\.code) == [.badDate])
        #expect(feed.problems.first?.line == 2)
        #expect(feed.entries.first?.extensions["_", "pubDate"].first?.value == "gestern")
    }

    @Test func enclosuresAndMedia() throws {
        let entry = try item(
            """
            <enclosure url='a.mp3' type='audio/mpeg' length='1,000'/><media:content url='http://example.org/a.mp3' duration='62'/>
            <media:group><media:content url='b.mp4' fileSize='5' type='video/mp4'><media:title>B</media:title></media:content></media:group>
            <media:content url='p.jpg' medium='image'/><media:thumbnail url='t.jpg'/><itunes:duration>1:02:03</itunes:duration>
            """)
        #expect(
            entry.attachments == [
                Attachment(
                    url: "http://example.org/a.mp3", mimeType: "audio/mpeg", sizeInBytes: 1000, durationInSeconds: 62),
                Attachment(url: "http://example.org/b.mp4", mimeType: "video/mp4", title: "B", sizeInBytes: 5),
            ])
        #expect(entry.image == "http://example.org/t.jpg")
        #expect(entry.extensions["media", "group"].first?.children["media", "content"].count == 1)
    }

    @Test(arguments: ["3723", "1:02:03", "62:03"])
    func duration(text: String) throws {
        let entry = try item("<enclosure url='http://e.org/a'/><itunes:duration>\(text)</itunes:duration>")
        #expect(entry.attachments.first?.durationInSeconds == 3723)
    }

    @Test(arguments: [
        "<georss:point>45.5 -71.25</georss:point>", "<geo:lat>45.5</geo:lat><geo:long>-71.25</geo:long>",
        "<georss:where><gml:Point><gml:pos>45.5 -71.25</gml:pos></gml:Point></georss:where>",
        "<geo:Point><geo:lat>45.5</geo:lat><geo:long>-71.25</geo:long></geo:Point>",
    ])
    func location(elements: String) throws {
        #expect(try item(elements).location == Location(latitude: 45.5, longitude: -71.25))
    }

    @Test(arguments: [
        "<georss:point>145 -71</georss:point>", "<geo:lat>1</geo:lat>", "<georss:point>here</georss:point>",
    ])
    func noLocation(elements: String) throws {
        #expect(try item(elements).location == nil)
    }

    @Test func categoriesCommentsSource() throws {
        let entry = try item(
            "<category domain='d'>a</category><category>a</category><dc:subject>s</dc:subject><comments>/c</comments><source url='/s'>S</source>"
        )
        #expect(entry.categories == [Category(term: "a", scheme: "d"), Category(term: "a"), Category(term: "s")])
        #expect(entry.commentsURL == "http://example.org/c")
        #expect(entry.source == EntrySource(title: "S", url: "http://example.org/s"))
    }

    @Test func whatNoFieldCarriesStandsInExtensions() throws {
        let document = rssItem(
            "<slash:comments>5</slash:comments><dc:creator>A</dc:creator><mine x='1'>v</mine><m:other xmlns:m='urn:m'><m:in/></m:other><title>t</title>"
        )
        let found = try #require(read(document).entries.first).extensions
        #expect(found["slash", "comments"].map(\.value) == ["5"])
        #expect(found["dc", "creator"].map(\.value) == ["A"])
        #expect(found["_", "mine"].first?.attributes.first.map { "\($0.name)=\($0.value)" } == "x=1")
        #expect(found["m", "other"].first?.children["m", "in"].count == 1)
        #expect(found["_", "title"].isEmpty)
    }

    @Test func prefixesAreTheWellKnownOnes() throws {
        let feed = try read(
            "<rss><channel><item><i:x xmlns:i='http://www.itunes.com/DTDs/Podcast-1.0.dtd'>1</i:x></item></channel></rss>"
        )
        #expect(feed.entries.first?.extensions["itunes", "x"].count == 1)
    }

    @Test func feedFields() throws {
        let feed = try channel(
            """
            <title>T</title><link>http://e.org/</link><description>D &amp;amp; D</description><language>de</language><copyright>C</copyright>
            <managingEditor>e@e.org (E)</managingEditor><webMaster>w@e.org</webMaster><pubDate>Thu, 01 Jan 2004 00:00:00 GMT</pubDate>
            <lastBuildDate>Fri, 02 Jan 2004 00:00:00 GMT</lastBuildDate><generator>G</generator><ttl>60</ttl>
            <skipHours><hour>0</hour><hour>24</hour><hour>5</hour><hour>99</hour></skipHours><skipDays><day>Sunday</day><day>Funday</day></skipDays>
            <image><url>i.png</url><title>I</title><link>/</link><width>88</width><height>31</height></image>
            <atom:link rel="self" href="/f"/><atom:link rel="hub" href="http://hub/"/><cloud domain="c.org" port="80" path="/rpc" protocol="xml-rpc"/>
            <sy:updatePeriod xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">hourly</sy:updatePeriod>
            """)
        #expect(feed.titleText == "T")
        #expect(feed.homePageURL == "http://e.org/")
        #expect(feed.feedURL == "http://example.org/f")
        #expect(feed.descriptionText == "D & D")
        #expect(feed.language == "de")
        #expect(feed.rights?.value == "C")
        #expect(feed.authors == [Person(name: "E", email: "e@e.org")])
        #expect(feed.published?.rfc3339 == "2004-01-01T00:00:00Z")
        #expect(feed.modified?.rfc3339 == "2004-01-02T00:00:00Z")
        #expect(feed.generator == Generator(name: "G"))
        #expect(feed.ttlSeconds == 3600)
        #expect(feed.skipHours == [0, 5])
        #expect(feed.skipDays == [.sunday])
        #expect(feed.image?.url == "http://example.org/i.png")
        #expect(feed.image?.width == 88)
        #expect(feed.hubs == [Hub(type: "WebSub", url: "http://hub/"), Hub(type: "rssCloud", url: "http://c.org/rpc")])
        #expect(feed.updateIntervalSeconds == 3600)
        #expect(feed.extensions["_", "webMaster"].count == 1)
        #expect(feed.problems.isEmpty)
    }

    @Test(arguments: ["99999999999999999999999", "-5", "x", ""])
    func aTTLThatIsNone(text: String) throws {
        let seconds = try channel("<ttl>\(text)</ttl>").ttlSeconds
        #expect(seconds == nil || seconds == 600_000_000)
    }

    @Test func rdfItems() throws {
        let feed = try read(
            """
            <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xml:lang="en">
            <channel rdf:about="http://e.org/"><title>t</title><items><rdf:Seq><rdf:li resource="http://e.org/1"/></rdf:Seq></items></channel>
            <item rdf:about="http://e.org/1"><title>a</title></item></rdf:RDF>
            """)
        #expect(feed.entries.map(\.id) == ["http://e.org/1"])
        #expect(feed.entries.map(\.url) == ["http://e.org/1"])
    }

    @Test func repeatedGUIDsAreTold() throws {
        let feed = try read("<rss><channel><item><guid>1</guid></item><item><guid>1</guid></item></channel></rss>")
        #expect(feed.problems.map(\.code) == [.duplicateID])
        #expect(feed.entries.count == 2)
    }

    @Test(arguments: [
        ("http://", true), ("http:///path", false), ("https://e.org:99999/", true), ("http://e.org:80/", false),
        ("mailto:a@e.org", false), ("urn:x", false), ("/relative", false), ("http://[::1]/", false),
    ])
    func whatNobodyCanGoToIsNoted(url: String, isBad: Bool) throws {
        let feed = try read(rssItem("<link>\(url)</link>"))
        #expect(feed.problems.map(\.code) == (isBad ? [.badURL] : []))
        let json = try read(
            #"{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":"1","url":"\#(url)"}]}"#)
        #expect(json.problems.map(\.code) == (isBad ? [.badURL] : []))
    }
}
