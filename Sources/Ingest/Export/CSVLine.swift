import FeedModel

/// One record of CSV (RFC 4180), ended by CRLF.
public enum CSVLine {
    /// Nothing and "" are both empty.
    ///
    /// Control characters but tabs and line ends are left out, and what turns the direction of a text around. The line
    /// and paragraph ends of Unicode are spaces.
    ///
    /// - Parameter isVerbatim: these two stay, and cells begin as they are. Otherwise one that a spreadsheet would take for
    ///   a formula, which anybody who writes a feed could put there, has an apostrophe before it.
    public static func of(_ fields: some Sequence<String?>, isVerbatim: Bool) -> [UInt8] {
        var out: [UInt8] = []
        var isFirst = true
        for field in fields {
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            if let field { append(field, isVerbatim: isVerbatim, to: &out) }
        }
        out.append(contentsOf: "\r\n".utf8)
        return out
    }

    private static func append(_ field: String, isVerbatim: Bool, to out: inout [UInt8]) {
        let field = kept(field, isVerbatim: isVerbatim)
        let isQuoted = field.utf8.contains {
            $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D
        }
        if isQuoted { out.append(UInt8(ascii: "\"")) }
        if !isVerbatim, let first = field.unicodeScalars.first, beginsFormula(first) { out.append(UInt8(ascii: "'")) }
        for byte in field.utf8 {
            if byte == UInt8(ascii: "\"") { out.append(byte) }
            out.append(byte)
        }
        if isQuoted { out.append(UInt8(ascii: "\"")) }
    }

    /// CSV has no way to escape a character: what would act on a terminal is left out, but for tabs and line ends.
    private static func kept(_ field: String, isVerbatim: Bool) -> String {
        func kept(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
            switch scalar.value {
            case 0x09, 0x0A, 0x0D: scalar
            case 0x2028, 0x2029: isVerbatim ? scalar : " "
            case let value where ControlCharacter.isControl(value): nil
            case let value where ControlCharacter.isDirection(value): isVerbatim ? scalar : nil
            default: scalar
            }
        }
        // Beyond ASCII they begin with these bytes.
        let mayHold = field.utf8.contains { byte in
            byte < 0x80 && kept(Unicode.Scalar(byte)) == nil || byte == 0xC2 || byte == 0xD8 || byte == 0xE2
        }
        guard mayHold else { return field }
        return String(String.UnicodeScalarView(field.unicodeScalars.compactMap(kept)))
    }

    /// What spreadsheets read as the beginning of a formula, the wide forms included, and white space that some
    /// of them pass over.
    private static func beginsFormula(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "=", "+", "-", "@", "\t", "\r", "\n", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}": true
        default: false
        }
    }
}
