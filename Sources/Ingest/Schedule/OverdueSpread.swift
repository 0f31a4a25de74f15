import FeedModel

/// What is overdue all at once – at the start, and when our own network works again – starts one after the other, the
/// longest overdue first, so that the first seconds are not one burst. Limits of hosts come on top.
///
/// | overdue      | one every | the last after |
/// |-------------:|-----------|----------------|
/// |            1 | –         | at once        |
/// |          100 | 20 ms     | 2 s            |
/// |        3,000 | 20 ms     | 1 min          |
/// |       10,000 | 6 ms      | 1 min          |
enum OverdueSpread {
    static let distance: Duration = .milliseconds(20)
    static let longest: Duration = .minutes(1)

    /// How long the feed with this index waits, of so many, the longest overdue first.
    static func wait(_ index: Int, of count: Int) -> Duration {
        guard count > 0 else { return .zero }
        return min(distance * index, longest * index / count)
    }

    /// Puts off what is overdue; what is due later stays where it is.
    static func spread(_ feeds: [(feed: FeedID, host: String, at: Timestamp?)], at now: Timestamp)
        -> [(feed: FeedID, host: String, at: Timestamp?)]
    {
        var feeds = feeds
        let overdue = feeds.indices.compactMap { index in feeds[index].at.flatMap { $0 <= now ? (index, $0) : nil } }
            .sorted { ($0.1, $0.0) < ($1.1, $1.0) }
        for (rank, (index, _)) in overdue.enumerated() { feeds[index].at = now + wait(rank, of: overdue.count) }
        return feeds
    }
}
