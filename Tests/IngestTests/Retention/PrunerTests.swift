import FeedModel
import TestSupport
import Testing

@testable import Archive
@testable import Ingest

/// Articles that retention removes, and what comes of their entries afterwards.
@Suite struct PrunerTests {
    private let a = "https://a.example/feed"
    private let b = "https://b.example/feed"

    /// All feeds keep articles for 100 days and 3 revisions, but those that say otherwise.
    private func configuration(_ feeds: [String: Retention] = [:], removedFeeds: Bool = false) -> Configuration {
        var configuration = Configuration()
        configuration.keep.retention = Retention(articles: .atLeast(.days(100)), revisions: .newest(3))
        configuration.keep.removedFeeds = removedFeeds
        for url in [a, b] {
            var feed = FeedConfiguration(url: url, place: SourcePlace(file: "", line: 1, column: 1))
            feed.keep = feeds[url] ?? Retention()
            configuration.feeds.append(feed)
        }
        return configuration
    }

    /// Prunes; what a dry run says is what then happens.
    @discardableResult
    private func prune(_ lab: IdentityLab, _ configuration: Configuration? = nil) async throws -> PruneSummary {
        let configuration = configuration ?? self.configuration()
        let pruner = Pruner(archive: lab.archive, configuration: configuration, time: ManualTime(lab.now))
        let before = try lab.articles
        let dry = try await pruner.run(isDry: true)
        #expect(try lab.articles == before)
        let wet = try await pruner.run()
        #expect(dry == wet)
        #expect(try lab.findings().isEmpty)
        return wet
    }

    private func index(_ lab: IdentityLab) async throws {
        while try await lab.archive.write({ try $0.indexNext(articles: 100, bytes: 1 << 20) }).hasMore {}
    }

    private func document(_ numbers: ClosedRange<Int>) -> [Entry] {
        numbers.map {
            entry(
                "\($0)", url: "https://a.example/\($0)", title: "Title \($0)", html: longText($0), published: Int64($0))
        }
    }

    /// Articles 1 to 3, of which 1 and 2 left the feed long ago.
    private func aged() async throws -> IdentityLab {
        let lab = try IdentityLab()
        try await lab.poll(a, document(1...3))
        try await lab.poll(a, document(3...3))
        try await index(lab)
        try await lab.poll(a, document(3...3), after: .days(101))
        return lab
    }

    @Test("what left the feed long ago goes, what stands in it stays, however old")
    func removes() async throws {
        let lab = try await aged()
        // The newest entry of a document is the first; articles are numbered from its end.
        let gone = try lab.articles.filter { $0.title != "Title 3" }
        let summary = try await prune(lab)
        #expect(summary.total.articles == 2 && summary.total.revisions == 0 && summary.total.bytes > 1000)
        #expect(summary.byFeed[a] == summary.total)
        #expect(try lab.articles.map(\.title) == ["Title 3"])
        // Sums.
        let figures = try lab.archive.statusFigures(at: lab.now, overdueAfter: .hours(1))
        #expect(figures.articles == 1 && figures.revisions == 1)
        var counts: [Int] = []
        try lab.archive.feeds { _, articles in counts.append(articles) }
        #expect(counts == [1])
        // The change log.
        let lines = try lab.archive.changes(after: 0, limit: 100)
        #expect(lines.map(\.kind) == [.new, .new, .new, .gone, .gone] && lines.map(\.seq) == [1, 2, 3, 4, 5])
        #expect(lines.suffix(2).map(\.removed) == gone.map { Change.Removed(article: $0.id, revision: 1) })
        for line in lines where gone.contains(where: { $0.id == line.removed?.article }) {
            var json = JSONWriter()
            json.change(line)
            #expect(json.string.contains("\"gone\":true") && !json.string.contains("word"))
        }
        for article in gone {
            #expect(try lab.archive.article(article.id) == nil && lab.archive.removal(of: article.id) == lab.now)
            #expect(try lab.archive.revisions(of: article.id).isEmpty && lab.archive.sightings(of: article.id).isEmpty)
        }
        #expect(try lab.archive.searchBacklog() == 0)
        // Once more: nothing is left to do.
        #expect(try await prune(lab) == PruneSummary())
    }

