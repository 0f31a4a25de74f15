import FeedModel

/// A header field. The value is bytes, because what servers send is not always text, and validators go
/// back as they came (RFC 9110, 5.5).
public struct HTTPField: Sendable, Hashable, CustomStringConvertible {
    public var name: String
    /// Without surrounding white space.
    public var value: [UInt8]

    public init(name: String, value: [UInt8]) {
        self.name = name
        self.value = value
    }

    public init(_ name: String, _ value: String) {
        self.init(name: name, value: Array(value.utf8))
    }

    /// Field names have no case (RFC 9110, 5.1).
    public func isNamed(_ other: String) -> Bool {
        name.utf8.count == other.utf8.count
            && zip(name.utf8, other.utf8).allSatisfy { $0.asciiLowercased == $1.asciiLowercased }
    }

    /// Secrets are left out.
    public var description: String { isSecret ? "\(name): ***" : "\(name): \(String(decoding: value, as: UTF8.self))" }

    /// Fields that carry credentials in requests.
    var isSecret: Bool { isNamed("Authorization") || isNamed("Proxy-Authorization") || isNamed("Cookie") }

    /// A name is a token (RFC 9110, 5.6.2).
    var hasValidName: Bool {
        !name.isEmpty
            && name.utf8.allSatisfy {
                $0.isASCIILetter || $0.isASCIIDigit || "!#$%&'*+-.^_`|~".utf8.contains($0)
            }
    }

    /// UTF-8, else Latin-1: every byte is shown.
    static func text(_ bytes: [UInt8]) -> String {
        String(validating: bytes, as: UTF8.self) ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    /// Without white space at the ends, and with a space for each byte that could end a line or a C
    /// string (RFC 9110, 5.5: CR, LF and NUL are replaced).
    static func cleanValue(_ bytes: some BidirectionalCollection<UInt8>) -> [UInt8] {
        func isSpace(_ byte: UInt8) -> Bool {
            byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A || byte == 0
        }
        guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
        else { return [] }
        return bytes[first...last].map { $0 == 0x0D || $0 == 0x0A || $0 == 0 ? 0x20 : $0 }
    }
}

extension Sequence<HTTPField> {
    /// The values of a field in the order in which they came.
    public func values(of name: String) -> [[UInt8]] {
        compactMap { $0.isNamed(name) ? $0.value : nil }
    }

    /// The first value of a field.
    public func value(of name: String) -> [UInt8]? {
        first { $0.isNamed(name) }?.value
    }
}
