/// HTML's character references (HTML Standard, 13.2.5.72 and 13.5).
enum CharacterReference {
    /// `&#123;` or `&#x7B;` at the start of the bytes. Gives the character and how many bytes it took.
    ///
    /// Lenient: the semicolon may be missing, numbers 128 to 159 mean Windows-1252, and what is no
    /// character is U+FFFD. Strict: as XML has it, or nothing.
    static func numeric(_ bytes: [UInt8], strict: Bool) -> (Unicode.Scalar, Int)? {
        bytes.withUnsafeBufferPointer { numeric($0[...], strict: strict) }
    }

    static func numeric(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, strict: Bool) -> (Unicode.Scalar, Int)? {
        var at = bytes.startIndex + 2
        guard at < bytes.endIndex, bytes[at - 2] == UInt8(ascii: "&"), bytes[at - 1] == UInt8(ascii: "#") else {
            return nil
        }
        var isHex = false
        if bytes[at] | 0x20 == UInt8(ascii: "x") {
            isHex = true
            at += 1
        }
        var value: UInt32 = 0
        let digits = at
        while at < bytes.endIndex {
            let byte = bytes[at]
            let digit: UInt32
            switch byte {
            case 0x30...0x39: digit = UInt32(byte - 0x30)
            case 0x41...0x46 where isHex: digit = UInt32(byte - 0x41) + 10
            case 0x61...0x66 where isHex: digit = UInt32(byte - 0x61) + 10
            default: digit = .max
            }
            if digit == .max { break }
            value = min(value * (isHex ? 16 : 10) + digit, 0x11_0000)
            at += 1
        }
        guard at > digits else { return nil }
        if at < bytes.endIndex, bytes[at] == UInt8(ascii: ";") {
            at += 1
        } else if strict {
            return nil
        }
        let length = at - bytes.startIndex
        if strict {
            guard let scalar = Unicode.Scalar(value), isXMLCharacter(scalar) else { return nil }
            return (scalar, length)
        }
        if (0x80...0x9F).contains(value) {
            let mapped = windows1252[Int(value - 0x80)]
            return (Unicode.Scalar(mapped) ?? "\u{FFFD}", length)
        }
        guard let scalar = Unicode.Scalar(value), isXMLCharacter(scalar) else { return ("\u{FFFD}", length) }
        return (scalar, length)
    }

    private static func isXMLCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }

    /// What 0x80 to 0x9F are in Windows-1252.
    static let windows1252: [UInt32] = [
        0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,
        0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0x9D, 0x017E, 0x0178,
    ]

    /// By name without `&` and `;`.
    static func named(_ name: String) -> String? { table[name] }

    /// The longest of the names that HTML knows also without a semicolon, of those that the bytes begin with: its length.
    static func longestLegacyPrefix(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        var word: UInt64 = 0
        var longest: Int?
        for (index, byte) in bytes.prefix(6).enumerated() {
            word = word << 8 | UInt64(byte)
            if index > 0, legacyWords.contains(word) { longest = index + 1 }
        }
        return longest
    }

    /// Their bytes in one number.
    private static let legacyWords: Set<UInt64> = Set(
        NamedReferences.legacy.split(separator: " ").map { $0.utf8.reduce(0) { $0 << 8 | UInt64($1) } })

    private static let table: [String: String] = {
        var map: [String: String] = [:]
        map.reserveCapacity(2300)
        for entry in NamedReferences.text.split(separator: " ") {
            var parts = entry.split(separator: "=", maxSplits: 1)[...]
            guard parts.count == 2, let name = parts.popFirst(), let codes = parts.popFirst() else { continue }
            var text = ""
            for code in codes.split(separator: "+") {
                if let value = UInt32(code, radix: 36), let scalar = Unicode.Scalar(value) {
                    text.unicodeScalars.append(scalar)
                }
            }
            map[String(name)] = text
        }
        return map
    }()
}
