import Foundation
import TestSupport
import Testing

/// `fetch` and `discover`: what a feed's publisher would see, and nothing in the archive.
struct FetchTests {
    @Test func fetchTellsWhatAPollWouldDo() async throws {
        let lab = try Lab()
        try lab.configure(targets: [])
        lab.server.on("/feed.xml", .ok(Lab.rss("one", "two")))
        let url = lab.server.url("/feed.xml")
        let json = try #require(try await lab.json("fetch", url).first)
        #expect(json["response"]["status"].int == 200)
        #expect(json["feed"]["entries"].int == 2)
        #expect(json["decision"]["state"].string == "active")
        #expect(json["decision"]["next_poll"].isThere)
        let text = try await lab.run("fetch", url)
        #expect(text.status == 0)
        #expect(text.stdout.contains("> User-Agent: ingestd/"))
        #expect(text.stdout.contains("2 entries"))
        #expect(!FileManager.default.fileExists(atPath: lab.archive))
    }

    @Test func fetchOfWhatIsNoFeedSaysWhy() async throws {
        let lab = try Lab()
        try lab.configure(targets: [])
        let missing = try await lab.run("fetch", lab.server.url("/none"))
        #expect(missing.status == 1)
        #expect(missing.stdout.contains("http-404"))
        let nobody = try await lab.run("fetch", "http://127.0.0.1:1/")
        #expect(nobody.status == 1)
        #expect(nobody.stdout.contains("connect"))
        let nonsense = try await lab.run("fetch", "nonsense")
        #expect(nonsense.status == 64 && nonsense.stderr.contains("https://"))
    }

    @Test func discoverFindsWhatThePageAnnounces() async throws {
        let lab = try Lab()
        try lab.configure(targets: [])
        let page =
            "<html><head><link rel=alternate type=application/rss+xml href=/a.xml>"
            + "<link rel=alternate type=application/atom+xml href=/broken.xml></head></html>"
        lab.server.on("/", .ok(page))
        lab.server.on("/a.xml", .ok(Lab.rss("one")))
        let result = try await lab.run("discover", lab.server.url("/"))
        #expect(result.status == 0)
        #expect(result.lines.count == 1)
        #expect(result.stdout.contains(lab.server.url("/a.xml")))
        let json = try #require(try await lab.json("discover", lab.server.url("/")).first)
        #expect(json["feeds"].array.map { $0["origin"].string } == ["announced"])
    }

    @Test func discoverLooksInCommonPlaces() async throws {
        let lab = try Lab()
        try lab.configure(targets: [])
        lab.server.on("/blog/", .ok("<html><p>hello</p></html>"))
        lab.server.on("/rss.xml", .ok(Lab.rss("one")))
        let found = try await lab.run("discover", lab.server.url("/blog/"))
        #expect(found.status == 0)
        #expect(found.stdout.contains(lab.server.url("/rss.xml")))
        let none = try await lab.run("discover", lab.server.url("/none"))
        #expect(none.status == 1)
        #expect(none.stderr.contains("http-404"))
    }

    @Test("43: fetch and discover keep to the address guard") func bothKeepToTheAddressGuard() async throws {
        let lab = try Lab()
        try lab.folder.write("archive: ./archive\nfetch: {proxy: null}\nfeeds: []\n", to: "feeds.yaml")
        lab.server.on("/", .ok(Lab.rss("one")))
        for command in ["fetch", "discover"] {
            let result = try await lab.run(command, lab.server.url("/"))
            #expect(result.status == 1)
            #expect((result.stdout + result.stderr).contains("address-refused"))
        }
    }

    @Test func bothLeaveAHostAloneThatAskedForQuiet() async throws {
        let lab = try Lab()
        try lab.configure(targets: ["/feed.xml"])
        lab.server.otherwise { _ in .status(429, "", ("Retry-After", "1000")) }
        #expect(try await lab.run("run", "--once").status == 0)
        for command in ["fetch", "discover"] {
            let result = try await lab.run(command, lab.server.url("/other.xml"))
            #expect(result.status == 1)
            #expect((result.stdout + result.stderr).contains("host-paused: the host has asked for quiet until 20"))
        }
        #expect(lab.server.requests.count == 1)
    }

    @Test func explainNamesTheRuleThatDecided() async throws {
        let lab = try Lab()
        try lab.configure(targets: ["/feed.xml"], schedule: ["min_interval: 5m"])
        lab.server.on("/feed.xml", .ok(Lab.rss("one"), ("Cache-Control", "max-age=7200")))
        let url = lab.server.url("/feed.xml")
        #expect(try await lab.run("run", "--once").status == 0)
        let json = try #require(try await lab.json("explain", url).first)
        #expect(json["interval_reason"].string == "cache-control")
        let deciding = json["weighed"].array.filter { $0["decides"].bool }
        #expect(deciding.map { $0["interval_seconds"].int } == [7200])
        #expect(json["host"]["feeds"].int == 1)
        let text = try await lab.run("explain", url)
        #expect(text.stdout.contains("→ cache-control: 2 h"))
        let unknown = try await lab.run("explain", "http://nobody.example/")
        #expect(unknown.status == 1 && unknown.stderr.contains("no feed of the configuration"))
    }
}
