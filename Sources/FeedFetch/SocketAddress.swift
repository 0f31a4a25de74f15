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

    /// Whether a host, which is no `literal`, is meant to be an address all the same: in brackets, or with a number at
    /// its end (WHATWG URL, 3.5). Another program may well find one in it: with a zone, or beyond 32 bits.
    static func looksLiteral(_ host: String) -> Bool {
        if host.contains("[") || host.contains(":") { return true }
        guard let last = host.split(separator: ".").last else { return true }
        let digits = last.lowercased().hasPrefix("0x") ? last.dropFirst(2) : last
        return digits.utf8.allSatisfy { $0.isASCIIDigit || digits.count < last.count && $0.isASCIIHexDigit }
    }
}
