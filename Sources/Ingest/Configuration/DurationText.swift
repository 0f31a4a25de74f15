/// Durations as the configuration writes them: one whole number and one unit, `0s 90s 5m 2h 7d 10y`; a year is of 365 days.
public enum DurationText {
    public static let forms = "a number and a unit, such as 30s, 5m, 2h or 7d"
    /// A hundred years: longer is a slip, and far from any overflow.
    private static let longest = 36_500 * 86_400 * 1000

    /// Milliseconds.
    private static let units: KeyValuePairs = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    /// In which nothing is told.
    private static let longUnits: KeyValuePairs = ["y": 31_536_000_000]
    /// What people write instead.
    private static let otherUnits: [String: Int] = [
        "msec": 1, "sec": 1000, "secs": 1000, "second": 1000, "seconds": 1000,
        "min": 60_000, "mins": 60_000, "minute": 60_000, "minutes": 60_000,
        "hr": 3_600_000, "hrs": 3_600_000, "hour": 3_600_000, "hours": 3_600_000,
        "day": 86_400_000, "days": 86_400_000,
        "w": 604_800_000, "wk": 604_800_000, "week": 604_800_000, "weeks": 604_800_000,
        "y": 31_536_000_000, "yr": 31_536_000_000, "year": 31_536_000_000, "years": 31_536_000_000,
    ]

    /// `nil` for what is none.
    public static func duration(_ text: String) -> Duration? { try? parse(text) }

    static func parse(_ text: String) throws(Wrong) -> Duration {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = String(text.dropFirst(digits.count))
        let factor = (units.first { $0.key == unit } ?? longUnits.first { $0.key == unit })?.value
        guard !digits.isEmpty, let milliseconds = factor else {
            throw Wrong("is \(text.quoted), which is no duration; write \(meant(text) ?? forms)")
        }
        guard let number = Int(digits), number <= longest / milliseconds else {
            throw Wrong("is \(text.quoted), longer than a hundred years; write less")
        }
        return .milliseconds(number * milliseconds)
    }

    /// The right form of what was probably meant: `1h30m`, `5 min`, `1.5h`, `1w`, `90`.
    private static func meant(_ text: String) -> String? {
        var rest = text.lowercased().filter { $0 != " " }[...]
        if !rest.isEmpty, rest.utf8.allSatisfy({ (0x30...0x39).contains($0) }), rest.utf8.count < 10 {
            return "\(rest)s for seconds or \(rest)m for minutes"
        }
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let number = Double(number),
                let factor = units.first(where: { $0.key == unit })?.value ?? otherUnits[String(unit)]
            else { return nil }
            total += number * Double(factor)
        }
        guard total > 0, total < Double(longest) else { return nil }
        return format(.milliseconds(Int(total)))
    }

    /// In the largest unit that gives a whole number; hours up to two days.
    static func format(_ duration: Duration) -> String {
        let milliseconds = Int(duration / .milliseconds(1))
        if milliseconds == 0 { return "0s" }
        let (unit, factor) =
            units.reversed().first { unit, factor in
                milliseconds % factor == 0 && (unit != "d" || milliseconds >= 2 * factor)
            } ?? ("ms", 1)
        return "\(milliseconds / factor)\(unit)"
    }
}
