import FeedFetch
import FeedModel
import Synchronization
import TestSupport
import Testing

@Suite struct FeedFetcherTests {
    /// Lets everyone in but to hosts that are paused, and notes the moves.
    private final class Gate: HostGate {
        let moves = Mutex<[String]>([])
        let paused: [String: Timestamp]

        init(paused: [String: Timestamp] = [:]) { self.paused = paused }

        func move(from: String, to: String) async -> Timestamp? {
            moves.withLock { $0.append("\(from) \(to)") }
            return paused[to]
        }
    }

    private let server: ScriptedServer
    private let other: ScriptedServer
    private let client: HTTPClient

    init() throws {
        server = try ScriptedServer()
        other = try ScriptedServer(address: "127.0.0.2")
        client = try makeClient()
    }

    private func fetch(
        _ target: String = "/feed.xml", gate: Gate = Gate(), _ change: (inout FeedRequest) -> Void = { _ in }
    ) async -> FetchOutcome {
        var request = FeedRequest(
            url: server.url(target), userAgent: "ingestd/1.0 (ops@example.org)", addressPolicy: .any)
        change(&request)
        return await FeedFetcher(client: client, gate: gate).fetch(request)
    }

    private func response(_ outcome: FetchOutcome) throws -> FeedResponse {
        switch outcome {
        case .response(let response): return response
        case .failure(let failure): throw failure
        }
    }

    private struct Unexpected: Error { var status: Int }

    private func failure(_ outcome: FetchOutcome) throws -> FetchFailure {
        switch outcome {
        case .response(let response): throw Unexpected(status: response.status)
        case .failure(let failure): return failure
        }
    }

    // MARK: The request

    @Test func theRequestHasTheseFieldsAndNoOthers() async throws {
        server.on("/feed.xml", .ok("x"))
        let response = try response(await fetch())
        let fields = server.requests[0].fields
        #expect(fields.map(\.name) == ["Host", "User-Agent", "Accept", "Accept-Encoding", "A-IM"])
        #expect(server.requests[0].value("User-Agent") == "ingestd/1.0 (ops@example.org)")
        let accept = try #require(server.requests[0].value("Accept"))
        for type in ["application/atom+xml", "application/rss+xml", "application/feed+json"] {
            #expect(accept.contains(type))
        }
        #expect(accept.hasSuffix("*/*;q=0.1"))
        #expect(server.requests[0].value("Accept-Encoding") == "gzip, deflate, br, zstd")
        #expect(response.requestHeaders.map(\.name) == ["User-Agent", "Accept", "Accept-Encoding", "A-IM"])
        #expect(!response.wasConditional)
        #expect(response.heldHost == "127.0.0.1")
        #expect(response.permanentURL == nil && response.hops.isEmpty && response.finalURL == server.url())
    }

    @Test(arguments: [
        ("/my feed.xml?x=a b", "/my%20feed.xml?x=a%20b"),
        ("/новости/%D0%B0.xml?q=ü", "/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/%D0%B0.xml?q=%C3%BC"),
        ("?feed=rss2", "/?feed=rss2"), ("", "/"), ("/f#frag", "/f"), ("/a[]=1?b[]=2", "/a[]=1?b[]=2"),
    ]) func urlsGoOutInTheirWireForm(_ path: String, _ target: String) async throws {
        server.otherwise { _ in .ok("x") }
        _ = try response(await fetch(path))
        #expect(server.requests.map(\.target) == [target])
    }

    @Test func validatorsGoBackByteForByte() async throws {
        server.on("/feed.xml", .status(304))
        let etag: [UInt8] = [0x22, 0xE9, 0xFF, 0x5C, 0x22]
        let response = try response(
            await fetch {
                $0.validators = Validators(
                    etag: etag, lastModified: Array("Sat, 1 Nov".utf8), url: $0.url + "#fragment")
            })
        #expect(server.requests[0].bytes("If-None-Match") == [etag])
        #expect(server.requests[0].values("If-Modified-Since") == ["Sat, 1 Nov"])
        #expect(response.status == 304)
        #expect(response.wasConditional)
    }

