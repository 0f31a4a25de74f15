import Archive
import Crypto
import FeedModel
import Foundation

/// What two entries must have in common to have the same content: title and text, without markup,
/// links, spelling of characters or the furniture that feed services add.
///
/// Stored contents carry the version of the form that made their hash, so that it can be improved and
/// recomputed.
public struct CanonicalForm: Hashable, Sendable {
    public static let version = 1

    /// One line.
    public let title: String
    /// Paragraphs as lines; "" for an entry without text.
    public let text: String
    /// Canonical URLs of the enclosures, sorted; they stand for the text of an entry without any.
    public let enclosures: [String]
    /// SHA-256.
    public let hash: [UInt8]
    /// Unicode scalars of `text`.
    public let length: Int

    /// - Parameters:
    ///   - title: plain text.
    ///   - plainText: of the content, else of the summary.
    public init(title: String?, plainText: String, enclosures: [String]) {
        self.title = CanonicalForm.title(title)
        text = CanonicalForm.withoutFurniture(CanonicalText.of(plainText, keepsLines: true))
        self.enclosures = Set(enclosures.compactMap(CanonicalURL.ofEnclosure)).sorted()
        // Every scalar has one byte that continues no other.
        length = text.utf8.count { $0 & 0xC0 != 0x80 }
        var hasher = SHA256()
        func add(_ text: String) {
            var text = text
            text.withUTF8 { hasher.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        }
        // No title or text can hold U+001F: white space and controls of markup are folded away before.
        add(self.title)
        add("\u{1F}")
        add(text)
        if text.isEmpty {
            for enclosure in self.enclosures {
                add("\u{1F}")
                add(enclosure)
            }
        }
        hash = Array(hasher.finalize())
    }

    init(_ entry: Entry, plainText: String) {
        self.init(title: entry.titleText, plainText: plainText, enclosures: entry.attachments.map(\.url))
    }

    /// A title as titles are compared.
    public static func title(_ plain: String?) -> String {
        plain.map { CanonicalText.of($0, keepsLines: false) } ?? ""
    }

    /// Long enough that two publishers do not write it by chance; enclosures that stand for the text are.
    public var isSubstantial: Bool { length >= 200 || (text.isEmpty && !enclosures.isEmpty) }

    /// As it is shown: `sha256:` and hexadecimal digits.
    public var hashText: String { "sha256:" + hash.hexadecimal }

    // MARK: furniture

    /// How WordPress signs the entries of its feeds, in the languages it ships most.
    private static let signatures: [(start: [UInt8], middle: [UInt8])] = [
        ("The post ", " appeared first on "), ("The post ", " first appeared on "),
        ("Der Beitrag ", " erschien zuerst auf "), ("L’article ", " est apparu en premier sur "),
        ("L'article ", " est apparu en premier sur "), ("La entrada ", " se publicó primero en "),
        ("La entrada ", " aparece primero en "), ("O post ", " apareceu primeiro em "),
        ("L'articolo ", " proviene da "), ("L’articolo ", " proviene da "), ("Het bericht ", " verscheen eerst op "),
        ("Сообщение ", " появились сначала на "), ("Запись ", " впервые появилась "),
        ("Wpis ", " pochodzi z serwisu "), ("Artykuł ", " pochodzi z serwisu "), ("Inlägget ", " dök först upp på "),
    ].map { (Array($0.utf8), Array($1.utf8)) }

    /// Drops signatures among the last lines, and one at the end of the last line.
    private static func withoutFurniture(_ text: String) -> String {
        var rest = text[...]
        var kept: [Substring] = []
        var isChanged = false
        for _ in 0..<4 where !rest.isEmpty {
            let lineEnd = rest.utf8.lastIndex(of: UInt8(ascii: "\n"))
            let line = lineEnd.map { rest[rest.utf8.index(after: $0)...] } ?? rest
            rest = lineEnd.map { rest[..<$0] } ?? ""
            if isSignature(line) { isChanged = true } else { kept.insert(line, at: 0) }
        }
        if let last = kept.last, let start = signatureStart(in: last) {
            kept[kept.count - 1] = last[..<start]
            isChanged = true
        }
        guard isChanged else { return text }
        let lines = rest.isEmpty ? kept : [rest] + kept
        return lines.joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static let longestSignature = 500

    private static func isSignature(_ line: Substring) -> Bool {
        let bytes = line.utf8
        guard bytes.count <= longestSignature else { return false }
        return signatures.contains { bytes.starts(with: $0.start) && position(of: $0.middle, in: Array(bytes)) != nil }
    }

    /// Where a signature begins that a line ends with.
    private static func signatureStart(in line: Substring) -> Substring.Index? {
        let tail = line.utf8.suffix(longestSignature)
        let bytes = Array(tail)
        for signature in signatures {
            guard let middle = position(of: signature.middle, in: bytes),
                let start = position(of: signature.start, in: Array(bytes[..<middle]))
            else { continue }
            return tail.index(tail.startIndex, offsetBy: start)
        }
        return nil
    }

    private static func position(of word: [UInt8], in bytes: [UInt8]) -> Int? {
        guard let first = word.first, bytes.count >= word.count else { return nil }
        for start in 0...(bytes.count - word.count) where bytes[start] == first {
            if bytes[start..<(start + word.count)].elementsEqual(word) { return start }
        }
        return nil
    }
}
