import FeedModel
import Foundation
import Testing

struct JSONWriterTests {
    /// At every place in a word of eight bytes, alone and after another: what a JSON parser reads is what was written.
    @Test(arguments: ["\"", "\\", "\n", "\t", "\r", "\u{1}", "\u{7F}", "é", "日", "😀", "\u{80}", "\u{0}"])
    func textsComeBack(character: String) throws {
        for before in 0..<18 {
            for after in [0, 1, 9] {
                let text =
                    String(repeating: "x", count: before) + character + String(repeating: "!", count: after) + character
                var json = JSONWriter()
                json.array { $0.string(text) }
                #expect(try JSONDecoder().decode([String].self, from: Data(json.bytes)) == [text])
                #expect(json.bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
            }
        }
    }
}
