import Archive
import FeedFetch
import FeedModel
import Foundation
import Ingest
import Logging
import Service
import Synchronization
import TestSupport
import Testing

/// A daemon's polls while its archive can take nothing: its folder is taken away, and brought back.
@Suite struct ArchiveWatchTests {
    final class Lab: Sendable {
        let publisher: ScriptedServer
        let time = ManualTime()
        let archive: Archive
        let poller: Poller
        let configuration: Configuration
        private let folder: TemporaryFolder
        private let tasks: [Task<Void, any Error>]

        init(_ targets: [String]) async throws {
            publisher = try ScriptedServer()
            folder = try TemporaryFolder()
            archive = try Archive.openForWriting(
                folder: folder.path + "/archive",
                holder: ArchiveLock.Holder(pid: 1, started: time.now, version: "0", command: "test"))
            var configuration = Configuration()
            configuration.fetch.addressPolicy = .any
            configuration.fetch.hostDelay = .zero
            configuration.fetch.concurrency = 2
            configuration.schedule.minInterval = .hours(1)
            configuration.schedule.maxInterval = .hours(1)
            for target in targets {
                publisher.on(target) { request in
                    .ok(WebSubTests.Lab.rss((0...request.previous).map { "\(target)-\($0)" }))
                }
                configuration.feeds.append(
                    FeedConfiguration(
                        url: publisher.url(target), place: SourcePlace(file: "test", line: 1, column: 1)))
            }
            self.configuration = configuration
            let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let poller = Poller(
                archive: archive, client: try HTTPClient(), configuration: configuration, endsWhenIdle: false,
                time: time, jitter: { 1 }, logger: quiet)
            self.poller = poller
            let watch = ArchiveWatch(
                poller: poller, manager: ServiceManager(environment: [:], pid: 0), time: time, logger: quiet)
            tasks = [Task { try await watch.run() }, Task { try await poller.run() }]
        }

        deinit { for task in tasks { task.cancel() } }

        func takeAway() throws {
            try FileManager.default.moveItem(atPath: archive.folder, toPath: archive.folder + ".away")
        }

        func bringBack() throws {
            try FileManager.default.moveItem(atPath: archive.folder + ".away", toPath: archive.folder)
        }

        func eventually(_ what: Comment, by step: Duration = .zero, _ condition: () throws -> Bool) async throws {
            let deadline = ContinuousClock.now + .seconds(30)
            while try !condition() {
                try #require(ContinuousClock.now < deadline, what)
                try await Task.sleep(for: .milliseconds(5))
                if step > .zero { time.advance(by: step) }
            }
        }

        var titles: Set<String> {
            get throws {
                var titles: Set<String> = []
                try archive.articles(ArticleFilter()) { titles.insert($0.title ?? "") }
                return titles
            }
        }
    }

    @Test("nobody is asked while the archive can take nothing, and what was asked for is kept")
    func nobodyIsAsked() async throws {
        let targets = (0..<6).map { "/\($0).xml" }
        let lab = try await Lab(targets)
        try await lab.poller.apply(lab.configuration, .scheduled)
        try await lab.eventually("not polled", by: .seconds(1)) { try lab.titles.count == targets.count }
        try lab.takeAway()
        try await lab.eventually("nothing noticed", by: .minutes(1)) { lab.archive.trouble != nil }
        #expect(lab.archive.trouble?.obstacle.kind == .missing)
        // Those who were asked already are in flight; all others wait, whoever asks.
        let answers = try await lab.poller.pollNow(urls: targets.map { lab.publisher.url($0) })
        for answer in answers {
            if case .archive(let obstacle) = answer.result {
                #expect(obstacle.kind == .missing)
            } else {
                Issue.record("\(answer)")
            }
        }
        // What is on its way goes out.
        var asked = 0
        while asked != lab.publisher.requests.count {
            asked = lab.publisher.requests.count
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect((1...2).contains(asked - targets.count))
        for _ in 0..<30 {
            lab.time.advance(by: .minutes(1))
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(lab.publisher.requests.count == asked)
        try lab.bringBack()
        try await lab.eventually("not well again", by: .seconds(1)) { lab.archive.trouble == nil }
        // All that was asked for is there, and the rest is asked once.
        try await lab.eventually("not polled again", by: .seconds(1)) { try lab.titles.count == 2 * targets.count }
        for target in targets { #expect(lab.publisher.requests(target).count == 2, "\(target)") }
    }

    @Test("a poll that ends with the program while it waits is no error")
    func stopping() async throws {
        let lab = try await Lab(["/a.xml"])
        try await lab.poller.apply(lab.configuration, .scheduled)
        try await lab.eventually("not polled", by: .seconds(1)) { try lab.titles.count == 1 }
        try lab.takeAway()
        try await lab.eventually("nothing noticed", by: .minutes(1)) { lab.archive.trouble != nil }
        lab.archive.stopWaiting()
        let deadline = ContinuousClock.now + .seconds(30)
        while await lab.poller.queue.feedsInFlight > 0 {
            try #require(ContinuousClock.now < deadline, "still in flight")
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(lab.publisher.requests.count == 2)
    }
}
