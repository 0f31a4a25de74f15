import FeedModel

/// What changed between two texts, word by word.
struct WordDiff {
    enum Kind: String {
        case same, removed, added
    }

    /// Words that follow each other and have the same fate.
    struct Run {
        var kind: Kind
        /// In the old text, of those that were removed; else in the new one.
        var words: Range<Int>
    }

    private(set) var runs: [Run] = []
    /// The texts are long and very different: words may be shown as changed that are in both.
    let isCoarse: Bool
    private let old: Words
    private let new: Words

    init(from old: String, to new: String) {
        (self.old, self.new) = (Words(old), Words(new))
        let changes = SequenceDiff(from: self.old.hashes, to: self.new.hashes)
        isCoarse = changes.isCoarse
        var (oldIndex, newIndex) = (0, 0)
        while oldIndex < self.old.count || newIndex < self.new.count {
            let (oldStart, newStart) = (oldIndex, newIndex)
            while oldIndex < self.old.count, changes.removed[oldIndex] { oldIndex += 1 }
            while newIndex < self.new.count, changes.added[newIndex] { newIndex += 1 }
            let same = newIndex
            while oldIndex < self.old.count, newIndex < self.new.count, !changes.removed[oldIndex],
                !changes.added[newIndex]
            {
                oldIndex += 1
                newIndex += 1
            }
            add(.removed, oldStart..<oldIndex - (newIndex - same))
            add(.added, newStart..<same)
            add(.same, same..<newIndex)
        }
    }

    private mutating func add(_ kind: Kind, _ words: Range<Int>) {
        if !words.isEmpty { runs.append(Run(kind: kind, words: words)) }
    }

    /// For people: `[-old-]` and `{+new+}`, coloured on a terminal.
    var shown: String {
        var out = isCoarse ? Terminal.dim("(\(WordDiff.coarseness))") + "\n" : ""
        for run in runs {
            for index in run.words {
                switch run.kind {
                case .same: out += Terminal.clean(new.text(index)) + Terminal.clean(new.space(index), keepsLines: true)
                case .removed: out += Terminal.red("[-\(Terminal.clean(old.text(index)))-]") + " "
                case .added:
                    out += Terminal.green("{+\(Terminal.clean(new.text(index)))+}")
                    out += Terminal.clean(new.space(index), keepsLines: true)
                }
            }
        }
        return out
    }

    private static let coarseness = "long and very different texts: some words that stayed are shown as changed"

    /// For programs: `[{"same": "…"}, {"removed": "…"}, {"added": "…"}]`, the texts with their white space; and
    /// `diff_is_coarse` where words that stayed may be among those that changed.
    func write(to json: inout JSONWriter) {
        json.array("diff") { json in
            for run in runs {
                json.object { json in
                    switch run.kind {
                    case .same: json.member("same", new.whole(run.words))
                    case .removed: json.member("removed", old.whole(run.words))
                    case .added: json.member("added", new.whole(run.words))
                    }
                }
            }
        }
        if isCoarse { json.member("diff_is_coarse", true) }
    }
}

/// The words of a text, with the white space behind each, which is no part of what is compared.
private struct Words {
    private let bytes: [UInt8]
    private var starts: [Int32] = []
    private var ends: [Int32] = []
    /// Equal for equal words.
    private(set) var hashes: [Int] = []

    var count: Int { starts.count }

    init(_ text: String) {
        bytes = Array(text.utf8)
        var at = 0
        var start: Int?
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace {
                if let begun = start { add(begun..<at) }
                start = nil
            } else if start == nil {
                start = at
            }
            at += UTF8.width(scalar)
        }
        if let start { add(start..<at) }
    }

    private mutating func add(_ range: Range<Int>) {
        starts.append(Int32(range.lowerBound))
        ends.append(Int32(range.upperBound))
        var hasher = Hasher()
        bytes[range].withUnsafeBytes { hasher.combine(bytes: $0) }
        hashes.append(hasher.finalize())
    }

    func text(_ index: Int) -> String { string(Int(starts[index])..<Int(ends[index])) }

    func space(_ index: Int) -> String { string(Int(ends[index])..<spaceEnd(index)) }

    func whole(_ words: Range<Int>) -> String {
        guard let first = words.first, let last = words.last else { return "" }
        return string(Int(starts[first])..<spaceEnd(last))
    }

    private func spaceEnd(_ index: Int) -> Int { index + 1 < count ? Int(starts[index + 1]) : bytes.count }

    private func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
