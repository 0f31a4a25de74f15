import Archive
import FeedModel
import Testing

@testable import Service

@Suite struct NewsRhythmTests {
    /// A Monday, 00:00 GMT, in hours since 1970.
    static let monday = Int(Timestamp(year: 2026, month: 11, day: 23)?.seconds ?? 0) / 3600

    /// Four weeks up to an hour before which nothing came for a while.
    private func hours(silent: Int, until end: Int, _ new: (_ hourOfWeek: Int) -> Int) -> [NewsHour] {
        (0..<(28 * 24)).map { index in
            let hour = end - 28 * 24 + index
            let ofWeek = ((hour - Self.monday) % 168 + 168) % 168
            return NewsHour(hour: hour, polls: 10, new: index >= 28 * 24 - silent ? 0 : new(ofWeek))
        }
    }

    private func isUnusual(_ hours: [NewsHour]) -> Bool {
        NewsRhythm.isUnusual(hours, at: Timestamp(seconds: Int64((hours.last?.hour ?? 0) + 1) * 3600))
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var silent: Int
        /// Hours after a Monday's beginning.
        var end: Int
        var isUnusual: Bool
        var new: @Sendable (Int) -> Int
        var testDescription: String { name }
    }

    static let office: @Sendable (Int) -> Int = { (8..<18).contains($0 % 24) && $0 < 120 ? 6 : 0 }
    static let daily: @Sendable (Int) -> Int = { $0 % 24 == 9 ? 1 : 0 }

    static let rows = [
        Row(name: "steady, one hour without", silent: 1, end: 12, isUnusual: false, new: { _ in 3 }),
        Row(name: "steady, four hours without", silent: 4, end: 12, isUnusual: true, new: { _ in 3 }),
        Row(name: "busy, one hour without", silent: 1, end: 12, isUnusual: true, new: { _ in 400 }),
        Row(name: "offices, in the night", silent: 10, end: 31, isUnusual: false, new: office),
        Row(name: "offices, on Sunday night", silent: 54, end: 168, isUnusual: false, new: office),
        Row(name: "offices, on a working day", silent: 6, end: 14, isUnusual: true, new: office),
        Row(name: "one a day, two days without", silent: 48, end: 12, isUnusual: false, new: daily),
        Row(name: "one a day, three weeks without", silent: 500, end: 12, isUnusual: true, new: daily),
        Row(name: "once a week", silent: 160, end: 166, isUnusual: false, new: { $0 == 5 ? 40 : 0 }),
    ]

    @Test(arguments: rows) func itIsJudgedByTheHoursOfTheWeek(row: Row) {
        #expect(isUnusual(hours(silent: row.silent, until: Self.monday + row.end, row.new)) == row.isUnusual)
    }

    @Test func hoursWithoutPollsDoNotCount() {
        var hours = hours(silent: 48, until: Self.monday + 12) { _ in 3 }
        #expect(isUnusual(hours))
        for index in hours.indices.suffix(46) { hours[index].polls = 0 }
        #expect(!isUnusual(hours))
    }

    /// All feeds' first documents, a week before; the feeds bring two a day.
    @Test func firstDocumentsAreNoRhythm() {
        var hours = Array(hours(silent: 11, until: Self.monday + 12) { $0 % 12 == 0 ? 1 : 0 }.suffix(180))
        #expect(!isUnusual(hours))
        hours[2].new = 3000
        #expect(!isUnusual(hours))
    }

    /// The first weekend is not known before it is over.
    @Test func theFirstWeekendIsNoSilence() {
        let hours = hours(silent: 54, until: Self.monday + 168, Self.office)
        for count in 168..<220 { #expect(!isUnusual(Array(hours.suffix(count))), "\(count) hours") }
    }

    @Test func aWeekMustBeKnown() {
        let hours = hours(silent: 10, until: Self.monday + 12) { _ in 3 }
        #expect(isUnusual(hours) && !isUnusual(Array(hours.suffix(150))))
    }
}
