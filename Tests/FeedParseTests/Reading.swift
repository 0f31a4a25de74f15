import FeedModel
import FeedParse
import Glibc
import Testing

/// Documents in tests: read, with a failure that shows what the reader said.
func read(
    _ document: String, url: String? = "http://example.org/feed", contentType: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> ParsedFeed {
    try read(Array(document.utf8), url: url, contentType: contentType, sourceLocation: sourceLocation)
}

func read(
    _ bytes: [UInt8], url: String? = "http://example.org/feed", contentType: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> ParsedFeed {
    switch FeedReader.read(bytes, context: DocumentContext(url: url, contentType: contentType)) {
    case .success(let feed): return feed
    case .failure(let error):
        Issue.record("no feed: \(error)", sourceLocation: sourceLocation)
        throw error
    }
}

func refusal(_ bytes: [UInt8]) -> NotAFeed? {
    if case .failure(let error) = FeedReader.read(bytes, context: DocumentContext()) { return error }
    return nil
}

/// RSS 2.0 with one item of these elements, all known namespaces declared.
func rssItem(_ elements: String) -> String {
    """
    <rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/" \
    xmlns:dcterms="http://purl.org/dc/terms/" xmlns:content="http://purl.org/rss/1.0/modules/content/" \
    xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" \
    xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml" \
    xmlns:geo="http://www.w3.org/2003/01/geo/wgs84_pos#" xmlns:slash="http://purl.org/rss/1.0/modules/slash/" \
    xmlns:xhtml="http://www.w3.org/1999/xhtml"><channel><title>t</title><item>\(elements)</item></channel></rss>
    """
}

func item(_ elements: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> Entry {
    try #require(read(rssItem(elements), sourceLocation: sourceLocation).entries.first, sourceLocation: sourceLocation)
}

/// Atom 1.0 with one entry of these elements.
func atomEntry(_ elements: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> Entry {
    let document = """
        <feed xmlns="http://www.w3.org/2005/Atom" xmlns:xh="http://www.w3.org/1999/xhtml"><title>t</title>\
        <entry>\(elements)</entry></feed>
        """
    return try #require(read(document, sourceLocation: sourceLocation).entries.first, sourceLocation: sourceLocation)
}

/// A channel of RSS 2.0 with these elements and no item.
func channel(_ elements: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> ParsedFeed {
    try read(
        rssItem("").replacing("<title>t</title><item></item>", with: elements), sourceLocation: sourceLocation)
}

/// Whether four times as much of a piece takes about four times as long. Of the thread's processor time: what else the
/// machine does matters little.
func isLinear(_ piece: String, count: Int, _ work: (String) -> Void) -> Bool {
    func seconds(_ count: Int) -> Double {
        let text = String(repeating: piece, count: count)
        let start = processorSeconds()
        work(text)
        return processorSeconds() - start
    }
    return seconds(4 * count) < 9 * seconds(count) + 0.5
}

private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
