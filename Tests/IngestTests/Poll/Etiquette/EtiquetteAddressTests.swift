import Archive
import FeedModel
import TestSupport
import Testing

@testable import Ingest

@Suite struct EtiquetteAddressTests {
    private static let good = ScriptedAnswer.ok(PollerTests.rss(["a"]))

    private func feed(_ url: String) -> FeedConfiguration {
        FeedConfiguration(url: url, place: SourcePlace(file: "test", line: 1, column: 1))
    }

    private static let spellingsCases: [String] = [
        "127.0.0.1", "127.200.3.4", "127.1", "127.0.1", "2130706433", "017700000001", "0x7f000001", "0x7F.1",
        "0177.0.0.1",
        "0x7f.0x0.0x0.0x1", "localhost", "LOCALHOST.", "[::1]", "[0:0::0:1]", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]", "0.0.0.0", "0",
        "[::]", "127.0.0.1.", "１２７.0.0.1",
    ]

    @Test("42: no connection is opened to a private address, however it is written", arguments: spellingsCases)
    func spellings(host: String) async throws {
        let servers = [try ScriptedServer(), try ScriptedServer(address: "::1")]
        for server in servers {
            server.otherwise { _ in Self.good }
            server.on("/hop", .redirect(302, "http://\(host):\(server.port)/x"))
            for isRedirected in [false, true] {
                let lab = try PollLab(server)
                lab.configuration.fetch.addressPolicy = .publicOnly(except: [])
                var connections = server.connectionCount
                if isRedirected {
                    // The first hop is allowed, and what it leads to is not.
                    let hop = try ScriptedServer(address: "127.9.9.9")
                    hop.otherwise { _ in .redirect(302, "http://\(host):\(server.port)/x") }
                    lab.configuration.fetch.addressPolicy = .publicOnly(except: [
                        try #require(AddressRange("127.9.9.9/32"))
                    ])
                    lab.configuration.feeds = [feed(hop.url())]
                    try await lab.round()
                    #expect(hop.requests.count == 1)
                } else {
                    lab.configuration.feeds = [feed("http://\(host):\(server.port)/x")]
                    try await lab.round()
                }
                connections = server.connectionCount - connections
                #expect(connections == 0)
                let id = try #require(try lab.archive.configuredFeed(url: lab.configuration.feeds[0].url)?.id)
                let state = try #require(try lab.archive.feed(id)).poll
                #expect(
                    state.state == .failing
                        && ["address-refused", "dns", "bad-redirect"].contains(state.lastError?.code))
            }
        }
    }

    @Test("43: a list opens its addresses alone, a feed's own word that feed alone, and the others go on")
    func whatIsOpened() async throws {
        let listed = try ScriptedServer(address: "127.0.0.5")
        let other = try ScriptedServer(address: "127.0.0.6")
        for server in [listed, other] { server.otherwise { .ok(PollerTests.rss([String($0.target.dropFirst())])) } }
        let lab = try PollLab(listed)
        lab.configuration.fetch.addressPolicy = .publicOnly(except: [
            try #require(AddressRange("127.0.0.5/32")), try #require(AddressRange("fd00::/8")),
        ])
        lab.configuration.feeds = [
            feed(listed.url("/listed")), feed(other.url("/refused")), feed(other.url("/opened")),
        ]
        lab.configuration.feeds[2].allowPrivateAddresses = true
        // Also over the connection that the opened one has left.
        lab.configuration.fetch.perHost = 1
        for _ in 0..<2 { try await lab.round(force: true) }
        #expect(Set(other.requests.map(\.target)) == ["/opened"])
        #expect(try lab.titles == ["listed", "opened"])
        let id = try #require(try lab.archive.configuredFeed(url: other.url("/refused"))?.id)
        let error = try #require(try lab.archive.feed(id)?.poll.lastError)
        #expect(error.code == "address-refused" && error.message.contains("127.0.0.6"))
    }
}
