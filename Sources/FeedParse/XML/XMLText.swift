import Glibc

/// The character data of XML, decoded in place: what it stands for is never longer than it is.
enum XMLText {
    enum Failure: Error {
        /// `&` that begins no reference.
        case bareAmpersand
        /// A name that XML does not know by itself.
        case undeclaredEntity
        /// A reference to what is no character.
        case noCharacter
        /// `]]>` outside a section (XML 1.0, 2.4).
        case sectionEnd

        var message: String {
            switch self {
            case .bareAmpersand: "a bare `&`"
            case .undeclaredEntity: "an entity that is not declared"
            case .noCharacter: "a character reference to no character"
            case .sectionEnd: "`]]>` outside a CDATA section"
            }
        }
    }

    /// References resolved, line ends as LF (XML 1.0, 2.11). Returns the length.
    static func decode(_ text: UnsafeMutableBufferPointer<UInt8>, hasCR: Bool) -> Result<Int, Failure> {
        guard let base = text.baseAddress, text.count > 0 else { return .success(0) }
        var scanner = ByteScanner(UnsafeBufferPointer(text))
        if scanner.findEnd("]]>", from: 0) != nil { return .failure(.sectionEnd) }
        guard let first = memchr(base, CInt(UInt8(ascii: "&")), text.count) else {
            return .success(hasCR ? normalize(text) : text.count)
        }
        let end = base + text.count
        var from = base + (UnsafeRawPointer(first) - UnsafeRawPointer(base))
        var to = from
        if hasCR {
            to = base + normalize(UnsafeMutableBufferPointer(rebasing: text[..<(from - base)]))
        }
        while from < end {
            if from.pointee == UInt8(ascii: "&") {
                switch reference(from, end, to) {
                case .failure(let failure): return .failure(failure)
                case .success(let (taken, written)):
                    from += taken
                    to += written
                }
            } else {
                let run = run(from, end, to)
                if hasCR {
                    to += normalize(UnsafeMutableBufferPointer(start: to, count: run))
                } else {
                    to += run
                }
                from += run
            }
        }
        return .success(to - base)
    }

    /// A section: nothing but line ends. Returns the length.
    static func normalize(_ text: UnsafeMutableBufferPointer<UInt8>) -> Int {
        guard let base = text.baseAddress, text.count > 0,
            let first = memchr(base, 0x0D, text.count)
        else { return text.count }
        let end = base + text.count
        var from = base + (UnsafeRawPointer(first) - UnsafeRawPointer(base))
        var to = from
        while from < end {
            let byte = from.pointee
            from += 1
            if byte == 0x0D {
                if from < end, from.pointee == 0x0A { from += 1 }
                to.pointee = 0x0A
            } else {
                to.pointee = byte
            }
            to += 1
        }
        return to - base
    }

    /// Moves what comes before the next `&` to `to`, eight bytes at a time. Returns how many bytes that was.
    @inline(__always)
    private static func run(
        _ from: UnsafeMutablePointer<UInt8>, _ end: UnsafeMutablePointer<UInt8>, _ to: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var at = 0
        let count = end - from
        let source = UnsafeMutableRawPointer(from)
        let target = UnsafeMutableRawPointer(to)
        while at + 8 <= count {
            let word = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            // The lowest byte that equals `&` has its high bit set (higher ones may have it wrongly).
            let difference = word ^ 0x2626_2626_2626_2626
            let hits = (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
            guard hits == 0 else {
                // Byte by byte: a whole word would overwrite what is not read yet.
                let length = hits.trailingZeroBitCount / 8
                for offset in at..<at + length { to[offset] = from[offset] }
                return at + length
            }
            target.storeBytes(of: word.littleEndian, toByteOffset: at, as: UInt64.self)
            at += 8
        }
        while at < count, from[at] != UInt8(ascii: "&") {
            to[at] = from[at]
            at += 1
        }
        return at
    }

    /// How many bytes the reference takes, and how many were written for it.
    private static func reference(
        _ from: UnsafeMutablePointer<UInt8>, _ end: UnsafeMutablePointer<UInt8>, _ to: UnsafeMutablePointer<UInt8>
    ) -> Result<(Int, Int), Failure> {
        let count = end - from
        func matches(_ word: StaticString) -> Bool {
            count > word.utf8CodeUnitCount && memcmp(from + 1, word.utf8Start, word.utf8CodeUnitCount) == 0
        }
        guard count > 3 else { return .failure(.bareAmpersand) }
        switch from[1] {
        case UInt8(ascii: "l") where matches("lt;"):
            to.pointee = UInt8(ascii: "<")
            return .success((4, 1))
        case UInt8(ascii: "g") where matches("gt;"):
            to.pointee = UInt8(ascii: ">")
            return .success((4, 1))
        case UInt8(ascii: "a") where matches("amp;"):
            to.pointee = UInt8(ascii: "&")
            return .success((5, 1))
        case UInt8(ascii: "q") where matches("quot;"):
            to.pointee = UInt8(ascii: "\"")
            return .success((6, 1))
        case UInt8(ascii: "a") where matches("apos;"):
            to.pointee = UInt8(ascii: "'")
            return .success((6, 1))
        case UInt8(ascii: "#"):
            return number(from, count, to)
        default:
            var length = 1
            while length < count, XMLMender.isNameByte(from[length]) { length += 1 }
            let isName = length > 1 && length < count && from[length] == UInt8(ascii: ";")
            return .failure(isName ? .undeclaredEntity : .bareAmpersand)
        }
    }

    /// `&#38;`, `&#x26;` (XML 1.0, 4.1).
    private static func number(
        _ from: UnsafeMutablePointer<UInt8>, _ count: Int, _ to: UnsafeMutablePointer<UInt8>
    ) -> Result<(Int, Int), Failure> {
        let window = UnsafeBufferPointer(start: from, count: min(count, 16))
        guard let (scalar, length) = CharacterReference.numeric(window[...], strict: true) else {
            return .failure(.noCharacter)
        }
        var value = scalar.value
        // Who writes `&#146;` means the apostrophe that 146 is in Windows-1252.
        if (0x80..<0xA0).contains(value) { value = CharacterReference.windows1252[Int(value) - 0x80] }
        var written = 0
        for byte in Character(Unicode.Scalar(value) ?? scalar).utf8 {
            to[written] = byte
            written += 1
        }
        return .success((length, written))
    }
}
