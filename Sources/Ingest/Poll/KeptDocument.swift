import Archive
import FeedFetch
import FeedModel

/// A document on its way to the raw records, where the configuration wants them.
struct KeptDocument: Sendable {
    private let document: RawDocument
    private let last: KeptRecord?

    /// `nil` for an answer that is not as it came (`FeedResponse.echoesSecret`): a record tells what was sent, and this
    /// one would tell the feed's secret.
    ///
    /// - Parameter extent: of what an answer other than 226 brought.
    init?(
        _ response: FeedResponse, _ extent: RawDocument.Extent = .whole, of feed: Feed, in archive: Archive,
        at now: Timestamp
    ) throws {
        if response.echoesSecret { return nil }
        let extent = response.isFeedDelta ? .delta : extent
        document = RawDocument(
            extent, url: response.finalURL, contentType: response.values(of: "Content-Type").last,
            exchange: HTTPMessage.exchange(response),
            body: response.body, at: now)
        // Each of a feed's older pages is read once.
        last = extent == .older ? nil : try archive.lastKept(of: feed.id, extent)
    }

    /// What a hub has sent.
    init(
        pushed body: [UInt8], contentType: String?, of subscription: Subscription, in archive: Archive,
        at now: Timestamp
    ) throws {
        document = RawDocument(
            .pushed, url: subscription.topic, contentType: contentType, exchange: nil, body: body, at: now)
        last = try archive.lastKept(of: subscription.feed, .pushed)
    }

    /// It is not the one that was kept last.
    var isNews: Bool { last?.digest != document.digest }

    /// Takes as long as compressing takes.
    func packed() -> PackedDocument { document.packed(after: last) }
}

/// An exchange as HTTP/1.1 would write its heads, whatever version it had.
enum HTTPMessage {
    /// `nil` for a file.
    static func exchange(_ response: FeedResponse) -> RawDocument.Exchange? {
        guard !response.isFile, let url = WebURL(response.finalURL) else { return nil }
        let isHTTP2 = response.httpVersion == "2"
        let version = isHTTP2 ? "1.1" : response.httpVersion
        var request = Array("GET \(target(url)) HTTP/\(version)\r\nHost: \(authority(url))".utf8)
        for field in response.requestHeaders { append(field.name, field.value, to: &request) }
        var head = Array("HTTP/\(version) \(response.status)".utf8)
        let reason = response.reason.isEmpty && response.status == 200 ? "OK" : response.reason
        head += " \(reason)".utf8
        // The body is kept decoded: what would speak of another one is set aside under a name of its own.
        let wasCoded = response.bytes(of: "Content-Encoding") != nil
        let length = Array("\(response.body.count)".utf8)
        var saysLength = false
        for field in response.headers {
            switch field.name.lowercased() {
            case "content-encoding", "transfer-encoding": append("X-Crawler-" + field.name, field.value, to: &head)
            case "content-length" where wasCoded || saysLength || field.value != length:
                append("X-Crawler-" + field.name, field.value, to: &head)
            case "content-length":
                saysLength = true
                append(field.name, field.value, to: &head)
            default: append(field.name, field.value, to: &head)
            }
        }
        if !saysLength { append("Content-Length", length, to: &head) }
        return RawDocument.Exchange(
            request: request, response: head, address: response.remoteAddress,
            protocolName: isHTTP2 ? "h2" : "http/\(version)")
    }

    private static func append(_ name: String, _ value: [UInt8], to head: inout [UInt8]) {
        head += "\r\n\(name): ".utf8
        head += value
    }

    /// Path and query, as the request line has them.
    private static func target(_ url: WebURL) -> String {
        String(url.wireForm.dropFirst(url.scheme.count + 3).drop { $0 != "/" })
    }

    private static func authority(_ url: WebURL) -> String {
        String(url.wireForm.dropFirst(url.scheme.count + 3).prefix { $0 != "/" })
    }
}
