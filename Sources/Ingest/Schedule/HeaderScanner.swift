import FeedModel

/// Walks through the value of a header field that is a list of tokens, quoted strings and separators
/// (RFC 9110, 5.6).
struct HeaderScanner {
    private var rest: Substring.UTF8View
    /// A quoted string began that does not end. No later one does, whose quote then is one that it escapes: each would
    /// be looked for to the end of the value.
    private var isUnclosed = false

    init(_ text: String) { rest = Substring(text).utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skipSpace() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
    }

    /// Whether the next byte was this one; it is passed then.
    mutating func skip(_ separator: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: separator) else { return false }
        rest.removeFirst()
        return true
    }

    /// Passes everything up to and with a separator that stands outside quotes.
    mutating func skipPast(_ separator: Unicode.Scalar) {
        while let byte = rest.first {
            if byte == UInt8(ascii: "\"") {
                if quotedString() == nil { rest.removeFirst() }
                continue
            }
            rest.removeFirst()
            if byte == UInt8(ascii: separator) { return }
        }
    }

    mutating func token() -> String? {
        let token = rest.prefix { $0.isASCIILetter || $0.isASCIIDigit || "!#$%&'*+-.^_`|~".utf8.contains($0) }
        guard !token.isEmpty else { return nil }
        rest = rest[token.endIndex...]
        return String(Substring(token))
    }

    /// Without its quotes and escapes; `nil` if none begins here or it does not end.
    mutating func quotedString() -> String? {
        guard rest.first == UInt8(ascii: "\""), !isUnclosed else { return nil }
        var value: [UInt8] = []
        var index = rest.index(after: rest.startIndex)
        while index < rest.endIndex {
            let byte = rest[index]
            rest.formIndex(after: &index)
            if byte == UInt8(ascii: "\"") {
                rest = rest[index...]
                return String(decoding: value, as: UTF8.self)
            }
            if byte == UInt8(ascii: "\\"), index < rest.endIndex {
                value.append(rest[index])
                rest.formIndex(after: &index)
            } else {
                value.append(byte)
            }
        }
        isUnclosed = true
        return nil
    }

    /// Everything up to a byte that ends it; `nil` if it does not come.
    mutating func text(upTo end: Unicode.Scalar) -> String? {
        guard let index = rest.firstIndex(of: UInt8(ascii: end)) else { return nil }
        defer { rest = rest[rest.index(after: index)...] }
        return String(Substring(rest[..<index]))
    }
}
