public import Archive
public import FeedModel

/// Links articles that say almost the same as stories, behind the polls: the articles that are new or show another
/// content, in batches that hold no poll up for long.
public struct StoryFinder: Sendable {
    /// How much is looked at in one transaction.
    struct Batch {
        var articles: Int
        /// Of text, that of candidates included.
        var bytes: Int

        /// About 10 ms of the writer's time; some 30 ms where one article is like many long ones.
        static let besidePolls = Batch(articles: 32, bytes: 256 << 10)
        static let alone = Batch(articles: 1024, bytes: 16 << 20)
    }

    private let archive: Archive
    private let time: any TimeSource

    /// As much of a text as is compared.
    private static let longestText = 64 << 10
    /// The newest articles of each band that are looked at: a text that everybody has must not hold up everybody.
    private static let mostInBand = 16
    /// Candidates whose texts are read, those that share most bands first.
    private static let mostRead = 12
    /// New links of one article, the closest.
    private static let mostLinks = 4
    /// Links that are looked at again when an article shows something else, the closest.
    private static let mostLinked = 32
    /// A story is looked for among what was first seen within this time before.
    static let remembered: Duration = .days(30)

    public init(archive: Archive, time: any TimeSource) {
        self.archive = archive
        self.time = time
    }

    /// Looks until nothing is left, the time is over or the task is cancelled; at least one batch.
    ///
    /// - Parameter besidePolls: in small batches, with a rest after each as long as it took.
    /// - Returns: whether something is left.
    @discardableResult
    public func catchUp(until end: Timestamp = .max, besidePolls: Bool) async throws -> Bool {
        while true {
            let start = time.now
            let hasMore = try await archive.write {
                try StoryFinder.step(besidePolls ? .besidePolls : .alone, in: $0, at: start)
            }
            let now = time.now
            guard hasMore, now < end, !Task.isCancelled else { return hasMore }
            if besidePolls { try? await time.sleep(until: now + (now - start)) }
        }
    }

    /// Returns whether more wait.
    static func step(_ batch: Batch, in archive: borrowing ArchiveTransaction, at now: Timestamp) throws -> Bool {
        let due = try archive.articlesWithoutStory(form: StoryRule.form, limit: batch.articles)
        let all = due.changed.count + due.new.count
        // Whoever only looks whether there is something to do writes nothing.
        guard all > 0 else { return false }
        // An archive of years that is gone through anew has its stories of then.
        let horizon = try due.new.first.flatMap { try archive.storySubject($0)?.firstSeen } ?? now
        let since = min(horizon, now) - remembered
        var left = batch.bytes
        var done = 0
        for article in due.changed + due.new where left > 0 {
            left -= try look(at: article, since: since, in: archive)
            try archive.storyWasLookedFor(article)
            done += 1
        }
        try archive.forgetBands(firstSeenBefore: since)
        return done < all || all == batch.articles
    }

    /// Returns how many bytes of text it was about.
    private static func look(
        at article: ArticleID, since: Timestamp, in archive: borrowing ArchiveTransaction
    ) throws -> Int {
        guard let subject = try archive.storySubject(article) else { return 0 }
        let linked = try archive.articlesLinked(to: article, limit: mostLinked)
        let isForgotten = subject.firstSeen < since
        if linked.isEmpty, isForgotten || !StoryRule.isComparable(subject) { return 0 }
        var read = 0
        func shingles(of subject: StorySubject, _ archive: borrowing ArchiveTransaction) throws -> Shingles {
            let text = try archive.text(ofContent: subject.content, atMost: longestText)
            read += text.utf8.count
            return Shingles(text)
        }
        let mine = try shingles(of: subject, archive)
        let bands = isForgotten ? [] : StorySignature(mine).bands
        let found = try archive.articles(inBands: bands, besides: article, each: mostInBand, limit: mostRead)
        var holding: [StoryLink] = []
        var new: [StoryLink] = []
        var dropped: [ArticleID] = []
        for other in linked + found.filter({ !linked.contains($0) }) {
            let isLinked = linked.contains(other)
            if let candidate = try archive.storySubject(other), StoryRule.isComparable(subject) {
                let theirs = try shingles(of: candidate, archive)
                let similarity = mine.similarity(to: theirs)
                if StoryRule.isOne(similarity, mine, theirs) {
                    let link = StoryLink(to: other, similarity)
                    if isLinked { holding.append(link) } else { new.append(link) }
                    continue
                }
            }
            if isLinked { dropped.append(other) }
        }
        // Those that are not looked at are taken to be as these are.
        if holding.isEmpty, linked.count == mostLinked { dropped = try archive.articlesLinked(to: article) }
        new.sort { ($0.similarity.jaccard, $1.article) > ($1.similarity.jaccard, $0.article) }
        try archive.setStory(of: article, bands: bands, links: holding + new.prefix(mostLinks), without: dropped)
        return read
    }
}
