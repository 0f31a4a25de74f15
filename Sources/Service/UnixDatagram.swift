import CDispatch
import Glibc

/// Sends datagrams to one Unix socket of this machine, whoever listens there at the moment: the service manager, or the
/// journal.
public final class UnixDatagram: Sendable {
    private let descriptor: Int32
    /// As `sockaddr_un` has it (unix(7)).
    private let address: [UInt8]

    /// A receiver that takes nothing holds up its sender for so long at most.
    private static let patience = timeval(tv_sec: 1, tv_usec: 0)

    /// - Parameter name: a path, or `@` and a name in the abstract name space. `nil` for anything else, and where there
    ///   is no socket to be had.
    public init?(_ name: String) {
        var bytes = Array(name.utf8)
        guard bytes.count > 1, bytes.count <= ControlClient.longestSocketPath, !bytes.contains(0) else { return nil }
        switch bytes[0] {
        case UInt8(ascii: "/"): bytes.append(0)
        case UInt8(ascii: "@"): bytes[0] = 0
        default: return nil
        }
        address = withUnsafeBytes(of: sa_family_t(AF_UNIX)) { Array($0) } + bytes
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var patience = UnixDatagram.patience
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// - Returns: whether it was taken.
    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        address.withUnsafeBytes { address in
            guard let name = address.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            while true {
                let sent = sendto(
                    descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), name, socklen_t(address.count))
                if sent >= 0 { return true }
                if errno != EINTR { return false }
            }
        }
    }
}
