/// An instant on the UTC time line, to the millisecond.
///
/// Everything that ingestd stores or decides by carries this type: it is eight bytes, orders as an
/// integer, and prints as RFC 3339. It says nothing about where "now" comes from; see `TimeSource`.
public struct Timestamp: Hashable, Sendable, Comparable {
    /// Milliseconds since 1970-01-01T00:00:00Z, negative before.
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public init(seconds: Int64) { self.milliseconds = seconds.multipliedReportingOverflow(by: 1000).partialValue }

    /// Whole seconds since 1970, rounded towards the past.
    public var seconds: Int64 { milliseconds.flooringDivision(by: 1000) }

    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    /// `nil` for a date that does not exist (30 February) or a time of day out of range.
    /// Second 60 is taken as the first instant of the next minute (RFC 3339, 5.7 allows leap seconds).
    public init?(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0,
        millisecond: Int = 0, offsetSeconds: Int = 0
    ) {
        guard (0...9999).contains(year), (1...12).contains(month),
            day >= 1, day <= Timestamp.daysIn(month: month, year: year),
            (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        let days = Timestamp.daysFromCivil(year: year, month: month, day: day)
        let time = days * 86_400 + hour * 3600 + minute * 60 + second - offsetSeconds
        self.milliseconds = Int64(time) * 1000 + Int64(millisecond)
    }

    public static func daysIn(month: Int, year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        default: 31
        }
    }

    /// Days from 1970-01-01 to a date of the proleptic Gregorian calendar. Years are taken to begin in
    /// March, so that the leap day comes last and a month's start is linear in its number.
    public static func daysFromCivil(year: Int, month: Int, day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The date and time of day in UTC.
    public struct Civil: Hashable, Sendable {
        public var year, month, day, hour, minute, second, millisecond: Int
        /// 0 is Sunday.
        public var weekday: Int
    }

    public var civil: Civil {
        let days = Int(milliseconds.flooringDivision(by: 86_400_000))
        let inDay = Int(milliseconds - Int64(days) * 86_400_000)
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted + (shifted < 10 ? 3 : -9)
        return Civil(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * shifted + 2) / 5 + 1,
            hour: inDay / 3_600_000, minute: inDay / 60_000 % 60, second: inDay / 1000 % 60,
            millisecond: inDay % 1000, weekday: ((days % 7) + 11) % 7)
    }

    /// RFC 3339 in UTC, with milliseconds only where there are any: `2026-11-22T09:30:00Z`.
    public var rfc3339: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24)
        appendRFC3339(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// RFC 3339 in UTC to the second, as the program's own instants are shown.
    public var rfc3339Seconds: String { Timestamp(seconds: seconds).rfc3339 }

    func appendRFC3339(to bytes: inout [UInt8]) {
        let c = civil
        func digits(_ value: Int, _ count: Int) {
            var divisor = 1
            for _ in 1..<count { divisor *= 10 }
            while divisor > 0 {
                bytes.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
                divisor /= 10
            }
        }
        digits(Swift.max(0, c.year), c.year > 9999 ? 5 : 4)
        bytes.append(UInt8(ascii: "-"))
        digits(c.month, 2)
        bytes.append(UInt8(ascii: "-"))
        digits(c.day, 2)
        bytes.append(UInt8(ascii: "T"))
        digits(c.hour, 2)
        bytes.append(UInt8(ascii: ":"))
        digits(c.minute, 2)
        bytes.append(UInt8(ascii: ":"))
        digits(c.second, 2)
        if c.millisecond > 0 {
            bytes.append(UInt8(ascii: "."))
            digits(c.millisecond, 3)
        }
        bytes.append(UInt8(ascii: "Z"))
    }
}

extension Timestamp {
    public static func + (t: Timestamp, d: Duration) -> Timestamp {
        Timestamp(milliseconds: t.milliseconds.addingClamped(d.milliseconds))
    }

    public static func - (t: Timestamp, d: Duration) -> Timestamp {
        Timestamp(milliseconds: t.milliseconds.addingClamped(-d.milliseconds))
    }

    public static func - (a: Timestamp, b: Timestamp) -> Duration {
        .milliseconds(a.milliseconds.addingClamped(-b.milliseconds))
    }
}

extension Duration {
    /// Whole milliseconds, clamped to what 64 bits hold.
    public var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds < 0 ? .min + 1 : .max }
        return product.addingClamped(attoseconds / 1_000_000_000_000_000)
    }

    public static func minutes(_ n: Int64) -> Duration { .seconds(n * 60) }
    public static func hours(_ n: Int64) -> Duration { .seconds(n * 3600) }
    public static func days(_ n: Int64) -> Duration { .seconds(n * 86_400) }
}

extension Int64 {
    func flooringDivision(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }

    func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min + 1 : .max) : sum
    }
}

extension Timestamp {
    /// Later than any instant that a clock shows.
    public static let max = Timestamp(milliseconds: .max)
}
