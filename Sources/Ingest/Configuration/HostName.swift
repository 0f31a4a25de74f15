import FeedModel
import Foundation

enum HostName {
    /// What is wrong with a name or an IPv4 address, to stand after "host"; `nil` if nothing is
    /// (RFC 1123, 2.1; underscores occur and harm nothing).
    static func problem(_ host: String) -> String? {
        if host.isEmpty { return "is empty" }
        for scalar in host.unicodeScalars where !isAllowed(scalar) {
            return "holds \(String(scalar).quoted)"
        }
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        // A closing dot is the root of the name system.
        if labels.dropLast(labels.count > 1 && labels.last?.isEmpty == true ? 1 : 0).contains(where: \.isEmpty) {
            return "has a dot too many"
        }
        // RFC 1035, 2.3.4. What is beyond ASCII is longer or shorter on the wire.
        if labels.contains(where: { $0.count > 63 && $0.allSatisfy { $0 < 0x80 } }) || host.utf8.count > 1000 {
            return "is too long"
        }
        return nil
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        if let byte = UInt8(exactly: scalar.value), byte < 0x80 {
            return byte.isASCIILetter || byte.isASCIIDigit || "-._".utf8.contains(byte)
        }
        // Which letters a name may hold is for IDNA to say (RFC 5892); marks and spaces it may not.
        return scalar.properties.isIDContinue || scalar.properties.generalCategory == .otherSymbol
    }

    /// As `problem(_:)`, for the host of a URL, where IPv6 stands in brackets (RFC 3986, 3.2.2).
    static func problem(ofURLHost host: String) -> String? {
        guard host.hasPrefix("["), host.hasSuffix("]") else { return problem(host) }
        return isIPv6(String(host.dropFirst().dropLast())) ? nil : "is no IPv6 address"
    }

    /// An address, as a URL has it, that leads nowhere beyond this machine or its private network.
    static func isOfThisNetwork(_ host: String) -> Bool {
        if host.lowercased() == "localhost" { return true }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        guard let address = IPAddress(isBracketed ? String(host.dropFirst().dropLast()) : host) else { return false }
        return !AddressPolicy.publicOnly(except: []).allows(address)
    }

    static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET6, text, &address) == 1
    }
}
