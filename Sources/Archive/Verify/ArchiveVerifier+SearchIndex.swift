import Foundation
import GRDB

extension ArchiveVerifier {
    // MARK: the full-text index

    mutating func checkSearchIndex() throws {
        guard try db.tableExists("search_state"),
            let state = try Row.fetchOne(db, sql: "SELECT form, position FROM search_state")
        else { return }
        report.searchBacklog = try Archive.searchBacklog(db)
        // One of another form is about to be made anew.
        guard state.safe(Int.self, 0) == SearchText.form else { return }
        let position = state.safe(Int64.self, 1) ?? 0
        try each(
            """
            SELECT a.id, i.article_id FROM article a LEFT JOIN search_indexed i ON i.article_id = a.id
            LEFT JOIN content c ON c.id = a.shown_content LEFT JOIN sighting s ON s.id = a.shown_sighting
            WHERE a.id <= ? AND a.id NOT IN (SELECT article_id FROM search_pending) AND (
                i.article_id IS NULL OR i.content_id <> a.shown_content OR i.title IS NOT c.title
                OR i.author IS NOT s.author OR i.places IS NOT (
                    SELECT group_concat(char(\(SearchPlace.mark.value)) || feed_id, ' ')
                    FROM (SELECT DISTINCT feed_id FROM sighting x WHERE x.article_id = a.id ORDER BY feed_id)))
            """, [position]
        ) { verifier, row in
            let how = row.hasNull(atIndex: 1) ? "it is not in the index" : "the index holds it as it is no longer shown"
            verifier.find(.searchIndex, how, article: row.safe(Int64.self, 0))
        }
        try each(
            """
            SELECT i.article_id FROM search_indexed i LEFT JOIN articles_fts_docsize d ON d.id = i.article_id
            LEFT JOIN article a ON a.id = i.article_id
            LEFT JOIN search_day y ON y.day = a.first_seen / \(SearchDay.milliseconds)
            WHERE d.id IS NULL OR a.id IS NULL OR i.article_id > ? OR y.day IS NULL
                OR i.article_id NOT BETWEEN y.first AND y.last
            UNION ALL
            SELECT d.id FROM articles_fts_docsize d LEFT JOIN search_indexed i ON i.article_id = d.id
            WHERE i.article_id IS NULL
            """, [position]
        ) { verifier, row in
            verifier.find(.searchIndex, "the index and its own tables disagree", article: row.safe(Int64.self, 0))
        }
        try checkSearchWords()
    }

    /// FTS5's own check writes. What it keeps of its columns' lengths three times, and the words themselves, can be read.
    private mutating func checkSearchWords() throws {
        let columns = ["title", "text", "author", "characters", "places"]
        let averages = try Data.fetchOne(db, sql: "SELECT block FROM articles_fts_data WHERE id = 1") ?? Data()
        let totals = FTS5Numbers.of(averages)
        var documents = 0
        var lengths = Array(repeating: 0, count: columns.count)
        try each("SELECT sz FROM articles_fts_docsize") { _, row in
            documents += 1
            for (index, length) in FTS5Numbers.of(row.safe(Data.self, 0) ?? Data()).enumerated().prefix(columns.count) {
                lengths[index] += length
            }
        }
        var words = Array(repeating: 0, count: columns.count)
        try db.execute(sql: "CREATE VIRTUAL TABLE temp.verified_words USING fts5vocab (main, articles_fts, col)")
        defer { try? db.execute(sql: "DROP TABLE temp.verified_words") }
        try each("SELECT col, sum(cnt) FROM temp.verified_words GROUP BY col") { _, row in
            if let index = columns.firstIndex(of: row.safe(String.self, 0) ?? "") {
                words[index] = row.safe(Int.self, 1) ?? 0
            }
        }
        // An index that never held anything has no totals.
        if totals.isEmpty, documents == 0, words.allSatisfy({ $0 == 0 }) { return }
        if totals.first != documents {
            find(
                .searchIndex,
                "the index says that it holds \(totals.first ?? 0) articles, but has the lengths of \(documents)")
        }
        for (index, column) in columns.enumerated() {
            let said = index + 1 < totals.count ? totals[index + 1] : 0
            if said != words[index] || said != lengths[index] {
                find(
                    .searchIndex,
                    "column '\(column)' of the index holds \(words[index]) words, where its sums say \(said) and \(lengths[index])"
                )
            }
        }
    }
}

/// The numbers in FTS5's records of lengths, which stand one behind the other in SQLite's variable-length form.
enum FTS5Numbers {
    static func of(_ block: Data) -> [Int] {
        var numbers: [Int] = []
        var value: UInt64 = 0
        var length = 0
        for byte in block {
            length += 1
            if length == 9 {
                value = value << 8 | UInt64(byte)
            } else {
                value = value << 7 | UInt64(byte & 0x7F)
                if byte & 0x80 != 0 { continue }
            }
            numbers.append(Int(truncatingIfNeeded: value))
            value = 0
            length = 0
        }
        return numbers
    }
}
