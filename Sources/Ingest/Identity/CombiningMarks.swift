/// Combining marks in their canonical order (Unicode, 3.11, D109), where very many follow each other.
///
/// Whoever normalises a text orders them; Foundation does it in a time that grows with the square of their number. In
/// order already they take no time, and the result is the same.
enum CombiningMarks {
    /// No letter of any language bears so many.
    private static let usual = 32

    static func ordered(_ text: String) -> String {
        guard hasMany(text) else { return text }
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(text.utf8.count / 2)
        for scalar in text.unicodeScalars { scalars += parts(scalar) }
        let classes = scalars.map(\.properties.canonicalCombiningClass.rawValue)
        var at = 0
        while at < scalars.count {
            let start = at
            while at < scalars.count, classes[at] > 0 { at += 1 }
            if at - start > usual { order(&scalars, classes, start..<at) }
            at += 1
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// Where more than the usual number follow each other, every so many scalars one of them is met.
    private static func hasMany(_ text: String) -> Bool {
        guard text.utf8.count > usual else { return false }
        var count = 0
        for scalar in text.unicodeScalars {
            count += 1
            if count % usual == 0, isMark(scalar) { return true }
        }
        return false
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.canonicalCombiningClass.rawValue > 0 || parts(scalar).count > 1
    }

    /// Characters that are short for two marks: of Tibetan vowel signs neither is known by their own class (Unicode, 3.11, D107).
    private static func parts(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        switch scalar.value {
        case 0x344: ["\u{308}", "\u{301}"]
        case 0xF73: ["\u{F71}", "\u{F72}"]
        case 0xF75: ["\u{F71}", "\u{F74}"]
        case 0xF81: ["\u{F71}", "\u{F80}"]
        default: [scalar]
        }
    }

    /// By class; those of one class stay in the order that they are in.
    private static func order(_ scalars: inout [Unicode.Scalar], _ classes: [UInt8], _ range: Range<Int>) {
        var places = [Int](repeating: 0, count: 257)
        for at in range { places[Int(classes[at]) + 1] += 1 }
        for index in 1..<places.count { places[index] += places[index - 1] }
        let marks = Array(scalars[range])
        for (offset, mark) in marks.enumerated() {
            let kind = Int(classes[range.lowerBound + offset])
            scalars[range.lowerBound + places[kind]] = mark
            places[kind] += 1
        }
    }
}
