import FeedParse
import Testing

struct PlainTextTests {
    @Test(arguments: [
        (#"<p>Text</p><div class="feedflare"><a href="x">Email</a> <div>Digg</div></div><p>End</p>"#, "Text\n\nEnd"),
        (#"<p>Text</p><div class='sharedaddy sd-sharing-enabled'>Share this:<ul><li>X</li></ul></div>"#, "Text"),
        (#"<p>Text</p><div class="feedflare">never closed"#, "Text\n\nnever closed"),
        (#"<p class="feedflares">Text</p>"#, "Text"),
        (#"<p>Text</p><p><a class="a2a_dd addtoany_share_save" href="x">Share/Bookmark</a></p>"#, "Text"),
    ])
    func shareButtonsAreNoText(html: String, text: String) {
        #expect(PlainText.ofHTML(html).split(separator: "\n") == text.split(separator: "\n"))
    }

    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("a  b\n c", "a b c"), ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"), ("<div>a</div><div>b</div>", "a\nb"), ("a<b>b</b>c", "abc"),
        ("<ul><li>x</li><li>y</li></ul>z", "x\ny\n\nz"), ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("<pre>a\n  b</pre>c", "a\n  b\n\nc"), ("<script>x<y</script>after", "after"), ("<style>p{}</style>t", "t"),
        ("<!-- no -->yes", "yes"), ("<!doctype html><head><title>T</title></head>b", "b"),
        ("a &amp; b &lt;i&gt; &copy; &#8217; &#x2019;", "a & b <i> © ’ ’"), ("&#146;&#x80;", "’€"),
        ("&ampx &notin; &notit;", "&x ∉ ¬it;"),
        ("AT&T &unknown; &", "AT&T &unknown; &"), ("&#0;&#xD800;&#1114112;", "\u{FFFD}\u{FFFD}\u{FFFD}"),
        ("1 < 2 > 0", "1 < 2 > 0"),
        ("unclosed <b>bold", "unclosed bold"), ("cut <a href=\"x", "cut"), ("&nbsp;x", "\u{A0}x"),
        ("<P>Case</P>", "Case"),
        ("x<script>unclosed", "x"), ("&lt;p&gt;escaped", "<p>escaped"), ("<p>a</p>\n\n<p>b</p>\n", "a\n\nb"),
        ("e\u{301}<i>t</i>é", "e\u{301}té"), ("<a title=\"a>b\">c</a>", "c"), ("</p>x</", "x</"),
        ("<![CDATA[x]]>", "<![CDATA[x]]>"),
    ])
    func ofHTML(html: String, text: String) {
        #expect(PlainText.ofHTML(html) == text)
    }

    /// Each of these once made a reader look through the rest of the text again and again.
    @Test(arguments: ["<", "&", "<!--", "<a b=\"", "</", "<script>", "&lt;", "<p", "<![CDATA[", "<b>", "&a"])
    func takesLinearTime(piece: String) {
        #expect(isLinear(piece, count: 25_000) { _ = PlainText.ofHTML($0) })
    }

    /// Runs of words are passed over eight bytes at a time: where they stand must not matter.
    @Test(arguments: [
        ("a  b", "a b"), ("a \n b", "a b"), ("a &amp; b", "a & b"), ("a&nbsp;b", "a\u{A0}b"), ("a\tb", "a b"),
        ("a <b>b</b> c", "a b c"), ("a<br>b", "a\nb"), ("日本  語", "日本 語"), ("a & b", "a & b"),
    ])
    func anywhereInAText(html: String, text: String) {
        for before in 0..<18 {
            let word = String(repeating: "x", count: before)
            #expect(PlainText.ofHTML("\(word)y \(html) z\(word)") == "\(word)y \(text) z\(word)")
            #expect(PlainText.ofHTML("\(word)y\(html)z\(word)") == "\(word)y\(text)z\(word)")
        }
    }
}