    /// The words of an article stand in no place that can be read as text.
    @Test("no table holds a word of what was removed, and the index finds none")
    func noWords() async throws {
        let lab = try await aged()
        try await prune(lab)
        for word in ["word1x7", "word2x7"] {
            #expect(
                try lab.number("SELECT count(*) FROM articles_fts WHERE articles_fts MATCH ?", word) == 0)
            for (table, column) in [("content", "text"), ("content", "body"), ("sighting", "entry")] {
                #expect(try lab.number("SELECT count(*) FROM \(table) WHERE \(column) LIKE ?", "%\(word)%") == 0)
            }
        }
        #expect(try lab.number("SELECT count(*) FROM articles_fts WHERE articles_fts MATCH 'word3x7'") == 1)
    }

    @Test("by whatever rule an entry is a removed article, it does not come back")
    func staysAway() async throws {
        let lab = try await aged()
        try await prune(lab)
        let comingBack: [(String, [Entry], String)] = [
            (a, document(1...3), "rule 1: the guid, as it was"),
            (
                a,
                [entry("1", url: "https://a.example/1", title: "Title 1", html: longText(50))] + document(3...3),
                "rule 1: the guid, edited"
            ),
            (
                a, [entry("new", url: "https://a.example/1", title: "Title 1", html: longText(51))] + document(3...3),
                "rule 2: the URL in the feed, with another guid"
            ),
            (
                b, [entry("x", url: "http://a.example/1?utm_source=b", title: "Title 1", html: longText(52))],
                "rule 2: the URL in another feed"
            ),
            (
                b, [entry("y", url: "https://b.example/elsewhere", title: "Title 1", html: longText(1))],
                "rule 3: the content in another feed"
            ),
        ]
        for (feed, entries, why) in comingBack {
            let result = try await lab.poll(feed, entries)
            #expect(result.new == 0 && result.revised == 0 && result.duplicates == 0, "\(why)")
            #expect(result.arrivals.isEmpty && result.known == entries.count, "\(why)")
        }
        #expect(try lab.articles.map(\.title) == ["Title 3"])
        #expect(try lab.findings().isEmpty)
    }

    @Test("rule 4: the same short text with the same date")
    func staysAwayByInstant() async throws {
        let lab = try IdentityLab()
        func short(_ guid: String?, _ published: Int64) -> Entry {
            entry(guid, title: "Short", html: "a few words", published: published)
        }
        try await lab.poll(a, [short(nil, 1000)])
        try await lab.poll(a, [])
        try await lab.poll(a, [], after: .days(101))
        #expect(try await prune(lab).total.articles == 1)
        #expect(try await lab.poll(a, [short("other", 1000)]).new == 0)
        #expect(try await lab.poll(a, [short("other", 2000)]).new == 1)
        #expect(try await lab.poll(b, [short(nil, 1000)]).new == 1)
    }

    @Test("what is another article is new, also beside a removed one")
    func othersAreNew() async throws {
        let lab = try await aged()
        try await prune(lab)
        let others: [(String, Entry, String)] = [
            (a, entry("1", url: "https://a.example/other", title: "Other", html: longText(60)), "a guid used again"),
            (b, entry("1", url: "https://b.example/1", title: "Of b", html: longText(61)), "a guid of another feed"),
            (b, entry("z", url: "https://a.example/1", title: "Nothing like it", html: longText(62)), "another title"),
            (b, entry("s", url: "https://b.example/s", title: "Title 1", html: "short"), "a title alone"),
        ]
        for (feed, one, why) in others {
            #expect(try await lab.poll(feed, [one]).new == 1, "\(why)")
        }
        #expect(try lab.findings().isEmpty)
    }

    @Test("podcast episodes with standing notes are told apart from removed ones by their enclosures")
    func enclosures() async throws {
        let lab = try IdentityLab()
        func episode(_ number: Int) -> Entry {
            entry(
                "e\(number)", url: "https://a.example/e\(number)", title: "Episode", html: longText(1),
                enclosures: ["https://a.example/\(number).mp3"])
        }
        try await lab.poll(a, [episode(1)])
        try await lab.poll(a, [])
        try await lab.poll(a, [], after: .days(101))
        #expect(try await prune(lab).total.articles == 1)
        #expect(try await lab.poll(a, [episode(2)]).new == 1)
        #expect(try await lab.poll(b, [episode(1)]).new == 0)
    }

    @Test("the most generous feed decides, and feeds that left keep everything unless told otherwise")
    func generous() async throws {
        let lab = try await aged()
        try await lab.poll(b, [entry("b", url: "https://a.example/1", title: "Title 1", html: longText(1))])
        try await lab.poll(b, [])
        try await lab.poll(b, [], after: .days(150))
        let keeps = configuration([b: Retention(articles: .forever)])
        #expect(try await prune(lab, keeps).total.articles == 1)
        #expect(try lab.articles.map(\.title).contains("Title 1"))
        var left = configuration()
        left.feeds.removeFirst()
        #expect(try await prune(lab, left) == PruneSummary())
        // Both feeds are counted down.
        #expect(try await prune(lab).total.articles == 1)
        #expect(try lab.articles.map(\.title) == ["Title 3"])
        left = configuration(removedFeeds: true)
        left.feeds.removeFirst()
        _ = try await lab.poll(a, document(3...3), after: .hours(1))
        #expect(try await prune(lab, left) == PruneSummary())
        try await lab.poll(b, [], after: .days(150))
        #expect(try await prune(lab, left).total.articles == 1)
        #expect(try lab.articles.isEmpty)
        // It comes back into the configuration, with the entry in its document.
        #expect(try await lab.poll(a, document(3...3)).new == 0)
    }

    @Test("of many edits the first and the newest stay")
    func revisions() async throws {
        let lab = try IdentityLab()
        for number in 1...9 {
            try await lab.poll(
                a, [entry("1", url: "https://a.example/1", html: longText(1) + " edit \(number)")], after: .days(1))
            if number == 5 { try await index(lab) }
            try await lab.poll(a, [entry("1", url: "https://a.example/1", html: longText(1) + " edit \(number)")])
        }
        let article = try #require(try lab.articles.first)
        let before = try lab.revisions(article)
        let summary = try await prune(lab)
        #expect(summary.total.articles == 0 && summary.total.revisions == 5 && summary.total.bytes > 1000)
        #expect(try lab.revisions(article) == [before[0]] + before.suffix(3))
        try await index(lab)
        #expect(try lab.findings().isEmpty)
        #expect(
            try lab.archive.changes(after: 0, limit: 100).map(\.insteadRevision) == [nil, 7, 7, 7, 7, 7, nil, nil, nil])
        // The edit that comes next is number 10.
        try await lab.poll(a, [entry("1", url: "https://a.example/1", html: longText(1) + " edit 10")], after: .days(1))
        #expect(try lab.articles.map(\.revision) == [10])
        #expect(try await prune(lab).total.revisions == 1)
    }

    @Test("contents that no state and no place shows any more go with their article")
    func orphans() async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, document(1...1))
        // A further feed's shorter form, edited: its first form is in no revision and at no place.
        for number in 1...3 {
            try await lab.poll(b, [entry("b", url: "https://a.example/1", title: "Title 1", html: "short \(number)")])
        }
        try await lab.poll(a, [])
        try await lab.poll(b, [])
        try await lab.poll(b, [], after: .days(101))
        #expect(try await prune(lab).total.articles == 1)
        #expect(try lab.number("SELECT count(*) FROM content") == 0)
    }

    @Test("the most particular place of the configuration decides, of tags the most generous")
    func configured() {
        var configuration = Configuration()
        configuration.keep.retention = Retention(articles: .atLeast(.days(10)), revisions: .newest(2))
        configuration.keep.tags = [
            "news": Retention(articles: .atLeast(.days(20))),
            "law": Retention(articles: .forever, revisions: .newest(9)),
        ]
        var feed = FeedConfiguration(url: a, place: SourcePlace(file: "", line: 1, column: 1))
        #expect(configuration.retention(of: feed) == configuration.keep.retention)
        feed.defaultKeep.articles = .atLeast(.days(15))
        #expect(configuration.retention(of: feed) == Retention(articles: .atLeast(.days(15)), revisions: .newest(2)))
        feed.tags = ["news"]
        #expect(configuration.retention(of: feed) == Retention(articles: .atLeast(.days(20)), revisions: .newest(2)))
        feed.tags = ["news", "law"]
        #expect(configuration.retention(of: feed) == Retention(articles: .forever, revisions: .newest(9)))
        feed.keep.articles = .atLeast(.days(1))
        #expect(configuration.retention(of: feed) == Retention(articles: .atLeast(.days(1)), revisions: .newest(9)))
        #expect(Configuration().retention(of: FeedConfiguration(url: a, place: feed.place)) == .everything)
    }
}
