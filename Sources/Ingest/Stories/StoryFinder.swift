public import Archive
public import FeedModel

/// Links articles that say almost the same as stories, behind the polls: the articles that are new or show something
/// else, in batches that hold no poll up for long.
public struct StoryFinder: Sendable {
    private let archive: Archive
    private let time: any TimeSource

    /// Articles in one transaction: some 10 ms of the writer's time beside polls.
    private static let batch = (besidePolls: 32, alone: 1024)
    /// The newest articles of each band that are looked at: a text that everybody has must not hold up everybody.
    private static let mostInBand = 16
    /// Candidates whose texts are read, those that share most bands first.
    private static let mostRead = 12
    /// Links of one article to earlier found ones, the closest.
    private static let mostLinks = 4
    /// Stories are looked for among the articles that were first seen within this time.
    static let remembered: Duration = .days(30)

    public init(archive: Archive, time: any TimeSource) {
        self.archive = archive
        self.time = time
    }

    /// Looks until nothing is left, the time is over or the task is cancelled; at least one batch.
    ///
    /// - Parameter besidePolls: with a rest after each batch as long as it took.
    public func catchUp(until end: Timestamp = .max, besidePolls: Bool) async throws {
        let batch = besidePolls ? StoryFinder.batch.besidePolls : StoryFinder.batch.alone
        while true {
            let start = time.now
            let hasMore = try await archive.write { try StoryFinder.step(batch, in: $0, at: start) }
            let now = time.now
            guard hasMore, now < end, !Task.isCancelled else { return }
            if besidePolls { try? await time.sleep(until: now + (now - start)) }
        }
    }

    /// Returns whether more wait.
    static func step(_ batch: Int, in archive: borrowing ArchiveTransaction, at now: Timestamp) throws -> Bool {
        let due = try archive.articlesWithoutStory(form: StoryRule.form, limit: batch)
        for article in due.articles { try look(at: article, since: now - remembered, in: archive) }
        try archive.storiesFound(due)
        try archive.forgetBands(firstSeenBefore: now - remembered)
        return due.hasMore
    }

    private static func look(
        at article: ArticleID, since: Timestamp, in archive: borrowing ArchiveTransaction
    ) throws {
        guard let subject = try archive.storySubject(article) else { return }
        guard StoryRule.isComparable(subject) else {
            return try archive.setStory(of: article, bands: [], links: [])
        }
        let shingles = Shingles(try archive.text(ofContent: subject.content))
        let signature = StorySignature(shingles)
        var links: [StoryLink] = []
        for other in try archive.articles(inBands: signature.bands, besides: article, each: mostInBand, limit: mostRead)
        {
            guard let candidate = try archive.storySubject(other), StoryRule.mayBeOne(subject, candidate) else {
                continue
            }
            let others = Shingles(try archive.text(ofContent: candidate.content))
            let similarity = shingles.similarity(to: others)
            if StoryRule.isOne(similarity, shingles, others) {
                links.append(StoryLink(to: other, similarity))
            }
        }
        links.sort { ($0.similarity.jaccard, $1.article) > ($1.similarity.jaccard, $0.article) }
        // What is older than that is forgotten at once.
        try archive.setStory(
            of: article, bands: subject.firstSeen < since ? [] : signature.bands, links: Array(links.prefix(mostLinks)))
    }
}
