import Archive
import Crypto
import FeedModel

/// What two entries must have in common to have the same content: title and text, without markup,
/// links, spelling of characters or the furniture that feed services add.
///
/// Stored contents carry the version of the form that made their hash, so that it can be improved and
/// recomputed (`Rehash`): whatever changes here, in `CanonicalText`, `FeedSignature` or `CanonicalURL` is a new version.
///
/// 1. The first.
/// 2. Signatures of WordPress in more languages; in URLs, escaped names of tracking parameters and those of AMP's viewers.
public struct CanonicalForm: Hashable, Sendable {
    public static let version = 2

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
        text = FeedSignature.removed(from: CanonicalText.of(plainText, keepsLines: true))
        self.enclosures = Set(enclosures.compactMap(CanonicalURL.ofEnclosure)).sorted()
        var bytes = text
        length = bytes.withUTF8 { CanonicalForm.scalars(in: $0) }
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

    /// Every scalar has one byte that continues no other.
    private static func scalars(in bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var count = bytes.count
        var at = 0
        if let base = bytes.baseAddress.map(UnsafeRawPointer.init) {
            while at + 8 <= bytes.count {
                // `10xxxxxx`: the highest bit set, the next one not.
                let word = base.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                count -= (word & ~(word << 1) & 0x8080_8080_8080_8080).nonzeroBitCount
                at += 8
            }
        }
        while at < bytes.count {
            if bytes[at] & 0xC0 == 0x80 { count -= 1 }
            at += 1
        }
        return count
    }

    /// A title as titles are compared.
    public static func title(_ plain: String?) -> String {
        plain.map { CanonicalText.of($0, keepsLines: false) } ?? ""
    }

    /// Long enough that two publishers do not write it by chance; enclosures that stand for the text are.
    public var isSubstantial: Bool { length >= 200 || (text.isEmpty && !enclosures.isEmpty) }

    /// Whether a content with a text of such a length is, if it has no text for its enclosures.
    static func mayBeSubstantial(length: Int) -> Bool { length >= 200 || length == 0 }

    /// As it is shown: `sha256:` and hexadecimal digits.
    public var hashText: String { "sha256:" + hash.hexadecimal }
}
