import FeedModel

/// The interval that a feed's own posting times suggest.
enum LearnedInterval {
    /// Half of the mean gap between the newest dated entries, so that news is found within a quarter of it
    /// on average; longer where the feed has been silent for long. `nil` where the dates tell nothing: fewer
    /// than two different ones in the past.
    static func of(_ instants: some Sequence<Timestamp?>, at now: Timestamp) -> Duration? {
        let past = Set(instants.compactMap(\.self)).filter { $0 <= now }.sorted(by: >).prefix(20)
        guard let newest = past.first, let oldest = past.last, past.count > 1 else { return nil }
        let gap = (newest - oldest) / (past.count - 1)
        let silence = now - newest
        return max(gap, silence / 4) / 2
    }
}
