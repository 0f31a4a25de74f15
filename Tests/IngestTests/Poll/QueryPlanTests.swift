import FeedModel
import GRDB
import Synchronization
import TestSupport
import Testing

@testable import Archive
@testable import Ingest

/// What polls, the full-text index and `status` ask of the archive walks through no table that grows with its articles.
@Suite struct QueryPlanTests {
    /// Tables that may be walked through: they grow with feeds, hosts and days, or have one row.
    private static let small: Set = [
        "story_state", "feed", "feed_count", "host", "outage", "operator_pause", "counter", "tally", "search_state",
        "backfill",
        "websub", "webhook",
        "sqlite_master",
        "CONSTANT", "json_each",
    ]

    /// Statements that read a bounded number of rows from the beginning of a table.
    private static let bounded = [
        "DELETE FROM poll WHERE id IN (SELECT id FROM poll ORDER BY id LIMIT ?)",
        "SELECT article_id FROM search_pending LIMIT ?",
        // What waits to be indexed: as a rule a handful.
        "(SELECT count(*) FROM search_pending)",
        "FROM (SELECT * FROM flood ORDER BY seq DESC LIMIT ?) o",
    ]

    /// The distinct statements that were executed on the archive's connections.
    private final class Statements: Sendable {
        private let all = Mutex<Set<String>>([])
        var sorted: [String] { all.withLock { $0.sorted() } }

        func add(_ event: Database.TraceEvent) {
            if case .statement(let statement) = event { _ = all.withLock { $0.insert(statement.sql) } }
        }
    }

    private func traceReader(_ archive: Archive, _ statements: Statements) throws {
        try archive.reader.read { $0.trace { statements.add($0) } }
    }

    /// Every way that a poll can go: new, edited, duplicate, recycled and vanished entries, no guid, no text, failures,
    /// older pages, a pause.
    private func polled() async throws -> (PollerTests.Lab, Statements) {
        let server = try ScriptedServer()
        func items(_ texts: [String]) -> String {
            let items = texts.enumerated().map { number, text in
                """
                <item><title>Title \(number)</title><link>http://site.example/\(number)</link>\
                <description>\(text)</description><pubDate>Sat, 21 Nov 2026 10:11:12 GMT</pubDate>\
                <enclosure url="http://site.example/\(number).mp3" type="audio/mpeg"/></item>
                """
            }
            return "<rss version=\"2.0\"><channel><title>Feed</title><link>http://site.example/</link>"
                + "<description>d</description>\(items.joined())</channel></rss>"
        }
        server.on(
            "/feed.xml", .ok(items([longText(1), longText(2), ""])),
            .ok(items([longText(3), longText(2), "short", ""])),
            .status(304), .status(500), .ok(items([longText(4)])))
        server.on(
            "/other.xml", .ok(PollerTests.rss(["a", "b", "b"])), .ok(PollerTests.rss(["c"], extra: "<ttl>5</ttl>")))
        server.on("/copy.xml", .ok(items([longText(1), longText(9)])), .status(410))
        server.on("/paged.xml", .ok(BackfillTests.atom([("next", "/2")], ["f", "e"])))
        server.on("/2", .ok(BackfillTests.atom([], ["d", "c"])))
        server.on(
            "/busy.xml", .status(404), .status(404), .status(404), .status(404),
            .status(429, "no", ("Retry-After", "7200")))
        let lab = try PollerTests.Lab(server)
        for target in ["/feed.xml", "/other.xml", "/copy.xml", "/busy.xml"] { lab.add(target) }
        lab.add("/paged.xml") { $0.backfill = true }
        let statements = Statements()
        try await lab.archive.write { $0.db.trace { statements.add($0) } }
        try traceReader(lab.archive, statements)
        for _ in 0..<5 {
            try await lab.round(force: true)
            try await SearchIndexer(archive: lab.archive, time: lab.time).catchUp(besidePolls: false)
            lab.time.advance(by: .hours(1))
        }
        let now = lab.time.now
        _ = try await lab.archive.write { try $0.trimLog(before: now, at: now) }
        return (lab, statements)
    }

    /// A million feeds make `status` no slower.
    @Test func statusWalksNotEvenThroughTheFeeds() async throws {
        let (lab, _) = try await polled()
        let archive = try Archive.openForReading(folder: lab.archive.folder)
        let statements = Statements()
        try traceReader(archive, statements)
        _ = try archive.statusFigures(at: lab.time.now, overdueAfter: .minutes(15))
        _ = try archive.failingSince(rank: 2)
        let asked = statements.sorted.filter {
            $0.contains("feed") && $0.hasPrefix("SELECT") && !$0.contains("sqlite_")
        }
        #expect(asked.count == 13)
        for (sql, plan) in try await plans(asked, lab) {
            let walked = plan.filter { $0.hasPrefix("SCAN feed") && !$0.hasPrefix("SCAN feed_count") }
            // In the order of a partial index of those with something to say, and no further than the limit.
            let isSorted = plan.contains { $0.contains("TEMP B-TREE") }
            #expect(walked.allSatisfy { $0.contains("USING INDEX feed_") } && !isSorted, "\(sql)\n\(plan)")
        }
    }

