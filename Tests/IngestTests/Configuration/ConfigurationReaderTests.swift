import Archive
import FeedModel
import Foundation
import Ingest
import Testing

/// Files by absolute path, as a file system would give them.
private struct Files {
    var contents: [String: [UInt8]] = [:]

    init(_ contents: [String: String]) {
        for (name, text) in contents {
            self.contents[name.hasPrefix("/") ? name : "/etc/ingestd/\(name)"] = Array(text.utf8)
        }
    }

    func read(_ path: String) throws -> [UInt8] {
        guard let bytes = contents[path] else { throw InputFile.Unreadable("no such file") }
        return bytes
    }
}

private func read(_ text: String, _ others: [String: String] = [:]) -> Result<Configuration, ConfigurationMistakes> {
    read(Files(["feeds.yaml": text].merging(others) { a, _ in a }))
}

private func read(_ files: Files) -> Result<Configuration, ConfigurationMistakes> {
    ConfigurationReader.read(path: "feeds.yaml", currentDirectory: "/etc/ingestd", readFile: files.read)
}

private func mistakes(_ result: Result<Configuration, ConfigurationMistakes>) -> [String] {
    if case .failure(let mistakes) = result { mistakes.mistakes.map(\.description) } else { [] }
}

@Suite struct ConfigurationReaderTests {
    // MARK: good files

    @Test(arguments: [
        "", "\n", "# nothing yet\n", "---\n", "{}", "feeds:", "feeds: []", "fetch:\nschedule: ~\nfeeds: null",
    ])
    func anEmptyFileIsAllDefaults(text: String) throws {
        var expected = Configuration()
        expected.files = ["/etc/ingestd/feeds.yaml"]
        #expect(try read(text).get() == expected)
    }

    @Test func readsEveryKey() throws {
        let configuration = try read(
            """
            archive: ./archive
            contact: ops@example.org
            listen: 127.0.0.1:8008
            websub: {callback: "https://Feeds.example.org/hub/", lease: 2d, interval: 1s}
            fetch:
              concurrency: 12
              per_host: 3
              host_delay: 0s
              timeout: 20s
              connect_timeout: 500ms
              max_body: 512KiB
              max_redirects: 0
              allow_private_addresses: [10.0.0.0/8, "fd00::/8"]
              proxy: socks5h://u:p@proxy.example.org:1080
              user_agent: "Mine/1.0 (me@example.org)"
              ca_file: ../ca.pem
            schedule: {min_interval: 1s, max_interval: 1s, retry_first: 2m, retry_max: 1h, give_up_after: 1s}
            keep: {raw: changed, fetch_log: 0s}
            defaults: {tags: [a, 7], interval: 2h}
            feeds:
              - https://Example.org/feed.xml#top
              - url: "http://[::1]:8000/my feed.xml"
                title: 2024
                tags: [news, ' news ', yes]
                interval: auto
                headers: {Accept-Language: tg, X-Two: "a: b"}
                auth: {username: u, password_file: secret}
                allow_private_addresses: yes
                enabled: off
              - url: http://Bücher.example/
                auth:
                  bearer_file: /run/token
            """,
            ["/etc/ingestd/../ca.pem": "", "secret": "pass word\n", "/run/token": "abc"]
        ).get()
        #expect(configuration.archive == "/etc/ingestd/archive")
        #expect(configuration.contact == "ops@example.org")
        #expect(configuration.listen == ListenAddress(host: "127.0.0.1", port: 8008))
        var websub = WebSubSettings(callback: "https://feeds.example.org/hub", interval: .seconds(1))
        websub.lease = .seconds(2 * 86400)
        #expect(configuration.websub == websub)
        var fetch = FetchSettings()
        fetch.concurrency = 12
        fetch.perHost = 3
        fetch.hostDelay = .zero
        fetch.timeout = .seconds(20)
        fetch.connectTimeout = .milliseconds(500)
        fetch.maxBody = 512 << 10
        fetch.maxRedirects = 0
        fetch.addressPolicy = .publicOnly(
            except: [AddressRange("10.0.0.0/8"), AddressRange("fd00::/8")].compactMap { $0 })
        fetch.proxy = .url("socks5h://u:p@proxy.example.org:1080")
        fetch.userAgent = "Mine/1.0 (me@example.org)"
        fetch.caFile = "/etc/ingestd/../ca.pem"
        #expect(configuration.fetch == fetch)
        #expect(configuration.schedule.minInterval == .seconds(1))
        #expect(configuration.schedule.maxInterval == .seconds(1))
        #expect(configuration.schedule.retryFirst == .seconds(120))
        #expect(configuration.schedule.retryMax == .seconds(3600))
        #expect(configuration.schedule.giveUpAfter == .seconds(1))
        #expect(configuration.keep.raw == .changed)
        #expect(configuration.keep.fetchLog == .zero)

        var first = FeedConfiguration(
            url: "https://Example.org/feed.xml#top", place: .init(file: "feeds.yaml", line: 21, column: 5))
        first.tags = ["a", "7"]
        first.interval = .every(.seconds(7200))
        var second = FeedConfiguration(
            url: "http://[::1]:8000/my feed.xml", place: .init(file: "feeds.yaml", line: 22, column: 10))
        second.title = "2024"
        second.tags = ["news", "yes"]
        second.headers = [.init(name: "Accept-Language", value: "tg"), .init(name: "X-Two", value: "a: b")]
        second.auth = .basic(username: "u", passwordFile: "/etc/ingestd/secret")
        second.allowPrivateAddresses = true
        second.enabled = false
        var third = first
        third.url = "http://Bücher.example/"
        third.place = .init(file: "feeds.yaml", line: 30, column: 10)
        third.auth = .bearer(file: "/run/token")
        #expect(configuration.feeds == [first, second, third])
    }

