/// Which addresses may be connected to. What counts is the address after DNS, on every hop.
public enum AddressPolicy: Hashable, Sendable {
    /// No address that leads to this host, a network of its own or a cloud's inside (`SpecialAddresses`), but for these
    /// ranges.
    case publicOnly(except: [AddressRange])
    case any

    /// An IPv6 address that stands for IPv4 addresses is as good as those, and one that is excepted is not judged.
    public func allows(_ address: IPAddress) -> Bool {
        guard case .publicOnly(let exceptions) = self else { return true }
        func isExcepted(_ address: IPAddress) -> Bool { exceptions.contains { $0.contains(address) } }
        if isExcepted(address) { return true }
        return address.embeddedIPv4.allSatisfy { isExcepted($0) || !SpecialAddresses.refuses($0) }
            && !SpecialAddresses.refuses(address)
    }
}
