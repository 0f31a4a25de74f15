public import FeedModel

/// How long a feed may be silent before that is told.
public enum SilenceRule: Hashable, Sendable {
    /// It is never told.
    case off
    /// By the feed's own rhythm.
    case auto
    /// After so long without an entry.
    case after(Duration)
}

/// When the silence of a feed that answers becomes improbable, judged by its own rhythm.
///
/// It is when all of these hold: as many entries as `mostExpected` should have come, by the rate of the last weeks and
/// the usual hours and days; the silence is `timesLongestGap` as long as any in the last months; and it has lasted a day.
/// In the first week those days of the week do not count on which the feed was never watched.
///
/// | feed                                            | told after |
/// |-------------------------------------------------|------------|
/// | every hour, or every ten minutes                | 1 d        |
/// | six a day, Monday to Friday                     | 7 d        |
/// | once a day                                      | 12 d       |
/// | ten at once, every Monday                       | 17 d       |
/// | once a week                                     | 12 weeks   |
///
/// A feed of which too little is known is never told, nor one whose pauses have grown with time: each was the longest.
public struct Silence {
    static let mostExpected = 12.0
    static let timesLongestGap = 2.5
    static let least = 24.0
    /// As many entries must be remembered.
    static let leastEvidence = 6.0
    /// What would be told later than this is not told.
    private static let longest: Duration = .days(180)
    private static let week = 168.0

    /// The instant from which on the silence since the newest entry is improbable; `nil` where it never is.
    public static func alarm(_ history: PostingHistory) -> Timestamp? {
        guard let newest = history.newest, history.evidence >= leastEvidence else { return nil }
        let (rate, rhythm) = (history.steadyRate, history.rhythm)
        let leastHours = max(least, timesLongestGap * history.longestGap)
        guard rate * Double(longest.milliseconds) / 3_600_000 >= mostExpected else { return nil }
        var (expected, counted) = (0.0, 0.0)
        var alarm: Timestamp?
        /// Ends where both bounds are reached.
        func walk(from start: Timestamp, hours: Int64, all: Bool) {
            var at = start
            HourWalk.forEach(from: start, to: start + .hours(hours)) { hour, day, length in
                let intensity = all || history.hasWatched(day: day) ? rate * rhythm.factor(hour: hour, day: day) : 0
                if intensity > 0 {
                    let left = max(leastHours - counted, (mostExpected - expected) / intensity)
                    guard left > length else {
                        alarm = at + .milliseconds(Int64(max(left, 0) * 3_600_000))
                        return false
                    }
                    expected += intensity * length
                    counted += length
                }
                at = at + .milliseconds(Int64((length * 3_600_000).rounded()))
                return true
            }
        }
        walk(from: newest, hours: Int64(week), all: false)
        if alarm == nil {
            // Whole weeks are alike.
            let weeks = max((mostExpected - expected) / (rate * week), (leastHours - counted) / week, 0).rounded(.down)
            expected += weeks * rate * week
            counted += weeks * week
            guard weeks < 60 else { return nil }
            walk(from: newest + .hours(Int64((weeks + 1) * week)), hours: 2 * Int64(week), all: true)
        }
        return alarm.flatMap { $0 - newest <= longest ? $0 : nil }
    }
}
