import FeedModel
import Foundation

/// Text in the form in which contents are compared: Unicode NFC, runs of white space (NBSP is white
/// space) folded to one space, or to one line end where the run holds one, zero-width characters and
/// soft hyphens dropped, ends trimmed.
enum CanonicalText {
    /// - Parameter keepsLines: a title is one line; a body keeps its paragraphs.
    static func of(_ text: String, keepsLines: Bool) -> String {
        var text = text
        // NFC after the folding, because a character that was dropped may have kept a mark from its letter.
        return normalized(text.withUTF8 { fold($0, keepsLines: keepsLines, dropsInvisible: true) })
    }

    /// White space folded, every other character as it is: how a plain text is kept and shown.
    static func folding(_ text: String, keepsLines: Bool) -> String {
        var text = text
        return text.withUTF8 { fold($0, keepsLines: keepsLines, dropsInvisible: false) }
    }

    private static func fold(
        _ bytes: UnsafeBufferPointer<UInt8>, keepsLines: Bool, dropsInvisible: Bool
    ) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count + 8) { out in
            var count = 0
            var sawSpace = false
            var sawLineEnd = false
            var index = 0
            while index < bytes.count {
                if !sawSpace && !sawLineEnd && count > 0 {
                    let copied = copyPlain(bytes, from: index, to: out, at: count)
                    index += copied
                    count += copied
                    if index == bytes.count { break }
                }
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
            return String(validUTF8: UnsafeBufferPointer(rebasing: out[..<count]))
        }
    }

    /// Copies ASCII words with one space between them, eight bytes at a time, as far as they go by eights. Ends behind a
    /// character, never behind a space. Returns how many bytes that was.
    private static func copyPlain(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to out: UnsafeMutableBufferPointer<UInt8>, at end: Int
    ) -> Int {
        guard let source = bytes.baseAddress.map(UnsafeRawPointer.init),
            let target = out.baseAddress.map(UnsafeMutableRawPointer.init)
        else { return 0 }
        var copied = 0
        while start + copied + 8 <= bytes.count {
            let word = UInt64(
                littleEndian: source.loadUnaligned(fromByteOffset: start + copied, as: UInt64.self))
            // The high bit of each byte: below 0x20, DEL or beyond ASCII; a space.
            let special = ((word &- 0x2020_2020_2020_2020) | (word &+ 0x0101_0101_0101_0101) | word) & highBits
            if special != 0 { break }
            let difference = word ^ 0x2020_2020_2020_2020
            let spaces = ~((difference | highBits) &- 0x0101_0101_0101_0101) & highBits
            if spaces & (spaces >> 8) != 0 { break }
            target.storeBytes(of: word.littleEndian, toByteOffset: end + copied, as: UInt64.self)
            // A space at the end is looked at again: another may follow.
            copied += spaces >> 63 == 0 ? 8 : 7
        }
        return copied
    }

    private static let highBits: UInt64 = 0x8080_8080_8080_8080

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

    // MARK: Unicode NFC

    /// Foundation does the work, for those short runs only that need it.
    static func normalized(_ text: String) -> String {
        var text = text
        let changed = text.withUTF8 { bytes -> [UInt8]? in
            var out: [UInt8] = []
            var copied = 0
            var at = 0
            // A mark composes with the character before it.
            var previous = 0
            while at < bytes.count {
                if bytes[at] < 0x80 {
                    previous = at
                    at += 1
                    continue
                }
                let (isStable, length) = stability(bytes, at)
                if isStable {
                    previous = at
                    at += length
                    continue
                }
                let start = max(previous, copied)
                at += length
                at = unstableEnd(bytes, at)
                out.append(contentsOf: bytes[copied..<start])
                let run = CombiningMarks.ordered(String(decoding: bytes[start..<at], as: UTF8.self))
                out.append(contentsOf: run.precomposedStringWithCanonicalMapping.utf8)
                copied = at
                previous = at
            }
            guard copied > 0 else { return nil }
            out.append(contentsOf: bytes[copied...])
            return out
        }
        return changed.map { $0.withUnsafeBufferPointer { String(validUTF8: $0) } } ?? text
    }

    /// How much stable text may stand between unstable characters of one run: a call of Foundation costs as much as
    /// some dozens of characters.
    private static let largestGap = 64
    /// Foundation's time grows with the square of the length. A longer run ends before a character that no other
    /// composes with, and one without any such character (a letter under thousands of marks) anywhere.
    private static let longRun = 1024
    private static let longestRun = 4096

    /// Where the run ends that goes on at `start`.
    private static func unstableEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        var end = start
        var at = start
        while at < bytes.count, at - end < largestGap {
            if at - start >= longRun, at - start >= longestRun || beginsAnew(bytes, at) { break }
            if bytes[at] < 0x80 {
                at += 1
                continue
            }
            let (isStable, length) = stability(bytes, at)
            at += length
            if !isStable { end = at }
        }
        return end
    }

    /// Whether the character never composes with the one before it: of starters, only some spacing marks and the inner
    /// parts of Hangul syllables do.
    private static func beginsAnew(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        let text = String(decoding: bytes[index..<min(index + 4, bytes.count)], as: UTF8.self)
        guard let scalar = text.unicodeScalars.first, !(0x1160..<0x1200).contains(scalar.value) else { return false }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: return false
        default: return true
        }
    }

    /// Whether the character is known to be its own NFC, a starter, and never to combine with the one before it;
    /// and its length. Blocks where a mark or a singleton hides are not.
    private static func stability(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> (Bool, Int) {
        let lead = bytes[index]
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard index + length <= bytes.count else { return (false, bytes.count - index) }
        var value = UInt32(lead) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
        for offset in 1..<length { value = value << 6 | UInt32(bytes[index + offset] & 0x3F) }
        switch value {
        case 0x80..<0x300, 0x400..<0x483, 0x48A..<0x530,  // Latin, Cyrillic
            0x375..<0x37E, 0x388..<0x400,  // Greek without its singletons
            0x531..<0x588, 0x5D0..<0x5EB, 0x620..<0x64B,  // Armenian, Hebrew and Arabic letters
            0x660..<0x670, 0x671..<0x6D6,
            0x10A0..<0x1100, 0x1E00..<0x1F00, 0x2002..<0x2060, 0x2070..<0x20D0,
            // Without the Ohm, Kelvin and Ångström signs and the angle brackets, which NFC replaces.
            0x2100..<0x2126, 0x2127..<0x212A, 0x212C..<0x2329, 0x232B..<0x2800,
            0x3000..<0x302A, 0x3041..<0x3097, 0x309B..<0x3100, 0x3400..<0x4DC0, 0x4E00..<0xA000,
            0xAC00..<0xD7A4, 0xFE0F, 0xFF01..<0xFFEF, 0x1F000..<0x1FB00:
            return (true, length)
        default:
            return (false, length)
        }
    }
}
