public import FeedModel
import GRDB

/// Articles that say almost the same: a wire story in many papers, a copy with another lead. Each stays an article.
public struct Story: Sendable {
    /// That two of its articles say almost the same.
    public struct Link: Hashable, Sendable {
        /// The higher number of the two.
        public var article: ArticleID
        /// The lower one.
        public var other: ArticleID
        public var similarity: Similarity
    }

    /// Its lowest article's.
    public var number: ArticleID
    /// As they stand, the lowest number first.
    public var articles: [ArchivedArticle]
    /// Of the same articles, by their numbers.
    public var links: [Link]
}

extension Archive {
    /// The story that an article is of; `nil` where nothing else says almost the same.
    public func story(of article: ArticleID) throws -> Story? {
        try read { db in
            guard
                let story = try Int64.fetchOne(
                    db, sql: "SELECT story_id FROM story_article WHERE article_id = ?", arguments: [article.rawValue])
            else { return nil }
            let members = try Int64.fetchAll(
                db, sql: "SELECT article_id FROM story_article WHERE story_id = ? ORDER BY article_id",
                arguments: [story])
            let links = try Row.fetchAll(
                db,
                sql: """
                    SELECT l.article_id, l.other_id, l.jaccard, l.containment FROM story_article y
                    JOIN story_link l ON l.article_id = y.article_id WHERE y.story_id = ? ORDER BY 1, 2
                    """, arguments: [story])
            return Story(
                number: ArticleID(rawValue: story), articles: try members.compactMap { try Archive.article($0, db) },
                links: links.map { row in
                    Story.Link(
                        article: ArticleID(rawValue: row[0]), other: ArticleID(rawValue: row[1]),
                        similarity: Similarity(jaccard: row[2], containment: row[3]))
                })
        }
    }

    /// How many articles stories are still to be looked for.
    public func storyBacklog() throws -> Int {
        try read { db in
            let articles = "SELECT coalesce(max(id), 0) FROM article"
            // An earlier program's.
            guard try db.tableExists("story_state") else { return try Int.fetchOne(db, sql: articles) ?? 0 }
            return try Int.fetchOne(
                db,
                sql: """
                    SELECT max((\(articles)) - (SELECT position FROM story_state), 0)
                        + (SELECT count(*) FROM story_pending)
                    """) ?? 0
        }
    }

    /// Whether its story was looked for since the article shows what it shows.
    public func storyWasLookedFor(_ article: ArticleID) throws -> Bool {
        try read { db in
            guard try db.tableExists("story_state") else { return false }
            return try Bool.fetchOne(
                db,
                sql: """
                    SELECT ?1 <= position AND NOT EXISTS (SELECT 1 FROM story_pending WHERE article_id = ?1)
                    FROM story_state
                    """, arguments: [article.rawValue]) ?? false
        }
    }
}
