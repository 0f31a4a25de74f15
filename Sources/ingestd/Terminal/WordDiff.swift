/// What changed between two texts, word by word: `[-old-]` and `{+new+}`, coloured on a terminal.
enum WordDiff {
    private struct Word: Equatable {
        var text: Substring
        /// The white space behind it; no part of what is compared.
        var space: Substring

        static func == (a: Word, b: Word) -> Bool { a.text == b.text }
    }

    static func show(from old: String, to new: String) -> String {
        let oldWords = words(old)
        let newWords = words(new)
        let changes = newWords.difference(from: oldWords)
        let removed = Set(changes.removals.map(\.offset))
        let inserted = Set(changes.insertions.map(\.offset))
        var out = ""
        var oldIndex = 0
        func showRemoved() {
            while removed.contains(oldIndex) {
                out += Terminal.red("[-\(Terminal.clean(String(oldWords[oldIndex].text)))-]") + " "
                oldIndex += 1
            }
        }
        for (index, word) in newWords.enumerated() {
            showRemoved()
            let text = Terminal.clean(String(word.text))
            let space = Terminal.clean(String(word.space), keepsLines: true)
            if inserted.contains(index) {
                out += Terminal.green("{+\(text)+}") + space
            } else {
                out += text + space
                oldIndex += 1
            }
        }
        showRemoved()
        return out
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
