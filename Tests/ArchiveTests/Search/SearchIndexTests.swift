import FeedModel
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Archive

/// The full-text index: that it follows the archive whatever happens, and what is found in it.
@Suite struct SearchIndexTests {
    /// An archive whose articles a test makes.
    final class Lab {
        let folder: TemporaryFolder
        private var open: Archive?
        let feeds: [FeedID]
        static let start = Timestamp(seconds: 1_790_000_000)

        init() async throws {
            folder = try TemporaryFolder()
            let archive = try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder)
            open = archive
            let configured = (1...3).map { number in
                ConfiguredFeed(
                    url: "https://host\(number).example/feed", title: nil,
                    tags: number < 3 ? ["first", "t\(number)"] : [],
                    enabled: true, settings: "")
            }
            feeds = try await archive.write { try $0.synchronize(configured, at: Lab.start) }
                .sorted { $0.configuredURL < $1.configuredURL }.map(\.id)
        }

        var archive: Archive {
            guard let open else { preconditionFailure("the archive is closed") }
            return open
        }

        func close() throws {
            try archive.close()
            open = nil
        }

        func reopen() throws {
            if open != nil { try close() }
            open = try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder)
        }

        static func content(_ title: String?, _ text: String) -> ContentRecord {
            let hash = Array("\(title ?? "")\u{0}\(text)".utf8)
            return ContentRecord(
                hash: hash, form: 1, title: title, body: TextConstruct(.html, text), text: text,
                length: text.unicodeScalars.count)
        }

        static func sighting(_ content: Int64, author: String?) -> SightingRecord {
            SightingRecord(
                guid: nil, url: nil, urlKey: nil, published: nil, modified: nil, contentID: content, author: author,
                language: nil, summary: nil, entry: Array("{\"_ingestd\":{}}".utf8), fingerprint: 0, attachments: [])
        }

        @discardableResult
        func add(
            _ title: String?, _ text: String, author: String? = nil, feed: Int = 0, at now: Timestamp = Lab.start
        ) async throws -> Int64 {
            let feed = feeds[feed]
            return try await archive.write {
                try $0.insertArticle(
                    Lab.content(title, text), sighting: { Lab.sighting($0, author: author) }, in: feed, rule: 5,
                    modified: nil, at: now
                ).article.rawValue
            }
        }

        /// The article is shown with another content, from another feed.
        func show(_ id: Int64, _ title: String?, _ text: String, author: String? = nil, feed: Int) async throws {
            let feed = feeds[feed]
            try await archive.write { archive in
                let article = ArticleID(rawValue: id)
                let content = try archive.insertContent(Lab.content(title, text), of: article)
                let sighting = try archive.insertSighting(
                    Lab.sighting(content, author: author), of: article, in: feed, rule: 2, at: Lab.start)
                try archive.show(content: content, sighting: sighting, of: article)
                try archive.markForIndexing(article)
            }
        }

        @discardableResult
        func index(articles: Int = 100, bytes: Int = 1 << 20) async throws -> SearchIndexProgress {
            try await archive.write { try $0.indexNext(articles: articles, bytes: bytes) }
        }

        func indexAll() async throws { while try await index().hasMore {} }

        func find(
            _ query: String, _ filter: ArticleFilter = ArticleFilter(), sort: SearchRequest.Sort = .newest
        ) throws -> [Int64] {
            var found: [Int64] = []
            _ = try archive.search(request(query, filter, sort)) { found.append($0.article.id.rawValue) }
            return found
        }

        func request(
            _ query: String, _ filter: ArticleFilter = ArticleFilter(), _ sort: SearchRequest.Sort = .rank
        ) throws -> SearchRequest {
            let query = try SearchQuery.parse(query) { Int64($0).map { Lab.start + .days($0) } }
            return SearchRequest(query, filter: filter, sort: sort)
        }

        /// Every word of the index and its places.
        func words() async throws -> [String] {
            try await archive.write { archive in
                try archive.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 0)", [])
                try archive.db.execute(
                    sql: "CREATE VIRTUAL TABLE IF NOT EXISTS temp.words USING fts5vocab (main, articles_fts, instance)")
                return try archive.rows("SELECT * FROM temp.words ORDER BY 1, 2, 3, 4", []) { $0.description }
            }
        }
    }

    // MARK: following the archive

    @Test func newArticlesAreFoundOnceTheyAreIndexed() async throws {
        let lab = try await Lab()
        let id = try await lab.add("Cold fusion", "The claim of 1989.", author: "Ada Lovelace")
        #expect(try lab.find("fusion").isEmpty)
        #expect(try lab.archive.searchBacklog() == 1)
        try await lab.indexAll()
        #expect(try lab.archive.searchBacklog() == 0)
        for query in ["fusion", "COLD", "1989", "title:cold text:claim author:ada", #""cold fusion""#, "clai*"] {
            #expect(try lab.find(query) == [id], "\(query)")
        }
        for query in ["author:cold", #""fusion cold""#, "cold -fusion", "clai", "text:cold"] {
            #expect(try lab.find(query).isEmpty, "\(query)")
        }
    }

    @Test func whatAnArticleShowsNowIsFoundAndWhatItShowedIsNot() async throws {
        let lab = try await Lab()
        let id = try await lab.add("Früher", "kurz", author: "Ann")
        try await lab.indexAll()
        try await lab.show(id, "Später", "viel länger", author: "Ben", feed: 1)
        #expect(try lab.archive.searchBacklog() == 1)
        try await lab.indexAll()
        #expect(try lab.find("später länger author:ben") == [id])
        for old in ["früher", "kurz", "ann"] { #expect(try lab.find(old).isEmpty) }
        // Nothing of the old words is left in the index: it is as one that is made anew.
        let words = try await lab.words()
        try await lab.archive.write { try $0.execute("UPDATE search_state SET form = 0", []) }
        #expect(try lab.archive.searchBacklog() == 1)
        try await lab.indexAll()
        #expect(try await lab.words() == words)
    }

    /// A changed article that is shown as before costs the index nothing.
    @Test func anArticleThatShowsTheSameIsLeftAlone() async throws {
        let lab = try await Lab()
        let id = try await lab.add("a", "b")
        try await lab.indexAll()
        let before = try await lab.archive.write {
            try $0.rows("SELECT * FROM articles_fts_data", []) { $0.description }
        }
        try await lab.archive.write { try $0.markForIndexing(ArticleID(rawValue: id)) }
        #expect(try await lab.index() == SearchIndexProgress(done: 1, hasMore: false))
        let after = try await lab.archive.write {
            try $0.rows("SELECT * FROM articles_fts_data", []) { $0.description }
        }
        #expect(before == after)
    }

    @Test func thePositionIsDurableWithTheIndex() async throws {
        let lab = try await Lab()
        for number in 1...7 { try await lab.add("title \(number)", "text") }
        #expect(try await lab.index(articles: 3) == SearchIndexProgress(done: 3, hasMore: true))
        try lab.reopen()
        #expect(try lab.find("text") == [3, 2, 1])
        #expect(try lab.archive.searchBacklog() == 4)
        // A batch that does not come to its end leaves nothing.
        struct Crash: Error {}
        await #expect(throws: Crash.self) {
            try await lab.archive.write { archive in
                _ = try archive.indexNext(articles: 2, bytes: 1000)
                throw Crash()
            }
        }
        try lab.reopen()
        #expect(try lab.archive.searchBacklog() == 4)
        try await lab.indexAll()
        #expect(try lab.find("text") == [7, 6, 5, 4, 3, 2, 1])
        #expect(try await lab.words().filter { $0.contains("\"text\"") && $0.contains("col:\"text\"") }.count == 7)
    }

    @Test func aBatchIsBoundedByBytes() async throws {
        let lab = try await Lab()
        for _ in 1...5 { try await lab.add("t", String(repeating: "word ", count: 100)) }
        #expect(try await lab.index(bytes: 900) == SearchIndexProgress(done: 2, hasMore: true))
        for id in [Int64(1), 2] { try await lab.show(id, "u", String(repeating: "new ", count: 100), feed: 1) }
        // Changed ones come first; each is a text out and a text in.
        #expect(try await lab.index(bytes: 900) == SearchIndexProgress(done: 1, hasMore: true))
        try await lab.indexAll()
        #expect(try lab.find("new").count == 2)
        #expect(try lab.find("word").count == 3)
    }

    @Test func articlesThatChangeBeforeTheirTurnAreIndexedOnce() async throws {
        let lab = try await Lab()
        let id = try await lab.add("old", "old")
        try await lab.show(id, "new", "new", feed: 1)
        try await lab.indexAll()
        #expect(try lab.find("new") == [id])
        #expect(try lab.find("old").isEmpty)
        #expect(try lab.archive.searchBacklog() == 0)
    }

    /// An archive of the version before the index: it is read with a plain error, and indexed from the beginning.
    @Test func anEarlierArchiveIsIndexedFromTheBeginning() async throws {
        let folder = try MigrationTests.archive(version: 2)
        let request = try await Lab().request("library")
        let path = Archive.databasePath(inFolder: folder.path)
        #expect(throws: ArchiveError.noIndex(path: path)) {
            _ = try Archive.openForReading(folder: folder.path).search(request) { _ in }
        }
        let archive = try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder)
        #expect(try archive.search(request) { _ in }.backlog == 4)
        while try await archive.write({ try $0.indexNext(articles: 2, bytes: 1 << 20).hasMore }) {}
        var found = 0
        #expect(try archive.search(request) { _ in found += 1 }.backlog == 0)
        #expect(found == 1)
    }

    @Test func aBrokenIndexIsMadeAnewAndKeepsNoPollFromItsCommit() async throws {
        let lab = try await Lab()
        try await lab.add("one", "text")
        try await lab.indexAll()
        try await lab.archive.write {
            try $0.execute("UPDATE articles_fts_data SET block = x'00000000ff' WHERE id = 10", [])
        }
        try lab.reopen()
        try await lab.add("two", "text")
        try await lab.indexAll()
        #expect(try lab.find("text") == [2, 1])
        _ = try await lab.words()
    }

    /// Text without an end does not hold up the writer; its beginning is found.
    @Test func ofAVeryLongTextTheBeginningIsIndexed() async throws {
        let lab = try await Lab()
        let id = try await lab.add("t", "beginning " + String(repeating: "żółw ", count: 200_000) + "end")
        try await lab.indexAll()
        #expect(try lab.find("beginning") == [id])
        #expect(try lab.find("end").isEmpty)
        try await lab.show(id, "t", "short", feed: 1)
        try await lab.indexAll()
        #expect(try lab.find("beginning").isEmpty)
        _ = try await lab.words()
    }

    // MARK: other programs

    /// The promise to every SQLite client.
    @Test func theIndexIsAskedBySQL() async throws {
        let lab = try await Lab()
        try await lab.add("On fusion", "A text about energy.")
        try await lab.add("On energy", "A text.")
        try await lab.add("新闻", "今天天安门广场")
        try await lab.indexAll()
        func ids(_ sql: String, _ query: String) throws -> [Int64] {
            try lab.archive.read { try Int64.fetchAll($0, sql: sql, arguments: [query]) }
        }
        let join = "SELECT articles.id FROM articles JOIN articles_fts(?) ON articles.id = articles_fts.rowid"
        #expect(try ids(join, "fusion") == [1])
        #expect(try ids(join + " ORDER BY rank", "energy") == [2, 1])
        #expect(try ids(join, "天安") == [3])
        #expect(try ids(join, "天") == [3])
        #expect(try ids(join, "\"天安 安门\"") == [3])
        let text = try lab.archive.read {
            try String.fetchOne(
                $0, sql: "SELECT highlight(articles_fts, 1, '[', ']') FROM articles_fts(?)",
                arguments: ["fusion energy"])
        }
        #expect(text == "A text about [energy].")
    }

    // MARK: finding

    @Test(arguments: [
        ("天安门", [Int64(1)]), ("天安", [1]), ("安门", [1]), ("门", [1]), ("広場", [2]), ("スマホ", [2]), ("マホ", [2]),
        ("ท่องเที่ยว", [3]), ("เที่ยว", [3]), ("ລາວ", [4]), ("ភ្នំ", [5]), ("မြန်", [6]), ("हिन्दी", [7]), ("हिन्द", []), ("हिन्द*", [7]),
        ("ΑΘΗΝΑ", [8]), ("ecole", [9]), ("e\u{301}cole", [9]), ("ÉCOLE", [9]), ("istanbul", [9]), ("كتاب", [10]),
        ("йод", [11]), ("и\u{306}од", [11]), ("天京", []), ("用Swift写", [12]), ("Swift代码", []), ("\"天 京\"", []),
        ("title:天", []), ("text:天", [1]),
    ])
    func scripts(query: String, found: [Int64]) async throws {
        let lab = try await Lab()
        let texts = [
            "我在北京天安门，天气好", "スマホの広場", "การท่องเที่ยวไทย", "ປະເທດລາວ", "រាជធានីភ្នំពេញ", "မြန်မာနိုင်ငံ", "हिन्दी भाषा", "Αθηνα",
            "une école à İstanbul", "هذا كِتَاب جديد", "йод", "我用Swift写代码",
        ]
        for text in texts { try await lab.add(nil, text) }
        try await lab.indexAll()
        #expect(try lab.find(query) == found)
    }

    @Test func filtersOfFeedsAndTags() async throws {
        let lab = try await Lab()
        let one = try await lab.add("word", "a", feed: 0)
        let two = try await lab.add("word", "b", feed: 1)
        let three = try await lab.add("word", "c", feed: 2)
        try await lab.indexAll()
        // It stands in a further feed without being shown from there.
        let feed = lab.feeds[2]
        try await lab.archive.write { archive in
            let id = ArticleID(rawValue: one)
            let content = try #require(try archive.head(of: id)).shownContent
            _ = try archive.insertSighting(
                Lab.sighting(content, author: nil), of: id, in: feed, rule: 2, at: Lab.start)
            try archive.markForIndexing(id)
        }
        try await lab.indexAll()
        let third = "https://host3.example/feed"
        #expect(try lab.find("word feed:\(third)") == [three, one])
        #expect(try lab.find("word", ArticleFilter(feed: third)) == [three, one])
        #expect(try lab.find("word feed:HOST3.example") == [three, one])
        #expect(try lab.find("word -feed:host3.example") == [two])
        #expect(try lab.find("word tag:first") == [two, one])
        #expect(try lab.find("word", ArticleFilter(tag: "t2")) == [two])
        #expect(try lab.find("word -tag:t1 -tag:t2") == [three])
        #expect(try lab.find("word tag:first", ArticleFilter(feed: third)) == [one])
        #expect(try lab.find("word tag:first", sort: .rank).sorted() == [one, two])
        let summary = try lab.archive.search(try lab.request("word feed:nowhere.example -tag:unknown")) { _ in }
        #expect(summary.found == 0 && summary.unknown == ["feed nowhere.example"])
    }

    /// A tag of very many feeds is asked otherwise, and finds the same.
    @Test func aTagOfManyFeeds() async throws {
        let lab = try await Lab()
        let configured = (1...200).map { number in
            ConfiguredFeed(
                url: "https://many\(number).example/", title: nil, tags: number <= 150 ? ["many"] : [], enabled: true,
                settings: "")
        }
        let ids = try await lab.archive.write { try $0.synchronize(configured, at: Lab.start) }
            .sorted { $0.id < $1.id }.map(\.id)
        try await lab.archive.write { archive in
            for (index, feed) in ids.enumerated() {
                _ = try archive.insertArticle(
                    Lab.content("word", "\(index)"), sighting: { Lab.sighting($0, author: nil) }, in: feed, rule: 5,
                    modified: nil, at: Lab.start)
                var figures = PollFigures(outcome: .changed, bytes: 0, duration: .zero)
                figures.new = 1
                try archive.log(figures, of: feed, firstSightings: 1, at: Lab.start)
            }
        }
        try await lab.indexAll()
        #expect(try lab.find("word tag:many") == (1...150).reversed())
        #expect(try lab.find("word -tag:many") == (151...200).reversed())
        #expect(try lab.find("word tag:many", sort: .rank).count == 150)
    }

    /// Numbers and instants of first sightings go together but for clocks that were wrong.
    @Test func spansOfTime() async throws {
        let lab = try await Lab()
        // A clock that was two years ahead for one article.
        for day in [Int64(0), 1, 2, 700, 3, 4] { try await lab.add("word", "text", at: Lab.start + .days(Int64(day))) }
        try await lab.indexAll()
        #expect(try lab.find("word after:2") == [6, 5, 4, 3])
        #expect(try lab.find("word before:2") == [2, 1])
        #expect(try lab.find("word after:1 before:4") == [5, 3, 2])
        #expect(try lab.find("word after:500") == [4])
        #expect(try lab.find("word after:3 before:3").isEmpty)
        #expect(try lab.find("word after:4 before:1").isEmpty)
        #expect(try lab.find("word after:800").isEmpty)
        #expect(try lab.find("word", ArticleFilter(since: Lab.start + .days(3))) == [6, 5, 4])
        #expect(try lab.find("word after:1", ArticleFilter(until: Lab.start + .days(2))) == [2])
        #expect(try lab.find("word", ArticleFilter(since: Lab.start + .days(1) + .milliseconds(1), limit: 1)) == [6])
    }

    // MARK: order

    @Test func theBestFirst() async throws {
        let lab = try await Lab()
        let filler = String(repeating: "filler ", count: 60)
        let inText = try await lab.add("On energy", filler + "fusion " + filler)
        let inTitle = try await lab.add("Fusion", filler + filler)
        let often = try await lab.add("Other", filler + "fusion fusion fusion " + filler)
        for _ in 0..<20 { try await lab.add("energy", filler) }
        try await lab.indexAll()
        #expect(try lab.find("fusion", sort: .rank) == [inTitle, often, inText])
        #expect(try lab.find("fusion", sort: .newest) == [often, inTitle, inText])
        // The rare word decides.
        #expect(try lab.find("energy OR fusion", ArticleFilter(limit: 3), sort: .rank) == [inTitle, often, inText])
        var ranks: [Double] = []
        _ = try lab.archive.search(try lab.request("fusion")) { hit in ranks.append(hit.rank ?? -1) }
        #expect(ranks == ranks.sorted(by: >) && ranks.allSatisfy { $0 > 0 })
    }

    @Test func limitsAndPages() async throws {
        let lab = try await Lab()
        let feed = lab.feeds[0]
        try await lab.archive.write { archive in
            for number in 0..<(Archive.pageSize * 2 + 10) {
                _ = try archive.insertArticle(
                    Lab.content("word", "\(number)"), sighting: { Lab.sighting($0, author: nil) }, in: feed, rule: 5,
                    modified: nil, at: Lab.start)
            }
        }
        try await lab.indexAll()
        let all = Archive.pageSize * 2 + 10
        for sort in [SearchRequest.Sort.rank, .newest] {
            #expect(try lab.find("word", sort: sort).sorted() == (1...Int64(all)).map { $0 })
            #expect(try lab.find("word", ArticleFilter(limit: 0), sort: sort).isEmpty)
            for (limit, hasMore) in [
                (3, true), (Archive.pageSize, true), (all - 1, true), (all, false), (all + 1, false),
            ] {
                let summary = try lab.archive.search(try lab.request("word", ArticleFilter(limit: limit), sort)) { _ in
                }
                #expect(summary.found == min(limit, all) && summary.hasMore == hasMore, "\(sort) \(limit)")
            }
        }
    }
}

