import FeedModel
import Foundation
import Testing

struct JSONWriterTests {
    /// At every place in a word of eight bytes, alone and after another: what a JSON parser reads is what was written.
    @Test(
        arguments: [
            "\"", "\\", "\n", "\t", "\r", "\u{1}", "\u{7F}", "é", "日", "😀", "\u{80}", "\u{0}", "\u{85}", "\u{9B}",
            "\u{9F}",
            "\u{A0}", "°", "ل", "\u{61C}", "؛", "\u{200D}", "\u{200E}", "\u{200F}", "’", "“", "…", "\u{2028}",
            "\u{2029}",
            "\u{202A}", "\u{202E}", "\u{202F}", "\u{2065}", "\u{2066}", "\u{2069}", "\u{206A}", "€", "\u{21C}",
            "\u{2E9C}",
        ])
    func textsComeBack(character: String) throws {
        for before in 0..<18 {
            for after in [0, 1, 9] {
                let text =
                    String(repeating: "x", count: before) + character + String(repeating: "!", count: after) + character
                var json = JSONWriter()
                json.array { $0.string(text) }
                #expect(try JSONDecoder().decode([String].self, from: Data(json.bytes)) == [text])
                #expect(json.string.unicodeScalars.allSatisfy { !acts($0) })
                #expect(
                    json.string.contains("\\u") == !character.unicodeScalars.allSatisfy { !acts($0) || isShort($0) })
            }
        }
    }

    /// Terminals, editors or readers of lines do something for it.
    private func acts(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private func isShort(_ scalar: Unicode.Scalar) -> Bool { "\n\t\r".unicodeScalars.contains(scalar) }

    @Test func escapesAreOfFourDigits() {
        var json = JSONWriter()
        json.string("\u{7F}\u{9B}31m\u{202E}\u{61C}")
        #expect(json.string == #""\u007f\u009b31m\u202e\u061c""#)
    }

    /// What is kept is compared with what was kept, and is shown as everything is.
    @Test func whatIsKeptStaysAsItWasAndIsEscapedWhereItIsShown() {
        var kept = JSONWriter(isKept: true)
        kept.object { json in
            json.member("id", "a\u{9B}\u{202E}b\u{7F}")
            json.object("inner") { $0.member("x", "\u{200E}") }
        }
        #expect(kept.string == "{\"id\":\"a\u{9B}\u{202E}b\\u007F\",\"inner\":{\"x\":\"\u{200E}\"}}")
        var shown = JSONWriter()
        shown.extend(kept.string, last: "inner", before: { $0.member("t", "1") }, atEnd: { $0.member("y", 2) })
        #expect(shown.string == #"{"t":"1","id":"a\u009b\u202eb\u007F","inner":{"x":"\u200e","y":2}}"#)
    }

    @Test(
        arguments: [
            (#"{"inner":{}}"#, #"{"t":"1","inner":{"y":2}}"#),
            (#"{"a":1,"inner":{}}"#, #"{"t":"1","a":1,"inner":{"y":2}}"#),
            ("{}", #"{"t":"1","inner":{"y":2}}"#), ("", #"{"t":"1","inner":{"y":2}}"#),
        ])
    func membersArePutIntoWhatIsKept(kept: String, shown: String) {
        var json = JSONWriter()
        json.array { json in
            for _ in 0..<2 {
                json.extend(kept, last: "inner", before: { $0.member("t", "1") }, atEnd: { $0.member("y", 2) })
            }
        }
        #expect(json.string == "[\(shown),\(shown)]")
    }
}
