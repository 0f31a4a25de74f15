import Foundation
import GRDB
import GRDBSQLite

/// How well an article answers a query: BM25 as SQLite's own `bm25`, a hit in the title counting for eight in the text
/// and one in the author's name for four, but at a bounded cost.
///
/// `bm25` counts all articles that hold each phrase before it can rank the first one: a second for a common word among
/// a million. Here counting ends early, and how often a phrase stands in the archive is reckoned from the part seen.
///
/// In SQL: `search_rank(articles_fts, PHRASES)`, the higher the better; only the first `PHRASES` phrases of the
/// expression count, since behind them stand feeds.
enum SearchRank {
    /// Title, text, author, characters, places.
    private static let weights: [Double] = [8, 1, 4, 1, 0]
    /// How many articles with a phrase are counted.
    private static let mostCounted = 4000
    // BM25's usual constants, which are also those of SQLite.
    private static let k1 = 1.2
    private static let b = 0.75

    @Sendable static func register(_ db: Database) throws {
        let api = FTS5.api(db)
        let code = api.pointee.xCreateFunction?(UnsafeMutablePointer(mutating: api), "search_rank", nil, evaluate, nil)
        if let code, code != SQLITE_OK { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
    }

    /// What holds for all rows of one query. SQLite owns it.
    private final class Query {
        let phrases: Int
        let articles: Double
        /// Words of an article.
        let averageLength: Double
        var weightOfPhrase: [Double?]
        var hits: [Double]

        init(phrases: Int, articles: Double, averageLength: Double) {
            self.phrases = phrases
            self.articles = articles
            self.averageLength = averageLength
            weightOfPhrase = Array(repeating: nil, count: phrases)
            hits = Array(repeating: 0, count: phrases)
        }
    }

    private static let evaluate: fts5_extension_function = { api, row, result, count, values in
        guard let api, let row, let result else { return }
        let phrases = count > 0 ? Int(sqlite3_value_int(values?[0])) : 0
        do throws(Failure) {
            sqlite3_result_double(result, try SearchRank.score(api, row, phrases))
        } catch {
            sqlite3_result_error_code(result, error.code)
        }
    }

    private struct Failure: Error { var code: Int32 }

    private static func check(_ code: Int32?) throws(Failure) {
        if code != SQLITE_OK { throw Failure(code: code ?? SQLITE_ERROR) }
    }

    private static func query(
        _ api: UnsafePointer<Fts5ExtensionApi>, _ row: OpaquePointer, _ phrases: Int
    ) throws(Failure) -> Query {
        if let known = api.pointee.xGetAuxdata?(row, 0) {
            return Unmanaged<Query>.fromOpaque(known).takeUnretainedValue()
        }
        var articles: sqlite3_int64 = 0
        var words: sqlite3_int64 = 0
        try check(api.pointee.xRowCount?(row, &articles))
        try check(api.pointee.xColumnTotalSize?(row, -1, &words))
        let all = Int(api.pointee.xPhraseCount?(row) ?? 0)
        let query = Query(
            phrases: max(0, min(phrases, all)), articles: Double(max(articles, 1)),
            averageLength: max(Double(words) / Double(max(articles, 1)), 1))
        // "the xDelete callback is invoked … when the FTS5 query finishes", and at once where this fails.
        try check(
            api.pointee.xSetAuxdata?(row, Unmanaged.passRetained(query).toOpaque()) { pointer in
                if let pointer { Unmanaged<Query>.fromOpaque(pointer).release() }
            })
        return query
    }

    private static func score(
        _ api: UnsafePointer<Fts5ExtensionApi>, _ row: OpaquePointer, _ phrases: Int
    ) throws(Failure) -> Double {
        let query = try query(api, row, phrases)
        for phrase in query.hits.indices { query.hits[phrase] = 0 }
        var count: Int32 = 0
        try check(api.pointee.xInstCount?(row, &count))
        var phrase: Int32 = 0
        var column: Int32 = 0
        var offset: Int32 = 0
        for index in 0..<count {
            try check(api.pointee.xInst?(row, index, &phrase, &column, &offset))
            if Int(phrase) < query.phrases, weights.indices.contains(Int(column)) {
                query.hits[Int(phrase)] += weights[Int(column)]
            }
        }
        var length: Int32 = 0
        try check(api.pointee.xColumnSize?(row, -1, &length))
        let damping = k1 * (1 - b + b * Double(length) / query.averageLength)
        var score = 0.0
        for (phrase, hits) in query.hits.enumerated() where hits > 0 {
            score += try weight(ofPhrase: phrase, query, api, row) * hits * (k1 + 1) / (hits + damping)
        }
        return score
    }

    // MARK: how rare a phrase is

    private final class Counting {
        var count = 0
        var last: sqlite3_int64 = 0
    }

    private static func weight(
        ofPhrase phrase: Int, _ query: Query, _ api: UnsafePointer<Fts5ExtensionApi>, _ row: OpaquePointer
    ) throws(Failure) -> Double {
        if let known = query.weightOfPhrase[phrase] { return known }
        let counting = Counting()
        // "If the callback returns SQLITE_DONE, the query is abandoned and xQueryPhrase returns SQLITE_OK." The rows come
        // in the order of their numbers.
        try check(
            api.pointee.xQueryPhrase?(row, Int32(phrase), Unmanaged.passUnretained(counting).toOpaque()) {
                api, row, context in
                guard let api, let row, let context else { return SQLITE_ERROR }
                let counting = Unmanaged<Counting>.fromOpaque(context).takeUnretainedValue()
                counting.count += 1
                if counting.count < SearchRank.mostCounted { return SQLITE_OK }
                counting.last = api.pointee.xRowid?(row) ?? 0
                return SQLITE_DONE
            })
        var holders = Double(counting.count)
        if counting.last > 0 {
            // As often in the rest as in the part that was seen.
            holders = min(query.articles, max(holders, holders * query.articles / Double(counting.last)))
        }
        // Never negative: a word that stands in more than half of all articles is still better than none.
        let weight = max(log((query.articles - holders + 0.5) / (holders + 0.5)), 1e-6)
        query.weightOfPhrase[phrase] = weight
        return weight
    }
}
