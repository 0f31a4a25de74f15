import FeedModel
import FeedParse
import Testing

struct EncodingTests {
    private func document(_ encoding: String?, _ title: [UInt8]) -> [UInt8] {
        let declaration = encoding.map { "<?xml version=\"1.0\" encoding=\"\($0)\"?>" } ?? ""
        return Array("\(declaration)<rss version=\"2.0\"><channel><title>".utf8) + title
            + Array("</title></channel></rss>".utf8)
    }

    @Test(arguments: [
        ("windows-1252", [0x80, 0xE9] as [UInt8], "€é", "windows-1252"),
        ("ISO-8859-1", [0x93, 0xE9], "“é", "windows-1252"),
        ("latin1", [0xE9], "é", "windows-1252"), ("us-ascii", [0x41], "A", "windows-1252"),
        ("windows-1251", [0xCF, 0xF0], "Пр", "windows-1251"),
        ("koi8-r", [0xF0, 0xD2], "Пр", "koi8-r"), ("KOI8-U", [0xA4], "є", "koi8-u"),
        ("iso-8859-2", [0xB1], "ą", "iso-8859-2"),
        ("iso-8859-15", [0xA4], "€", "iso-8859-15"), ("shift_jis", [0x82, 0xA0], "あ", "shift_jis"),
        ("x-sjis", [0x87, 0x40], "①", "shift_jis"),
        ("euc-jp", [0xA4, 0xA2], "あ", "euc-jp"),
        ("iso-2022-jp", [0x1B, 0x24, 0x42, 0x24, 0x22, 0x1B, 0x28, 0x42], "あ", "iso-2022-jp"),
        ("euc-kr", [0xB0, 0xA1], "가", "euc-kr"), ("ks_c_5601-1987", [0x81, 0x41], "갂", "euc-kr"),
        ("gb2312", [0x86, 0xEA], "嗞", "gb18030"),
        ("gbk", [0xD6, 0xD0], "中", "gb18030"), ("gb18030", [0x81, 0x30, 0x84, 0x36], "¥", "gb18030"),
        ("big5", [0xA4, 0xA4], "中", "big5"),
        ("ibm866", [0x8F], "П", "ibm866"), ("macintosh", [0x8E], "é", "macintosh"),
        ("windows-874", [0xA1], "ก", "windows-874"),
        ("tis-620", [0xA1], "ก", "windows-874"), ("iso-8859-9", [0xFD], "ı", "windows-1254"),
        ("utf8", [0xC3, 0xA9], "é", "utf-8"),
        ("windows-1252", [0x81], "\u{81}", "windows-1252"),
    ])
    func declared(label: String, bytes: [UInt8], title: String, name: String) throws {
        let feed = try read(document(label, bytes))
        #expect(feed.titleText == title)
        #expect(feed.encoding == name)
        #expect(feed.problems.isEmpty)
    }

    @Test func wideEncodingsWithAndWithoutMark() throws {
        let text = "<?xml version=\"1.0\" encoding=\"utf-16\"?><rss><channel><title>é😀</title></channel></rss>"
        func units<T: FixedWidthInteger>(_ units: [T], bigEndian: Bool) -> [UInt8] {
            units.flatMap { unit in withUnsafeBytes(of: bigEndian ? unit.bigEndian : unit.littleEndian, Array.init) }
        }
        for isBig in [true, false] {
            let utf16 = units(Array(text.utf16), bigEndian: isBig)
            let utf32 = units(text.unicodeScalars.map(\.value), bigEndian: isBig)
            let name = isBig ? "be" : "le"
            #expect(try read(utf16).titleText == "é😀")
            #expect(try read(utf16).encoding == "utf-16\(name)")
            #expect(try read(units([0xFEFF as UInt16], bigEndian: isBig) + utf16).titleText == "é😀")
            #expect(try read(utf32).titleText == "é😀")
            #expect(try read(units([0xFEFF as UInt32], bigEndian: isBig) + utf32).encoding == "utf-32\(name)")
        }
    }

    @Test func theMarkWinsOverHTTPAndHTTPOverTheDeclaration() throws {
        #expect(
            try read(
                [0xEF, 0xBB, 0xBF] + document("windows-1251", [0xC3, 0xA9]), contentType: "text/xml; charset=koi8-r"
            ).titleText == "é")
        #expect(try read(document("koi8-r", [0xCF]), contentType: "text/xml; charset=windows-1251").titleText == "П")
        #expect(try read(document("koi8-r", [0xF0]), contentType: "text/xml").titleText == "П")
        #expect(
            try read(document("utf-8", [0xCF]), contentType: "application/xml;charset= \"WINDOWS-1251\"").encoding
                == "windows-1251")
    }

    @Test(
        arguments: [
            ("utf-8", [0xE9, 0x20, 0xE8] as [UInt8], "é è", ParseProblem.Code.encodingMismatch),
            (nil, [0x93, 0x78, 0x94], "“x”", .encodingMismatch),
            ("nonsense", [0xC3, 0xA9], "é", .encodingUnknown), ("utf-16", [0xC3, 0xA9], "é", .encodingMismatch),
            ("iso-8859-1", [0xC3, 0xA9, 0x20, 0xC3, 0xA8], "é è", .encodingMismatch),
            ("us-ascii", [0xC3, 0xA9], "é", .encodingMismatch),
            ("utf-8", [0xC3, 0xA9, 0x92, 0xC3, 0xA8], "é’è", .encodingMismatch),
        ] as [(String?, [UInt8], String, ParseProblem.Code)])
    func aWrongDeclarationIsMended(label: String?, bytes: [UInt8], title: String, problem: ParseProblem.Code) throws {
        let feed = try read(document(label, bytes))
        #expect(feed.titleText == title)
        #expect(feed.problems.map(\.code).contains(problem))
    }

    @Test func anUnknownCharsetInHTTPLeavesTheDeclaration() throws {
        let feed = try read(document("windows-1251", [0xCF]), contentType: "text/xml; charset=x-no-such")
        #expect(feed.titleText == "П")
        #expect(feed.problems.map(\.code) == [.encodingUnknown])
    }

    @Test func unlabelledCyrillic() throws {
        let text: [UInt8] = Array(repeating: [0xEF, 0xF0, 0xE8, 0xE2, 0xE5, 0xF2, 0x20, 0xFF, 0x20], count: 20).flatMap
        { $0 }
        #expect(try read(document(nil, text)).titleText?.hasPrefix("привет я привет") == true)
    }

    @Test func unlabelledHebrew() throws {
        let text: [UInt8] = Array(repeating: [0xF9, 0xEC, 0xE5, 0xED, 0x20, 0xF2, 0xE5, 0xEC, 0xED, 0x20], count: 20)
            .flatMap { $0 }
        #expect(try read(document(nil, text)).titleText?.hasPrefix("שלום עולם") == true)
    }

    @Test func controlsOfWindows1252() throws {
        #expect(try read(document(nil, Array("don\u{92}t &#146;x&#x92;".utf8))).titleText == "don’t ’x’")
        #expect(
            try read(
                "<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title><link title='a&#146;b' href='/'/></feed>"
            ).links.first?.title == "a’b")
    }

    @Test func jsonInUTF16() throws {
        let text = "{\"version\":\"https://jsonfeed.org/version/1\",\"title\":\"é\",\"items\":[]}"
        let bytes = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        #expect(try read(bytes).titleText == "é")
    }
}
