/// A piece of a text around what was found in it.
public struct Snippet: Hashable, Sendable {
    public struct Piece: Hashable, Sendable {
        public var text: String
        public var isHit: Bool
    }

    public var pieces: [Piece]

    public var text: String { pieces.map(\.text).joined() }
}

extension Snippet {
    /// Unicode scalars of a snippet, about.
    static let length = 240
    /// How much of a text is looked through, in bytes.
    private static let longest = 256 << 10

    /// - Returns: the piece with the most of the phrases in it, the first of several; the beginning of a text that holds
    ///   none; `nil` for an empty text. White space is one space.
    static func of(_ text: String, phrases: [SearchQuery.Phrase]) -> Snippet? {
        let scalars = text.unicodeScalars
        let end = text.utf8.index(text.startIndex, offsetBy: longest, limitedBy: text.endIndex) ?? text.endIndex
        let part = String(scalars[..<end])
        let hits = hits(in: part, phrases)
        let (start, stop) = window(part, hits)
        var pieces: [Piece] = []
        func append(_ range: Range<String.Index>, isHit: Bool) {
            let words = part[range].split(whereSeparator: \.isWhitespace).joined(separator: " ")
            let lead = part[range].first?.isWhitespace == true ? " " : ""
            let trail = part[range].last?.isWhitespace == true && !words.isEmpty ? " " : ""
            let piece = lead + words + trail
            if !piece.isEmpty { pieces.append(Piece(text: piece, isHit: isHit)) }
        }
        var at = start
        for hit in hits where hit.range.lowerBound >= start && hit.range.upperBound <= stop {
            append(at..<hit.range.lowerBound, isHit: false)
            append(hit.range, isHit: true)
            at = hit.range.upperBound
        }
        append(at..<stop, isHit: false)
        if pieces.isEmpty { return nil }
        if start > part.startIndex { pieces.insert(Piece(text: "…", isHit: false), at: 0) }
        if stop < part.endIndex || part.utf8.count < text.utf8.count { pieces.append(Piece(text: "…", isHit: false)) }
        return Snippet(pieces: pieces)
    }

    private struct Hit {
        var range: Range<String.Index>
        var phrases: Set<Int>
    }

    /// Where phrases stand, in order, those that touch each other as one.
    private static func hits(in text: String, _ phrases: [SearchQuery.Phrase]) -> [Hit] {
        let tokens = SearchText.tokens(text)
        var byFirstWord: [String: [Int]] = [:]
        var prefixes: [Int] = []
        for (index, phrase) in phrases.enumerated() {
            if phrase.isPrefix, phrase.words.count == 1 {
                prefixes.append(index)
            } else if let first = phrase.words.first {
                byFirstWord[first, default: []].append(index)
            }
        }
        var found: [Hit] = []
        for start in tokens.indices {
            for index in (byFirstWord[tokens[start].text] ?? []) + prefixes {
                if let range = range(of: phrases[index], in: tokens, at: start) {
                    found.append(Hit(range: range, phrases: [index]))
                }
            }
        }
        found.sort { $0.range.lowerBound < $1.range.lowerBound }
        var merged: [Hit] = []
        for hit in found {
            if let last = merged.last, hit.range.lowerBound <= last.range.upperBound {
                let end = max(last.range.upperBound, hit.range.upperBound)
                merged[merged.count - 1] = Hit(
                    range: last.range.lowerBound..<end, phrases: last.phrases.union(hit.phrases))
            } else {
                merged.append(hit)
            }
        }
        return merged
    }

    private static func range(
        of phrase: SearchQuery.Phrase, in tokens: [SearchText.Token], at start: Int
    ) -> Range<String.Index>? {
        guard start + phrase.words.count <= tokens.count, let lastWord = phrase.words.indices.last else { return nil }
        for (offset, word) in phrase.words.enumerated() {
            let token = tokens[start + offset]
            let isBeginning = phrase.isPrefix && offset == lastWord
            guard isBeginning ? token.text.utf8.starts(with: word.utf8) : token.text == word else { return nil }
        }
        let last = tokens[start + lastWord]
        // A lone character found the pair that it begins.
        let isHalf = phrase.isPrefix && last.kind == .pair
        return tokens[start].range.lowerBound..<(isHalf ? last.firstEnd : last.range.upperBound)
    }

    /// The part of the text to show: from a little before the hit at which most phrases come together.
    private static func window(_ text: String, _ hits: [Hit]) -> (String.Index, String.Index) {
        let scalars = text.unicodeScalars
        var best = hits.first
        var bestCount = 0
        for (index, hit) in hits.enumerated() {
            let limit =
                scalars.index(hit.range.lowerBound, offsetBy: length * 3 / 4, limitedBy: text.endIndex) ?? text.endIndex
            var phrases: Set<Int> = []
            for other in hits[index...].prefix(64) {
                if other.range.upperBound > limit { break }
                phrases.formUnion(other.phrases)
            }
            if phrases.count > bestCount { (best, bestCount) = (hit, phrases.count) }
        }
        var start = text.startIndex
        if let best {
            start =
                scalars.index(best.range.lowerBound, offsetBy: -length / 4, limitedBy: text.startIndex)
                ?? text.startIndex
            start = wordBoundary(scalars, start, limit: best.range.lowerBound, isStart: true)
        }
        var stop = scalars.index(start, offsetBy: length, limitedBy: text.endIndex) ?? text.endIndex
        if let best, stop < best.range.upperBound { stop = best.range.upperBound }
        let earliest = scalars.index(stop, offsetBy: -length / 8, limitedBy: start) ?? start
        stop = wordBoundary(scalars, stop, limit: max(earliest, best?.range.upperBound ?? earliest), isStart: false)
        return (start, stop)
    }

    /// The next boundary of words from `index` towards `limit`; `index` itself where none is near.
    private static func wordBoundary(
        _ scalars: String.UnicodeScalarView, _ index: String.Index, limit: String.Index, isStart: Bool
    ) -> String.Index {
        guard index > scalars.startIndex, index < scalars.endIndex else { return index }
        var at = index
        if isStart {
            for _ in 0..<(length / 8) where at < limit {
                let next = scalars.index(after: at)
                if scalars[at].properties.isWhitespace { return next }
                at = next
            }
        } else {
            for _ in 0..<(length / 8) where at > limit {
                if scalars[at].properties.isWhitespace { return at }
                at = scalars.index(before: at)
            }
        }
        return index
    }
}
