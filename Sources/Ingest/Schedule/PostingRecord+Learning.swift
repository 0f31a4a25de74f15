public import FeedModel

extension PostingRecord {
    /// Takes in what a document brought.
    ///
    /// Where a document of several entries holds none that was known, and all of them are younger than the newest that
    /// was, others may have come and gone between: a suspected loss. From a document on that was known by less than half,
    /// and until documents are known by three quarters again, the feed is polled sooner.
    ///
    /// - Parameters:
    ///   - arrivals: instants of the entries that the feed had not held before.
    ///   - known: how many of the document's entries it had.
    ///   - document: instants of all of its entries.
    ///   - beginning: what `beginning(_:at:)` gives, where that was made beforehand.
    ///   - isPartial: the document holds what is new alone, so that it tells nothing of what was there.
    ///   - since: the last poll that succeeded.
    public mutating func learn(
        arrivals: [Timestamp?], known: Int, document: some Collection<Timestamp?>, beginning: [UInt8]? = nil,
        isPartial: Bool = false, since: Timestamp?, at now: Timestamp
    ) {
        let window = self.window
        if !isPartial { self.window = document.count }
        guard var history = usableHistory(at: now) else {
            self.history = beginning ?? PostingHistory(first: document, at: now).bytes
            return
        }
        if !isPartial, known * 4 >= document.count * 3 { narrowStreak = max(narrowStreak - 1, 0) }
        guard !arrivals.isEmpty else { return }
        let isNarrow = !isPartial && window > 0 && document.count > 1 && known * 2 < document.count
        if isNarrow { narrowStreak = min(narrowStreak + 1, PostingRecord.longestStreak) }
        let reachesBack = history.newest.map { newest in arrivals.contains { $0.map { $0 <= newest } ?? false } }
        if isNarrow, known == 0, arrivals.count == document.count, reachesBack != true {
            losses += 1
            lastLoss = now
        }
        history.observe(PostingRecord.plausible(arrivals, since: since ?? history.asOf, at: now), until: now)
        self.history = history.bytes
    }

    /// The history that a first document gives, which takes some 0.3 ms; `nil` where there is one.
    public func beginning(_ document: some Collection<Timestamp?>, at now: Timestamp) -> [UInt8]? {
        usableHistory(at: now) == nil ? PostingHistory(first: document, at: now).bytes : nil
    }

    /// `nil` as well for a history that a clock far ahead has taken beyond now: it begins anew.
    private func usableHistory(at now: Timestamp) -> PostingHistory? {
        history.flatMap(PostingHistory.init(bytes:)).flatMap { $0.asOf <= now + .days(1) ? $0 : nil }
    }

    /// About how many entries a poll brings: what the feed posts in the time since the last one, a day of it at the most
    /// (what comes later than that is no news by its date), and no more than its document holds.
    public func usualArrivals(since: Timestamp?, at now: Timestamp) -> Int {
        guard let since, let history = usableHistory(at: now) else { return 0 }
        let span = min(max(now - since, .zero), PostingRecord.longestDelay)
        let expected = history.rate * Double(span.milliseconds) / 3_600_000
        return min(window, Int(min(expected, 1_000_000).rounded(.up)))
    }

    private static let longestStreak = 6
    /// An entry may come to light so much later than it says.
    private static let longestDelay: Duration = .days(1)

    /// Instants that are missing, in the future or long before the last poll say nothing: such entries came some time
    /// between the polls.
    private static func plausible(_ arrivals: [Timestamp?], since: Timestamp, at now: Timestamp) -> [Timestamp] {
        let dated = arrivals.compactMap(\.self).filter { $0 <= now && $0 > since - longestDelay }
        return (dated + PostingHistory.spread(arrivals.count - dated.count, from: since, to: now)).sorted()
    }

    /// The learned interval; `nil` while nothing is known. Notes what polls of the feed are worth.
    ///
    /// - Parameter silence: for how long the feed may be silent, from its newest entry on.
    public mutating func wait(
        at now: Timestamp, price: Double, longest: Duration, silence: SilenceRule = .auto
    ) -> Duration? {
        guard var current = usableHistory(at: now) else { return nil }
        expectSilence(current, silence)
        self.price = price == LearnedInterval.usualPrice ? nil : price
        // Silence is taken in for this reckoning alone: what is kept changes with entries.
        current.observe([], until: now)
        let interval = LearnedInterval(current, price: price, window: window, narrowStreak: narrowStreak)
        demand = interval.demand
        return interval.wait(from: now, longest: longest)
    }

    private mutating func expectSilence(_ history: PostingHistory, _ rule: SilenceRule) {
        newest = history.newest
        isSilenceAsked = false
        switch rule {
        case .off: silenceAlarm = nil
        case .auto: silenceAlarm = Silence.alarm(history)
        case .after(let span):
            // A feed that never held an entry is as old as what is known of it.
            newest = newest ?? history.asOf
            silenceAlarm = newest.map { $0 + span }
            isSilenceAsked = true
        }
    }
}
