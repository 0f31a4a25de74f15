import FeedModel
import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// What another XML parser reads is what was written, without what XML 1.0 has no room for.
struct XMLWriterTests {
    @Test(arguments: [
        ("a & b < c > d \"e\" 'f'", nil), ("]]>", nil), ("<![CDATA[x]]>", nil), ("<!-- -- -->", nil), ("&amp;lt;", nil),
        ("a\tb\nc\rd\r\ne", nil), ("  edges  ", nil), ("é 日本 😀 \u{2028}’\u{A0}", nil),
        ("a\u{80}b\u{85}c\u{9B}31m\u{9F}", "abc31m"),
        ("\u{202E}a\u{200E}b\u{61C}c\u{2069}", nil),
        ("a\u{0}b\u{1}c\u{8}d\u{B}e\u{C}f\u{1F}g", "abcdefg"),
        ("a\u{FFFE}b\u{FFFF}c\u{FFFD}d\u{FEFF}e", "abc\u{FFFD}d\u{FEFF}e"),
        ("\u{FFEF}\u{FFBF}", nil), ("a\u{7F}", "a"), ("\u{10FFFF}", nil),
    ])
    func textsComeBack(written: String, read: String?) throws {
        for isIndented in [false, true] {
            var xml = XMLWriter(isIndented: isIndented)
            xml.declaration()
            xml.element("outer", [("a", written), ("absent", nil)]) { xml in
                xml.element("inner", text: written)
                xml.element("empty", ifAny: "")
            }
            let root = try #require(try XMLReading(xml.bytes).root)
            #expect(root.attributes == ["a": read ?? written])
            #expect(root.children.map(\.name) == ["inner"])
            #expect(root.children.first?.text == read ?? written)
        }
    }

    @Test func whatTurnsTextAroundIsWrittenInASCII() {
        var xml = XMLWriter()
        xml.element("t", [("a", "\u{61C}")], text: "a\u{202E}b\u{9B}")
        #expect(xml.string == "<t a=\"&#x61C;\">a&#x202E;b</t>")
    }

    /// A document may be handed over in pieces; elements that were begun are ended all the same.
    @Test func piecesMakeTheDocument() throws {
        var xml = XMLWriter(isIndented: true)
        var bytes: [UInt8] = []
        xml.declaration()
        xml.begin("a", [("xmlns", "urn:x")])
        bytes += xml.take()
        xml.begin("b")
        xml.element("c")
        bytes += xml.take()
        xml.end()
        xml.end()
        // Nothing is open any more.
        xml.end()
        bytes += xml.take()
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                <?xml version="1.0" encoding="utf-8"?>
                <a xmlns="urn:x">
                  <b>
                    <c/>
                  </b>
                </a>

                """)
    }
}

/// An XML document read by Foundation.
private final class XMLReading: NSObject, XMLParserDelegate {
    struct Element {
        var name: String
        var attributes: [String: String]
        var text = ""
        var children: [Element] = []
    }

    private(set) var root: Element?
    private var open: [Element] = []

    init(_ bytes: [UInt8]) throws {
        super.init()
        let parser = XMLParser(data: Data(bytes))
        parser.delegate = self
        if !parser.parse() { throw parser.parserError ?? CocoaError(.fileReadCorruptFile) }
    }

    func parser(
        _: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String] = [:]
    ) {
        open.append(Element(name: name, attributes: attributes))
    }

    func parser(_: XMLParser, foundCharacters text: String) {
        if !open.isEmpty { open[open.count - 1].text += text }
    }

    func parser(_: XMLParser, didEndElement _: String, namespaceURI: String?, qualifiedName: String?) {
        guard let element = open.popLast() else { return }
        if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
    }
}
