import Foundation
import TestSupport
import Testing

/// A consumer of the change log reads one line where a site has put its whole history into its feed.
@Suite struct FloodTests {
    private func document(_ numbers: Range<Int>, guid: String = "g") -> String {
        let newest = Date(timeIntervalSince1970: 1_790_000_000)
        let items = numbers.map { number in
            let date = (newest - Double(number) * 3600).ISO8601Format()
            return "<entry><id>urn:\(guid):\(number)</id><title>Title \(number)</title>"
                + "<link href=\"http://site.example/\(number)\"/><published>\(date)</published><updated>\(date)</updated>"
                + "<content>Text of \(number), which says a little more than the title does.</content></entry>"
        }
        return "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>urn:feed</id><title>Feed</title>"
            + "<updated>2026-01-01T00:00:00Z</updated>\(items.joined())</feed>"
    }

    @Test func oneLineStandsForFiveHundred() async throws {
        let lab = try Lab()
        lab.server.on(
            "/feed.xml", .ok(document(1..<21)), .ok(document(0..<501)), .ok(document(0..<501, guid: "other")))
        try lab.configure(targets: ["/feed.xml"])
        try await lab.run("run", "--once")
        #expect(try await lab.json("tail", "--cursor", "me").count == 20)
        try await lab.run("run", "--once", "--force")
        let lines = try await lab.json("tail", "--cursor", "me").map { $0["_ingestd"] }
        #expect(lines.map { $0["kind"].string } == ["flood", "new"])
        let flood = try #require(lines.first)
        #expect(flood["reason"].string == "old-entries" && flood["entries"].int == 480)
        #expect(flood["article_count"].int == 480 && flood["articles"].array.count == 480)
        #expect(flood["feed"]["title"].string == "Feed" && flood["seq"].int == 21)
        // What it stands for can be read, and says where it came from.
        let number = try #require(flood["articles"].array.first).int
        let article = try await lab.json("show", "\(number)")
        #expect(article.first?["title"].string == "Title 500" && article.first?["_ingestd"]["flood"].int == 21)
        let exported = try await lab.run("export", "--format", "jsonl").lines.map(JSON.init)
        #expect(exported.count { $0["_ingestd"]["flood"].int == 21 } == 480)
        #expect(try await lab.sql("SELECT count(*) FROM flood_articles WHERE seq = 21 AND kind = 'new'") == [["480"]])
        #expect(
            try await lab.sql("SELECT kind, count(*) FROM changes GROUP BY kind ORDER BY kind") == [
                ["flood", "1"], ["new", "21"],
            ])

        try await lab.run("run", "--once", "--force")
        let guids = try await lab.json("tail", "--cursor", "me").map { $0["_ingestd"] }
        #expect(guids.map { $0["reason"].string } == ["guids-changed"] && guids.first?["entries"].int == 501)
        let status = try await lab.status().json
        #expect(status["articles"]["total"].int == 501)
        let notes = status["problems"].array.filter { $0["message"].string.hasPrefix("flood: ") }
        #expect(notes.count == 2 && notes.allSatisfy { $0["severity"].string == "info" })
        let verified = try await lab.run("verify")
        #expect(verified.status == 0, "\(verified.stdout)")
    }
}
