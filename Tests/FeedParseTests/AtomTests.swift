import FeedModel
import FeedParse
import Testing

struct AtomTests {
    @Test(arguments: [
        ("<title>a &lt; b</title>", TextConstruct.Kind.text, "a < b", "a < b"),
        ("<title type='text'>&lt;b&gt;</title>", .text, "<b>", "<b>"),
        ("<title type='html'>&lt;b&gt;x&lt;/b&gt; &amp;amp; y</title>", .html, "<b>x</b> &amp; y", "x & y"),
        ("<title type='xhtml'><xh:div>a <xh:b>b</xh:b> &amp;</xh:div></title>", .xhtml, "a <b>b</b> &amp;", "a b &"),
        ("<title type='HTML'>&lt;i&gt;x&lt;/i&gt;</title>", .html, "<i>x</i>", "x"),
        ("<title type='text/plain'>x</title>", .text, "x", "x"),
        ("<title mode='escaped' type='text/html'>&lt;i&gt;x&lt;/i&gt;</title>", .html, "<i>x</i>", "x"),
        ("<title mode='base64' type='text/html'>PGk+eDwvaT4=</title>", .html, "<i>x</i>", "x"),
        ("<title type='application/xhtml+xml' mode='xml'><xh:div>x</xh:div></title>", .xhtml, "x", "x"),
        ("<title type='html'>x<xh:br/>y</title>", .xhtml, "x<br/>y", "x y"),
    ])
    func textConstructs(element: String, kind: TextConstruct.Kind, value: String, text: String) throws {
        let entry = try atomEntry(element)
        #expect(entry.title == TextConstruct(kind, value))
        #expect(entry.titleText == text)
    }

    @Test func base64ThatIsNoTextIsNoContent() throws {
        #expect(try atomEntry("<content type='image/png'>iVBORw0KGgo=</content>").content == nil)
    }

    @Test func foreignMarkupKeepsItsNamespace() throws {
        let entry = try atomEntry(
            "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><svg xmlns='http://www.w3.org/2000/svg'><g/></svg><m:math xmlns:m='http://www.w3.org/1998/Math/MathML'><m:mi>x</m:mi></m:math><p/></div></content>"
        )
        #expect(
            entry.content?.value
                == "<svg xmlns=\"http://www.w3.org/2000/svg\"><g></g></svg><math xmlns=\"http://www.w3.org/1998/Math/MathML\"><mi>x</mi></math><p></p>"
        )
    }

    @Test func contentElsewhere() throws {
        let entry = try atomEntry("<content type='video/mp4' src='/v.mp4'/><summary>s</summary>")
        #expect(entry.contentSource == ContentSource(url: "http://example.org/v.mp4", type: "video/mp4"))
        #expect(entry.body?.value == "s")
    }

    @Test func links() throws {
        let entry = try atomEntry(
            """
            <link rel="self" href="/s"/><link rel="alternate" type="application/pdf" href="/p"/><link type="text/html" hreflang="de" title="T" href="/h"/>
            <link rel="enclosure" type="audio/mpeg" length="7" href="/a.mp3"/><link rel="replies" type="text/html" href="/c"/>
            """)
        #expect(entry.url == "http://example.org/h")
        #expect(entry.links.count == 5)
        #expect(entry.links[2] == Link(href: "http://example.org/h", type: "text/html", hreflang: "de", title: "T"))
        #expect(
            entry.attachments == [Attachment(url: "http://example.org/a.mp3", mimeType: "audio/mpeg", sizeInBytes: 7)])
        #expect(entry.commentsURL == "http://example.org/c")
    }

    @Test func peopleAndDates() throws {
        let entry = try atomEntry(
            """
            <author><name>A</name><email>a@e.org</email><uri>/a</uri></author><contributor><name>B</name></contributor>
            <published>2003-01-01T00:00:00Z</published><updated>2004-01-01T00:00:00Z</updated>
            <category term="t" scheme="s" label="L"/><rights type="html">&lt;b&gt;r</rights>
            <source><id>i</id><title>S</title><link href="/f"/></source>
            """)
        #expect(entry.authors == [Person(name: "A", email: "a@e.org", uri: "http://example.org/a")])
        #expect(entry.contributors == [Person(name: "B")])
        #expect(entry.published?.rfc3339 == "2003-01-01T00:00:00Z")
        #expect(entry.modified?.rfc3339 == "2004-01-01T00:00:00Z")
        #expect(entry.categories == [Category(term: "t", scheme: "s", label: "L")])
        #expect(entry.rights == TextConstruct(.html, "<b>r"))
        #expect(entry.source == EntrySource(title: "S", url: "http://example.org/f", id: "i"))
    }

    @Test func publishedAndUpdatedDoNotStandInForEachOther() throws {
        #expect(try atomEntry("<updated>2004-01-01T00:00:00Z</updated>").published == nil)
        #expect(try atomEntry("<published>2004-01-01T00:00:00Z</published>").modified == nil)
    }

    @Test func xmlBaseAtEveryLevel() throws {
        let feed = try read(
            """
            <feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://b.org/x/"><link href="f"/>
            <entry xml:base="y/"><link href="e"/><title type="html" xml:base="t/">&lt;a href="1"&gt;</title>
            <content type="xhtml" xml:base="z/"><div xmlns="http://www.w3.org/1999/xhtml"><a href="c" xml:base="/w/"><img src="i"/></a><b><img src="j"/></b></div></content>
            <summary type="html">&lt;img src="s" srcset="a 1x, b 2x"&gt; &lt;a href='#f'&gt;</summary></entry></feed>
            """)
        let entry = try #require(feed.entries.first)
        #expect(feed.homePageURL == "http://b.org/x/f")
        #expect(entry.url == "http://b.org/x/y/e")
        #expect(entry.title?.value == "<a href=\"http://b.org/x/y/t/1\">")
        #expect(
            entry.content?.value
                == "<a href=\"http://b.org/w/c\"><img src=\"http://b.org/w/i\"/></a><b><img src=\"http://b.org/x/y/z/j\"/></b>"
        )
        #expect(
            entry.summary?.value
                == "<img src=\"http://b.org/x/y/s\" srcset=\"http://b.org/x/y/a 1x, http://b.org/x/y/b 2x\"> <a href='http://b.org/x/y/#f'>"
        )
    }

    @Test func htmlWithoutRelativeReferencesStaysAsPublished() throws {
        let html = "<A HREF='http://e.org/?a=1&b=2' >x</a><br><IMG src=http://e.org/i.png>&nbsp;<p"
        #expect(try atomEntry("<content type='html'><![CDATA[\(html)]]></content>").content?.value == html)
    }

    @Test func languageFromXMLLang() throws {
        let feed = try read(
            "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='de'><entry xml:lang='fr'/><entry/></feed>")
        #expect(feed.language == "de")
        #expect(feed.entries.map(\.language) == ["fr", nil])
    }

    @Test func elementsOfNoNamespaceInAtomAreKept() throws {
        let feed = try read(
            "<feed xmlns='http://www.w3.org/2005/Atom'><entry><x xmlns=''>1</x><later>2</later></entry></feed>")
        #expect(feed.entries.first?.extensions["_", "x"].first?.value == "1")
        #expect(feed.entries.first?.extensions["atom", "later"].first?.value == "2")
    }
}
