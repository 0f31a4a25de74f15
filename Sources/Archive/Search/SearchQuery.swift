import FeedModel

/// What is searched for: an expression of words, and what the articles must be besides.
///
/// `fusion energy`: both; `"fusion energy"`: one behind the other; `fusi*`; `fusion OR fission`; `energy -coal`,
/// `energy NOT coal`; parentheses; `title:fusion`, `author:`, `text:`, also before quotes and parentheses. Filters, each
/// for the whole query: `feed:`, `tag:` (with `-`: not of these), `after:`, `before:`.
public struct SearchQuery: Hashable, Sendable {
    var words: Expression
    var filters: [Filter]

    /// Words in a row.
    struct Phrase: Hashable, Sendable {
        /// As the index has them.
        var words: [String]
        /// The last one is the beginning of a word.
        var isPrefix = false
    }

    enum Field: String, CaseIterable, Sendable { case title, author, text }

    indirect enum Expression: Hashable, Sendable {
        case phrase(Phrase)
        case field(Field, Expression)
        /// All of the first, none of the second. The first are never empty.
        case all([Expression], without: [Expression])
        case any([Expression])
    }

    enum Filter: Hashable, Sendable {
        /// A URL, or a host.
        case feed(String, isExcluded: Bool)
        case tag(String, isExcluded: Bool)
        /// First seen at or after.
        case after(Timestamp)
        /// First seen before.
        case before(Timestamp)
    }
}

/// What is wrong with a query, and where.
public struct SearchQueryError: Error, Hashable, CustomStringConvertible {
    /// Counted in characters, from 1.
    public var position: Int
    public var message: String

    public var description: String { "query, character \(position): \(message)" }
}

extension SearchQuery {
    /// What is to be marked where it is found.
    var phrases: [(phrase: Phrase, field: Field?)] {
        func collect(_ expression: Expression, _ field: Field?) -> [(phrase: Phrase, field: Field?)] {
            switch expression {
            case .phrase(let phrase): [(phrase, field)]
            case .field(let field, let inner): collect(inner, field)
            case .all(let expressions, _), .any(let expressions): expressions.flatMap { collect($0, field) }
            }
        }
        return collect(words, nil)
    }

    /// Of all phrases, those that are excluded too.
    var phraseCount: Int {
        func count(_ expression: Expression) -> Int {
            switch expression {
            case .phrase: 1
            case .field(_, let inner): count(inner)
            case .any(let expressions): expressions.reduce(0) { $0 + count($1) }
            case .all(let expressions, let without): (expressions + without).reduce(0) { $0 + count($1) }
            }
        }
        return count(words)
    }

    /// The words as an expression for SQLite's FTS5. Everything that a person wrote stands in it as letters and digits
    /// between quotation marks.
    var matchExpression: String { SearchQuery.match(words, in: nil) }

    private static func match(_ expression: Expression, in field: Field?) -> String {
        switch expression {
        case .phrase(let phrase):
            return match(phrase, in: field)
        case .field(let field, let inner):
            return "\(field.rawValue) : (\(match(inner, in: field)))"
        case .any(let expressions):
            return "(" + expressions.map { match($0, in: field) }.joined(separator: " OR ") + ")"
        case .all(let expressions, let without):
            let all = "(" + expressions.map { match($0, in: field) }.joined(separator: " AND ") + ")"
            if without.isEmpty { return all }
            return "(\(all) NOT (" + without.map { match($0, in: field) }.joined(separator: " OR ") + "))"
        }
    }

    private static func match(_ phrase: Phrase, in field: Field?) -> String {
        let words = "\"\(phrase.words.joined(separator: " "))\""
        if field == nil, phrase.words.allSatisfy(SearchText.isCharacter) {
            // One character alone is found in the column made for that, where neighbours mean nothing.
            return phrase.words.count == 1 ? "characters : \(words)" : "- characters : \(words) *"
        }
        return words + (phrase.isPrefix ? " *" : "")
    }
}
