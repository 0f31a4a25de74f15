import GRDB

extension ArchiveVerifier {
    /// What is linked is one story, and nothing else.
    mutating func checkStories() throws {
        guard try db.tableExists("story_state") else { return }
        try each(
            """
            SELECT l.article_id, l.other_id FROM story_link l
            LEFT JOIN story_article y ON y.article_id = l.article_id LEFT JOIN story_article z ON z.article_id = l.other_id
            LEFT JOIN article a ON a.id = l.article_id LEFT JOIN article b ON b.id = l.other_id
            WHERE a.id IS NULL OR b.id IS NULL OR l.article_id <= l.other_id OR y.story_id IS NULL
                OR y.story_id IS NOT z.story_id
            """
        ) { verifier, row in
            verifier.find(
                .story, "its link to article \(row.safe(Int64.self, 1) ?? 0) is to none of its story",
                article: row.safe(Int64.self, 0))
        }
        try each(
            """
            SELECT y.article_id FROM story_article y
            LEFT JOIN (SELECT story_id, min(article_id) AS lowest, count(*) AS articles FROM story_article GROUP BY 1) g
                ON g.story_id = y.story_id
            WHERE g.lowest <> y.story_id OR g.articles < 2
                OR NOT EXISTS (SELECT 1 FROM story_link l WHERE l.article_id = y.article_id)
                    AND NOT EXISTS (SELECT 1 FROM story_link l WHERE l.other_id = y.article_id)
            """
        ) { verifier, row in
            verifier.find(.story, "nothing links it to the story that it is of", article: row.safe(Int64.self, 0))
        }
    }
}
