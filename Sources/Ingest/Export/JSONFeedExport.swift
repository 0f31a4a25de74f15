public import Archive
import FeedModel

/// One JSON Feed 1.1 document of archived articles, written piece by piece.
///
/// The items are the objects that `articles --json` prints, but for two members that JSON Feed demands: an `id`
/// that no other item has (see `ExportIDs`), and a body, if only an empty one.
public struct JSONFeedExport {
    private let heading: ExportHeading
    private let ids: ExportIDs
    private var isFirst = true

    public init(_ heading: ExportHeading, ids: ExportIDs) {
        self.heading = heading
        self.ids = ids
    }

    public func begin() -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("version", "https://jsonfeed.org/version/1.1")
            json.member("title", heading.title)
        }
        return json.bytes.dropLast() + Array(",\"items\":[".utf8)
    }

    public mutating func item(_ exported: ExportedArticle) -> [UInt8] {
        var article = exported.article
        article.entry = JSONFeedExport.withoutID(article.entry)
        if article.body == nil { article.body = TextConstruct(.text, "") }
        var json = JSONWriter(reservingCapacity: article.text.utf8.count * 2 + 1024)
        json.article(article)
        var front = JSONWriter()
        front.object { json in
            json.member("id", ids.id(exported))
            if article.body?.value.isEmpty == true {
                json.key("content_text")
                json.string("")
            }
        }
        let line = isFirst ? "\n" : ",\n"
        isFirst = false
        // Every item has more members than these.
        return line.utf8 + front.bytes.dropLast() + [UInt8(ascii: ",")] + json.bytes.dropFirst()
    }

    public func end() -> [UInt8] { Array("\n]}\n".utf8) }

    /// The archive keeps an entry as JSON text whose first member is `id`, if it has one.
    static func withoutID(_ entry: String) -> String {
        let start = "{\"id\":\""
        guard entry.hasPrefix(start) else { return entry }
        let bytes = entry.utf8
        var at = bytes.index(bytes.startIndex, offsetBy: start.utf8.count)
        while at < bytes.endIndex, bytes[at] != UInt8(ascii: "\"") {
            // What is escaped is no end.
            at =
                bytes.index(at, offsetBy: bytes[at] == UInt8(ascii: "\\") ? 2 : 1, limitedBy: bytes.endIndex)
                ?? bytes.endIndex
        }
        guard at < bytes.endIndex else { return entry }
        at = bytes.index(after: at)
        if at < bytes.endIndex, bytes[at] == UInt8(ascii: ",") { at = bytes.index(after: at) }
        return "{" + entry[at...]
    }
}
