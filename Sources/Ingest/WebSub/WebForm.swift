import FeedModel

/// `application/x-www-form-urlencoded`, as bodies and queries have it (WHATWG URL, 5).
enum WebForm {
    static func encode(_ fields: KeyValuePairs<String, String>) -> [UInt8] {
        var out: [UInt8] = []
        for (name, value) in fields {
            if !out.isEmpty { out.append(UInt8(ascii: "&")) }
            append(name, to: &out)
            out.append(UInt8(ascii: "="))
            append(value, to: &out)
        }
        return out
    }

    private static func append(_ text: String, to out: inout [UInt8]) {
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            if byte.isASCIILetter || byte.isASCIIDigit || "-._*".utf8.contains(byte) {
                out.append(byte)
            } else {
                out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }

    /// The first value of each name.
    static func decode(_ text: String) -> [String: String] {
        let pairs = text.utf8.split(separator: UInt8(ascii: "&")).map { pair in
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            return (decoded(pair[..<equals]), decoded(pair[equals...].dropFirst()))
        }
        return Dictionary(pairs) { first, _ in first }
    }

    private static func decoded(_ bytes: Substring.UTF8View) -> String {
        var out: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2, rest.prefix(2).allSatisfy(\.isASCIIHexDigit),
                let value = UInt8(Substring(rest.prefix(2)), radix: 16)
            {
                out.append(value)
                rest = rest.dropFirst(2)
            } else {
                out.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
