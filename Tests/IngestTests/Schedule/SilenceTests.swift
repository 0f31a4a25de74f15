import FeedModel
import Testing

@testable import Ingest

/// When it is told that a feed that answers has been silent for too long.
@Suite struct SilenceTests {
    /// Monday, 2026-11-23T00:00:00Z.
    static let monday = Timestamp(year: 2026, month: 11, day: 23) ?? Timestamp(seconds: 0)
    static let weeks = 12

    /// Twelve weeks of a rhythm, up to a Monday: hours after the first.
    static func instants(_ posts: (_ hour: Int) -> Int) -> [Timestamp] {
        (0..<weeks * 168).flatMap { hour in
            (0..<posts(hour)).map { monday - .days(Int64(weeks) * 7) + .hours(Int64(hour)) + .minutes(Int64(7 * $0)) }
        }
    }

    private func history(_ instants: [Timestamp]) -> PostingHistory {
        var history = PostingHistory(
            first: instants.prefix(10).map(Optional.some), at: instants[min(9, instants.count - 1)])
        for instant in instants.dropFirst(10) { history.observe([instant], until: instant + .minutes(1)) }
        return history
    }

    struct Rhythm: Sendable, CustomTestStringConvertible {
        var name: String
        var posts: @Sendable (Int) -> Int
        /// Days after the newest entry.
        var told: ClosedRange<Double> = 0...0
        var testDescription: String { name }
    }

    static let isSquare: @Sendable (Int) -> Bool = { number in
        let root = Int(Double(number).squareRoot())
        return root * root == number
    }
    static let isOffice: @Sendable (Int) -> Bool = { $0 % 168 < 120 && (8..<18).contains($0 % 24) }

    @Test(arguments: [
        Rhythm(name: "hourly", posts: { _ in 1 }, told: 0.99...1.1),
        Rhythm(name: "every ten minutes", posts: { _ in 6 }, told: 0.99...1.1),
        Rhythm(name: "hourly by day", posts: { (6..<22).contains($0 % 24) ? 1 : 0 }, told: 0.99...2),
        Rhythm(name: "office hours", posts: { isOffice($0) ? 1 : 0 }, told: 4...8),
        Rhythm(name: "daily", posts: { $0 % 24 == 9 ? 1 : 0 }, told: 8...14),
        Rhythm(name: "ten on every Monday", posts: { $0 % 168 == 9 ? 10 : 0 }, told: 14...21),
        Rhythm(name: "weekly", posts: { $0 % 168 == 9 ? 1 : 0 }, told: 60...110),
        Rhythm(name: "bursts of twenty, five days apart", posts: { $0 % 120 == 0 ? 20 : 0 }, told: 10...16),
    ])
    func itIsToldByTheFeedsOwnRhythm(rhythm: Rhythm) throws {
        let history = history(Self.instants(rhythm.posts))
        let newest = try #require(history.newest)
        let alarm = try #require(Silence.alarm(history))
        let days = Double((alarm - newest).milliseconds) / 86_400_000
        #expect(rhythm.told.contains(days), "told after \(days) days")
        // What is kept tells the same.
        let kept = try #require(PostingHistory(bytes: history.bytes).flatMap(Silence.alarm))
        #expect(abs((kept - alarm).milliseconds) < 600_000)
    }

    /// At every poll of its life, an hour apart.
    @Test(arguments: [
        Rhythm(name: "hourly", posts: { _ in 1 }), Rhythm(name: "office hours", posts: { isOffice($0) ? 2 : 0 }),
        Rhythm(name: "hourly by day", posts: { (6..<22).contains($0 % 24) ? 1 : 0 }),
        Rhythm(name: "weekly", posts: { $0 % 168 == 9 ? 1 : 0 }),
        Rhythm(name: "bursts", posts: { $0 % 100 < 2 ? 12 : 0 }),
        Rhythm(name: "every other week", posts: { $0 % 336 == 9 ? 5 : 0 }),
        Rhythm(name: "ever more rarely", posts: { isSquare($0) ? 1 : 0 }),
    ])
    func aFeedThatKeepsToItsRhythmIsNeverTold(rhythm: Rhythm) {
        let start = Self.monday - .days(Int64(Self.weeks) * 7)
        let instants = Self.instants(rhythm.posts)
        var record = PostingRecord()
        var (seen, last) = (0, start)
        for hour in 1...Self.weeks * 168 {
            let now = start + .hours(Int64(hour))
            let count = instants[seen...].prefix { $0 <= now }.count
            if count > 0 {
                let document = Array(instants[..<(seen + count)].suffix(20)) as [Timestamp?]
                record.learn(
                    arrivals: Array(document.suffix(count)), known: max(document.count - count, 0), document: document,
                    since: last, at: now)
                seen += count
            }
            _ = record.wait(at: now, price: 0.125, longest: .hours(24))
            last = now
            if let alarm = record.silenceAlarm {
                #expect(now < alarm, "told in hour \(hour), newest \(record.newest?.rfc3339 ?? "")")
                if now >= alarm { return }
            }
        }
    }

    /// A weekend may be quiet: who was met in the middle of a week has not shown yet.
    @Test func daysThatWereNeverWatchedDoNotCount() throws {
        let friday = Self.monday + .days(5)
        let history = PostingHistory(first: (0..<48).map { friday - .hours($0) }, at: friday)
        let alarm = try #require(Silence.alarm(history))
        #expect(alarm > friday + .days(2))
        #expect(alarm <= friday + .days(8))
    }

    @Test(arguments: [0, 1, 3, 5])
    func tooLittleIsKnownOfAFewEntries(count: Int) {
        let history = PostingHistory(first: (0..<count).map { Self.monday - .hours(Int64($0)) }, at: Self.monday)
        #expect(Silence.alarm(history) == nil)
    }

    /// Many feeds had ended before they were met, and that is no news.
    @Test func whatEndedBeforeItWasMetIsNotTold() {
        let history = PostingHistory(first: (0..<50).map { Self.monday - .days(400) - .hours($0) }, at: Self.monday)
        #expect(Silence.alarm(history) == nil)
    }

    @Test func theConfigurationsWordGoesBeforeTheRhythm() {
        let dates = (0..<20).map { Self.monday - .hours($0) as Timestamp? }
        var record = PostingRecord()
        record.learn(arrivals: dates, known: 0, document: dates, since: nil, at: Self.monday)
        func alarm(_ rule: SilenceRule) -> (Timestamp?, Bool) {
            _ = record.wait(at: Self.monday, price: 0.125, longest: .hours(24), silence: rule)
            return (record.silenceAlarm, record.isSilenceAsked)
        }
        #expect(alarm(.off) == (nil, false))
        #expect(alarm(.after(.hours(3))) == (Self.monday + .hours(3), true))
        #expect(alarm(.auto).0 != nil)
    }

    /// Archives from before the longest gap was kept.
    @Test func aHistoryOfTheEarlierFormGoesOn() throws {
        let history = history(Self.instants { _ in 1 })
        let earlier = [1] + history.bytes.dropFirst().dropLast(4)
        let read = try #require(PostingHistory(bytes: earlier))
        #expect(read.newest == history.newest && abs(read.rate / history.rate - 1) < 1e-5)
        let (newest, alarm) = (try #require(read.newest), try #require(Silence.alarm(read)))
        #expect(alarm - newest > .days(7))
    }
}
