import Archive
import FeedModel
import TestSupport
import Testing

@testable import Ingest

@Suite struct EtiquetteScheduleTests {
    /// After one good poll with these fields, which may name instants by their distance from now.
    private func lab(_ fields: [(String, String)] = [], extra: String = "") async throws -> PollLab {
        let lab = try PollLab([ScriptedAnswer.ok(PollerTests.rss(["a"], extra: extra)).with(fields)])
        lab.configuration.schedule.minInterval = .minutes(10)
        lab.configuration.schedule.maxInterval = .hours(24)
        try await lab.round()
        #expect(try lab.feed().poll.state == .active)
        return lab
    }

    private static let neverSoonerCases: [String] = [
        "max-age=0", "max-age=1", "no-cache", "no-store, max-age=0", "must-revalidate", "s-maxage=1", "",
    ]

    @Test("11: never sooner than min_interval", arguments: neverSoonerCases)
    func neverSooner(control: String) async throws {
        let extra =
            "<ttl>1</ttl><sy:updatePeriod xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">hourly</sy:updatePeriod>"
        let lab = try await lab([("Cache-Control", control), ("Expires", "0"), ("Age", "99999")], extra: extra)
        lab.configuration.feeds[0].interval = .every(.seconds(1))
        #expect(try #require(try lab.wait()) >= .minutes(10))
        lab.time.advance(by: .seconds(599))
        #expect(try await lab.round().isEmpty)
        lab.time.advance(by: .seconds(1))
        #expect(try await lab.round().count == 1)
        #expect(try lab.wait() == .minutes(10))
    }