    @Test func anEmptyETagIsSentAndNoneIsNot() async throws {
        server.on("/feed.xml", .ok("x"))
        _ = try response(await fetch { $0.validators = Validators(etag: [], lastModified: nil, url: $0.url) })
        #expect(server.requests[0].bytes("If-None-Match") == [[]])
        #expect(server.requests[0].bytes("If-Modified-Since") == [])
    }

    @Test func validatorsGoToTheirURLAlone() async throws {
        server.on("/feed.xml", .redirect(302, "/b.xml"))
        server.on("/b.xml", .ok("b"))
        let atTarget = try response(
            await fetch {
                $0.validators = Validators(etag: Array("\"b\"".utf8), lastModified: nil, url: server.url("/b.xml"))
            })
        #expect(atTarget.wasConditional)
        #expect(server.requests("/feed.xml")[0].value("If-None-Match") == nil)
        #expect(server.requests("/b.xml")[0].value("If-None-Match") == "\"b\"")
        let elsewhere = try response(
            await fetch {
                $0.validators = Validators(etag: Array("\"c\"".utf8), lastModified: nil, url: server.url("/c.xml"))
            })
        #expect(!elsewhere.wasConditional)
        #expect(server.requests.allSatisfy { $0.value("If-None-Match") != "\"c\"" })
    }

    // MARK: Secrets

    @Test(arguments: [
        (Credential.basic(username: "u", password: "pass:wörd"), "Basic dTpwYXNzOnfDtnJk"),
        (Credential.bearer("tok-123.abc"), "Bearer tok-123.abc"),
    ]) func credentialsAreSent(_ credential: Credential, _ value: String) async throws {
        server.on("/feed.xml", .ok("x"))
        let response = try response(await fetch { $0.credential = credential })
        #expect(server.requests[0].values("Authorization") == [value])
        #expect(response.requestHeaders.value(of: "Authorization") == Array("***".utf8))
    }

    @Test("41: secrets appear in no output") func credentialsAreNotShown() {
        for credential in [Credential.basic(username: "u", password: "s3cret"), .bearer("s3cret")] {
            var text = "\(credential) \(String(reflecting: credential)) \([credential])"
            dump(credential, to: &text)
            let request = FeedRequest(
                url: "http://a/", headers: [HTTPField("X-Key", "s3cret")], credential: credential, userAgent: "x")
            text += "\(request)"
            #expect(!text.contains("s3cret"))
        }
    }

