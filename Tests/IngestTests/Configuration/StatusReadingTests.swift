import FeedModel
import Foundation
import Ingest
import Testing

/// `status:`, and `silence` at feeds.
@Suite struct StatusReadingTests {
    private func read(_ text: String) -> Result<Configuration, ConfigurationMistakes> {
        ConfigurationReader.read(path: "feeds.yaml", currentDirectory: "/etc") { _ in Array(text.utf8) }
    }

    private func mistakes(_ text: String) -> [String] {
        if case .failure(let mistakes) = read(text) { mistakes.mistakes.map(\.description) } else { [] }
    }

    @Test func everyKeyIsRead() throws {
        let status = try read(
            """
            status: {failing: 10%, failing_critical: 60%, silent: off, losing: 0%, overdue: 1h, no_news: 6h,
              disk_free: 10GiB, disk_free_critical: 1GiB, starting: 10m}
            """
        ).get().status
        var expected = StatusSettings()
        (expected.failing, expected.failingCritical, expected.silent, expected.losing) = (10, 60, nil, 0)
        (expected.overdue, expected.news, expected.starting) = (.hours(1), .after(.hours(6)), .minutes(10))
        (expected.diskFree, expected.diskFreeCritical) = (10 << 30, 1 << 30)
        #expect(status == expected)
        #expect(try read("feeds: []").get().status == StatusSettings())
    }

    @Test func silenceIsOffLearnedOrATime() throws {
        let feeds = try read(
            """
            defaults: {silence: 7d}
            feeds:
              - http://a.example/
              - {url: http://b.example/, silence: off}
              - {url: http://c.example/, silence: auto}
            """
        ).get().feeds
        #expect(feeds.map(\.silence) == [.after(.days(7)), .off, .auto])
    }

    @Test(arguments: [
        ("status: {failing: 20}", "feeds.yaml:1:19: 'failing' is '20'; write a share such as 25%, or off"),
        ("status: {failing: 120%}", "feeds.yaml:1:19: 'failing' is '120%'; write a share such as 25%, or off"),
        ("metrics: {per_feed: -1}", "feeds.yaml:1:21: 'per_feed' is -1; write a number from 0 to 10000"),
        ("status: {silence: 3d}", "feeds.yaml:1:10: unknown key 'silence'; did you mean 'silent'?"),
        ("failing: 3%", "feeds.yaml:1:1: unknown key 'failing'; write it under 'status'"),
        (
            "status: {disk_free_critical: 2GiB}",
            "feeds.yaml:1:30: 'disk_free_critical' is above 'disk_free'; make it less: it is what comes after"
        ),
        (
            "defaults: {silence: maybe}",
            "feeds.yaml:1:21: 'silence' is 'maybe'; write off, auto, or a time such as 12h or 3d"
        ),
        ("defaults: {silence: 3w}", "feeds.yaml:1:21: 'silence' is '3w', which is no duration; write 21d"),
    ])
    func mistakesAreToldWithWhatIsRight(text: String, expected: String) {
        #expect(mistakes(text) == [expected])
    }

    /// Millions of feeds, and what is wrong with them, are nothing to `status`.
    @Test func statusReadsNeitherFeedsNorOtherFiles() {
        var asked: [String] = []
        let (configuration, mistakes) = ConfigurationReader.readForStatus(path: "feeds.yaml", currentDirectory: "/etc")
        {
            asked.append($0)
            return Array("archive: here\nstatus: {failing: 1%}\nfeeds: [no-url]\ninclude: [more.yaml]".utf8)
        }
        #expect(asked == ["/etc/feeds.yaml"] && mistakes.isEmpty)
        #expect(configuration.archive == "/etc/here" && configuration.status.failing == 1)
    }
}
