public import FeedModel
import Foundation

extension SearchQuery {
    /// Reads a query as a person writes it.
    ///
    /// - Parameter instant: reads the value of `after:` and `before:`.
    public static func parse(
        _ text: String, instant: @escaping (String) -> Timestamp?
    ) throws(SearchQueryError) -> SearchQuery {
        var parser = SearchQueryParser(text, instant: instant)
        return try parser.parse()
    }
}

/// ```
/// any = all { "OR" all }
/// all = { ["AND"] { "-" | "NOT" } one }
/// one = "(" any ")" | field ":" one | filter ":" value | quoted ["*"] | word ["*"]
/// ```
private struct SearchQueryParser {
    private typealias Expression = SearchQuery.Expression

    private static let longest = 4096
    private static let deepest = 32
    private static let quotes: Set<Character> = ["\"", "“", "”", "„"]

    private let characters: [Character]
    private let instant: (String) -> Timestamp?
    private var at = 0
    private var depth = 0
    private var filters: [SearchQuery.Filter] = []
    private var lastFilter: (position: Int, name: String)?

    init(_ text: String, instant: @escaping (String) -> Timestamp?) {
        characters = Array(text.precomposedStringWithCanonicalMapping)
        self.instant = instant
    }

    mutating func parse() throws(SearchQueryError) -> SearchQuery {
        guard characters.count <= Self.longest else {
            throw error(Self.longest, "a query has \(Self.longest) characters at the most")
        }
        let words = try parseAny()
        if at < characters.count { throw error(at, "this parenthesis closes none; put it in quotes or leave it out") }
        guard let words else {
            throw error(0, "there is no word to search for; 'ingestd articles' lists articles without one")
        }
        return SearchQuery(words: words, filters: filters)
    }

    private func error(_ index: Int, _ message: String) -> SearchQueryError {
        SearchQueryError(position: index + 1, message: message)
    }

    // MARK: expressions

    /// `nil` where only filters and punctuation stand.
    private mutating func parseAny() throws(SearchQueryError) -> Expression? {
        var alternatives: [Expression] = []
        while true {
            let start = at
            let part = try parseAll()
            let isOr = takeKeyword("OR")
            if isOr || !alternatives.isEmpty {
                if let lastFilter, depth == 0 {
                    throw error(
                        lastFilter.position,
                        "\(lastFilter.name): narrows the whole query and cannot be one side of OR; put the words in parentheses: (a OR b) \(lastFilter.name):…"
                    )
                }
                guard let part else { throw error(start, "OR needs a word on both sides") }
                alternatives.append(part)
                if isOr { continue }
                return .any(alternatives)
            }
            return part
        }
    }

    private mutating func parseAll() throws(SearchQueryError) -> Expression? {
        var wanted: [Expression] = []
        var unwanted: [Expression] = []
        var firstUnwanted: Int?
        while true {
            skipSpace()
            let start = at
            let hasAnd = takeKeyword("AND")
            if hasAnd, wanted.isEmpty, unwanted.isEmpty, filters.isEmpty {
                throw error(start, "AND needs a word on both sides")
            }
            skipSpace()
            var isExcluded = false
            let sign = at
            while takeMinus() || takeKeyword("NOT") {
                isExcluded.toggle()
                skipSpace()
            }
            guard at < characters.count, characters[at] != ")", !isKeyword("OR"), !isKeyword("AND") else {
                if isExcluded { throw error(sign, "there is nothing behind the word or sign that excludes") }
                if hasAnd { throw error(start, "AND needs a word on both sides") }
                break
            }
            guard let one = try parseOne(isExcluded: isExcluded) else { continue }
            if isExcluded {
                unwanted.append(one)
                firstUnwanted = firstUnwanted ?? sign
            } else {
                wanted.append(one)
            }
        }
        if wanted.isEmpty, let firstUnwanted {
            throw error(
                firstUnwanted, "what is excluded is taken from what other words find, and there is no other word here")
        }
        if unwanted.isEmpty, wanted.count < 2 { return wanted.first }
        return .all(wanted, without: unwanted)
    }

    /// `nil` for a filter, and for a word of punctuation, which the index does not hold.
    private mutating func parseOne(isExcluded: Bool) throws(SearchQueryError) -> Expression? {
        let start = at
        if characters[at] == "(" { return try parseGroup() }
        if Self.quotes.contains(characters[at]) { return try parseQuoted() }
        if let name = takeFieldName() {
            if let field = SearchQuery.Field(rawValue: name.lowercased()) { return try parse(field, start) }
            try parseFilter(name, start, isExcluded: isExcluded)
            return nil
        }
        return try parseWord()
    }

    private mutating func parseGroup() throws(SearchQueryError) -> Expression {
        let start = at
        at += 1
        depth += 1
        defer { depth -= 1 }
        if depth > Self.deepest { throw error(start, "parentheses are nested too deep") }
        let inner = try parseAny()
        guard at < characters.count else { throw error(start, "this parenthesis is not closed") }
        at += 1
        guard let inner else { throw error(start, "there is no word in these parentheses") }
        return inner
    }

    private mutating func parse(_ field: SearchQuery.Field, _ start: Int) throws(SearchQueryError) -> Expression {
        let nothing = "\(field.rawValue): needs a word, quotes or parentheses right behind it"
        guard at < characters.count, !characters[at].isWhitespace, characters[at] != ")" else {
            throw error(start, nothing)
        }
        let inner: Expression? =
            if characters[at] == "(" {
                try parseGroup()
            } else if Self.quotes.contains(characters[at]) {
                try parseQuoted()
            } else {
                try parseWord()
            }
        guard let inner else { throw error(start, nothing) }
        return .field(field, inner)
    }

