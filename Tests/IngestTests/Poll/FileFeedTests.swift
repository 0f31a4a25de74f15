import Archive
import FeedFetch
import FeedModel
import Foundation
import Logging
import TestSupport
import Testing

@testable import Ingest

/// Feeds in files, which the configuration alone can name.
@Suite struct FileFeedTests {
    private final class Lab {
        let lab: PollerTests.Lab
        let folder: TemporaryFolder
        let path: String

        init(_ name: String = "feed.xml") throws {
            lab = try PollerTests.Lab(try ScriptedServer())
            folder = try TemporaryFolder()
            path = folder.path + "/" + name
            add(name)
        }

        func add(_ name: String) {
            let url = "file://" + folder.path + "/" + name.replacing(" ", with: "%20")
            lab.configuration.feeds.append(
                FeedConfiguration(url: url, place: SourcePlace(file: "test", line: 1, column: 1)))
        }

        func write(_ text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }

        var poll: PollState {
            get throws {
                let url = lab.configuration.feeds[0].url
                let id = try #require(try lab.archive.configuredFeed(url: url)?.id)
                return try #require(try lab.archive.feed(id)).poll
            }
        }
    }

    /// As often as it likes within one run: the place that a poll takes up is free again afterwards.
    @Test func aFileIsPolledAgainAndAgain() async throws {
        let lab = try Lab()
        try lab.write(PollerTests.rss(["a"]))
        let poller = Poller(
            archive: lab.lab.archive, client: try HTTPClient(), configuration: lab.lab.configuration,
            endsWhenIdle: false, time: lab.lab.time, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await poller.apply(lab.lab.configuration, .none)
        async let running: Void = poller.run()
        for _ in 0..<5 {
            let answers = try await poller.pollNow(urls: [lab.lab.configuration.feeds[0].url])
            #expect(answers.map(\.isSuccess) == [true])
        }
        await poller.queue.close()
        try await running
    }

    @Test func aFileIsReadAgainOnlyWhenItWasTouched() async throws {
        let lab = try Lab("my feed.xml")
        try lab.write(PollerTests.rss(["a"]))
        let first = try await lab.lab.round()
        #expect(first.map(\.figures.new) == [1])
        let poll = try lab.poll
        #expect(poll.state == .active && poll.lastStatus == nil && poll.nextPoll == lab.lab.time.now + .hours(1))
        let second = try await lab.lab.round(force: true)
        #expect(second.map(\.figures.outcome) == [.notModified])
        #expect(try lab.poll.lastDocument == lab.lab.time.now)
        lab.lab.time.advance(by: .minutes(10))
        try await lab.lab.round(force: true)
        // It was not even read.
        #expect(try lab.poll.lastDocument == lab.lab.time.now - .minutes(10))
        try lab.write(PollerTests.rss(["b", "a"]))
        let third = try await lab.lab.round(force: true)
        #expect(third.map(\.figures.new) == [1])
        #expect(lab.lab.server.requests.isEmpty)
    }

    @Test func relativeLinksStayUnlessTheDocumentDeclaresABase() async throws {
        let lab = try Lab()
        try lab.write(
            """
            <feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><id>urn:t</id>
            <entry><id>urn:1</id><title>one</title><link href="one.html"/><content>x</content></entry>
            <entry xml:base="http://site.example/d/"><id>urn:2</id><title>two</title><link href="two.html"/><content>y</content></entry>
            </feed>
            """)
        try await lab.lab.round()
        var urls: [String] = []
        try lab.lab.archive.articles(ArticleFilter()) { urls.append($0.url ?? "none") }
        #expect(urls.sorted() == ["http://site.example/d/two.html", "one.html"])
    }

    @Test func whatIsNoReadableFileFails() async throws {
        let lab = try Lab("missing.xml")
        try FileManager.default.createDirectory(atPath: lab.folder.path + "/folder", withIntermediateDirectories: false)
        #expect(mkfifo(lab.folder.path + "/pipe", 0o600) == 0)
        let large = PollerTests.rss(["a"], extra: "<!--" + String(repeating: "x", count: 2000) + "-->")
        for (name, content) in [("empty", ""), ("page", "<!doctype html><title>x"), ("large", large)] {
            try Data(content.utf8).write(to: URL(fileURLWithPath: lab.folder.path + "/" + name))
        }
        for name in ["folder", "pipe", "empty", "page", "large", "page/below"] { lab.add(name) }
        lab.lab.configuration.feeds.append(
            FeedConfiguration(url: "file:///dev/zero", place: SourcePlace(file: "test", line: 2, column: 1)))
        lab.lab.configuration.fetch.maxBody = 1000
        let reports = try await lab.lab.round()
        let codes = reports.map {
            "\($0.feed.configuredURL.split(separator: "/").last ?? "") \($0.feed.poll.lastError?.code ?? "none")"
        }
        #expect(
            codes.sorted() == [
                "below connect", "empty empty", "folder no-feed", "large too-large", "missing.xml connect",
                "page no-feed", "pipe no-feed", "zero no-feed",
            ])
        #expect(try lab.poll.failures == 1 && lab.poll.intervalReason == .backoff)
    }

    @Test func noLimitHoldsBetweenFiles() async throws {
        let lab = try Lab()
        for number in 0..<5 { lab.add("\(number).xml") }
        lab.lab.configuration.fetch.hostDelay = .hours(1)
        lab.lab.configuration.fetch.perHost = 1
        #expect(try await lab.lab.round().count == 6)
    }

    @Test func noRedirectAndNoOlderPageLeadsToAFile() async throws {
        let lab = try Lab()
        try lab.write(PollerTests.rss(["secret"]))
        let url = lab.lab.configuration.feeds[0].url
        lab.lab.server.on("/feed.xml", .redirect(301, url))
        lab.lab.configuration.feeds = []
        lab.lab.add("/feed.xml")
        try await lab.lab.round()
        #expect(try lab.lab.feed().poll.lastError?.code == "bad-redirect")
        #expect(try lab.lab.titles == [])
    }

    @Test func aTrialReadsAFileOnlyIfTheConfigurationNamesIt() async throws {
        let lab = try Lab()
        try lab.write(PollerTests.rss(["a"]))
        let url = lab.lab.configuration.feeds[0].url
        let client = try HTTPClient()
        let named = await FeedTrial.run(
            url, configuration: lab.lab.configuration, client: client, pauses: [:], time: lab.lab.time)
        #expect(named.document?.entries.count == 1)
        let other = await FeedTrial.run(
            url, configuration: Configuration(), client: client, pauses: [:], time: lab.lab.time)
        #expect(other.document == nil && other.state.lastError?.message.contains("configuration") == true)
    }
}
