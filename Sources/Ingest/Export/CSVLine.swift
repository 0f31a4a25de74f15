/// One record of CSV (RFC 4180), ended by CRLF.
public enum CSVLine {
    /// Nothing and "" are both empty.
    ///
    /// - Parameter isVerbatim: cells stand as they are. Otherwise one that a spreadsheet would take for a formula,
    ///   which anybody who writes a feed could put there, has an apostrophe before it.
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
        let isQuoted = field.utf8.contains {
            $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D
        }
        if isQuoted { out.append(UInt8(ascii: "\"")) }
        if !isVerbatim, let first = field.unicodeScalars.first, beginsFormula(first) { out.append(UInt8(ascii: "'")) }
        for byte in field.utf8 {
            // No reader of CSV takes a NUL.
            if byte == 0 { continue }
            if byte == UInt8(ascii: "\"") { out.append(byte) }
            out.append(byte)
        }
        if isQuoted { out.append(UInt8(ascii: "\"")) }
    }

    /// What spreadsheets read as the beginning of a formula, the wide forms included, and white space that some
    /// of them pass over.
    private static func beginsFormula(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "=", "+", "-", "@", "\t", "\r", "\n", "\u{0}", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}": true
        default: false
        }
    }
}
