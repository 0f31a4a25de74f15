import FeedModel

/// The feeds that a web page announces with `link rel="alternate"` (HTML Standard, 4.6.7.1; RSS Autodiscovery).
public enum FeedLinks {
    /// Absolute URLs, in the page's order, each once.
    public static func announced(in page: [UInt8], contentType: String?, base: String) -> [String] {
        let meter = ReadingMeter(ReadingLimits(), bytes: page.count)
        let document = DocumentDecoder.decode(page, contentType: contentType, meter)
        return document.bytes.withUnsafeBufferPointer { announced(in: $0, base: WebURL(base), meter) }
    }

    /// More than any page announces.
    private static let maximum = 1000

    private static func announced(
        in bytes: UnsafeBufferPointer<UInt8>, base: WebURL?, _ meter: ReadingMeter
    ) -> [String] {
        var base = base
        var hasBase = false
        var out: [String] = []
        var known: Set<String> = []
        var tokens = HTMLTokenizer(bytes, meter)
        while out.count < maximum, let token = tokens.next() {
            guard case .startTag(let nameRange, let range, _) = token else { continue }
            let name = ShortName(bytes[nameRange])
            switch name {
            case script: _ = tokens.skipRawText(named: "script")
            case style: _ = tokens.skipRawText(named: "style")
            case baseElement where !hasBase:
                // The first `base` with an address counts (HTML Standard, 4.2.3).
                guard let href = attributes(bytes, range)[ShortName("href")] else { continue }
                hasBase = true
                base = base?.resolving(href) ?? WebURL(href)
            case link:
                let attributes = attributes(bytes, range)
                guard let href = attributes[ShortName("href")]?.trimmed,
                    isFeed(rel: attributes[ShortName("rel")], type: attributes[ShortName("type")]),
                    let url = base.map({ $0.resolving(href) }) ?? WebURL(href), url.isHTTP
                else { continue }
                guard meter.goesOn(64), meter.claim(url.string.utf8.count) else { break }
                if known.insert(url.string).inserted { out.append(url.string) }
            default: continue
            }
        }
        return out
    }

    private static let link = ShortName("link")
    private static let script = ShortName("script")
    private static let style = ShortName("style")
    private static let baseElement = ShortName("base")

    private static let wanted = NameSet("href rel type")

    private static func attributes(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> [ShortName: String] {
        var found: [ShortName: String] = [:]
        var attributes = HTMLAttributes(bytes, range)
        while let one = attributes.next() {
            let name = ShortName(bytes[one.name])
            // The first of a name counts.
            if wanted.contains(name), found[name] == nil {
                found[name] = HTMLLinks.decoded(UnsafeBufferPointer(rebasing: bytes[one.value]))
            }
        }
        return found
    }

    private static func isFeed(rel: String?, type: String?) -> Bool {
        let relations = (rel ?? "").lowercased().split(whereSeparator: \.isWhitespace)
        if relations.contains("feed") { return true }
        guard relations.contains("alternate"), !relations.contains("stylesheet"), let type = TextReader.mediaType(type)
        else { return false }
        return types.contains(type)
    }

    /// `application/json` is WordPress' way to announce its own interface, which is no feed.
    private static let types: Set<String> = [
        "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json",
        "application/x.atom+xml", "application/x-atom+xml", "text/rss+xml", "application/rss", "text/xml",
        "application/xml", "text/rss",
    ]
}
