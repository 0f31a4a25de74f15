import FeedModel
import FeedParse
import Testing

/// XML's character data: references, sections and line ends (XML 1.0, 2.4, 2.7, 2.11, 4.1).
struct CharacterDataTests {
    @Test(arguments: [
        ("a&amp;b", "a&b"), ("&lt;&gt;&quot;&apos;", "<>\"'"), ("&#65;&#x42;&#x1F600;", "AB\u{1F600}"),
        ("&amp;amp;", "&amp;"), ("it&#146;s", "it’s"), ("a<![CDATA[&amp;<b>]]>c", "a&amp;<b>c"),
        ("<![CDATA[]]>a", "a"), ("a<!-- & -->b", "ab"), ("a<?p & ?>b", "ab"), ("\n <![CDATA[ a ]]> \n", "a"),
        ("a\u{7F}b<![CDATA[\u{7F}]]>c", "a\u{7F}b\u{7F}c"), ("a]]b", "a]]b"), ("日本&amp;語", "日本&語"),
    ])
    func isDecoded(source: String, text: String) throws {
        // Where it stands in a word of eight bytes must not matter.
        for padding in 0..<9 {
            let before = String(repeating: "-", count: padding)
            let entry = try item("<guid>\(before)\(source)\(before)</guid>")
            let expected =
                source.hasPrefix("\n") && padding > 0 ? "\(before)\n  \(text)  \n\(before)" : before + text + before
            #expect(entry.id == expected)
            #expect(try read(rssItem("<guid>\(before)\(source)\(before)</guid>")).problems.isEmpty)
        }
    }

    @Test func lineEndsAreLineFeeds() throws {
        let entry = try item(
            "<description>a\r\nb\rc&amp;\r\n<![CDATA[d\r\n\re]]></description><guid x='a\r\nb'>g\r\n</guid>")
        #expect(entry.summary?.value == "a\nb\nc&\nd\n\ne")
    }

    /// Texts are not shown to the XML parser: what it says of places must be true all the same.
    @Test(arguments: ["", "<!DOCTYPE rss [\n<!ELEMENT rss ANY>\n]>\n", "\n\n"])
    func placesCountTheLinesOfTexts(start: String) throws {
        let document = """
            \(start)<rss>
            <channel><title>a
            b
            c</title><description><![CDATA[
            d
            ]]></description>
            <item><pubDate>never</pubDate></item>
            </channel></rss>
            """
        let line = try #require(
            document.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains("never") })
        #expect(try read(document).problems.map(\.line) == [line + 1])
        let broken = document.replacing("<item>", with: "<item><x y=1/>")
        #expect(try read(broken).problems.first { $0.code == .notWellFormed }?.line == line + 1)
    }

    @Test func manyReferencesAreAllDecoded() throws {
        var source = ""
        var text = ""
        for number in 0..<500 {
            source += String(repeating: "x", count: number % 23) + ["&lt;", "&amp;", "&#233;", "&gt;"][number % 4]
            text += String(repeating: "x", count: number % 23) + ["<", "&", "é", ">"][number % 4]
        }
        #expect(try item("<guid>\(source)</guid>").id == text)
    }
}
