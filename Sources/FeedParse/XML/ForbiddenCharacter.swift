/// Characters that XML 1.0 allows nowhere (2.2): most controls, U+FFFE and U+FFFF.
enum ForbiddenCharacter {
    private static let blockSize = 512

    /// The offset of the first one.
    static func first(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var at = 0
        while at < bytes.count {
            let end = min(at + blockSize, bytes.count)
            if isSuspect(UnsafeBufferPointer(rebasing: bytes[at..<end])), let found = first(in: bytes, at..<end) {
                return found
            }
            at = end
        }
        return nil
    }

    /// Without branches, so that the compiler makes vector code of it.
    private static func isSuspect(_ block: UnsafeBufferPointer<UInt8>) -> Bool {
        var suspect: UInt8 = 0
        for byte in block {
            let isControl: UInt8 = byte < 0x20 ? 1 : 0
            let isBlank: UInt8 = (byte == 0x09 ? 1 : 0) | (byte == 0x0A ? 1 : 0) | (byte == 0x0D ? 1 : 0)
            let mayBeginNoncharacter: UInt8 = byte == 0xEF ? 1 : 0
            suspect |= (isControl & ~isBlank) | mayBeginNoncharacter
        }
        return suspect != 0
    }

    private static func first(in bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int? {
        for at in range {
            switch bytes[at] {
            case 0x09, 0x0A, 0x0D: continue
            case 0..<0x20: return at
            case 0xEF where at + 2 < bytes.count && bytes[at + 1] == 0xBF && bytes[at + 2] >= 0xBE: return at
            default: continue
            }
        }
        return nil
    }
}
