import Foundation
import Glibc
import Synchronization

/// A local HTTP/1.1 server that answers as a test tells it to and records what it is asked.
///
///     let server = try ScriptedServer()
///     server.on("/feed.xml", .ok(feed, ("ETag", "\"1\"")), .status(304))   // the last answer repeats
///     ... poll server.url("/feed.xml") ...
///     #expect(server.requests("/feed.xml")[1].value("If-None-Match") == "\"1\"")
///
/// What is not scripted is a 404. Several servers are several hosts if they have several addresses: all of
/// 127.0.0.0/8 is there. A connection has a thread of its own, which blocks; the server stops when it is
/// released.
public final class ScriptedServer: Sendable {
    public typealias Handler = @Sendable (ScriptedRequest) -> ScriptedAnswer

    public let address: String
    public let port: Int
    private let core: Core

    public struct Failure: Error, CustomStringConvertible {
        public var description: String

        public init(description: String) { self.description = description }
    }

    /// Listens on a port of the system's choice, unless one is given.
    public convenience init(address: String = "127.0.0.1", port: Int = 0) throws {
        let (listener, port) = try Sockets.listen(address: address, port: port)
        self.init(address: address, port: port, listener: listener)
    }

    /// Listens at the path of a Unix domain socket.
    public convenience init(unixSocketPath path: String) throws {
        self.init(address: "localhost", port: 80, listener: try Sockets.listen(path: path))
    }

    private init(address: String, port: Int, listener: Int32) {
        self.address = address
        self.port = port
        core = Core(listener: listener)
        let core = core
        Thread.detachNewThread { core.acceptConnections() }
    }

    deinit { core.stop() }

    /// Closes the listener and all connections.
    public func stop() { core.stop() }

    public var host: String { address.contains(":") ? "[\(address)]" : address }

    /// `http://address:port` and this target.
    public func url(_ target: String = "/feed.xml") -> String { "http://\(host):\(port)\(target)" }

    /// Answers the target with these in turn; the last one repeats.
    public func on(_ target: String, _ answers: ScriptedAnswer...) {
        on(target) { request in answers.isEmpty ? .status(404) : answers[min(request.previous, answers.count - 1)] }
    }

    /// Answers the target by a function. It runs on the connection's thread.
    public func on(_ target: String, handler: @escaping Handler) {
        core.state.withLock { $0.handlers[target] = handler }
    }

    /// Answers whatever has no script of its own.
    public func otherwise(handler: @escaping Handler) {
        core.state.withLock { $0.fallback = handler }
    }

    /// All requests so far, in the order in which they came.
    public var requests: [ScriptedRequest] { core.state.withLock(\.requests) }

    public func requests(_ target: String) -> [ScriptedRequest] { requests.filter { $0.target == target } }

    /// How many connections were accepted so far.
    public var connectionCount: Int { core.state.withLock(\.connectionCount) }

    /// How many connections are open.
    public var openConnectionCount: Int { core.state.withLock(\.open.count) }
}

/// What the threads of a server share.
private final class Core: Sendable {
    struct State {
        var handlers: [String: ScriptedServer.Handler] = [:]
        var fallback: ScriptedServer.Handler = { _ in .status(404, "no such thing") }
        var requests: [ScriptedRequest] = []
        var counts: [String: Int] = [:]
        var connectionCount = 0
        /// Sockets of connections; each is closed by its own thread, and only shut down by others.
        var open: Set<Int32> = []
        var isStopped = false
    }

    let state = Mutex(State())
    private let listener: Int32

    init(listener: Int32) { self.listener = listener }

    func stop() {
        state.withLock { state in
            if state.isStopped { return }
            state.isStopped = true
            // Wakes the threads that block in accept and recv; they close their sockets.
            shutdown(listener, Int32(SHUT_RDWR))
            for socket in state.open { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    func acceptConnections() {
        while true {
            let socket = accept(listener, nil, nil)
            if socket < 0 {
                if errno == EINTR || errno == ECONNABORTED { continue }
                break
            }
            let number: Int? = state.withLock { state in
                if state.isStopped { return nil }
                state.open.insert(socket)
                state.connectionCount += 1
                return state.connectionCount
            }
            guard let number else {
                close(socket)
                break
            }
            let thread = Thread { self.serve(Connection(socket: socket, number: number)) }
            thread.stackSize = 512 << 10
            thread.start()
        }
        close(listener)
    }

    private func serve(_ connection: Connection) {
        while let request = connection.readRequest() {
            let (recorded, handler) = state.withLock { state in
                var request = request
                request.previous = state.counts[request.target, default: 0]
                state.counts[request.target, default: 0] += 1
                state.requests.append(request)
                return (request, state.handlers[request.target] ?? state.fallback)
            }
            guard connection.send(handler(recorded), to: recorded) else { break }
        }
        state.withLock { _ = $0.open.remove(connection.socket) }
        close(connection.socket)
    }
}