    // MARK: words

    private mutating func parseQuoted() throws(SearchQueryError) -> Expression {
        let start = at
        at += 1
        let begin = at
        while at < characters.count, !Self.quotes.contains(characters[at]) { at += 1 }
        guard at < characters.count else { throw error(start, "this quotation mark is not closed") }
        let text = String(characters[begin..<at])
        at += 1
        let isPrefix = takeStar()
        guard let phrase = try phrase(text, isPrefix: isPrefix, at: start) else {
            throw error(start, "there is no letter or digit between these quotation marks")
        }
        return .phrase(phrase)
    }

    private mutating func parseWord() throws(SearchQueryError) -> Expression? {
        let start = at
        while at < characters.count, !isEndOfWord(characters[at]) { at += 1 }
        var word = characters[start..<at]
        var isPrefix = false
        while word.last == "*" {
            isPrefix = true
            word.removeLast()
        }
        if let star = word.firstIndex(of: "*") {
            throw error(star, "a * stands for the rest of a word, so only at its end")
        }
        guard let phrase = try phrase(String(word), isPrefix: isPrefix, at: start) else {
            if isPrefix { throw error(start, "a * needs the beginning of a word before it") }
            return nil
        }
        return .phrase(phrase)
    }

    private func isEndOfWord(_ character: Character) -> Bool {
        character.isWhitespace || character == "(" || character == ")" || Self.quotes.contains(character)
    }

    private func phrase(
        _ text: String, isPrefix: Bool, at start: Int
    ) throws(SearchQueryError) -> SearchQuery.Phrase? {
        var tokens = SearchText.tokens(text)
        guard let last = tokens.last else { return nil }
        var isPrefix = isPrefix
        switch last.kind {
        case .word:
            if isPrefix, last.text.unicodeScalars.count < 2 {
                throw error(start, "too many words begin so; give at least two letters before the *")
            }
        // The text may go on behind a run that has no spaces. A pair holds both of its characters; a lone character
        // begins the pairs that hold it.
        case .end(isAlone: false):
            tokens.removeLast()
            isPrefix = false
        case .end(isAlone: true), .pair: isPrefix = true
        }
        return SearchQuery.Phrase(words: tokens.map(\.text), isPrefix: isPrefix)
    }

    // MARK: filters

    /// `name:` where a word may begin. Whatever begins otherwise is a word, colons and all.
    private mutating func takeFieldName() -> String? {
        var end = at
        while end < characters.count, characters[end].isASCII, characters[end].isLetter { end += 1 }
        guard end > at, end < characters.count, characters[end] == ":" else { return nil }
        defer { at = end + 1 }
        return String(characters[at..<end])
    }

    private mutating func parseFilter(
        _ name: String, _ start: Int, isExcluded: Bool
    ) throws(SearchQueryError) {
        let value = try takeValue(start)
        let filter: SearchQuery.Filter
        switch name.lowercased() {
        case "feed": filter = .feed(value, isExcluded: isExcluded)
        case "tag": filter = .tag(value, isExcluded: isExcluded)
        case "after", "before":
            if isExcluded {
                let other = name.lowercased() == "after" ? "before" : "after"
                throw error(start, "\(name): cannot be excluded; \(other): says the contrary")
            }
            guard let instant = instant(value) else {
                throw error(
                    start,
                    "\(name): takes a date such as 2026-01-31, an instant of RFC 3339, or a time ago such as 24h")
            }
            filter = name.lowercased() == "after" ? .after(instant) : .before(instant)
        default:
            throw error(
                start,
                "there is no field '\(name)', only title, author, text, feed, tag, after and before; quotes make it a word: \"\(name):\(value)\""
            )
        }
        if depth > 0 {
            throw error(start, "\(name): narrows the whole query and cannot stand in parentheses")
        }
        if value.isEmpty { throw error(start, "\(name): needs a value right behind it") }
        filters.append(filter)
        lastFilter = (start, name)
    }

    private mutating func takeValue(_ start: Int) throws(SearchQueryError) -> String {
        guard at < characters.count else { return "" }
        guard Self.quotes.contains(characters[at]) else {
            let begin = at
            while at < characters.count, !characters[at].isWhitespace { at += 1 }
            return String(characters[begin..<at])
        }
        let begin = at + 1
        guard let end = characters[begin...].firstIndex(where: Self.quotes.contains) else {
            throw error(at, "this quotation mark is not closed")
        }
        at = end + 1
        return String(characters[begin..<end])
    }

    // MARK: characters

    private mutating func skipSpace() {
        while at < characters.count, characters[at].isWhitespace { at += 1 }
    }

    private func isKeyword(_ word: String) -> Bool {
        let end = at + word.count
        return end <= characters.count && characters[at..<end].elementsEqual(word)
            && (end == characters.count || isEndOfWord(characters[end]))
    }

    private mutating func takeKeyword(_ word: String) -> Bool {
        skipSpace()
        guard isKeyword(word) else { return false }
        at += word.count
        return true
    }

    /// A minus before a space is punctuation.
    private mutating func takeMinus() -> Bool {
        guard at + 1 < characters.count, characters[at] == "-", !characters[at + 1].isWhitespace,
            characters[at + 1] != ")"
        else { return false }
        at += 1
        return true
    }

    private mutating func takeStar() -> Bool {
        guard at < characters.count, characters[at] == "*" else { return false }
        at += 1
        return true
    }
}
