import FeedModel
import Testing

@testable import Archive

/// The query language: what each form asks the index, and what is said of a query that is none.
@Suite struct SearchQueryTests {
    private func parse(_ text: String) throws(SearchQueryError) -> SearchQuery {
        try SearchQuery.parse(text) { $0 == "2026-01-01" ? Timestamp(seconds: 1_767_225_600) : nil }
    }

    @Test(arguments: [
        ("fusion", #""fusion""#),
        ("fusion energy", #"("fusion" AND "energy")"#),
        ("fusion AND energy", #"("fusion" AND "energy")"#),
        (#""fusion energy""#, #""fusion energy""#),
        ("“fusion energy”", #""fusion energy""#),
        ("fusi*", #""fusi" *"#),
        (#""cold fusi"*"#, #""cold fusi" *"#),
        ("fusion OR fission", #"("fusion" OR "fission")"#),
        ("a b OR c d", #"(("a" AND "b") OR ("c" AND "d"))"#),
        ("(a OR b) c", #"(("a" OR "b") AND "c")"#),
        ("energy -coal", #"(("energy") NOT ("coal"))"#),
        ("energy NOT coal", #"(("energy") NOT ("coal"))"#),
        ("energy AND NOT coal", #"(("energy") NOT ("coal"))"#),
        ("-coal energy -oil", #"(("energy") NOT ("coal" OR "oil"))"#),
        ("energy -(coal OR oil)", #"(("energy") NOT (("coal" OR "oil")))"#),
        ("energy --coal", #"("energy" AND "coal")"#),
        ("title:fusion", #"title : ("fusion")"#),
        ("TITLE:fusion", #"title : ("fusion")"#),
        (#"author:"Ada Lovelace" text:engine"#, #"(author : ("ada lovelace") AND text : ("engine"))"#),
        ("title:(a OR b)", #"title : (("a" OR "b"))"#),
        // Words of punctuation are not in the index; punctuation within a word parts it.
        ("sense & sensibility", #"("sense" AND "sensibility")"#),
        ("Brexit - what now", #"("brexit" AND "what" AND "now")"#),
        ("don't", #""don t""#), ("C++", #""c""#), ("16:9", #""16 9""#), ("A.D.", #""a d""#),
        // Case and diacritics, composed or not; only Latin letters lose them.
        ("École", #""ecole""#), ("E\u{301}cole", #""ecole""#), ("Tiếng", #""tieng""#), ("ШКОЛА", #""школа""#),
        ("и\u{306}од", #""йод""#), ("Straße", #""straße""#),
        // Points of Arabic and Hebrew, soft hyphens, full-width letters.
        ("كِتَاب", #""كتاب""#), ("שָׁלוֹם", #""שלום""#), ("co\u{AD}operate", #""cooperate""#), ("ＡＢＣ", #""abc""#),
        // Vowels of Indic scripts are parts of words.
        ("हिन्दी", #""हिन्दी""#),
        // Scripts without spaces: pairs, so that any part of a run is found.
        ("天", #"characters : "天""#), ("title:天", #"title : ("天" *)"#), (#""天 安""#, #"- characters : "天 安" *"#),
        ("天安", #""天安""#), ("天安门", #""天安 安门""#), ("天安*", #""天安""#),
        ("用Swift写代码", #""用 swift 写代 代码""#), ("写代码Swift", #""写代 代码 码 swift""#), ("2024年", #""2024 年" *"#),
        ("ไทย", #""ไท ทย""#), ("か\u{3099}く", #""がく""#),
        // What has a meaning for the index is a word here.
        ("NEAR", #""near""#), ("and or not", #"("and" AND "or" AND "not")"#),
        ("a^b {x} : y", #"("a b" AND "x" AND "y")"#),
        ("places", #""places""#), ("\u{F8FF}7", #""7""#), ("x' y;--", #"("x" AND "y")"#),
    ])
    func words(text: String, expression: String) throws {
        #expect(try parse(text).matchExpression == expression)
    }

    @Test(arguments: [
        ("x feed:https://e.org/feed?a=(1)", SearchQuery.Filter.feed("https://e.org/feed?a=(1)", isExcluded: false)),
        ("x -feed:e.org", .feed("e.org", isExcluded: true)),
        ("tag:news x", .tag("news", isExcluded: false)),
        (#"x tag:"two words""#, .tag("two words", isExcluded: false)),
        ("x NOT tag:news", .tag("news", isExcluded: true)),
        ("x after:2026-01-01", .after(Timestamp(seconds: 1_767_225_600))),
        ("x AND before:2026-01-01", .before(Timestamp(seconds: 1_767_225_600))),
        ("(x) tag:a", .tag("a", isExcluded: false)),
    ])
    func filters(text: String, filter: SearchQuery.Filter) throws {
        let query = try parse(text)
        #expect(query.filters == [filter])
        #expect(query.matchExpression == #""x""#)
    }

    @Test(arguments: [
        ("", 1, "no word"), ("   ", 1, "no word"), ("- & !", 1, "no word"), ("tag:news", 1, "no word"),
        (#"a "b c"#, 3, "not closed"), ("(a b", 1, "not closed"), ("a (b (c)", 3, "not closed"),
        ("a) b", 2, "closes none"), ("a ()", 3, "no word in these"), (#"a """#, 3, "between these"),
        ("OR a", 1, "both sides"), ("a OR", 5, "both sides"), ("a OR OR b", 5, "both sides"),
        ("AND a", 1, "both sides"), ("a AND", 3, "both sides"), ("a AND OR b", 3, "both sides"),
        ("-a", 1, "no other word"), ("a OR -b", 6, "no other word"), ("a (NOT b)", 4, "no other word"),
        ("a NOT", 3, "nothing behind"), ("a -", 0, ""),
        ("*", 1, "beginning of a word"), ("a*b", 2, "only at its end"), ("a*", 1, "two letters"),
        ("title: x", 1, "right behind"), ("title:", 1, "right behind"), ("(title:)", 2, "right behind"),
        ("titel:x", 1, "no field 'titel'"), ("https://e.org/", 1, "quotes"),
        ("x after:soon", 3, "takes a date"), ("x -after:2026-01-01", 4, "before: says the contrary"),
        ("x feed:", 3, "needs a value"), (#"x tag:"a"#, 7, "not closed"),
        ("a OR tag:b", 6, "one side of OR"), ("a tag:b OR c", 3, "one side of OR"), ("a (b tag:c)", 6, "parentheses"),
        (String(repeating: "(", count: 40), 33, "too deep"),
        (String(repeating: "a ", count: 3000), 4097, "at the most"),
    ])
    func mistakes(text: String, position: Int, message: String) throws {
        if position == 0 {
            _ = try parse(text)
            return
        }
        do throws(SearchQueryError) {
            let query = try parse(text)
            Issue.record("'\(text)' was read as \(query.matchExpression)")
        } catch {
            #expect(error.position == position, "\(error)")
            #expect(error.message.contains(message), "\(error)")
        }
    }

    /// The text before indexing, as the tokenizer of SQLite gets it.
    @Test(arguments: [
        ("plain ASCII, as it is", "plain ASCII, as it is"), ("Déjà vu — là", "Déjà vu — là"),
        ("天安门", " 天安 安门 门"), ("在天安门。好", " 在天 天安 安门 门 。 好"), ("用Swift写", " 用 Swift 写"),
        ("co\u{AD}op", "coop"), ("a\u{200B}b", "ab"), ("كِتَاب", "كتاب"), ("ＡＢ１", "AB1"),
        ("スマホ・ゲーム", " スマ マホ ホ ・ ゲー ーム ム"),
    ])
    func preparedText(text: String, prepared: String) {
        #expect(SearchText.prepared(text) == prepared)
    }

    // MARK: snippets

    private func snippet(_ text: String, _ query: String) throws -> String? {
        try Snippet.of(text, phrases: parse(query).phrases.map(\.phrase)).map { snippet in
            snippet.pieces.map { $0.isHit ? "[\($0.text)]" : $0.text }.joined()
        }
    }

    @Test(arguments: [
        ("The École is near.", "ecole", "The [École] is near."),
        ("one two\nthree", #""two three""#, "one [two three]"),
        ("one two, one three", #""one three""#, "one two, [one three]"),
        ("fusion and fusions", "fus*", "[fusion] and [fusions]"),
        ("我在天安门广场", "天安门", "我在[天安门]广场"),
        ("我在天安门", "天", "我在[天]安门"),
        ("我在天", "天", "我在[天]"),
        ("Nothing of it", "absent", "Nothing of it"),
        ("a b c", "b c -x", "a [b] [c]"),
        ("כתב שָׁלוֹם", "שלום", "כתב [שָׁלוֹם]"),
    ])
    func hitsAreMarked(text: String, query: String, marked: String) throws {
        #expect(try snippet(text, query) == marked)
    }

    @Test func aSnippetOfALongTextShowsThePlaceWithTheMostHits() throws {
        let filler = String(repeating: "filler words without end ", count: 200)
        let text = "energy " + filler + "cold fusion energy " + filler
        let found = try #require(try snippet(text, "energy fusion"))
        #expect(found.contains("cold [fusion] [energy]"))
        #expect(found.hasPrefix("…") && found.hasSuffix("…"))
        #expect(found.count < 300)
        #expect(try snippet("", "energy") == nil)
    }

    /// A word without an end, such as a run of base64.
    @Test func aSnippetEndsWithinAWordWithoutEnd() throws {
        let found = try #require(try snippet("x " + String(repeating: "a", count: 100_000), "x"))
        #expect(found.count < 300)
    }
}