    private static let neverLaterCases: [([(String, String)], String)] = [
        ([("Cache-Control", "max-age=31536000")], ""), ([("Expires", "Tue, 19 Jan 2038 03:14:07 GMT")], ""),
        ([("Cache-Control", "max-age=99999999999999999999999")], ""), ([], "<ttl>999999999</ttl>"),
        ([], "<sy:updatePeriod xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">yearly</sy:updatePeriod>"),
        ([("Expires", "Fri, 31 Dec 9999 23:59:59 GMT")], ""),
    ]

    @Test("11: never later than max_interval for a healthy feed", arguments: neverLaterCases)
    func neverLater(fields: [(String, String)], extra: String) async throws {
        #expect(try await lab(fields, extra: extra).wait() == .hours(24))
    }

    /// What a document without any word on it waits.
    private static let usual = Duration.hours(1)

    struct Fresh: Sendable, CustomTestStringConvertible {
        var fields: [(String, String)]
        var wait: Duration
        var testDescription: String { fields.map { "\($0.0): \($0.1)" }.joined(separator: ", ") }

        init(_ wait: Duration, _ fields: (String, String)...) {
            self.fields = fields
            self.wait = wait
        }
    }

    private static let notWhileFreshCases: [Fresh] = [
        Fresh(.hours(2), ("Cache-Control", "max-age=7200")),
        Fresh(.hours(2), ("Cache-Control", "max-age=14400"), ("Age", "7200")),
        Fresh(usual, ("Cache-Control", "max-age=7200"), ("Age", "99999")),
        Fresh(.hours(2), ("Cache-Control", "max-age=7200"), ("Age", "-5")),
        Fresh(.hours(2), ("Cache-Control", "max-age=7200"), ("Expires", "Wed, 18 Nov 2026 20:00:00 GMT")),
        Fresh(.hours(2), ("Cache-Control", "max-age=7200, s-maxage=36000")),
        Fresh(usual, ("Cache-Control", "s-maxage=36000")),
        Fresh(.hours(2), ("Cache-Control", "max-age=7200, must-revalidate, proxy-revalidate")),
        Fresh(.hours(2), ("Cache-Control", "no-cache, max-age=7200")), Fresh(usual, ("Cache-Control", "no-store")),
        // Our clock says 11:06:40.
        Fresh(.hours(2), ("Expires", "Wed, 18 Nov 2026 13:06:40 GMT")),
        Fresh(.hours(2), ("Date", "Wed, 18 Nov 2026 06:00:00 GMT"), ("Expires", "Wed, 18 Nov 2026 08:00:00 GMT")),
        Fresh(.hours(2), ("Date", "Thu Nov 19 06:00:00 2026"), ("Expires", "Thursday, 19-Nov-26 08:00:00 GMT")),
        Fresh(
            .hours(2), ("Date", "Wed, 18 Nov 2026 06:00:00 GMT"), ("Expires", "Wed, 18 Nov 2026 09:00:00 GMT"),
            ("Age", "3600")),
        Fresh(usual, ("Expires", "0")), Fresh(usual, ("Expires", "-1")), Fresh(usual, ("Expires", "never")),
        Fresh(usual, ("Expires", "Wed, 18 Nov 2020 13:06:40 GMT")), Fresh(usual, ("Expires", "")),
        Fresh(usual, ("Expires", "Wed, 18 Nov 9223372036854775807 13:06:40 GMT")),
        Fresh(.hours(2), ("Expires", "Wed, 18 Nov 2026 13:06:40 GMT"), ("Pragma", "no-cache")),
    ]

    @Test("12: not while the document is fresh", arguments: notWhileFreshCases)
    func notWhileFresh(given: Fresh) async throws {
        #expect(try await lab(given.fields).wait() == given.wait)
    }

    private static let grammarCases: [Fresh] = [
        Fresh(.hours(2), ("cache-control", "PUBLIC,MAX-AGE=7200")),
        Fresh(.hours(2), ("Cache-Control", "max-age=\"7200\"")),
        Fresh(.hours(2), ("Cache-Control", "private=\"x, max-age=1\", max-age=7200")),
        Fresh(.hours(2), ("Cache-Control", "private=\"a\\\", max-age=1\",max-age=7200")),
        Fresh(.hours(2), ("Cache-Control", "public"), ("Cache-Control", "max-age=7200")),
        Fresh(.hours(2), ("Cache-Control", "max-age=7200"), ("cache-control", "no-transform")),
        Fresh(.hours(2), ("Cache-Control", ", ,max-age=7200,,")),
        Fresh(.hours(2), ("Cache-Control", "max-age=0007200")),
        Fresh(.hours(2), ("Cache-Control", "ext=\"open"), ("Cache-Control", "max-age=7200")),
        Fresh(.hours(2), ("Cache-Control", "max-age=soon, max-age=7200")),
        Fresh(.hours(2), ("Cache-Control", "max-age, max-age=7200")),
        Fresh(.hours(24), ("Cache-Control", "max-age=99999999999999999999999")),
        Fresh(usual, ("Cache-Control", "max-age=soon, =, max-age, \"")),
        Fresh(usual, ("Cache-Control", "max-age=-7200")),
        Fresh(usual, ("Cache-Control", "max-age=7200.5")), Fresh(usual, ("Cache-Control", "x-max-age=7200")),
        Fresh(usual, ("Cache-Control", "max-age=")), Fresh(usual, ("Cache-Control", "private=\"max-age=7200\"")),
        // A max-age that is broken leaves Expires.
        Fresh(.hours(2), ("Cache-Control", "max-age=soon"), ("Expires", "Wed, 18 Nov 2026 13:06:40 GMT")),
    ]

    @Test("13: Cache-Control is read as its grammar has it", arguments: grammarCases)
    func grammar(given: Fresh) async throws {
        #expect(try await lab(given.fields).wait() == given.wait)
    }

    @Test("13: a 304 can bring new freshness, and without a word leaves the old")
    func freshnessOfNotModified() async throws {
        let lab = try PollLab([
            .ok(PollerTests.rss(["a"]), ("ETag", "\"1\""), ("Cache-Control", "max-age=7200")), .status(304),
            .status(304, "", ("Cache-Control", "max-age=14400"), ("Age", "3600")), .status(304, "", ("Age", "60")),
            .ok(PollerTests.rss(["a"]), ("ETag", "\"1\"")), .status(304),
        ])
        var waits: [Duration?] = []
        for _ in 0..<6 {
            try await lab.round(force: true)
            waits.append(try lab.wait())
        }
        #expect(waits == [.hours(2), .hours(2), .hours(3), .hours(4) - .seconds(60), .hours(1), .hours(1)])
    }

    struct Bound: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var wait: Duration
        var reason: IntervalReason

        init(_ extra: String, _ wait: Duration, _ reason: IntervalReason) {
            testDescription = extra
            self.wait = wait
            self.reason = reason
        }
    }

    private static func sy(_ period: String, _ frequency: String? = nil) -> String {
        let namespace = "xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\""
        let times = frequency.map { "<sy:updateFrequency \(namespace)>\($0)</sy:updateFrequency>" } ?? ""
        return "<sy:updatePeriod \(namespace)>\(period)</sy:updatePeriod>\(times)"
    }

