import Glibc

/// An IPv4 or IPv6 address.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    public let isIPv4: Bool
    /// The address as a number, IPv4 in the lower 32 bits.
    let value: UInt128

    /// Four numbers with dots, or any spelling of IPv6 without brackets and zone.
    public init?(_ text: String) {
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            self.init(v4: UInt32(bigEndian: v4.s_addr))
            return
        }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        self.init(bytes: withUnsafeBytes(of: &v6) { Array($0) })
    }

    /// Four or sixteen bytes in network order; `nil` for any other number of them.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        isIPv4 = bytes.count == 4
        value = bytes.reduce(0) { $0 << 8 | UInt128($1) }
    }

    init(v4: UInt32) {
        isIPv4 = true
        value = UInt128(v4)
    }

    var bitCount: Int { isIPv4 ? 32 : 128 }

    /// Four or sixteen bytes in network order.
    public var bytes: [UInt8] {
        stride(from: bitCount - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt128($0)) }
    }

    public var description: String {
        if isIPv4 { return bytes.map(String.init).joined(separator: ".") }
        var address = in6_addr()
        withUnsafeMutableBytes(of: &address) { $0.copyBytes(from: bytes) }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The IPv4 addresses that a packet to this IPv6 address may end up at, by mapping or translation;
    /// empty where there is no such thing.
    var embeddedIPv4: [IPAddress] {
        func v4(_ bits: UInt128) -> IPAddress { IPAddress(v4: UInt32(truncatingIfNeeded: bits)) }
        guard !isIPv4 else { return [] }
        let prefix96 = value >> 32
        if prefix96 == 0xFFFF || prefix96 == 0x64_FF9B << 64 || (prefix96 == 0 && value > 1) {
            return [v4(value)]  // ::ffff:0:0/96 (RFC 4291, 2.5.5), 64:ff9b::/96 (RFC 6052), ::/96
        }
        if value >> 112 == 0x2002 { return [v4(value >> 80)] }  // 6to4, RFC 3056
        if value >> 80 == 0x64_FF9B_0001 {
            // Local NAT64 (RFC 8215) is used with prefixes of 96 bits as of 48: whichever it is here, it
            // must not lead inside.
            let asPrefix48 = (value >> 48 & 0xFFFF_0000) | (value >> 40 & 0xFFFF)
            let readings = [v4(value), v4(asPrefix48)].filter { $0.value != 0 }
            return readings.isEmpty ? [v4(0)] : readings
        }
        return []
    }
}

/// Addresses that begin with the same bits: `10.0.0.0/8`, `fd00::/8`, or one address alone.
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    public let first: IPAddress
    public let prefixLength: Int

    /// `nil` if the text is no address, or what follows `/` no number of bits that such an address has.
    /// Bits of the address beyond the prefix are ignored.
    public init?(_ cidr: String) {
        let parts = cidr.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let text = parts.first, let address = IPAddress(String(text)) else { return nil }
        var length = address.bitCount
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy(\.isASCIIDigit), let number = Int(parts[1]), (0...length).contains(number)
            else { return nil }
            length = number
        }
        first = address
        prefixLength = length
    }

    public func contains(_ address: IPAddress) -> Bool {
        guard address.isIPv4 == first.isIPv4 else { return false }
        // A shift by all bits gives 0 in Swift: a prefix of no bits contains everything.
        let shift = first.bitCount - prefixLength
        return address.value >> shift == first.value >> shift
    }

    public var description: String { "\(first)/\(prefixLength)" }
}

/// Which addresses may be connected to. What counts is the address after DNS, on every hop.
public enum AddressPolicy: Hashable, Sendable {
    /// No address that leads to this host or a network of its own (RFC 6890), but for these ranges.
    case publicOnly(except: [AddressRange])
    case any

    public func allows(_ address: IPAddress) -> Bool {
        guard case .publicOnly(let exceptions) = self else { return true }
        func isExcepted(_ address: IPAddress) -> Bool { exceptions.contains { $0.contains(address) } }
        if isExcepted(address) { return true }
        let embedded = address.embeddedIPv4
        if !embedded.isEmpty { return embedded.allSatisfy { isExcepted($0) || AddressPolicy.isPublic($0) } }
        return AddressPolicy.isPublic(address)
    }

    private static func isPublic(_ address: IPAddress) -> Bool {
        !(address.isIPv4 ? specialIPv4 : specialIPv6).contains { $0.contains(address) }
    }

    /// The IANA registry of special-purpose addresses (RFC 6890) and multicast.
    private static let specialIPv4 = [
        "0.0.0.0/8",  // this network
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",  // private, RFC 1918
        "100.64.0.0/10",  // shared by carriers, RFC 6598
        "127.0.0.0/8",  // loopback
        "169.254.0.0/16",  // link-local
        "192.0.0.0/24",  // protocol assignments
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",  // documentation
        "198.18.0.0/15",  // benchmarks
        "224.0.0.0/4",  // multicast
        "240.0.0.0/4",  // reserved, broadcast
    ].compactMap(AddressRange.init)

    private static let specialIPv6 = [
        "::/127",  // unspecified, loopback
        "100::/64",  // discard
        "2001::/23",  // protocol assignments, Teredo
        "2001:db8::/32", "3fff::/20",  // documentation
        "5f00::/16",  // segment routing
        "fc00::/7",  // unique local
        "fe80::/10", "fec0::/10",  // link-local, site-local
        "ff00::/8",  // multicast
    ].compactMap(AddressRange.init)
}
