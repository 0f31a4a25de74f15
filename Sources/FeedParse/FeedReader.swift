public import FeedModel

/// Bytes to `ParsedFeed`: what the document says, without identity and without defaults.
///
///     bytes ─ DocumentDecoder ─ XMLPrologue ─ XMLTreeParser ─ XMLFeedReader ─ ParsedFeed
///                       │                        │    ▲
///                       └─ JSONFeedReader        └ XMLMender, if it is not well-formed
public enum FeedReader {
    /// Larger documents are refused unread; what is fetched is bounded far below.
    public static let maximumBytes = 64 << 20

    /// Never throws for a bad document: `NotAFeed` is the value.
    public static func read(_ bytes: [UInt8], context: DocumentContext) -> Result<ParsedFeed, NotAFeed> {
        guard bytes.count <= maximumBytes else {
            return .failure(
                NotAFeed(.tooLarge, "\(bytes.count) bytes; no more than \(maximumBytes) are read"))
        }
        let meter = ReadingMeter(context.limits, bytes: bytes.count)
        return read(bytes, context, meter)
    }

    static func read(
        _ bytes: [UInt8], _ context: DocumentContext, _ meter: ReadingMeter
    ) -> Result<ParsedFeed, NotAFeed> {
        let result = readWithin(meter, bytes, context)
        // Beyond a limit all reading ends early: what it gave is not what the document says.
        return meter.excess.map { .failure($0) } ?? result
    }

    private static func readWithin(
        _ meter: ReadingMeter, _ bytes: [UInt8], _ context: DocumentContext
    ) -> Result<ParsedFeed, NotAFeed> {
        if let other = OtherContent.recognised(bytes) { return .failure(other) }
        let document = DocumentDecoder.decode(bytes, contentType: context.contentType, meter)
        let scope = Scope(base: context.url.flatMap(WebURL.init), meter: meter)
        let isJSON = OtherContent.looksLikeJSON(document.bytes)
        var result =
            isJSON ? JSONFeedReader.read(document.bytes, scope) : XMLDocumentReader.read(document.bytes, scope)
        if case .success(var feed) = result {
            feed.encoding = document.encoding.name
            feed.problems = document.problems + feed.problems
            result = .success(feed)
        }
        return result
    }
}
