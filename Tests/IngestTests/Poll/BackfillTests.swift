import Archive
import FeedFetch
import FeedModel
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Ingest

/// Walks through the older pages of paged and archived feeds (RFC 5005).
@Suite struct BackfillTests {
    typealias Lab = PollerTests.Lab

    static func atom(
        _ links: [(rel: String, href: String)], _ titles: [String], extra: String = "", updated: String = "2026-01-01",
        text: String = "Text of"
    ) -> String {
        let entries = titles.map {
            "<entry><id>urn:\($0)</id><title>\($0)</title><updated>\(updated)T00:00:00Z</updated><published>2020-01-01T00:00:00Z</published><content>\(text) \($0)</content></entry>"
        }
        let links = links.map { "<link rel=\"\($0.rel)\" href=\"\($0.href)\"/>" }
        return
            "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:fh=\"http://purl.org/syndication/history/1.0\"><title>Feed</title><id>urn:feed</id>\(extra)\(links.joined())\(entries.joined())</feed>"
    }

    private func lab(_ change: (inout FeedConfiguration) -> Void = { $0.backfill = true }) throws -> Lab {
        let lab = try Lab(try ScriptedServer())
        lab.add("/feed.xml", change)
        return lab
    }

    private func targets(_ lab: Lab) -> [String] { lab.server.requests.map(\.target) }

    /// The feed's own document and three pages, the last one without a link.
    private func paged(_ server: ScriptedServer) {
        server.on("/feed.xml", .ok(Self.atom([("next", "/2")], ["f", "e"])))
        server.on("/2", .ok(Self.atom([("next", "/3")], ["d", "c"])))
        server.on("/3", .ok(Self.atom([], ["b", "a"])))
    }

    @Test func aPagedFeedIsWalkedWhenItIsFirstMet() async throws {
        let lab = try lab()
        paged(lab.server)
        let reports = try await lab.round()
        #expect(reports.count == 1 && reports[0].figures.new == 2)
        #expect(targets(lab) == ["/feed.xml", "/2", "/3"])
        #expect(try lab.titles == ["a", "b", "c", "d", "e", "f"])
        #expect(try lab.archive.backfill(of: lab.feed().id) == nil)
        // Once is enough.
        try await lab.round(force: true)
        #expect(targets(lab) == ["/feed.xml", "/2", "/3", "/feed.xml"])
    }

    @Test func withoutTheKeyNoPageIsAskedFor() async throws {
        let lab = try lab { _ in }
        paged(lab.server)
        try await lab.round()
        #expect(targets(lab) == ["/feed.xml"])
    }

    @Test func whatCameFromOlderPagesIsNotInTheLatestDocument() async throws {
        let lab = try lab()
        paged(lab.server)
        let then = lab.time.now
        try await lab.round()
        let id = try lab.feed().id
        let current = try await lab.archive.write { try $0.currentSightings(of: id) }
        #expect(current.count == 2)
        var old: [ArchivedArticle] = []
        try lab.archive.articles(ArticleFilter()) { if $0.title == "a" { old.append($0) } }
        let article = try #require(old.first)
        let sightings = try lab.archive.sightings(of: article.id)
        #expect(sightings.map(\.lastSeen) == [then])
        #expect(sightings.map(\.published) == [Timestamp(seconds: 1_577_836_800)])
        let changes = try lab.archive.changes(after: 0, limit: 10)
        #expect(changes.map(\.kind) == Array(repeating: .new, count: 6))
    }

