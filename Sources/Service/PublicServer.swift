import FeedModel
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
public import Ingest
public import Logging
import NIOCore
public import ServiceLifecycle

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
    private let logger: Logger
    /// Called when the socket is bound, with the port.
    private let onReady: @Sendable (Int) async -> Void

    /// Connections that are open at once.
    private static let mostConnections = 1024
    /// A connection on which nothing is sent for so long is closed.
    private static let idleTimeout: TimeAmount = .seconds(60)

    public struct CannotListen: Error, CustomStringConvertible {
        public var description: String
    }

    /// - Parameter passed: a socket that somebody has bound already, in place of the address.
    public init(
        address: ListenAddress, passed: PassedSocket? = nil, subscriber: Subscriber, metrics: MetricsPage? = nil,
        logger: Logger,
        onReady: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.address = address
        self.passed = passed
        self.subscriber = subscriber
        self.metrics = metrics
        self.logger = logger
        self.onReady = onReady
    }

    public func run() async throws {
        let router = Router()
        if let metrics { router.get("metrics") { request, _ in await metrics.response(to: request) } }
        addCallbacks(to: router)
        if let passed {
            return try await PassedSocketServer(
                passed, responder: router.buildResponder(), idleTimeout: PublicServer.idleTimeout,
                mostConnections: PublicServer.mostConnections, onReady: onReady, logger: PollingService.quiet(logger)
            ).run()
        }
        let app = Application(
            router: router,
            server: .http1(configuration: .init(idleTimeout: PublicServer.idleTimeout)),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), serverName: "ingestd",
                availableConnectionsDelegate: MaximumAvailableConnections(PublicServer.mostConnections)),
            onServerRunning: { [onReady] channel in await onReady(channel.localAddress?.port ?? 0) },
            logger: PollingService.quiet(logger))
        do {
            try await app.runService(gracefulShutdownSignals: [])
        } catch let error as IOError {
            throw CannotListen(description: "cannot listen on \(address.host):\(address.port): \(error)")
        }
    }

    // MARK: hubs

    private func addCallbacks(to router: Router<BasicRequestContext>) {
        router.get("**") { request, _ in
            PublicServer.response(
                try await subscriber.answer(token: PublicServer.token(request), query: request.uri.query ?? ""))
        }
        router.post("**") { request, _ in
            let answer = try await deliver(request)
            // What is left of a body that is not wanted is not read.
            return PublicServer.response(answer, closes: answer.status >= 400)
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
        guard await gate.enter() else { return Subscriber.Answer(503, "too many documents at once; try again\n") }
        let answer: Subscriber.Answer
        do {
            answer = try await read(request, limits) { body in
                try await subscriber.take(
                    token: token, contentType: request.headers[.contentType],
                    signature: HTTPField.Name("X-Hub-Signature").flatMap { request.headers[$0] }, body: body)
            }
        } catch {
            await gate.leave()
            throw error
        }
        await gate.leave()
        return answer
    }

    /// Reads the body, if it comes in time and is not too large.
    private func read(
        _ request: Request, _ limits: Subscriber.Limits, then take: ([UInt8]) async throws -> Subscriber.Answer
    ) async throws -> Subscriber.Answer {
        enum Reading: Sendable {
            case whole([UInt8])
            case tooLarge, tooLate, broken
        }
        // Shutdown waits for no sender.
        let reading = await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Reading.self) { group in
                group.addTask {
                    do {
                        return .whole([UInt8](buffer: try await request.body.collect(upTo: limits.maxBody)))
                    } catch is NIOTooManyBytesError {
                        return .tooLarge
                    } catch {
                        return .broken
                    }
                }
                group.addTask {
                    try? await Task.sleep(for: limits.timeout)
                    return .tooLate
                }
                let first = await group.next() ?? .broken
                group.cancelAll()
                return first
            }
        }
        switch reading {
        case .whole(let body): return try await take(body)
        case .tooLarge: return Subscriber.Answer(413, "larger than \(limits.maxBody) bytes\n")
        case .tooLate: return Subscriber.Answer(408, "the body did not come in time\n")
        case .broken: return Subscriber.Answer(503, "the body could not be read; try again\n")
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

/// How many documents of hubs are read and archived at once, and how many more may wait, unread.
actor DeliveryGate {
    private static let mostInside = 4
    private static let mostWaiting = 64

    private var inside = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// - Returns: `false` where too many wait already.
    func enter() async -> Bool {
        if inside < DeliveryGate.mostInside {
            inside += 1
            return true
        }
        guard waiting.count < DeliveryGate.mostWaiting else { return false }
        await withCheckedContinuation { waiting.append($0) }
        return true
    }

    /// The next one goes in instead, if one waits.
    func leave() {
        if waiting.isEmpty {
            inside -= 1
        } else {
            waiting.removeFirst().resume()
        }
    }
}
