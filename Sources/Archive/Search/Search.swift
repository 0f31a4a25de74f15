import FeedModel
import Foundation
import GRDB

/// What is to be searched, and in which order it is wanted.
public struct SearchRequest: Hashable, Sendable {
    public enum Sort: Hashable, Sendable {
        /// The best first, among the newest `Archive.mostRanked` that match.
        case rank
        case newest
    }

    public var query: SearchQuery
    /// Besides the query's own filters.
    public var filter: ArticleFilter
    public var sort: Sort

    public init(_ query: SearchQuery, filter: ArticleFilter = ArticleFilter(), sort: Sort = .rank) {
        self.query = query
        self.filter = filter
        self.sort = sort
    }
}

/// An article that was found.
public struct SearchHit: Sendable {
    public var article: ArchivedArticle
    /// The higher the better, to be compared within one search; `nil` where the newest come first.
    public var rank: Double?
    public var snippet: Snippet?
}

/// What is to be known of a search besides its hits.
public struct SearchSummary: Hashable, Sendable {
    public var found = 0
    /// More than the limit match.
    public var hasMore = false
    /// Only the newest that match were ranked.
    public var isRankedInPart = false
    /// Articles that the index does not hold yet, or not as they are shown.
    public var backlog = 0
    /// Feeds and tags of the filters that no feed of the archive is or has, and that so exclude all.
    public var unknown: [String] = []
}

extension Archive {
    /// How many matches are ranked, the newest: what a common word finds is bounded by this.
    public static let mostRanked = 10_000

    /// Searches the articles as they are shown.
    ///
    /// - Throws: `ArchiveError.noIndex` for an archive of a program without an index.
    public func search(_ request: SearchRequest, each: (SearchHit) throws -> Void) throws -> SearchSummary {
        var summary = SearchSummary()
        let plan = try read { db in
            guard try db.tableExists("search_state") else { throw ArchiveError.noIndex(path: path) }
            summary.backlog = try Archive.searchBacklog(db)
            return try SearchPlan(request, in: db)
        }
        summary.unknown = plan.unknown
        let phrases = request.query.phrases.filter { $0.field != .title && $0.field != .author }.map(\.phrase)
        let limit = request.filter.limit ?? .max
        guard plan.canMatch else { return summary }

        func show(_ found: [SearchPlan.Match]) throws {
            try articles(found.map(\.id)) { place, article in
                let snippet = Snippet.of(article.text, phrases: phrases)
                try each(SearchHit(article: article, rank: found[place].rank, snippet: snippet))
            }
            summary.found += found.count
        }
        switch request.sort {
        case .rank:
            let mostRanked = max(Archive.mostRanked, limit == .max ? 0 : limit)
            // One more tells whether that were all.
            let matches = try read { try plan.ranked($0, among: mostRanked, limit: limit == .max ? limit : limit + 1) }
            summary.isRankedInPart = matches.isPart
            summary.hasMore = matches.found.count > limit
            try show(Array(matches.found.prefix(limit)))
        case .newest:
            var before = Int64.max
            var left = limit
            while true {
                let size = min(left, Archive.pageSize)
                let page = try read { try plan.newest($0, before: before, limit: size + 1) }
                try show(Array(page.prefix(size)))
                left -= size
                guard page.count > size, let last = page.dropLast().last else { break }
                if left == 0 {
                    summary.hasMore = true
                    break
                }
                before = last.id
            }
        }
        return summary
    }
}

/// A search as SQL: what the index is asked, and what each match must be besides.
struct SearchPlan {
    struct Match: Hashable {
        var id: Int64
        var rank: Double?
    }

    private var expression: String
    /// The phrases of the query, which stand before those of the filters.
    private var phrases: Int
    private var conditions: [String] = []
    private var arguments: StatementArguments = []
    /// The article numbers that come into question.
    private var numbers: ClosedRange<Int64> = 0...(.max)
    private(set) var unknown: [String] = []
    private(set) var canMatch = true

    /// A filter of more feeds than this is asked of the index only where it excludes most articles.
    private static let manyFeeds = 64

