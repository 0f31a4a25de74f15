import Archive
import FeedModel
import Testing

@testable import Ingest

/// Feeds that change an entry at every poll: which states are kept.
@Suite struct RevisionThinningTests {
    private static let start = Timestamp(seconds: 1_790_000_000)
    private let feed = "https://a.example/feed"

    /// Where in its run a state stands: minutes since the feed's state before, and since its poll before.
    struct Place {
        var sincePrevious: Int64
        var sinceLastPoll: Int64
        var place: Int
    }

    @Test(
        "what goes on with a run",
        arguments: [
            Place(sincePrevious: 5, sinceLastPoll: 5, place: 8),
            // A poll in between found it as it was, but less than an hour has passed.
            Place(sincePrevious: 59, sinceLastPoll: 15, place: 8),
            // It rested.
            Place(sincePrevious: 60, sinceLastPoll: 15, place: 0),
            // Polled once a day, it changes each time.
            Place(sincePrevious: 1440, sinceLastPoll: 1440, place: 8),
            // Pushed by a hub since the last poll.
            Place(sincePrevious: 90, sinceLastPoll: 720, place: 8),
        ])
    func place(_ one: Place) {
        let now = Self.start + .days(9)
        let previous = RevisionState(
            number: 20, feed: FeedID(rawValue: 1), seen: now - .minutes(one.sincePrevious), place: 7)
        let place = RevisionThinning.place(after: previous, lastPoll: now - .minutes(one.sinceLastPoll), at: now)
        #expect(place == one.place)
        #expect(RevisionThinning.place(after: nil, lastPoll: nil, at: now) == 0)
    }

    /// States with their places, `minutes` apart.
    private func run(_ count: Int, minutes: Int, from number: Int = 1, feed: Int64 = 1) -> [RevisionState] {
        (0..<count).map {
            RevisionState(
                number: number + $0, feed: FeedID(rawValue: feed),
                seen: Self.start + .minutes(Int64((number + $0) * minutes)),
                place: $0)
        }
    }

    @Test("thirteen states in a row are churn, twelve are not")
    func longestRun() {
        #expect(RevisionThinning.thinned(run(12, minutes: 1)).isEmpty)
        #expect(!RevisionThinning.thinned(run(13, minutes: 1)).isEmpty)
        #expect(RevisionThinning.thinned([]).isEmpty)
    }

    @Test("edits now and then are all kept, before and after a run")
    func restedStates() {
        let rested = (1...40).map {
            RevisionState(
                number: $0, feed: FeedID(rawValue: 1), seen: Self.start + .minutes(Int64($0)), place: 0)
        }
        #expect(RevisionThinning.thinned(rested).isEmpty)
        let all = run(3, minutes: 5) + run(50, minutes: 5, from: 4) + run(4, minutes: 5, from: 54)
        let thinned = RevisionThinning.thinned(all)
        #expect(!thinned.isEmpty && thinned.allSatisfy { (9...48).contains($0) })
    }

    @Test("each place has its own runs")
    func twoFeeds() {
        // Two feeds in turn, neither of which goes beyond twelve.
        let both = (0..<24).map {
            RevisionState(
                number: $0 + 1, feed: FeedID(rawValue: Int64($0 % 2)), seen: Self.start + .minutes(Int64($0)),
                place: $0 / 2)
        }
        #expect(RevisionThinning.thinned(both).isEmpty)
    }

    @Test("of a long run the ends are kept, each hour of the last day, and each day before")
    func longRun() {
        let states = run(4000, minutes: 5)
        let thinned = Set(RevisionThinning.thinned(states))
        let kept = states.filter { !thinned.contains($0.number) }
        #expect(kept.prefix(5).map(\.number) == [1, 2, 3, 4, 5])
        #expect(kept.suffix(5).map(\.number) == [3996, 3997, 3998, 3999, 4000])
        // 14 days of 288 states.
        #expect((46...49).contains(kept.count))
        let newest = Self.start + .minutes(20_000)
        for hour in 0..<24 as Range<Int64> {
            let ago = Duration.hours(hour)
            #expect(kept.contains { newest - $0.seen >= ago && newest - $0.seen <= ago + .hours(1) })
        }
    }

    @Test("thinning at each new state leaves what thinning at the end leaves", arguments: [5, 14, 61, 700])
    func stepwise(minutes: Int) {
        let states = run(400, minutes: minutes)
        var kept: [RevisionState] = []
        for state in states {
            kept.append(state)
            let thinned = Set(RevisionThinning.thinned(kept))
            kept.removeAll { thinned.contains($0.number) }
        }
        let thinned = Set(RevisionThinning.thinned(states))
        #expect(kept == states.filter { !thinned.contains($0.number) })
    }

    // MARK: in an archive

    private func counting(_ number: Int, _ words: String = "") -> Entry {
        entry("1", url: "https://a.example/1", html: "<p>\(longText(1))\(words)</p><p>Read \(number) times</p>")
    }

