public import FeedModel
import GRDB

/// How much alike two texts are, by the 3-shingles that they share.
public struct Similarity: Hashable, Sendable {
    /// Of all shingles of the two.
    public var jaccard: Double
    /// Of the smaller one's.
    public var containment: Double

    public init(jaccard: Double, containment: Double) {
        self.jaccard = jaccard
        self.containment = containment
    }
}

/// That an article is one story with another.
public struct StoryLink: Hashable, Sendable {
    /// The other one.
    public var article: ArticleID
    public var similarity: Similarity

    public init(to article: ArticleID, _ similarity: Similarity) {
        self.article = article
        self.similarity = similarity
    }
}

/// An article as those see it that look for what says almost the same.
public struct StorySubject: Hashable, Sendable {
    /// What it shows.
    public var content: Int64
    /// Unicode scalars of its canonical text.
    public var length: Int
    /// Of the article.
    public var firstSeen: Timestamp

    public init(content: Int64, length: Int, firstSeen: Timestamp) {
        self.content = content
        self.length = length
        self.firstSeen = firstSeen
    }
}

/// Articles whose stories are to be looked for.
public struct ArticlesWithoutStory: Hashable, Sendable {
    /// They show another content than when they were looked at.
    public var changed: [ArticleID]
    /// The oldest that were never looked at.
    public var new: [ArticleID]
}

extension Schema {
    static let storyTables = """
        -- How far stories have been looked for: one row.
        CREATE TABLE story_state (
            form INTEGER NOT NULL,          -- of the rule by which they were found
            position INTEGER NOT NULL,      -- the highest article number that was looked at
            slice INTEGER NOT NULL          -- of story_band, that is looked through next for what is too old
        ) STRICT;
        INSERT INTO story_state VALUES (0, 0, 0);

        -- Articles up to the position that show another content since.
        CREATE TABLE story_pending (article_id INTEGER PRIMARY KEY) STRICT;

        -- Articles of the last weeks by pieces of their texts' signatures: what is like an article shares one with it. Here an
        -- article may stand by earlier texts too.
        CREATE TABLE story_band (
            hash INTEGER NOT NULL,
            article_id INTEGER NOT NULL,
            PRIMARY KEY (hash, article_id)
        ) STRICT, WITHOUT ROWID;

        -- Articles that say almost the same, and how much of it.
        CREATE TABLE story_link (
            article_id INTEGER NOT NULL,
            other_id INTEGER NOT NULL,      -- the lower number of the two
            jaccard REAL NOT NULL,          -- shared shingles, of all
            containment REAL NOT NULL,      -- of the smaller one's
            PRIMARY KEY (article_id, other_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX story_link_other ON story_link (other_id);

        -- What is linked, over any number of links, is one story. It bears its lowest article's number.
        CREATE TABLE story_article (
            article_id INTEGER PRIMARY KEY,
            story_id INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX story_article_story ON story_article (story_id);
        """

    /// For readers of archives of earlier versions, which know of none.
    static let storyStandIn = "CREATE TEMP TABLE story_article (article_id INTEGER, story_id INTEGER)"
}

extension ArchiveTransaction {
    // MARK: what is to be done

    /// What is to be looked at next.
    ///
    /// - Parameter form: of the rule; stories that were found by another are forgotten, and all is looked at anew.
    public func articlesWithoutStory(form: Int, limit: Int) throws -> ArticlesWithoutStory {
        let found = try first("SELECT form, position FROM story_state", []) { (form: $0[0] as Int, at: $0[1] as Int64) }
        var position = found?.at ?? 0
        if found?.form != form {
            try db.execute(
                sql: """
                    DELETE FROM story_pending; DELETE FROM story_band; DELETE FROM story_link; DELETE FROM story_article;
                    DELETE FROM story_state
                    """)
            try execute("INSERT INTO story_state VALUES (?, 0, 0)", [form])
            position = 0
        }
        let changed = try rows("SELECT article_id FROM story_pending LIMIT ?", [limit]) { ArticleID(rawValue: $0[0]) }
        let new = try rows(
            "SELECT id FROM article WHERE id > ? ORDER BY id LIMIT ?", [position, limit - changed.count]
        ) { ArticleID(rawValue: $0[0]) }
        return ArticlesWithoutStory(changed: changed, new: new)
    }

