import FeedModel
import GRDB
import TestSupport
import Testing

@testable import Archive
@testable import Ingest

/// Articles that say almost the same, linked and left apart.
@Suite struct StoryFinderTests {
    private static let paragraphs = (0..<6).map { longText($0, words: 30) }
    private static let story = paragraphs.joined(separator: "\n")

    private static func html(_ paragraphs: [String]) -> String { paragraphs.map { "<p>\($0)</p>" }.joined() }

    private func find(_ lab: IdentityLab, at now: Timestamp? = nil) async throws {
        let now = now ?? lab.now
        while try await lab.archive.write({
            try StoryFinder.step(StoryFinder.Batch(articles: 7, bytes: 20_000), in: $0, at: now)
        }) {}
        #expect(try lab.archive.storyBacklog() == 0)
        #expect(try lab.findings().filter { $0.hasPrefix("story") } == [])
    }

    /// Of what is older than a month; the index says which articles that are.
    private func forgetBands(_ lab: IdentityLab) async throws {
        try await lab.poll("http://last.example/", [entry("last", title: "Last", html: "short")], after: .days(32))
        try await SearchIndexer(archive: lab.archive, time: ManualTime(lab.now)).catchUp(besidePolls: false)
        let month = lab.now - StoryFinder.remembered
        try await lab.archive.write { archive in
            for _ in 0..<4096 { try archive.forgetBands(firstSeenBefore: month) }
        }
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

    /// A planet that carries both parts nothing, and one feed may say a thing twice.
    @Test func oneFeedThatHasBothMakesNoDifference() async throws {
        let lab = try IdentityLab()
        let one = entry("1", url: "http://a.example/1", title: "Council votes", html: Self.html(Self.paragraphs))
        let two = entry(
            "2", url: "http://b.example/2", title: "Mayor pleased", html: Self.html(["Said so."] + Self.paragraphs))
        try await lab.poll("http://a.example/", [one])
        try await lab.poll("http://b.example/", [two])
        try await find(lab)
        #expect(try stories(lab) == [[1, 2]])
        try await lab.poll("http://planet.example/", [two, one])
        try await find(lab)
        #expect(try lab.articles.map(\.sightings) == [2, 2] && stories(lab) == [[1, 2]])
        let third = entry(
            "3", url: "http://a.example/3", title: "More", html: Self.html(Self.paragraphs + ["And more."]))
        try await lab.poll("http://a.example/", [third, one])
        try await find(lab)
        #expect(try stories(lab) == [[1, 2, 3]])
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
        try await find(lab)
        #expect(try lab.number("SELECT count(*) FROM story_band") == StorySignature.bandCount)
        try await forgetBands(lab)
        #expect(try lab.number("SELECT count(*) FROM story_band") == 0)
        try await lab.poll("http://b.example/", [entry("2", title: "B", html: Self.html(Self.paragraphs + ["x"]))])
        try await find(lab)
        #expect(try lab.number("SELECT count(*) FROM story_band WHERE article_id = 3") == StorySignature.bandCount)
        #expect(try stories(lab).isEmpty)
    }

    /// Its bands are gone, and those of what it is linked to.
    @Test func anEditAfterAMonthKeepsTheStory() async throws {
        let lab = try IdentityLab()
        for feed in ["a", "b", "c"] {
            let html = Self.html(Self.paragraphs + ["From \(feed)"])
            try await lab.poll("http://\(feed).example/", [entry(feed, title: feed, html: html)])
        }
        try await find(lab)
        #expect(try stories(lab) == [[1, 2, 3]])
        try await forgetBands(lab)
        let edited = Self.html(Self.paragraphs + ["From b", "A word more"])
        try await lab.poll("http://b.example/", [entry("b", title: "b", html: edited)], after: .days(60))
        try await find(lab)
        #expect(try stories(lab) == [[1, 2, 3]])
        #expect(try lab.number("SELECT count(*) FROM story_band") == 0)
        try await lab.poll("http://b.example/", [entry("b", title: "b", html: longText(50))])
        try await find(lab)
        #expect(try stories(lab) == [[1, 3]])
    }

    @Test func whereNothingIsToBeDoneNothingIsWritten() async throws {
        let lab = try IdentityLab()
        try await lab.poll("http://a.example/", [entry("1", html: Self.html(Self.paragraphs))])
        try await find(lab)
        let now = lab.now
        let changes = try await lab.archive.write { archive in
            let before = archive.db.totalChangesCount
            _ = try StoryFinder.step(.besidePolls, in: archive, at: now)
            return archive.db.totalChangesCount - before
        }
        #expect(changes == 0)
    }

    /// Those of years ago, too.
    @Test func anotherRuleFindsThemAnew() async throws {
        let lab = try IdentityLab()
        for (year, feed) in ["a", "b", "c", "d"].enumerated() {
            let html = Self.html((0..<6).map { longText(year / 2 * 100 + $0, words: 30) } + ["From \(feed)"])
            try await lab.poll(
                "http://\(feed).example/", [entry(feed, title: feed, html: html)], after: .days(year == 2 ? 700 : 2))
        }
        try await find(lab)
        #expect(try stories(lab) == [[1, 2], [3, 4]])
        let due = try await lab.archive.write { try $0.articlesWithoutStory(form: StoryRule.form + 1, limit: 1) }
        #expect(due.new.map(\.rawValue) == [1] && due.changed.isEmpty)
        #expect(try stories(lab).isEmpty)
        try await find(lab)
        #expect(try stories(lab) == [[1, 2], [3, 4]])
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
        #expect(try lab.archive.storyBacklog() == 0)
        // New dates and places are no reason to look again. Edits are, and leave the story whole.
        for number in 0..<100 {
            let html = Self.html(Self.paragraphs + ["From number \(number)"])
            try await lab.poll(
                "http://feed\(number).example/", [entry("1", title: "T\(number)", html: html, published: 1_700_000_000)]
            )
        }
        #expect(try lab.archive.storyBacklog() == 0)
        for number in 0..<100 {
            let html = Self.html(Self.paragraphs + ["Once more from number \(number)"])
            try await lab.poll("http://feed\(number).example/", [entry("1", title: "T\(number)", html: html)])
        }
        #expect(try lab.archive.storyBacklog() == 100)
        try await find(lab)
        #expect(try stories(lab).map(\.count) == [100])
    }

    /// One title, and texts by one pattern, at every hour: no story without end.
    @Test func aPatternWithoutEndIsBounded() async throws {
        let lab = try IdentityLab()
        let entries = (0..<(ArchiveTransaction.mostInStory + 40)).map { number in
            entry(
                "\(number)", url: "http://a.example/\(number)", title: "Weather",
                html: Self.html(Self.paragraphs + ["At \(number) degrees"]))
        }
        try await lab.poll("http://a.example/", entries)
        try await find(lab)
        let sizes = try stories(lab).map(\.count)
        #expect(
            sizes.first == ArchiveTransaction.mostInStory && sizes.allSatisfy { $0 <= ArchiveTransaction.mostInStory })
    }
}