    struct Linked: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var answer: ScriptedAnswer
        var follows: Bool
    }

    /// Where a link to older entries may stand, and which are none.
    @Test(arguments: [
        Linked(
            testDescription: "atom:link in RSS",
            answer: .ok(
                PollerTests.rss(
                    ["b"],
                    extra: "<atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"next\" href=\"/2\"/>")),
            follows: true),
        Linked(
            testDescription: "Link header, relative, several relations",
            answer: .ok(atom([], ["b"]), ("Link", "</x>; rel=up, <2>; rel=\"foo Prev-Archive\"")), follows: true),
        Linked(
            testDescription: "JSON Feed's next_url",
            answer: .ok(
                "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"t\",\"next_url\":\"/2\",\"items\":[{\"id\":\"b\",\"title\":\"b\",\"content_text\":\"Text of b\"}]}"
            ), follows: true),
        Linked(
            testDescription: "IANA's URI",
            answer: .ok(atom([("http://www.iana.org/assignments/relation/next", "/2")], ["b"])),
            follows: true),
        Linked(
            testDescription: "a complete feed", answer: .ok(atom([("next", "/2")], ["b"], extra: "<fh:complete/>")),
            follows: false),
        Linked(
            testDescription: "another scheme", answer: .ok(atom([("next", "ftp://127.0.0.1/2")], ["b"])), follows: false
        ),
        Linked(testDescription: "a file", answer: .ok(atom([("next", "file:///etc/passwd")], ["b"])), follows: false),
        Linked(testDescription: "itself", answer: .ok(atom([("next", "/feed.xml")], ["b"])), follows: false),
        Linked(
            testDescription: "the current document",
            answer: .ok(atom([("next", "/2"), ("current", "/2")], ["b"])), follows: false),
    ])
    func linksToOlderEntries(linked: Linked) async throws {
        let lab = try lab()
        lab.server.on("/feed.xml", linked.answer)
        lab.server.on("/2", .ok(Self.atom([], ["a"])))
        try await lab.round()
        #expect(targets(lab) == (linked.follows ? ["/feed.xml", "/2"] : ["/feed.xml"]))
        #expect(try lab.titles == (linked.follows ? ["a", "b"] : ["b"]))
    }

    /// `next` on an archive document may lead anywhere.
    @Test func anArchivedFeedIsWalkedByItsArchivesAlone() async throws {
        let lab = try lab()
        lab.server.on("/feed.xml", .ok(Self.atom([("next", "/p2"), ("prev-archive", "/2")], ["c"])))
        lab.server.on(
            "/2",
            .ok(
                Self.atom(
                    [("prev-archive", "/1"), ("next", "/no"), ("current", "/feed.xml")], [], extra: "<fh:archive/>"))
        )
        lab.server.on("/1", .ok(Self.atom([("next", "/no")], ["a"], extra: "<fh:archive/>")))
        try await lab.round()
        // An empty archive document is no end.
        #expect(targets(lab) == ["/feed.xml", "/2", "/1"])
        #expect(try lab.titles == ["a", "c"])
    }

    @Test func aDocumentWithNothingKnownIsWalkedBackToWhatWasKnown() async throws {
        let lab = try lab()
        lab.server.on(
            "/feed.xml", .ok(Self.atom([("next", "/2")], ["b", "a"])), .ok(Self.atom([("next", "/2")], ["f", "e"])),
            .ok(Self.atom([("next", "/2")], ["g", "f"])))
        lab.server.on("/2", .ok(Self.atom([], [])), .ok(Self.atom([("next", "/3")], ["d", "c"])))
        lab.server.on("/3", .ok(Self.atom([("next", "/4")], ["b", "a"])))
        try await lab.round()
        try await lab.round(force: true)
        // One entry that was known says that nothing was missed.
        try await lab.round(force: true)
        #expect(targets(lab) == ["/feed.xml", "/2", "/feed.xml", "/2", "/3", "/feed.xml"])
        #expect(try lab.titles == ["a", "b", "c", "d", "e", "f", "g"])
    }

    @Test func anArchiveDocumentIsReadOnce() async throws {
        let lab = try lab()
        lab.server.on(
            "/feed.xml", .ok(Self.atom([("prev-archive", "/1")], ["c", "b"])),
            .ok(Self.atom([("prev-archive", "/2")], ["g", "f"])))
        lab.server.on("/1", .ok(Self.atom([("prev-archive", "/0")], ["a"], extra: "<fh:archive/>")))
        lab.server.on("/0", .ok(Self.atom([], ["0"], extra: "<fh:archive/>")))
        lab.server.on("/2", .ok(Self.atom([("prev-archive", "/1")], ["e", "d"], extra: "<fh:archive/>")))
        try await lab.round()
        try await lab.round(force: true)
        #expect(targets(lab) == ["/feed.xml", "/1", "/0", "/feed.xml", "/2"])
    }

    /// Newer documents win (RFC 5005, 2): what an archive still shows of an edited article is history.
    @Test func anOlderPageRevisesNothing() async throws {
        let lab = try lab()
        lab.server.on("/feed.xml", .ok(Self.atom([("next", "/2")], ["b"], updated: "2026-02-02", text: "New words of")))
        lab.server.on("/2", .ok(Self.atom([("next", "/3")], ["b", "a"], text: "Quite another and longer text of")))
        lab.server.on("/3", .ok(Self.atom([], ["a"], text: "A third and even longer text about")))
        try await lab.round()
        var shown: [String] = []
        try lab.archive.articles(ArticleFilter()) { shown.append("\($0.title ?? "") \($0.revision)") }
        #expect(shown.sorted() == ["a 1", "b 1"])
        let id = try lab.feed().id
        let current = try await lab.archive.write { try $0.currentSightings(of: id).map(\.guid) }
        #expect(current == ["urn:b"])
    }

    @Test(arguments: [
        // To a page of this walk, and to the feed itself.
        "/2", "/feed.xml", "/3",
    ])
    func aLoopEndsTheWalk(back: String) async throws {
        let lab = try lab()
        lab.server.on("/feed.xml", .ok(Self.atom([("next", "/2")], ["c"])))
        lab.server.on("/2", .ok(Self.atom([("next", "/3")], ["b"])))
        lab.server.on("/3", .ok(Self.atom([("next", back)], ["a"])))
        try await lab.round()
        #expect(targets(lab) == ["/feed.xml", "/2", "/3"])
        #expect(try lab.archive.backfill(of: lab.feed().id) == nil)
    }

    @Test func aCalendarWithoutEndIsLeftAfterAHundredPages() async throws {
        let lab = try lab()
        lab.server.otherwise { request in
            let number = Int(request.target.dropFirst()) ?? 0
            return .ok(Self.atom([("next", "/\(number + 1)")], ["day\(number)"]))
        }
        try await lab.round()
        #expect(lab.server.requests.count == 1 + BackfillStep.mostPages)
        #expect(try lab.archive.backfill(of: lab.feed().id) == nil)
    }

    @Test func aPageThatFailsIsAskedForAgainLaterAndIsNotTheFeedsFailure() async throws {
        let lab = try lab()
        lab.server.on("/feed.xml", .ok(Self.atom([("next", "/2")], ["b"])))
        lab.server.on(
            "/2", .status(500), .ok("<!doctype html><title>no"), .ok(Self.atom([], ["a"])))
        try await lab.round()
        let feed = try lab.feed()
        #expect(feed.poll.state == .active && feed.poll.lastError == nil && feed.poll.failures == 0)
        var walk = try #require(try lab.archive.backfill(of: feed.id))
        #expect(walk.lastError?.code == "http-500" && walk.retryAt == lab.time.now + .minutes(1))
        // Not before its time, though the feed itself is polled.
        try await lab.round(force: true)
        #expect(targets(lab) == ["/feed.xml", "/2", "/feed.xml"])
        lab.time.advance(by: .minutes(1))
        // The feed is not due, its page is.
        #expect(try await lab.round().isEmpty)
        walk = try #require(try lab.archive.backfill(of: feed.id))
        #expect(walk.lastError?.code == "no-feed" && walk.failures == 2 && walk.retryAt == lab.time.now + .minutes(2))
        lab.time.advance(by: .minutes(2))
        try await lab.round()
        #expect(try lab.titles == ["a", "b"])
        #expect(try lab.archive.backfill(of: feed.id) == nil)
        #expect(targets(lab) == ["/feed.xml", "/2", "/feed.xml", "/2", "/2"])
    }

    @Test(arguments: [410, 404])
    func aWalkIsGivenUp(status: Int) async throws {
        let lab = try lab()
        lab.server.on("/feed.xml", .ok(Self.atom([("next", "/2")], ["b"])))
        lab.server.on("/2", .status(status))
        try await lab.round()
        let id = try lab.feed().id
        #expect(try (lab.archive.backfill(of: id) == nil) == (status == 410))
        lab.time.advance(by: .days(60))
        try await lab.round()
        #expect(try lab.archive.backfill(of: id) == nil)
        #expect(try lab.feed().poll.state == .active)
    }

    @Test func aPageThatAsksForQuietKeepsItsHostQuiet() async throws {
        let lab = try lab()
        lab.server.on("/feed.xml", .ok(Self.atom([("next", "/2")], ["b"])))
        lab.server.on("/2", .status(429, "no", ("Retry-After", "7200")))
        try await lab.round()
        let feed = try lab.feed()
        #expect(feed.poll.state == .active && feed.poll.nextPoll == lab.time.now + .hours(2))
        #expect(try lab.archive.backfill(of: feed.id)?.retryAt == lab.time.now + .hours(2))
        lab.time.advance(by: .minutes(90))
        #expect(try await lab.round(force: true).isEmpty)
        #expect(targets(lab) == ["/feed.xml", "/2"])
    }

    @Test func aPageElsewhereThatAsksForQuietQuietensNobodyElse() async throws {
        let elsewhere = try ScriptedServer(address: "127.0.0.2")
        elsewhere.on("/2", .status(429, "no", ("Retry-After", "7200")))
        let lab = try lab()
        lab.server.on("/feed.xml", .ok(Self.atom([("next", elsewhere.url("/2"))], ["b"])))
        try await lab.round()
        let feed = try lab.feed()
        #expect(elsewhere.requests.count == 1)
        #expect(try lab.archive.backfill(of: feed.id)?.retryAt == lab.time.now + .hours(2))
        #expect(try lab.archive.host("127.0.0.2").conduct == nil)
        #expect(try lab.archive.host("127.0.0.1").conduct == nil)
    }

    @Test func thePagesOfAFeedStandInItsHostsQueue() async throws {
        let lab = try lab()
        paged(lab.server)
        lab.configuration.fetch.hostDelay = .seconds(10)
        let poller = try poller(lab)
        try await poller.apply(lab.configuration, .scheduled)
        async let running: Void = poller.run()
        for expected in 1...3 {
            let isThere = try await comesTrue(every: .milliseconds(1)) {
                lab.server.requests.count >= expected && (!lab.time.deadlines.isEmpty || expected == 3)
            }
            try #require(isThere)
            #expect(lab.server.requests.count == expected)
            lab.time.advance(by: .seconds(9))
            try await Task.sleep(for: .milliseconds(20))
            #expect(lab.server.requests.count == expected)
            lab.time.advance(by: .seconds(1))
        }
        await poller.finishWalks()
        await poller.queue.close()
        try await running
    }

    @Test func pagesAreBoundByTheAddressGuard() async throws {
        let lab = try lab()
        let other = try ScriptedServer(address: "127.0.0.2")
        lab.configuration.fetch.addressPolicy = .publicOnly(except: [try #require(AddressRange("127.0.0.1/32"))])
        lab.server.on("/feed.xml", .ok(Self.atom([("next", other.url("/2"))], ["b"])))
        try await lab.round()
        #expect(other.connectionCount == 0)
        #expect(try lab.archive.backfill(of: lab.feed().id)?.lastError?.code == "address-refused")
    }

    @Test func credentialsAndHeadersStayAtTheFeedsOwnOrigin() async throws {
        let other = try ScriptedServer(address: "127.0.0.2")
        let lab = try lab {
            $0.backfill = true
            $0.headers = [.init(name: "X-Key", value: "secret")]
        }
        lab.server.on("/feed.xml", .ok(Self.atom([("next", "/2")], ["c"])))
        lab.server.on("/2", .ok(Self.atom([("next", other.url("/1"))], ["b"])))
        other.on("/1", .ok(Self.atom([], ["a"])))
        try await lab.round()
        #expect(lab.server.requests.map { $0.value("X-Key") } == ["secret", "secret"])
        #expect(other.requests.map { $0.value("X-Key") } == [nil])
        #expect(lab.server.requests("/2").map { $0.value("If-None-Match") } == [nil])
        #expect(try lab.titles == ["a", "b", "c"])
    }

    private func poller(_ lab: Lab, _ observePage: @escaping @Sendable (PageReport) -> Void = { _ in }) throws -> Poller
    {
        Poller(
            archive: lab.archive, client: try HTTPClient(), configuration: lab.configuration, endsWhenIdle: false,
            time: lab.time, jitter: { 1 }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            observePage: observePage)
    }

    /// What has been read is committed page by page: another process goes on with the next one.
    @Test func aWalkThatIsCutShortGoesOnWhereItWas() async throws {
        let lab = try lab()
        paged(lab.server)
        let closing = Mutex<Task<Void, Never>?>(nil)
        let queue = Mutex<PollQueue?>(nil)
        let first = try poller(lab) { _ in
            let queue = queue.withLock { $0 }
            closing.withLock { $0 = Task { await queue?.close() } }
        }
        // The second page is asked for only when the queue is closed, which then gives it no turn.
        lab.configuration.fetch.hostDelay = .seconds(1)
        queue.withLock { $0 = first.queue }
        try await first.apply(lab.configuration, .scheduled)
        async let running: Void = first.run()
        let isThere = try await comesTrue(every: .milliseconds(1)) {
            !lab.server.requests.isEmpty && !lab.time.deadlines.isEmpty
        }
        try #require(isThere)
        lab.time.advance(by: .seconds(1))
        try await running
        #expect(targets(lab) == ["/feed.xml", "/2"])
        let walk = try #require(try lab.archive.backfill(of: lab.feed().id))
        #expect(walk.url == lab.server.url("/3") && walk.pages == 1)
        #expect(try lab.titles == ["c", "d", "e", "f"])

        lab.time.advance(by: .seconds(1))
        let second = try poller(lab)
        try await second.apply(lab.configuration, .scheduled)
        async let again: Void = second.run()
        await second.finishWalks()
        await second.queue.close()
        try await again
        // The feed itself was not due.
        #expect(targets(lab) == ["/feed.xml", "/2", "/3"])
        #expect(try lab.titles == ["a", "b", "c", "d", "e", "f"])
        #expect(try lab.archive.backfill(of: lab.feed().id) == nil)
    }

    @Test func aPollOnRequestIsFollowedByTheWalk() async throws {
        let lab = try lab()
        paged(lab.server)
        let poller = try poller(lab)
        try await poller.apply(lab.configuration, .none)
        async let running: Void = poller.run()
        let answers = try await poller.pollNow(urls: [lab.server.url()])
        await poller.finishWalks()
        await poller.queue.close()
        try await running
        #expect(answers.map(\.isSuccess) == [true])
        #expect(try lab.titles == ["a", "b", "c", "d", "e", "f"])
    }

    /// The queue has entered the page's host; the poll that somebody waits for goes to the feed's.
    @Test func aPollOnRequestGoesBeforeThePagesAtAnotherHost() async throws {
        let lab = try lab()
        let other = try ScriptedServer(address: "127.0.0.2")
        lab.server.on("/feed.xml", .ok(Self.atom([("next", other.url("/2"))], ["c"])))
        other.on("/2", .ok(Self.atom([("next", "/1")], ["b"])))
        other.on("/1", .ok(Self.atom([], ["a"])))
        lab.configuration.fetch.hostDelay = .seconds(60)
        let poller = try poller(lab)
        try await poller.apply(lab.configuration, .scheduled)
        async let running: Void = poller.run()
        let isThere = try await comesTrue(every: .milliseconds(1)) {
            !other.requests.isEmpty && !lab.time.deadlines.isEmpty
        }
        try #require(isThere)
        let url = lab.server.url()
        async let answers = poller.pollNow(urls: [url])
        try await Task.sleep(for: .milliseconds(20))
        lab.time.advance(by: .seconds(60))
        #expect(try await answers.map(\.isSuccess) == [true])
        lab.time.advance(by: .seconds(60))
        await poller.finishWalks()
        await poller.queue.close()
        try await running
        #expect(targets(lab) == ["/feed.xml", "/feed.xml"] && other.requests.map(\.target) == ["/2", "/1"])
    }
}
