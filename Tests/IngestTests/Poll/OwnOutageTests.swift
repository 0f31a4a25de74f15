import Archive
import FeedFetch
import FeedModel
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Ingest

/// Whole polls while our own network is out, which is to say: while all servers are down.
@Suite struct OwnOutageTests {
    /// Publishers that can all be made unreachable, each a host of its own.
    final class World {
        let lab: PollerTests.Lab
        private(set) var servers: [ScriptedServer] = []

        init(_ count: Int) throws {
            lab = try PollerTests.Lab(ScriptedServer())
            for number in 0..<count {
                servers.append(try World.server(number, port: 0))
                lab.configuration.feeds.append(
                    FeedConfiguration(
                        url: servers[number].url(), place: SourcePlace(file: "test", line: number, column: 1)))
            }
        }

        private static func server(_ number: Int, port: Int) throws -> ScriptedServer {
            let server = try ScriptedServer(address: "127.0.7.\(number + 1)", port: port)
            server.on("/feed.xml", .ok(PollerTests.rss(["a\(number)"])))
            return server
        }

        func cut() { for server in servers { server.stop() } }

        func mend(_ number: Int) throws { servers[number] = try World.server(number, port: servers[number].port) }

        func feeds() throws -> [Feed] {
            try lab.configuration.feeds.compactMap { try lab.archive.feed(url: $0.url) }
        }

        var since: Timestamp? {
            get throws { try lab.archive.statusFigures(at: lab.time.now, overdueAfter: .hours(1)).outageSince }
        }
    }

    @Test func aRoundEndsAndLeavesFeedsAsTheyWere() async throws {
        let world = try World(8)
        try await world.lab.round()
        let before = try world.feeds()
        world.cut()
        world.lab.time.advance(by: .hours(3))
        try await world.lab.round()
        #expect(try world.feeds() == before)
        #expect(before.count == 8 && before.allSatisfy { $0.poll.state == .active })
        #expect(try world.since == world.lab.time.now)
        // It is remembered since when, until somebody answers.
        world.lab.time.advance(by: .hours(1))
        try await world.lab.round()
        #expect(try world.since == world.lab.time.now - .hours(1))
        for number in 0..<8 { try world.mend(number) }
        let reports = try await world.lab.round()
        #expect(reports.count == 8 && reports.allSatisfy { $0.figures.outcome == .notModified })
        #expect(try world.since == nil)
    }

    /// A publisher's word that a feed is gone outlives our outage, and no probe comes sooner than the shortest interval.
    @Test func probesAskNobodyWhoIsGoneOrWasJustAsked() async throws {
        let world = try World(6)
        world.servers[0].on("/feed.xml", .status(410))
        try await world.lab.round()
        let now = world.lab.time.now
        let gone = try #require(try world.feeds().first { $0.poll.state == .gone })
        func probes(at instant: Timestamp) throws -> [FeedID] {
            try world.lab.archive.probes(at: instant, minInterval: .minutes(5))
        }
        #expect(try probes(at: now + .minutes(4)).isEmpty)
        let probed = try probes(at: now + .minutes(5))
        #expect(probed.count == 5 && !probed.contains(gone.id))
    }

    @Test func newFeedsAreNewAfterwards() async throws {
        let world = try World(6)
        world.cut()
        try await world.lab.round()
        #expect(try world.feeds().map(\.poll) == world.feeds().map { PollState(url: $0.configuredURL) })
    }

    @Test func aFewHostsFailByThemselves() async throws {
        let world = try World(4)
        try await world.lab.round()
        world.cut()
        try await world.lab.round(force: true)
        #expect(try world.feeds().allSatisfy { $0.poll.failures == 1 && $0.poll.lastError?.code == "connect" })
        #expect(try world.since == nil)
    }

    @Test func theDaemonWaitsProbesAndGoesOn() async throws {
        let world = try World(10)
        let lab = world.lab
        // One that has failed before keeps its failure, too.
        lab.configuration.feeds.append(
            FeedConfiguration(url: "http://127.0.8.1:1/", place: SourcePlace(file: "test", line: 99, column: 1)))
        try await lab.round()
        let before = try world.feeds()
        #expect(before.map(\.poll.failures) == Array(repeating: 0, count: 10) + [1])
        world.cut()
        lab.time.advance(by: .hours(3))
        let reports = Mutex<[PollReport]>([])
        let client = try HTTPClient()
        let poller = Poller(
            archive: lab.archive, client: client, configuration: lab.configuration, endsWhenIdle: false, time: lab.time,
            jitter: { 1 }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            observe: { report in reports.withLock { $0.append(report) } })
        try await poller.apply(lab.configuration, .scheduled)
        async let running: Void = poller.run()
        /// Lets time pass until something holds.
        func pass(_ step: Duration, until condition: () throws -> Bool) async throws {
            for _ in 0..<60_000 {
                if try condition() { return }
                try await Task.sleep(for: .milliseconds(1))
                lab.time.advance(by: step)
            }
            Issue.record("it never came")
        }
        try await pass(.milliseconds(5)) { try world.since != nil }
        let since = try #require(try world.since)
        try await pass(.seconds(1)) { lab.time.now >= since + .minutes(10) }
        #expect(try world.feeds() == before)
        #expect(reports.withLock { $0.count } < 10)
        // Somebody who asks is told, and changes nothing.
        let asked = try await poller.pollNow(urls: [lab.configuration.feeds[0].url])
        var json = JSONWriter()
        asked[0].write(to: &json)
        #expect(json.string.contains("\"code\":\"connect\"") && json.string.contains("our own network seems to be out"))
        #expect(try world.feeds() == before)
        // One host alone comes back: probes find it, and all others are asked again.
        reports.withLock { $0 = [] }
        try world.mend(7)
        try await pass(.seconds(1)) { try world.since == nil }
        // The others are asked at once, and again after a minute if that was before they were back.
        for number in 0..<10 where number != 7 { try world.mend(number) }
        try await pass(.seconds(1)) {
            let feeds = try world.feeds()
            return feeds.allSatisfy { $0.poll.lastPoll.map { $0 > since } ?? false }
                && feeds.prefix(10).allSatisfy { $0.poll.state == .active }
        }
        await poller.queue.close()
        try await running
        await client.shutdown()
    }
}