    init(_ request: SearchRequest, in db: Database) throws {
        expression = request.query.matchExpression
        phrases = request.query.phraseCount
        var since = request.filter.since
        var until = request.filter.until
        var places: [(feeds: [Int64], isExcluded: Bool, name: String)] = []
        if let feed = request.filter.feed { places.append((try Self.feeds(url: feed, db), false, "feed \(feed)")) }
        if let tag = request.filter.tag { places.append((try Self.feeds(tag: tag, db), false, "tag \(tag)")) }
        for filter in request.query.filters {
            switch filter {
            case .after(let instant): since = max(since ?? instant, instant)
            case .before(let instant): until = min(until ?? instant, instant)
            case .tag(let tag, let isExcluded):
                places.append((try Self.feeds(tag: tag, db), isExcluded, "tag \(tag)"))
            case .feed(let name, let isExcluded):
                let feeds = name.contains("://") ? try Self.feeds(url: name, db) : try Self.feeds(host: name, db)
                places.append((feeds, isExcluded, "feed \(name)"))
            }
        }
        for (feeds, isExcluded, name) in places {
            if feeds.isEmpty {
                if isExcluded { continue }
                unknown.append(name)
                canMatch = false
            } else if try Self.isWide(feeds, db) {
                // With a plus it is no search for each of the feeds.
                conditions.append(
                    """
                    \(isExcluded ? "NOT " : "")EXISTS (SELECT 1 FROM sighting x WHERE x.article_id = articles_fts.rowid
                        AND +x.feed_id IN (\(Self.list(feeds))))
                    """)
            } else {
                let words = feeds.map { "\"\(SearchPlace.token(FeedID(rawValue: $0)))\"" }.joined(separator: " OR ")
                expression = "(\(expression) \(isExcluded ? "NOT" : "AND") places : (\(words)))"
            }
        }
        if since != nil || until != nil { try narrow(since, until, db) }
    }

    /// The day of an article says where its number can be, and then the instant itself is asked.
    private mutating func narrow(_ since: Timestamp?, _ until: Timestamp?, _ db: Database) throws {
        let first = (since ?? Timestamp(milliseconds: 0)).milliseconds
        let end = (until ?? .max).milliseconds
        let range = try Row.fetchOne(
            db, sql: "SELECT min(first), max(last) FROM search_day WHERE day BETWEEN ? AND ?",
            arguments: [first / SearchDay.milliseconds, end / SearchDay.milliseconds])
        guard first < end, let low = range?[0] as Int64?, let high = range?[1] as Int64? else {
            canMatch = false
            return
        }
        conditions.append(
            """
            (SELECT first_seen >= ? AND first_seen < ? FROM article WHERE id = articles_fts.rowid)
            """)
        arguments += [first, end]
        numbers = low...high
    }

    // MARK: feeds

    private static func feeds(url: String, _ db: Database) throws -> [Int64] {
        try Int64.fetchAll(db, sql: "SELECT id FROM feed WHERE configured_url = ? OR url = ?", arguments: [url, url])
    }

    private static func feeds(host: String, _ db: Database) throws -> [Int64] {
        try Int64.fetchAll(db, sql: "SELECT id FROM feed WHERE host = ?", arguments: [host.lowercased()])
    }

    private static func feeds(tag: String, _ db: Database) throws -> [Int64] {
        try Int64.fetchAll(
            db, sql: "SELECT DISTINCT f.id FROM feed f, json_each(f.tags) t WHERE t.value = ?", arguments: [tag])
    }

    private static func list(_ feeds: [Int64]) -> String { feeds.map(String.init).joined(separator: ",") }

    /// Many feeds with many articles: looking at each match costs less, since the first ones are soon found.
    private static func isWide(_ feeds: [Int64], _ db: Database) throws -> Bool {
        guard feeds.count > manyFeeds else { return false }
        let articles = try Int.fetchOne(
            db, sql: "SELECT sum(articles) FROM feed WHERE id IN (\(list(feeds)))")
        let all = try Int.fetchOne(db, sql: "SELECT value FROM counter WHERE name = 'articles'")
        return (articles ?? 0) > (all ?? 0) / 20
    }

    // MARK: asking

    /// The index heeds one bound of numbers on each side.
    private func sql(_ columns: String) -> String {
        let conditions = (["articles_fts MATCH ?", "rowid BETWEEN ? AND ?"] + conditions).joined(separator: " AND ")
        return "SELECT \(columns) FROM articles_fts WHERE \(conditions) ORDER BY rowid DESC LIMIT ?"
    }

    private func values(upTo highest: Int64, limit: Int) -> StatementArguments {
        [expression, numbers.lowerBound, min(highest, numbers.upperBound)] + arguments + [limit]
    }

    func newest(_ db: Database, before: Int64, limit: Int) throws -> [Match] {
        try Int64.fetchAll(db, sql: sql("rowid"), arguments: values(upTo: before - 1, limit: limit))
            .map { Match(id: $0, rank: nil) }
    }

    func ranked(_ db: Database, among most: Int, limit: Int) throws -> (found: [Match], isPart: Bool) {
        var matches: [Match] = []
        let rows = try Row.fetchCursor(
            db, sql: sql("rowid, search_rank(articles_fts, \(phrases))"),
            arguments: values(upTo: .max, limit: most + 1))
        var isPart = false
        while let row = try rows.next() {
            if matches.count == most {
                isPart = true
                break
            }
            matches.append(Match(id: row[0], rank: row[1]))
        }
        matches.sort { ($0.rank ?? 0, $0.id) > ($1.rank ?? 0, $1.id) }
        return (Array(matches.prefix(limit)), isPart)
    }
}
