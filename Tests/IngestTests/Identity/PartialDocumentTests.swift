import Archive
import FeedModel
import Testing

@testable import Ingest

/// Documents that hubs send: they hold what is new, and come late, again and out of order.
@Suite struct PartialDocumentTests {
    let url = "http://a.example/feed"

    private func current(_ lab: IdentityLab) async throws -> Set<String> {
        let feed = try #require(try lab.archive.feed(url: url)?.id)
        return try await lab.archive.write { Set(try $0.currentSightings(of: feed).compactMap(\.guid)) }
    }

    @Test func whatIsMissingHasNotLeft() async throws {
        let lab = try IdentityLab()
        try await lab.poll(url, [entry("a", html: "A"), entry("b", html: "B")])
        let pushed = try await lab.poll(url, [entry("c", html: "C")], isPushed: true)
        #expect(pushed.new == 1)
        #expect(try await current(lab) == ["a", "b", "c"])
        // A poll is told by a whole document.
        try await lab.poll(url, [entry("c", html: "C")])
        #expect(try await current(lab) == ["c"])
    }

    @Test func whatHasLeftDoesNotComeBackByAReplay() async throws {
        let lab = try IdentityLab()
        try await lab.poll(url, [entry("a", html: "A")])
        try await lab.poll(url, [entry("b", html: "B")])
        let replayed = try await lab.poll(url, [entry("a", html: "A")], isPushed: true)
        #expect(replayed.new + replayed.revised + replayed.duplicates == 0)
        #expect(try await current(lab) == ["b"])
    }

    @Test(arguments: [false, true])
    func anEarlierStateThatIsSentAgainRevertsNothing(isDated: Bool) async throws {
        let lab = try IdentityLab()
        func state(_ number: Int64) -> Entry {
            entry("a", html: longText(Int(number)), published: 1000, updated: isDated ? 1000 + number : nil)
        }
        try await lab.poll(url, [state(1)])
        #expect(try await lab.poll(url, [state(2)], isPushed: true).revised == 1)
        #expect(try await lab.poll(url, [state(1)], isPushed: true).revised == 0)
        #expect(try await lab.poll(url, [state(2)], isPushed: true).revised == 0)
        #expect(try lab.articles.map(\.revision) == [2])
        #expect(try lab.articles.first?.text == longText(2))
    }

    @Test func anEarlierStateThatComesTooLateIsNotTheNewest() async throws {
        let lab = try IdentityLab()
        func state(_ number: Int64) -> Entry { entry("a", html: longText(Int(number)), updated: 1000 + number) }
        try await lab.poll(url, [state(1)])
        try await lab.poll(url, [state(3)], isPushed: true)
        #expect(try await lab.poll(url, [state(2)], isPushed: true).revised == 0)
        #expect(try lab.articles.first?.text == longText(3))
    }

    @Test func anEditBackWithALaterDateIsAnEdit() async throws {
        let lab = try IdentityLab()
        try await lab.poll(url, [entry("a", html: longText(1), updated: 1001)])
        try await lab.poll(url, [entry("a", html: longText(2), updated: 1002)], isPushed: true)
        #expect(try await lab.poll(url, [entry("a", html: longText(1), updated: 1003)], isPushed: true).revised == 1)
    }

    /// The poll was answered before the push, and is committed after it.
    @Test func aPollThatMissesWhatWasPushedDatesNothingBack() async throws {
        let lab = try IdentityLab()
        try await lab.poll(url, [entry("a", html: "A")])
        try await lab.poll(url, [entry("b", html: "B")], isPushed: true)
        let pushedAt = lab.now
        try await lab.poll(url, [entry("a", html: "A")])
        let feed = try #require(try lab.archive.feed(url: url)?.id)
        let known = try await lab.archive.write { try $0.sighting(of: feed, guid: "b") }
        #expect(known?.lastSeen == pushedAt)
        #expect(try await lab.poll(url, [entry("a", html: "A"), entry("b", html: "B")]).new == 0)
        #expect(try await current(lab) == ["a", "b"])
    }
}
