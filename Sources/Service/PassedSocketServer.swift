import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Serves on a socket that is bound already: Hummingbird's own server binds for itself alone. It does what that one does,
/// from the connection on by the same parts.
struct PassedSocketServer<Responder: HTTPResponder>: Service
where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
    private let socket: PassedSocket
    private let responder: Responder
    private let idleTimeout: TimeAmount
    private let mostConnections: Int
    private let onReady: @Sendable (Int) async -> Void
    private let logger: Logger

    init(
        _ socket: PassedSocket, responder: Responder, idleTimeout: TimeAmount, mostConnections: Int,
        onReady: @escaping @Sendable (Int) async -> Void, logger: Logger
    ) {
        self.socket = socket
        self.responder = responder
        self.idleTimeout = idleTimeout
        self.mostConnections = mostConnections
        self.onReady = onReady
        self.logger = logger
    }

    func run() async throws {
        let http = HTTP1Channel(
            responder: { request, writer, channel in try await answer(request, writer, channel) },
            configuration: .init(idleTimeout: idleTimeout))
        let most = mostConnections
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AvailableConnectionsChannelHandler(delegate: MaximumAvailableConnections(most)))
                }
            }
            .childChannelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            .bind(socket.descriptor) { [logger] channel in http.setup(channel: channel, logger: logger) }
        let connections = OpenConnections()
        await withGracefulShutdownHandler {
            await onReady(server.channel.localAddress?.port ?? 0)
            await withDiscardingTaskGroup { group in
                do {
                    try await server.executeThenClose { inbound in
                        for try await connection in inbound {
                            connections.opened(connection.channel)
                            group.addTask { [logger] in
                                await http.handle(value: connection, logger: logger)
                                connections.closed(connection.channel)
                            }
                        }
                    }
                } catch {
                    logger.error("connections are accepted no more", metadata: ["reason": "\(error)"])
                }
            }
        } onGracefulShutdown: {
            server.channel.close(promise: nil)
            connections.quiesce()
        }
    }

    private func answer(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        let context = Responder.Context(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        var response: Response
        do {
            response = try await responder.respond(to: request, context: context)
        } catch {
            response = Response(status: .internalServerError)
        }
        response.headers[.server] = "ingestd"
        try await writer.write(response: response.head, body: response.body)
    }
}

/// The connections that are open, so that the idle ones among them can be closed at the end.
private final class OpenConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isQuiescing = false
    }

    private let state = Mutex(State())

    func opened(_ channel: any Channel) {
        let isQuiescing = state.withLock { state in
            state.channels[ObjectIdentifier(channel)] = channel
            return state.isQuiescing
        }
        if isQuiescing { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }

    func closed(_ channel: any Channel) {
        state.withLock { _ = $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    /// Closes those without a request at once, the others after its answer.
    func quiesce() {
        let open = state.withLock { state in
            state.isQuiescing = true
            return Array(state.channels.values)
        }
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }
}
