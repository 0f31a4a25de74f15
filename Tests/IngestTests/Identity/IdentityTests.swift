import Archive
import FeedModel
import Testing

@testable import Ingest

/// When two entries are one article: each case by its name.
@Suite struct IdentityTests {
    let a = "https://a.example/feed"
    let b = "https://b.example/feed"

    // MARK: rule 1

    @Test("guid-kept-text-edited")
    func guidKeptTextEdited() async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry("1", url: "https://a.example/1", html: "<p>\(longText(1))</p>")])
        let result = try await lab.poll(
            a, [entry("1", url: "https://a.example/1", html: "<p>\(longText(1)) and more</p>")])
        #expect(result.revised == 1 && result.new == 0)
        let article = try #require(try lab.articles.first)
        #expect(try lab.articles.count == 1)
        #expect(article.revision == 2 && article.text.hasSuffix("and more"))
        #expect(try lab.revisions(article).map(\.text).first == longText(1))
        #expect(try lab.changes() == [.new, .revised])
    }

    @Test("guid-kept-only-markup-changed")
    func guidKeptOnlyMarkupChanged() async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry("1", html: "<p>\(longText(1))</p><img src='x.png'>")])
        let result = try await lab.poll(
            a, [entry("1", html: "<div class=new><p>\(longText(1))</p><img src='y.png'></div>")])
        #expect(result.revised == 0 && result.new == 0)
        let article = try #require(try lab.articles.first)
        #expect(article.revision == 1)
        // The newer markup is shown.
        #expect(article.body?.value.contains("y.png") == true)
        #expect(try lab.changes() == [.new])
    }

    @Test("title-only-change")
    func titleOnlyChange() async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry("1", url: "https://a.example/1", title: "Before", html: longText(1))])
        let result = try await lab.poll(a, [entry("1", url: "https://a.example/1", title: "After", html: longText(1))])
        #expect(result.revised == 1)
        #expect(try lab.articles.map(\.title) == ["After"])
    }

    @Test("a new date is no edit, however many articles say the same")
    func dateOnlyChangeAmongMany() async throws {
        let lab = try IdentityLab()
        func document(_ shift: Int64) -> [Entry] {
            (1...100).map {
                entry("\($0)", url: "https://a.example/\($0)", title: "Photo", published: Int64($0) * 1000 + shift)
            }
        }
        #expect(try await lab.poll(a, document(0)).new == 100)
        #expect(try await lab.poll(a, document(1)) == Reconciliation(known: 100))
    }

    @Test("date-only-change")
    func dateOnlyChange() async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry("1", html: longText(1), published: 1000)])
        let result = try await lab.poll(a, [entry("1", html: longText(1), published: 2000)])
        #expect(result.revised == 0 && result.new == 0)
        #expect(try lab.articles.map(\.published) == [Timestamp(seconds: 2000)])
    }

    @Test("constant-guid-in-document")
    func constantGuidInDocument() async throws {
        let lab = try IdentityLab()
        let document = (1...3).map {
            entry("same", url: "https://a.example/\($0)", title: "T \($0)", html: longText($0))
        }
        #expect(try await lab.poll(a, document).new == 3)
        // The value stays unreliable for good, also when it stands there once.
        let next = entry("same", url: "https://a.example/4", title: "T 4", html: longText(4))
        #expect(try await lab.poll(a, [next]).new == 1)
        #expect(try await lab.poll(a, [next] + document) == Reconciliation(known: 4))
        #expect(try lab.articles.count == 4)
    }

    @Test("guid-is-homepage")
    func guidIsHomepage() async throws {
        let lab = try IdentityLab()
        let home = "https://a.example/"
        try await lab.poll(a, [entry(home, url: home, title: "One", html: longText(1))], homePage: home)
        let result = try await lab.poll(a, [entry(home, url: home, title: "Two", html: longText(2))], homePage: home)
        #expect(result.new == 1 && result.revised == 0)
        #expect(try lab.articles.count == 2)
    }

    @Test("guid-reused-for-another-article")
    func recycledGuid() async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry("1", url: "https://a.example/old", title: "Old", html: longText(1))])
        let result = try await lab.poll(a, [entry("1", url: "https://a.example/new", title: "New", html: longText(2))])
        #expect(result.new == 1 && result.revised == 0)
        // From then on the guid is the new article's.
        let edited = try await lab.poll(
            a, [entry("1", url: "https://a.example/new", title: "New", html: longText(2) + " x")])
        #expect(edited.revised == 1)
        #expect(try lab.articles.map(\.revision) == [1, 2])
    }

    @Test("guid-kept-everything-but-the-text-changed")
    func guidKeptURLAndTitleChanged() async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry("1", url: "https://a.example/old", title: "Old", html: longText(1))])
        let result = try await lab.poll(
            a, [entry("1", url: "https://a.example/new", title: "New", html: longText(1) + " more")])
        #expect(result.new == 0 && result.revised == 1)
    }

    @Test("numeric-guid-reused-by-two-feeds")
    func numericGuidInTwoFeeds() async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry("17", title: "One", html: longText(1))])
        try await lab.poll(b, [entry("17", title: "Two", html: longText(2))])
        #expect(try lab.articles.count == 2)
    }

    @Test("entry-leaves-and-returns-to-feed")
    func entryLeavesAndReturns() async throws {
        let lab = try IdentityLab()
        let first = entry("1", url: "https://a.example/1", html: longText(1))
        let second = entry("2", url: "https://a.example/2", title: "Other", html: longText(2))
        try await lab.poll(a, [first])
        try await lab.poll(a, [second])
        let away = try lab.archive.sightings(of: ArticleID(rawValue: 1))
        #expect(away.map { $0.lastSeen != nil } == [true])
        let result = try await lab.poll(a, [first, second])
        #expect(result.new == 0 && result.revised == 0 && result.duplicates == 0)
        let back = try lab.archive.sightings(of: ArticleID(rawValue: 1))
        #expect(back.map { $0.lastSeen != nil } == [false])
        #expect(try lab.articles.map(\.revision) == [1, 1])
    }

    @Test("feed-moved-to-new-url")
    func feedMovedToNewURL() async throws {
        let lab = try IdentityLab()
        let old = entry("1", url: "http://old.example/1", html: longText(1))
        try await lab.poll(a, [old])
        // The feed's row moved, by a permanent redirect; then the operator writes the new URL down.
        let feed = try #require(try lab.archive.configuredFeed(url: a)?.id)
        let state = try #require(try lab.archive.feed(feed)?.poll)
        try await lab.archive.write { archive in
            var moved = state
            moved.url = "https://new.example/feed"
            try archive.save(moved, of: feed)
        }
        let scheduled = try await lab.archive.write { archive in
            try archive.synchronize(
                [ConfiguredFeed(url: "https://new.example/feed", title: nil, tags: [], enabled: true, settings: "")],
                at: Timestamp(seconds: 1_800_000_000))
        }
        #expect(scheduled.map(\.id) == [feed])
        let result = try await lab.poll("https://new.example/feed", [old])
        #expect(result == Reconciliation(known: 1))
    }

    @Test("guid-is-homepage-with-fragment")
    func guidIsHomepageWithFragment() async throws {
        let lab = try IdentityLab()
        let home = "https://a.example/"
        try await lab.poll(a, [entry(home + "#1", url: home + "#1", html: "first text")], homePage: home)
        let result = try await lab.poll(
            a, [entry(home + "#1", url: home + "#1", html: "first text edited")], homePage: home)
        #expect(result.revised == 1 && result.new == 0)
    }

    @Test("guid-reused-in-a-podcast-without-text")
    func recycledGuidOfPodcast() async throws {
        let lab = try IdentityLab()
        func episode(_ number: Int) -> Entry {
            entry(
                "g", url: "https://a.example/\(number)", title: "Episode \(number)",
                enclosures: ["https://c.example/\(number).mp3"])
        }
        try await lab.poll(a, [episode(1)])
        #expect(try await lab.poll(a, [episode(2)]).new == 1)
    }

    // MARK: rule 2

    @Test("url-moves-on-to-the-next-article")
    func urlMovesOn() async throws {
        let lab = try IdentityLab()
        let latest = "https://a.example/latest"
        try await lab.poll(a, [entry("g1", url: latest, title: "Daily brief", html: longText(1))])
        let result = try await lab.poll(
            a,
            [
                entry("g2", url: latest, title: "Daily brief", html: longText(2)),
                entry("g1", url: "https://a.example/archive/1", title: "Daily brief", html: longText(1)),
            ])
        #expect(result.new == 1 && result.revised == 0)
        #expect(try lab.articles.map(\.revision) == [1, 1])
    }

    @Test("homepage-url-stays-unspecific")
    func homePageStaysUnspecific() async throws {
        let lab = try IdentityLab()
        let blog = "https://a.example/blog"
        try await lab.poll(a, [entry(url: blog, title: "One", html: "one")], homePage: blog)
        try await lab.poll(a, [entry(url: blog, title: "Two", html: "two")], homePage: "https://a.example/blog2")
        #expect(try lab.articles.count == 2)
    }

    @Test("homepage-of-another-feed")
    func homePageOfAnotherFeed() async throws {
        let lab = try IdentityLab()
        let page = "https://a.example/page"
        try await lab.poll(b, [entry("b1", url: page, title: "News", html: "what b says")], homePage: page)
        try await lab.poll(a, [entry("a1", url: page, title: "News", html: "what a says")])
        #expect(try lab.articles.count == 2)
    }

    @Test("http-to-https-move")
    func httpToHTTPS() async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry("http://a.example/1", url: "http://a.example/1", html: longText(1))])
        let result = try await lab.poll(
            a, [entry("https://a.example/1", url: "https://a.example/1", html: longText(1))])
        #expect(result.new == 0 && result.revised == 0)
        #expect(try lab.articles.count == 1)
    }

    @Test("tracking-parameters-differ")
    func trackingParametersDiffer() async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry(url: "https://a.example/1?id=4&utm_source=rss&utm_medium=feed", html: "short")])
        try await lab.poll(a, [entry(url: "https://a.example/1?fbclid=XY&id=4", html: "short")])
        try await lab.poll(b, [entry("x", url: "https://a.example/1?id=4&gclid=1", html: "short")])
        #expect(try lab.articles.count == 1)
        try await lab.poll(a, [entry(url: "https://a.example/1?id=5", html: "other")])
        #expect(try lab.articles.count == 2)
    }

    @Test("feedburner-proxy-link")
    func feedburnerProxyLink() async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry(url: "https://a.example/1", html: "short")])
        try await lab.poll(
            b,
            [entry("g", url: "http://feedproxy.google.com/~r/a/~3/xyz/", html: "short", origLink: "http://a.example/1")]
        )
        #expect(try lab.articles.count == 1)
    }

    @Test("aggregator-links-to-original")
    func aggregatorLinksToOriginal() async throws {
        let lab = try IdentityLab()
        let original = entry("1", url: "https://a.example/1", title: "Title", html: longText(1))
        let copy = entry("agg-1", url: "https://a.example/1", title: "Site: Title", html: "An excerpt of it")
        var last = Reconciliation()
        for round in 0..<10 {
            let result = try await round.isMultiple(of: 2) ? lab.poll(a, [original]) : lab.poll(b, [copy])
            if round > 1 { last = result }
            #expect(result.revised == 0, "round \(round)")
        }
        #expect(last == Reconciliation(known: 1))
        let article = try #require(try lab.articles.first)
        #expect(try lab.articles.count == 1)
        #expect(article.revision == 1 && article.text == longText(1) && article.title == "Title")
        #expect(try lab.changes() == [.new, .duplicate])
    }

    @Test("summary-in-one-feed-full-text-in-other", arguments: [true, false])
    func summaryAndFullText(summaryFirst: Bool) async throws {
        let lab = try IdentityLab()
        let short = entry("s", url: "https://a.example/1", summary: "The first sentence.")
        let full = entry("f", url: "https://a.example/1", html: "<p>The first sentence. \(longText(1))</p>")
        try await lab.poll(a, [summaryFirst ? short : full])
        try await lab.poll(b, [summaryFirst ? full : short])
        #expect(try lab.articles.count == 1)
        let article = try #require(try lab.articles.first)
        #expect(article.text.hasSuffix(longText(1)))
        #expect(article.revision == (summaryFirst ? 2 : 1))
        #expect(try lab.changes() == (summaryFirst ? [.new, .duplicate, .revised] : [.new, .duplicate]))
    }

    @Test("section-feed-and-main-feed")
    func sectionAndMainFeed() async throws {
        let lab = try IdentityLab()
        let story = entry("1", url: "https://a.example/1", html: "Text")
        try await lab.poll("https://a.example/main", [story])
        let result = try await lab.poll("https://a.example/section", [story])
        #expect(result.duplicates == 1 && result.new == 0)
        #expect(try lab.articles.map(\.sightings) == [2])
    }

    @Test("an edit that reaches two feeds is one revision")
    func editInTwoFeeds() async throws {
        let lab = try IdentityLab()
        let before = entry("1", url: "https://a.example/1", html: longText(1))
        let after = entry("1", url: "https://a.example/1", html: "now much shorter")
        try await lab.poll(a, [before])
        try await lab.poll(b, [before])
        try await lab.poll(a, [after])
        // The other feed still carries the previous content, which is no candidate.
        #expect(try lab.articles.map(\.text) == ["now much shorter"])
        #expect(try await lab.poll(b, [before]).revised == 0)
        #expect(try await lab.poll(b, [after]).revised == 0)
        #expect(try lab.articles.map(\.revision) == [2])
    }

    @Test("same-title-different-text-two-feeds")
    func sameTitleDifferentText() async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry("1", url: "https://a.example/1", title: "Weather", html: longText(1))])
        try await lab.poll(b, [entry("1", url: "https://b.example/1", title: "Weather", html: longText(2))])
        #expect(try lab.articles.count == 2)
    }

    @Test("titles-disagree-under-one-url")
    func titlesDisagreeAcrossFeeds() async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry("1", url: "https://a.example/live", title: "Morning", html: "one")])
        try await lab.poll(b, [entry("2", url: "https://a.example/live", title: "Evening", html: "two")])
        #expect(try lab.articles.count == 2)
    }

    @Test("shared-url-in-document")
    func sharedURLInDocument() async throws {
        let lab = try IdentityLab()
        let live = "https://a.example/live"
        try await lab.poll(
            a, [entry("1", url: live, title: "A", html: "one"), entry("2", url: live, title: "B", html: "two")])
        #expect(try lab.articles.count == 2)
        // It stays so in that feed.
        try await lab.poll(a, [entry("3", url: live, title: "A", html: "three")])
        #expect(try lab.articles.count == 3)
    }

    @Test("new-guid-same-url", arguments: [("Same", "unrelated words here", 1), ("Other", "unrelated words here", 2)])
    func newGuidSameURL(title: String, text: String, articles: Int) async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry("1", url: "https://a.example/1", title: "Same", html: longText(1))])
        try await lab.poll(a, [entry("2", url: "https://a.example/1", title: title, html: text)])
        #expect(try lab.articles.count == articles)
    }

    // MARK: rule 3

    @Test("another-site-replaces-no-words", arguments: [true, false])
    func anotherSiteReplacesNoWords(ownFirst: Bool) async throws {
        let lab = try IdentityLab()
        let own = entry("1", url: "https://a.example/1", html: longText(1, words: 40))
        let fake = entry("f", url: "https://a.example/1", html: longText(2, words: 200))
        for url in ownFirst ? [a, b, a, b] : [b, a, b, a] { try await lab.poll(url, [url == a ? own : fake]) }
        let article = try #require(try lab.articles.first)
        #expect(try lab.articles.count == 1)
        #expect(article.text == longText(1, words: 40) && article.sightings == 2)
        // The stranger's is its sighting's, and no state of the article unless it was alone.
        #expect(try lab.changes() == (ownFirst ? [.new, .duplicate] : [.new, .duplicate, .revised]))
        #expect(try lab.findings().isEmpty)
    }

    @Test("another-site-edits-its-copy", arguments: [80, 10])
    func anotherSiteEditsItsCopy(words: Int) async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry("1", url: "https://a.example/1", html: longText(1))])
        try await lab.poll(b, [entry("9", url: "https://b.example/copy", html: longText(1))])
        try await lab.poll(b, [entry("9", url: "https://b.example/copy", html: longText(2, words: words))])
        let article = try #require(try lab.articles.first)
        #expect(article.text == longText(1) && article.url == "https://a.example/1")
    }

    @Test(
        "another-site-shows-more-of-the-words",
        arguments: [(kept: 40, isShown: true), (kept: 20, isShown: true), (kept: 12, isShown: false)])
    func anotherSiteShowsMoreOfTheWords(kept: Int, isShown: Bool) async throws {
        let lab = try IdentityLab()
        let words = longText(1, words: 40).split(separator: " ")
        let more = words.prefix(kept + 2).joined(separator: " ") + " " + longText(2, words: 60)
        try await lab.poll(a, [entry("1", url: "https://a.example/1", html: words.joined(separator: " "))])
        try await lab.poll(b, [entry("9", url: "https://a.example/1", html: more)])
        let article = try #require(try lab.articles.first)
        #expect((article.text == more) == isShown)
        #expect(article.revision == (isShown ? 2 : 1))
    }

    /// Hosts of one site, and a site that is not polled itself.
    @Test(
        "the-fullest-is-shown-where-nobody-is-replaced",
        arguments: ["https://www.a.example/feed", "https://c.example/feed"])
    func theFullestIsShownWhereNobodyIsReplaced(first: String) async throws {
        let lab = try IdentityLab()
        let url = first.contains("www") ? "https://a.example/1" : "https://elsewhere.example/1"
        try await lab.poll(first, [entry("1", url: url, html: longText(1, words: 40))])
        try await lab.poll(a, [entry("9", url: url, html: longText(2, words: 60))])
        #expect(try lab.articles.map(\.text) == [longText(2, words: 60)])
    }

    @Test("syndicated-full-text-other-host")
    func syndicatedFullText() async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry("1", url: "https://a.example/1", html: "<p>\(longText(1))</p>")])
        try await lab.poll(b, [entry("9", url: "https://b.example/copy", html: "<div>\(longText(1))</div>")])
        let article = try #require(try lab.articles.first)
        #expect(try lab.articles.count == 1)
        #expect(article.sightings == 2 && article.revision == 1)
        #expect(article.url == "https://a.example/1")
    }

    @Test("guid-flood-same-content")
    func guidFlood() async throws {
        let lab = try IdentityLab()
        func document(_ prefix: String, urls: Bool) -> [Entry] {
            (1...30).map {
                entry(
                    "\(prefix)\($0)", url: urls ? "https://a.example/\($0)" : nil, title: "T \($0)", html: longText($0),
                    published: Int64($0))
            }
        }
        try await lab.poll(a, document("old-", urls: true))
        let flood = try await lab.poll(a, document("new-", urls: true))
        #expect(flood.new == 0 && flood.revised == 0)
        let again = try await lab.poll(a, document("third-", urls: false))
        #expect(again.new == 0 && again.revised == 0)
        #expect(try lab.articles.count == 30)
    }

    @Test("weekly-thread-with-boilerplate", arguments: [true, false])
    func weeklyThread(withGuids: Bool) async throws {
        let lab = try IdentityLab()
        func thread(_ week: Int) -> Entry {
            entry(
                withGuids ? "w\(week)" : nil, url: "https://a.example/thread-\(week)", title: "Open thread",
                html: longText(7), published: Int64(week) * 604_800)
        }
        try await lab.poll(a, [thread(1)])
        // The newest stands first in its document.
        #expect(try await lab.poll(a, [thread(2), thread(1)]).new == 1)
        #expect(try await lab.poll(a, [thread(3), thread(2), thread(1)]).new == 1)
        #expect(try lab.articles.count == 3)
    }

    /// The thread of three weeks ago has left the feed when this week's comes.
    @Test("weekly-thread-in-a-sliding-window", arguments: [1, 2, 3, 5], [1, 2])
    func weeklyThreadInAWindow(window: Int, step: Int) async throws {
        let lab = try IdentityLab()
        func thread(_ week: Int) -> Entry {
            entry(
                "w\(week)", url: "https://a.example/thread-\(week)", title: "Open thread", html: longText(7),
                published: Int64(week) * 604_800)
        }
        for newest in stride(from: window, through: 12, by: step) {
            try await lab.poll(a, ((newest - window + 1)...newest).reversed().map(thread))
        }
        // What never stood beside another of its kind cannot be told from a copy.
        let last = (12 - window) / step * step + window
        #expect(try lab.articles.count == (window == 1 ? 1 : last))
        #expect(try lab.changes() == Array(repeating: .new, count: window == 1 ? 1 : last))
    }

    @Test("short-text-in-two-feeds")
    func shortTextIsNotSubstantial() async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry("1", url: "https://a.example/1", html: "Closed today.")])
        try await lab.poll(b, [entry("1", url: "https://b.example/1", html: "Closed today.")])
        #expect(try lab.articles.count == 2)
    }

    @Test("podcast-without-text")
    func podcastWithoutText() async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry("1", title: "Episode 1", enclosures: ["https://cdn.a.example/1.mp3"])])
        let moved = try await lab.poll(
            a,
            [entry("2", title: "Episode 1", enclosures: ["https://dts.podtrac.com/redirect.mp3/cdn.a.example/1.mp3"])])
        #expect(moved.new == 0 && moved.revised == 0)
        try await lab.poll(a, [entry("3", title: "Episode 1", enclosures: ["https://cdn.a.example/2.mp3"])])
        #expect(try lab.articles.count == 2)
    }

    @Test("podcast-with-standing-show-notes")
    func podcastWithStandingNotes() async throws {
        let lab = try IdentityLab()
        let notes = longText(3)
        try await lab.poll(
            a, [entry("1", title: "Daily", html: notes, published: 5, enclosures: ["https://c.example/1.mp3"])])
        try await lab.poll(
            a, [entry("2", title: "Daily", html: notes, published: 5, enclosures: ["https://c.example/2.mp3"])])
        #expect(try lab.articles.count == 2)
    }

    @Test("edited-into-what-another-entry-says")
    func editedIntoAnother() async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry("g1", url: "https://a.example/1", html: longText(1), published: 5)])
        let result = try await lab.poll(
            a,
            [
                entry("g9", url: "https://a.example/9", html: longText(2), published: 5),
                entry("g1", url: "https://a.example/1", html: longText(2), published: 5),
            ])
        #expect(result.new == 0 && result.revised == 1)
        #expect(try lab.articles.map(\.sightings) == [2])
    }

    @Test("two-episodes-without-guid-in-one-document")
    func twoEpisodesWithoutGuid() async throws {
        let lab = try IdentityLab()
        let notes = longText(3)
        let document = (1...2).map { entry(title: "Daily", html: notes, enclosures: ["https://c.example/\($0).mp3"]) }
        #expect(try await lab.poll(a, document).new == 2)
    }

    // MARK: rule 4

    @Test("entries-with-nothing-but-guids")
    func nothingButGuids() async throws {
        let lab = try IdentityLab()
        let document = (1...3000).map { entry("\($0)", title: nil) }
        #expect(try await lab.poll(a, document).new == 3000)
        #expect(try await lab.poll(a, document) == Reconciliation(known: 3000))
        // More than a page of them, each once, and no more than were asked for.
        #expect(try lab.articles.map(\.id.rawValue) == Array(1...3000))
        var some: [Int64] = []
        try lab.archive.articles(ArticleFilter(limit: 501)) { some.append($0.id.rawValue) }
        #expect(some == Array(2500...3000).reversed())
    }

    @Test("same-title-same-boilerplate-same-instant")
    func sameInstant() async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry("1", url: "https://a.example/1", html: "Read more", published: 77)])
        try await lab.poll(a, [entry("2", url: "https://a.example/2", html: "Read more", published: 77)])
        #expect(try lab.articles.count == 1)
        try await lab.poll(a, [entry("3", url: "https://a.example/3", html: "Read more", published: 78)])
        #expect(try lab.articles.count == 2)
    }

    /// More of them than are looked through one by one, in the very first document.
    @Test("a hundred notes of one text, each twice in one document")
    func alikeFarApart() async throws {
        let lab = try IdentityLab()
        let entries = (0..<200).map { number in
            entry(
                "\(number)", url: "https://a.example/\(number)", html: "Read more",
                published: Int64(1000 + number % 100))
        }
        #expect(try await lab.poll(a, entries).new == 100)
        #expect(try lab.articles.count == 100)
    }

    @Test("empty-description-same-title-different-links")
    func emptyDescription() async throws {
        let lab = try IdentityLab()
        let document = [entry("1", url: "https://a.example/1"), entry("2", url: "https://a.example/2")]
        #expect(try await lab.poll(a, document).new == 2)
        #expect(try lab.articles.count == 2)
    }

    @Test("two-entries-in-one-document-are-equal")
    func twoEqualEntries() async throws {
        let lab = try IdentityLab()
        let one = entry("1", url: "https://a.example/1", html: "Short", published: 5)
        #expect(try await lab.poll(a, [one, one]).new == 1)
        var other = one
        other.id = "2"
        #expect(try await lab.poll(a, [one, other]).new == 0)
        #expect(try lab.articles.count == 1)
    }

    @Test("an entry without guid, URL and date stays one article")
    func nothingToGoBy() async throws {
        let lab = try IdentityLab()
        let bare = entry(title: "Note", html: "Back soon")
        try await lab.poll(a, [bare])
        let result = try await lab.poll(a, [entry("2", title: "Other", html: "x"), bare])
        #expect(result.new == 1)
        #expect(try lab.articles.count == 2)
    }

    // MARK: revisions

    @Test("reverted-edit")
    func revertedEdit() async throws {
        let lab = try IdentityLab()
        let first = entry("1", html: longText(1))
        let second = entry("1", html: longText(1) + " changed")
        try await lab.poll(a, [first])
        try await lab.poll(a, [second])
        try await lab.poll(a, [first])
        let article = try #require(try lab.articles.first)
        let revisions = try lab.revisions(article)
        #expect(revisions.map(\.revision) == [1, 2, 3])
        #expect(Set(revisions.map(\.hash)).count == 2)
        #expect(revisions[0].hash == revisions[2].hash && article.hash == revisions[2].hash)
    }

    @Test("stale copy out of a cache", arguments: [true, false])
    func staleCopy(byEntryDate: Bool) async throws {
        let lab = try IdentityLab()
        let before = entry("1", html: longText(1), updated: byEntryDate ? 100 : nil)
        let after = entry("1", html: longText(1) + " changed", updated: byEntryDate ? 200 : nil)
        let early = byEntryDate ? nil : Timestamp(seconds: 100)
        let late = byEntryDate ? nil : Timestamp(seconds: 200)
        try await lab.poll(a, [before], lastModified: early)
        try await lab.poll(a, [after], lastModified: late)
        #expect(try await lab.poll(a, [before], lastModified: early).revised == 0)
        #expect(try await lab.poll(a, [after], lastModified: late).revised == 0)
        let article = try #require(try lab.articles.first)
        #expect(article.revision == 2 && article.text.hasSuffix("changed"))
    }

    /// Some caches answer with an old `Last-Modified` what is new.
    @Test("no stale copy that bears a newer date")
    func newerDate() async throws {
        let lab = try IdentityLab()
        let texts = [longText(1), longText(1) + " changed", longText(1)]
        for (index, text) in texts.enumerated() {
            try await lab.poll(
                a, [entry("1", html: text, published: 100 + Int64(index))],
                lastModified: Timestamp(seconds: index == 1 ? 200 : 100))
        }
        let article = try #require(try lab.articles.first)
        #expect(article.revision == 3 && !article.text.hasSuffix("changed"))
    }

    @Test("stale copy of a form that was no revision")
    func staleSummary() async throws {
        let lab = try IdentityLab()
        func summary(_ text: String, _ updated: Int64) -> Entry {
            entry("s", url: "https://a.example/1", html: text, updated: updated)
        }
        try await lab.poll(a, [entry("f", url: "https://a.example/1", html: longText(1), updated: 50)])
        try await lab.poll(b, [summary("first", 100)])
        #expect(try await lab.poll(b, [summary("second", 200)]).revised == 1)
        #expect(try await lab.poll(b, [summary("first", 100)]).revised == 0)
        #expect(try lab.articles.map(\.revision) == [2])
    }

    // MARK: canonical form

    @Test(
        "one content in two spellings",
        arguments: [
            ("NFC-versus-NFD", "caf\u{E9} \u{1E69}", "cafe\u{301} s\u{323}\u{307}"),
            ("entities-versus-characters", "„Grüße“ – &amp; more", "&bdquo;Gr&uuml;&szlig;e&ldquo; &ndash; &#38; more"),
            ("white space", "one two three", "one&nbsp;two \n\t three"),
            ("zero width and soft hyphen", "background", "back\u{AD}gro\u{200B}und"),
            ("a zero-width character before a mark", "caf\u{E9}", "cafe\u{200B}\u{301}"),
            ("directional marks", "one two", "\u{202A}one\u{202C} \u{2066}two\u{2069}"),
        ])
    func sameContent(name: String, first: String, second: String) async throws {
        let lab = try IdentityLab()
        try await lab.poll(a, [entry("1", html: "<p>\(first)</p>")])
        let result = try await lab.poll(a, [entry("1", html: "<p>\(second)</p>")])
        #expect(result.revised == 0, "\(name)")
    }

    // MARK: concurrency

    @Test("one-document-two-feeds-polled-at-once")
    func twoFeedsAtOnce() async throws {
        let lab = try IdentityLab()
        let document = (1...20).map {
            entry("\($0)", url: "https://a.example/\($0)", title: "T \($0)", html: longText($0))
        }
        // Both feeds are known before, so that both polls go straight to the archive.
        try await lab.poll(a, [])
        try await lab.poll(b, [])
        let archive = lab.archive
        let now = lab.now
        let digests = document.map(EntryDigest.init)
        let ids = try [a, b].map { try #require(try archive.configuredFeed(url: $0)?.id) }
        try await withThrowingTaskGroup { group in
            for id in ids {
                let feed = try #require(try archive.feed(id))
                group.addTask {
                    _ = try await archive.write { archive in
                        try Reconciler.reconcile(
                            digests, of: feed, homePage: nil, documentModified: nil, at: now, in: archive)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try lab.articles.count == 20)
        #expect(try lab.articles.allSatisfy { $0.sightings == 2 })
    }
}
