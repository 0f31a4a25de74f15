import Testing

@testable import ingestd

@Suite struct WordDiffTests {
    private func parts(_ old: String, _ new: String) -> [String] {
        let diff = SequenceDiff(from: numbers(old), to: numbers(new))
        let (old, new) = (words(old), words(new))
        return zip(old, diff.removed).filter(\.1).map { "-" + $0.0 }
            + zip(new, diff.added).filter(\.1).map { "+" + $0.0 }
    }

    private func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }

    private func numbers(_ text: String) -> [Int] { words(text).map(\.hashValue) }

    @Test(arguments: [
        ("", "", []), ("a", "", ["-a"]), ("", "a", ["+a"]), ("a b c", "a b c", []), ("a b c", "a x c", ["-b", "+x"]),
        ("a b c", "b c", ["-a"]), ("b c", "a b c d", ["+a", "+d"]), ("a b", "c d", ["-a", "-b", "+c", "+d"]),
        ("a b c a b b a", "c b a b a c", ["-a", "-b", "-b", "+b", "+c"]),
    ])
    func fewestChanges(old: String, new: String, changes: [String]) {
        #expect(parts(old, new).count == changes.count)
        if Set(words(old)).count == words(old).count { #expect(parts(old, new) == changes) }
    }

    /// Against the standard library, whose way is the same without a bound.
    @Test func chanceTextsHaveAsFewChanges() {
        var random = SystemRandomNumberGenerator()
        for size in [1, 2, 5, 20, 100] {
            for _ in 0..<50 {
                let old = (0..<Int.random(in: 0...size, using: &random)).map { _ in
                    Int.random(in: 0...4, using: &random)
                }
                let new = (0..<Int.random(in: 0...size, using: &random)).map { _ in
                    Int.random(in: 0...4, using: &random)
                }
                let diff = SequenceDiff(from: old, to: new)
                let kept = zip(old, diff.removed).filter { !$0.1 }.map(\.0)
                #expect(kept == zip(new, diff.added).filter { !$0.1 }.map(\.0))
                let changes = diff.removed.count { $0 } + diff.added.count { $0 }
                #expect(changes == new.difference(from: old).count && !diff.isCoarse)
            }
        }
    }

    @Test func longTextsThatDifferInEverythingAreComparedCoarsely() {
        let old = (0..<12_000).map { $0 % 1009 }
        let new = (0..<12_000).map { ($0 * 17 + 5) % 1009 }
        let diff = SequenceDiff(from: old, to: new)
        #expect(diff.isCoarse)
        #expect(
            zip(old, diff.removed).filter { !$0.1 }.map(\.0) == zip(new, diff.added).filter { !$0.1 }.map(\.0))
        let shown = WordDiff(
            from: old.map(String.init).joined(separator: " "), to: new.map(String.init).joined(separator: " "))
        #expect(shown.isCoarse && shown.shown.contains("long and very different"))
    }

    @Test func aChangeInALongTextIsFoundExactly() {
        var new = Array(0..<200_000)
        new.replaceSubrange(100_000..<100_003, with: [-1, -2])
        let diff = SequenceDiff(from: Array(0..<200_000), to: new)
        #expect(!diff.isCoarse && diff.removed.count { $0 } == 3 && diff.added.count { $0 } == 2)
    }

    @Test func textsAreShownWithTheirWhiteSpace() {
        let diff = WordDiff(from: " one two\nthree", to: "one  TWO\nthree four ")
        #expect(diff.shown == "one  [-two-] {+TWO+}\nthree {+four+} ")
    }
}
