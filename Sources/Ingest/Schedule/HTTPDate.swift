import FeedModel

/// The three forms of a date in HTTP (RFC 9110, 5.6.7):
/// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
enum HTTPDate {
    static func parse(_ text: String) -> Timestamp? {
        let words = text.split { " ,-\t".utf8.contains($0.asciiValue ?? 0x41) }
        var day: Int?
        var month: Int?
        var year: Int?
        var time: (Int, Int, Int)?
        for word in words {
            if word.contains(":") {
                let parts = word.split(separator: ":").map { Int($0) }
                guard parts.count == 3, let h = parts[0], let m = parts[1], let s = parts[2] else { return nil }
                time = (h, m, s)
            } else if let number = Int(word), number >= 0 {
                if day == nil && word.utf8.count <= 2 {
                    day = number
                } else {
                    // A zone as a number is none of the three forms.
                    guard year == nil else { return nil }
                    year = fullYear(number, digits: word.utf8.count)
                }
            } else if let index = months.firstIndex(of: word.prefix(3).lowercased()) {
                month = index + 1
            }
        }
        guard let day, let month, let year, let time else { return nil }
        return Timestamp(
            year: year, month: month, day: day, hour: time.0, minute: time.1, second: time.2)
    }

    /// Two digits: this century, unless that lies more than 50 years ahead (RFC 9110, 5.6.7); taken from a
    /// fixed year, since no server still sends them.
    private static func fullYear(_ number: Int, digits: Int) -> Int {
        digits > 2 ? number : number < 76 ? 2000 + number : 1900 + number
    }

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
}

/// `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.
enum RetryAfter {
    /// `nil` for what is zero, past or meaningless.
    static func wait(_ value: String, at now: Timestamp) -> Duration? {
        let wait = Freshness.seconds(value) ?? HTTPDate.parse(value).map { $0 - now }
        return wait.flatMap { $0 > .zero ? $0 : nil }
    }
}
