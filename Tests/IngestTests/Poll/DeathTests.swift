import Archive
import FeedModel
import TestSupport
import Testing

@testable import Ingest

/// A program that finds at which document the one before it died.
@Suite struct DeathTests {
    private func lab() throws -> PollerTests.Lab {
        let server = try ScriptedServer()
        for target in ["/bad.xml", "/good.xml"] {
            server.on(target, .ok(PollerTests.rss([String(target.dropFirst())])))
        }
        let lab = try PollerTests.Lab(server)
        lab.add("/bad.xml")
        lab.add("/good.xml")
        return lab
    }

    /// Leaves a mark as a program leaves it that is killed in the middle of its work.
    private func die(_ lab: PollerTests.Lab, at target: String) throws {
        let feed = try #require(try lab.archive.feed(url: lab.server.url(target)))
        _ = lab.archive.marks.begin(feed.id, isAlone: false)
    }

    @Test("the feed waits by backoff, others do not, and status names it")
    func waits() async throws {
        let lab = try lab()
        try await lab.round()
        try die(lab, at: "/bad.xml")
        lab.time.advance(by: .hours(2))
        let reports = try await lab.round()
        #expect(reports.map(\.feed.configuredURL) == [lab.server.url("/good.xml")])
        let bad = try lab.feed("/bad.xml").poll
        #expect(bad.state == .failing && bad.failures == 1 && bad.lastError?.code == "crashed")
        #expect(bad.nextPoll == lab.time.now + .minutes(1) && bad.intervalReason == .backoff)
        let figures = try lab.archive.statusFigures(at: lab.time.now, overdueAfter: .hours(1))
        #expect(figures.crashes.map(\.url) == [lab.server.url("/bad.xml")])
    }

    @Test("a poll that succeeds ends it, and a mark is told once")
    func recovers() async throws {
        let lab = try lab()
        try await lab.round()
        try die(lab, at: "/bad.xml")
        try await lab.round()
        lab.time.advance(by: .hours(2))
        #expect(try await lab.round().count == 2)
        let poll = try lab.feed("/bad.xml").poll
        #expect(poll.state == .active && poll.failures == 0 && poll.lastError == nil)
        lab.time.advance(by: .hours(2))
        #expect(try await lab.round().count == 2)
        #expect(try lab.archive.statusFigures(at: lab.time.now, overdueAfter: .hours(1)).crashes.isEmpty)
    }

    @Test("each further death doubles the wait", arguments: [(1, 1), (2, 2), (5, 16)])
    func doubles(deaths: Int, minutes: Int64) async throws {
        let lab = try lab()
        try await lab.round()
        for _ in 0..<deaths {
            try die(lab, at: "/bad.xml")
            try await lab.round()
        }
        let poll = try lab.feed("/bad.xml").poll
        #expect(poll.failures == deaths && poll.nextPoll == lab.time.now + .minutes(minutes))
    }

    @Test("a feed that nobody polls any more is left as it is")
    func left() async throws {
        let lab = try lab()
        try await lab.round()
        lab.configuration.feeds[0].enabled = false
        try await lab.round()
        try die(lab, at: "/bad.xml")
        try await lab.round()
        let poll = try #require(try lab.archive.feed(url: lab.server.url("/bad.xml"))).poll
        #expect(poll.state == .disabled && poll.lastError == nil)
    }
}
