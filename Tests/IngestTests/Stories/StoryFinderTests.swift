import Archive
import FeedModel
import TestSupport
import Testing

@testable import Ingest

/// Articles that say almost the same, linked and left apart.
@Suite struct StoryFinderTests {
    private static let paragraphs = (0..<6).map { longText($0, words: 30) }
    private static let story = paragraphs.joined(separator: "\n")

    private static func html(_ paragraphs: [String]) -> String { paragraphs.map { "<p>\($0)</p>" }.joined() }

    private func find(_ lab: IdentityLab, at now: Timestamp? = nil) async throws {
        let now = now ?? lab.now
        while try await lab.archive.write({ try StoryFinder.step(7, in: $0, at: now) }) {}
        #expect(try lab.archive.storyBacklog() == 0)
        #expect(try lab.findings().filter { $0.hasPrefix("story") } == [])
    }

    /// Article numbers, story by story.
    private func stories(_ lab: IdentityLab) throws -> [[Int64]] {
        let all = try lab.articles.compactMap { article in article.story.map { ($0.rawValue, article.id.rawValue) } }
        return Dictionary(grouping: all) { $0.0 }.values.map { $0.map(\.1).sorted() }.sorted { $0[0] < $1[0] }
    }

    /// In two feeds, one after the other.
    @Test(
        arguments: [
            (
                "a wire story with another lead",
                html(["Our own lead, of eleven words, by our man in town."] + paragraphs[1...])
            ),
            ("the title again, and what a pager left", html(paragraphs + ["A title", "1 / 1"])),
            ("cut off at the end", html(Array(paragraphs[..<5]))),
            ("shouted, with other marks", html(paragraphs.map { $0.uppercased().replacing(" ", with: " – ") + "!" })),
            (
                "in other markup, with a note",
                "<div>" + paragraphs.joined(separator: "<br>") + "<i>From the wire</i></div>"
            ),
        ])
    func whatSaysAlmostTheSameIsOneStory(what: String, html: String) async throws {
        let lab = try IdentityLab()
        try await lab.poll("http://a.example/", [entry("1", title: "A title", html: Self.html(Self.paragraphs))])
        try await lab.poll("http://b.example/", [entry("2", title: "Another one", html: html)])
        try await find(lab)
        #expect(try lab.articles.count == 2)
        #expect(try stories(lab) == [[1, 2]], "\(what)")
        let story = try #require(try lab.archive.story(of: ArticleID(rawValue: 2)))
        #expect(story.number.rawValue == 1 && story.articles.map(\.id.rawValue) == [1, 2])
        let link = try #require(story.links.first)
        #expect(link.article.rawValue == 2 && link.other.rawValue == 1 && story.links.count == 1)
        #expect(link.similarity.jaccard > 0.6 && link.similarity.containment >= link.similarity.jaccard)
    }

    @Test(
        arguments: [
            ("another text", html((10..<16).map { longText($0, words: 30) })),
            ("a third of it", html(Array(paragraphs[..<2]) + (10..<14).map { longText($0, words: 30) })),
            ("hardly a text", "<p>word0x0 word0x1 word0x2</p>"), ("no text", ""),
        ])
    func whatDoesNotIsNone(what: String, html: String) async throws {
        let lab = try IdentityLab()
        try await lab.poll("http://a.example/", [entry("1", html: Self.html(Self.paragraphs))])
        try await lab.poll("http://b.example/", [entry("2", title: "Another one", html: html)])
        try await find(lab)
        #expect(try lab.articles.count == 2 && stories(lab).isEmpty, "\(what)")
        #expect(try lab.archive.story(of: ArticleID(rawValue: 1)) == nil)
    }

    @Test func scriptsWithoutSpacesAreComparedByCharacters() async throws {
        let text = String((0..<260).compactMap { Unicode.Scalar(0x4E00 + $0 * 7).map(Character.init) })
        let lab = try IdentityLab()
        try await lab.poll("http://a.example/", [entry("1", html: "<p>\(text)</p>")])
        try await lab.poll("http://b.example/", [entry("2", title: "B", html: "<p>新しい\(text)</p><p>終わり</p>")])
        try await find(lab)
        #expect(try stories(lab) == [[1, 2]])
    }

    /// The weather of every day follows one pattern. A report that is published again under its title does not.
    @Test func withinOneFeedTheTitlesMustAgree() async throws {
        let lab = try IdentityLab()
        try await lab.poll(
            "http://a.example/",
            [
                entry("3", url: "http://a.example/3", title: "Tuesday", html: Self.html(["Rain"] + Self.paragraphs)),
                entry("2", url: "http://a.example/2", title: "Monday", html: Self.html(["Snow"] + Self.paragraphs)),
                entry("1", url: "http://a.example/1", title: "Monday", html: Self.html(["Sun"] + Self.paragraphs)),
            ])
        try await find(lab)
        #expect(try lab.articles.map(\.title) == ["Monday", "Monday", "Tuesday"])
        #expect(try stories(lab) == [[1, 2]])
    }