    /// An article was looked at, and all new ones before it.
    public func storyWasLookedFor(_ article: ArticleID) throws {
        try execute("DELETE FROM story_pending WHERE article_id = ?", [article.rawValue])
        try execute("UPDATE story_state SET position = ?1 WHERE position < ?1", [article.rawValue])
    }

    /// An article that was looked at is about to show a content.
    func markForStory(_ article: ArticleID, content: Int64) throws {
        try execute(
            """
            INSERT OR IGNORE INTO story_pending SELECT a.id FROM article a, story_state
            WHERE a.id = ? AND a.id <= story_state.position AND a.shown_content <> ?
            """, [article.rawValue, content])
    }

    /// `nil` for an article that is not there.
    public func storySubject(_ article: ArticleID) throws -> StorySubject? {
        try first(
            """
            SELECT c.id, c.length, a.first_seen FROM article a JOIN content c ON c.id = a.shown_content WHERE a.id = ?
            """, [article.rawValue]
        ) { StorySubject(content: $0[0], length: $0[1], firstSeen: Timestamp(milliseconds: $0[2])) }
    }

    /// The articles that an article is linked to, later ones and earlier ones, the closest first.
    public func articlesLinked(to article: ArticleID, limit: Int = -1) throws -> [ArticleID] {
        try rows(
            """
            SELECT other_id, jaccard FROM story_link WHERE article_id = ?1
            UNION ALL SELECT article_id, jaccard FROM story_link WHERE other_id = ?1 ORDER BY 2 DESC LIMIT ?2
            """, [article.rawValue, limit]
        ) { ArticleID(rawValue: $0[0]) }
    }

    /// Articles that share a band, those that share most first, then the newest.
    ///
    /// - Parameter each: the newest so many of each band.
    public func articles(
        inBands bands: [Int64], besides article: ArticleID, each: Int, limit: Int
    ) throws -> [ArticleID] {
        var shared: [Int64: Int] = [:]
        for band in bands {
            let found = try rows(
                "SELECT article_id FROM story_band WHERE hash = ? ORDER BY article_id DESC LIMIT ?", [band, each + 1]
            ) { $0[0] as Int64 }
            for other in found where other != article.rawValue { shared[other, default: 0] += 1 }
        }
        return shared.sorted { ($0.value, $0.key) > ($1.value, $1.key) }.prefix(limit).map {
            ArticleID(rawValue: $0.key)
        }
    }

    // MARK: writing

    /// What has more articles is no story but a pattern. It bounds what one edit or removal can cost, too.
    public static let mostInStory = 500

    /// Writes down what an article was found to be like, and what it is like no more.
    ///
    /// - Parameters:
    ///   - bands: by which others find it from now on, besides those of its earlier texts.
    ///   - links: new ones, or known ones of another similarity; the first ones where the story would become too large.
    public func setStory(
        of article: ArticleID, bands: [Int64], links: [StoryLink], without dropped: [ArticleID] = []
    ) throws {
        let id = article.rawValue
        for band in bands { try execute("INSERT OR IGNORE INTO story_band VALUES (?, ?)", [band, id]) }
        for link in links where try joinStories(of: id, link.article.rawValue) {
            try execute(
                "INSERT OR REPLACE INTO story_link VALUES (?, ?, ?, ?)",
                [
                    max(id, link.article.rawValue), min(id, link.article.rawValue), link.similarity.jaccard,
                    link.similarity.containment,
                ])
        }
        if dropped.isEmpty { return }
        for other in dropped.map(\.rawValue) {
            try execute(
                "DELETE FROM story_link WHERE article_id = ? AND other_id = ?", [max(id, other), min(id, other)])
        }
        if let story = try story(of: id) { try part(story) }
    }

