import FeedParse
import Testing

struct SanitizerTests {
    @Test(arguments: [
        ("<b>x</b>", "<b>x</b>"), ("<script>alert(1)</script>x", "x"), ("<b onclick=\"x()\">d</b>", "<b>d</b>"),
        ("<a href=\"javascript:x()\">d</a>", "<a>d</a>"), ("<a href=\" java\nscript:x()\">d</a>", "<a>d</a>"),
        ("<a href=\"&#106;avascript&colon;x()\">d</a>", "<a>d</a>"), ("<a href='data:text/html,x'>d</a>", "<a>d</a>"),
        ("<a href=\"\u{1}javascript:x()\">d</a>", "<a>d</a>"), ("<a href=\"vbscript:x\">d</a>", "<a>d</a>"),
        ("<a href=\"http://e.org/?a=1&b=2\">d</a>", "<a href=\"http://e.org/?a=1&amp;b=2\">d</a>"),
        ("<a href=mailto:a@e.org>d</a>", "<a href=\"mailto:a@e.org\">d</a>"),
        ("<a href=\"/x\">d</a>", "<a href=\"/x\">d</a>"),
        ("<img src=x onerror=alert(1)>", "<img src=\"x\"/>"),
        ("<img src=\"data:image/png;base64,AA\">", "<img src=\"data:image/png;base64,AA\"/>"),
        ("<img src=\"data:image/svg+xml,<svg onload=x()>\">", "<img/>"),
        ("<img src=`x` alt=a>", "<img src=\"`x`\" alt=\"a\"/>"),
        ("<style>p{}</style><p style=\"color:red\" class=x id=y>t</p>", "<p>t</p>"),
        ("<svg><script>x()</script></svg>t", "t"),
        ("<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>", "<table></table>"),
        (
            "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
            "<p title=\"&lt;/noscript&gt;&lt;img src=x onerror=alert(1)&gt;\"></p>"
        ),
        ("<noscript></noscript>", "<noscript></noscript>"),
        ("<noscript>a &amp; b</noscript>", "<noscript>a &amp; b</noscript>"),
        ("<noscript><img src=x></noscript>", "<img src=\"x\"/>"), ("<noscript>a", "a"),
        ("<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">", "<img src=\"1\"/>\"&gt;"),
        (
            "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
            "<form></form><form></form>"
        ),
        ("<title><img src=x onerror=alert(1)></title>", "&lt;img src=x onerror=alert(1)&gt;"),
        (
            "<textarea><img src=x onerror=alert(1)></textarea>",
            "<textarea>&lt;img src=x onerror=alert(1)&gt;</textarea>"
        ),
        ("<xmp><script>x()</script></xmp>", "&lt;script&gt;x()&lt;/script&gt;"),
        ("<!--><script>x()</script>-->", "--&gt;"),
        ("<!-- x --!><b>y</b>", "<b>y</b>"), ("<<b>x", "&lt;<b>x</b>"), ("a < b & c", "a &lt; b &amp; c"),
        ("&lt;script&gt;", "&lt;script&gt;"),
        ("<b><i>x</b>y</i>", "<b><i>x</i></b>y"), ("<p>a<p>b", "<p>a</p><p>b</p>"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("</div></div>x", "x"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"),
        ("<a href=\"x\" href=\"javascript:y\">d</a>", "<a href=\"x\">d</a>"),
        ("<A HREF=\"X\">d</A>", "<a href=\"X\">d</a>"),
        ("<img srcset=\"a.png 1x, javascript:x 2x\">", "<img/>"),
        ("<img srcset=\"a.png 1x, b.png 2x\">", "<img srcset=\"a.png 1x, b.png 2x\"/>"),
        ("<img srcset=\"a.png 1.5x 10h,  and\n prose\">", "<img srcset=\"a.png 1.5x 10h, and\"/>"),
        ("<base href=\"http://evil/\"><meta http-equiv=refresh><link rel=stylesheet>x", "x"),
        ("<iframe src=x>y</iframe>", "y"),
        ("<template><script>x</script></template>y", "y"), ("<input onfocus=x autofocus name=y>", "<input/>"),
        ("<form action=\"http://evil/\"><button formaction=x>b</button></form>", "<form><button>b</button></form>"),
        ("<a\u{0}href=x>d</a>", "d"),
    ])
    func gives(html: String, safe: String) {
        #expect(Sanitizer.sanitize(html) == safe)
        #expect(Sanitizer.sanitize(safe) == safe)
    }

    @Test func resolvesAgainstABase() {
        #expect(
            Sanitizer.sanitize("<a href=\"x\"><img src=\"/y\" srcset=\"z 2x\"></a>", base: "http://e.org/d/")
                == "<a href=\"http://e.org/d/x\"><img src=\"http://e.org/y\" srcset=\"http://e.org/d/z 2x\"/></a>")
    }

    @Test(arguments: ["<b>", "<p>", "<ul><li>", "<table><tr><td>", "<a b=\"", "<!--", "&", "</b>"])
    func takesLinearTime(piece: String) {
        #expect(isLinear(piece, count: 10_000) { _ = Sanitizer.sanitize($0) })
    }
}
