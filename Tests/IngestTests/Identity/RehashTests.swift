import Archive
import FeedModel
import GRDB
import TestSupport
import Testing

@testable import Ingest

/// An archive that was hashed by an earlier canonical form, brought to the next one.
@Suite struct RehashTests {
    /// A next version: what this program has, without a sentence that its authors have learned is furniture, and without
    /// any parameters in URLs.
    private static func next(_ version: Int = CanonicalForm.version + 1) -> ContentHasher {
        ContentHasher(
            form: version,
            hash: { title, text, enclosures in
                let text = text.replacing(" Read on paper.", with: "")
                let form = CanonicalForm(title: title, plainText: text, enclosures: enclosures)
                return (form.hash, form.length)
            },
            urlKey: { url, origLink in
                let bare = url.map { String($0.prefix { $0 != "?" }) }
                return EntryDigest.canonicalURL(bare, origLink: origLink).map(EntryDigest.key)
            })
    }

    private static func key(_ url: String) -> Int64? { CanonicalURL.of(url).map(EntryDigest.key) }

    private static func found(_ lab: IdentityLab, _ form: ContentHasher) throws -> [String] {
        try lab.archive.verify(form) { _, _ in }.findings.filter { $0.code != .count }.map(\.message)
    }

    private static func forms(_ lab: IdentityLab) async throws -> [Int] {
        try await lab.archive.write { try $0.hashedContents(after: 0, limit: 1000).map(\.form) }
    }

    @Test func everyHashAndKeyIsMadeAnew() async throws {
        let lab = try IdentityLab()
        try await lab.poll(
            "http://a.example/",
            (0..<25).map {
                entry("g\($0)", url: "http://site.example/\($0)?x=1", html: longText($0) + " Read on paper.")
            })
        try await lab.poll(
            "http://b.example/", [entry("e", title: "Episode", enclosures: ["http://cdn.example/1.mp3"])])
        var shown: [Int] = []
        let summary = try await Rehash(lab.archive, form: Self.next(), batch: 7).run(progress: { done, total in
            shown.append(done)
            #expect(total == 52)
        })
        #expect(summary.isComplete && summary.contents == 26 && summary.sightings == 26 && summary.left == 0)
        #expect(shown.first == 0 && shown.last == 52 && shown == shown.sorted())
        #expect(try await Self.forms(lab).allSatisfy { $0 == CanonicalForm.version + 1 })
        let report = try lab.archive.verify(Self.next()) { _, _ in }
        #expect(report.hashesNotRecomputed == 0 && report.count(of: .contentHash) == 0)
        let sightings = try await lab.archive.write { try $0.keyedSightings(after: 0, limit: 100) }
        #expect(Set(sightings.prefix(25).map(\.key)) == Set((0..<25).map { Self.key("http://site.example/\($0)") }))
        // Once is enough.
        let again = try await Rehash(lab.archive, form: Self.next(), batch: 7).run(progress: { _, _ in
            Issue.record("there was nothing to do")
        })
        #expect(again.contents == 0 && again.isComplete)
    }

    @Test(arguments: 1..<14)
    func whereverItIsStoppedItGoesOn(after batches: Int) async throws {
        let lab = try IdentityLab()
        try await lab.poll(
            "http://a.example/",
            (0..<25).map { entry("g\($0)", url: "http://site.example/\($0)?x=1", html: longText($0)) })
        var left = batches
        let first = try await Rehash(lab.archive, form: Self.next(), batch: 4).run(mayGoOn: {
            left -= 1
            return left >= 0
        })
        let second = try await Rehash(lab.archive, form: Self.next(), batch: 4).run()
        #expect(first.contents + second.contents == 25 && first.sightings + second.sightings == 25)
        #expect(second.isComplete)
        #expect(try await Self.forms(lab).allSatisfy { $0 == CanonicalForm.version + 1 })
        #expect(try Self.found(lab, Self.next()).isEmpty)
    }

    @Test func aStillNewerFormTakesOverWhatWasHalfDone() async throws {
        let lab = try IdentityLab()
        try await lab.poll(
            "http://a.example/", (0..<20).map { entry("g\($0)", html: longText($0) + " Read on paper.") })
        var left = 3
        _ = try await Rehash(lab.archive, form: Self.next(), batch: 4).run(mayGoOn: {
            left -= 1
            return left >= 0
        })
        #expect(Set(try await Self.forms(lab)).count == 2)
        let newest = Self.next(CanonicalForm.version + 2)
        #expect(try await Rehash(lab.archive, form: newest, batch: 4).run().isComplete)
        #expect(Set(try await Self.forms(lab)) == [CanonicalForm.version + 2])
        #expect(try Self.found(lab, newest).isEmpty)
    }

    @Test func anOlderProgramKeepsOut() async throws {
        let lab = try IdentityLab()
        try await lab.poll("http://a.example/", [entry("g", html: longText(1))])
        _ = try await Rehash(lab.archive, form: Self.next()).run()
        await #expect(throws: ArchiveError.self) { _ = try await Rehash(lab.archive).run() }
    }

    @Test func articlesThatBecomeEqualStayTwo() async throws {
        let lab = try IdentityLab()
        try await lab.poll("http://a.example/", [entry("g", url: "http://a.example/1", html: longText(1))])
        try await lab.poll(
            "http://b.example/", [entry("g", url: "http://b.example/1", html: longText(1) + " Read on paper.")])
        #expect(try lab.articles.count == 2)
        _ = try await Rehash(lab.archive, form: Self.next()).run()
        #expect(try lab.articles.count == 2 && Set(lab.articles.map(\.hash)).count == 1)
        // What says the same in a third feed joins the older.
        try await lab.poll("http://c.example/", [entry("g", url: "http://c.example/1", html: longText(1))])
        #expect(try lab.articles.map(\.sightings) == [2, 1])
        #expect(try Self.found(lab, Self.next()).isEmpty)
    }

