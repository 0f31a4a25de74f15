public import Archive
public import FeedModel

/// What retention has removed, or would remove.
public struct PruneSummary: Hashable, Sendable {
    public struct Count: Hashable, Sendable {
        public var articles = 0
        /// Of articles that stay.
        public var revisions = 0
        /// Of texts and of what entries said, about.
        public var bytes = 0

        public init() {}
    }

    public var total = Count()
    /// By the current URL of the feed whose content an article showed.
    public var byFeed: [String: Count] = [:]

    public init() {}

    mutating func add(_ pruned: PrunedArticle, isRemoved: Bool) {
        func add(to count: inout Count) {
            if isRemoved { count.articles += 1 } else { count.revisions += pruned.revisions }
            count.bytes += pruned.bytes
        }
        add(to: &total)
        add(to: &byFeed[pruned.feedURL, default: Count()])
    }
}

/// Removes from the archive what its feeds do not want to be kept any longer; see `RetentionRule`.
///
/// Articles are looked at in ranges of their numbers, each in a read of its own, and removed a few in one transaction,
/// where they are looked at again: a poll may have seen one meanwhile. So no poll waits for long, a crash leaves some to
/// the next time, and nothing half removed.
public struct Pruner: Sendable {
    /// Articles that one transaction takes away: some milliseconds.
    private static let batch = 16

    private let archive: Archive
    private let configuration: Configuration
    private let time: any TimeSource

    public init(archive: Archive, configuration: Configuration, time: any TimeSource) {
        self.archive = archive
        self.configuration = configuration
        self.time = time
    }

    /// - Parameters:
    ///   - isDry: nothing is changed, and the archive may be open for reading alone.
    ///   - besidePolls: with a rest after each batch as long as it took.
    public func run(isDry: Bool = false, besidePolls: Bool = false) async throws -> PruneSummary {
        var summary = PruneSummary()
        let rule = RetentionRule(configuration, feeds: try archive.feedsByConfiguredURL())
        if rule.keepsEverything { return summary }
        let now = time.now
        var position = ArticleID(rawValue: 0)
        while let next = try archive.retentionCandidates(
            after: position, firstSeenBefore: rule.shortestSpan.map { now - $0 }, revisions: rule.fewestRevisions)
        {
            if Task.isCancelled { break }
            position = next.position
            let due = next.candidates.filter {
                rule.isOver($0.places, at: now) || !rule.excess($0.states, $0.places).isEmpty
            }
            if isDry {
                for one in due {
                    let isOver = rule.isOver(one.places, at: now)
                    let excess = isOver ? one.states : rule.excess(one.states, one.places)
                    summary.add(try archive.measure(one.id, excess, isWhole: isOver), isRemoved: isOver)
                }
                continue
            }
            for start in stride(from: 0, to: due.count, by: Pruner.batch) {
                if Task.isCancelled { return summary }
                let articles = due[start..<min(start + Pruner.batch, due.count)].map(\.id)
                let began = time.now
                let pruned = try await archive.write { archive in
                    try articles.compactMap { try Pruner.prune($0, rule, at: now, in: archive) }
                }
                for (one, isRemoved) in pruned { summary.add(one, isRemoved: isRemoved) }
                let ended = time.now
                if besidePolls, ended > began { try? await time.sleep(until: ended + (ended - began)) }
            }
        }
        return summary
    }

    private static func prune(
        _ id: ArticleID, _ rule: RetentionRule, at now: Timestamp, in archive: borrowing ArchiveTransaction
    ) throws -> (PrunedArticle, isRemoved: Bool)? {
        guard let article = try archive.retentionCandidate(id) else { return nil }
        if rule.isOver(article.places, at: now) {
            let pruned = try archive.measure(id, article.states, isWhole: true)
            try archive.remove(Tombstone.of(id, in: archive), at: now)
            return (pruned, true)
        }
        let excess = rule.excess(article.states, article.places)
        if excess.isEmpty { return nil }
        let pruned = try archive.measure(id, excess, isWhole: false)
        try archive.removeRevisions(excess, of: id)
        return (pruned, false)
    }
}

extension Tombstone {
    /// What it takes to recognise an article's entries once the article is gone; see `Identity`.
    static func of(_ id: ArticleID, in archive: borrowing ArchiveTransaction) throws -> Tombstone {
        let contents = try archive.contents(of: id)
        let byID = Dictionary(contents.map { ($0.id, $0) }) { $1 }
        let places = try archive.sightings(of: id).map { sighting in
            let content = byID[sighting.contentID]
            return TombstonePlace(
                article: id, feed: sighting.feed, guid: sighting.guid, urlKey: sighting.urlKey,
                titleKey: EntryDigest.titleKey(CanonicalForm.title(content?.title)), instant: sighting.instant,
                hash: content?.hash ?? [])
        }
        return Tombstone(
            article: id, places: places,
            substantialHashes: contents.filter { CanonicalForm.mayBeSubstantial(length: $0.length) }.map(\.hash),
            enclosures: try archive.attachmentURLs(of: id).compactMap(CanonicalURL.ofEnclosure))
    }
}
