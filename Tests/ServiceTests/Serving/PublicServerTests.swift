import Archive
import FeedFetch
import FeedModel
import Glibc
import Ingest
import Logging
import NIOCore
import TestSupport
import Testing

@testable import Service

/// Clients over real sockets.
@Suite struct PublicServerTests {
    private final class Lab: Sendable {
        let port: Int
        private let folder: TemporaryFolder
        private let task: Task<Void, any Error>

        init(connections: Int, isPassed: Bool) async throws {
            let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            folder = try TemporaryFolder()
            let time = ManualTime()
            let archive = try Archive.openForWriting(
                folder: folder.path,
                holder: ArchiveLock.Holder(pid: 1, started: time.now, version: "0", command: "test"))
            let subscriber = Subscriber(archive: archive, client: try HTTPClient(), time: time, logger: quiet)
            let (ports, ready) = AsyncStream<Int>.makeStream()
            let passed = isPassed ? try PassedSocket(listening: Listener.open()) : nil
            let server = PublicServer(
                address: ListenAddress(host: "127.0.0.1", port: 0), passed: passed, subscriber: subscriber,
                mostConnections: connections, logger: quiet
            ) { ready.yield($0) }
            task = Task { try await server.run() }
            var iterator = ports.makeAsyncIterator()
            port = await iterator.next() ?? 0
        }

        deinit { task.cancel() }

        func stop() { task.cancel() }

        func connect() throws -> ClientConnection { try ClientConnection(port: port) }
    }

    private enum Listener {
        static func open() throws -> Int32 {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let isBound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            try #require(isBound && listen(descriptor, 64) == 0)
            return descriptor
        }
    }

    private func until(_ condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !condition() {
            try #require(ContinuousClock.now < deadline)
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test("idle connections give way to new ones", arguments: [false, true])
    func idleConnectionsGiveWay(isPassed: Bool) async throws {
        let lab = try await Lab(connections: 8, isPassed: isPassed)
        let idle = try (0..<40).map { _ in try lab.connect() }
        try await until { idle.count { $0.isClosed } == 32 }
        let last = try lab.connect()
        last.send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
        try await until { last.received.hasPrefix("HTTP/1.1 503") }
        try await until { idle.count { $0.isClosed } == 33 }
    }

    @Test("a connection that comes while the server stops ends nothing but itself", arguments: [false, true])
    func connectionsAtTheEnd(isPassed: Bool) async throws {
        for _ in 0..<10 {
            let lab = try await Lab(connections: 64, isPassed: isPassed)
            var clients: [ClientConnection] = []
            for number in 0..<40 {
                if number == 20 { lab.stop() }
                // Sooner or later it is refused.
                if let client = try? lab.connect() { clients.append(client) }
            }
            try await until { clients.allSatisfy(\.isClosed) }
        }
    }

    @Test("a head that is too large ends its connection")
    func aLargeHead() async throws {
        let lab = try await Lab(connections: 8, isPassed: false)
        let client = try lab.connect()
        client.send("GET / HTTP/1.1\r\nHost: x\r\nX: " + String(repeating: "x", count: 70_000))
        try await until { client.received.hasPrefix("HTTP/1.1 400") }
    }

    @Test(
        "addresses that are counted together",
        arguments: [
            ("203.0.113.7", "203.0.113.7", true), ("203.0.113.7", "203.0.113.8", false),
            ("203.0.113.7", "::ffff:203.0.113.7", true), ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", true),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
        ])
    func sources(one: String, other: String, isSame: Bool) throws {
        func source(_ address: String) throws -> String? {
            OpenConnections.source(try SocketAddress(ipAddress: address, port: 1))
        }
        #expect(try source(one) != nil && (source(one) == source(other)) == isSame)
        for loopback in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] { #expect(try source(loopback) == nil) }
    }
}
