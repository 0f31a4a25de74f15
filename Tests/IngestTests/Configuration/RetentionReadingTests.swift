import FeedModel
import Testing

@testable import Ingest

/// `keep:`, as far as it says how long articles stay.
@Suite struct RetentionReadingTests {
    private func read(_ text: String) -> Result<Configuration, ConfigurationMistakes> {
        ConfigurationReader.read(path: "feeds.yaml", currentDirectory: "/etc/ingestd") { _ in Array(text.utf8) }
    }

    @Test func readsRetention() throws {
        let configuration = try read(
            """
            keep:
              articles: 10y
              revisions: 5
              removed_feeds: true
              tags:
                news: { articles: 182d }
                law: { articles: forever, revisions: all }
            defaults: { keep: { revisions: 7 } }
            feeds:
              - https://example.org/1
              - { url: https://example.org/2, tags: [news], keep: { articles: 400d } }
              - { url: https://example.org/3, tags: [law], keep: { revisions: all } }
            """
        ).get()
        #expect(configuration.keep.retention == Retention(articles: .atLeast(.days(3650)), revisions: .newest(5)))
        #expect(configuration.keep.removedFeeds)
        #expect(
            configuration.keep.tags == [
                "news": Retention(articles: .atLeast(.days(182))),
                "law": Retention(articles: .forever, revisions: .all),
            ])
        #expect(
            configuration.feeds.map(configuration.retention) == [
                Retention(articles: .atLeast(.days(3650)), revisions: .newest(7)),
                Retention(articles: .atLeast(.days(400)), revisions: .newest(7)),
                Retention(articles: .forever, revisions: .all),
            ])
        #expect(configuration.withoutEffect.isEmpty)
    }

    @Test(arguments: ["", "keep:", "keep: {}", "keep: {tags: }", "feeds: [{url: https://example.org/1, keep: {}}]"])
    func nothingSaidKeepsEverything(text: String) throws {
        let configuration = try read(text).get()
        #expect(RetentionRule(configuration, feeds: ["https://example.org/1": FeedID(rawValue: 1)]).keepsEverything)
    }

    @Test(arguments: [
        // Six months were meant.
        (
            "keep: {articles: 6m}",
            "1:18: 'articles' is 6m, less than a day; write a day or more, such as 180d or 10y, or forever"
        ),
        (
            "keep: {articles: 0s}",
            "1:18: 'articles' is 0s, less than a day; write a day or more, such as 180d or 10y, or forever"
        ),
        (
            "keep: {articles: }",
            "1:18: 'articles' is empty; write forever, or a number and a unit, such as 180d or 10y"
        ),
        ("keep: {articles: 2 years}", "1:18: 'articles' is '2 years', which is no duration; write 730d"),
        ("keep: {articles: 101y}", "1:18: 'articles' is '101y', longer than a hundred years; write less"),
        ("keep: {revisions: 0}", "1:19: 'revisions' is 0; write a number from 1 to 1000000"),
        ("keep: {revisions: }", "1:19: 'revisions' is empty; write all, or how many of the newest, such as 5"),
        ("keep: {tags: [news]}", "1:14: 'tags' of 'keep' is a list; write a mapping, such as news: {articles: 2y}"),
        ("keep: {tags: {news: {article: 2y}}}", "1:22: unknown key 'article'; did you mean 'articles'?"),
        (
            "keep: {tags: {news: {fetch_log: 2d}}}",
            "1:22: unknown key 'fetch_log'; it is the same for all feeds; write it under 'keep'"
        ),
        ("keep: {tags: {news: {}, news: {}}}", "1:25: 'news' stands twice in 'tags'; keep one"),
        ("removed_feeds: true", "1:1: unknown key 'removed_feeds'; write it under 'keep'"),
        ("tags: [news]", "1:1: unknown key 'tags'; write it under 'defaults', or at a feed under 'feeds'"),
        (
            "feeds: [{url: https://example.org/1, keep: 2y}]",
            "1:44: 'keep' of a feed is a single value; write a mapping with 'articles' and 'revisions'"
        ),
    ])
    func mistakes(text: String, message: String) {
        guard case .failure(let mistakes) = read(text) else { return #expect(Bool(false), "no mistake was told") }
        #expect(mistakes.mistakes.map(\.description) == ["feeds.yaml:" + message])
    }

    @Test func aTagThatNoFeedBearsIsTold() throws {
        let notes = try read("keep: {tags: {nwes: {articles: 2y}}}").get().withoutEffect
        #expect(notes == ["'keep: tags' names 'nwes', which no feed bears"])
    }
}
