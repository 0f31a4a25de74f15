import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Serves on a socket that is bound already: Hummingbird's own server binds for itself alone. It does what that one does,
/// from the connection on by the same parts.
struct PassedSocketServer<Responder: HTTPResponder>: Service
where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
    private let socket: PassedSocket
    private let responder: Responder
    private let connections: OpenConnections
    private let onReady: @Sendable (Int) async -> Void
    private let logger: Logger

    init(
        _ socket: PassedSocket, responder: Responder, connections: OpenConnections,
        onReady: @escaping @Sendable (Int) async -> Void, logger: Logger
    ) {
        self.socket = socket
        self.responder = responder
        self.connections = connections
        self.onReady = onReady
        self.logger = logger
    }

    func run() async throws {
        let http = BoundedChannel(connections) { request, writer, channel in
            try await answer(request, writer, channel)
        }
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelInitializer { [connections] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AvailableConnectionsChannelHandler(delegate: RoomForConnections(connections: connections)))
                }
            }
            .childChannelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            .bind(socket.descriptor) { [logger] channel in http.setup(channel: channel, logger: logger) }
        await withGracefulShutdownHandler {
            await onReady(server.channel.localAddress?.port ?? 0)
            await withDiscardingTaskGroup { group in
                do {
                    try await server.executeThenClose { inbound in
                        for try await connection in inbound {
                            group.addTask { [logger] in await http.handle(value: connection, logger: logger) }
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
