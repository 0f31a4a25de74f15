import Archive
import FeedModel

/// Names of articles that are unique in a document and the same in every export.
public struct ExportIDs: Sendable {
    private let shared: Set<String>

    /// - Parameter shared: guids that several articles bear.
    public init(shared: Set<String>) { self.shared = shared }

    /// The publisher's own id, if it is a URI that is a name for this article alone: it "MUST NOT change" when an
    /// entry is exported (RFC 4287, 4.2.6). Ids such as `17`, which other feeds have too, and ids that several
    /// articles share, are replaced by one that is made of the article's first sight and its number in the archive.
    func id(guid: String?, firstSeen: Timestamp, number: ArticleID) -> String {
        if let guid, ExportIDs.isURI(guid), !shared.contains(guid) { return guid }
        return ExportIDs.uuid(UInt64(bitPattern: firstSeen.milliseconds) << 16, UInt64(bitPattern: number.rawValue))
    }

    func id(_ exported: ExportedArticle) -> String {
        id(guid: exported.guid, firstSeen: exported.article.firstSeen, number: exported.article.id)
    }

    /// Absolute, without anything that RFC 3987 has no room for.
    static func isURI(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && !"<>\"{}|\\^`".utf8.contains($0) } && WebURL(text) != nil
    }

    /// RFC 9562, 5.8: version 8, whose other bits are for the program to choose.
    static func uuid(_ high: UInt64, _ low: UInt64) -> String {
        let high = high & ~0xF000 | 0x8000
        let low = low & ~(0xC000 << 48) | 0x8000 << 48
        func digits(_ value: UInt64, _ count: Int) -> String {
            let text = String(value, radix: 16)
            return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
        }
        return "urn:uuid:\(digits(high >> 32, 8))-\(digits(high >> 16 & 0xFFFF, 4))-\(digits(high & 0xFFFF, 4))-"
            + "\(digits(low >> 48, 4))-\(digits(low & 0xFFFF_FFFF_FFFF, 12))"
    }
}