/// Lists by time use what the index knows of days; what it does not know yet is listed all the same.
extension SearchIndexTests {
    @Test(arguments: [0, 2, 100])
    func listsByTimeHoldWhatIsNotIndexedYet(indexed: Int) async throws {
        let lab = try await Lab()
        // The clock went back by three days after the second one.
        for (number, day) in [0, 4, 1, 2, 3].enumerated() {
            try await lab.add("\(number)", "text", feed: number % 2, at: Lab.start + .days(Int64(day)))
            if number + 1 == indexed {
                _ = try await lab.archive.write { try $0.indexNext(articles: 100, bytes: 1 << 20) }
            }
        }
        if indexed == 100 { _ = try await lab.archive.write { try $0.indexNext(articles: 100, bytes: 1 << 20) } }
        func titles(_ since: Int64?, _ until: Int64?, limit: Int? = nil, feed: String? = nil) throws -> [String] {
            var titles: [String] = []
            let filter = ArticleFilter(
                feed: feed, since: since.map { Lab.start + .days($0) }, until: until.map { Lab.start + .days($0) },
                limit: limit)
            try lab.archive.articles(filter) { titles.append($0.title ?? "") }
            return titles
        }
        #expect(try titles(nil, nil) == ["4", "3", "2", "1", "0"])
        #expect(try titles(3, nil) == ["4", "1"])
        #expect(try titles(1, 3) == ["3", "2"])
        #expect(try titles(nil, 2) == ["2", "0"])
        #expect(try titles(0, 5, limit: 3) == ["4", "3", "2"])
        #expect(try titles(7, nil).isEmpty)
        #expect(try titles(nil, 3, feed: "https://host1.example/feed") == ["2", "0"])
        #expect(try titles(nil, nil, limit: 1, feed: "https://host2.example/feed") == ["3"])
    }
}
