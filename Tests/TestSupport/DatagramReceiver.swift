import Foundation
import Glibc

/// A Unix datagram socket that a program sends to: a stand-in for a service manager.
public final class DatagramReceiver: Sendable {
    /// What `$NOTIFY_SOCKET` would be.
    public let name: String
    private let descriptor: Int32

    /// - Parameter name: a path that does not exist yet, or `@` and an abstract name.
    public init(_ name: String) throws {
        self.name = name
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var bytes = Array(name.utf8)
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 } else { bytes.append(0) }
        let address = withUnsafeBytes(of: sa_family_t(AF_UNIX)) { Array($0) } + bytes
        let result = address.withUnsafeBytes { bytes in
            bind(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
        guard result == 0 else {
            throw ScriptedServer.Failure(description: "cannot bind \(name): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// The next datagram's lines; empty if there is none now.
    public func receive() -> [String] {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        guard count > 0 else { return [] }
        return String(decoding: buffer.prefix(count), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// The lines of all datagrams that are there.
    public func receiveAll() -> [String] {
        var lines: [String] = []
        while true {
            let next = receive()
            if next.isEmpty { return lines }
            lines += next
        }
    }
}