    /// In the configuration's own files, under one name each; what `defaults` hold for servers is none of theirs.
    @Test func filesAreFeedsInTheConfigurationItself() throws {
        let configuration = try read(
            "defaults: {headers: {X: y}, backfill: true}\nfeeds: [file:///a/my%20feed.xml, http://a/]\ninclude: [more.yaml]",
            ["more.yaml": "feeds: [{url: 'FILE://localhost/b.xml', backfill: no}]"]
        ).get()
        #expect(configuration.feeds.map(\.url) == ["file:///a/my%20feed.xml", "http://a/", "FILE://localhost/b.xml"])
        #expect(configuration.feeds.map(\.headers.count) == [0, 1, 0])
        #expect(configuration.feeds.map(\.backfill) == [true, true, false])
        #expect(
            mistakes(read("feeds: ['file:///a/%62.xml', 'file://localhost/a/../a/b.xml']")) == [
                "feeds.yaml:1:30: 'file://localhost/a/../a/b.xml' is the same feed as at feeds.yaml:1:9; remove one of them"
            ])
    }

    @Test(arguments: ["http://127.0.0.1:8008/hub", "http://10.1.2.3", "http://[::1]:80/", "http://localhost/x"])
    func aCallbackWithinThisNetworkNeedsNoCertificate(url: String) throws {
        #expect(try read("listen: a:1\nwebsub: {callback: '\(url)'}").get().websub != nil)
    }

    @Test func theIntervalOfFeedsWithAHubIsNotAboveTheLongest() throws {
        let websub = "listen: a:1\nwebsub: {callback: 'https://a/'}"
        #expect(try read(websub).get().websub?.interval == .seconds(12 * 3600))
        #expect(try read(websub + "\nschedule: {max_interval: 2h}").get().websub?.interval == .seconds(2 * 3600))
    }

    @Test func listeningWithoutHubsServesMetrics() throws {
        #expect(try read("listen: a:1").get().withoutEffect.isEmpty)
        #expect(try read("listen: a:1\nwebsub: {callback: 'https://a/'}").get().withoutEffect.isEmpty)
    }

    @Test func readsJSON() throws {
        let json =
            #"{"contact": "a@b", "fetch": {"allow_private_addresses": true, "timeout": "3s", "proxy": null}, "feeds": ["http:\/\/a\/", {"url": "http://b/", "headers": {"X": "\u00e9"}}]}"#
        let configuration = try read(json).get()
        #expect(configuration.fetch.addressPolicy == .any)
        #expect(configuration.fetch.proxy == .none)
        #expect(configuration.feeds.map(\.url) == ["http://a/", "http://b/"])
        #expect(configuration.feeds.last?.headers == [.init(name: "X", value: "é")])
    }

    @Test func anchorsAliasesAndMergeKeysWork() throws {
        let feeds = try read(
            """
            defaults: &all {tags: [a]}
            feeds:
              - &one {url: "http://a/", interval: 1h, headers: &h {X-Key: k}}
              - {<<: *one, url: "http://b/", interval: 2h}
              - {url: "http://c/", <<: [*all, *one], headers: *h}
            """
        ).get().feeds
        #expect(feeds.map(\.url) == ["http://a/", "http://b/", "http://c/"])
        #expect(feeds.map(\.interval) == [.every(.seconds(3600)), .every(.seconds(7200)), .every(.seconds(3600))])
        #expect(feeds.allSatisfy { $0.headers == [.init(name: "X-Key", value: "k")] && $0.tags == ["a"] })
    }

    @Test(arguments: ["\u{FEFF}", "# é\r\n", "%YAML 1.2\n---\n"])
    func otherEditorsFilesAreRead(start: String) throws {
        #expect(try read(start + "feeds:\r\n  - http://a/\r\n").get().feeds.map(\.url) == ["http://a/"])
    }

    @Test(arguments: [
        ("'[::1]:80'", "::1", 80), ("localhost:65535", "localhost", 65535), ("0.0.0.0:1", "0.0.0.0", 1),
    ])
    func readsListenAddresses(text: String, host: String, port: Int) throws {
        #expect(try read("listen: \(text)").get().listen == ListenAddress(host: host, port: port))
    }

    @Test func aFeedsNullTakesADefaultAway() throws {
        let feed = try read(
            """
            defaults: {title: T, tags: [a], headers: {X: y}, auth: {bearer_file: t}}
            feeds: [{url: "http://a/", title: null, tags: null, headers: null, auth: null}]
            """, ["t": "abc\r\n"]
        ).get().feeds.first
        #expect(feed?.title == nil && feed?.tags == [] && feed?.headers == [] && feed?.auth == nil)
    }

    @Test func webhooks() throws {
        let text = """
            webhooks:
              - url: "https://Hooks.example.org/in?key=x"
                secret_file: secrets/hook
                kinds: [new, revised, new]
                tags: [news]
                batch: 20
                interval: 0s
                allow_private_addresses: true
                from: beginning
              - { url: 'http://127.0.0.1:8080/', secret_file: secrets/hook }
            """
        let webhooks = try read(text, ["secrets/hook": "key\n"]).get().webhooks
        var first = WebhookSettings(
            url: "https://hooks.example.org/in?key=x", secretFile: "/etc/ingestd/secrets/hook")
        first.kinds = [.new, .revised]
        first.tags = ["news"]
        first.batch = 20
        first.interval = .zero
        first.allowPrivateAddresses = true
        first.start = .beginning
        let second = WebhookSettings(url: "http://127.0.0.1:8080/", secretFile: "/etc/ingestd/secrets/hook")
        #expect(webhooks == [first, second])
        #expect(second.batch == 100 && second.interval == .seconds(5) && second.start == .end)
        #expect(try read("webhooks:").get().webhooks.isEmpty)
    }

    // MARK: mistakes

    /// Each file with all that is told about it, without `feeds.yaml:`.
    @Test(
        arguments: [
            // Shape.
            ("contact: a@b\nfeed: []", ["2:1: unknown key 'feed'; did you mean 'feeds'?"]),
            ("timeout: 3s", ["1:1: unknown key 'timeout'; write it under 'fetch'"]),
            ("interval: 3h", ["1:1: unknown key 'interval'; write it under 'defaults', or at a feed under 'feeds'"]),
            (
                "zzz: 1",
                [
                    "1:1: unknown key 'zzz'; the configuration knows 'archive', 'contact', 'listen', 'serve', 'websub', 'webhooks', 'fetch', 'hosts', 'schedule', "
                        + "'keep', 'status', 'metrics', 'defaults', 'feeds' and 'include'"
                ]
            ),
            ("fetch: {host-delay: 1s}", ["1:9: unknown key 'host-delay'; did you mean 'host_delay'?"]),
            (
                "feeds:\n  - url: http://a/\n    intervall: 1h",
                ["3:5: unknown key 'intervall'; did you mean 'interval'?"]
            ),
            (
                "stories: {}\nwebsite: {}",
                [
                    "1:1: unknown key 'stories'; the configuration knows 'archive', 'contact', 'listen', 'serve', 'websub', 'webhooks', 'fetch', 'hosts', 'schedule', 'keep', 'status', 'metrics', 'defaults', 'feeds' and 'include'",
                    "2:1: unknown key 'website'; the configuration knows 'archive', 'contact', 'listen', 'serve', 'websub', 'webhooks', 'fetch', 'hosts', 'schedule', 'keep', 'status', 'metrics', 'defaults', 'feeds' and 'include'",
                ]
            ),
            (
                "contact: a@b\nlisten: a:1\ncontact: c@d\ncontact: e@f\nlisten: 7",
                [
                    "3:1: 'contact' stands twice in the configuration, first in line 1, column 1; keep one",
                    "4:1: 'contact' stands twice in the configuration, first in line 1, column 1; keep one",
                    "5:1: 'listen' stands twice in the configuration, first in line 2, column 1; keep one",
                ]
            ),
            (
                "- http://a/",
                [
                    "1:1: the configuration is a list; write a mapping with 'archive', 'contact', 'listen', 'serve', 'websub', 'webhooks', 'fetch', 'hosts', 'schedule', 'keep', 'status', 'metrics', 'defaults', 'feeds' and 'include'"
                ]
            ),
            ("? [a]\n: 1", ["1:3: a key of the configuration is a list; write a word"]),
            (
                "feeds: http://a/",
                [
                    "1:8: 'feeds' is a single value; write a list, such as '- https://example.org/feed.xml' in each line"
                ]
            ),
            (
                "feeds:\n  -\n  - [a]\n  - title: x",
                [
                    "2:4: a feed is empty; write its URL, or remove the '-'",
                    "3:5: a feed is a list; write a URL or a mapping with 'url'",
                    "4:5: a feed without 'url'; write 'url: https://example.org/feed.xml'",
                ]
            ),
            (
                "keep: 7",
                [
                    "1:7: 'keep' is a single value; write a mapping with 'raw', 'fetch_log', 'articles', 'revisions', 'tags' and 'removed_feeds'"
                ]
            ),
            (
                "feeds: [{<<: 7, url: 'http://a/'}]",
                [
                    "1:14: '<<' takes over the keys of a mapping and is a single value; write the alias of one, such as *common"
                ]
            ),
            // YAML itself.
            (
                "feeds: [\n",
                [
                    "2:1: not YAML: did not find expected node content while parsing a flow node, which began in line 2"
                ]
            ),
            (
                "fetch:\n\ttimeout: 3s",
                [
                    "2:1: not YAML: found character that cannot start any token while scanning for the next token, which began in line 2; indent with spaces, not with tabs"
                ]
            ),
            (
                "contact: @me",
                [
                    "1:10: not YAML: found character that cannot start any token while scanning for the next token, which began in line 1; put a text that begins with such a character in quotes"
                ]
            ),
            (
                "a: b: c",
                [
                    "1:5: not YAML: mapping values are not allowed in this context; indent keys of one mapping alike, and put a text that holds ': ' in quotes"
                ]
            ),
            (
                "contact: *me",
                ["1:10: this alias names nothing above it; put the anchor before it, or quotes around a text"]
            ),
            (
                "feeds: &f [*f]",
                ["1:12: this alias names nothing above it; put the anchor before it, or quotes around a text"]
            ),
            (
                "contact: !secret x",
                [
                    "1:10: this YAML tag means nothing here; remove it, or put quotes around a text that begins with '!'"
                ]
            ),
            ("feeds: []\n---\nfeeds: []", ["2:1: a second YAML document begins here; keep one in a file"]),
            ("contact: a@b\0", ["1:13: not YAML: control characters are not allowed; remove it"]),
            // Values.
            ("archive: [a]", ["1:10: 'archive' is a list; write a path"]),
            ("archive: ~/x", ["1:10: 'archive' is '~/x', but '~' stands for no folder here; write the whole path"]),
            ("archive: ''", ["1:10: 'archive' is empty; write a path"]),
            (
                "contact: me",
                [
                    "1:10: 'contact' is 'me', where nobody can be reached; write an address such as ops@example.org or https://example.org/bot"
                ]
            ),
            (
                "contact: \"a@b\\nX: y\"",
                [
                    "1:10: 'contact' holds a line break or another control character; write an address such as ops@example.org or https://example.org/bot in one line"
                ]
            ),
            (
                "contact: (a@b)",
                [
                    "1:10: 'contact' is '(a@b)'; write an address such as ops@example.org or https://example.org/bot, without parentheses and backslashes"
                ]
            ),
            ("contact: ö@b", ["1:10: 'contact' is 'ö@b'; write it in ASCII, without space around it"]),
            ("listen: 8008", ["1:9: 'listen' is '8008'; write HOST:PORT, such as 127.0.0.1:8008 or '[::1]:8008'"]),
            (
                "listen: ':80'",
                [
                    "1:9: 'listen' is ':80', without a host; write 127.0.0.1:80 for this machine alone or 0.0.0.0:80 for all"
                ]
            ),
            (
                "websub: {callback: https://a.example/}",
                [
                    "1:1: 'websub' needs 'listen', where callbacks of hubs are received; write 'listen: 127.0.0.1:8008' beside it, and let the URL of 'callback' lead there"
                ]
            ),
            (
                "listen: a:1\nwebsub: {lease: 1d}",
                [
                    "2:1: 'websub' has no 'callback'; write 'callback: https://feeds.example.org/websub', the public URL that leads to 'listen'"
                ]
            ),
            (
                "listen: a:1\nwebsub: {calback: x}", ["2:10: unknown key 'calback'; did you mean 'callback'?"]
            ),
            ("callback: x", ["1:1: unknown key 'callback'; write it under 'websub'"]),
            (
                "listen: a:1\nwebsub: {callback: http://feeds.example.org/, lease: 5s, interval: 25h}",
                [
                    "2:20: 'callback' is 'http://feeds.example.org/', where anybody on the way reads along; write https://, to a server that has a certificate and passes requests on to 'listen'",
                    "2:54: 'lease' is 5s, which hubs would be asked for over and over; write 1m or more",
                    "2:68: 'interval' is 25h, above 'max_interval' (24h); make it 24h or less",
                ]
            ),
            (
                "listen: a:1\nwebsub: {callback: 'https://u:geheim@a/'}",
                [
                    "2:20: 'callback' is 'https://a/'; write the public URL that leads to 'listen', such as https://feeds.example.org/websub"
                ]
            ),
            (
                "listen: a:1\nwebsub: {callback: 'https://a/?x'}",
                [
                    "2:20: 'callback' is 'https://a/?x', with '?' or '#', which what is added to it would be lost behind; write the public URL that leads to 'listen', such as https://feeds.example.org/websub"
                ]
            ),
            // Webhooks.
            (
                "webhooks: {}",
                [
                    "1:11: 'webhooks' is a mapping; write a list, such as '- {url: https://example.org/hook, secret_file: secrets/hook}'"
                ]
            ),
            (
                "webhooks: [https://a/]",
                ["1:12: a webhook is a single value; write a mapping with 'url' and 'secret_file'"]
            ),
            (
                "webhooks: [{batch: 5}]",
                [
                    "1:12: a webhook without 'url'; write 'url: https://example.org/hook'",
                    "1:12: a webhook without 'secret_file'; write 'secret_file: secrets/hook', a file with the key of the signatures",
                ]
            ),
            ("webhook: 1", ["1:1: unknown key 'webhook'; did you mean 'webhooks'?"]),
            (
                "webhooks:\n  - {url: https://a/geheim, secret: geheim}",
                ["2:29: unknown key 'secret'; write the secret to a file, and its name here as 'secret_file'"]
            ),
            (
                "webhooks:\n  - {url: http://a.example/geheim, secret_file: good}\n  - {url: 'https://u:geheim@a/', secret_file: good}\n  - {url: 'ftp://a/geheim', secret_file: good}",
                [
                    "2:11: 'url' begins with http://, where anybody on the way to 'a.example' reads along; write https://",
                    "3:11: 'url' has a user or a password in it; write it without them: deliveries are signed",
                    "4:11: 'url' is no URL that could be asked; write an https URL, such as https://example.org/hook",
                ]
            ),
            (
                "webhooks:\n  - {url: 'https://a/', secret_file: good, kinds: [new, changed], batch: 0, from: start}\n  - {url: 'https://a/', secret_file: good}\n  - {url: 'HTTPS://A:443/', secret_file: absent}",
                [
                    "2:57: 'kinds' holds 'changed'; the kinds are new, revised, duplicate, flood, gone",
                    "2:74: 'batch' is 0; write a number from 1 to 10000",
                    "2:83: 'from' is 'start'; write end or beginning",
                    "3:5: this webhook has the URL of the one in line 2, column 5; keep one, with the kinds and tags of both",
                    "4:5: this webhook has the URL of the one in line 2, column 5; keep one, with the kinds and tags of both",
                    "4:42: 'secret_file' names a file, looked for from '/etc/ingestd', that cannot be read: no such file",
                ]
            ),
            ("listen: a:0", ["1:9: 'listen' is 'a:0', whose port is none; write a port from 1 to 65535"]),
            ("listen: ::1:80", ["1:9: 'listen' is '::1:80'; write an IPv6 address in brackets, '[::1]:8008'"]),
            (
                "listen: a b:80",
                [
                    "1:9: 'listen' is 'a b:80', whose host holds ' '; write HOST:PORT, such as 127.0.0.1:8008 or '[::1]:8008'"
                ]
            ),
            (
                "fetch: {concurrency: many}",
                [
                    "1:22: 'concurrency' is 'many'; write a whole number from 1 to 65535, without quotes"
                ]
            ),
            (
                "fetch: {concurrency: \"7\"}",
                [
                    "1:22: 'concurrency' is the text \"7\"; write a whole number from 1 to 65535, without quotes"
                ]
            ),
            ("fetch: {per_host: 0}", ["1:19: 'per_host' is 0; write a number from 1 to 65535"]),
            ("fetch: {per_host: -1}", ["1:19: 'per_host' is -1; write a number from 1 to 65535"]),
            (
                "fetch: {per_host: 99999999999999999999}",
                [
                    "1:19: 'per_host' is 99999999999999999999; write a number from 1 to 65535"
                ]
            ),
            (
                "fetch: {max_redirects: 1.5}",
                [
                    "1:24: 'max_redirects' is '1.5'; write a whole number from 0 to 100, without quotes"
                ]
            ),
            ("fetch: {timeout: }", ["1:18: 'timeout' is empty; write a number and a unit, such as 30s, 5m, 2h or 7d"]),
            ("fetch: {timeout: 0s}", ["1:18: 'timeout' is 0s; write more than nothing"]),
            (
                "fetch: {timeout: 30}",
                [
                    "1:18: 'timeout' is '30', which is no duration; write 30s for seconds or 30m for minutes"
                ]
            ),
            ("fetch: {timeout: 1h30m}", ["1:18: 'timeout' is '1h30m', which is no duration; write 90m"]),
            ("fetch: {timeout: 5 min}", ["1:18: 'timeout' is '5 min', which is no duration; write 5m"]),
            ("fetch: {timeout: 2w}", ["1:18: 'timeout' is '2w', which is no duration; write 14d"]),
            ("fetch: {timeout: 1.5h}", ["1:18: 'timeout' is '1.5h', which is no duration; write 90m"]),
            (
                "fetch: {timeout: -5s}",
                [
                    "1:18: 'timeout' is '-5s', which is no duration; write a number and a unit, such as 30s, 5m, 2h or 7d"
                ]
            ),
            (
                "fetch: {timeout: 99999999999999999999d}",
                [
                    "1:18: 'timeout' is '99999999999999999999d', longer than a hundred years; write less"
                ]
            ),
            (
                "fetch: {timeout: soon}",
                [
                    "1:18: 'timeout' is 'soon', which is no duration; write a number and a unit, such as 30s, 5m, 2h or 7d"
                ]
            ),
            ("fetch: {max_body: 16MB}", ["1:19: 'max_body' is '16MB', which is no size; write 16MiB"]),
            ("fetch: {max_body: 16 mib}", ["1:19: 'max_body' is '16 mib', which is no size; write 16MiB"]),
            (
                "fetch: {max_body: 1000}",
                [
                    "1:19: 'max_body' is '1000', which is no size; write 1000B for bytes, or a unit such as in 16MiB"
                ]
            ),
            ("fetch: {max_body: 0B}", ["1:19: 'max_body' is 0B; write a size from 1B to 1024MiB"]),
            (
                "fetch: {max_body: 9999999999999GiB}",
                [
                    "1:19: 'max_body' is 9999999999999GiB; write a size from 1B to 1024MiB"
                ]
            ),
            (
                "fetch: {max_body: big}",
                [
                    "1:19: 'max_body' is 'big', which is no size; write a number and a unit, such as 512KiB or 16MiB"
                ]
            ),
            (
                "fetch:\n  allow_private_addresses: [10.0.0.0/8, 10.0.0.0/33]",
                [
                    "2:41: 'allow_private_addresses' holds '10.0.0.0/33', which is no range of addresses; write it as 10.0.0.0/8 or 'fd00::/8'"
                ]
            ),
            (
                "fetch: {allow_private_addresses: 10.0.0.0/8}",
                [
                    "1:34: 'allow_private_addresses' is '10.0.0.0/8'; write [10.0.0.0/8]"
                ]
            ),
            (
                "fetch: {allow_private_addresses: maybe}",
                [
                    "1:34: 'allow_private_addresses' is 'maybe'; write true, false or a list such as [10.0.0.0/8, 'fd00::/8']"
                ]
            ),
            (
                "fetch: {proxy: none}",
                [
                    "1:16: 'proxy' is 'none'; write environment, null, or a URL such as http://proxy.example.org:3128"
                ]
            ),
            (
                "fetch: {ca_file: ca.pem}",
                [
                    "1:18: 'ca_file' names '/etc/ingestd/ca.pem', which cannot be read: no such file"
                ]
            ),
            ("keep: {raw: all}", ["1:13: 'raw' is 'all'; write none or changed"]),
            // Bounds that contradict each other.
            (
                "schedule: {min_interval: 2h, max_interval: 1h}",
                [
                    "1:26: 'min_interval' is 2h, above 'max_interval' (1h); make it 1h or less, or 'max_interval' more"
                ]
            ),
            (
                "schedule: {min_interval: 2d}",
                [
                    "1:26: 'min_interval' is 2d, above 'max_interval' (24h, the default); make it 24h or less, or 'max_interval' more"
                ]
            ),
            (
                "schedule: {max_interval: 1m}",
                [
                    "1:26: 'max_interval' is 1m, below 'min_interval' (5m, the default); make it 5m or more, or 'min_interval' less"
                ]
            ),
            (
                "schedule: {retry_first: 2h, retry_max: 90m}",
                [
                    "1:25: 'retry_first' is 2h, above 'retry_max' (90m); make it 90m or less, or 'retry_max' more"
                ]
            ),
            (
                "feeds:\n  - url: http://a/\n    interval: 1m",
                [
                    "3:15: 'interval' is 1m, below 'min_interval' (5m); make it 5m or more"
                ]
            ),
            (
                "defaults: {interval: 1m}\nfeeds: ['http://a/', 'http://b/']\nschedule: {min_interval: 10m}",
                [
                    "1:22: 'interval' is 1m, below 'min_interval' (10m); make it 10m or more"
                ]
            ),
            (
                "schedule: {min_interval: 1x}\ndefaults: {interval: 1m}",
                [
                    "1:26: 'min_interval' is '1x', which is no duration; write a number and a unit, such as 30s, 5m, 2h or 7d"
                ]
            ),
            // Feeds.
            ("defaults: {url: 'http://a/'}", ["1:12: unknown key 'url'; a URL is of one feed; write it under 'feeds'"]),
            (
                "feeds: [example.org/feed]",
                [
                    "1:9: the feed is 'example.org/feed', which has no scheme; write 'https://example.org/feed'"
                ]
            ),
            (
                "feeds: ['localhost:80/feed']",
                [
                    "1:9: the feed is 'localhost:80/feed', which has no scheme; write 'https://localhost:80/feed'"
                ]
            ),
            (
                "feeds: ['ftp://a/b']",
                [
                    "1:9: the feed is 'ftp://a/b', but feeds are polled by http and https alone; write a URL such as https://example.org/feed.xml"
                ]
            ),
            (
                "feeds:\n- file://other/feed.xml\n- file:feed.xml\n- file:///feed?x\n- file:///feeds/\n- file:///a%00b\n- {url: 'file:///a', headers: {A: b}, auth: {bearer_file: good}}",
                ["file://other/feed.xml", "file:feed.xml", "file:///feed?x"].enumerated().map {
                    "\($0.offset + 2):3: the feed is '\($0.element)', which names no file of this machine; write it as file:///whole/path/feed.xml, with '?', '#' and '%' in the path as %3F, %23 and %25"
                } + [
                    "5:3: the feed is 'file:///feeds/', which is a folder; name a file in it",
                    "6:3: the feed is 'file:///a%00b', which names no file of this machine; write it as file:///whole/path/feed.xml, with '?', '#' and '%' in the path as %3F, %23 and %25",
                    "7:22: 'headers' has no meaning for a file, which no server is asked for; remove it",
                    "7:39: 'auth' has no meaning for a file, which no server is asked for; remove it",
                ]
            ),
            (
                "feeds: ['feed://a/b', 'feed:https://a/b']",
                [
                    "1:9: the feed is 'feed://a/b'; write 'https://a/b'",
                    "1:23: the feed is 'feed:https://a/b'; write 'https://a/b'",
                ]
            ),
            (
                "feeds: [{url: 'http:/a/'}]",
                [
                    "1:15: 'url' is 'http:/a/', which is no URL; write it as https://example.org/feed.xml, with a port from 1 to 65535 if any"
                ]
            ),
            (
                "feeds: [{url: 'http://a:99999/'}]",
                [
                    "1:15: 'url' is 'http://a:99999/', which is no URL; write it as https://example.org/feed.xml, with a port from 1 to 65535 if any"
                ]
            ),
            (
                "feeds: [{url: 'http://a:0/'}]",
                ["1:15: 'url' is 'http://a:0/', whose port is 0; write a port from 1 to 65535"]
            ),
            (
                "feeds: [{url: 'http://a b/'}, {url: 'http://[::g]/'}, {url: 'http://a..b/'}]",
                [
                    "1:15: 'url' is 'http://a b/', whose host holds ' '; write a URL such as https://example.org/feed.xml",
                    "1:37: 'url' is 'http://[::g]/', whose host is no IPv6 address; write a URL such as https://example.org/feed.xml",
                    "1:61: 'url' is 'http://a..b/', whose host has a dot too many; write a URL such as https://example.org/feed.xml",
                ]
            ),
            (
                "feeds: [{url: [a]}, {url: }]",
                ["1:15: 'url' is a list; write a URL", "1:27: 'url' is empty; write a URL"]
            ),
            (
                "feeds:\n  - http://Example.org:80\n  - url: HTTP://example.ORG./#x\n  - https://example.org/\n  - http://example.org/?",
                ["3:10: 'HTTP://example.ORG./#x' is the same feed as at feeds.yaml:2:5; remove one of them"]
            ),
            (
                "feeds:\n  - &f {url: http://a/}\n  - *f",
                [
                    "3:5: 'http://a/' is the same feed as at feeds.yaml:2:14; remove one of them"
                ]
            ),
            ("defaults: {tags: news}", ["1:18: 'tags' is 'news'; write [news]"]),
            (
                "defaults: {tags: [a, [b], c]}",
                [
                    "1:22: 'tags' holds a list; write only texts, such as [news, science]"
                ]
            ),
            (
                "defaults: {interval: Auto, enabled: 1, allow_private_addresses: [10.0.0.0/8], title: [x]}",
                [
                    "1:22: 'interval' is 'Auto'; write auto",
                    "1:37: 'enabled' is '1'; write true or false, without quotes",
                    "1:65: 'allow_private_addresses' is a list; write true or false here, for a list stands under 'fetch' and opens to all feeds",
                    "1:86: 'title' is a list; write a name for the feed",
                ]
            ),
            // Headers.
            (
                "defaults:\n  headers:\n    Host: a\n    if-none-match: x\n    Authorization: Basic s3cret\n    User-Agent: u\n    Cookie: c",
                [
                    "3:5: header 'Host' is set by ingestd itself; remove it",
                    "4:5: header 'if-none-match' is set by ingestd itself; remove it",
                    "5:5: header 'Authorization' is a secret; write it as 'auth'",
                ]
            ),
            (
                "defaults: {headers: {X-A: a, x-a: b, X-B: , X-C: [c], 'X D': d, X-E: \"s3cret\\r\\nX: y\", X-F: ''}}",
                [
                    "1:30: header 'x-a' stands twice; keep one",
                    "1:43: header 'X-B' is empty; write a text",
                    "1:50: header 'X-C' is a list; write a text",
                    "1:55: the name of a header, which begins 'X', holds what no name can; write letters, digits and '-'",
                    "1:70: header 'X-E' holds a line break or another control character; write it in one line",
                    "1:93: header 'X-F' has no value; write one, or remove the header",
                ]
            ),
            (
                "defaults: {headers: ['X: s3cret']}",
                [
                    "1:21: 'headers' is a list; write a mapping, such as {Accept-Language: tg}"
                ]
            ),
            // Authentication.
            (
                "defaults: {auth: 's3cret'}",
                [
                    "1:18: 'auth' is a single value; write a mapping with 'username', 'password_file' and 'bearer_file'"
                ]
            ),
            (
                "defaults: {auth: {username: u, password: s3cret}}",
                [
                    "1:32: unknown key 'password'; write the password to a file, and its name here as 'password_file'"
                ]
            ),
            (
                "defaults: {auth: {username: u}}",
                [
                    "1:18: 'auth' holds 'username' without 'password_file'; write 'username' and 'password_file', or 'bearer_file' alone"
                ]
            ),
            (
                "defaults: {auth: {password_file: p}}",
                [
                    "1:18: 'auth' holds 'password_file' without 'username'; write 'username' and 'password_file', or 'bearer_file' alone"
                ]
            ),
            (
                "defaults: {auth: {}}",
                [
                    "1:18: 'auth' holds neither 'password_file' nor 'bearer_file'; write 'username' and 'password_file', or 'bearer_file' alone"
                ]
            ),
            (
                "defaults: {auth: {username: u, password_file: good, bearer_file: good}}",
                [
                    "1:18: 'auth' holds both a user and 'bearer_file'; write 'username' and 'password_file', or 'bearer_file' alone"
                ]
            ),
            (
                "defaults: {auth: {username: 'u:s3cret', password_file: good}}",
                [
                    "1:29: 'username' holds a ':', which no user's name can; write the name alone"
                ]
            ),
            (
                "defaults: {auth: {username: u, password_file: s3cret}}",
                [
                    "1:47: 'password_file' names a file, looked for from '/etc/ingestd', that cannot be read: no such file"
                ]
            ),
            (
                "defaults: {auth: {username: u, password_file: lines}}",
                [
                    "1:47: 'password_file' names a file, looked for from '/etc/ingestd', that holds more than one line or a control character; keep the secret alone in one line"
                ]
            ),
            (
                "defaults: {auth: {bearer_file: none}}",
                [
                    "1:32: 'bearer_file' names a file, looked for from '/etc/ingestd', that is empty; write the secret into it"
                ]
            ),
            (
                "feeds: [{url: 'http://a/', auth: {bearer_file: words}}]",
                [
                    "1:48: 'bearer_file' names a file, looked for from '/etc/ingestd', that holds a space or a letter beyond ASCII; no token does"
                ]
            ),
        ] as [(String, [String])])
    func tellsWhatIsWrongAndWhere(text: String, expected: [String]) {
        let secrets = ["good": "s3cret\n", "lines": "s3cret\nsecond\n", "none": "\n", "words": "s3cret token"]
        #expect(mistakes(read(text, secrets)) == expected.map { "feeds.yaml:\($0)" })
    }

    @Test func whatAnAliasRepeatsIsToldOnce() {
        let text =
            "defaults: {auth: &a {username: u, pasword_file: p}}\nfeeds: [{url: 'http://a/', auth: *a}, {url: 'http://b/', auth: *a}]"
        #expect(
            mistakes(read(text)) == ["feeds.yaml:1:35: unknown key 'pasword_file'; did you mean 'password_file'?"])
    }

    @Test func tellsAllMistakesOfAFileSortedByPlace() {
        let lines = mistakes(
            read("feeds: [x, 'http://a/']\nkeep: {raw: 1}\nlisten: 1\nfetch: {timeout: 1, concurrency: a}\nzz: 1"))
        #expect(
            lines.map { $0.split(separator: ":").prefix(3).joined(separator: ":") }
                == [
                    "feeds.yaml:1:9", "feeds.yaml:2:13", "feeds.yaml:3:9", "feeds.yaml:4:18", "feeds.yaml:4:34",
                    "feeds.yaml:5:1",
                ])
    }

    @Test func aFileThatIsNotThereIsAMistake() {
        #expect(mistakes(read(Files([:]))) == ["feeds.yaml:1:1: this file cannot be read: no such file"])
        #expect(
            mistakes(ConfigurationReader.read(path: "/")) == [
                "/:1:1: this file cannot be read: it is a folder; name a file"
            ])
    }

    @Test(
        arguments: [
            (
                [0x61, 0x3A, 0x0A, 0x20, 0xC3, 0xA9, 0xE9],
                "2:3: here are bytes that are not UTF-8; save the file as UTF-8"
            ),
            ([0xFF, 0xFE, 0x61, 0x00], "1:1: this file is UTF-16; save it as UTF-8"),
        ] as [([UInt8], String)])
    func otherEncodingsAreMistakes(bytes: [UInt8], expected: String) {
        var files = Files([:])
        files.contents["/etc/ingestd/feeds.yaml"] = bytes
        #expect(mistakes(read(files)) == ["feeds.yaml:\(expected)"])
    }

    // MARK: secrets

    @Test(arguments: [
        "feeds: ['https://me:hunter2@a.example/feed']", "feeds: ['https://me:hun/ter2@a.example/feed']",
        "feeds: ['https://me@mail.example:hunter2@a.example/']", "feeds: ['https://me:hunter2@a.example:x/']",
        "feeds: [{url: 'HTTPS:\\\\me:hunter2@a.example'}]", "feeds: ['me:hunter2@a.example/feed']",
        "feeds: ['https:/me:hunter2@a.example/feed']", "feeds: ['ftp://me:hunter2@a.example/feed']",
        "feeds: ['feed://me:hunter2@a.example/feed']", "feeds: [\"https://me:hunter2\\n@a.example/feed\"]",
        "fetch: {proxy: 'foo://me:hunter2@a.example'}", "fetch: {proxy: 'me:hunter2@a.example'}",
        "include: ['https://me:hunter2@a.example/l.opml']", "include: [hunter2.txt, hunter2.opml]",
        "defaults: {headers: {'X-Key: hunter2': , X-A: \"hunter2\\n\"}}", "defaults: {headers: hunter2}",
        "defaults: {auth: me:hunter2}", "defaults: {auth: {username: 'me:hunter2', password_file: hunter2}}",
        "defaults: {auth: {bearer_file: hunter2, password: hunter2}}", "defaults: {auth: {bearer_file: two}}",
        "defaults: {auth: {password: *hunter2}}", "defaults: {auth: {password: !hunter2 }}",
        "defaults: {auth: {password: @hunter2 }}",
    ])
    func secretsStandInNoMessage(text: String) {
        let files = [
            "two": "hunter2 hunter2\nhunter2", "hunter2.txt": "https://me:hunter2@a.example/\nme:hunter2@a.example",
            "hunter2.opml": "<opml><outline xmlUrl='https://me:hunter2@a/'/><outline xmlUrl='me:hunter2@a\"/></opml>",
        ]
        let lines = mistakes(read(text, files))
        #expect(!lines.isEmpty)
        for line in lines {
            #expect(!line.replacing("hunter2.", with: "").contains("ter2"), "\(line)")
        }
    }

    // MARK: hostile files

    @Test func aliasBombsAreRefusedAtOnce() {
        for value in ["- *a", "? *a\n: 1", "<<: *a"] {
            var text = "a: &x0 [1,1,1,1,1,1,1,1,1,1]\n"
            for level in 1...30 {
                text +=
                    "b\(level): &x\(level) [" + Array(repeating: "*x\(level - 1)", count: 10).joined(separator: ",")
                    + "]\n"
            }
            let lines = mistakes(read(text + "z:\n  " + value.replacing("*a", with: "*x30")))
            #expect(lines.count == 1 && lines.first?.contains("more than 10000000 values") == true, "\(lines)")
        }
    }

    @Test func chainsOfAliasesDoNotExhaustTheStack() {
        var text = "a0: &a0 {tags: []}\n"
        for level in 1...3000 { text += "a\(level): &a\(level) {<<: *a\(level - 1)}\n" }
        #expect(mistakes(read(text)) == ["feeds.yaml:63:16: nested deeper than 64 levels; no key needs more than 4"])
    }

    @Test(arguments: ["[", "{a: ", "- ", "? ", "&a [", "!!seq ["])
    func deepNestingIsRefused(open: String) {
        let lines = mistakes(read(String(repeating: open, count: 100_000)))
        #expect(lines.count == 1, "\(lines)")
    }

    @Test func bytesOfNoKindDoNoHarm() {
        let text =
            "defaults: &d {tags: [a, 'b'], auth: {bearer_file: t}}\nfeeds:\n  - {<<: *d, url: \"http://a/\\n\"}\n  - http://b/ # c\n"
        let indicators = Array("[]{}:,-&*!|>'\"%@`#? \n\t".utf8)
        var state: UInt64 = 4242
        for round in 0..<4000 {
            var bytes = Array(text.utf8)
            for _ in 0...(round % 4) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int(state >> 33) % bytes.count] =
                    round % 2 == 0
                    ? indicators[Int(state >> 20) % indicators.count] : UInt8(truncatingIfNeeded: state >> 13)
            }
            var files = Files(["t": "x"])
            files.contents["/etc/ingestd/feeds.yaml"] = bytes
            for line in mistakes(read(files)) { #expect(!line.contains("\n")) }
        }
    }
}

