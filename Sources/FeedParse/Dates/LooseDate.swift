import FeedModel
import Foundation

/// Dates that people and mail programs write: RFC 822 and its relatives, asctime, numbers between slashes,
/// month names of many languages, in any order that leaves no doubt.
struct LooseDate {
    private struct Number {
        var value: Int
        var digits: Int
        /// What stands right after it.
        var separator: Unicode.Scalar?
    }

    private let text: [Unicode.Scalar]
    private var at = 0
    private var numbers: [Number] = []
    private var months: [(month: Int, isCertain: Bool)] = []
    private var weekday: Int?
    private var time: TimeOfDay?
    private var zone: Int?
    private var area: TimeZone?
    private var isAfterNoon: Bool?
    private var year: Int?
    private var month: Int?
    private var day: Int?
    /// Korean dates bear no zone and are Korean time.
    private var isKorean = false

    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Timestamp? {
        if let fast = rfc822(bytes) { return fast }
        if let instant = unixTime(bytes) { return instant }
        let lowered = String(decoding: bytes, as: UTF8.self).lowercased()
        var parser = LooseDate(text: Array(lowered.unicodeScalars))
        guard parser.readTokens() else { return nil }
        return parser.resolve()
    }

    private init(text: [Unicode.Scalar]) { self.text = text }

    /// Seconds or milliseconds since 1970, of this century.
    private static func unixTime(_ b: UnsafeBufferPointer<UInt8>) -> Timestamp? {
        guard b.count == 10 || b.count == 13, let value = DateParser.digits(b, 0, b.count), b[0] != UInt8(ascii: "0")
        else { return nil }
        return Timestamp(milliseconds: b.count == 10 ? Int64(value) * 1000 : Int64(value))
    }

    /// `Sat, 07 Sep 2002 00:00:01 GMT` without any detour.
    private static func rfc822(_ b: UnsafeBufferPointer<UInt8>) -> Timestamp? {
        guard b.count >= 25, b[3] == 0x2C, b[4] == 0x20 else { return nil }
        let dayDigits = b[6].isASCIIDigit ? 2 : 1
        var at = 5
        guard let day = DateParser.digits(b, at, dayDigits) else { return nil }
        at += dayDigits
        guard at + 18 < b.count, b[at] == 0x20, b[at + 4] == 0x20,
            let month = monthNumber(b[at + 1], b[at + 2], b[at + 3]),
            let year = DateParser.digits(b, at + 5, 4), b[at + 9] == 0x20,
            let hour = DateParser.digits(b, at + 10, 2), b[at + 12] == 0x3A,
            let minute = DateParser.digits(b, at + 13, 2), b[at + 15] == 0x3A,
            let second = DateParser.digits(b, at + 16, 2), b[at + 18] == 0x20, hour < 24
        else { return nil }
        at += 19
        guard at < b.count, let (offset, end) = shortZone(b, at), end == b.count else { return nil }
        return Timestamp(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second, offsetSeconds: offset)
    }

    private static func shortZone(_ b: UnsafeBufferPointer<UInt8>, _ at: Int) -> (Int, Int)? {
        if b.count - at == 3, b[at] == UInt8(ascii: "G"), b[at + 1] == UInt8(ascii: "M"), b[at + 2] == UInt8(ascii: "T")
        {
            return (0, b.count)
        }
        guard b.count - at <= 5 else { return nil }
        return DateZone.parse(b, at)
    }

