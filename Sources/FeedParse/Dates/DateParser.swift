public import FeedModel

/// The dates that publishers write, as instants.
///
/// RFC 3339, W3CDTF and ISO 8601 in all granularities; RFC 822, 850, 2822 and asctime with their sins;
/// the month names of many languages. A date without a zone is UTC, without a time midnight, without a
/// day the first. What does not fit, or names a day that does not exist, is no date: nothing is guessed.
public enum DateParser {
    /// Longer texts are prose.
    private static let maximumLength = 100

    public static func parse(_ text: String) -> Timestamp? {
        var text = text
        return text.withUTF8 { parse($0) }
    }

    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Timestamp? {
        var low = 0
        var high = bytes.count
        while low < high, bytes[low].isXMLSpace { low += 1 }
        while high > low, bytes[high - 1].isXMLSpace { high -= 1 }
        guard high - low >= 2, high - low <= maximumLength else { return nil }
        let trimmed = UnsafeBufferPointer(rebasing: bytes[low..<high])
        return fastRFC3339(trimmed) ?? ISODate.parse(trimmed) ?? LooseDate.parse(trimmed)
    }

    /// `2003-12-31T10:14:55Z` and `2003-12-31T10:14:55+01:00`, the two commonest forms.
    private static func fastRFC3339(_ b: UnsafeBufferPointer<UInt8>) -> Timestamp? {
        guard b.count == 20 || b.count == 25, b[4] == 0x2D, b[7] == 0x2D, b[10] == UInt8(ascii: "T"),
            b[13] == 0x3A, b[16] == 0x3A,
            let year = digits(b, 0, 4), let month = digits(b, 5, 2), let day = digits(b, 8, 2),
            let hour = digits(b, 11, 2), let minute = digits(b, 14, 2), let second = digits(b, 17, 2)
        else { return nil }
        var offset = 0
        if b.count == 20 {
            guard b[19] == UInt8(ascii: "Z") else { return nil }
        } else {
            guard b[19] == 0x2B || b[19] == 0x2D, b[22] == 0x3A, let hours = digits(b, 20, 2),
                let minutes = digits(b, 23, 2), hours <= 23, minutes <= 59
            else { return nil }
            offset = (hours * 60 + minutes) * (b[19] == 0x2D ? -60 : 60)
        }
        guard hour < 24 else { return nil }
        return Timestamp(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second, offsetSeconds: offset)
    }

    static func digits(_ b: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int) -> Int? {
        guard start >= 0, start + count <= b.count else { return nil }
        var value = 0
        for index in start..<start + count {
            guard b[index].isASCIIDigit else { return nil }
            value = value * 10 + Int(b[index] - 0x30)
        }
        return value
    }

    /// RFC 2822, 4.3, with the turn of the century moved: 00 to 68 are of the 2000s, 69 to 99 of the 1900s.
    static func fullYear(_ value: Int, digits: Int) -> Int {
        guard digits <= 2 else { return digits == 3 ? value + 1900 : value }
        return value < 69 ? value + 2000 : value + 1900
    }
}

/// A time of day and its zone.
struct TimeOfDay {
    var hour = 0
    var minute = 0
    var second = 0
    var millisecond = 0
    var offsetSeconds = 0

    func on(year: Int, month: Int, day: Int) -> Timestamp? {
        // 24:00:00 is the end of the day (ISO 8601, 4.2.3).
        if hour == 24 {
            guard minute == 0, second == 0 else { return nil }
            return Timestamp(year: year, month: month, day: day, offsetSeconds: offsetSeconds)
                .map { Timestamp(milliseconds: $0.milliseconds + 86_400_000) }
        }
        return Timestamp(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second,
            millisecond: millisecond, offsetSeconds: offsetSeconds)
    }
}
