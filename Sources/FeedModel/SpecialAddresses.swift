/// Addresses with a purpose of their own: IANA's two registries of special-purpose addresses, row by row
/// (https://www.iana.org/assignments/iana-ipv4-special-registry, iana-ipv6-special-registry; RFC 6890, RFC 8190), and
/// below them what is in neither and leads inside all the same.
///
/// The narrowest row that an address is in decides. Refused is what the registry does not call globally reachable, and
/// each service that the nearest of many hosts answers: that may be one of our own network. Forms that embed an IPv4
/// address are judged by that address (`embeddedIPv4`); their rows say so.
enum SpecialAddresses {
    struct Row: Sendable {
        let range: AddressRange
        let name: String
        let reference: String
        let isRefused: Bool

        fileprivate init(_ range: String, _ name: String, _ reference: String, refused: Bool = true) {
            guard let range = AddressRange(range) else { preconditionFailure("\(range) is no range of addresses") }
            self.range = range
            self.name = name
            self.reference = reference
            isRefused = refused
        }
    }

    static func refuses(_ address: IPAddress) -> Bool {
        (address.isIPv4 ? ipv4 : ipv6).filter { $0.range.contains(address) }
            .max { $0.range.prefixLength < $1.range.prefixLength }?.isRefused ?? false
    }

    static let ipv4: [Row] = [
        // The registry.
        Row("0.0.0.0/8", "This network", "RFC 791, 3.2"),
        Row("0.0.0.0/32", "This host on this network", "RFC 1122, 3.2.1.3"),
        Row("10.0.0.0/8", "Private use", "RFC 1918"),
        Row("100.64.0.0/10", "Shared address space", "RFC 6598"),
        Row("127.0.0.0/8", "Loopback", "RFC 1122, 3.2.1.3"),
        Row("169.254.0.0/16", "Link-local", "RFC 3927"),
        Row("172.16.0.0/12", "Private use", "RFC 1918"),
        Row("192.0.0.0/24", "IETF protocol assignments", "RFC 6890, 2.1"),
        Row("192.0.0.0/29", "IPv4 service continuity prefix", "RFC 7335"),
        Row("192.0.0.8/32", "IPv4 dummy address", "RFC 7600"),
        Row("192.0.0.9/32", "Port control protocol anycast", "RFC 7723"),
        Row("192.0.0.10/32", "Traversal using relays around NAT anycast", "RFC 8155"),
        Row("192.0.0.170/32", "NAT64/DNS64 discovery", "RFC 8880, RFC 7050, 2.2"),
        Row("192.0.0.171/32", "NAT64/DNS64 discovery", "RFC 8880, RFC 7050, 2.2"),
        Row("192.0.2.0/24", "Documentation (TEST-NET-1)", "RFC 5737"),
        Row("192.31.196.0/24", "AS112-v4", "RFC 7535"),
        Row("192.52.193.0/24", "Automatic multicast tunneling", "RFC 7450"),
        Row("192.88.99.0/24", "6to4 relay anycast, deprecated", "RFC 7526"),
        Row("192.88.99.2/32", "6a44 relay anycast", "RFC 6751"),
        Row("192.168.0.0/16", "Private use", "RFC 1918"),
        Row("192.175.48.0/24", "Direct delegation AS112 service", "RFC 7534"),
        Row("198.18.0.0/15", "Benchmarking", "RFC 2544"),
        Row("198.51.100.0/24", "Documentation (TEST-NET-2)", "RFC 5737"),
        Row("203.0.113.0/24", "Documentation (TEST-NET-3)", "RFC 5737"),
        Row("240.0.0.0/4", "Reserved", "RFC 1112, 4"),
        Row("255.255.255.255/32", "Limited broadcast", "RFC 8190, RFC 919, 7"),
        // Of another registry.
        Row("224.0.0.0/4", "Multicast", "RFC 5771"),
        // Clouds answer their guests here, with credentials among other things. Most of these are in a range above.
        Row("168.63.129.16/32", "Azure: host services", "Microsoft; in no registry"),
        Row("100.100.100.200/32", "Alibaba Cloud: metadata", "Alibaba; in 100.64.0.0/10"),
        Row("169.254.169.254/32", "AWS, Azure, GCP, Oracle and others: metadata", "in 169.254.0.0/16"),
        Row("169.254.170.2/32", "AWS: credentials of containers", "Amazon; in 169.254.0.0/16"),
        Row("169.254.170.23/32", "AWS: credentials of pods", "Amazon; in 169.254.0.0/16"),
        Row("169.254.0.23/32", "Tencent Cloud: metadata", "Tencent; in 169.254.0.0/16"),
        Row("169.254.42.42/32", "Scaleway: metadata", "Scaleway; in 169.254.0.0/16"),
        Row("192.0.0.192/32", "Oracle Cloud: metadata", "Oracle; in 192.0.0.0/24"),
    ]

