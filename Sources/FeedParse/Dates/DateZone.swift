import FeedModel

/// Time zones as numbers and names.
enum DateZone {
    /// A zone that begins at `start`: `Z`, `+01:00`, `-0800`, `+1`, `GMT`, `EST`, `GMT+2`, `(PDT)`. Gives the
    /// seconds east of UTC and where it ends.
    static func parse(_ b: UnsafeBufferPointer<UInt8>, _ start: Int) -> (Int, Int)? {
        var at = start
        guard at < b.count else { return nil }
        if b[at] == UInt8(ascii: "+") || b[at] == UInt8(ascii: "-") || isMinusSign(b, at) {
            return numeric(b, at)
        }
        let inParentheses = b[at] == UInt8(ascii: "(")
        if inParentheses { at += 1 }
        let wordStart = at
        while at < b.count, b[at].isASCIILetter || b[at] == UInt8(ascii: ".") && at > wordStart { at += 1 }
        guard at > wordStart else { return nil }
        let word = String(decoding: b[wordStart..<at], as: UTF8.self).filter { $0 != "." }.uppercased()
        guard var offset = named[word] else { return nil }
        if at + 1 < b.count, b[at + 1].isASCIIDigit, b[at] == UInt8(ascii: "+") || b[at] == UInt8(ascii: "-") {
            // `GMT-07:00` is seven hours west, and so is `PDT-0700`.
            guard let (signed, end) = numeric(b, at) else { return nil }
            offset = signed
            at = end
        }
        if inParentheses {
            guard at < b.count, b[at] == UInt8(ascii: ")") else { return nil }
            at += 1
        }
        return (offset, at)
    }

    private static func isMinusSign(_ b: UnsafeBufferPointer<UInt8>, _ at: Int) -> Bool {
        // U+2212 and U+2013, put there by typographers.
        at + 2 < b.count && b[at] == 0xE2
            && (b[at + 1] == 0x88 && b[at + 2] == 0x92 || b[at + 1] == 0x80 && b[at + 2] == 0x93)
    }

    private static func numeric(_ b: UnsafeBufferPointer<UInt8>, _ start: Int) -> (Int, Int)? {
        let isWest = b[start] != UInt8(ascii: "+")
        var at = start + (b[start] == 0xE2 ? 3 : 1)
        let first = at
        while at < b.count, b[at].isASCIIDigit { at += 1 }
        let count = at - first
        guard count > 0, count <= 4, let value = DateParser.digits(b, first, count) else { return nil }
        var hours = value
        var minutes = 0
        if count > 2 {
            (hours, minutes) = (value / 100, value % 100)
        } else if at < b.count, b[at] == UInt8(ascii: ":") {
            guard let part = DateParser.digits(b, at + 1, 2) else { return nil }
            minutes = part
            at += 3
            if at < b.count, b[at].isASCIIDigit { return nil }
        }
        guard hours <= 23, minutes <= 59 else { return nil }
        return ((hours * 60 + minutes) * (isWest ? -60 : 60), at)
    }

    /// RFC 822's zones, the military letters as RFC 822 defined them (RFC 2822, 4.3 warns of their signs:
    /// but for Z they say nothing, so they are taken as UTC), and the abbreviations that feeds use.
    private static let named: [String: Int] = {
        let hours: [(Double, String)] = [
            (0, "Z UT UTC GMT WET UCT GMTZ WEZ ZULU"), (1, "CET BST WEST MET MEZ WAT IST_IE"),
            (2, "CEST EET MEST MESZ SAST CAT IST_IL"),
            (3, "EEST MSK EAT AST_AR TRT IDT FET"), (4, "MSD GST SAMT"), (5, "PKT YEKT UZT"), (5.5, "IST"),
            (5.75, "NPT"), (6, "BDT OMST ALMT"), (6.5, "MMT"), (7, "ICT WIB KRAT"),
            (8, "SGT HKT AWST MYT PHT WITA IRKT CST_CN"),
            (9, "JST KST WIT YAKT"), (9.5, "ACST"), (10, "AEST VLAT"), (10.5, "ACDT"), (11, "AEDT"), (12, "NZST"),
            (13, "NZDT"), (-1, "AZOT"), (-2, "BRST"), (-3, "ADT BRT ART CLST UYT"), (-2.5, "NDT"), (-3.5, "NST"),
            (-4, "EDT AST CLT BOT VET"), (-5, "EST CDT COT PET ET"), (-6, "CST MDT CT"), (-7, "MST PDT MT"),
            (-8, "PST AKDT PT"), (-9, "AKST HADT"), (-10, "HST HAST"), (-11, "SST"),
        ]
        var map: [String: Int] = [:]
        for (offset, names) in hours {
            for name in names.split(separator: " ") where !name.contains("_") {
                map[String(name)] = Int(offset * 3600)
            }
        }
        for letter in "ABCDEFGHIKLMNOPQRSTUVWXY" { map[String(letter)] = 0 }
        return map
    }()
}
