import Foundation
import TestSupport
import Testing

/// `run --once` over feeds that work and feeds that fail in every way there is.
@Suite struct RoundTests {
    /// What is asked, what it is answered, and the code of the failure that this is.
    private struct Failing {
        var target: String
        var code: String
        var answer: ScriptedAnswer

        init(_ target: String, _ code: String, _ answer: ScriptedAnswer) {
            self.target = target
            self.code = code
            self.answer = answer
        }
    }

    private static let page = "<!DOCTYPE html><html><head><title>Not found</title></head><body>hello</body></html>"

    private static var failing: [Failing] {
        let statuses =
            [201, 202, 203, 204, 206, 207, 300, 304, 305, 306]
            + [400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 411, 412, 413, 414, 415, 416, 417, 418]
            + [421, 422, 423, 424, 425, 426, 428, 431, 451, 499]
            + [500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511, 520, 521, 522, 525, 530, 599]
        var all = statuses.map { Failing("/status/\($0)", "http-\($0)", .status($0, page)) }
        all += [
            Failing("/status/410", "http-410", .status(410)),
            Failing("/status/503-later", "http-503", .status(503, "", ("Retry-After", "7200"))),
        ]
        all += [301, 302, 303, 307, 308].map { Failing("/moved/nowhere/\($0)", "bad-redirect", .status($0, page)) }
        all += [
            ("ftp", "ftp://127.0.0.1/feed.xml"), ("file", "file:///etc/passwd"), ("script", "javascript:alert(1)"),
            ("empty", ""), ("junk", "http://[::1"), ("data", "data:text/xml,<rss/>"),
        ].map { Failing("/moved/\($0.0)", "bad-redirect", .redirect(301, $0.1)) }
        all += [301, 302, 307, 308].map { Failing("/loop/\($0)", "too-many-redirects", .redirect($0, "/loop/\($0)")) }
        all += [
            Failing("/moved/404", "http-404", .redirect(302, "/not-there")),
            Failing("/page", "no-feed", .ok(page, ("Content-Type", "text/html"))),
            Failing("/page-as-rss", "no-feed", .ok(page, ("Content-Type", "application/rss+xml"))),
            Failing(
                "/image", "no-feed",
                .ok(Array("\u{89}PNG\r\n\u{1A}\n".unicodeScalars.map { UInt8($0.value) }) + (0...255))),
            Failing("/json", "no-feed", .ok("{\"items\": [1, 2]}", ("Content-Type", "application/json"))),
            Failing("/json-broken", "truncated", .ok("{\"version\": ", ("Content-Type", "application/json"))),
            Failing("/xml", "no-feed", .ok("<?xml version=\"1.0\"?><svg/>", ("Content-Type", "text/xml"))),
            Failing("/opml", "no-feed", .ok("<?xml version=\"1.0\"?><opml version=\"2.0\"><body/></opml>")),
            Failing("/sitemap", "no-feed", .ok("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"/>")),
            Failing("/soap", "no-feed", .ok("<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"/>")),
            Failing("/text", "no-feed", .ok("Dear reader, this feed has moved.")),
            Failing("/zeros", "empty", .ok([UInt8](repeating: 0, count: 1000))),
            Failing("/empty", "empty", .ok("", ("Content-Type", "text/xml"))),
            Failing("/empty-chunked", "empty", ScriptedAnswer.ok("").but { $0.framing = .chunked(10) }),
            Failing("/blank", "empty", .ok("  \r\n\t ")),
            Failing("/too-large", "too-large", .ok([UInt8](repeating: 0x20, count: 200_000))),
            Failing(
                "/too-large-chunked", "too-large",
                ScriptedAnswer.ok([UInt8](repeating: 0x20, count: 200_000)).but { $0.framing = .chunked(8000) }),
            Failing("/gzip-bad", "bad-encoding", .ok("this is not gzip", ("Content-Encoding", "gzip"))),
            Failing("/brotli-bad", "bad-encoding", .ok("this is not brotli", ("Content-Encoding", "br"))),
            Failing("/encoding-unknown", "bad-encoding", .ok("whatever", ("Content-Encoding", "compress"))),
            Failing("/cut", "truncated", ScriptedAnswer.ok(Lab.rss("cut")).but { $0.ending = .cut(100) }),
            Failing(
                "/cut-chunked", "truncated",
                ScriptedAnswer.ok(Lab.rss("cut")).but {
                    $0.framing = .chunked(50)
                    $0.ending = .cut(100)
                }),
            Failing("/reset", "reset", ScriptedAnswer.ok(Lab.rss("reset")).but { $0.ending = .reset(100) }),
            Failing("/reset-at-once", "reset", .raw("")),
            Failing("/no-http", "no-feed", .raw("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")),
            Failing("/stall", "timeout", ScriptedAnswer.ok(Lab.rss("stall")).but { $0.ending = .stall(100) }),
            Failing("/silence", "timeout", ScriptedAnswer.ok(Lab.rss("late")).but { $0.delay = .seconds(60) }),
        ]
        return all
    }

    @Test func everyFailingFeedHasItsLineAndTheGoodOnesAreArchived() async throws {
        let lab = try Lab()
        let failing = Self.failing
        for feed in failing { lab.server.on(feed.target, feed.answer) }
        lab.server.on("/good.rss", .ok(Lab.rss("rss-1", "rss-2")))
        lab.server.on(
            "/good.json",
            .ok(
                "{\"version\": \"https://jsonfeed.org/version/1.1\", \"title\": \"J\", \"items\": [{\"id\": \"json-1\", \"content_text\": \"a\"}]}"
            ))
        lab.server.on("/moved.rss", .redirect(302, "/moved-here.rss"))
        lab.server.on("/moved-here.rss", .ok(Lab.rss("moved-1")))
        lab.server.on("/chunked.rss", ScriptedAnswer.ok(Lab.rss("chunked-1")).but { $0.framing = .chunked(7) })
        lab.server.on("/no-articles.rss", .ok(Lab.rss()))
        let good = ["/good.rss", "/good.json", "/moved.rss", "/chunked.rss", "/no-articles.rss"].map(lab.server.url)
        // A host that asks for quiet has none of its other feeds polled, so it is a host of its own.
        let busy = try ScriptedServer(address: "127.0.0.2")
        busy.on("/busy", .status(429, "", ("Retry-After", "3600")))
        var codes = Dictionary(uniqueKeysWithValues: failing.map { (lab.server.url($0.target), $0.code) })
        codes[busy.url("/busy")] = "http-429"
        codes["http://127.0.0.1:1/refused"] = "connect"
        codes["http://nobody.invalid/feed"] = "dns"
        #expect(codes.count >= 100)
        try lab.configure(
            Array(codes.keys) + good, fetch: ["timeout: 8s", "connect_timeout: 8s", "max_body: 64KiB", "per_host: 16"])

        let result = try await lab.run("run", "--once")
        #expect(result.status == 0)
        #expect(result.stderr.isEmpty, "\(result.stderr)")
        var failed: [String: String] = [:]
        for line in result.lines.dropLast() {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            try #require(words.count == 4 && words[0] == "failed", "\(line)")
            let url = String(words[1].dropLast())
            #expect(failed[url] == nil, "twice: \(url)")
            failed[url] = String(words[2].dropLast())
            #expect(words[3].count > 10, "a reason: \(line)")
        }
        for (url, code) in codes { #expect(failed[url] == code, "\(url)") }
        #expect(failed.count == codes.count)
        let summary = try #require(result.lines.last)
        #expect(summary.hasPrefix("polled \(codes.count + good.count) feeds in "))
        #expect(
            summary.contains(
                ": 4 changed, 1 not modified, \(codes.count) failed; 5 new articles, 0 revised, 0 duplicates; "))

        let articles = try await lab.json("articles").map { $0["id"].string }.sorted()
        #expect(articles == ["chunked-1", "json-1", "moved-1", "rss-1", "rss-2"])
        let feeds = try await lab.json("feeds", "--failing")
        #expect(feeds.count == codes.count)
        for feed in feeds {
            let url = feed["configured_url"].string
            #expect(feed["last_error"]["code"].string == codes[url])
            #expect(feed["failures"].int == 1)
            let isGone = url.hasSuffix("/410")
            #expect(feed["state"].string == (isGone ? "gone" : "failing"))
            #expect(feed["next_poll"].isThere == !isGone)
        }
        // Nothing is due any more.
        let second = try #require(try await lab.json("run", "--once").first)
        #expect(second["polled"].int == 0)
        // With force all are asked again, but those that are gone, and those of a host that asked for quiet.
        let third = try #require(try await lab.json("run", "--once", "--force").first)
        #expect(third["polled"].int == codes.count + good.count - 2)
        #expect(third["new"].int == 0)
    }

    /// Nobody can be reached: that is nobody's failure but ours.
    @Test func ourOwnNetworkIsOut() async throws {
        let lab = try Lab()
        let urls = (1...7).map { "http://127.0.9.\($0):1/feed.xml" }
        try lab.configure(urls)
        let round = try await lab.run("run", "--once")
        #expect(round.status == 0)
        #expect(round.stderr.contains("our own network seems to be out"))
        #expect(round.lines.count == 1 && round.stdout.contains("polled 0 feeds"), "\(round.stdout)")
        let feeds = try await lab.json("feeds")
        #expect(feeds.count == 7 && feeds.allSatisfy { $0["state"].string == "active" && !$0["last_poll"].isThere })
        let problems = try await lab.status().json["problems"].array
        let outage = problems.filter { $0["message"].string.hasPrefix("our own network seems to be out") }
        #expect(outage.count == 1 && outage[0]["severity"].string == "warning" && outage[0]["since"].isThere)
    }

    @Test func theSummaryAsJSON() async throws {
        let lab = try Lab()
        lab.server.on("/feed.xml", .ok(Lab.rss("one", "two"), ("ETag", "\"1\"")), .status(304))
        lab.server.on("/edited.xml", .ok(Lab.rss([("a", "first text")])), .ok(Lab.rss([("a", "another text")])))
        try lab.configure(targets: ["/feed.xml", "/edited.xml", "/none.xml"])
        let result = try await lab.run("run", "--once", "--json")
        #expect(result.lines.count == 1)
        let first = try JSON(result.stdout)
        #expect(
            first.names == [
                "polled", "changed", "not_modified", "failed", "new", "revised", "duplicates", "bytes", "seconds",
            ])
        #expect(
            ["polled", "changed", "not_modified", "failed", "new", "revised"].map { first[$0].int } == [
                3, 2, 0, 1, 3, 0,
            ])
        #expect(first["bytes"].int > 500)
        let second = try #require(try await lab.json("run", "--once", "--force").first)
        #expect(
            ["polled", "changed", "not_modified", "failed", "new", "revised"].map { second[$0].int } == [
                3, 1, 1, 1, 0, 1,
            ])
        #expect(lab.server.requests("/feed.xml").last?.value("If-None-Match") == "\"1\"")
    }

    @Test func aFeedInTwoPlacesIsOneArticle() async throws {
        let lab = try Lab()
        let text = String(repeating: "The same long story, told at length in two places. ", count: 10)
        for target in ["/a.xml", "/b.xml"] { lab.server.on(target, .ok(Lab.rss([("guid", text)]))) }
        try lab.configure(targets: ["/a.xml", "/b.xml"])
        let summary = try #require(try await lab.json("run", "--once").first)
        #expect(summary["new"].int == 1)
        #expect(summary["duplicates"].int == 1)
        #expect(try await lab.json("articles").map { $0["_ingestd"]["sightings"].int } == [2])
    }
}
