public import Archive
internal import Crypto
public import FeedModel

/// What an exported feed document says of itself.
public struct ExportHeading: Hashable, Sendable {
    public var title: String
    /// The same for every export of the same articles of one archive; RFC 4287, 4.2.6.
    public var id: String
    /// When it was exported.
    public var updated: Timestamp

    public init(_ filter: ArticleFilter, feedTitle: String?, archive: String, updated: Timestamp) {
        title = "Articles"
        if let tag = filter.tag { title += " under \(tag)" }
        if let feed = filter.feed { title += " of \(feedTitle ?? feed)" }
        let name = ["export", archive, filter.feed ?? "", filter.tag ?? ""].joined(separator: "\n")
        var digest = SHA256.hash(data: Array(name.utf8)).makeIterator()
        func word() -> UInt64 { (0..<8).reduce(0) { word, _ in word << 8 | UInt64(digest.next() ?? 0) } }
        id = ExportID.uuid(word(), word())
        self.updated = Timestamp(seconds: updated.seconds)
    }
}

/// Names of articles that are unique in a document and the same in every export.
enum ExportID {
    /// The publisher's own id, if it is a URI that is a name for this article alone: it "MUST NOT change" when an
    /// entry is exported (RFC 4287, 4.2.6). Ids such as `17`, which other feeds have too, and ids that
    /// several articles of a feed share, are replaced by one that is made of the article's first sight and its
    /// number in the archive.
    static func of(guid: String?, isUnique: Bool, firstSeen: Timestamp, number: ArticleID) -> String {
        if let guid, isUnique, isURI(guid) { return guid }
        return uuid(UInt64(bitPattern: firstSeen.milliseconds) << 16, UInt64(bitPattern: number.rawValue))
    }

    static func of(_ exported: ExportedArticle) -> String {
        of(
            guid: exported.guid, isUnique: exported.isGuidUnique, firstSeen: exported.article.firstSeen,
            number: exported.article.id)
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
