import FeedModel

/// What documents are that are no feeds, in words that help.
enum OtherContent {
    /// By the first bytes.
    static func recognised(_ bytes: [UInt8]) -> NotAFeed? {
        if bytes.isEmpty || bytes.lazy.prefix(1 << 20).allSatisfy({ $0.isXMLSpace }) && bytes.count <= 1 << 20 {
            return NotAFeed(.empty, "the document is empty")
        }
        let signatures: [(String, [UInt8])] = [
            ("a PNG image", [0x89, 0x50, 0x4E, 0x47]), ("a JPEG image", [0xFF, 0xD8, 0xFF]),
            ("a GIF image", Array("GIF8".utf8)), ("a PDF document", Array("%PDF".utf8)),
            ("gzip-compressed data", [0x1F, 0x8B]), ("a ZIP archive", [0x50, 0x4B, 0x03, 0x04]),
            ("Zstandard-compressed data", [0x28, 0xB5, 0x2F, 0xFD]), ("an MP3 file", Array("ID3".utf8)),
            ("an icon", [0x00, 0x00, 0x01, 0x00]), ("a RIFF file (WebP, WAV)", Array("RIFF".utf8)),
            ("bzip2-compressed data", Array("BZh".utf8)), ("xz-compressed data", [0xFD, 0x37, 0x7A, 0x58]),
        ]
        for (name, signature) in signatures where bytes.starts(with: signature) {
            return NotAFeed(.noFeed, "looks like \(name), not like a feed")
        }
        return nil
    }

    static func looksLikeJSON(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first(where: { !$0.isXMLSpace }) else { return false }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    }

    /// No element in it.
    static func notXML(_ bytes: UnsafeBufferPointer<UInt8>, _ prologue: XMLPrologue) -> NotAFeed {
        if bytes.allSatisfy({ $0.isXMLSpace || $0 == 0 }) { return NotAFeed(.empty, "the document is empty") }
        if prologue.start < bytes.count {
            return NotAFeed(.truncated, "the document breaks off before its root element")
        }
        let isBinary = bytes.prefix(1024).contains { $0 < 0x20 && !$0.isXMLSpace }
        return NotAFeed(
            .noFeed, isBinary ? "looks like binary data, not like a feed" : "looks like plain text, not like a feed")
    }

    static func webPage(_ bytes: UnsafeBufferPointer<UInt8>, _ prologue: XMLPrologue) -> NotAFeed? {
        let root = prologue.rootName.lowercased()
        guard prologue.doctypeName == "html" || ["html", "head", "body", "script", "title", "meta"].contains(root),
            !["rss", "feed", "rdf:rdf"].contains(root)
        else { return nil }
        return NotAFeed(
            .noFeed, "looks like a web page, not like a feed; `discover` finds the feeds that a page announces")
    }

    static func unknownXML(_ tree: XMLTree, _ prologue: XMLPrologue) -> NotAFeed {
        guard let root = tree.root else { return NotAFeed(.noFeed, "no element could be read; not a feed") }
        let what: String =
            switch root.name.local.lowercased() {
            case "opml": "an OPML list of subscriptions; `import` reads it"
            case "urlset", "sitemapindex": "a sitemap"
            case "svg": "an SVG image"
            case "rdf": "RDF without channel or items"
            case "opensearchdescription": "an OpenSearch description"
            case "error", "errors", "exception": "an error message"
            case let name: "XML whose root element is <\(name.prefix(60))>"
            }
        return NotAFeed(.noFeed, "looks like \(what); not a feed")
    }
}
