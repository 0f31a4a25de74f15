import FeedParse
import Testing

@Suite struct OPMLTests {
    private func feeds(_ text: String) throws -> [OPMLFeed] { try OPML.read(Array(text.utf8)).get().outlines }

    private func problem(_ bytes: [UInt8]) -> OPMLProblem? {
        if case .failure(let problem) = OPML.read(bytes) { problem } else { nil }
    }

    @Test func readsFoldersAndCategoriesAsTags() throws {
        let feeds = try feeds(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <opml version="2.0">
              <head><title>Mine</title></head>
              <body>
                <outline text="News">
                  <outline text="Тоҷикистон" title="other">
                    <outline type="rss" text="Озодӣ" title="Ozodi" xmlUrl="https://ozodi.org/rss?a=1&amp;b=2"
                             htmlUrl="https://ozodi.org/" category="/Media/Radio, radio,News,/,"/>
                  </outline>
                  <outline title="B" xmlURL=" https://b.example/ "></outline>
                </outline>
                <outline text="Empty folder"/>
                <outline xmlurl="https://c.example/"/>
              </body>
            </opml>
            """)
        #expect(
            feeds == [
                OPMLFeed(
                    url: "https://ozodi.org/rss?a=1&b=2", title: "Озодӣ", htmlURL: "https://ozodi.org/",
                    tags: ["News", "Тоҷикистон", "Media/Radio", "radio"], line: 7, column: 9),
                OPMLFeed(url: "https://b.example/", title: "B", tags: ["News"], line: 10, column: 7),
                OPMLFeed(url: "https://c.example/", line: 13, column: 5),
            ])
    }

    @Test func aFeedInsideAFeedIsInNoFolderOfThatName() throws {
        let feeds = try feeds(
            "<opml><body><outline text='A' xmlUrl='a:'><outline text='B' xmlUrl='b:'/></outline></body></opml>")
        #expect(feeds.map(\.url) == ["a:", "b:"])
        #expect(feeds.map(\.tags) == [[], []])
    }

    @Test(arguments: [
        ("Tom & Jerry", "Tom & Jerry"), ("a&b=1", "a&b=1"), ("AT&amp;T", "AT&T"),
        ("&eacute;t&eacute;", "&eacute;t&eacute;"),
        ("&#233;&#xE9;", "éé"), ("&#0;", "&#0;"), ("&#xD800;", "&#xD800;"), ("&", "&"), ("&;", "&;"),
        ("a\u{1}b", "a b"),
    ])
    func mendsWhatExportersWrite(written: String, read: String) throws {
        #expect(try feeds("<opml><body><outline text=\"\(written)\" xmlUrl=\"u\"/></body></opml>").first?.title == read)
    }

    @Test func placesAreThoseOfTheFileBeforeMending() throws {
        let feeds = try feeds(
            "\u{FEFF}\n <?xml version='1.0'?><opml>&&<outline text='ü & &' xmlUrl='1'/><outline xmlUrl='2'/>\n\n<outline\nxmlUrl='3'\n/></opml>"
        )
        #expect(feeds.map { "\($0.url) \($0.line):\($0.column ?? 0)" } == ["1 2:31", "2 2:65", "3 4:1"])
    }

    @Test func readsOtherEncodings() throws {
        let text =
            "<?xml version='1.0' encoding='ENC'?>\n<opml><body>\n<outline text='Tâche' xmlUrl='u'/></body></opml>"
        let latin = text.replacing("ENC", with: "ISO-8859-1").unicodeScalars.map { UInt8($0.value) }
        #expect(try OPML.read(latin).get().outlines == [OPMLFeed(url: "u", title: "Tâche", line: 3)])
        var utf16: [UInt8] = [0xFF, 0xFE]
        for unit in text.replacing("ENC", with: "UTF-16").utf16 {
            utf16 += [UInt8(unit & 0xFF), UInt8(unit >> 8)]
        }
        #expect(try OPML.read(utf16).get().outlines == [OPMLFeed(url: "u", title: "Tâche", line: 3)])
    }

    @Test(arguments: [
        ("", "this file is empty; an OPML document begins with <opml>", 1, 1),
        (" \n", "this file is empty; an OPML document begins with <opml>", 1, 1),
        ("<html><body/></html>", "this file is no OPML: its root element is <html>, not <opml>", 1, 1),
        (
            "<opml>\n<outline xmlUrl='u'>\n</opml>",
            "this file is no well-formed XML: an end tag does not fit the element that is open; mend it, or export it anew",
            3, 8
        ),
        (
            "<opml>\n<outline xmlUrl='https://u:secret@a'/>",
            "this file is no well-formed XML: it ends before its elements are closed; mend it, or export it anew", 2, 39
        ),
        (
            "<opml>\n  <outline xmlUrl=secret/></opml>",
            "this file is no well-formed XML: an attribute's value has no quotes; mend it, or export it anew", 2, 19
        ),
    ])
    func saysWhereItIsBroken(text: String, message: String, line: Int, column: Int) {
        #expect(problem(Array(text.utf8)) == OPMLProblem(message: message, line: line, column: column))
    }

    @Test func entitiesOfADoctypeStayOut() throws {
        let bomb = """
            <!DOCTYPE opml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
            <opml><outline text="&b;&f;" xmlUrl="u"/></opml>
            """
        #expect(try feeds(bomb).map(\.title) == ["&b;&f;"])
    }

    @Test func bytesOfNoKindDoNoHarm() {
        var bytes = Array("<opml><body><outline text='a&b' xmlUrl='http://x/'/></body></opml>".utf8)
        var state: UInt64 = 88
        for _ in 0..<3000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 24)
            if case .failure(let problem) = OPML.read(bytes) {
                #expect(!problem.message.contains("\n"))
                #expect((problem.line ?? 1) >= 1 && (problem.column ?? 1) >= 1)
            }
        }
    }

    @Test(
        "What would take long is refused",
        arguments: [
            ("<outline \((0..<1000).map { "a\($0)='' " }.joined())/>", "an element has more than 256 attributes"),
            ((0..<21_000).map { "<outline xmlns:n\($0)='u'/>" }.joined(), "more than 20000 different names"),
            ((0..<21_000).map { "<n\($0)/>" }.joined(), "more than 20000 different names"),
            (String(repeating: "<outline text='a'>", count: 200_000), "it is nested too deeply"),
        ])
    func floods(outlines: String, message: String) throws {
        let text = "<opml><body>\(outlines)</body></opml>"
        #expect(try #require(problem(Array(text.utf8))).message.contains(message))
        let wide = text.prefix(200_000).utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        #expect(problem([0xFF, 0xFE] + wide) != nil)
    }
}
