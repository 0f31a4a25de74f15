import FeedModel
import Testing

@testable import FeedParse

/// Documents that would take long or become much: what they may cost, and what is made of them.
@Suite struct ReadingLimitsTests {
    private typealias Cost = (steps: Int, memory: Int, result: Result<ParsedFeed, NotAFeed>)

    private static func cost(_ document: String, _ limits: ReadingLimits = ReadingLimits()) -> Cost {
        let bytes = Array(document.utf8)
        let meter = ReadingMeter(limits, bytes: bytes.count)
        let result = FeedReader.read(
            bytes, DocumentContext(url: "http://e.example/feed", contentType: nil, limits: limits), meter)
        return (meter.steps, meter.memory, result)
    }

    private static func code(_ result: Result<ParsedFeed, NotAFeed>) -> String {
        switch result {
        case .success: "feed"
        case .failure(let reason): reason.code.rawValue
        }
    }

    /// What stands before, what is repeated (`%` is its number), what stands behind.
    struct Shape: CustomTestStringConvertible {
        var name: String
        var head: String
        var piece: String
        var tail: String

        init(_ name: String, _ head: String, _ piece: String, _ tail: String) {
            (self.name, self.head, self.piece, self.tail) = (name, head, piece, tail)
        }

        static func rss(_ name: String, _ piece: String) -> Shape {
            Shape(name, "<rss version='2.0'><channel><item/>", piece, "</channel></rss>")
        }

        static func item(_ name: String, _ piece: String) -> Shape {
            Shape(name, "<rss version='2.0'><channel><item>", piece, "</item></channel></rss>")
        }

        static func html(_ name: String, _ piece: String) -> Shape {
            Shape(
                name, "<rss version='2.0'><channel><item><description><![CDATA[", piece,
                "]]></description></item></channel></rss>")
        }

        static func json(_ name: String, _ piece: String) -> Shape {
            Shape(name, #"{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":"1"}],"#, piece, "")
        }

        func document(_ count: Int) -> String {
            guard piece.contains("%") else { return head + String(repeating: piece, count: count) + tail }
            return head + (0..<count).map { piece.replacing("%", with: "\($0)") }.joined() + tail
        }

        var testDescription: String { name }
    }

