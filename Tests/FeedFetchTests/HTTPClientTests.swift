import FeedFetch
import FeedModel
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct HTTPClientTests {
    let server: ScriptedServer
    let client: HTTPClient

    init() throws {
        server = try ScriptedServer()
        client = try makeClient()
    }

    private func get(_ target: String = "/", _ change: (inout HTTPRequest) -> Void = { _ in }) async
        -> Result<HTTPResponse, TransferFailure>
    {
        await client.send(request(server.url(target), change))
    }

    /// What operators look for in `top -H`, and debuggers among the threads.
    @Test func itsThreadBearsAName() async throws {
        server.on("/", .ok("x"))
        _ = try await get().get()
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
        let names = threads.compactMap { FileManager.default.contents(atPath: "/proc/self/task/\($0)/comm") }
        #expect(names.contains(Data("transfers\n".utf8)))
    }

    // MARK: What goes out

    @Test func nothingIsSentThatWasNotAskedFor() async throws {
        server.on("/", .ok("x"))
        _ = try await get().get()
        #expect(server.requests[0].fields.map(\.name) == ["Host"])
        #expect(server.requests[0].value("Host") == "127.0.0.1:\(server.port)")
        #expect(server.requests[0].version == "HTTP/1.1")
    }

    @Test(arguments: [
        Array("\"plain\"".utf8), Array("W/\"a\\\"b, c;d=\\e\"".utf8), Array("unquoted".utf8),
        [0x22, 0xE9, 0xFF, 0x80, 0x22],
        Array("\"ünï\"".utf8), [], Array("a\tb".utf8), Array("\"\(String(repeating: "x7", count: 4096))\"".utf8),
        Array(";".utf8), Array(":".utf8),
    ]) func valuesGoOutByteForByte(_ value: [UInt8]) async throws {
        server.on("/", .ok("x"))
        _ = try await get { $0.headers = [HTTPField(name: "If-None-Match", value: value)] }.get()
        #expect(server.requests[0].bytes("If-None-Match") == [value])
    }

    @Test func aLineBreakInAValueBecomesASpace() async throws {
        server.on("/", .ok("x"))
        _ = try await get {
            $0.headers = [
                HTTPField(name: "If-None-Match", value: Array("a\rX-Evil: 1\r\nX-Evil: 2\0b\n".utf8)),
                HTTPField("Bad Name", "1"), HTTPField("Bad:Name", "1"), HTTPField("", "1"), HTTPField("X\r\nY", "1"),
            ]
        }.get()
        #expect(server.requests[0].values("If-None-Match") == ["a X-Evil: 1  X-Evil: 2 b"])
        #expect(server.requests[0].fields.count == 2)
    }

    @Test(arguments: [
        "/Feed%2fX/%7Ea;b=c/d'e(1)!*/?q=1&a[]=2&r=%2F+x%20y&e=&=%C3%A9", "/a/../b/./c//d", "/?", "//x", "/{}|^%zz",
        "/..", "/?feed=rss2&x=/../",
    ]) func targetsGoOutAsTheyAre(_ target: String) async throws {
        server.otherwise { _ in .ok("x") }
        _ = try await get(target).get()
        #expect(server.requests.map(\.target) == [target])
    }

    @Test func aBodyIsSentWithItsLengthAlone() async throws {
        server.on("/", .ok("x"))
        _ = try await get {
            $0.method = "POST"
            $0.body = [1, 0, 2]
        }.get()
        _ = try await get { $0.method = "DELETE" }.get()
        #expect(server.requests[0].body == [1, 0, 2])
        #expect(server.requests[0].fields.map(\.name) == ["Host", "Content-Length"])
        #expect(server.requests.map(\.method) == ["POST", "DELETE"])
    }

    // MARK: What comes in

    @Test func fieldsComeInAsTheyAre() async throws {
        server.on(
            "/",
            .raw(
                Array("HTTP/1.1 200 OK\r\neTaG: \t \"ows\" \t \r\nX-Empty:\r\nX-Folded: a\r\n  b\r\n".utf8)
                    + Array("X-High: ".utf8) + [0xE9, 0x80] + Array("\r\nX-CR: a\rX-Evil: 1\r\n".utf8)
                    + Array("Link: 1\r\nlink: 2\r\nContent-Length: 2\r\n\r\nhi".utf8)))
        let response = try await get().get()
        let headers = response.headers
        #expect(headers.values(of: "ETag") == [Array("\"ows\"".utf8)])
        #expect(headers.values(of: "X-Empty") == [[]])
        #expect(headers.values(of: "X-Folded") == [Array("a b".utf8)])
        #expect(headers.values(of: "X-High") == [[0xE9, 0x80]])
        #expect(headers.values(of: "X-CR") == [Array("a X-Evil: 1".utf8)])
        #expect(headers.values(of: "Link") == [Array("1".utf8), Array("2".utf8)])
        #expect(headers.value(of: "X-Evil") == nil)
        #expect(response.text == "hi")
        #expect(response.status == 200)
        #expect(response.httpVersion == "1.1")
        #expect(response.remoteAddress == "127.0.0.1")
    }

    @Test func interimResponsesAndTrailersAreLeftOut() async throws {
        server.on(
            "/",
            .raw(
                "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-Late: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "2\r\nhi\r\n0\r\nX-Trailer: 1\r\nETag: \"trailer\"\r\n\r\n"))
        let response = try await get().get()
        #expect(response.headers.map(\.name) == ["X-Late", "Transfer-Encoding"])
        #expect(response.text == "hi")
    }

    @Test(arguments: [
        ScriptedAnswer.ok("hello"), .ok("hello").but { $0.framing = .chunked(2) },
        .ok("hello").but { $0.framing = .untilClose },
        .ok("hello").but {
            $0.framing = .untilClose
            $0.version = "HTTP/1.0"
        },
        .ok(Compressed.gzip, ("Content-Encoding", "gzip")),
        .ok(Compressed.gzip, ("Content-Type", "application/x-gzip")),
        .ok(Compressed.brotliOfGzip, ("Content-Encoding", "gzip"), ("Content-Encoding", "br")),
    ]) func bodiesComeInWhole(_ answer: ScriptedAnswer) async throws {
        server.on("/", answer)
        let response = try await get().get()
        let plain = answer.body == Array("hello".utf8) ? answer.body : Compressed.plain
        #expect(response.body == plain)
        #expect(response.bytesOnWire > answer.body.count)
        #expect(response.bytesOnWire < answer.body.count + 200)
    }

    @Test(arguments: [304, 204]) func someStatusesHaveNoBody(_ status: Int) async throws {
        server.on("/", .status(status, "", ("Content-Length", "5000"), ("Content-Encoding", "gzip")), .ok("next"))
        #expect(try await get().get().body.isEmpty)
        #expect(try await get().get().text == "next")
        #expect(server.connectionCount == 1)
    }

    @Test func anAnswerToHEADHasNoBody() async throws {
        server.on("/", .ok("hello"))
        let response = try await get { $0.method = "HEAD" }.get()
        #expect(response.body.isEmpty)
        #expect(response.headers.value(of: "Content-Length") == [0x35])
    }

    // MARK: Failures

    @Test(
        arguments: [
            (.ok("hello").but { $0.ending = .cut(3) }, .truncated),
            (.ok("hello").but { $0.ending = .cut(0) }, .truncated),
            (
                .ok("hello").but {
                    $0.framing = .chunked(2)
                    $0.ending = .cut(5)
                }, .truncated
            ),
            (.ok(Array(Compressed.gzip.dropLast(9)), ("Content-Encoding", "gzip")), .truncated),
            (.ok("hello").but { $0.ending = .reset(3) }, .reset),
            (.raw(""), .reset),
            (.raw("HTTP/1.1 200 OK\r\nX-Cut: 1\r\n"), .reset),
            (.raw("<rss>HTTP/0.9</rss>"), .badResponse),
            (.raw("HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 1\r\n\r\nx"), .badResponse),
            (.raw("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nx"), .badResponse),
            (.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), .badResponse),
            (.raw("HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 1\r\n\r\nx"), .badResponse),
            (.ok([0x80, 0x81, 0x82], ("Content-Encoding", "gzip")), .badEncoding),
            (.ok([0x80, 0x81, 0x82], ("Content-Encoding", "compress")), .badEncoding),
            (.ok("<rss/>", ("Content-Encoding", "gzip,gzip,gzip,gzip")), .badEncoding),
            (.ok("<rss/>", ("Content-Encoding", String(repeating: "gzip,", count: 18_000))), .badEncoding),
            (.ok(Compressed.gzipBomb, ("Content-Encoding", "gzip")), .tooLarge),
            (.ok([UInt8](repeating: 0x20, count: 100_001)), .tooLarge),
            (
                .ok([UInt8](repeating: 0x20, count: 100_001)).but { $0.framing = .chunked(1000) }, .tooLarge
            ),
            (.status(200, "", ("Content-Length", "99999999999999999999")).but { $0.framing = .bare }, .tooLarge),
            (
                .raw([UInt8](Compressed.gzip)).but {
                    $0.raw =
                        Array("HTTP/1.1 200 OK\r\n\r\n".utf8) + Compressed.gzip + [UInt8](repeating: 0, count: 400_000)
                }, .tooLarge
            ),
        ] as [(ScriptedAnswer, TransferFailure.Code)])
    func brokenAnswersAreFailures(_ answer: ScriptedAnswer, _ code: TransferFailure.Code) async throws {
        server.on("/", answer)
        let result = await get { $0.limits.maxBody = 100_000 }
        let failure = try #require(result.failure, "\(result)")
        #expect(failure.code == code, "\(failure)")
        #expect(failure.message.contains("127.0.0.1"), "\(failure)")
        #expect(!failure.message.contains("\n"))
        #expect(server.requests.count == 1)
    }

    /// Its status is all there is to know of an answer that is no success.
    @Test(
        arguments: [
            .status(429, "hello", ("Retry-After", "120")).but { $0.ending = .cut(3) },
            .status(429, "hello", ("Retry-After", "120")).but { $0.ending = .reset(3) },
            .status(429, "hello", ("Retry-After", "120"), ("Content-Encoding", "x")).but { $0.body = [0x80, 0x81] },
            .status(429, "", ("Retry-After", "120")).but { $0.body = [UInt8](repeating: 0x20, count: 200_000) },
            .status(429, "hello", ("Retry-After", "120")).but { $0.ending = .stall(2) },
        ] as [ScriptedAnswer])
    func aStatusCountsWhateverBecomesOfTheBody(_ answer: ScriptedAnswer) async throws {
        server.on("/", answer)
        let response = try await get {
            $0.limits.maxBody = 100_000
            $0.limits.timeout = .milliseconds(500)
        }.get()
        #expect(response.status == 429)
        #expect(response.headers.value(of: "Retry-After") == Array("120".utf8))
    }

    @Test(
        "25: the timeout bounds the whole transfer",
        arguments: [
            .ok("hello").but { $0.ending = .stall(2) },
            .ok("hello, hello, hello, hello").but { $0.drip = .seconds(1) },
            .ok("hello").but { $0.delay = .seconds(60) },
        ] as [ScriptedAnswer])
    func theTimeoutBoundsTheWholeTransfer(_ answer: ScriptedAnswer) async throws {
        server.on("/", answer)
        let started = ContinuousClock.now
        let failure = try #require(await get { $0.limits.timeout = .milliseconds(300) }.failure)
        #expect(failure.code == .timeout)
        // Without a bound it would take a minute.
        #expect(ContinuousClock.now - started < .seconds(30))
    }

    @Test(
        "25: endless headers are cut",
        arguments: ["many lines", "one line", "interim responses", "empty fields", "folded lines", "folded blanks"])
    func endlessHeadersAreCut(_ kind: String) async throws {
        let raw =
            switch kind {
            case "many lines":
                "HTTP/1.1 200 OK\r\n" + String(repeating: "X: \(String(repeating: "y", count: 900))\r\n", count: 400)
            case "one line": "HTTP/1.1 200 OK\r\nX: \(String(repeating: "y", count: 200_000))"
            case "empty fields": "HTTP/1.1 200 OK\r\n" + String(repeating: "a:\r\n", count: 3000)
            case "folded lines": "HTTP/1.1 200 OK\r\nX: a\r\n" + String(repeating: " b\r\n", count: 3000)
            case "folded blanks": "HTTP/1.1 200 OK\r\nX: a\r\n" + String(repeating: " \r\n", count: 3000)
            default: "HTTP/1.1 100 Continue\r\n\r\n"
            }
        server.on("/", .raw(raw).but { $0.repeatsRaw = true })
        let failure = try #require(await get { $0.limits.timeout = .seconds(20) }.failure)
        #expect(failure.code == .tooLarge, "\(failure)")
        #expect(failure.message.contains("header"), "\(failure)")
        #expect(failure.bytesOnWire < 400 << 10)
    }

    @Test func endlessTrailersAreCut() async throws {
        let pad = String(repeating: "X: \(String(repeating: "y", count: 900))\r\n", count: 2000)
        server.on("/", .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n" + pad))
        let failure = try #require(await get().failure)
        #expect(failure.code == .tooLarge || failure.code == .badResponse, "\(failure)")
    }

    @Test func anUnknownHostIsADNSFailure() async throws {
        let failure = try #require(await client.send(request("http://no-such-host.invalid/")).failure)
        #expect(failure.code == .dns)
        #expect(failure.message.contains("no-such-host.invalid"))
    }

    @Test func aClosedPortIsAConnectFailure() async throws {
        server.stop()
        _ = try await eventually { server.openConnectionCount == 0 }
        let failure = try #require(await get().failure)
        #expect(failure.code == .connect)
    }

    @Test(arguments: ["", "http://", "http://a b/", "http://[::zz]/", "nonsense", "http://u:p@127.0.0.1/"])
    func whatIsNoURLIsSaidToBeNone(_ url: String) async throws {
        let failure = try #require(await client.send(request(url)).failure)
        #expect([.badURL, .dns].contains(failure.code), "\(failure)")
    }

    @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "dict://127.0.0.1/"])
    func onlyHTTPIsSpoken(_ url: String) async throws {
        let failure = try #require(await client.send(request(url)).failure)
        #expect(failure.code == .badResponse, "\(failure)")
    }

    // MARK: Connections

    @Test func connectionsAreKept() async throws {
        server.otherwise { _ in .ok("x") }
        for n in 0..<5 { _ = try await get("/\(n)").get() }
        #expect(server.connectionCount == 1)
    }

    @Test func connectionsAreNotKeptInVain() async throws {
        server.otherwise { _ in .ok("x") }
        for n in 0..<3 { _ = try await get("/\(n)") { $0.keepsConnection = false }.get() }
        #expect(server.connectionCount == 3)
    }

    @Test("22: a kept connection that the server has closed is opened again")
    func aKeptConnectionThatTheServerClosedIsOpenedAgain() async throws {
        server.otherwise { _ in .ok("x").but { $0.closes = true } }
        for n in 0..<3 {
            #expect(try await get("/\(n)").get().status == 200)
            _ = try await eventually { server.openConnectionCount == 0 }
        }
        #expect(server.requests.count == 3)
    }

    @Test func aUnixSocketIsAskedWhateverThePolicy() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).sock").path
        var ask = HTTPRequest(url: "http://localhost/status", addressPolicy: .publicOnly(except: []))
        ask.unixSocketPath = path
        let failure = try #require(await client.send(ask).failure)
        #expect(failure.code == .connect)
        #expect(failure.message.contains(path))
        let server = try ScriptedServer(unixSocketPath: path)
        defer { unlink(path) }
        server.on("/status", .ok("up"))
        #expect(try await client.send(ask).get().text == "up")
    }

    // MARK: The address guard

    @Test("42: private addresses are refused before they are connected to")
    func privateAddressesAreRefusedBeforeTheyAreConnectedTo() async throws {
        for host in [
            "127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "[::1]",
        ] {
            let result = await client.send(
                request("http://\(host):\(server.port)/") { $0.addressPolicy = .publicOnly(except: []) })
            let failure = try #require(result.failure)
            #expect(failure.code == .addressRefused, "\(failure)")
            #expect(failure.message.contains(host) && failure.message.contains("allow_private_addresses"), "\(failure)")
        }
        #expect(server.connectionCount == 0)
    }

    @Test func rangesOpenTheirAddressesAlone() async throws {
        server.on("/", .ok("x"))
        let range = try #require(AddressRange("127.0.0.1/32"))
        #expect(await get("/") { $0.addressPolicy = .publicOnly(except: [range]) }.failure == nil)
        let other = await client.send(
            request("http://127.0.0.2:\(server.port)/") { $0.addressPolicy = .publicOnly(except: [range]) })
        #expect(other.failure?.code == .addressRefused)
    }

    /// One feed may be allowed where another is not, and the connection of the first is still open.
    @Test("43: a kept connection is judged by each request's policy") func aKeptConnectionIsJudgedByEachRequestsPolicy()
        async throws
    {
        server.otherwise { _ in .ok("x") }
        _ = try await get("/1").get()
        let second = await get("/2") { $0.addressPolicy = .publicOnly(except: []) }
        #expect(second.failure?.code == .addressRefused)
        _ = try await get("/3").get()
        #expect(server.requests.map(\.target) == ["/1", "/3"])
    }

    // MARK: Proxies

    @Test func aProxyIsAskedAndItsAddressIsNotJudged() async throws {
        server.otherwise { _ in .ok("by proxy") }
        let proxied = try makeClient { $0.proxy = .url("http://127.0.0.1:\(server.port)") }
        let response = try await proxied.send(
            request("http://example.invalid/x") { $0.addressPolicy = .publicOnly(except: []) }
        ).get()
        #expect(response.text == "by proxy")
        #expect(server.requests[0].target == "http://example.invalid/x")
        #expect(!server.requests[0].fields.contains { $0.name == "User-Agent" })
        for host in [
            "127.0.0.1", "2130706433", "[::1]", "localhost", "%31%32%37.0.0.1", "127%2e0.0.1", "%6cocalhost",
            "[::1%25lo]",
            "[fe80::1%25eth0]", "6425673729", "0x17f000001", "1.2.3.4.5", "[::ffff:0:127.0.0.1]",
        ] {
            let refused = await proxied.send(
                request("http://\(host)/") { $0.addressPolicy = .publicOnly(except: []) })
            #expect(refused.failure?.code == .addressRefused, "\(host): \(refused)")
        }
        // libcurl leaves out the joiner, and would ask for localhost.
        let joined = await proxied.send(
            request("http://local\u{200D}host/") { $0.addressPolicy = .publicOnly(except: []) })
        #expect(joined.failure?.code == .badURL, "\(joined)")
        #expect(server.requests.count == 1)
    }

    @Test func aProxyThatOpensNoTunnelIsAConnectFailure() async throws {
        server.otherwise { _ in .status(403, "no") }
        let proxied = try makeClient { $0.proxy = .url("http://127.0.0.1:\(server.port)") }
        let failure = try #require(await proxied.send(request("https://example.invalid/x")).failure)
        #expect(failure.code == .connect, "\(failure)")
        #expect(server.requests[0].method == "CONNECT")
    }

    @Test func aMissingCAFileIsSaidAtOnce() {
        #expect(throws: HTTPClientError.unreadableCAFile("/nonexistent.pem", setBy: "ca_file")) {
            try makeClient { $0.caFile = "/nonexistent.pem" }
        }
    }
}
