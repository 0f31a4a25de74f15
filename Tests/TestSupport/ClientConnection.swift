import Glibc

/// A connection of a client that does as a test tells it to, down to sending nothing at all.
public final class ClientConnection: Sendable {
    private let socket: Int32

    public init(port: Int, address: String = "127.0.0.1") throws {
        socket = try Sockets.connect(address: address, port: port)
    }

    deinit { close(socket) }

    public func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// What has come so far and was not read; nothing is waited for.
    public var received: String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(socket, &bytes, bytes.count, Int32(MSG_DONTWAIT | MSG_PEEK))
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }

    /// The other side has closed it, and all that came before has been read.
    public var isClosed: Bool {
        var byte: UInt8 = 0
        let count = recv(socket, &byte, 1, Int32(MSG_DONTWAIT | MSG_PEEK))
        return count == 0 || count < 0 && errno == ECONNRESET
    }
}
