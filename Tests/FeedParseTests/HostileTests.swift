import FeedModel
import FeedParse
import Testing

/// Documents that want to read files, fill memory or take for ever.
struct HostileTests {
    private func rss(_ title: String, before: String = "") -> String {
        "\(before)<rss version='2.0'><channel><title>\(title)</title><item><title>i</title></item></channel></rss>"
    }

    private func entries(_ document: String) -> Int? {
        let bytes = Array(document.utf8)
        let clock = ContinuousClock()
        var count: Int?
        // Generous for a loaded machine and an unoptimised build; what is quadratic takes hours.
        let duration = clock.measure {
            count = try? FeedReader.read(bytes, context: DocumentContext()).get().entries.count
        }
        #expect(duration < .seconds(60))
        return count
    }

    @Test(arguments: [
        "<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", "<!DOCTYPE rss SYSTEM 'file:///etc/passwd'>",
        "<!DOCTYPE rss [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]>",
        "<!DOCTYPE rss [<!ENTITY x PUBLIC 'a' 'file:///etc/passwd'>]>",
    ])
    func externalEntitiesAreNotRead(doctype: String) throws {
        let feed = try read(rss("&x;", before: doctype))
        #expect(feed.titleText == "&x;")
    }

    @Test func entityBombsAreInert() throws {
        let entities = (0..<10).map {
            "<!ENTITY l\($0) \"\(String(repeating: $0 == 0 ? "lol" : "&l\($0 - 1);", count: 10))\">"
        }.joined()
        let feed = try read(rss("&l9;", before: "<!DOCTYPE rss [\(entities)]>"))
        #expect(feed.titleText == "&l9;")
    }

    @Test func repeatedEntitiesGrowNoFurtherThanTheDocument() throws {
        let value = String(repeating: "A", count: 1000)
        let feed = try read(
            rss(String(repeating: "&x;", count: 20000), before: "<!DOCTYPE rss [<!ENTITY x \"\(value)\">]>"))
        #expect((feed.titleText?.utf8.count ?? 0) < 400_000)
    }

    @Test func depthIsBounded() throws {
        let deep = String(repeating: "<a>", count: 100_000) + "x" + String(repeating: "</a>", count: 100_000)
        let feed = try read(rss(deep))
        #expect(feed.problems.map(\.code).contains(.tooDeep))
        #expect(feed.entries.count == 1)
        #expect(feed.titleText == "x")
    }

    @Test func manyOfEverything() {
        #expect(
            entries("<rss \((0..<50_000).map { "a\($0)='1'" }.joined(separator: " "))><channel><item/></channel></rss>")
                == 1)
        #expect(
            entries(
                "<rss \((0..<5000).map { "xmlns:n\($0)='u\($0)'" }.joined(separator: " "))><channel><item/></channel></rss>"
            ) == 1)
        #expect(entries("<rss><channel>\(String(repeating: "<item/>", count: 100_001))</channel></rss>") == 10_000)
        for element in ["n%", "category", "author", "enclosure url='%'", "link"] {
            let many = (0..<10_000).map {
                "<\(element.replacing("%", with: "\($0)"))>\($0)</\(element.prefix { $0 != " " }.replacing("%", with: "\($0)"))>"
            }
            #expect(entries("<rss><channel><item>\(many.joined())</item></channel></rss>") == 1)
        }
        #expect(entries("<rss><channel>\((0..<1500).map { "<n\($0):a xmlns:n\($0)='u\($0)'>" }.joined())") == nil)
        #expect(entries("<rss><channel><item/>\((0..<1500).map { "<n\($0):a xmlns:n\($0)='u\($0)'>" }.joined())") == 1)
        #expect(entries("<rss><channel>\(String(repeating: "<item>", count: 50_000))") != nil)
        #expect(
            entries("<rss><channel><item/><a>\(String(repeating: "</b>", count: 50_000))</a></channel></rss>") == 1)
        #expect(
            entries(
                "<rss><channel><item/>\(String(repeating: "<b>", count: 50_000))\(String(repeating: "</c>", count: 50_000))</channel></rss>"
            ) == 1)
    }

    @Test func tooManyNamesAreRefused() {
        let names = (0..<30_000).map { "<n\($0)/>" }.joined()
        #expect(refusal(Array("<rss><channel>\(names)</channel></rss>".utf8))?.code == .tooComplex)
    }

    @Test(arguments: [
        "<", "&", "<!--", "<![CDATA[", "<?", "</", "<a b='", "< ", "& ", "<a b='' ", "a='' ", "<!ENTITY a '", "&lt;",
        "<a ", "]]>",
    ])
    func repeatedMarkupIsLinear(piece: String) {
        _ = entries("<rss><channel><title>t</title><item/>\(String(repeating: piece, count: 50_000))")
        _ = entries("<rss><channel><title>\(String(repeating: piece, count: 50_000))</title></channel></rss>")
        _ = entries("<!DOCTYPE rss [\(String(repeating: piece, count: 50_000))")
    }

    /// libxml2 refuses nodes of more than 10 MB by default, and grows them quadratically when fed in chunks.
    @Test(arguments: [("", ""), ("<![CDATA[", "]]>"), ("<!--", "-->"), ("<x y='", "'/>")])
    func nodesOfElevenMegabytes(open: String, close: String) throws {
        let filling = String(repeating: "x", count: 11 << 20)
        #expect(
            entries("<rss><channel><item/><description>\(open)\(filling)\(close)</description></channel></rss>") == 1)
    }

    @Test(arguments: ["utf-7", "ebcdic-cp-us", "utf-32", "x-user-defined", "../../etc/passwd", "UTF-8//TRANSLIT"])
    func encodingsThatLie(label: String) throws {
        let feed = try read("<?xml version=\"1.0\" encoding=\"\(label)\"?>\(rss("t"))")
        #expect(feed.entries.count == 1)
        #expect(feed.problems.map(\.code).contains { $0 == .encodingUnknown || $0 == .encodingMismatch })
    }

    @Test func numbersThatFitNowhere() throws {
        let feed = try read(
            "<rss><channel><ttl>99999999999999999999999999</ttl><image><width>-9e999</width></image><skipHours><hour>999999999999999999999</hour></skipHours><item><enclosure url='a' length='99999999999999999999999999'/></item></channel></rss>"
        )
        #expect(feed.entries.first?.attachments.first?.sizeInBytes == nil)
        #expect(feed.skipHours.isEmpty)
    }

    @Test func bytesThatAreNothing() {
        #expect(refusal([UInt8](repeating: 0xFF, count: 100_000)) != nil)
        #expect(refusal([UInt8](repeating: 0, count: 100_000)) != nil)
        #expect(refusal([0xEF, 0xBB, 0xBF]) != nil)
        #expect(refusal([0xFF, 0xFE, 0x3C, 0x00, 0x72]) != nil)
        #expect(refusal([0x00, 0x00, 0xFE, 0xFF] + [UInt8](repeating: 0x7F, count: 4000)) != nil)
    }
}