    @Test func statesThatBecomeEqualStayRevisionsAndMakeNoMore() async throws {
        let lab = try IdentityLab()
        let (plain, edited) = (longText(1), longText(1) + " Read on paper.")
        for (number, text) in [plain, edited, plain, edited].enumerated() {
            try await lab.poll("http://a.example/", [entry("g", html: text, updated: Int64(1000 + number))])
        }
        #expect(try lab.articles.map(\.revision) == [4])
        _ = try await Rehash(lab.archive, form: Self.next()).run()
        let revisions = try lab.revisions(try #require(try lab.articles.first))
        #expect(revisions.map { $0.text.hasSuffix("paper.") } == [false, true, false, true])
        #expect(Set(revisions.map(\.hash)).count == 1)
        // The text that both have now, in other markup: nothing has changed.
        for html in ["<b>\(plain)</b>", "<i>\(plain)</i>"] {
            let brought = try await lab.poll("http://a.example/", [entry("g", html: html, updated: 2000)])
            #expect(brought.revised == 0)
        }
        try await lab.poll("http://b.example/", [entry("h", url: "http://b.example/1", html: plain)])
        #expect(try lab.articles.map(\.revision) == [4])
        #expect(try Self.found(lab, Self.next()).isEmpty)
    }

    @Test func theFullestByTheNewFormIsShown() async throws {
        let lab = try IdentityLab()
        let furniture = String(repeating: " Read on paper.", count: 40)
        try await lab.poll(
            "http://a.example/", [entry("a", url: "http://s.example/1", html: longText(1, words: 30) + furniture)])
        try await lab.poll("http://b.example/", [entry("b", url: "http://s.example/1", html: longText(1, words: 50))])
        #expect(try lab.articles.map { $0.text.hasSuffix("paper.") } == [true])
        _ = try await Rehash(lab.archive, form: Self.next()).run()
        #expect(try lab.articles.map { $0.text.hasSuffix("x49") } == [true])
    }

    @Test func aURLThatToldNothingApartStillDoesNot() async throws {
        let lab = try IdentityLab()
        let shared = "http://site.example/today?x=1"
        try await lab.poll(
            "http://a.example/",
            [entry("1", url: shared, title: "One", html: "a"), entry("2", url: shared, title: "Two", html: "b")])
        _ = try await Rehash(lab.archive, form: Self.next()).run()
        let feed = try #require(try lab.archive.configuredFeed(url: "http://a.example/")?.id)
        let key = try #require(Self.key("http://site.example/today"))
        #expect(try await lab.archive.write { try $0.isUnreliable(.url, String(key), in: feed) })
    }

    @Test func theLinkBehindAServiceIsWhatCounts() async throws {
        let lab = try IdentityLab()
        try await lab.poll(
            "http://a.example/",
            [entry("1", url: "http://feedproxy.example/~r/1", html: "a", origLink: "http://site.example/1?y=2")])
        _ = try await Rehash(lab.archive, form: Self.next()).run()
        let sightings = try await lab.archive.write { try $0.keyedSightings(after: 0, limit: 9) }
        #expect(sightings.map(\.key) == [Self.key("http://site.example/1?y=2")])
    }

    @Test func enclosuresStandForATextThatIsFurnitureNow() async throws {
        let lab = try IdentityLab()
        let furniture = ContentHasher(form: CanonicalForm.version + 1) { title, text, enclosures in
            let form = CanonicalForm(title: title, plainText: text == "Listen!" ? "" : text, enclosures: enclosures)
            return (form.hash, form.length)
        } urlKey: { url, origLink in
            ContentHasher.current.urlKey(url, origLink)
        }
        try await lab.poll(
            "http://a.example/",
            [entry("e", title: "Episode", html: "Listen!", enclosures: ["http://cdn.example/1.mp3"])])
        _ = try await Rehash(lab.archive, form: furniture).run()
        let bare = CanonicalForm(title: "Episode", plainText: "", enclosures: ["http://cdn.example/1.mp3"])
        #expect(try lab.articles.map(\.hash) == [bare.hash])
        #expect(try Self.found(lab, furniture).isEmpty)
    }

    @Test func whatAnEarlierProgramDidNotKeepKeepsItsHash() async throws {
        let lab = try IdentityLab()
        for file in ["1.mp3", "2.mp3"] {
            try await lab.poll(
                "http://a.example/", [entry("e", title: "Episode", enclosures: ["http://cdn.example/\(file)"])])
        }
        let queue = try DatabaseQueue(path: lab.archive.path)
        // The content that is shown can be told from the attachments; the past one cannot.
        try await queue.writeWithoutTransaction { try $0.execute(sql: "UPDATE content SET enclosures = NULL") }
        let summary = try await Rehash(lab.archive, form: Self.next()).run()
        #expect(summary.contents == 1 && summary.left == 1 && summary.isComplete)
        let report = try lab.archive.verify(Self.next()) { _, _ in }
        #expect(report.hashesNotRecomputed == 1 && report.count(of: .contentHash) == 0)
    }
}

extension VerificationReport {
    fileprivate func count(of code: VerificationFinding.Code) -> Int { counts[code] ?? 0 }
}
