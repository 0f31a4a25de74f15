import FeedModel

/// What stands between the quotation marks of a JSON string.
enum JSONString {
    /// NUL is no character of any text (databases and C libraries would take it for the text's end), half a pair of
    /// surrogates none either: both become U+FFFD.
    static func decoded(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var at = 0
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            if byte != UInt8(ascii: "\\") {
                append(byte, to: &out)
            } else if at < bytes.count {
                at = escape(bytes, at, to: &out)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The escape whose letter is at `start`. Returns where it ends.
    private static func escape(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, to out: inout [UInt8]) -> Int {
        var at = start + 1
        switch bytes[start] {
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "b"), UInt8(ascii: "f"): out.append(0x20)
        case UInt8(ascii: "u"):
            guard let first = hexadecimal(bytes, at) else { return at }
            at += 4
            var scalar = Unicode.Scalar(UInt32(first))
            if UTF16.isLeadSurrogate(first), at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"),
                bytes[at + 1] == UInt8(ascii: "u")
            {
                at += 2
                if let second = hexadecimal(bytes, at) {
                    at += 4
                    if UTF16.isTrailSurrogate(second) {
                        scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
                    }
                }
            }
            if scalar == "\0" { scalar = nil }
            out.append(contentsOf: Character(scalar ?? "\u{FFFD}").utf8)
        default: append(bytes[start], to: &out)
        }
        return at
    }

    private static func append(_ byte: UInt8, to out: inout [UInt8]) {
        if byte == 0 { out.append(contentsOf: "\u{FFFD}".utf8) } else { out.append(byte) }
    }

    /// Four digits.
    static func hexadecimal(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> UInt16? {
        guard start + 4 <= bytes.count else { return nil }
        var value: UInt16 = 0
        for byte in bytes[start..<start + 4] {
            guard byte.isASCIIHexDigit else { return nil }
            value = value << 4 | UInt16(byte.isASCIIDigit ? byte & 0xF : (byte & 0xF) + 9)
        }
        return value
    }
}
