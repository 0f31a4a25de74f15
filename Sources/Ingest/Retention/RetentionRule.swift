import Archive
import FeedModel

/// What `keep:` says of articles, at one place of the configuration; what is `nil` is left to the next place.
public struct Retention: Sendable, Hashable {
    public enum Span: Sendable, Hashable {
        case forever
        case atLeast(Duration)
    }

    public enum Revisions: Sendable, Hashable {
        case all
        /// And the first.
        case newest(Int)
    }

    /// For how long an article stays after it was last seen in a feed.
    public var articles: Span?
    public var revisions: Revisions?

    public init(articles: Span? = nil, revisions: Revisions? = nil) {
        self.articles = articles
        self.revisions = revisions
    }

    static let everything = Retention(articles: .forever, revisions: .all)

    /// Completed by what a less particular place says.
    func or(_ other: Retention) -> Retention {
        Retention(articles: articles ?? other.articles, revisions: revisions ?? other.revisions)
    }

    /// What keeps more of each, where both say something.
    func orMore(_ other: Retention) -> Retention {
        Retention(
            articles: [articles, other.articles].compactMap(\.self).max { Retention.isLess($0, $1) },
            revisions: [revisions, other.revisions].compactMap(\.self).max { Retention.isLess($0, $1) })
    }

    private static func isLess(_ a: Span, _ b: Span) -> Bool {
        switch (a, b) {
        case (.forever, _): false
        case (.atLeast, .forever): true
        case (.atLeast(let a), .atLeast(let b)): a < b
        }
    }

    private static func isLess(_ a: Revisions, _ b: Revisions) -> Bool {
        switch (a, b) {
        case (.all, _): false
        case (.newest, .all): true
        case (.newest(let a), .newest(let b)): a < b
        }
    }
}

extension Configuration {
    /// What holds for a feed: what it says itself, else the most generous of its tags, else `defaults`, else `keep`, else
    /// everything is kept.
    func retention(of feed: FeedConfiguration) -> Retention {
        let tags = feed.tags.compactMap { keep.tags[$0] }.reduce(Retention()) { $0.orMore($1) }
        return feed.keep.or(tags).or(feed.defaultKeep).or(keep.retention).or(.everything)
    }
}

/// What is not kept any more. A pure function of what the configuration says and of where an article stood.
///
/// - An article is removed when each feed that it stood in keeps articles for a time, and it was last seen there longer
///   ago than that. So the most generous of its feeds decides, and one that keeps everything keeps it.
/// - An article that stands in the latest document of a feed of the configuration is never removed: the next poll would
///   bring it again.
/// - Feeds that have left the configuration keep everything, unless `removed_feeds` says that `keep` holds for them too.
///   They are polled no more: what stood in their last document was last seen then.
/// - Of an article's states the first and the newest stay, as many as the most generous of its feeds wants.
struct RetentionRule: Sendable {
    private let ofFeed: [FeedID: Retention]
    /// Of feeds that are not in the configuration.
    private let ofOthers: Retention
    /// No article that was first seen later than so long ago can be removed; `nil`: none at all.
    let shortestSpan: Duration?
    /// No state of an article with so many need be removed; `nil`: none at all.
    let fewestRevisions: Int?

    /// - Parameter feeds: of the archive, by their configured URLs.
    init(_ configuration: Configuration, feeds: [String: FeedID]) {
        var ofFeed: [FeedID: Retention] = [:]
        for feed in configuration.feeds {
            if let id = feeds[feed.url] { ofFeed[id] = configuration.retention(of: feed) }
        }
        self.init(
            ofFeed: ofFeed,
            ofOthers: configuration.keep.removedFeeds ? configuration.keep.retention.or(.everything) : .everything)
    }

    init(ofFeed: [FeedID: Retention], ofOthers: Retention = .everything) {
        self.ofFeed = ofFeed
        self.ofOthers = ofOthers
        var span: Duration?
        var revisions: Int?
        for one in Set(ofFeed.values).union([ofOthers]) {
            if case .atLeast(let some) = one.articles { span = min(span ?? some, some) }
            if case .newest(let some) = one.revisions { revisions = min(revisions ?? some, some) }
        }
        (shortestSpan, fewestRevisions) = (span, revisions.map { $0 + 1 })
    }

    var keepsEverything: Bool { shortestSpan == nil && fewestRevisions == nil }

    func isOver(_ places: [ArticlePlace], at now: Timestamp) -> Bool {
        !places.isEmpty
            && places.allSatisfy { place in
                let retention = ofFeed[place.feed]
                if place.isCurrent, retention != nil { return false }
                guard case .atLeast(let span) = (retention ?? ofOthers).articles else { return false }
                return now - place.lastSeen > span
            }
    }

    /// The numbers of an article's states that are not kept.
    ///
    /// - Parameter states: their numbers, oldest first.
    func excess(_ states: [Int], _ places: [ArticlePlace]) -> [Int] {
        var most = 0
        for place in places {
            guard case .newest(let count) = (ofFeed[place.feed] ?? ofOthers).revisions else { return [] }
            most = max(most, count)
        }
        return most == 0 ? [] : Array(states.dropFirst().dropLast(most))
    }
}