    private func story(of article: Int64) throws -> Int64? {
        try first("SELECT story_id FROM story_article WHERE article_id = ?", [article]) { $0[0] as Int64 }
    }

    private func size(ofStory story: Int64?) throws -> Int {
        guard let story else { return 1 }
        return try first("SELECT count(*) FROM story_article WHERE story_id = ?", [story]) { $0[0] as Int } ?? 0
    }

    /// False where the two would become too large.
    private func joinStories(of article: Int64, _ other: Int64) throws -> Bool {
        let (story, otherStory) = (try story(of: article), try self.story(of: other))
        if let story, story == otherStory { return true }
        guard try size(ofStory: story) + size(ofStory: otherStory) <= ArchiveTransaction.mostInStory else {
            return false
        }
        let lowest = min(story ?? article, otherStory ?? other)
        for old in [story, otherStory] where old != nil && old != lowest {
            try execute("UPDATE story_article SET story_id = ? WHERE story_id = ?", [lowest, old])
        }
        if story == nil { try execute("INSERT INTO story_article VALUES (?, ?)", [article, lowest]) }
        if otherStory == nil { try execute("INSERT INTO story_article VALUES (?, ?)", [other, lowest]) }
        return true
    }

    /// Some of a story's links, or articles, are gone: what is still linked is a story each.
    private func part(_ story: Int64) throws {
        let members = try rows("SELECT article_id FROM story_article WHERE story_id = ?", [story]) { $0[0] as Int64 }
        var linked: [Int64: [Int64]] = [:]
        for member in members {
            for other in try rows("SELECT other_id FROM story_link WHERE article_id = ?", [member], { $0[0] as Int64 })
            {
                linked[member, default: []].append(other)
                linked[other, default: []].append(member)
            }
        }
        var seen: Set<Int64> = []
        // The lowest of each comes first.
        for first in members.sorted() where seen.insert(first).inserted {
            guard linked[first] != nil else {
                try execute("DELETE FROM story_article WHERE article_id = ?", [first])
                continue
            }
            var open = [first]
            while let member = open.popLast() {
                if first != story {
                    try execute("UPDATE story_article SET story_id = ? WHERE article_id = ?", [first, member])
                }
                for other in linked[member] ?? [] where seen.insert(other).inserted { open.append(other) }
            }
        }
    }

    /// An article is about to be removed.
    func leaveStory(_ article: ArticleID) throws {
        let id = article.rawValue
        try execute("DELETE FROM story_pending WHERE article_id = ?", [id])
        guard let story = try story(of: id) else { return }
        try execute("DELETE FROM story_link WHERE article_id = ?", [id])
        try execute("DELETE FROM story_link WHERE other_id = ?", [id])
        try execute("DELETE FROM story_article WHERE article_id = ?", [id])
        try part(story)
    }

    /// Of articles that were first seen before, a part at each call: all are gone after 4096 of them.
    public func forgetBands(firstSeenBefore instant: Timestamp) throws {
        let slices: Int64 = 4096
        let day = instant.milliseconds / SearchDay.milliseconds
        guard let slice = try first("SELECT slice FROM story_state", [], { $0[0] as Int64 }),
            let oldest = try first("SELECT min(first) FROM search_day WHERE day >= ?", [day], { $0[0] as Int64? })
                .flatMap(\.self)
        else { return }
        let width = (Int64(1) << 31) / slices
        try execute(
            "DELETE FROM story_band WHERE hash >= ? AND hash < ? AND article_id < ?",
            [slice * width, (slice + 1) * width, oldest])
        try execute("UPDATE story_state SET slice = ?", [(slice + 1) % slices])
    }
}
