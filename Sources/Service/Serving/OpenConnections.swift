import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// The connections to `listen`, held to `ConnectionTable`.
final class OpenConnections: Sendable {
    private struct State {
        var table: ConnectionTable
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// A new connection waits for room.
        var isWanted = false
        var isQuiescing = false
    }

    private let state: Mutex<State>

    init(_ bounds: ConnectionTable.Bounds) { state = Mutex(State(table: ConnectionTable(bounds))) }

    /// For an application: what it serves, and when it accepts more.
    var server: HTTPServerBuilder { HTTPServerBuilder { BoundedChannel(self, responder: $0) } }
    var room: any AvailableConnectionsDelegate { RoomForConnections(connections: self) }

    /// Closes those whose time is over, until the task is cancelled.
    func watch() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let closed = state.withLock { state in
                var closed = state.table.overdue(at: .now)
                // What waits is accepted when something is closed.
                if closed.isEmpty, state.isWanted, state.table.isFull {
                    closed += [state.table.giveWay()].compactMap(\.self)
                }
                return closed.compactMap { state.channels[$0] }
            }
            for channel in closed { channel.close(promise: nil) }
        }
    }

    /// Whether a new connection is accepted.
    var hasRoom: Bool {
        state.withLock { state in
            state.isWanted = !state.table.hasRoom
            return !state.isWanted
        }
    }

    func opened(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let (closed, isQuiescing) = state.withLock { state in
            state.channels[id] = channel
            let closed = state.table.opened(id, from: OpenConnections.source(channel.remoteAddress), at: .now)
            return (closed.compactMap { state.channels.removeValue(forKey: $0) }, state.isQuiescing)
        }
        for channel in closed { channel.close(promise: nil) }
        if isQuiescing { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }

    func closed(_ channel: any Channel) {
        state.withLock { state in
            state.channels[ObjectIdentifier(channel)] = nil
            state.table.closed(ObjectIdentifier(channel))
        }
    }

    func note(_ channel: any Channel, _ change: (inout ConnectionTable, ConnectionTable.ID) -> Void) {
        state.withLock { change(&$0.table, ObjectIdentifier(channel)) }
    }

    /// Closes those without a request at once, the others after its answer.
    func quiesce() {
        let open = state.withLock { state in
            state.isQuiescing = true
            return Array(state.channels.values)
        }
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }

    /// Who is counted together: an IPv4 address, or the 64 bits of an IPv6 address that one customer has. Loopback is not
    /// counted: a proxy is there, and speaks for everybody.
    static func source(_ address: SocketAddress?) -> String? {
        guard let text = address?.ipAddress else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return source(v4: Array(bytes.prefix(4))) }
        guard inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
        let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]
        if bytes.starts(with: mapped) { return source(v4: Array(bytes.suffix(4))) }
        let isLoopback = bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
        return isLoopback ? nil : "v6 \(bytes.prefix(8))"
    }

    private static func source(v4 bytes: [UInt8]) -> String? { bytes.first == 127 ? nil : "v4 \(bytes)" }
}

/// A connection that is held to the table, from the first byte on; else it is `HTTP1Channel`'s.
struct BoundedChannel: ServerChildChannel {
    private let http: HTTP1Channel
    private let connections: OpenConnections

    /// The head of a request, in bytes.
    private static let largestHead = 64 << 10

    init(_ connections: OpenConnections, responder: @escaping HTTPChannelHandler.Responder) {
        self.connections = connections
        http = HTTP1Channel(
            responder: { request, writer, channel in
                connections.note(channel) { $0.began($1, at: .now) }
                defer { connections.note(channel) { $0.ended($1, at: .now) } }
                try await responder(request, writer, channel)
            },
            configuration: .init(
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: BoundedChannel.largestHead, maxHeaderListSize: BoundedChannel.largestHead)))
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<AcceptedConnection> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(TrafficHandler(connections))
        }.flatMap {
            http.setup(channel: channel, logger: logger)
        }.map { value in
            connections.opened(channel)
            channel.closeFuture.whenComplete { _ in connections.closed(channel) }
            return AcceptedConnection(value)
        }
    }

    func handle(value: AcceptedConnection, logger: Logger) async {
        guard let connection = value.take() else { return }
        await http.handle(value: connection, logger: logger)
    }
}

/// Nothing is accepted while there is neither room nor a connection that may be closed for a new one.
struct RoomForConnections: AvailableConnectionsDelegate {
    let connections: OpenConnections

    func connectionOpened() {}
    func connectionClosed() {}
    func isAcceptingNewConnections() -> Bool { connections.hasRoom }
}

/// Tells the table what comes over a connection, and whether it takes what is sent.
private final class TrafficHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connections: OpenConnections

    init(_ connections: OpenConnections) { self.connections = connections }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connections.note(context.channel) { $0.sent($1, at: .now) }
        context.fireChannelRead(data)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let takes = context.channel.isWritable
        connections.note(context.channel) { $0.takes($1, takes, at: .now) }
        context.fireChannelWritabilityChanged()
    }
}
