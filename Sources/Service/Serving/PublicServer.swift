import FeedModel
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
public import Ingest
public import Logging
import NIOCore
public import ServiceLifecycle
import Synchronization

/// What the daemon answers to the outside, at the address `listen`.
///
/// | request          | answer                                                       |
/// |------------------|--------------------------------------------------------------|
/// | `GET  /metrics`  | how polls go, for Prometheus and its like                    |
/// | `GET  …/TOKEN`   | a hub's question whether a subscription is meant              |
/// | `POST …/TOKEN`   | a document that a hub sends; answered when it is archived     |
///
/// A proxy may have passed a request on with any part of the public path, so that the last component alone counts;
/// paths of other things go before.
public struct PublicServer: Service {
    private let address: ListenAddress
    private let passed: PassedSocket?
    private let subscriber: Subscriber
    private let metrics: MetricsPage?
    private let gate = DeliveryGate()
    private let connections: OpenConnections
    private let logger: Logger
    /// Called when the socket is bound, with the port.
    private let onReady: @Sendable (Int) async -> Void

    /// What documents of hubs may take that are not being archived yet: so many of the largest.
    private static let mostBodies = 2

    public struct CannotListen: Error, CustomStringConvertible {
        public var description: String
    }

    /// - Parameters:
    ///   - passed: a socket that somebody has bound already, in place of the address.
    ///   - mostConnections: that are open at once; a quarter of it of one address, loopback aside.
    public init(
        address: ListenAddress, passed: PassedSocket? = nil, subscriber: Subscriber, metrics: MetricsPage? = nil,
        mostConnections: Int = 1024, logger: Logger,
        onReady: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.address = address
        self.passed = passed
        self.subscriber = subscriber
        self.metrics = metrics
        connections = OpenConnections(.init(connections: mostConnections, perSource: max(mostConnections / 4, 1)))
        self.logger = logger
        self.onReady = onReady
    }