    /// What another feed shows of the removed ones.
    private static let back = """
        <rss version="2.0"><channel><title>Back</title><link>http://back.example/</link><description>d</description>
        <item><title>Title 0</title><link>http://site.example/0</link><description>\(longText(1))</description></item>
        <item><title>T</title><guid>g</guid><link>http://back.example/1</link><description>\(longText(70))</description>
        <pubDate>Sat, 21 Nov 2026 10:11:12 GMT</pubDate></item></channel></rss>
        """

    /// Removing an article, or states of it, and passing over what comes back.
    @Test func removingWalksThroughNoTableThatGrows() async throws {
        let (lab, _) = try await polled()
        let statements = Statements()
        try await lab.archive.write { $0.db.trace { statements.add($0) } }
        try traceReader(lab.archive, statements)
        let now = lab.time.now
        _ = try lab.archive.retentionCandidates(
            after: ArticleID(rawValue: 0), firstSeenBefore: now, revisions: 1)
        try await lab.archive.write { archive in
            for id in 1...4 as ClosedRange<Int64> {
                let id = ArticleID(rawValue: id)
                let states = try archive.states(of: id).map(\.number)
                _ = try archive.measure(id, states, isWhole: true)
                if states.count > 2 {
                    _ = try archive.measure(id, Array(states[1...1]), isWhole: false)
                    try archive.removeRevisions(Array(states[1...1]), of: id)
                }
                try archive.remove(Tombstone.of(id, in: archive), at: now)
            }
        }
        lab.server.on("/back.xml", .ok(Self.back))
        lab.add("/back.xml")
        // No host's pause keeps it from being asked.
        lab.configuration.feeds.removeAll { $0.url.hasSuffix("/busy.xml") }
        lab.time.advance(by: .days(2))
        try await lab.round(force: true)
        let asked = statements.sorted.filter { sql in
            ["SELECT", "INSERT", "UPDATE", "DELETE"].contains { sql.hasPrefix($0) }
        }
        for part in [
            "FROM tombstone_place WHERE url_key", "FROM tombstone_content", "DELETE FROM content WHERE article",
        ] {
            #expect(asked.contains { $0.contains(part) }, "\(part)")
        }
        try await expectNoWalks(asked, lab)
    }

    private func expectNoWalks(_ asked: [String], _ lab: PollerTests.Lab) async throws {
        for (sql, plan) in try await plans(asked, lab) where !Self.bounded.contains(where: sql.contains) {
            // The pieces of one text are no table that grows.
            let walked = plan.filter { $0.hasPrefix("SCAN ") && !$0.hasPrefix("SCAN j VIRTUAL TABLE INDEX 1:") }
                .map { String($0.split(separator: " ")[1]) }
            // What a subquery has found is no table.
            let found = plan.filter { $0.hasPrefix("MATERIALIZE ") || $0.hasPrefix("CO-ROUTINE ") }.map {
                String($0.split(separator: " ")[1])
            }
            #expect(
                walked.allSatisfy { Self.small.contains($0) || found.contains($0) },
                "\(sql)\n\(plan.joined(separator: "\n"))")
        }
    }

    private func plans(_ asked: [String], _ lab: PollerTests.Lab) async throws -> [(String, [String])] {
        try await lab.archive.write { archive in
            try asked.map { sql in
                let statement = try archive.db.makeStatement(sql: "EXPLAIN QUERY PLAN " + sql)
                statement.setUncheckedArguments([])
                return (sql, try Row.fetchAll(statement).map { $0["detail"] as String })
            }
        }
    }

    @Test func pollsAndStatusWalkThroughNoTableThatGrows() async throws {
        let (lab, statements) = try await polled()
        // As the daemon answers, and as the command finds out by itself.
        for archive in [lab.archive, try Archive.openForReading(folder: lab.archive.folder)] {
            try traceReader(archive, statements)
            _ = try archive.statusFigures(at: lab.time.now, overdueAfter: .minutes(15))
            _ = try archive.searchBacklog()
            _ = try archive.newestChange()
            _ = try archive.changes(after: 3, limit: 10)
            try archive.articles(ArticleFilter(limit: 5)) { _ in }
            _ = try archive.article(ArticleID(rawValue: 1))
        }
        let asked = statements.sorted.filter { sql in
            ["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"].contains { sql.hasPrefix($0) }
        }
        // Polls really were traced: the statements of identity are there, and of the index.
        #expect(asked.count > 60)
        for part in ["FROM sighting WHERE url_key", "FROM content WHERE hash", "INTO revision", "INTO search_indexed"] {
            #expect(asked.contains { $0.contains(part) }, "\(part)")
        }
        try await expectNoWalks(asked, lab)
    }
}
