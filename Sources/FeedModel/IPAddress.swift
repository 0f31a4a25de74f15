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
