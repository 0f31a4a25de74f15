import Archive
import FeedModel
import TestSupport

@testable import Ingest

/// Documents held against a real archive, one after the other, as polls would do it.
final class IdentityLab {
    let archive: Archive
    private let folder: TemporaryFolder
    private var feeds: [String: FeedID] = [:]
    private(set) var now = Timestamp(seconds: 1_790_000_000)

    init() throws {
        folder = try TemporaryFolder()
        archive = try Archive.openForWriting(
            folder: folder.path,
            holder: ArchiveLock.Holder(pid: 1, started: now, version: "0", command: "test"))
    }

    /// Polls a feed that shows these entries, an hour or so after the last poll.
    @discardableResult
    func poll(
        _ url: String, _ entries: [Entry], homePage: String? = nil, lastModified: Timestamp? = nil,
        isPushed: Bool = false, after wait: Duration = .hours(1)
    ) async throws -> Reconciliation {
        now = now + wait
        let now = now
        if feeds[url] == nil {
            let urls = Array(feeds.keys) + [url]
            let scheduled = try await archive.write { archive in
                try archive.synchronize(
                    urls.map { ConfiguredFeed(url: $0, title: nil, tags: [], enabled: true, settings: "") }, at: now)
            }
            for feed in scheduled { feeds[feed.configuredURL] = feed.id }
        }
        guard let id = feeds[url], let feed = try archive.feed(id) else { throw LabError.noSuchFeed }
        let digests = entries.map(EntryDigest.init)
        return try await archive.write { archive in
            let result = try Reconciler.reconcile(
                digests, of: feed, homePage: homePage, documentModified: lastModified,
                extent: isPushed ? .pushed : .whole,
                at: now, in: archive)
            if isPushed { return result }
            try archive.log(
                IdentityLab.figures(result), of: id, firstSightings: result.firstSightings, at: now)
            var state = feed.poll
            state.noteChurn(result.churning, at: now)
            state.lastPoll = now
            state.lastSuccess = now
            if let lastModified { state.documentModified = max(state.documentModified ?? lastModified, lastModified) }
            try archive.save(state, of: id)
            return result
        }
    }

    private static func figures(_ result: Reconciliation) -> PollFigures {
        var figures = PollFigures(outcome: .changed, bytes: 0, duration: .zero)
        figures.new = result.new
        figures.revised = result.revised
        figures.duplicates = result.duplicates
        return figures
    }

    func feed(_ url: String) throws -> Feed? { try archive.feed(url: url) }

    /// What `verify` finds, in words.
    func findings() throws -> [String] {
        return try archive.verify(.current) { _, _ in }.findings.map { "\($0.code.rawValue): \($0.message)" }
    }

    enum LabError: Error { case noSuchFeed }

    /// The articles as they stand, the oldest first.
    var articles: [ArchivedArticle] {
        get throws {
            var all: [ArchivedArticle] = []
            try archive.articles(ArticleFilter()) { all.append($0) }
            return all.reversed()
        }
    }

    func revisions(_ article: ArchivedArticle) throws -> [ArchivedArticle] {
        try archive.revisions(of: article.id).map(\.article)
    }

    func changes() throws -> [ChangeKind] {
        try archive.changes(after: 0, limit: 1000).map(\.kind)
    }
}

/// An entry as a test needs it. `html` is its content.
func entry(
    _ guid: String? = nil, url: String? = nil, title: String? = "A title", html: String? = nil, summary: String? = nil,
    published: Int64? = nil, updated: Int64? = nil, enclosures: [String] = [], origLink: String? = nil
) -> Entry {
    var entry = Entry()
    entry.id = guid
    entry.url = url
    entry.title = title.map { TextConstruct(.text, $0) }
    entry.titleText = title
    entry.content = html.map { TextConstruct(.html, $0) }
    entry.summary = summary.map { TextConstruct(.html, $0) }
    entry.summaryText = summary
    entry.published = published.map { Timestamp(seconds: $0) }
    entry.modified = updated.map { Timestamp(seconds: $0) }
    entry.attachments = enclosures.map { Attachment(url: $0, mimeType: "audio/mpeg") }
    if let origLink {
        entry.extensions.append(Extensions.Element(value: origLink), prefix: "feedburner", name: "origLink")
    }
    return entry
}

/// A text of more than 200 characters that no other number gives.
func longText(_ number: Int, words: Int = 60) -> String {
    (0..<words).map { "word\(number)x\($0)" }.joined(separator: " ")
}