    @Test func configuredFieldsReplaceOursAndAreSentOnce() async throws {
        server.on("/feed.xml", .ok("x"))
        let response = try response(
            await fetch {
                $0.headers = [
                    HTTPField("Accept-Language", "tg"), HTTPField("accept", "text/xml"), HTTPField("X-Two", "a: b"),
                    HTTPField("x-two", "c"), HTTPField("Host", "evil"), HTTPField("If-None-Match", "mine"),
                    HTTPField("Connection", "close"), HTTPField("Content-Length", "5"), HTTPField("Range", "bytes=0-1"),
                ]
            })
        let request = server.requests[0]
        #expect(request.values("Accept-Language") == ["tg"])
        #expect(request.values("Accept") == ["text/xml"])
        #expect(request.values("X-Two") == ["c"])
        #expect(request.values("Host") == ["127.0.0.1:\(server.port)"])
        for name in ["If-None-Match", "Connection", "Content-Length", "Range"] { #expect(request.values(name) == []) }
        #expect(response.requestHeaders.value(of: "x-two") == Array("***".utf8))
    }

    @Test("35: auth and headers stay at the configured origin") func secretsStayAtTheConfiguredOrigin() async throws {
        let otherPort = try ScriptedServer()
        server.on("/feed.xml", .redirect(302, "/same"))
        server.on("/same", .redirect(302, otherPort.url("/port")))
        otherPort.on("/port", .redirect(302, other.url("/host")))
        other.on("/host", .redirect(302, server.url("/back")))
        server.on("/back", .ok("x"))
        _ = try response(
            await fetch {
                $0.credential = .bearer("t")
                $0.headers = [HTTPField("X-Api-Key", "k"), HTTPField("Accept", "text/xml")]
            })
        for target in ["/feed.xml", "/same", "/back"] {
            let request = try #require(server.requests(target).first)
            #expect(request.value("Authorization") == "Bearer t" && request.value("X-Api-Key") == "k")
        }
        for request in [otherPort.requests[0], other.requests[0]] {
            #expect(request.value("Authorization") == nil && request.value("X-Api-Key") == nil)
            #expect(request.value("Accept")?.contains("atom") == true)
        }
    }

    @Test func secretsStayAtTheConfiguredOriginAfterAKeptMove() async throws {
        other.on("/moved", .ok("x"))
        _ = try response(
            await fetch {
                $0.configuredURL = $0.url
                $0.url = other.url("/moved")
                $0.credential = .bearer("t")
            })
        #expect(other.requests[0].value("Authorization") == nil)
    }

    /// In each place where a server may write what it was sent.
    @Test func secretsThatAServerSendsBackAreTakenOut() async throws {
        let (password, key) = ("p/ss&w0rd\"x", "apikey-R7bN4xTy")
        let pair = "dTpwL3NzJncwcmQieA"
        let forms = [
            password, "p%2Fss%26w0rd%22x", "p%2fss%26w0rd%22x", "p/ss&amp;w0rd&quot;x", "p\\/ss&w0rd\\\"x", pair, key,
        ]
        let escaped = pair + "%3D%3D"
        server.on("/feed.xml", .redirect(301, "/b?echo=\(escaped)"))
        server.on(
            "/b?echo=\(escaped)",
            .ok("<rss>\(forms.joined(separator: " | "))</rss>", ("X-Echo", "Basic \(pair)=="), ("X-Other", "same")))
        let response = try response(
            await fetch {
                $0.credential = .basic(username: "u", password: password)
                $0.headers = [HTTPField("X-Api-Key", key), HTTPField("Accept-Language", "de-DE,de;q=0.8")]
            })
        #expect(response.echoesSecret)
        let stars = forms.map { _ in "***" }.joined(separator: " | ")
        #expect(String(decoding: response.body, as: UTF8.self) == "<rss>\(stars)</rss>")
        #expect(response.headers.value(of: "X-Echo") == Array("Basic ***==".utf8))
        #expect(response.headers.value(of: "X-Other") == Array("same".utf8))
        #expect(response.finalURL == server.url("/b?echo=***%3D%3D"))
        #expect(response.permanentURL == nil)
        for form in forms { #expect(!"\(response)".contains(form)) }
    }

    @Test func secretsAreTakenOutOfMessages() async throws {
        server.on("/feed.xml", .redirect(302, "ftp://x/tok-9fHq2LmWc7"))
        let failure = try failure(await fetch { $0.credential = .bearer("tok-9fHq2LmWc7") })
        #expect(failure.code == .badRedirect)
        #expect(failure.message.contains("ftp://x/***"), "\(failure)")
    }

    /// What might be a word stays: articles hold words.
    @Test(
        arguments: [
            (Credential.bearer("newsletter"), []), (.bearer("tok1"), []), (.bearer("2026-11-30"), []),
            (.basic(username: "u", password: "JavaScript"), []),
            (nil, [HTTPField("Accept-Language", "de-DE,de;q=0.8")]),
            (nil, [HTTPField("X-Forwarded-Host", "www2.example.org")]),
            (nil, [HTTPField("Cookie", "lang=english; n=12345678")]),
        ] as [(Credential?, [HTTPField])])
    func whatCouldBeAWordIsLeft(_ credential: Credential?, _ headers: [HTTPField]) async throws {
        let text = "newsletter tok1 2026-11-30 JavaScript de-DE,de;q=0.8 www2.example.org english 12345678"
        server.on("/feed.xml", .ok(text))
        let response = try response(
            await fetch {
                $0.credential = credential
                $0.headers = headers
            })
        #expect(String(decoding: response.body, as: UTF8.self) == text)
        #expect(!response.echoesSecret)
    }

    // MARK: Redirects

    @Test func aChainIsFollowedAndItsPermanentPartTold() async throws {
        server.on("/feed.xml", .redirect(301, "/b"))
        server.on("/b", .redirect(302, other.url("/c#f")))
        other.on("/c", .ok("x", ("ETag", "\"c\"")))
        let gate = Gate()
        let response = try response(await fetch(gate: gate))
        #expect(response.permanentURL == server.url("/b"))
        #expect(response.finalURL == other.url("/c"))
        #expect(response.hops.map(\.status) == [301, 302])
        #expect(response.heldHost == "127.0.0.2")
        #expect(response.bytesOnWire > 150)
        #expect(gate.moves.withLock { $0 } == ["127.0.0.1 127.0.0.1", "127.0.0.1 127.0.0.2"])
    }

    @Test func aLocationInUTF8IsFollowed() async throws {
        server.on("/feed.xml", .redirect(302, "/nové feed.xml"))
        server.otherwise { _ in .ok("x") }
        _ = try response(await fetch())
        #expect(server.requests[1].target == "/nov%C3%A9%20feed.xml")
    }

    @Test func moreThanMaxRedirectsIsAFailure() async throws {
        for n in 0..<10 { server.on("/\(n)", .redirect(302, "/\(n + 1)")) }
        let failure = try failure(await fetch("/0"))
        #expect(failure.code == .tooManyRedirects)
        #expect(server.requests.count == 6)
        #expect(failure.hops.count == 5)
        #expect(failure.heldHost == "127.0.0.1")
    }

    @Test func aLoopIsAFailure() async throws {
        server.on("/feed.xml", .redirect(301, "/b"))
        server.on("/b", .redirect(301, "/feed.xml"))
        #expect(try failure(await fetch()).code == .tooManyRedirects)
        #expect(server.requests.count == 2)
    }

    @Test(arguments: [nil, "", "file:///etc/passwd", "http://"]) func badRedirectsAreFailures(_ location: String?)
        async throws
    {
        server.on("/feed.xml", .status(301, "x").with(location.map { [("Location", $0)] } ?? []))
        let failure = try failure(await fetch())
        #expect(failure.code == .badRedirect)
        #expect(failure.message.hasPrefix("127.0.0.1: "))
    }

    @Test func aRedirectToAURLThatLibcurlRefusesIsABadRedirect() async throws {
        server.on("/feed.xml", .redirect(301, "http://a b/"))
        #expect([.badRedirect, .dns].contains(try failure(await fetch()).code))
    }

    @Test func aRedirectIntoPrivateSpaceIsRefused() async throws {
        server.on("/feed.xml", .redirect(301, other.url("/x")))
        let range = try #require(AddressRange("127.0.0.1"))
        let failure = try failure(await fetch { $0.addressPolicy = .publicOnly(except: [range]) })
        #expect(failure.code == .addressRefused)
        #expect(failure.hops.count == 1)
        #expect(failure.heldHost == "127.0.0.2")
        #expect(other.connectionCount == 0)
    }

    @Test func aRedirectToAPausedHostWaitsUntilItIsNot() async throws {
        server.on("/feed.xml", .redirect(301, other.url("/x")))
        let until = Timestamp(seconds: 2_000_000_000)
        let failure = try failure(await fetch(gate: Gate(paused: ["127.0.0.2": until])))
        #expect(failure.code == .hostPaused)
        #expect(failure.pausedUntil == until)
        #expect(failure.heldHost == nil)
        #expect(other.connectionCount == 0)
    }

    // MARK: Failures

    @Test func failuresKeepTheirCodeAndNameTheHost() async throws {
        server.on("/feed.xml", .ok("hello").but { $0.ending = .cut(3) })
        let failure = try failure(await fetch())
        #expect(failure.code == .truncated)
        #expect(failure.message.hasPrefix("127.0.0.1:\(server.port): "))
        #expect(failure.heldHost == "127.0.0.1")
        #expect(failure.bytesOnWire > 3)
        #expect(server.requests.count == 1)
    }

    @Test func anyStatusThatIsNoRedirectIsAResponse() async throws {
        for status in [200, 206, 300, 304, 401, 404, 410, 429, 500, 503] {
            server.on("/\(status)", .status(status, status == 304 ? "" : "x", ("Location", "/elsewhere")))
            #expect(try response(await fetch("/\(status)")).status == status)
        }
        #expect(server.requests("/elsewhere").isEmpty)
    }

    @Test func cancellationIsNoVerdict() async throws {
        server.on("/feed.xml", .ok("hello").but { $0.ending = .stall(2) })
        let task = Task { await fetch() }
        #expect(try await eventually { server.requests.count == 1 })
        task.cancel()
        #expect(try failure(await task.value).code == .cancelled)
    }
}
