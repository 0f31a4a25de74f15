import Foundation
import GRDB
import Warc

/// How the column `entry` of `sighting` holds an entry's JSON: a mark, and base64 of it deflated against what all entries
/// have in common and what its row holds besides; or the JSON itself, which begins with a brace, where that is shorter and
/// in rows of earlier programs. About a third of the size.
public struct PackedEntry: Hashable, Sendable {
    /// Of the dictionary: texts with another one stay readable by it.
    private static let mark = UInt8(ascii: "1")

    /// Columns of the row that the JSON repeats. Whoever writes one of them writes the entry anew.
    struct Row {
        var url: String?
        var author: String?
        var summary: String?
    }

    let text: String

    /// Takes some 15 µs: better done before the writer's time is taken.
    ///
    /// - Parameters: the entry's JSON, and what stands in the columns of its sighting.
    public init(_ json: [UInt8], url: String?, author: String?, summary: String?) {
        text = PackedEntry.pack(json, Row(url: url, author: author, summary: summary))
    }

    static func pack(_ json: [UInt8], _ row: Row) -> String {
        let packed = Data(ShortText.deflated(json, dictionary: row.dictionary)).base64EncodedData()
        guard packed.count + 1 < json.count else { return String(decoding: json, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: packed.count + 1) { buffer in
            buffer[0] = mark
            _ = packed.copyBytes(to: UnsafeMutableBufferPointer(rebasing: buffer[1...]))
            return packed.count + 1
        }
    }

    /// - Returns: the JSON; what cannot be read as it stands, which is no JSON.
    static func unpack(_ entry: String, _ row: Row) -> String {
        guard entry.utf8.first == mark, let packed = Data(base64Encoded: Data(entry.utf8.dropFirst())),
            let json = ShortText.inflated([UInt8](packed), dictionary: row.dictionary)
        else { return entry }
        return String(decoding: json, as: UTF8.self)
    }

    /// The JSON in a query where the sighting is called `s`.
    static let column = "unpacked(s.entry, s.url, s.author, s.summary)"

    /// Makes `column` known.
    static func register(_ db: Database) {
        db.add(
            function: DatabaseFunction("unpacked", argumentCount: 4, pure: true) { values in
                guard let entry = String.fromDatabaseValue(values[0]) else { return nil }
                let texts = values.dropFirst().map { String.fromDatabaseValue($0) }
                return unpack(entry, Row(url: texts[0], author: texts[1], summary: texts[2]))
            })
    }

    /// Never to be changed: whoever finds a better one gives it another mark. What is most frequent stands last.
    /// Its line ends and the backslashes before them are part of it: in a raw string they continue no line.
    fileprivate static let common = Array(
        #"""
        "content_src":{"url":","location":{"lat":,"lon":},"rights":{"type":"text","value":"},"contributors":[],"post-id":{},\
        "itunes":{"explicit":[{"value":"no"}],"duration":[{"value":"}],"image":[{"attributes":{"href":"},"episodeType":\
        [{"value":"full"}],"author":[{"value":"},"summary":[{"value":"},"thr":{"total":[{"value":"0"}]},"wfw":{"commentRss":\
        [{"value":"https://www."}]},"slash":{"comments":[{"value":"0"}]},"comments_url":"http","id_is_permalink":false,\
        "source":{"title":","url":"},"external_url":"https://","language":"en","attachments":[{"url":"https://","mime_type":\
        "audio/mpeg","title":","size_in_bytes":,"duration_in_seconds":}],"image":"https://","summary":"<p>&amp;&#8217;</p>",\
        "dc":{"creator":[{"value":"}],"date":[{"value":"},"media":{"content":[{"attributes":{"medium":"image","type":\
        "image/jpeg","url":"https://www.","width":"1200","height":"675"}}],"thumbnail":[{"attributes":{"url":"https://\
        ","width":"320","height":"180"}}]},"children":{},"summary":{"type":"html","value":"},"authors":[{"name":","email":"\
        ","uri":"}],"categories":[{"term":"},{"term":","scheme":"http://www.","label":"}],"links":[{"href":"https://","rel":\
        "enclosure","type":"image/jpeg","length":},{"href":"https://www.","rel":"alternate","type":"text/html"}],\
        {"id":"https://www.","url":"https://www.","date_published":"2026-01-01T00:00:00Z","date_modified":"2026-\
        01-01T00:00:00Z","authors":[{"name":","url":"}],"tags":["news","],"_ingestd":{"title":{"type":"html","value":"\
        ","type":"text","value":"},"extensions":{
        """#.utf8)
}

extension PackedEntry.Row {
    fileprivate var dictionary: [UInt8] {
        var bytes = PackedEntry.common
        // What is near is cheap to refer to, and 4 KB are seen.
        if let summary { bytes += summary.utf8.prefix(1536) }
        if let author { bytes += author.utf8.prefix(256) }
        if let url { bytes += url.utf8.prefix(512) }
        return bytes
    }
}