    private static let lowerBoundsCases: [Bound] = [
        Bound("<ttl>180</ttl>", .hours(3), .ttl), Bound("<ttl>\n 180 \n</ttl>", .hours(3), .ttl),
        Bound("<ttl>180.0</ttl>", .hours(3), .ttl), Bound("<ttl>5</ttl>", usual, .learned),
        Bound("<ttl>0</ttl>", usual, .learned), Bound("<ttl>-180</ttl>", usual, .learned),
        Bound("<ttl></ttl>", usual, .learned), Bound("<ttl/>", usual, .learned),
        Bound("<ttl>three hours</ttl>", usual, .learned),
        Bound("<ttl>999999999999999999999999</ttl>", usual, .learned),
        Bound("<ttl>nan</ttl>", usual, .learned), Bound("<ttl>1e400</ttl>", usual, .learned),
        Bound(sy("daily", "4"), .hours(6), .updatePeriod), Bound(sy("\n\tDaily\t"), .hours(24), .updatePeriod),
        Bound(sy("daily", "0"), .hours(24), .updatePeriod), Bound(sy("daily", "-4"), .hours(24), .updatePeriod),
        Bound(sy("daily", "often"), .hours(24), .updatePeriod), Bound(sy("daily", ""), .hours(24), .updatePeriod),
        Bound(sy("hourly", "99999999"), usual, .learned), Bound(sy("now and then"), usual, .learned),
        Bound(sy(""), usual, .learned), Bound(sy("yearly"), .hours(24), .ceiling),
        Bound("<ttl>180</ttl>" + sy("daily", "12"), .hours(3), .ttl),
        Bound("<ttl>60</ttl>" + sy("daily", "4"), .hours(6), .updatePeriod),
    ]

    @Test("14: ttl and updatePeriod are lower bounds, and the longest wins", arguments: lowerBoundsCases)
    func lowerBounds(bound: Bound) async throws {
        let lab = try await lab([("Cache-Control", "max-age=1")], extra: bound.testDescription)
        #expect(try lab.wait() == bound.wait && lab.feed().poll.intervalReason == bound.reason)
    }

    private static func hours(_ hours: [String]) -> String {
        "<skipHours>\(hours.map { "<hour>\($0)</hour>" }.joined())</skipHours>"
    }

    private static func days(_ days: [String]) -> String {
        "<skipDays>\(days.map { "<day>\($0)</day>" }.joined())</skipDays>"
    }

    private static let hoursAndDaysCases: [(String, String)] = [
        (hours(["12", "13"]), "2026-11-18T14:00:00Z"), (hours([" 12 ", "012"]), "2026-11-18T13:00:00Z"),
        (hours(["11"]), "2026-11-18T12:06:40Z"), (hours(["25", "-1", "noon", ""]), "2026-11-18T12:06:40Z"),
        // Until midnight, hour 24 included, which is hour 0.
        (hours((12...24).map(String.init)), "2026-11-19T01:00:00Z"),
        (hours((0...24).map(String.init)), "2026-11-19T11:06:40Z"),
        (days(["Wednesday"]), "2026-11-19T00:00:00Z"),
        (days(["wednesday", " WEDNESDAY "]), "2026-11-19T00:00:00Z"),
        (days(["Mittwoch", ""]), "2026-11-18T12:06:40Z"),
        (days(["Wednesday", "Thursday", "Friday"]), "2026-11-19T11:06:40Z"),
        (hours(["0", "1"]) + days(["Wednesday"]), "2026-11-19T02:00:00Z"),
    ]

    /// Wednesday, 11:06:40; without a word the next poll is at 12:06:40.
    @Test("15: no poll in skipHours or on skipDays", arguments: hoursAndDaysCases)
    func hoursAndDays(extra: String, next: String) async throws {
        #expect(try await lab(extra: extra).feed().poll.nextPoll?.rfc3339 == next)
    }

    @Test("15: hours to skip hold after a 304, and end with the document that lacks them")
    func hoursAfterNotModified() async throws {
        let lab = try PollLab([
            .ok(PollerTests.rss(["a"], extra: Self.hours(["12", "13"])), ("ETag", "\"1\"")), .status(304),
            .ok(PollerTests.rss(["a"])),
        ])
        try await lab.rounds(2)
        #expect(try lab.feed().poll.nextPoll?.rfc3339 == "2026-11-18T14:00:00Z")
        try await lab.rounds(1)
        #expect(try lab.feed().poll.nextPoll?.rfc3339 == "2026-11-18T12:06:40Z")
    }

