/// How texts are written in JSON (RFC 8259, 7).
enum JSONText {
    /// What is escaped beyond what JSON demands.
    enum Form {
        /// DEL alone: for what the archive keeps and compares.
        case kept
        /// All of `ControlCharacter`, so that what is printed is harmless wherever it is shown, and no reader of lines
        /// takes a character in a text for a line's end.
        case shown
    }

    /// Runs without anything to escape are copied as they are.
    static func append(_ text: UnsafeBufferPointer<UInt8>, _ form: Form, to out: inout [UInt8]) {
        escape(text, isWide: form == .shown, isJSON: false, to: &out)
    }

    /// JSON that is kept, as it is shown: beyond ASCII there is nothing but texts in it.
    static func append(keptJSON: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) {
        escape(keptJSON, isWide: true, isJSON: true, to: &out)
    }

    private static func escape(
        _ text: UnsafeBufferPointer<UInt8>, isWide: Bool, isJSON: Bool, to out: inout [UInt8]
    ) {
        var start = 0
        while start < text.count {
            let end = plainEnd(text, start, isWide: isWide, isJSON: isJSON)
            if end > start { out.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<end])) }
            guard end < text.count else { return }
            let byte = text[end]
            start = end + 1
            if byte < 0x80 {
                appendEscape(byte, isWide: isWide, to: &out)
            } else if let (value, length) = ControlCharacter.wide(in: text, at: end) {
                appendEscape(value, hexDigits: "0123456789abcdef", to: &out)
                start = end + length
            }
        }
    }

    private static func appendEscape(_ byte: UInt8, isWide: Bool, to out: inout [UInt8]) {
        let letter: UInt8
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): letter = byte
        case 0x0A: letter = UInt8(ascii: "n")
        case 0x0D: letter = UInt8(ascii: "r")
        case 0x09: letter = UInt8(ascii: "t")
        default:
            // What is kept has always had capital ones.
            let digits: StaticString = isWide ? "0123456789abcdef" : "0123456789ABCDEF"
            return appendEscape(UInt32(byte), hexDigits: digits, to: &out)
        }
        // Quotation marks and line ends are all over HTML: no array for each.
        out.append(UInt8(ascii: "\\"))
        out.append(letter)
    }

    private static func appendEscape(_ value: UInt32, hexDigits: StaticString, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\\"))
        out.append(UInt8(ascii: "u"))
        for shift in stride(from: 12, through: 0, by: -4) { out.append(hexDigits.utf8Start[Int(value >> shift & 15)]) }
    }

    // MARK: looking for what is escaped

    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Where the next character begins that is to be escaped.
    private static func plainEnd(
        _ text: UnsafeBufferPointer<UInt8>, _ start: Int, isWide: Bool, isJSON: Bool
    ) -> Int {
        guard let base = text.baseAddress.map({ UnsafeRawPointer($0) }) else { return start }
        var index = start
        while index + 8 <= text.count {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            var special = isJSON ? 0 : narrow(word)
            if isWide, word & highBits != 0 { special |= wideStarts(word) }
            // The lowest one is one in truth or nearly so; bytes above it may only seem to be.
            special &= highBits
            while special != 0 {
                let candidate = index + special.trailingZeroBitCount / 8
                if isSpecial(text, candidate, isWide: isWide, isJSON: isJSON) { return candidate }
                special &= special &- 1
            }
            index += 8
        }
        while index < text.count, !isSpecial(text, index, isWide: isWide, isJSON: isJSON) { index += 1 }
        return index
    }

    @inline(__always)
    private static func isSpecial(
        _ text: UnsafeBufferPointer<UInt8>, _ index: Int, isWide: Bool, isJSON: Bool
    ) -> Bool {
        switch text[index] {
        case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x7F: !isJSON
        case 0xC2, 0xD8, 0xE2: isWide && ControlCharacter.wide(in: text, at: index) != nil
        default: false
        }
    }

    /// The highest bit of a byte is set where it is below 0x20, `"`, `\` or 0x7F.
    private static func narrow(_ word: UInt64) -> UInt64 {
        let isControl = (word &- 0x2020_2020_2020_2020) & ~word
        return isControl | zeroBytes(word ^ 0x2222_2222_2222_2222) | zeroBytes(word ^ 0x5C5C_5C5C_5C5C_5C5C)
            | zeroBytes(word ^ 0x7F7F_7F7F_7F7F_7F7F)
    }

    /// The highest bit of a byte is set where the character that it begins may be one of `ControlCharacter.wide`: C2, E2,
    /// or D8 before 9C, since half of the letters of Arabic begin with D8.
    private static func wideStarts(_ word: UInt64) -> UInt64 {
        // What follows the last byte is not in the word.
        let next = zeroBytes((word >> 8) ^ 0x9C9C_9C9C_9C9C_9C9C) | 0x80 << 56
        // They differ in one bit.
        let c2e2 = zeroBytes((word | 0x2020_2020_2020_2020) ^ 0xE2E2_E2E2_E2E2_E2E2)
        return c2e2 | zeroBytes(word ^ 0xD8D8_D8D8_D8D8_D8D8) & next
    }

    /// The highest bit of a byte is set if it is the word's first zero byte; none is, if none is zero.
    private static func zeroBytes(_ word: UInt64) -> UInt64 { (word &- 0x0101_0101_0101_0101) & ~word }
}