    @Test("a counter in the text: few states of hundreds are kept, the first and the newest as they were")
    func counter() async throws {
        let lab = try IdentityLab()
        for number in 1...200 {
            // The edit of the middle is undone by nobody.
            let words = number >= 100 ? " and a correction" : ""
            let result = try await lab.poll(feed, [counting(number, words)], after: .minutes(5))
            #expect(result.new == (number == 1 ? 1 : 0) && result.revised == (number == 1 ? 0 : 1))
        }
        let article = try #require(try lab.articles.first)
        #expect(try lab.articles.count == 1 && article.revision == 200)
        let kept = try lab.revisions(article)
        #expect((25...30).contains(kept.count))
        #expect(kept.prefix(5).map(\.body?.value) == (1...5).map { counting($0).content?.value })
        #expect(
            kept.suffix(5).map(\.body?.value) == (196...200).map { counting($0, " and a correction").content?.value })
        // The edit was kept within the hour.
        let edited = try #require(kept.first { $0.text.contains("correction") })
        #expect((100...112).contains(edited.revision))
        #expect(try lab.findings().isEmpty)
        #expect(try lab.feed(feed)?.poll.churn?.since == Timestamp(seconds: 1_790_000_000) + .minutes(65))

        // Every line is there, with its number; what is not kept shows the next state that is.
        let lines = try lab.archive.changes(after: 0, limit: 1000)
        #expect(lines.map(\.seq) == Array(1...200) && lines.compactMap(\.article?.revision) == Array(1...200))
        let numbers = kept.map(\.revision)
        for line in lines {
            let revision = try #require(line.article?.revision)
            let shown = numbers.first { $0 >= revision }
            #expect(line.insteadRevision == (shown == revision ? nil : shown))
            #expect(line.article?.text == kept.first { $0.revision == shown }?.text)
        }
        var json = JSONWriter()
        json.change(lines[50])
        #expect(json.string.contains("\"thinned\":true"))
        let figures = try lab.archive.statusFigures(at: lab.now, overdueAfter: .hours(1))
        #expect(figures.revisions == kept.count && figures.churnyFeeds == 1)
    }

    @Test("a state that was thinned and comes back is a state like any other")
    func returnsToThinned() async throws {
        let lab = try IdentityLab()
        for number in 1...60 { try await lab.poll(feed, [counting(number)], after: .minutes(5)) }
        let kept = try lab.revisions(try #require(try lab.articles.first)).map(\.revision)
        let gone = try #require((6...50).first { !kept.contains($0) })
        #expect(try await lab.poll(feed, [counting(gone)], after: .minutes(5)).revised == 1)
        let article = try #require(try lab.articles.first)
        #expect(article.revision == 61 && article.text.hasSuffix("Read \(gone) times"))
        // Back and forth between two is no more than two contents.
        for number in 0..<40 {
            try await lab.poll(feed, [counting(number % 2 == 0 ? 60 : gone)], after: .minutes(5))
        }
        #expect(try lab.findings().isEmpty)
    }

    @Test("a counter beside the same article in another feed")
    func beside() async throws {
        let lab = try IdentityLab()
        let other = "https://b.example/feed"
        let copy = entry("b", url: "https://a.example/1", html: "<p>\(longText(1))</p>")
        for number in 1...40 {
            try await lab.poll(feed, [counting(number)], after: .minutes(5))
            try await lab.poll(other, [copy], after: .minutes(1))
        }
        #expect(try lab.articles.count == 1)
        #expect(try lab.findings().isEmpty)
        #expect(try lab.feed(other)?.poll.churn == nil)
        #expect(try lab.feed(feed)?.poll.churn != nil)
    }

    @Test("the index finds the newest state, however far behind it was")
    func indexed() async throws {
        let lab = try IdentityLab()
        for number in 1...200 {
            try await lab.poll(feed, [counting(number)], after: .minutes(5))
            // The index holds a state that is about to be thinned.
            if number == 17 { _ = try await lab.archive.write { try $0.indexNext(articles: 10, bytes: 1 << 20) } }
        }
        #expect(try lab.findings().isEmpty)
        _ = try await lab.archive.write { try $0.indexNext(articles: 10, bytes: 1 << 20) }
        #expect(try lab.findings().isEmpty)
    }

    @Test("the mark goes away after a week of rest")
    func mark() {
        var state = PollState(url: feed)
        state.noteChurn(2, at: Self.start)
        state.noteChurn(1, at: Self.start + .days(1))
        #expect(state.churn == PollState.Churn(since: Self.start, last: Self.start + .days(1)))
        state.noteChurn(0, at: Self.start + .days(7))
        #expect(state.churn != nil)
        state.noteChurn(0, at: Self.start + .days(8))
        #expect(state.churn == nil)
    }
}
