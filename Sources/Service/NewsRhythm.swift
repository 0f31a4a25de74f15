import Archive
import FeedModel

/// Whether nothing new has come for longer than usual, over all feeds: by the rhythm of the last weeks.
///
/// Each hour of the week has its usual number of new articles; a silence weighs as many as should have come in it, so
/// that a night weighs little. It is unusual when it weighs twice as much as any in the last four weeks, and at least
/// `leastExpected` articles. Only hours in which polls were made count, and a week of them must be known; hours of the week
/// that were never watched before the silence weigh nothing. New feeds' first documents and floods are no rhythm: an hour
/// counts for so many times the median hour that brought anything, and not for more.
struct NewsRhythm {
    static let leastExpected = 8.0
    static let timesLongest = 2.0
    static let timesMedian = 4
    private static let leastHours = 168
    /// Weeks of an even rhythm that what is known of an hour is held against.
    private static let prior = 1.0

    /// - Parameter hours: by time.
    static func isUnusual(_ hours: [NewsHour], at now: Timestamp) -> Bool {
        // The hour that goes on tells of entries, not yet of their absence.
        let current = Int(now.seconds / 3600)
        var watched = hours.filter { $0.polls > 0 || $0.new > 0 }
        let brought = watched.map(\.new).filter { $0 > 0 }.sorted()
        let most = brought.isEmpty ? 0 : brought[brought.count / 2] * timesMedian
        for index in watched.indices { watched[index].new = min(watched[index].new, most) }
        guard watched.count >= leastHours, let last = watched.lastIndex(where: { $0.new > 0 }) else { return false }
        let even = Double(watched.reduce(0) { $0 + $1.new }) / Double(watched.count)
        var ofWeek = [(new: Double, weeks: Double)](repeating: (0, 0), count: 168)
        // The silence itself is judged by what was before it.
        for hour in watched[...last] {
            ofWeek[hour.hour % 168].new += Double(hour.new)
            ofWeek[hour.hour % 168].weeks += 1
        }
        func expected(_ hour: NewsHour) -> Double {
            let (new, weeks) = ofWeek[hour.hour % 168]
            return weeks == 0 ? 0 : (new + prior * even) / (weeks + prior)
        }
        var (longest, weight) = (0.0, 0.0)
        for hour in watched[...last] {
            if hour.new > 0 {
                longest = max(longest, weight)
                weight = 0
            } else {
                weight += expected(hour)
            }
        }
        let silence = watched[(last + 1)...].filter { $0.hour < current }.reduce(0) { $0 + expected($1) }
        return silence > max(leastExpected, timesLongest * longest)
    }
}
