import Foundation

/// Text in the form in which contents are compared: Unicode NFC, runs of white space (NBSP is white
/// space) folded to one space, or to one line end where the run holds one, zero-width characters and
/// soft hyphens dropped, ends trimmed.
enum CanonicalText {
    /// - Parameter keepsLines: a title is one line; a body keeps its paragraphs.
    static func of(_ text: String, keepsLines: Bool) -> String {
        var text = text
        var folded = text.withUTF8 { fold($0, keepsLines: keepsLines, dropsInvisible: true) }
        // After the folding, because a character that was dropped may have kept a mark from its letter.
        let isNormal = folded.withUTF8 { !needsNormalization($0) }
        return isNormal ? folded : folded.precomposedStringWithCanonicalMapping
    }

    /// White space folded, every other character as it is: how a plain text is kept and shown.
    static func folding(_ text: String, keepsLines: Bool) -> String {
        var text = text
        return text.withUTF8 { fold($0, keepsLines: keepsLines, dropsInvisible: false) }
    }

    private static func fold(
        _ bytes: UnsafeBufferPointer<UInt8>, keepsLines: Bool, dropsInvisible: Bool
    ) -> String {
        String(unsafeUninitializedCapacity: bytes.count) { out in
            var count = 0
            var sawSpace = false
            var sawLineEnd = false
            var index = 0
            while index < bytes.count {
                let byte = bytes[index]
                let kind: Kind
                let length: Int
                if byte < 0x80 {
                    length = 1
                    kind =
                        switch byte {
                        case 0x20, 0x09: .space
                        case 0x0A...0x0D: .lineEnd
                        case 0..<0x20, 0x7F: .invisible
                        default: .other
                        }
                } else {
                    (kind, length) = classify(bytes, at: index)
                }
                switch kind {
                case .space: sawSpace = true
                case .lineEnd: sawLineEnd = true
                case .invisible where dropsInvisible: break
                case .other, .invisible:
                    if sawSpace || sawLineEnd {
                        // Never more bytes out than in: the run held at least one.
                        if count > 0 {
                            out[count] = sawLineEnd && keepsLines ? 0x0A : 0x20
                            count += 1
                        }
                        sawSpace = false
                        sawLineEnd = false
                    }
                    for offset in 0..<length { out[count + offset] = bytes[index + offset] }
                    count += length
                }
                index += length
            }
            return count
        }
    }

    private enum Kind { case space, lineEnd, invisible, other }

    /// Of a character beyond ASCII that begins at `index`; its length in bytes. The bytes are a String's, so valid.
    private static func classify(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> (Kind, Int) {
        let lead = bytes[index]
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard index + length <= bytes.count else { return (.other, bytes.count - index) }
        switch (lead, bytes[index + 1], length == 3 ? bytes[index + 2] : 0) {
        case (0xC2, 0xA0, _): return (.space, 2)  // NBSP
        case (0xC2, 0x85, _): return (.lineEnd, 2)  // NEL
        case (0xC2, 0xAD, _): return (.invisible, 2)  // soft hyphen
        case (0xE1, 0x9A, 0x80): return (.space, 3)  // ogham space
        case (0xE2, 0x80, 0x80...0x8A): return (.space, 3)  // en quad … hair space
        case (0xE2, 0x80, 0x8B...0x8F): return (.invisible, 3)  // zero width space, ZWNJ, ZWJ, LRM, RLM
        case (0xE2, 0x80, 0xA8...0xA9): return (.lineEnd, 3)  // line and paragraph separator
        case (0xE2, 0x80, 0xAA...0xAE): return (.invisible, 3)  // directional embeddings and overrides
        case (0xE2, 0x80, 0xAF): return (.space, 3)  // narrow NBSP
        case (0xE2, 0x81, 0x9F): return (.space, 3)  // mathematical space
        case (0xE2, 0x81, 0xA0...0xA4): return (.invisible, 3)  // word joiner and invisible operators
        case (0xE2, 0x81, 0xA6...0xA9): return (.invisible, 3)  // directional isolates
        case (0xE3, 0x80, 0x80): return (.space, 3)  // ideographic space
        case (0xEF, 0xBB, 0xBF): return (.invisible, 3)  // BOM
        default: return (.other, length)
        }
    }

    /// False only where every character is known to be its own NFC and never to combine with the one
    /// before it. Blocks where a mark or a singleton hides are left to the full normalisation.
    private static func needsNormalization(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = 0
        while index < bytes.count {
            let lead = bytes[index]
            if lead < 0x80 {
                index += 1
                continue
            }
            let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
            guard index + length <= bytes.count else { return true }
            var value = UInt32(lead) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
            for offset in 1..<length { value = value << 6 | UInt32(bytes[index + offset] & 0x3F) }
            switch value {
            case 0x80..<0x300, 0x400..<0x483, 0x48A..<0x530,  // Latin, Cyrillic
                0x375..<0x37E, 0x388..<0x400,  // Greek without its singletons
                0x531..<0x588, 0x5D0..<0x5EB, 0x620..<0x64B, 0x660..<0x6D6,  // Armenian, Hebrew and Arabic letters
                0x10A0..<0x1100, 0x2002..<0x2060, 0x20A0..<0x20C0, 0x2190..<0x2800,
                0x3000..<0x302A, 0x3041..<0x3097, 0x309B..<0x3100, 0x3400..<0x4DC0, 0x4E00..<0xA000,
                0xAC00..<0xD7A4, 0xFE0F, 0xFF01..<0xFFEF, 0x1F000..<0x1FB00:
                index += length
            default:
                return true
            }
        }
        return false
    }
}