    static let shapes: [Shape] = [
        .rss("empty items", "<item/>"), .rss("items inside items", "<item><item/></item>"),
        .rss("comments", "<!-- -->"), .rss("instructions", "<?a b?>"), .rss("blanks", "<b/> "),
        .item("categories", "<category>%</category>"), .item("one category", "<category>a</category>"),
        .item("enclosures", "<enclosure url='http://e/%'/>"), .item("links", "<link href='%'/>"),
        .item("people", "<author><name>%</name></author>"),
        .item("sections", "<description><![CDATA[a]]></description>"),
        .item("one name", "<x:a xmlns:x='u'/>"), .item("bad dates", "<pubDate>Mon 1 %</pubDate>"),
        .item(
            "elements of an extension",
            "<m:group xmlns:m='http://search.yahoo.com/mrss/'><m:content url='%'/></m:group>"),
        .item("ampersands", "& "), .item("unknown entities", "&foo;"), .item("references to nothing", "&#"),
        .item("stray end tags", "</x>"), .item("tags without an end", "<x "), .item("unclosed tags", "<x>"),
        .item("quotes", "<x a='>"), .item("attributes without a value", "<x a b c d>"),
        .item("xml:base", "<a xml:base='x/'/>"),
        .html("tags", "<b><p>"), .html("lists", "<ul><li>"), .html("references", "&amp;"), .html("half tags", "<a"),
        .html("less-than", "<"), .html("comments", "<!-- --!"), .html("ends of comments", "<!---->"),
        .html("scripts", "<script>"), .html("open quotes", "<a href=\""), .html("attributes", "<a b=c d e='f'>"),
        .html("references to nothing", "&#x"), .html("images", "<img src='a/../b.png' srcset='x 1x, y 2x'>"),
        .html("noscript", "<noscript>x"), .html("combining marks", "\u{316}\u{301}"),
        .html("directions", "\u{202E}\u{2066}"), .html("one word", "w"),
        .json("numbers", #""a%":0,"#), .json("arrays", #""a":[[],[],[1,2,3]],"#), .json("commas", ","),
        .json("escapes", #""a":"\u0041\ud800","#), .json("strings", #""a":"b","#),
    ]

    @Test("Work grows with the document, and no faster", arguments: shapes)
    func workIsLinear(shape: Shape) {
        let (few, many) = (Self.cost(shape.document(1000)), Self.cost(shape.document(4000)))
        #expect(many.steps <= 5 * few.steps + 10_000, "\(few.steps) and \(many.steps)")
        #expect(many.memory <= 5 * few.memory + 400_000, "\(few.memory) and \(many.memory)")
    }

    static let tooMany: [Shape] = [
        .item("names", "<n%/>"), .item("names of attributes", "<n a%=''/>"), .rss("names of instructions", "<?n%?>"),
        .item("namespaces", "<a xmlns:n='u%'/>"), .item("prefixes", "<a xmlns:n%='u'/>"),
        Shape(
            "names deep inside", "<rss><channel>" + String(repeating: "<a>", count: 300), "<n%/>",
            String(repeating: "</a>", count: 300) + "</channel></rss>"),
        Shape("unclosed names", "<rss><channel><item/>", "<n%>", ""),
    ]

    @Test("No document has so many names that libxml2 is lost in them", arguments: tooMany)
    func namesAreCounted(shape: Shape) {
        #expect(Self.code(Self.cost(shape.document(21_000)).result) == "too-complex")
        #expect(Self.code(Self.cost(shape.document(9000)).result) == "feed")
    }

    static let large: [Shape] = [
        .item("elements", "<b/>"), .item("texts", "a<b/>"), .item("attributes", "<b c='' d='' e=''/>"),
        .item("bare ampersands", "&&&&&&&&"), .json("zeros", #""a":[0,0,0,0,0,0,0,0,0,0],"#),
        Shape(
            "a long base",
            "<rss xml:base='http://e.example/\(String(repeating: "x", count: 1000))/'><channel><item/>",
            "<item><link>%</link></item>", "</channel></rss>"),
        Shape(
            "links to a long base",
            "<rss xml:base='http://e.example/\(String(repeating: "x", count: 1000))/'><channel><item><description>",
            "&lt;a href='b'>c&lt;/a>", "</description></item></channel></rss>"),
        Shape(
            "a long namespace",
            "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:n='\(String(repeating: "u", count: 1000))'><entry><content type='xhtml'><div>",
            "<n:a/>", "</div></content></entry></feed>"),
    ]

    @Test("What a document becomes is counted, not its bytes", arguments: large)
    func memoryIsBounded(shape: Shape) {
        let limits = ReadingLimits(memory: 1 << 20)
        let cost = Self.cost(shape.document(20_000), limits)
        #expect(Self.code(cost.result) == "too-complex")
        // No single step takes much.
        #expect(cost.memory < 2 << 20)
        #expect(Self.code(Self.cost(shape.document(200), limits).result) == "feed")
    }

    @Test(
        "A document that takes too long is refused, whatever it is",
        arguments: [
            "<rss><channel>\(String(repeating: "<item><title>a</title></item>", count: 3000))</channel></rss>",
            "<rss><channel>\(String(repeating: "<item><title>a & b</title>", count: 3000))</channel></rss>",
            "<rss><channel><item><title>\(String(repeating: "&lt;b>c", count: 10_000))</title></item></channel></rss>",
            #"{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1"}\#(String(repeating: #",{"id":"1"}"#, count: 10_000))]}"#,
        ])
    func timeIsBounded(document: String) throws {
        let failure = Self.cost(document, ReadingLimits(time: .zero)).result
        guard case .failure(let reason) = failure else {
            Issue.record("it was read")
            return
        }
        #expect(reason.code == .tooComplex && reason.message.contains("processor time"))
    }

    static let deep: [Shape] = [
        Shape("elements", "<rss><channel><item/>", "<a>", ""), .item("unclosed elements", "<a>"),
        Shape("entries", "<rss><channel>", "<item>", ""), Shape("groups", "<rss><channel><item>", "<media:group>", ""),
        Shape(
            "markup in Atom", "<feed xmlns='http://www.w3.org/2005/Atom'><entry><content type='xhtml'>", "<div>", ""),
        .html("elements of HTML", "<div>"), .html("lists", "<ul><li>"), .html("quotations", "<q>"),
        Shape("arrays", #"{"title":"t","items":[{"id":"1"}],"a":"#, "[", ""),
        Shape("objects", #"{"title":"t","items":[{"id":"1"}],"a":"#, #"{"a":"#, ""),
        Shape("only arrays", "", "[", ""), Shape("only objects", "", #"{"a":"#, ""),
    ]

    @Test("Twenty thousand levels end nothing", arguments: deep)
    func depthIsBounded(shape: Shape) {
        switch Self.cost(shape.document(20_000)).result {
        case .success(let feed):
            #expect(feed.entries.count <= ReadingLimits().entries)
            #expect(feed.sanitized().entries.count == feed.entries.count)
        case .failure(let reason): #expect([.tooComplex, .truncated, .noFeed].contains(reason.code), "\(reason)")
        }
    }

    @Test(
        "Lists in one entry are bounded, and that is told",
        arguments: [
            "<category>%</category>", "<link href='http://e/%'/>", "<enclosure url='http://e/%'/>",
            "<dc:contributor xmlns:dc='http://purl.org/dc/elements/1.1/'>%</dc:contributor>",
        ])
    func listsAreBounded(piece: String) throws {
        let feed = try Self.cost(Shape.item("", piece).document(2000)).result.get()
        let entry = try #require(feed.entries.first)
        let listed = [entry.categories.count, entry.links.count, entry.attachments.count, entry.contributors.count]
        #expect(listed.max() == 512)
        #expect(feed.problems.map(\.code).contains(.tooLarge))
    }

    /// Blocks of buttons that are never closed are looked through a few times, not each.
    @Test func unclosedBlocksOfButtonsAreNotReadAgainAndAgain() {
        let html = String(repeating: "<div class=\"feedflare\">a", count: 20_000)
        let meter = ReadingMeter(ReadingLimits(), bytes: html.utf8.count)
        #expect(PlainText.ofHTML(html, meter).count >= 20_000)
        #expect(meter.steps < 60_000)
    }
}
