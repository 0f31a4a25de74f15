extension IPAddress {
    /// The IPv4 addresses that a packet to this IPv6 address may end up at, by mapping, translation or a tunnel;
    /// empty where there is no such thing.
    ///
    /// | form            | addresses                                | IPv4 in bits | by                |
    /// |-----------------|------------------------------------------|--------------|-------------------|
    /// | IPv4-mapped     | `::ffff:0:0/96`                          | 96           | RFC 4291, 2.5.5.2 |
    /// | IPv4-translated | `::ffff:0:0:0/96`                        | 96           | RFC 7915          |
    /// | IPv4-compatible | `::/96`, but for `::` and `::1`          | 96           | RFC 4291, 2.5.5.1 |
    /// | NAT64           | `64:ff9b::/96`                           | 96           | RFC 6052          |
    /// | NAT64, local    | `64:ff9b:1::/48`                         | see below    | RFC 8215          |
    /// | 6to4            | `2002::/16`                              | 16           | RFC 3056          |
    /// | Teredo          | `2001::/32`: its server                  | 32           | RFC 4380, 4       |
    /// |                 | and its client, each bit turned over     | 96           |                   |
    /// | ISATAP          | `0:5efe` or `200:5efe` before the IPv4   | 96           | RFC 5214, 6.1     |
    var embeddedIPv4: [IPAddress] {
        guard !isIPv4 else { return [] }
        var found: [IPAddress] = []
        switch value >> 32 {
        case 0xFFFF, 0xFFFF_0000, 0x64_FF9B << 64: found.append(v4(atBit: 96))
        case 0 where value > 1: found.append(v4(atBit: 96))
        default: break
        }
        if value >> 80 == 0x64_FF9B_0001 { found += localNAT64 }
        if value >> 112 == 0x2002 { found.append(v4(atBit: 16)) }
        if value >> 96 == 0x2001_0000 {
            found += [v4(atBit: 32), IPAddress(v4: ~UInt32(truncatingIfNeeded: value))]
        }
        // The bit says whether the IPv4 address is one of its own in the world, and says so often enough wrongly.
        if (value >> 32) & 0xFDFF_FFFF == 0x5EFE { found.append(v4(atBit: 96)) }
        return found
    }

    private func v4(atBit bit: Int) -> IPAddress {
        IPAddress(v4: UInt32(truncatingIfNeeded: value >> UInt128(96 - bit)))
    }

    /// A translator of its own (RFC 8215) may have a prefix of 48, 56, 64 or 96 bits (RFC 6052, 2.2), with nothing in
    /// bits 64 to 71, and what stands behind the IPv4 address is not looked at. Whichever it is here, it must not lead
    /// inside. A reading that gives `0.0.0.0/8` is none, unless all do.
    private var localNAT64: [IPAddress] {
        let withoutOctet = (value >> 64) << 56 | value & (1 << 56 - 1)
        let readings = [48, 56, 64].map { bit in
            IPAddress(v4: UInt32(truncatingIfNeeded: withoutOctet >> UInt128(88 - bit)))
        }
        let plausible = (readings + [v4(atBit: 96)]).filter { $0.value >> 24 != 0 }
        return plausible.isEmpty ? [IPAddress(v4: 0)] : plausible
    }
}