@Suite struct IncludeTests {
    @Test func includedFilesTakeTheDefaultsOfTheFileThatNamesThem() throws {
        let configuration = try read(
            """
            defaults: {tags: [all], interval: 2h}
            feeds: ['http://main/']
            include: [more.yaml, lists/subscriptions.OPML, urls.txt]
            """,
            [
                "more.yaml": "feeds: ['http://more/']\ndefaults: {tags: [more]}\ninclude: [lists/deep.yml]",
                "lists/deep.yml": "feeds: [{url: 'http://deep/', auth: {bearer_file: token}}]",
                "lists/token": "t",
                "lists/subscriptions.OPML":
                    "<opml><body><outline text='News & more'><outline text='O' xmlUrl='http://o/'/></outline></body></opml>",
                "urls.txt": "\u{FEFF}# mine\r\n\r\n  http://t/#x   # a comment\r\nhttp://u/",
            ]
        ).get()
        #expect(
            configuration.feeds.map { "\($0.url) \($0.tags) \($0.place)" } == [
                "http://main/ [\"all\"] feeds.yaml:2:9",
                "http://more/ [\"more\"] more.yaml:1:9",
                "http://deep/ [\"more\"] lists/deep.yml:1:15",
                "http://o/ [\"all\", \"News & more\"] lists/subscriptions.OPML:1:41",
                "http://t/#x [\"all\"] urls.txt:3:3",
                "http://u/ [\"all\"] urls.txt:4:1",
            ])
        #expect(configuration.feeds.map(\.interval) == Array(repeating: .every(.seconds(7200)), count: 6))
        #expect(configuration.feeds[2].auth == .bearer(file: "/etc/ingestd/lists/token"))
        #expect(configuration.feeds[3].title == "O")
        #expect(
            configuration.files == [
                "/etc/ingestd/feeds.yaml", "/etc/ingestd/more.yaml", "/etc/ingestd/lists/deep.yml",
                "/etc/ingestd/lists/subscriptions.OPML", "/etc/ingestd/urls.txt",
            ])
    }

    @Test(
        arguments: [
            (
                ["feeds.yaml": "include: [more.yaml]", "more.yaml": "\ninclude: ['./feeds.yaml']"],
                ["more.yaml:2:11: 'include' names './feeds.yaml', which includes this file; remove one of the two"]
            ),
            (
                ["feeds.yaml": "include: [feeds.yaml]"],
                ["feeds.yaml:1:11: 'include' names 'feeds.yaml', which includes this file; remove one of the two"]
            ),
            (
                ["feeds.yaml": "include: [a.txt, b.yaml]", "a.txt": "http://a/", "b.yaml": "include: [x/../a.txt]"],
                ["b.yaml:1:11: 'include' names 'x/../a.txt', included already at feeds.yaml:1:11; remove one"]
            ),
            (
                [
                    "feeds.yaml":
                        "include:\n  - gone.yaml\n  - 7\n  - https://a/l.opml\n  - list.csv\n  - ~/a.txt\n  - []"
                ],
                [
                    "feeds.yaml:2:5: 'include' names 'gone.yaml', which cannot be read: no such file",
                    "feeds.yaml:3:5: 'include' names '7'; write a file that ends in .yaml, .yml, .opml or .txt",
                    "feeds.yaml:4:5: 'include' names a URL, 'https://a/l.opml'; save it to a file and include that",
                    "feeds.yaml:5:5: 'include' names 'list.csv'; write a file that ends in .yaml, .yml, .opml or .txt",
                    "feeds.yaml:6:5: 'include' is '~/a.txt', but '~' stands for no folder here; write the whole path",
                    "feeds.yaml:7:5: 'include' is a list; write the name of a file",
                ]
            ),
            (
                ["feeds.yaml": "include: more.yaml"],
                ["feeds.yaml:1:10: 'include' is a single value; write a list, such as [more.yaml, subscriptions.opml]"]
            ),
            (
                ["feeds.yaml": "include: [more.yaml]\nfeeds: [bad]", "more.yaml": "fetch: {}\nfeed: []"],
                [
                    "feeds.yaml:2:9: the feed is 'bad', which has no scheme; write 'https://bad'",
                    "more.yaml:1:1: unknown key 'fetch'; write it in the main configuration, 'feeds.yaml'",
                    "more.yaml:2:1: unknown key 'feed'; did you mean 'feeds'?",
                ]
            ),
            (
                [
                    "feeds.yaml": "feeds: ['http://a/']\ninclude: [b.yaml, l.txt, o.opml]",
                    "b.yaml": "feeds:\n- HTTP://A",
                    "l.txt": "# x\n\t http://a/#y\nbad",
                    "o.opml": "<opml>\n  <outline xmlUrl='http://A:80/'/>\n<outline xmlUrl=''/></opml>",
                ],
                [
                    "b.yaml:2:3: 'HTTP://A' is the same feed as at feeds.yaml:1:9; remove one of them",
                    "l.txt:2:3: 'http://a/#y' is the same feed as at feeds.yaml:1:9; remove one of them",
                    "l.txt:3:1: the feed is 'bad', which has no scheme; write 'https://bad'",
                    "o.opml:2:3: 'http://A:80/' is the same feed as at feeds.yaml:1:9; remove one of them",
                    "o.opml:3:1: 'xmlUrl' is empty; write a URL such as https://example.org/feed.xml",
                ]
            ),
            (
                [
                    "feeds.yaml": "include: [l.txt, o.opml]", "l.txt": "file:///etc/passwd",
                    "o.opml": "<opml>\n<outline xmlUrl='file:///etc/passwd'/></opml>",
                ],
                [
                    "l.txt:1:1: the feed is 'file:///etc/passwd', but a list of feeds names no files of this machine; write it under 'feeds' in a .yaml file if you mean it",
                    "o.opml:2:1: 'xmlUrl' is 'file:///etc/passwd', but a list of feeds names no files of this machine; write it under 'feeds' in a .yaml file if you mean it",
                ]
            ),
            (
                ["feeds.yaml": "include: [o.opml]", "o.opml": "<opml>\n<outline></opml>"],
                [
                    "o.opml:2:17: this file is no well-formed XML: an end tag does not fit the element that is open; mend it, or export it anew"
                ]
            ),
        ] as [([String: String], [String])])
    func tellsWhatIsWrongWithIncludes(files: [String: String], expected: [String]) {
        #expect(mistakes(read(Files(files))) == expected)
    }

    @Test func messagesNameFilesAsTheUserWould() {
        let files = Files(["/srv/f/feeds.yaml": "include: [d/more.yaml]", "/srv/f/d/more.yaml": "include: [list.txt]"])
        let result = ConfigurationReader.read(
            path: "../f/feeds.yaml", currentDirectory: "/srv/x",
            readFile: { path in
                try files.read(path.replacing("/x/..", with: ""))
            })
        #expect(
            mistakes(result) == [
                "../f/d/more.yaml:1:11: 'include' names '../f/d/list.txt', which cannot be read: no such file"
            ])
    }
}

@Suite struct InputFilesOnDiskTests {
    @Test func theExampleIsRight() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let configuration = try ConfigurationReader.read(path: root.appending(path: "feeds.yaml").path()).get()
        #expect(configuration.feeds.count >= 12)
        #expect(configuration.fetch == FetchSettings())
        #expect(configuration.schedule == ScheduleSettings())
        #expect(configuration.keep == KeepSettings())
    }

    @Test func readsSecretsAndIncludesFromDisk() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ingestd-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: folder.appending(path: name))
        }
        try write("feeds.yaml", "include: [list.txt]\ndefaults: {auth: {username: u, password_file: pw}}")
        try write("list.txt", "http://a/")
        try write("pw", "pässword\n")
        let configuration = try ConfigurationReader.read(path: "feeds.yaml", currentDirectory: folder.path()).get()
        let auth = try #require(configuration.feeds.first?.auth)
        #expect(SecretFile.read(auth.secretFile) == .success("pässword"))
        #expect(SecretFile.read(folder.path() + "/none") == .failure(.init("cannot be read: no such file")))
    }
}
