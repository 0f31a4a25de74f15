import Archive
import FeedModel
import Testing

@testable import Ingest

/// What is not kept any more, as a table of cases.
@Suite struct RetentionRuleTests {
    private static let now = Timestamp(seconds: 1_790_000_000)
    private static let (forever, year, tenYears, others) = (
        FeedID(rawValue: 1), FeedID(rawValue: 2), FeedID(rawValue: 3), FeedID(rawValue: 9)
    )
    private static let ofFeed: [FeedID: Retention] = [
        forever: .everything,
        year: Retention(articles: .atLeast(.days(365)), revisions: .newest(3)),
        tenYears: Retention(articles: .atLeast(.days(3650)), revisions: .newest(5)),
    ]

    private static func place(_ feed: FeedID, days: Int64, isCurrent: Bool = false) -> ArticlePlace {
        ArticlePlace(feed: feed, isCurrent: isCurrent, lastSeen: now - .days(days))
    }

    @Test(
        "when an article is over",
        arguments: [
            ([place(year, days: 366)], true, "long enough ago"),
            ([place(year, days: 365)], false, "to the day"),
            ([place(year, days: 4000, isCurrent: true)], false, "it stands in the feed's document"),
            ([place(year, days: 4000), place(year, days: 10)], false, "another guid of the same feed"),
            ([place(year, days: 4000), place(tenYears, days: 3000)], false, "the more generous of two feeds"),
            ([place(year, days: 366), place(tenYears, days: 3651)], true, "both have had enough"),
            ([place(year, days: 4000), place(forever, days: 9000)], false, "one keeps everything"),
            ([place(year, days: 4000), place(others, days: 9000)], false, "a feed that left the configuration"),
            ([place(others, days: 9000, isCurrent: true)], false, "nothing but such"),
            ([], false, "no place at all"),
        ] as [([ArticlePlace], Bool, String)])
    func isOver(places: [ArticlePlace], isOver: Bool, why: String) {
        #expect(RetentionRule(ofFeed: Self.ofFeed).isOver(places, at: Self.now) == isOver, "\(why)")
    }

    @Test("feeds that left the configuration, when it says that they are meant too")
    func removedFeeds() {
        let rule = RetentionRule(
            ofFeed: Self.ofFeed, ofOthers: Retention(articles: .atLeast(.days(100)), revisions: .all))
        // They are polled no more, so nothing stands in their document.
        #expect(rule.isOver([Self.place(Self.others, days: 101, isCurrent: true)], at: Self.now))
        #expect(!rule.isOver([Self.place(Self.others, days: 99, isCurrent: true)], at: Self.now))
        #expect(rule.shortestSpan == .days(100))
    }

    @Test(
        "which states go",
        arguments: [
            ([year], Array(1...9), [2, 3, 4, 5, 6]), ([tenYears], Array(1...9), [2, 3, 4]),
            ([year, tenYears], Array(1...9), [2, 3, 4]), ([year, forever], Array(1...9), []),
            ([year, others], Array(1...9), []), ([year], Array(1...4), []), ([year], [1, 40, 41, 42, 43], [40]),
            ([year], [1], []),
        ] as [([FeedID], [Int], [Int])])
    func excess(feeds: [FeedID], states: [Int], gone: [Int]) {
        let places = feeds.map { Self.place($0, days: 1, isCurrent: true) }
        #expect(RetentionRule(ofFeed: Self.ofFeed).excess(states, places) == gone)
    }

    @Test("nothing said is everything kept")
    func nothingSaid() {
        #expect(RetentionRule(Configuration(), feeds: [:]).keepsEverything)
        #expect(!RetentionRule(ofFeed: Self.ofFeed).keepsEverything)
        #expect(RetentionRule(ofFeed: Self.ofFeed).fewestRevisions == 4)
    }
}
