import Testing

@testable import FeedModel

@Suite struct SpecialAddressesTests {
    private static let rows = SpecialAddresses.ipv4 + SpecialAddresses.ipv6

    private static func isAllowed(_ text: String, except ranges: [String] = []) throws -> Bool {
        let exceptions = try ranges.map { try #require(AddressRange($0)) }
        return AddressPolicy.publicOnly(except: exceptions).allows(try #require(IPAddress(text)))
    }

    /// The last address of a range.
    private static func last(_ range: AddressRange) throws -> IPAddress {
        var bytes = range.first.bytes
        for bit in range.prefixLength..<(bytes.count * 8) { bytes[bit / 8] |= 0x80 >> UInt8(bit % 8) }
        return try #require(IPAddress(bytes: bytes))
    }

    @Test(arguments: [("::1", true), ("::2", false), ("64:ff9b::1", false), ("64:ff9a::1", true)])
    func theNarrowestRowDecides(_ text: String, _ isRefused: Bool) throws {
        let address = try #require(IPAddress(text))
        #expect(SpecialAddresses.refuses(address) == isRefused)
    }

    @Test func eachRowSaysWhatItIs() {
        for row in Self.rows {
            #expect(!row.name.isEmpty && !row.reference.isEmpty)
            #expect(row.range.first.bytes.count == (row.range.first.isIPv4 ? 4 : 16))
        }
        #expect(SpecialAddresses.ipv4.allSatisfy { $0.range.first.isIPv4 })
        #expect(!SpecialAddresses.ipv6.contains { $0.range.first.isIPv4 })
        #expect(Set(Self.rows.map(\.range)).count == Self.rows.count)
    }

    @Test func eachRangeIsRefusedFromItsFirstAddressToItsLast() throws {
        for row in Self.rows where row.isRefused {
            for address in [row.range.first, try Self.last(row.range)] {
                #expect(SpecialAddresses.refuses(address), "\(address) of \(row.name)")
                #expect(try !Self.isAllowed("\(address)"), "\(address) of \(row.name)")
                #expect(try Self.isAllowed("\(address)", except: ["\(row.range)"]))
            }
        }
    }

    /// Those of IPv4, wherever they are written.
    @Test(arguments: [
        "::ffff:%", "::ffff:0:%", "::%", "64:ff9b::%", "64:ff9b:1::%", "2a00:1::5efe:%", "2a00:1::200:5efe:%",
        "2a00:1:2:3:0:5efe:%",
    ]) func whatEmbedsAnIPv4AddressIsJudgedByIt(_ form: String) throws {
        for row in SpecialAddresses.ipv4 where row.isRefused {
            for address in [row.range.first, try Self.last(row.range)] {
                // `::` and `::1` are themselves.
                let text = form.replacing("%", with: "\(address)")
                #expect(try !Self.isAllowed(text), "\(text) of \(row.name)")
                if try #require(IPAddress(text)).bytes.dropLast(1).contains(where: { $0 != 0 }) {
                    #expect(try Self.isAllowed(text, except: ["\(row.range)"]), "\(text) of \(row.name)")
                }
            }
        }
        for address in ["1.1.1.1", "8.8.8.8", "93.184.216.34", "223.255.255.255"] {
            #expect(try Self.isAllowed(form.replacing("%", with: address)))
        }
    }

    @Test(arguments: [
        // 6to4.
        ("2002:7f00:1::1", false), ("2002:a9fe:a9fe::1", false), ("2002:a83f:8110::1", false),
        ("2002:808:808::1", true),
        // Local NAT64 with prefixes of 48, 56 and 64 bits, and what is not looked at behind them.
        ("64:ff9b:1:7f00:0:100::", false), ("64:ff9b:1:7f:0:1::", false), ("64:ff9b:1:0:7f:0:100:0", false),
        ("64:ff9b:1:7f00:0:100:808:808", false), ("64:ff9b:1:808:8:800::", true), ("64:ff9b:1::", false),
        // Teredo leads through a server and to a client that are not to be known: it is refused whole.
        ("2001:0:7f00:1::1", false), ("2001:0:808:808:0:0:80ff:fffe", false), ("2001:0:808:808:0:0:f7f7:f7f7", false),
        // ISATAP within a network of its own is refused for that.
        ("fe80::5efe:8.8.8.8", false), ("fd00::200:5efe:8.8.8.8", false),
        // Nearly one of the forms.
        ("2a00::1:5efe:7f00:1", true), ("2a00:ffff::7f00:1", true), ("64:ff9c::808:808", false),
        ("::1:0:808:808", false), ("::fffe:808:808", false),
        // Of what is assigned to nobody.
        ("200::1", false), ("1fff:ffff::1", false), ("4000::1", false), ("fdff::1", false), ("fe00::1", false),
        ("2000::1", true), ("2c0f:ffff::1", true), ("3ffe::1", true),
    ]) func formsAreToldApart(_ address: String, _ allowed: Bool) throws {
        #expect(try Self.isAllowed(address) == allowed)
    }

    @Test func teredoNamesItsServerAndItsClient() throws {
        let address = try #require(IPAddress("2001:0:4136:e378:8000:63bf:3fff:fdd2"))
        #expect(address.embeddedIPv4.map(\.description) == ["65.54.227.120", "192.0.2.45"])
    }

    @Test(arguments: [
        "168.63.129.16", "100.100.100.200", "169.254.169.254", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254",
        "::ffff:168.63.129.16", "64:ff9b::a83f:8110", "fe80::a9fe:a9fe",
    ]) func cloudsAreNotAskedForWhatTheyTellTheirGuests(_ address: String) throws {
        #expect(try !Self.isAllowed(address))
    }

    @Test(arguments: [
        ("10.0.0.0/8", "::ffff:0:10.1.1.1", true), ("10.0.0.0/8", "::ffff:0:192.168.0.1", false),
        ("10.0.0.0/8", "2002:a01:101::1", true), ("10.0.0.0/8", "2a00::5efe:10.1.1.1", true),
        ("10.0.0.0/8", "fe80::5efe:10.1.1.1", false), ("fe80::/10", "fe80::5efe:10.1.1.1", true),
        ("::ffff:0:0:0/96", "::ffff:0:127.0.0.1", true), ("::ffff:0:0:0/96", "127.0.0.1", false),
        ("168.63.129.16", "168.63.129.16", true), ("168.63.129.16", "168.63.129.17", true),
    ]) func anExceptionOpensWhatStandsForIt(_ range: String, _ address: String, _ allowed: Bool) throws {
        #expect(try Self.isAllowed(address, except: [range]) == allowed)
    }
}
