import FeedModel
import GRDB
import TestSupport
import Testing

@testable import Archive
@testable import Ingest

/// How much one feed may put into the archive in a day.
@Suite struct StorageAllowanceTests {
    let now = Timestamp(seconds: 1_795_000_000)

    struct Row: Sendable {
        var age: Duration
        var bytes: Int
        var isOver: Bool
    }

    @Test(
        "a feed that has had its share waits until its day is over",
        arguments: [
            Row(age: .zero, bytes: 100, isOver: true), Row(age: .hours(23), bytes: 101, isOver: true),
            Row(age: .zero, bytes: 99, isOver: false), Row(age: .days(1), bytes: 1000, isOver: false),
            // By a clock that was set back since.
            Row(age: .hours(-1), bytes: 1000, isOver: false),
        ])
    func ends(_ row: Row) {
        let stored = PollState.Stored(since: now - row.age, bytes: row.bytes)
        #expect(StorageAllowance.end(of: stored, at: now, most: 100) == (row.isOver ? now - row.age + .days(1) : nil))
    }

    @Test("a new day begins with the first byte behind the last one") func days() {
        let first = StorageAllowance.adding(5, to: nil, at: now)
        #expect(first == PollState.Stored(since: now, bytes: 5))
        #expect(StorageAllowance.adding(6, to: first, at: now + .hours(23)) == PollState.Stored(since: now, bytes: 11))
        let next = now + .hours(25)
        #expect(StorageAllowance.adding(7, to: first, at: next) == PollState.Stored(since: next, bytes: 7))
        let back = now - .hours(25)
        #expect(StorageAllowance.adding(7, to: first, at: back) == PollState.Stored(since: back, bytes: 7))
    }

    @Test("what polls bring is counted, and what brings nothing is not") func counted() async throws {
        let server = try ScriptedServer()
        let long = String(repeating: "one two three ", count: 1000)
        server.on(
            "/feed.xml", .ok(PollerTests.rss(["a"])), .ok(PollerTests.rss(["a"], extra: "<!-- other bytes -->")),
            .ok(PollerTests.rss(["a", "b"]).replacing("Text of b", with: long)))
        let lab = try PollerTests.Lab(server)
        lab.add("/feed.xml")
        try await lab.round()
        let first = try #require(try lab.feed().poll.stored)
        #expect(first.since == lab.time.now && (10...2000).contains(first.bytes))
        lab.time.advance(by: .hours(1))
        try await lab.round(force: true)
        #expect(try lab.feed().poll.stored == first)
        try await lab.round(force: true)
        let third = try #require(try lab.feed().poll.stored)
        #expect(third.since == first.since && third.bytes >= first.bytes + long.utf8.count)
    }

    @Test("a feed that has had its share is not asked, is told of, and goes on a day later") func tooMuch() async throws
    {
        let server = try ScriptedServer()
        server.on("/feed.xml", .ok(PollerTests.rss(["a"])), .ok(PollerTests.rss(["a", "b"])))
        let lab = try PollerTests.Lab(server)
        lab.add("/feed.xml")
        try await lab.round()
        let (id, begin) = (try lab.feed().id, lab.time.now)
        try await lab.archive.write {
            try $0.execute(
                "UPDATE feed SET stored_bytes = ? WHERE id = ?", [StorageAllowance.mostADay, id.rawValue])
        }
        lab.time.advance(by: .hours(2))
        let reports = try await lab.round(force: true)
        #expect(reports.map(\.figures.errorCode) == ["too-much"])
        #expect(server.requests.count == 1)
        #expect(try lab.feed().poll.nextPoll == begin + .days(1))
        let figures = try lab.archive.statusFigures(at: lab.time.now, overdueAfter: .minutes(15))
        #expect(figures.troubles.map(\.error.code) == ["too-much"])
        lab.time.advance(by: .hours(22))
        #expect(try await lab.round().map(\.figures.new) == [1])
        #expect(try lab.feed().poll.lastError == nil)
        #expect(try (lab.feed().poll.stored?.bytes ?? .max) < 2000)
    }
}
