import FeedModel
import FeedParse
import Testing

struct MalformedTests {
    /// Each is mended to a feed with the title and one item of link `http://e.org/?a=1&b=2`.
    @Test(arguments: [
        ("<title>a & b</title>", "a & b", ParseProblem.Code.notWellFormed, 3),
        ("<title>a &b</title>", "a &b", .notWellFormed, 3),
        ("<title>x&nbsp;y</title>", "x\u{A0}y", .undeclaredEntity, 3),
        ("<title>x&foo;y</title>", "x&foo;y", .undeclaredEntity, 3),
        ("<title>a < b</title>", "a < b", .notWellFormed, 3), ("<title>a\u{1}b</title>", "ab", .notWellFormed, 3),
        ("<title>a</titel></title>", "a", .notWellFormed, 3), ("<title x=1>a</title>", "a", .notWellFormed, 3),
        ("<title x='1' x='2'>a</title>", "a", .notWellFormed, 3), ("<title checked>a</title>", "a", .notWellFormed, 3),
        ("<title>a</TITLE>", "a", .notWellFormed, 3), ("<title><b>a</title>", "a", .notWellFormed, 3),
        ("<title>a&#1;b&#0;</title>", "a\u{FFFD}b\u{FFFD}", .notWellFormed, 3),
        ("<title>a<![CDATA[ & b]]></title><x y='&'/>", "a & b", .notWellFormed, 3),
        // The parse stops at the first of three texts that come in one call.
        ("<title>a & b<![CDATA[x]]>c<![CDATA[y]]></title>", "a & bxcy", .notWellFormed, 3),
        ("<title>a<!-- -- --></title>", "a", .notWellFormed, 3),
        ("<title>a ]]> b</title>", "a ]]> b", .notWellFormed, 3),
        ("<foo:bar/><title>a</title>", "a", .undeclaredPrefix, 3),
        ("<title>a</title><", "a", .notWellFormed, 3),
        ("<title>a</title><description>x<br>y</description>", "a", .notWellFormed, 3),
    ])
    func isMended(element: String, title: String, code: ParseProblem.Code, line: Int) throws {
        let feed = try read(
            "<rss version='2.0'>\n<channel>\n\(element)<item><title>i</title><link>http://e.org/?a=1&amp;b=2</link></item></channel></rss>"
        )
        #expect(feed.titleText == title)
        #expect(feed.entries.map(\.url) == ["http://e.org/?a=1&b=2"])
        #expect(feed.problems.first?.code == code)
        #expect(feed.problems.first?.line == line)
    }

    @Test func aBareAmpersandInALink() throws {
        let feed = try read(
            "<rss><channel><item><link>http://e.org/?a=1&b=2&copy=3</link><enclosure url='http://e.org/?a=1&b=2'/></item></channel></rss>"
        )
        #expect(feed.entries.first?.url == "http://e.org/?a=1&b=2&copy=3")
        #expect(feed.entries.first?.attachments.first?.url == "http://e.org/?a=1&b=2")
    }

    @Test func anItemThatWasNotClosed() throws {
        let feed = try read("<rss><channel><item><title>a</title><item><title>b</title></item></channel></rss>")
        #expect(feed.entries.map(\.titleText) == ["a", "b"])
    }

    @Test(arguments: 1...99)
    func cutAnywhereOnlyWholeEntriesAreGiven(percent: Int) {
        let items = (1...10).map {
            "<item><guid>\($0)</guid><description>text of <![CDATA[<b>item</b>]]> \($0)</description></item>"
        }
        let whole = "<?xml version='1.0'?><rss version='2.0'><channel><title>t</title>\(items.joined())</channel></rss>"
        let cut = Array(whole.utf8.prefix(whole.utf8.count * percent / 100))
        switch FeedReader.read(cut, context: DocumentContext()) {
        case .success(let feed):
            #expect(!feed.entries.isEmpty)
            #expect(feed.problems.map(\.code).contains(.truncated))
            for (number, entry) in feed.entries.enumerated() {
                #expect(entry.id == "\(number + 1)")
                #expect(entry.body?.value == "text of <b>item</b> \(number + 1)")
            }
        case .failure(let error): #expect(error.code == .truncated || error.code == .noFeed)
        }
    }

    @Test(arguments: ["\n\n", "junk ", "\u{FEFF}\n", "<!-- c -->"])
    func whatStandsBeforeTheDeclaration(junk: String) throws {
        let feed = try read(
            junk + "<?xml version='1.0'?>\n<rss><channel><title>t</title><item>&</item></channel></rss>")
        #expect(feed.titleText == "t")
        #expect(!feed.problems.isEmpty)
    }

    @Test func leadingBlankLinesKeepTheLineNumbers() throws {
        let feed = try read("\n\n<rss><channel>\n<x:y/></channel></rss>")
        #expect(feed.problems.map(\.line) == [4])
    }

    @Test func problemsOfValidDocumentsAreNone() throws {
        let feed = try read(
            """
            <?xml version="1.0"?>
            <!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">
            <rss version="0.91"><channel><title>caf&eacute;&unknown;</title></channel></rss>
            """)
        #expect(feed.titleText == "café&unknown;")
        #expect(feed.problems.isEmpty)
    }

    @Test func declaredEntitiesAreResolved() throws {
        let feed = try read(
            "<!DOCTYPE rss [<!ENTITY me \"M&#252;ller\"><!ENTITY me \"second\"> <!-- <!ENTITY no \"x\"> --> <!ENTITY mark \"&lt;b>\">]><rss><channel><title>&me;&mark;</title><link>/&me;</link></channel></rss>"
        )
        #expect(feed.titleText == "Müller<b>")
        #expect(feed.problems.isEmpty)
    }
}
