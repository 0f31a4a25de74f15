import FeedModel

/// What changed between two texts, word by word.
struct WordDiff {
    enum Kind: String {
        case same, removed, added
    }

    /// Words that follow each other and have the same fate, with the white space behind each.
    struct Run {
        var kind: Kind
        var words: [(text: Substring, space: Substring)]
    }

    private(set) var runs: [Run] = []

    private struct Word: Equatable {
        var text: Substring
        /// The white space behind it; no part of what is compared.
        var space: Substring

        static func == (a: Word, b: Word) -> Bool { a.text == b.text }
    }

    init(from old: String, to new: String) {
        let oldWords = WordDiff.words(old)
        let newWords = WordDiff.words(new)
        let changes = newWords.difference(from: oldWords)
        let removed = Set(changes.removals.map(\.offset))
        let inserted = Set(changes.insertions.map(\.offset))
        var oldIndex = 0
        func takeRemoved(_ runs: inout [Run]) {
            while removed.contains(oldIndex) {
                WordDiff.add(oldWords[oldIndex], .removed, to: &runs)
                oldIndex += 1
            }
        }
        for (index, word) in newWords.enumerated() {
            takeRemoved(&runs)
            if inserted.contains(index) {
                WordDiff.add(word, .added, to: &runs)
            } else {
                WordDiff.add(word, .same, to: &runs)
                oldIndex += 1
            }
        }
        takeRemoved(&runs)
    }

    private static func add(_ word: Word, _ kind: Kind, to runs: inout [Run]) {
        if runs.last?.kind != kind { runs.append(Run(kind: kind, words: [])) }
        runs[runs.count - 1].words.append((word.text, word.space))
    }

    /// For people: `[-old-]` and `{+new+}`, coloured on a terminal.
    var shown: String {
        var out = ""
        for run in runs {
            for word in run.words {
                let text = Terminal.clean(String(word.text))
                let space = Terminal.clean(String(word.space), keepsLines: true)
                switch run.kind {
                case .same: out += text + space
                case .removed: out += Terminal.red("[-\(text)-]") + " "
                case .added: out += Terminal.green("{+\(text)+}") + space
                }
            }
        }
        return out
    }

    /// For programs: `[{"same": "…"}, {"removed": "…"}, {"added": "…"}]`, the texts with their white space.
    func write(to json: inout JSONWriter, key: StaticString) {
        json.array(key) { json in
            for run in runs {
                let text = run.words.map { "\($0.text)\($0.space)" }.joined()
                json.object { json in
                    switch run.kind {
                    case .same: json.member("same", text)
                    case .removed: json.member("removed", text)
                    case .added: json.member("added", text)
                    }
                }
            }
        }
    }

    private static func words(_ text: String) -> [Word] {
        var words: [Word] = []
        var rest = text.drop(while: \.isWhitespace)
        while !rest.isEmpty {
            let word = rest.prefix { !$0.isWhitespace }
            let space = rest[word.endIndex...].prefix(while: \.isWhitespace)
            words.append(Word(text: word, space: space))
            rest = rest[space.endIndex...]
        }
        return words
    }
}

extension CollectionDifference.Change {
    fileprivate var offset: Int {
        switch self {
        case .insert(let offset, _, _), .remove(let offset, _, _): offset
        }
    }
}
