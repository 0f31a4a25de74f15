import Foundation
import Testing

@testable import Ingest

@Suite struct CanonicalTextTests {
    @Test(arguments: [
        ("  a \t b  ", "a b"),
        ("a\n\n  b", "a\nb"),
        ("a \u{A0} b", "a b"),
        ("a\u{2028}b", "a\nb"),
        ("a\u{3000}b", "a b"),
        ("a\u{200B}b\u{AD}c\u{FEFF}", "abc"),
        ("e\u{301}", "\u{E9}"),
        ("\u{212B}", "\u{C5}"),
        ("\u{1}a\u{1F}", "a"),
        ("\u{1F469}\u{200D}\u{1F4BB}", "\u{1F469}\u{1F4BB}"),
        ("", ""),
        (" \n ", ""),
    ])
    func folding(text: String, canonical: String) {
        // Swift's == takes canonically equal strings for one; the scalars tell.
        #expect(Array(CanonicalText.of(text, keepsLines: true).unicodeScalars) == Array(canonical.unicodeScalars))
        #expect(Array(CanonicalText.of(canonical, keepsLines: true).unicodeScalars) == Array(canonical.unicodeScalars))
    }

    /// The fast ways over ASCII and over scripts that are their own NFC must give what the slow way gives.
    @Test func anyMixtureOfScriptsIsNFC() {
        let pieces = [
            "a", "word ", "  ", "\n", "é", "e\u{301}", "\u{301}", "\u{327}", "ö", "Ω", "\u{2126}", "\u{2329}",
            "\u{212B}",
            "日本", "\u{F900}", "가", "\u{1100}\u{1161}", "ﬁ", "™", "\u{FE0F}", "😀", "ệ", "\u{670}", "\u{64B}\u{651}",
            "न\u{93C}",
            "\u{E38}\u{E48}", "plain text of some length ",
        ]
        var seed: UInt64 = 42
        for _ in 0..<2000 {
            var text = ""
            for _ in 0..<12 {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += pieces[Int(seed >> 33) % pieces.count]
            }
            let naive = text.unicodeScalars.split { " \n".unicodeScalars.contains($0) }.map { String($0) }
            let canonical = CanonicalText.of(text, keepsLines: false)
            let expected = naive.joined(separator: " ").precomposedStringWithCanonicalMapping
            #expect(Array(canonical.unicodeScalars) == Array(expected.unicodeScalars))
        }
    }

    /// Long runs are normalised in parts, and in parts only where nothing composes across.
    @Test(arguments: [
        "e\u{301}", "\u{1100}\u{1161}\u{11A8}", "न\u{93C}", "\u{E01}\u{E38}\u{E48}", "ক\u{9C7}\u{9BE}", "\u{2126}",
    ])
    func longRunsAreNFC(piece: String) {
        for padding in 0..<4 {
            let text = String(repeating: "x", count: padding) + String(repeating: piece, count: 3000)
            let expected = text.precomposedStringWithCanonicalMapping
            let isEqual =
                Array(CanonicalText.of(text, keepsLines: true).unicodeScalars) == Array(expected.unicodeScalars)
            #expect(isEqual)
        }
    }

    @Test func titlesAreOneLine() {
        #expect(CanonicalForm.title("a\n b") == "a b")
    }

    @Test func textKeepsItsCharactersForShowing() {
        let persian = "می\u{200C}خواهم"
        #expect(CanonicalText.folding(persian + "  \n x", keepsLines: true) == persian + "\nx")
    }

    @Test(arguments: [
        "The post A title appeared first on A site.", "Der Beitrag Ein Titel erschien zuerst auf Ort.",
        "La entrada Un título apareció primero en Sitio.", "投稿 題 は 場所 に最初に表示されました。",
        "A(z) Cím bejegyzés először Hely-en jelent meg.", "Innlegget Tittel dukket først opp på Sted.",
    ])
    func signaturesOfWordPressAreNoContent(signature: String) {
        let plain = CanonicalForm(title: "T", plainText: "Text.", enclosures: [])
        #expect(CanonicalForm(title: "T", plainText: "Text.\n" + signature, enclosures: []).hash == plain.hash)
        #expect(CanonicalForm(title: "T", plainText: signature + "\nText.", enclosures: []).hash == plain.hash)
        #expect(CanonicalForm(title: "T", plainText: "Text. " + signature, enclosures: []).hash == plain.hash)
        #expect(CanonicalForm(title: "T", plainText: "Text. The post is late.", enclosures: []).hash != plain.hash)
    }

    @Test func titleAndTextDoNotRunTogether() {
        #expect(
            CanonicalForm(title: "a", plainText: "b", enclosures: []).hash
                != CanonicalForm(title: "", plainText: "a b", enclosures: []).hash)
    }

    @Test(arguments: [
        ("one two three four", "one two three five", 0.5),
        ("one two three", "ONE, two: three!", 1.0),
        ("one two three", "four five six", 0.0),
        ("", "", 1.0),
        ("", "a b c", 0.0),
        ("a b c d e f", "a b c d", 1.0),
        ("東京都庁舎", "東京都庁舎", 1.0),
        ("東京都庁", "東京都内", 0.5),
    ])
    func shingles(first: String, second: String, shared: Double) {
        #expect(Shingles(first).sharedPart(with: Shingles(second)) == shared)
        #expect(Shingles(second).sharedPart(with: Shingles(first)) == shared)
    }

    /// In order already, many marks take Foundation no time to order; the text stays the same for it.
    @Test(arguments: [
        ["\u{301}", "\u{316}"], ["\u{316}", "\u{301}", "\u{327}", "\u{345}"],
        ["\u{5B0}", "\u{5BC}", "\u{5C1}"], ["\u{64B}", "\u{651}", "a\u{301}"],
    ])
    func manyMarksAreOrderedBeforehand(marks: [String]) {
        for count in [1, 20, 40, 300, 900] {
            let text = "a" + (0..<count).map { marks[$0 * 7 % 5 % marks.count] }.joined() + "b"
            let ordered = CombiningMarks.ordered(text)
            let (one, other) = (
                ordered.precomposedStringWithCanonicalMapping, text.precomposedStringWithCanonicalMapping
            )
            #expect(Array(one.unicodeScalars) == Array(other.unicodeScalars))
            #expect(Array(CanonicalText.of(text, keepsLines: true).unicodeScalars) == Array(other.unicodeScalars))
        }
    }

    /// Foundation leaves long runs of these as they are.
    @Test func marksThatStandForTwoAreOrderedToo() {
        let text = String(repeating: "\u{F72}\u{F73}", count: 20)
        #expect(
            Array(CombiningMarks.ordered(text).unicodeScalars)
                == Array(repeating: "\u{F71}", count: 20) + Array(repeating: "\u{F72}", count: 40))
    }

    @Test func marksComeInTheOrderOfTheirClasses() {
        let text = "a" + String(repeating: "\u{301}\u{316}", count: 1000)
        let classes = CombiningMarks.ordered(text).unicodeScalars.map {
            $0.properties.canonicalCombiningClass.rawValue
        }
        #expect(classes == classes.sorted())
        #expect(CombiningMarks.ordered("a\u{301}\u{316}b") == "a\u{301}\u{316}b")
    }
}