    static let ipv6: [Row] = [
        // The registry.
        Row("::1/128", "Loopback", "RFC 4291"),
        Row("::/128", "Unspecified", "RFC 4291"),
        Row("::ffff:0:0/96", "IPv4-mapped: by its IPv4", "RFC 4291", refused: false),
        Row("64:ff9b::/96", "IPv4-IPv6 translation: by its IPv4", "RFC 6052", refused: false),
        Row("64:ff9b:1::/48", "IPv4-IPv6 translation, local: by its IPv4", "RFC 8215", refused: false),
        Row("100::/64", "Discard-only", "RFC 6666"),
        Row("100:0:0:1::/64", "Dummy prefix", "RFC 9780"),
        Row("2001::/23", "IETF protocol assignments", "RFC 2928"),
        Row("2001::/32", "Teredo", "RFC 4380, RFC 8190"),
        Row("2001:1::1/128", "Port control protocol anycast", "RFC 7723"),
        Row("2001:1::2/128", "Traversal using relays around NAT anycast", "RFC 8155"),
        Row("2001:1::3/128", "DNS-SD service registration protocol anycast", "RFC 9665"),
        Row("2001:2::/48", "Benchmarking", "RFC 5180, RFC erratum 1752"),
        Row("2001:3::/32", "Automatic multicast tunneling", "RFC 7450"),
        Row("2001:4:112::/48", "AS112-v6", "RFC 7535"),
        Row("2001:10::/28", "ORCHID, deprecated", "RFC 4843"),
        Row("2001:20::/28", "ORCHIDv2", "RFC 7343"),
        Row("2001:30::/28", "Drone remote ID protocol entity tags", "RFC 9374"),
        Row("2001:db8::/32", "Documentation", "RFC 3849"),
        Row("2002::/16", "6to4: by its IPv4", "RFC 3056", refused: false),
        Row("2620:4f:8000::/48", "Direct delegation AS112 service", "RFC 7534"),
        Row("3fff::/20", "Documentation", "RFC 9637"),
        Row("5f00::/16", "Segment routing (SRv6) SIDs", "RFC 9602"),
        Row("fc00::/7", "Unique local", "RFC 4193, RFC 8190"),
        Row("fe80::/10", "Link-local unicast", "RFC 4291"),
        // Of other registries, or of none any more.
        Row("::/96", "IPv4-compatible, deprecated: by its IPv4", "RFC 4291, 2.5.5.1", refused: false),
        Row("::ffff:0:0:0/96", "IPv4-translated: by its IPv4", "RFC 7915, RFC 2765", refused: false),
        Row("fec0::/10", "Site-local, deprecated", "RFC 3879"),
        Row("ff00::/8", "Multicast", "RFC 4291"),
        // The registry of IPv6 address space: what is not global unicast, multicast or above. Some use it inside.
        Row("::/8", "Reserved by IETF", "RFC 4291, RFC 3513"),
        Row("100::/8", "Reserved by IETF", "RFC 4291, RFC 3513"),
        Row("200::/7", "Reserved by IETF, once OSI", "RFC 4048"),
        Row("400::/6", "Reserved by IETF", "RFC 4291, RFC 3513"),
        Row("800::/5", "Reserved by IETF", "RFC 4291, RFC 3513"),
        Row("1000::/4", "Reserved by IETF", "RFC 4291, RFC 3513"),
        Row("4000::/3", "Reserved by IETF", "RFC 4291, RFC 3513"),
        Row("6000::/3", "Reserved by IETF", "RFC 4291, RFC 3513"),
        Row("8000::/3", "Reserved by IETF", "RFC 4291, RFC 3513"),
        Row("a000::/3", "Reserved by IETF", "RFC 4291, RFC 3513"),
        Row("c000::/3", "Reserved by IETF", "RFC 4291, RFC 3513"),
        Row("e000::/4", "Reserved by IETF", "RFC 4291, RFC 3513"),
        Row("f000::/5", "Reserved by IETF", "RFC 4291, RFC 3513"),
        Row("f800::/6", "Reserved by IETF", "RFC 4291, RFC 3513"),
        Row("fe00::/9", "Reserved by IETF", "RFC 4291, RFC 3513"),
        // Clouds answer their guests here; all of these are in a range above.
        Row("fd00:ec2::254/128", "AWS: metadata", "Amazon; in fc00::/7"),
        Row("fd00:ec2::23/128", "AWS: credentials of pods", "Amazon; in fc00::/7"),
        Row("fd20:ce::254/128", "GCP: metadata", "Google; in fc00::/7"),
        Row("fd00:42::42/128", "Scaleway: metadata", "Scaleway; in fc00::/7"),
        Row("fd00:a9fe:a9fe::1/128", "Akamai: metadata", "Akamai; in fc00::/7"),
        Row("fe80::a9fe:a9fe/128", "OpenStack: metadata", "OpenStack; in fe80::/10"),
    ]
}