    @Test func storiesComeTogetherAndPart() async throws {
        let lab = try IdentityLab()
        func html(_ first: Int) -> String {
            Self.html((first..<(first + 8)).map { longText($0, words: 30) })
        }
        // Each shares most with its neighbours, and hardly anything with the next but one.
        try await lab.poll("http://a.example/", [entry("a", title: "A", html: html(0))])
        try await lab.poll("http://c.example/", [entry("c", title: "C", html: html(4))])
        try await find(lab)
        #expect(try stories(lab).isEmpty)
        try await lab.poll(
            "http://b.example/",
            [entry("b", title: "B", html: Self.html((1..<11).map { longText($0, words: 30) }))])
        try await find(lab)
        #expect(try stories(lab) == [[1, 2, 3]])
        // An edit that leaves nothing of it.
        try await lab.poll("http://b.example/", [entry("b", title: "B", html: html(30))])
        try await find(lab)
        #expect(try stories(lab).isEmpty)
        try await lab.poll("http://d.example/", [entry("d", title: "D", html: html(31))])
        try await find(lab)
        #expect(try stories(lab) == [[3, 4]])
    }

    @Test func aRemovedArticleLeavesItsStory() async throws {
        let lab = try IdentityLab()
        for (number, feed) in ["a", "b", "c"].enumerated() {
            let html = Self.html(Self.paragraphs + ["From \(feed)"])
            try await lab.poll("http://\(feed).example/", [entry("\(number)", title: feed, html: html)])
        }
        try await find(lab)
        #expect(try stories(lab) == [[1, 2, 3]])
        let now = lab.now
        try await lab.archive.write { try $0.remove(Tombstone.of(ArticleID(rawValue: 1), in: $0), at: now) }
        #expect(try stories(lab) == [[2, 3]])
        #expect(try lab.archive.story(of: ArticleID(rawValue: 3))?.number.rawValue == 2)
        try await lab.archive.write { try $0.remove(Tombstone.of(ArticleID(rawValue: 3), in: $0), at: now) }
        #expect(try stories(lab).isEmpty && lab.findings().isEmpty)
        // What stood there does not come back by the signature that it left.
        try await lab.poll("http://d.example/", [entry("9", title: "d", html: Self.html(Self.paragraphs + ["From d"]))])
        try await find(lab)
        #expect(try stories(lab) == [[2, 4]])
    }

    @Test func whatIsOlderThanAMonthIsForgotten() async throws {
        let lab = try IdentityLab()
        try await lab.poll("http://a.example/", [entry("1", title: "A", html: Self.html(Self.paragraphs))])
        try await SearchIndexer(archive: lab.archive, time: ManualTime(lab.now)).catchUp(besidePolls: false)
        try await find(lab)
        let later = lab.now + .days(32)
        #expect(try lab.number("SELECT count(*) FROM story_band") == StorySignature.bandCount)
        try await lab.poll("http://b.example/", [entry("2", title: "B", html: longText(99))], after: .days(32))
        try await SearchIndexer(archive: lab.archive, time: ManualTime(lab.now)).catchUp(besidePolls: false)
        for _ in 0..<4096 {
            try await lab.archive.write { try $0.forgetBands(firstSeenBefore: later - StoryFinder.remembered) }
        }
        #expect(try lab.number("SELECT count(*) FROM story_band WHERE article_id = 1") == 0)
        try await find(lab)
        #expect(try lab.number("SELECT count(*) FROM story_band WHERE article_id = 2") == StorySignature.bandCount)
    }

    @Test func anotherRuleFindsThemAnew() async throws {
        let lab = try IdentityLab()
        for feed in ["a", "b"] {
            let html = Self.html(Self.paragraphs + ["From \(feed)"])
            try await lab.poll("http://\(feed).example/", [entry(feed, title: feed, html: html)])
        }
        try await find(lab)
        let due = try await lab.archive.write { try $0.articlesWithoutStory(form: StoryRule.form + 1, limit: 1) }
        #expect(due.articles.map(\.rawValue) == [1] && due.hasMore)
        #expect(try stories(lab).isEmpty)
        try await find(lab)
        #expect(try stories(lab) == [[1, 2]])
    }

    /// A text that very many have holds nobody up, and is one story.
    @Test func oneTextOfAHundredFeeds() async throws {
        let lab = try IdentityLab()
        for number in 0..<100 {
            let html = Self.html(Self.paragraphs + ["From number \(number)"])
            try await lab.poll("http://feed\(number).example/", [entry("1", title: "T\(number)", html: html)])
        }
        try await find(lab)
        #expect(try stories(lab).map(\.count) == [100])
        #expect(try lab.number("SELECT max(n) FROM (SELECT count(*) AS n FROM story_link GROUP BY article_id)") == 4)
    }
}
