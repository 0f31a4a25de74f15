import FeedModel
import Ingest
import Testing

/// `hosts:`
@Suite struct HostReadingTests {
    private func read(_ text: String) -> Result<Configuration, ConfigurationMistakes> {
        ConfigurationReader.read(path: "feeds.yaml", currentDirectory: "/etc/ingestd") { _ in Array(text.utf8) }
    }

    @Test func readsHosts() throws {
        let configuration = try read(
            """
            hosts:
              Example.ORG.: { per_host: 4, host_delay: 0s }
              "*.example.net": { per_host: 1, host_delay: 10s }
              example.net: { host_delay: 2s }
              Bücher.example: { per_host: 3 }
              127.0.0.1: { per_host: 5 }
              "[::1]": { per_host: 6 }
              "2001:DB8::1": { per_host: 7 }
              localhost: { per_host: 8 }
            fetch: { host_delay: 3s, per_host: 9 }
            """
        ).get()
        #expect(
            configuration.hosts == [
                "example.org": HostSettings(perHost: 4, hostDelay: .zero),
                "*.example.net": HostSettings(perHost: 1, hostDelay: .seconds(10)),
                "example.net": HostSettings(hostDelay: .seconds(2)),
                "xn--bcher-kva.example": HostSettings(perHost: 3),
                "127.0.0.1": HostSettings(perHost: 5), "[::1]": HostSettings(perHost: 6),
                "[2001:db8::1]": HostSettings(perHost: 7), "localhost": HostSettings(perHost: 8),
            ])
        // What is left out is as under 'fetch', wherever that stands.
        let limits = configuration.limits
        #expect(limits.of("example.net") == HostLimit(perHost: 9, hostDelay: .seconds(2)))
        #expect(limits.of("xn--bcher-kva.example") == HostLimit(perHost: 3, hostDelay: .seconds(3)))
        #expect(limits.of("a.example.net") == HostLimit(perHost: 1, hostDelay: .seconds(10)))
        #expect(limits.of("example.com") == HostLimit(perHost: 9, hostDelay: .seconds(3)))
    }

    @Test(arguments: ["hosts:", "hosts: {}", "hosts: null"])
    func noHostsAreNone(text: String) throws {
        #expect(try read(text).get().hosts.isEmpty)
    }

    private static let right = "write a host such as example.org, or '*.example.org' for the hosts below it"

    @Test(arguments: [
        ("hosts: []", ["1:8: 'hosts' is a list; write a mapping, such as example.org: {per_host: 4}"]),
        (
            "hosts: {[a]: {per_host: 1}}",
            [
                "1:9: a key of 'hosts' is a list; write a host, such as example.org: {per_host: 4}"
            ]
        ),
        ("hosts: {a.org: 7}", ["1:16: 'a.org' is a single value; write a mapping with 'per_host' and 'host_delay'"]),
        ("hosts: {a.org: {per_hosts: 7}}", ["1:17: unknown key 'per_hosts'; did you mean 'per_host'?"]),
        (
            "hosts: {a.org: {timeout: 7s}}",
            [
                "1:17: unknown key 'timeout'; it is the same for all hosts; write it under 'fetch'"
            ]
        ),
        (
            "hosts: {a.org: {per_host: 0, host_delay: 1}}",
            [
                "1:27: 'per_host' is 0; write a number from 1 to 65535",
                "1:42: 'host_delay' is '1', which is no duration; write 1s for seconds or 1m for minutes",
            ]
        ),
        (
            "hosts: {a.org: {}}",
            [
                "1:9: 'a.org' under 'hosts' says nothing; write 'per_host' or 'host_delay', or remove it"
            ]
        ),
        (
            "hosts: {a.org: }",
            [
                "1:9: 'a.org' under 'hosts' says nothing; write 'per_host' or 'host_delay', or remove it"
            ]
        ),
        (
            "hosts:\n  a.org: {per_host: 1}\n  A.org.: {per_host: 2}",
            [
                "3:3: 'A.org.' stands twice in 'hosts', first in line 2, column 3; keep one"
            ]
        ),
        (
            "hosts: {'*': {per_host: 1}}",
            [
                "1:9: '*' under 'hosts' would be every host; write its limits under 'fetch'"
            ]
        ),
        (
            "hosts: {'*.10.0.0.1': {per_host: 1}}",
            [
                "1:9: '*.10.0.0.1' under 'hosts' is an address, which has no hosts below it; write it without '*.'"
            ]
        ),
        (
            "hosts: {'http://a.org/': {per_host: 1}}",
            [
                "1:9: 'http://a.org/' under 'hosts' is no host; \(right), without scheme and path"
            ]
        ),
        (
            "hosts: {'a.org:8080': {per_host: 1}}",
            [
                "1:9: 'a.org:8080' under 'hosts' has a port, but a host's limits hold for all of its ports; \(right)"
            ]
        ),
        ("hosts: {'a b': {per_host: 1}}", ["1:9: 'a b' under 'hosts' is no host, for it holds ' '; \(right)"]),
        ("hosts: {'a.*.org': {per_host: 1}}", ["1:9: 'a.*.org' under 'hosts' is no host, for it holds '*'; \(right)"]),
        ("hosts: {'': {per_host: 1}}", ["1:9: '' under 'hosts' is no host, for it is empty; \(right)"]),
        (
            "hosts: {a..org: {per_host: 1}}",
            ["1:9: 'a..org' under 'hosts' is no host, for it has a dot too many; \(right)"]
        ),
        ("per_host: 2", ["1:1: unknown key 'per_host'; write it under 'fetch'"]),
    ])
    func mistakes(text: String, expected: [String]) {
        guard case .failure(let mistakes) = read(text) else { return #expect(Bool(false), "no mistake in \(text)") }
        #expect(mistakes.mistakes.map(\.description) == expected.map { "feeds.yaml:\($0)" })
    }
}
