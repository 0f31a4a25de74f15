import CCurl
import FeedModel
import Glibc

/// Addresses as the system has them.
enum SocketAddress {
    /// `nil` if it is neither IPv4 nor IPv6.
    static func ip(_ address: UnsafePointer<sockaddr>, length: Int) -> IPAddress? {
        let raw = UnsafeRawBufferPointer(start: address, count: length)
        switch Int32(address.pointee.sa_family) {
        case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
            return IPAddress(bytes: raw[4..<8])  // after sin_family and sin_port
        case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
            return IPAddress(bytes: raw[8..<24])  // after sin6_family, sin6_port and sin6_flowinfo
        default:
            return nil
        }
    }

    static func openSocket(_ address: curl_sockaddr) -> curl_socket_t {
        socket(address.family, address.socktype | Int32(SOCK_CLOEXEC.rawValue), address.protocol)
    }

    /// The address that a host is a spelling of, without asking anyone.
    static func literal(_ host: String) -> IPAddress? {
        if let ip = IPAddress(host.trimmingBrackets) { return ip }
        if host == "localhost" || host.hasSuffix(".localhost") { return IPAddress("127.0.0.1") }  // RFC 6761, 6.3
        var address = in_addr()
        guard inet_aton(host, &address) != 0 else { return nil }
        return withUnsafeBytes(of: &address) { IPAddress(bytes: $0) }
    }
}
