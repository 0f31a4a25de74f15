import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// A small publisher on loopback, for a first look at the archive without a network: several feeds in
/// different formats, an article that stands in two of them, one that is edited, a feed that fails, one
/// that has moved and one that is gone.
///
/// Its second issue (`POST /next-issue`) has the edit and a new article.
public struct DemoPublisher: Sendable {
    private let host: String
    private let port: Int
    private let issue = SharedIssue()

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// The paths of its feeds, for a configuration.
    public static let feeds = [
        "news.rss", "wire.atom", "magazine.json", "section.rdf", "old-address.rss", "broken.rss", "closed.rss",
    ]

    /// - Parameter onReady: called with the port once it listens.
    public func run(onReady: @escaping @Sendable (Int) async -> Void) async throws {
        let router = Router()
        router.get("news.rss") { request, _ in answer(request, "application/rss+xml", DemoDocuments.news) }
        router.get("wire.atom") { request, _ in answer(request, "application/atom+xml", DemoDocuments.wire) }
        router.get("magazine.json") { request, _ in answer(request, "application/feed+json", DemoDocuments.magazine) }
        router.get("section.rdf") { request, _ in answer(request, "application/rdf+xml", DemoDocuments.section) }
        router.get("new-address.rss") { request, _ in answer(request, "application/rss+xml", DemoDocuments.moved) }
        router.get("old-address.rss") { _, _ in
            Response(status: .movedPermanently, headers: [.location: "/new-address.rss"])
        }
        router.get("broken.rss") { _, _ in
            Response(
                status: .internalServerError, headers: [.contentType: "text/plain"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: "out of order\n")))
        }
        router.get("closed.rss") { _, _ in Response(status: .gone) }
        router.post("next-issue") { _, _ in
            issue.next()
            return HTTPResponse.Status.noContent
        }
        var logger = Logger(label: "demo-publisher")
        logger.logLevel = .error
        let app = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "demo"),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? 0) },
            logger: logger)
        try await app.runService()
    }

    /// A document of the current issue, with an ETag that a conditional request is held against.
    private func answer(_ request: Request, _ type: String, _ document: (_ issue: Int, _ site: String) -> String)
        -> Response
    {
        let site = "http://" + (request.head.authority ?? host)
        let text = document(issue.number, site)
        let etag = "\"" + String(DemoPublisher.checksum(text), radix: 16) + "\""
        if request.headers[.ifNoneMatch] == etag { return Response(status: .notModified, headers: [.eTag: etag]) }
        return Response(
            status: .ok, headers: [.contentType: type, .eTag: etag],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// FNV-1a.
    private static func checksum(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}

/// Which issue the publisher shows: 1, then 2.
private final class SharedIssue: Sendable {
    private let value = Mutex(1)

    var number: Int { value.withLock { $0 } }

    func next() { value.withLock { $0 = 2 } }
}
