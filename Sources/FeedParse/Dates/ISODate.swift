import FeedModel

/// ISO 8601 in the forms that feeds use: calendar, ordinal and week dates, basic and extended, of any
/// granularity, with or without a time of day.
struct ISODate {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0

    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Timestamp? {
        guard let first = bytes.first, first.isASCIIDigit || first == UInt8(ascii: "-") else { return nil }
        var parser = ISODate(bytes: bytes)
        return parser.run()
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private mutating func run() -> Timestamp? {
        guard let (year, month, day) = date() else { return nil }
        var time = TimeOfDay()
        if at < bytes.count {
            guard let parsed = timeAfterDate() else { return nil }
            time = parsed
        }
        return at == bytes.count ? time.on(year: year, month: month, day: day) : nil
    }

    private func run(of start: Int) -> Int {
        var end = start
        while end < bytes.count, bytes[end].isASCIIDigit { end += 1 }
        return end - start
    }

    private mutating func number(_ count: Int) -> Int? {
        guard let value = DateParser.digits(bytes, at, count) else { return nil }
        at += count
        return value
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard at < bytes.count, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    private mutating func date() -> (Int, Int, Int)? {
        let dash = UInt8(ascii: "-")
        switch run(of: at) {
        case 8:
            // YYYYMMDD; other eight digits are no date.
            guard let year = number(4), let month = number(2), let day = number(2) else { return nil }
            return (year, month, day)
        case 7:
            guard let year = number(4), let ordinal = number(3) else { return nil }
            return ISODate.ordinal(year, ordinal)
        case 6:
            // YYMMDD.
            guard let year = number(2), let month = number(2), let day = number(2) else { return nil }
            return (DateParser.fullYear(year, digits: 2), month, day)
        case 5:
            guard let year = number(2), let ordinal = number(3) else { return nil }
            return ISODate.ordinal(DateParser.fullYear(year, digits: 2), ordinal)
        case 4:
            guard let year = number(4) else { return nil }
            if at == bytes.count { return (1000...2999).contains(year) ? (year, 1, 1) : nil }
            if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "w") { return week(year, extended: false) }
            guard take(dash) || take(UInt8(ascii: "/")) || take(UInt8(ascii: ".")) else { return nil }
            if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "w") { return week(year, extended: true) }
            return afterYear(year, separator: bytes[at - 1])
        case 2:
            // YY-MM-DD.
            guard let year = number(2), take(dash), run(of: at) == 2, let month = number(2), take(dash),
                run(of: at) == 2, let day = number(2)
            else { return nil }
            return (DateParser.fullYear(year, digits: 2), month, day)
        default:
            return nil
        }
    }

    private mutating func afterYear(_ year: Int, separator: UInt8) -> (Int, Int, Int)? {
        switch run(of: at) {
        case 1:
            guard let month = number(1), take(separator) else { return nil }
            return day(year, month)
        case 2:
            guard let month = number(2) else { return nil }
            if take(separator) { return day(year, month) }
            // YYYY-MMDD is no form; YYYY-MM is.
            return (year, month, 1)
        case 3:
            guard let value = number(3) else { return nil }
            // A month with a nought too many.
            if value <= 12, take(separator) { return day(year, value) }
            return ISODate.ordinal(year, value)
        case 4:
            guard let month = number(2), let day = number(2) else { return nil }
            return (year, month, day)
        default:
            return nil
        }
    }

    private mutating func day(_ year: Int, _ month: Int) -> (Int, Int, Int)? {
        let count = run(of: at)
        guard count == 1 || count == 2, let day = number(count) else { return nil }
        return (year, month, day)
    }

    private mutating func week(_ year: Int, extended: Bool) -> (Int, Int, Int)? {
        at += 1
        guard let week = number(2), (1...53).contains(week) else { return nil }
        var weekday = 1
        if extended ? take(UInt8(ascii: "-")) : run(of: at) == 1 {
            guard let given = number(1), (1...7).contains(given) else { return nil }
            weekday = given
        }
        // Week 1 holds 4 January; days from 1970 count from a Thursday.
        let fourth = Timestamp.daysFromCivil(year: year, month: 1, day: 4)
        let monday = fourth - ((fourth + 3) % 7 + 7) % 7
        return ISODate.civil(days: monday + (week - 1) * 7 + weekday - 1)
    }

    private static func ordinal(_ year: Int, _ day: Int) -> (Int, Int, Int)? {
        let isLeap = Timestamp.daysIn(month: 2, year: year) == 29
        guard day >= 1, day <= (isLeap ? 366 : 365) else { return nil }
        return civil(days: Timestamp.daysFromCivil(year: year, month: 1, day: 1) + day - 1)
    }

    private static func civil(days: Int) -> (Int, Int, Int) {
        let c = Timestamp(milliseconds: Int64(days) * 86_400_000).civil
        return (c.year, c.month, c.day)
    }

    // MARK: time of day

    private mutating func timeAfterDate() -> TimeOfDay? {
        var separated = false
        while at < bytes.count {
            let byte = bytes[at]
            guard byte == UInt8(ascii: "T") || byte == UInt8(ascii: "t") || byte.isXMLSpace else { break }
            separated = true
            at += 1
        }
        // `2003-12-31Z` and `2003-12-31+01:00` (XML Schema).
        if at < bytes.count, !bytes[at].isASCIIDigit {
            var time = TimeOfDay()
            return zone(&time) ? time : nil
        }
        if at == bytes.count { return TimeOfDay() }
        guard separated else { return nil }
        var time = TimeOfDay()
        let length = run(of: at)
        if length == 6 || length == 4 {
            guard let hour = number(2), let minute = number(2) else { return nil }
            (time.hour, time.minute) = (hour, minute)
            if length == 6 {
                guard let second = number(2) else { return nil }
                time.second = second
            }
        } else {
            guard length == 1 || length == 2, let hour = number(length) else { return nil }
            time.hour = hour
            if take(UInt8(ascii: ":")) || take(UInt8(ascii: ".")) {
                guard run(of: at) <= 2, let minute = number(max(1, run(of: at))) else { return nil }
                time.minute = minute
                if take(UInt8(ascii: ":")) || take(UInt8(ascii: ".")) {
                    guard run(of: at) <= 2, let second = number(max(1, run(of: at))) else { return nil }
                    time.second = second
                }
            }
        }
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") || bytes[at] == UInt8(ascii: ",") {
            at += 1
            guard run(of: at) > 0 else { return nil }
            time.millisecond = DateParser.milliseconds(bytes, at, run(of: at))
            at += run(of: at)
        }
        guard zone(&time) else { return nil }
        return time
    }

    private mutating func zone(_ time: inout TimeOfDay) -> Bool {
        while at < bytes.count, bytes[at].isXMLSpace { at += 1 }
        guard at < bytes.count else { return true }
        guard let (offset, end) = DateZone.parse(bytes, at) else { return false }
        time.offsetSeconds = offset
        at = end
        while at < bytes.count, bytes[at].isXMLSpace { at += 1 }
        return true
    }
}

extension DateParser {
    /// The first three digits of a fraction of a second.
    static func milliseconds(_ b: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        var value = 0
        for index in 0..<3 {
            value *= 10
            if index < count { value += Int(b[start + index] - 0x30) }
        }
        return value
    }
}
