import GRDB

/// Lines of kind `flood` and what they stand for.
extension ArchiveVerifier {
    mutating func checkFloods() throws {
        guard try db.tableExists("flood") else { return }
        try each(
            """
            SELECT h.seq, h.kind, h.feed_id IS o.feed_id, o.seq, f.url,
                (SELECT count(DISTINCT m.article_id) FROM flood_article m WHERE m.seq = o.seq), o.articles
            FROM change h LEFT JOIN flood o ON o.seq = h.seq LEFT JOIN feed f ON f.id = h.feed_id
            WHERE h.kind = 'flood' OR o.seq IS NOT NULL ORDER BY h.seq
            """
        ) { verifier, row in
            let seq = row.safe(Int64.self, 0) ?? 0
            let feed = row.safe(String.self, 4)
            if row.safe(Int64.self, 3) == nil {
                verifier.find(.changes, "line \(seq) is of a flood, but nothing says what it stands for", feed: feed)
            } else if row.safe(String.self, 1) != "flood" || row.safe(Bool.self, 2) != true {
                verifier.find(.changes, "line \(seq) is not the line of the flood that bears its number", feed: feed)
            } else if row.safe(Int.self, 5) != row.safe(Int.self, 6) {
                verifier.find(
                    .changes,
                    "the flood of line \(seq) is said to have \(row.safe(Int.self, 6) ?? 0) articles, but the archive holds "
                        + "\(row.safe(Int.self, 5) ?? 0) of them", feed: feed)
            }
        }
        try each("SELECT seq FROM flood WHERE seq NOT IN (SELECT seq FROM change) ORDER BY seq") { verifier, row in
            verifier.find(
                .changes, "a flood bears the number of line \(row.safe(Int64.self, 0) ?? 0), which is not there")
        }
        try each(
            """
            SELECT m.article_id, m.seq, m.revision, o.seq, coalesce(a.id, t.article_id) AS known FROM flood_article m
            LEFT JOIN flood o ON o.seq = m.seq LEFT JOIN article a ON a.id = m.article_id
            LEFT JOIN tombstone t ON t.article_id = m.article_id
            WHERE o.seq IS NULL OR known IS NULL OR m.revision NOT BETWEEN 1 AND coalesce(a.revision, t.revision)
            ORDER BY m.article_id
            """
        ) { verifier, row in
            let article = row.safe(Int64.self, 0) ?? 0
            let name = "the flood of line \(row.safe(Int64.self, 1) ?? 0)"
            if row.safe(Int64.self, 3) == nil {
                verifier.find(.changes, "\(name) is not there", article: article)
            } else if row.safe(Int64.self, 4) == nil {
                verifier.find(.changes, "\(name) names an article that is not there", article: article)
            } else {
                verifier.find(
                    .changes, "\(name) names revision \(row.safe(Int.self, 2) ?? 0), which is not there",
                    article: article)
            }
        }
    }
}