    public func run() async throws {
        let router = Router(context: ConnectionContext.self)
        if let metrics { router.get("metrics") { request, _ in await metrics.response(to: request) } }
        addCallbacks(to: router)
        let watching = Task { [connections] in await connections.watch() }
        defer { watching.cancel() }
        if let passed {
            return try await PassedSocketServer(
                passed, responder: router.buildResponder(), connections: connections, onReady: onReady,
                logger: PollingService.quiet(logger)
            ).run()
        }
        let app = Application(
            router: router,
            server: connections.server,
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), serverName: "ingestd",
                availableConnectionsDelegate: connections.room),
            onServerRunning: { [onReady] channel in await onReady(channel.localAddress?.port ?? 0) },
            logger: PollingService.quiet(logger))
        do {
            try await app.runService(gracefulShutdownSignals: [])
        } catch let error as IOError {
            throw CannotListen(description: "cannot listen on \(address.host):\(address.port): \(error)")
        }
    }

    // MARK: hubs

    private func addCallbacks(to router: Router<ConnectionContext>) {
        router.get("**") { request, _ in
            PublicServer.response(
                try await subscriber.answer(token: PublicServer.token(request), query: request.uri.query ?? ""))
        }
        router.post("**") { request, context in
            let answer = try await deliver(request)
            // What is left of a body that is not wanted is not read.
            let closes = answer.status >= 400
            if closes { connections.note(context.channel) { $0.ending($1, at: .now) } }
            return PublicServer.response(answer, closes: closes)
        }
    }

    private static func token(_ request: Request) -> String {
        String(request.uri.path.split(separator: "/").last ?? "")
    }

    private func deliver(_ request: Request) async throws -> Subscriber.Answer {
        let token = PublicServer.token(request)
        let limits: Subscriber.Limits
        switch await subscriber.admits(token: token) {
        case .refused(let answer): return answer
        case .admitted(let admitted): limits = admitted
        }
        let coding = request.headers[.contentEncoding]?.lowercased() ?? "identity"
        guard coding == "identity" else {
            return Subscriber.Answer(415, "send it without Content-Encoding\n")
        }
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limits.maxBody {
            return Subscriber.Answer(413, "larger than \(limits.maxBody) bytes\n")
        }
        let (cuts, cut) = AsyncStream<Void>.makeStream()
        guard let id = await gate.begin(token, giveUp: { cut.finish() }) else {
            return Subscriber.Answer(503, "too many documents at once; try again\n")
        }
        let answer: Subscriber.Answer
        do {
            switch await read(request, limits, id, cuts) {
            case .whole(let body):
                answer =
                    if await gate.turn(id) {
                        try await subscriber.take(
                            token: token, contentType: request.headers[.contentType],
                            signature: HTTPField.Name("X-Hub-Signature").flatMap { request.headers[$0] }, body: body)
                    } else {
                        Reading.givenUp.answer(limits)
                    }
            case let reading: answer = reading.answer(limits)
            }
        } catch {
            await gate.end(id)
            throw error
        }
        await gate.end(id)
        return answer
    }

    private enum Reading: Sendable {
        case whole([UInt8])
        case tooLarge, tooLate, broken, givenUp

        func answer(_ limits: Subscriber.Limits) -> Subscriber.Answer {
            switch self {
            case .tooLarge: Subscriber.Answer(413, "larger than \(limits.maxBody) bytes\n")
            case .tooLate: Subscriber.Answer(408, "the body did not come in time\n")
            case .whole, .broken: Subscriber.Answer(503, "the body could not be read; try again\n")
            case .givenUp: Subscriber.Answer(503, "too much at once; try again\n")
            }
        }
    }

    /// Reads the body, if it comes in time and is not too large.
    private func read(
        _ request: Request, _ limits: Subscriber.Limits, _ id: DeliveryGate.ID, _ cuts: AsyncStream<Void>
    ) async -> Reading {
        let received = ReceivedBytes()
        // Shutdown waits for no sender.
        return await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Reading.self) { group in
                group.addTask {
                    var body: [UInt8] = []
                    do {
                        for try await piece in request.body {
                            guard body.count + piece.readableBytes <= limits.maxBody else { return .tooLarge }
                            received.add(piece.readableBytes)
                            let isKept = await gate.grow(
                                id, by: piece.readableBytes, limit: PublicServer.mostBodies * limits.maxBody)
                            guard isKept else { return .givenUp }
                            body += piece.readableBytesView
                        }
                        return Task.isCancelled ? .broken : .whole(body)
                    } catch {
                        return .broken
                    }
                }
                group.addTask {
                    let begun = ContinuousClock.now
                    while true {
                        let elapsed = ContinuousClock.now - begun
                        if elapsed >= limits.timeout || BodyPace.isTooSlow(bytes: received.count, after: elapsed) {
                            return .tooLate
                        }
                        let pause = min(.seconds(1), limits.timeout - elapsed)
                        guard (try? await Task.sleep(for: pause)) != nil else { return .tooLate }
                    }
                }
                group.addTask {
                    for await _ in cuts {}
                    return .givenUp
                }
                let first = await group.next() ?? .broken
                group.cancelAll()
                return first
            }
        }
    }

    private static func response(_ answer: Subscriber.Answer, closes: Bool = false) -> Response {
        var headers: HTTPFields = [.contentType: "text/plain; charset=utf-8"]
        // Part of what is sent back came with the request.
        headers[.xContentTypeOptions] = "nosniff"
        if closes { headers[.connection] = "close" }
        if answer.status == 503 { headers[.retryAfter] = "60" }
        if answer.status == 415 { headers[.acceptEncoding] = "identity" }
        return Response(
            status: HTTPResponse.Status(code: answer.status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: answer.body)))
    }
}

/// How much of a body has come so far.
private final class ReceivedBytes: Sendable {
    private let bytes = Mutex(0)

    var count: Int { bytes.withLock { $0 } }

    func add(_ more: Int) { bytes.withLock { $0 += more } }
}
