import Foundation

/// Text as the full-text index sees it: words, and pairs of characters where a script puts no spaces between words.
///
/// SQLite's tokenizer finds words between spaces, folds case and takes the diacritics from Latin letters. What it cannot
/// do is done here, before indexing and alike before asking: runs of Chinese, Japanese, Thai, Lao, Khmer, Burmese and
/// their like become overlapping pairs, `天安门` → `天安 安门 门`, so that every part of a run is found, from one character
/// up; points of Arabic and Hebrew, soft hyphens and zero-width characters are dropped; full-width ASCII becomes ASCII.
/// Whoever asks the index without this program finds words and two-character words as they are written.
enum SearchText {
    /// Changes whenever `prepared` gives other words for a text; an index made with another is made anew.
    static let form = 1

    // MARK: indexing

    /// The text with spaces between the words that are to be indexed.
    static func prepared(_ text: String) -> String {
        if isPlain(text) { return text }
        var out = ""
        out.reserveCapacity(text.utf8.count * 2)
        // The last character of a run that goes on.
        var open: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            switch kind(scalar) {
            case .dropped: continue
            case .unspaced:
                if let open { out.unicodeScalars.append(open) }
                if open == nil { out.unicodeScalars.append(" ") }
                if open != nil {
                    out.unicodeScalars.append(scalar)
                    out.unicodeScalars.append(" ")
                }
                open = scalar
            case .other:
                if let last = open {
                    out.unicodeScalars.append(last)
                    out.unicodeScalars.append(" ")
                    open = nil
                }
                out.unicodeScalars.append(narrow(scalar))
            }
        }
        if let open { out.unicodeScalars.append(open) }
        return out
    }

    /// Every character of the scripts without spaces that a text holds, once: one alone is found by these, since the
    /// pairs that begin with it can be very many.
    static func characters(_ texts: String...) -> String {
        var seen: Set<Unicode.Scalar> = []
        var out = ""
        for text in texts where !isPlain(text) {
            for scalar in text.unicodeScalars where kind(scalar) == .unspaced && seen.insert(scalar).inserted {
                out.unicodeScalars.append(scalar)
                out.unicodeScalars.append(" ")
            }
        }
        return out
    }

    /// Whether a word of the index is one character of such a script.
    static func isCharacter(_ word: String) -> Bool {
        let scalars = word.unicodeScalars
        return scalars.count == 1 && scalars.first.map { kind($0) == .unspaced } ?? false
    }

    /// A text that is not known to be Unicode NFC, such as a title.
    static func prepared(composing text: String) -> String {
        isASCII(text) ? text : prepared(text.precomposedStringWithCanonicalMapping)
    }

    private static func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }

    /// Whether nothing in it can be of interest here: ASCII, Latin letters, Greek, Cyrillic, Armenian.
    private static func isPlain(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var previous: UInt8 = 0
            for byte in bytes {
                if byte >= 0xD6 && byte != 0xE2 { return false }
                // Soft hyphens; zero-width characters.
                if previous == 0xC2 && byte == 0xAD || previous == 0xE2 && byte <= 0x81 { return false }
                previous = byte
            }
            return true
        }
    }

    private enum Kind { case dropped, unspaced, other }

    private static func kind(_ scalar: Unicode.Scalar) -> Kind {
        switch scalar.value {
        case 0..<0xAD: .other
        case 0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0x2066...0x2069, 0xFEFF: .dropped
        // Points of Hebrew and Arabic, and Arabic's tatweel.
        case 0x591...0x5BD, 0x5BF, 0x5C1...0x5C2, 0x5C4...0x5C5, 0x5C7, 0x610...0x61A, 0x640, 0x64B...0x65F, 0x670,
            0x6D6...0x6DC, 0x6DF...0x6E4, 0x6E7...0x6E8, 0x6EA...0x6ED:
            .dropped
        case 0x700..<0xE00: .other
        // Thai, Lao.
        case 0xE01..<0xE3F, 0xE40..<0xE4F, 0xE50..<0xE5A, 0xE81..<0xEE0: .unspaced
        // Burmese, Khmer.
        case 0x1000..<0x104A, 0x1050..<0x10A0, 0x1780..<0x17D4, 0x17D7, 0x17DC..<0x17F0: .unspaced
        // Tai Le, New Tai Lue, Tai Tham, Javanese, Burmese again, Cham, Tai Viet.
        case 0x1950..<0x19DA, 0x1A20..<0x1AA0, 0x1B05..<0x1B5A, 0xA984..<0xA9C1, 0xA9E0..<0xAA5A, 0xAA60..<0xAA77,
            0xAA7A..<0xAADE:
            .unspaced
        // Kana, Bopomofo, Han. Without the middle dot and the double hyphen.
        case 0x3005...0x3007, 0x3041..<0x309B, 0x309D..<0x30A0, 0x30A1..<0x30FB, 0x30FC..<0x3130, 0x31A0..<0x31C0,
            0x31F0..<0x3200, 0x3400..<0x4DC0, 0x4E00..<0xA000, 0xF900..<0xFB00, 0xFF66..<0xFFA0,
            0x1B000..<0x1B170, 0x20000..<0x32400:
            .unspaced
        default: .other
        }
    }

    /// Full-width ASCII as ASCII.
    private static func narrow(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        guard (0xFF01...0xFF5E).contains(scalar.value) else { return scalar }
        return Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
    }

    // MARK: words

    /// A word of the index, and where it stands in the text.
    struct Token: Hashable {
        enum Kind: Hashable {
            case word
            /// Two neighbours of a run without spaces.
            case pair
            /// The last character of such a run; alone when it is the whole run.
            case end(isAlone: Bool)
        }

        /// As the index has it: lower case, Latin letters without diacritics.
        var text: String
        var range: Range<String.Index>
        var kind: Kind
        /// Where its first character ends.
        var firstEnd: String.Index
    }

    /// The words of a text as the index has them.
    static func tokens(_ text: String) -> [Token] {
        var tokens: [Token] = []
        let scalars = text.unicodeScalars
        var word = ""
        var wordStart = text.startIndex
        var wordEnd = text.startIndex
        var open: (scalar: Unicode.Scalar, range: Range<String.Index>, isFirst: Bool)?

        func endWord() {
            if word.isEmpty { return }
            let firstEnd = scalars.index(after: wordStart)
            tokens.append(Token(text: folded(word), range: wordStart..<wordEnd, kind: .word, firstEnd: firstEnd))
            word = ""
        }
        func endRun() {
            guard let last = open else { return }
            tokens.append(
                Token(
                    text: String(last.scalar), range: last.range, kind: .end(isAlone: last.isFirst),
                    firstEnd: last.range.upperBound))
            open = nil
        }
        var index = text.startIndex
        while index < text.endIndex {
            let scalar = scalars[index]
            let next = scalars.index(after: index)
            defer { index = next }
            switch kind(scalar) {
            case .dropped: continue
            case .unspaced:
                endWord()
                if let first = open {
                    tokens.append(
                        Token(
                            text: String(first.scalar) + String(scalar), range: first.range.lowerBound..<next,
                            kind: .pair, firstEnd: first.range.upperBound))
                }
                open = (scalar, index..<next, open == nil)
            case .other:
                endRun()
                let narrow = narrow(scalar)
                if isInWords(narrow) {
                    if word.isEmpty { wordStart = index }
                    word.unicodeScalars.append(narrow)
                    wordEnd = next
                } else {
                    endWord()
                }
            }
        }
        endWord()
        endRun()
        return tokens
    }

    /// As the index's tokenizer is told, but for characters of private use, which no query reaches.
    private static func isInWords(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return (0x61...0x7A).contains(scalar.value | 0x20) || (0x30...0x39).contains(scalar.value)
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber, .nonspacingMark, .spacingMark:
            return true
        default: return false
        }
    }

    /// Lower case, Latin letters without diacritics, Unicode NFC.
    static func folded(_ word: String) -> String {
        if let latin = foldedLatin(word) { return latin }
        let lower = word.lowercased()
        var out = ""
        var isLatin = false
        for scalar in lower.decomposedStringWithCanonicalMapping.unicodeScalars {
            if (0x300..<0x370).contains(scalar.value) {
                if isLatin { continue }
            } else {
                isLatin = scalar.value < 0x250
            }
            out.unicodeScalars.append(scalar)
        }
        return out.precomposedStringWithCanonicalMapping
    }

    /// A word of Latin letters with nothing to compose; `nil` for any other.
    private static func foldedLatin(_ word: String) -> String? {
        var word = word
        return word.withUTF8 { bytes in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count) { out -> String? in
                var index = 0
                var count = 0
                while index < bytes.count {
                    let byte = bytes[index]
                    if byte < 0x80 {
                        out[count] = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
                        index += 1
                    } else {
                        guard byte < 0xC8, index + 1 < bytes.count else { return nil }
                        let letter = latinLetters[Int(byte & 0x1F) << 6 | Int(bytes[index + 1] & 0x3F)]
                        if letter == 0 { return nil }
                        out[count] = letter
                        index += 2
                    }
                    count += 1
                }
                return String(decoding: UnsafeBufferPointer(rebasing: out[..<count]), as: UTF8.self)
            }
        }
    }

    /// U+00C0 to U+01FF, the letters that are an ASCII letter and diacritics: that letter. Else 0.
    private static let latinLetters: [UInt8] = (0..<0x200).map { value in
        guard value >= 0xC0, let scalar = Unicode.Scalar(UInt32(value)) else { return 0 }
        let parts = String(scalar).lowercased().decomposedStringWithCanonicalMapping.unicodeScalars
        guard let letter = parts.first, letter.isASCII, parts.count > 1 else { return 0 }
        return UInt8(letter.value)
    }
}
