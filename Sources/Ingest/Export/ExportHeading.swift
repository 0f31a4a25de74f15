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
        id = ExportIDs.uuid(word(), word())
        self.updated = Timestamp(seconds: updated.seconds)
    }
}
