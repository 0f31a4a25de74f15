import FeedModel
import Testing

@testable import Ingest

@Suite struct ConfigurationDiffTests {
    func feed(_ url: String, line: Int = 1, _ change: (inout FeedConfiguration) -> Void = { _ in }) -> FeedConfiguration
    {
        var feed = FeedConfiguration(url: url, place: SourcePlace(file: "feeds.yaml", line: line, column: 1))
        change(&feed)
        return feed
    }

    func configuration(_ feeds: [FeedConfiguration], _ change: (inout Configuration) -> Void = { _ in })
        -> Configuration
    {
        var configuration = Configuration()
        configuration.feeds = feeds
        change(&configuration)
        return configuration
    }

    @Test func feedsThatComeGoChangeAndMove() {
        let diff = ConfigurationDiff(
            from: configuration([feed("a"), feed("b"), feed("c"), feed("d")]),
            to: configuration([
                feed("d", line: 9),
                feed("c") {
                    $0.tags = ["x"]
                    $0.interval = .every(.seconds(60))
                    $0.allowPrivateAddresses = true
                }, feed("a"), feed("e"),
            ]))
        #expect(diff.added == ["e"] && diff.removed == ["b"])
        #expect(
            diff.changed == [
                ConfigurationDiff.Changed(url: "c", keys: ["tags", "interval", "allow_private_addresses"])
            ])
        #expect(diff.settings.isEmpty && !diff.isEmpty)
    }

    @Test func settingsAreNamedAsTheFileNamesThem() {
        var diff = ConfigurationDiff(
            from: configuration([]),
            to: configuration([]) {
                $0.schedule.minInterval = .seconds(1)
                $0.fetch.perHost = 9
                $0.fetch.caFile = "/x"
                $0.fetch.addressPolicy = .any
                $0.keep.fetchLog = .zero
                $0.contact = "me@example.org"
                $0.archive = "/elsewhere"
            })
        #expect(
            Set(diff.settings) == [
                "schedule.min_interval", "fetch.per_host", "fetch.ca_file", "fetch.allow_private_addresses",
                "keep.fetch_log", "contact", "archive",
            ])
        diff.postpone(["archive"])
        #expect(!diff.settings.contains("archive") && diff.needsRestart == ["archive"])
    }

    /// Names are enough for an operator, and values may be passwords.
    @Test func noSecretIsShown() {
        let secret = "hunter2-secret"
        let diff = ConfigurationDiff(
            from: configuration([feed("a")]),
            to: configuration([feed("a") { $0.headers = [.init(name: "Cookie", value: secret)] }]) {
                $0.fetch.proxy = .url("http://user:\(secret)@proxy.example")
                $0.webhooks = [WebhookSettings(url: "https://hook.example/\(secret)", secretFile: "/s")]
            })
        #expect(diff.changed.first?.keys == ["headers"])
        #expect(Set(diff.settings) == ["fetch.proxy", "webhooks"])
        var json = JSONWriter()
        json.object { diff.write(to: &$0) }
        #expect(!json.string.contains(secret) && !"\(diff)".contains(secret))
    }

    @Test func nothingIsNothing() {
        #expect(ConfigurationDiff(from: configuration([feed("a")]), to: configuration([feed("a", line: 3)])).isEmpty)
    }
}