    private static func dated(_ dates: [String]) -> String {
        let items = dates.enumerated().map {
            "<item><guid>\($0)</guid><title>t\($0)</title><pubDate>\($1)</pubDate></item>"
        }
        return PollerTests.rss([], extra: items.joined())
    }

    @Test("16: a weekly feed is asked less often than an hourly one")
    func intervalsFollowTheFeed() async throws {
        let lab = try PollLab([.status(404)])
        let now = lab.time.now
        func posts(each step: Duration) -> String { Self.dated((0..<10).map { httpDate(now - step * ($0 + 1)) }) }
        lab.server.on("/week.xml", .ok(posts(each: .days(7))))
        lab.server.on("/hour.xml", .ok(posts(each: .hours(1))))
        lab.add("/week.xml")
        lab.add("/hour.xml")
        try await lab.rounds(3)
        let (weekly, hourly) = (try #require(try lab.wait("/week.xml")), try #require(try lab.wait("/hour.xml")))
        #expect(weekly > hourly * 2 && hourly < .hours(3), "\(weekly) \(hourly)")
    }

    private static let senselessDatesCases: [[String]] = [
        [], [""], ["Wed, 18 Nov 2099 10:00:00 GMT"], Array(repeating: "Wed, 18 Nov 2026 10:00:00 GMT", count: 9),
        ["Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:01 GMT"], ["yesterday", "99/99/9999"],
        ["Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT"],
    ]

    @Test("16: dates without sense still give an interval between the bounds", arguments: senselessDatesCases)
    func senselessDates(dates: [String]) async throws {
        let lab = try PollLab([.ok(Self.dated(dates))])
        for _ in 0..<4 {
            try await lab.round(force: true)
            let wait = try #require(try lab.wait())
            #expect(lab.configuration.schedule.minInterval <= wait && wait <= lab.configuration.schedule.maxInterval)
            lab.time.advance(by: wait)
        }
    }

    @Test("17: next_poll and backoff outlive restart and reload")
    func schedulesOutliveRestarts() async throws {
        let lab = try PollLab([.ok(PollerTests.rss(["a"]), ("Cache-Control", "max-age=7200"))])
        lab.server.on("/bad.xml", .status(500))
        lab.add("/bad.xml")
        try await lab.rounds(3)
        #expect(try lab.wait() == .hours(2) && lab.wait("/bad.xml") == .minutes(4))
        // Each round is a program of its own; a feed more is a reload.
        lab.add("/more.xml")
        #expect(try await lab.round().count == 1)
        lab.time.advance(by: .minutes(3))
        lab.configuration.contact = "other@example.org"
        lab.configuration.feeds[1].tags = ["bad"]
        #expect(try await lab.round().map(\.feed.configuredURL) == [lab.server.url("/more.xml")])
        #expect(try lab.feed("/bad.xml").poll.failures == 3)
        #expect(try lab.wait("/bad.xml") == .minutes(1))
    }

    private static let spellings = [
        ["localhost", "LocalHost", "localhost.", "LOCALHOST."], ["127.0.0.1", "127.1", "0x7F.0.0.1", "127.0.0.1."],
    ]

    @Test("18: one host, whatever the spelling of its name, has per_host transfers at most", arguments: spellings)
    func spellingsOfAHost(spellings: [String]) async throws {
        let server = try ScriptedServer()
        let other = try ScriptedServer(address: "127.0.0.2")
        // The first answer of the slow host waits until the other one has been asked.
        let gate = Gate()
        other.otherwise { _ in
            gate.open()
            return .ok(PollerTests.rss(["b"]))
        }
        server.otherwise { _ in
            gate.wait()
            return .ok(PollerTests.rss(["a"])).but { $0.delay = .milliseconds(200) }
        }
        let lab = try PollLab(server)
        lab.configuration.fetch.perHost = 1
        for host in spellings {
            lab.configuration.feeds.append(
                FeedConfiguration(
                    url: "http://\(host):\(server.port)/\(host)", place: SourcePlace(file: "test", line: 1, column: 1)))
        }
        lab.configuration.feeds.append(
            FeedConfiguration(url: other.url("/quick"), place: SourcePlace(file: "test", line: 1, column: 1)))
        #expect(try await lab.round().count { $0.figures.outcome != .failed } == 5)
        let starts = server.requests.map(\.time)
        #expect(starts.count == 4)
        #expect(zip(starts, starts.dropFirst()).allSatisfy { $1 - $0 >= .milliseconds(195) })
        // The slow host holds up nobody.
        #expect(other.requests[0].time < starts[1])
    }
}