    private static func monthNumber(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> Int? {
        switch (a | 0x20, b | 0x20, c | 0x20) {
        case (0x6A, 0x61, 0x6E): 1  // jan
        case (0x66, 0x65, 0x62): 2  // feb
        case (0x6D, 0x61, 0x72): 3  // mar
        case (0x61, 0x70, 0x72): 4  // apr
        case (0x6D, 0x61, 0x79): 5  // may
        case (0x6A, 0x75, 0x6E): 6  // jun
        case (0x6A, 0x75, 0x6C): 7  // jul
        case (0x61, 0x75, 0x67): 8  // aug
        case (0x73, 0x65, 0x70): 9  // sep
        case (0x6F, 0x63, 0x74): 10  // oct
        case (0x6E, 0x6F, 0x76): 11  // nov
        case (0x64, 0x65, 0x63): 12  // dec
        default: nil
        }
    }

    // MARK: tokens

    private func scalar(_ index: Int) -> Unicode.Scalar? { index < text.count ? text[index] : nil }

    private func isDigit(_ index: Int) -> Bool {
        scalar(index).map { ("0"..."9").contains($0) } ?? false
    }

    private mutating func digits() -> (value: Int, count: Int)? {
        let start = at
        var value = 0
        while isDigit(at) {
            guard at - start < 9 else { return nil }
            value = value * 10 + Int(text[at].value - 0x30)
            at += 1
        }
        return at > start ? (value, at - start) : nil
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII ? UInt8(truncatingIfNeeded: scalar.value).isASCIILetter : scalar.properties.isAlphabetic
    }

    private mutating func readTokens() -> Bool {
        while let next = scalar(at) {
            if isDigit(at) {
                guard readNumber() else { return false }
            } else if LooseDate.isLetter(next) {
                guard readWord() else { return false }
            } else if next == "(" {
                guard readComment() else { return false }
            } else if (next == "+" || next == "-" || next == "\u{2212}") && time != nil && zone == nil
                && isDigit(at + 1)
                && (numbers.count + months.count > 1 || year != nil)
                || (next == "+" || next == "-") && isZoneAfterDate
            {
                guard readZone() else { return false }
            } else if "-,./|'\"’:;·\u{2013}\u{2014}\u{FEFF}\u{200E}\u{200F}\u{A0}\u{202F}".unicodeScalars.contains(next)
                || next.properties.isWhitespace
            {
                // A colon stands only inside a time, unless it ends a word (`Published:`).
                if next == ":", at > 0, isDigit(at - 1) { return false }
                at += 1
            } else {
                return false
            }
        }
        return true
    }

    private mutating func readNumber() -> Bool {
        guard let (value, count) = digits() else { return false }
        if scalar(at) == ":" && isDigit(at + 1) {
            guard time == nil, count <= 2 else { return false }
            return readTime(hour: value, separator: ":")
        }
        // `14h30`, and `14.30` after a date that is whole.
        if time == nil, count <= 2, isDigit(at + 1),
            scalar(at) == "h" || scalar(at) == "." && months.count == 1 && numbers.count == 2
        {
            return readTime(hour: value, separator: scalar(at) == "." ? "." : ":")
        }
        numbers.append(Number(value: value, digits: count, separator: scalar(at)))
        if time == nil, let suffix = wordAhead(), value <= 12, count <= 2, isDayHalf(suffix) {
            // `3 pm`
            numbers.removeLast()
            time = TimeOfDay(hour: value)
        }
        return true
    }

    private func wordAhead() -> String? {
        var index = at
        while let next = scalar(index), next == " " { index += 1 }
        var word = String.UnicodeScalarView()
        while let next = scalar(index), LooseDate.isLetter(next) || next == "." {
            if next != "." { word.append(next) }
            index += 1
        }
        return word.isEmpty ? nil : String(word)
    }

    /// `02.01.2006 -0700`
    private var isZoneAfterDate: Bool {
        time == nil && zone == nil && numbers.count == 3 && scalar(at - 1) == " "
            && (1...4).allSatisfy { isDigit(at + $0) }
            && !isDigit(at + 5)
    }

    private func isDayHalf(_ word: String) -> Bool {
        switch DateWords.meaning(word) {
        case .beforeNoon, .afterNoon: true
        default: false
        }
    }

    private mutating func readTime(hour: Int, separator: Unicode.Scalar) -> Bool {
        var parsed = TimeOfDay(hour: hour)
        at += 1
        guard let (minute, minuteDigits) = digits(), minuteDigits <= 2 else { return false }
        parsed.minute = minute
        if scalar(at) == separator, isDigit(at + 1) {
            at += 1
            guard let (second, secondDigits) = digits(), secondDigits <= 2 else { return false }
            parsed.second = second
            // `15:04:05:-0700`
            if scalar(at) == ":", scalar(at + 1) == "-" || scalar(at + 1) == "+" { at += 1 }
            if scalar(at) == ":" { return false }
            if scalar(at) == "." || scalar(at) == ",", isDigit(at + 1) {
                at += 1
                let start = at
                while isDigit(at) { at += 1 }
                for offset in 0..<3 {
                    parsed.millisecond *= 10
                    if start + offset < at { parsed.millisecond += Int(text[start + offset].value - 0x30) }
                }
            }
        }
        time = parsed
        return true
    }

    private mutating func readZone() -> Bool {
        let bytes = Array(String(String.UnicodeScalarView(text[at...].prefix(8))).utf8)
        guard let (offset, end) = bytes.withUnsafeBufferPointer({ DateZone.parse($0, 0) }) else { return false }
        zone = offset
        at += String(decoding: bytes[..<end], as: UTF8.self).unicodeScalars.count
        return true
    }

    /// `-0800 (PST)`: nothing new. `(PST)` alone is a zone.
    private mutating func readComment() -> Bool {
        guard let end = text[at...].firstIndex(of: ")") else { return false }
        if zone == nil, time != nil {
            let name = Array(String(String.UnicodeScalarView(text[at...end])).utf8)
            if let (offset, _) = name.withUnsafeBufferPointer({ DateZone.parse($0, 0) }) { zone = offset }
        }
        at = end + 1
        return true
    }

    private mutating func readWord() -> Bool {
        let start = at
        if readCJK() { return true }
        var word = String.UnicodeScalarView()
        while let next = scalar(at) {
            if LooseDate.isLetter(next) {
                word.append(next)
            } else if next == "'" || next == "’" || next == "." && scalar(at + 1).map(LooseDate.isLetter) == true {
                // `a.m.`, `п'ятниця`
            } else if next == "-" && word.count > 2 && scalar(at + 1).map(LooseDate.isLetter) == true
                && DateWords.meaning(String(word)) != nil
            {
                break
            } else {
                break
            }
            at += 1
        }
        let text = String(word)
        if text == "t", isDigit(at), start > 0, isDigit(start - 1) { return true }
        switch DateWords.meaning(text) {
        case .month(let number): months.append((number, true))
        case .monthOrWeekday(let number): months.append((number, false))
        case .weekday(let index): weekday = index ?? weekday
        case .beforeNoon: isAfterNoon = false
        case .afterNoon: isAfterNoon = true
        case .filler: break
        case nil:
            return readZoneName(from: start)
        }
        return true
    }

    private mutating func readZoneName(from start: Int) -> Bool {
        guard time != nil || !numbers.isEmpty else { return false }
        if readArea(from: start) { return true }
        let bytes = Array(String(String.UnicodeScalarView(text[start...].prefix(12))).uppercased().utf8)
        guard bytes.allSatisfy({ $0 < 0x80 }),
            let (offset, end) = bytes.withUnsafeBufferPointer({ DateZone.parse($0, 0) })
        else { return false }
        // `+0000 GMT`: the number has said it.
        zone = zone ?? offset
        at = start + end
        return true
    }

    /// `Europe/Brussels`, of the time zone database.
    private mutating func readArea(from start: Int) -> Bool {
        var end = start
        var words: [[Unicode.Scalar]] = [[]]
        while let next = scalar(end), LooseDate.isLetter(next) || next == "_" || next == "/" {
            if next == "/" { words.append([]) } else { words[words.count - 1].append(next) }
            end += 1
        }
        guard words.count >= 2, zone == nil else { return false }
        let identifier = words.map { word in
            String(String.UnicodeScalarView(word)).split(separator: "_").map {
                $0.prefix(1).uppercased() + $0.dropFirst()
            }
            .joined(separator: "_")
        }.joined(separator: "/")
        guard let found = TimeZone(identifier: identifier) else { return false }
        area = found
        at = end
        return true
    }

    /// Characters that say what the number before them is, and the halves of the day.
    private mutating func readCJK() -> Bool {
        guard let next = scalar(at), next.value >= 0x3000 else { return false }
        func number() -> Int? { numbers.popLast()?.value }
        let pair = at + 1 < text.count ? String(String.UnicodeScalarView([next, text[at + 1]])) : ""
        switch pair {
        case "오전", "上午", "午前":
            isAfterNoon = false
            isKorean = isKorean || pair == "오전"
            at += 2
            return true
        case "오후", "下午", "午後":
            isAfterNoon = true
            isKorean = isKorean || pair == "오후"
            at += 2
            return true
        case "星期", "周日", "요일", "曜日":
            at += 2
            // The day's own character.
            if pair == "星期", at < text.count { at += 1 }
            return true
        default: break
        }
        switch next {
        case "年", "년": year = number()
        case "月", "월":
            // 月曜日 and 월요일 are Mondays.
            if scalar(at + 1) == "曜" || scalar(at + 1) == "요" { break }
            month = number()
        case "日", "일":
            if scalar(at + 1) == "曜" || scalar(at + 1) == "요" { break }
            if day == nil { day = number() }
        case "号": day = number()
        case "時", "时", "点", "點", "시": time = TimeOfDay(hour: number() ?? 99)
        case "分", "분": time?.minute = number() ?? 99
        case "秒", "초": time?.second = number() ?? 99
        case "火", "水", "木", "金", "土", "화", "수", "목", "금", "토", "曜", "周", "一", "二", "三", "四", "五", "六": break
        default: return false
        }
        if ["년", "월", "일", "시"].contains(next) { isKorean = true }
        at += 1
        return true
    }

    // MARK: meaning

    private mutating func resolve() -> Timestamp? {
        if months.count > 1 { months.removeAll { !$0.isCertain } }
        guard months.count <= 1 else { return nil }
        if let named = months.first?.month {
            guard month == nil else { return nil }
            month = named
        }
        var clock = time ?? TimeOfDay()
        if let isAfterNoon {
            guard time != nil else { return nil }
            if isAfterNoon, clock.hour < 12 { clock.hour += 12 }
            if !isAfterNoon, clock.hour == 12 { clock.hour = 0 }
        }
        guard clock.hour < 24 || clock.hour == 24 && isAfterNoon == nil else { return nil }
        clock.offsetSeconds = zone ?? (isKorean ? 9 * 3600 : 0)
        guard let date = date(), date.0 >= 1000 else { return nil }
        if let area, let local = clock.on(year: date.0, month: date.1, day: date.2) {
            // The offset of that moment, as near as local time tells it.
            clock.offsetSeconds = area.secondsFromGMT(for: Date(timeIntervalSince1970: Double(local.seconds)))
        }
        return clock.on(year: date.0, month: date.1, day: date.2)
    }

    private func date() -> (Int, Int, Int)? {
        if let year, let month {
            guard numbers.isEmpty else { return nil }
            return (year, month, day ?? 1)
        }
        func full(_ number: Number) -> Int { DateParser.fullYear(number.value, digits: number.digits) }
        func isYear(_ number: Number) -> Bool { number.digits == 4 || number.value > 31 }
        if let month {
            switch numbers.count {
            case 1 where numbers[0].digits == 4: return (numbers[0].value, month, 1)
            case 2:
                let (a, b) = (numbers[0], numbers[1])
                if isYear(a) && isYear(b) { return nil }
                return isYear(a) ? (full(a), month, b.value) : (full(b), month, a.value)
            default: return nil
            }
        }
        guard numbers.count == 3, numbers.allSatisfy({ $0.digits <= 2 || $0.digits == 4 }) else { return nil }
        let (a, b, c) = (numbers[0], numbers[1], numbers[2])
        if a.digits == 4 { return (a.value, b.value, c.value) }
        guard b.digits <= 2 else { return nil }
        let dayFirst = (full(c), b.value, a.value)
        let monthFirst = (full(c), a.value, b.value)
        func fits(_ date: (Int, Int, Int)) -> Timestamp? { Timestamp(year: date.0, month: date.1, day: date.2) }
        guard let asDayFirst = fits(dayFirst) else { return monthFirst }
        guard let asMonthFirst = fits(monthFirst) else { return dayFirst }
        if let weekday {
            let (first, second) = (asDayFirst.civil.weekday == weekday, asMonthFirst.civil.weekday == weekday)
            if first != second { return first ? dayFirst : monthFirst }
        }
        // Slashes are how Americans write it; dots, dashes and spaces, how the others do.
        return a.separator == "/" ? monthFirst : dayFirst
    }
}
