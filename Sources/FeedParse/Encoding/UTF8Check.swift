import FeedModel

/// How well bytes are UTF-8.
struct UTF8Check {
    /// Characters beyond ASCII.
    var multiByte = 0
    /// Bytes that belong to none.
    var invalid = 0
    /// C1 controls: Windows-1252 that was taken for ISO-8859-1 before it became UTF-8.
    var controls = 0

    var isValid: Bool { invalid == 0 }

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        var at = 0
        while at < bytes.count {
            at = bytes.asciiEnd(from: at)
            guard at < bytes.count else { return }
            let length = UTF8Check.sequence(bytes, at)
            if length > 0 {
                multiByte += 1
                if bytes[at] == 0xC2, bytes[at + 1] < 0xA0 { controls += 1 }
                at += length
            } else {
                invalid += 1
                at += 1
            }
        }
    }

    /// The length of the well-formed sequence that starts here, or 0 (Unicode, table 3-7).
    static func sequence(_ b: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int {
        func isTail(_ offset: Int) -> Bool { at + offset < b.count && b[at + offset] & 0xC0 == 0x80 }
        let first = b[at]
        switch first {
        case 0xC2...0xDF: return isTail(1) ? 2 : 0
        case 0xE0...0xEF:
            guard isTail(1), isTail(2) else { return 0 }
            if first == 0xE0 && b[at + 1] < 0xA0 || first == 0xED && b[at + 1] > 0x9F { return 0 }
            return 3
        case 0xF0...0xF4:
            guard isTail(1), isTail(2), isTail(3) else { return 0 }
            if first == 0xF0 && b[at + 1] < 0x90 || first == 0xF4 && b[at + 1] > 0x8F { return 0 }
            return 4
        default: return 0
        }
    }

    static func appendWindows1252(_ byte: UInt8, to out: inout [UInt8]) {
        let value = byte < 0xA0 ? CharacterReference.windows1252[Int(byte) - 0x80] : UInt32(byte)
        out.append(contentsOf: Character(Unicode.Scalar(value) ?? "\u{FFFD}").utf8)
    }

    /// UTF-8 in which C1 controls and stray bytes are read as Windows-1252 (pasted quotation marks), and the beginnings of
    /// cut sequences as U+FFFD.
    static func repaired(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + bytes.count / 8)
        var at = 0
        while at < bytes.count {
            let next = bytes.asciiEnd(from: at)
            out.append(contentsOf: bytes[at..<next])
            at = next
            guard at < bytes.count else { break }
            let length = sequence(bytes, at)
            if length == 2, bytes[at] == 0xC2, bytes[at + 1] < 0xA0 {
                appendWindows1252(bytes[at + 1], to: &out)
                at += 2
            } else if length > 0 {
                out.append(contentsOf: bytes[at..<at + length])
                at += length
            } else if bytes[at] >= 0xE0, at + 1 < bytes.count, bytes[at + 1] & 0xC0 == 0x80 {
                out.append(contentsOf: [0xEF, 0xBF, 0xBD])
                at += 2
                if at < bytes.count, bytes[at] & 0xC0 == 0x80 { at += 1 }
            } else {
                appendWindows1252(bytes[at], to: &out)
                at += 1
            }
        }
        return out
    }
}
