import FeedModel
import Testing

@Suite struct AddressPolicyTests {
    private func isAllowed(_ text: String, _ policy: AddressPolicy = .publicOnly(except: [])) throws -> Bool {
        policy.allows(try #require(IPAddress(text)))
    }

    @Test(
        "42: addresses that are not public are refused",
        arguments: [
            "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
            "127.200.3.4",
            "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1",
            "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
            "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:a0b:c0d", "::ffff:0.0.0.0", "64:ff9b::10.0.0.1",
            "64:ff9b::7f00:1", "64:ff9b:1::10.0.0.1", "64:ff9b:1:a00:0:100::", "64:ff9b:1::",
            "64:ff9b:1:a00:0:100:808:808",
            "2002:7f00:1::", "2002:a00:1::1", "2001:db8::1", "2001::1", "3fff::1", "100::1", "fc00::1", "fd00::13",
            "fe80::1",
            "febf::1", "fec0::1", "ff02::1", "5f00::1",
        ]) func isRefused(_ address: String) throws
    {
        #expect(try !isAllowed(address))
        #expect(try isAllowed(address, .any))
    }

    @Test(arguments: [
        "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
        "169.253.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1", "192.167.1.1", "198.17.0.1", "198.20.0.1",
        "223.255.255.255",
        "2606:4700::1111", "2a00::1", "::ffff:1.1.1.1", "64:ff9b::8.8.8.8", "64:ff9b:1::8.8.8.8",
        "64:ff9b:1:808:8:800::",
        "2002:808:808::1", "2001:4860::8888",
    ]) func isPublic(_ address: String) throws {
        #expect(try isAllowed(address))
    }

    @Test(
        "43: a list of ranges opens those alone",
        arguments: [
            ("10.0.0.0/8", "10.9.9.9", true), ("10.0.0.0/8", "192.168.0.1", false), ("127.0.0.5/32", "127.0.0.5", true),
            ("127.0.0.5", "127.0.0.5", true), ("127.0.0.5", "127.0.0.6", false), ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "fe80::1", false), ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("10.0.0.0/8", "64:ff9b::10.1.1.1", true),
            ("0.0.0.0/0", "127.0.0.1", true), ("0.0.0.0/0", "::1", false), ("::/0", "::1", true),
            ("::ffff:0:0/96", "::ffff:10.1.1.1", true), ("::ffff:0:0/96", "10.1.1.1", false),
        ]) func aRangeOpensItsAddressesAlone(_ range: String, _ address: String, _ allowed: Bool) throws
    {
        let policy = AddressPolicy.publicOnly(except: [try #require(AddressRange(range))])
        #expect(try isAllowed(address, policy) == allowed)
    }

    @Test(arguments: [
        "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0/8", "10.0.0.0/8/8", "::/129", "x",
        "[::1]",
        "10.0.0.0/ 8", "10.0.0.0/99999999999999999999",
    ]) func isNoRange(_ text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test(arguments: ["1.2.3.4", "::", "::1", "2001:db8::1", "fe80::1", "255.255.255.255"])
    func descriptionIsTheAddress(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == text)
        #expect(IPAddress(bytes: address.bytes) == address)
    }
}
