import FeedModel

/// `&#146;` in XML is a C1 control; who writes it means the apostrophe that 146 is in Windows-1252.
enum Windows1252References {
    /// The bytes with such references replaced; nothing if there are none.
    static func mended(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        let scanner = ByteScanner(bytes)
        var out: [UInt8] = []
        var copied = 0
        var at = 0
        while let start = scanner.findStart("&#", from: at) {
            at = start + 2
            guard let length = controlLength(bytes, start),
                let (scalar, _) = CharacterReference.numeric(bytes[start...].prefix(8), strict: false)
            else { continue }
            out.append(contentsOf: bytes[copied..<start])
            out.append(contentsOf: Character(scalar).utf8)
            copied = start + length
            at = copied
        }
        guard copied > 0 else { return nil }
        out.append(contentsOf: bytes[copied...])
        return out
    }

    /// The length of `&#128;` to `&#159;`, `&#x80;` to `&#x9F;`, if one of them is here.
    private static func controlLength(_ b: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
        guard start + 5 < b.count, b[start + 5] == UInt8(ascii: ";") else { return nil }
        if b[start + 2] | 0x20 == UInt8(ascii: "x") {
            return (b[start + 3] == 0x38 || b[start + 3] == 0x39) && b[start + 4].isASCIIHexDigit ? 6 : nil
        }
        guard let value = DateParser.digits(b, start + 2, 3), (128...159).contains(value) else { return nil }
        return 6
    }
}
