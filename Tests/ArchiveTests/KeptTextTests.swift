import Foundation
import GRDB
import TestSupport
import Testing

@testable import Archive

/// Plain texts beside the markup that they were made of.
@Suite struct KeptTextTests {
    private static func read(_ kept: KeptText, body: String?) throws -> String? {
        try DatabaseQueue().read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT \(KeptText.sql), \(KeptText.sqlOfViews) FROM (SELECT ? AS text, ? AS body) c",
                arguments: [kept.column, body])
            #expect(row?[0] as String? == row?[1] as String?)
            return row?[0]
        }
    }

    private static let paragraph = "The bridge was closed to lorries on Friday — its bearings are worn."

    @Test(arguments: [
        ("", nil), ("", ""), ("", "<img src=a>"), ("a", "a"), (paragraph, paragraph), (paragraph, nil),
        (paragraph, "of something else"), (paragraph, "<p>\(paragraph)</p>"),
        ("\(paragraph)\n\(paragraph)", "<p>\(paragraph)</p>\n<p>\(paragraph)</p>"),
        ("\(paragraph)\nNo\n\(paragraph)", "<p>\(paragraph)<br/><b>No</b>\r\n<!-- > --> <i>\(paragraph)</i>"),
        ("\(paragraph) AT&T's \(paragraph)", "\(paragraph) AT&amp;T&#8217;s&nbsp;\(paragraph)"),
        ("\(paragraph) AT&T & \(paragraph)", "\(paragraph) AT&T & \(paragraph)<br>"),
        ("\"\(paragraph)\\\" \u{1}\t\(paragraph)\u{7f}", "<p>&quot;\(paragraph)\\&quot; &#1;&#9;\(paragraph)&#127;"),
        ("[1,2] \(paragraph)", "<p>[1,2] \(paragraph)</p>"), ("[1,2]", "<p>[1,2]</p>"),
        ("日本語の橋は金曜日に閉鎖されました。👩‍👩‍👧", "<p>日本語の橋は<b>金曜日</b>に閉鎖されました。👩‍👩‍👧</p>"),
        ("é́́ Ünïcödé e\u{301}\(paragraph)", "<p>é́́ Ünïcödé e\u{301}\(paragraph)</p>"),
        (
            String(repeating: "longer than sixty-four thousand bytes, ü ", count: 5000) + "x",
            "<div>" + String(repeating: "longer than sixty-four thousand bytes, ü ", count: 5000) + "x</div>"
        ),
        ("a < b && c \(paragraph)", "a < b && c <b>\(paragraph)"),
        ("\(paragraph) ends", "<p>\(paragraph) <script>if (a) { 1 < 2 }</script><style>b</style>ends"),
    ])
    func comeBackToTheLetter(text: String, body: String?) throws {
        let kept = KeptText(text, body: body)
        #expect(try Self.read(kept, body: body) == text)
        #expect((kept.column ?? "").utf8.count <= text.utf8.count)
    }

    @Test func takeLittleRoomBesideTheirMarkup() throws {
        let body = (0..<20).map { "<p class=x>\(Self.paragraph) <a href='/\($0)'>Read &amp; rest</a></p>\n" }.joined()
        let text = (0..<20).map { _ in "\(Self.paragraph) Read & rest" }.joined(separator: "\n")
        let column = try #require(KeptText(text, body: body).column)
        #expect(column.utf8.count * 3 < text.utf8.count, "\(column)")
    }

    /// Who reads them walks through the body once for each piece.
    @Test func manyPiecesOfALongBodyAreKeptAsTheyAre() throws {
        let text = String(repeating: "no longer than this\n", count: 20_000)
        let body = text.replacing("\n", with: "<br>")
        #expect(KeptText(text, body: body).column == text)
    }

    /// Quadratic work on these would take minutes.
    @Test(arguments: [
        ("<a ", "<a"), ("x ", "<x"), ("& ", "&amp;"), ("a ", "a<"), ("ab", "a<i>b"), ("word ", "&nbsp;word"),
        ("a\n", "a\r\n\r\n"),
    ])
    func hostileOnesTakeNoTime(text: String, body: String) throws {
        let (text, body) = (String(repeating: text, count: 400_000), String(repeating: body, count: 400_000))
        let kept = KeptText(text, body: body)
        #expect(try Self.read(kept, body: body) == text)
    }

    /// Archives are full of these.
    @Test func whatWasKeptOnceStaysReadable() throws {
        let body = "<p>The bridge is closed.</p><p>For now &amp; for lorries</p>"
        #expect(KeptText("The bridge is closed.\nFor now & for lorries", body: body).column == Self.column)
        #expect(
            try DatabaseQueue().read {
                try String.fetchOne(
                    $0, sql: "SELECT \(KeptText.sql) FROM (SELECT ? AS text, ? AS body) c",
                    arguments: [Self.column, body])
            } == "The bridge is closed.\nFor now & for lorries")
    }

    private static let column = " [16405,-131080,\"&\",184332]"

    @Test func anyTextBesideAnyBody() throws {
        var random = SeededRandom(7)
        let words = [
            "bridge", "&amp;", "&", "<b>", "</p>", "<", ">", " ", "\n", "ü", "👩‍👧", "closed to lorries", "\"", "\\", ";",
        ]
        func some(_ count: Int) -> String {
            (0..<count).map { _ in words[Int.random(in: 0..<words.count, using: &random)] }.joined()
        }
        for _ in 0..<400 {
            let body = some(60)
            let text = String(
                (Bool.random(using: &random) ? some(30) : body.replacing("<b>", with: "").replacing("&amp;", with: "&"))
                    .trimmingPrefix { $0.isWhitespace })
            #expect(
                try Self.read(KeptText(text, body: body), body: body) == text, "\(text.debugDescription) of \(body)")
        }
    }
}
