import FeedModel
import Synchronization
import Testing

@testable import Service

@Suite struct DeliveryGateTests {
    /// Which documents were told to give up.
    private final class Told: Sendable {
        private let names = Mutex<[String]>([])
        var all: [String] { names.withLock { $0 } }
        func add(_ name: String) { names.withLock { $0.append(name) } }
    }

    private func begin(_ gate: DeliveryGate, _ subscription: String) async throws -> DeliveryGate.ID {
        try #require(await gate.begin(subscription, giveUp: {}))
    }

    @Test("one subscription has so many on their way, and another one is not concerned")
    func manyOfOne() async throws {
        let gate = DeliveryGate()
        var ids: [DeliveryGate.ID] = []
        for _ in 0..<32 { ids.append(try await begin(gate, "evil")) }
        #expect(await gate.begin("evil", giveUp: {}) == nil)
        let good = try await begin(gate, "good")
        #expect(await gate.turn(good))
        await gate.end(ids[0])
        _ = try await begin(gate, "evil")
    }

    @Test("one of a subscription is archived at a time, and four of all")
    func turns() async throws {
        let gate = DeliveryGate()
        let first = try await begin(gate, "a")
        let second = try await begin(gate, "a")
        #expect(await gate.turn(first))
        async let turn = gate.turn(second)
        for name in ["b", "c", "d"] { #expect(await gate.turn(try await begin(gate, name))) }
        await gate.end(first)
        #expect(await turn)
    }

    @Test("who holds most gives up where memory is short") func memory() async throws {
        let gate = DeliveryGate()
        let told = Told()
        var evil: [DeliveryGate.ID] = []
        for number in 0..<4 {
            let id = try #require(await gate.begin("evil", giveUp: { told.add("evil \(number)") }))
            #expect(await gate.grow(id, by: 20 + number, limit: 100))
            evil.append(id)
        }
        let good = try #require(await gate.begin("good", giveUp: { told.add("good") }))
        #expect(await gate.grow(good, by: 30, limit: 100))
        #expect(told.all == ["evil 3"])
        #expect(await !gate.grow(evil[3], by: 1, limit: 100))
        #expect(await !gate.turn(evil[3]))
        // The largest of all is its own.
        #expect(await !gate.grow(good, by: 80, limit: 100))
        #expect(told.all == ["evil 3", "good"])
    }

    @Test("a document that waits gives up too") func waiting() async throws {
        let gate = DeliveryGate()
        let first = try await begin(gate, "evil")
        #expect(await gate.turn(first))
        let second = try await begin(gate, "evil")
        #expect(await gate.grow(second, by: 90, limit: 100))
        async let turn = gate.turn(second)
        let good = try await begin(gate, "good")
        #expect(await gate.grow(good, by: 20, limit: 100))
        #expect(await !turn)
        #expect(await gate.turn(good))
    }

    @Test(
        "a body comes at a pace",
        arguments: [
            (bytes: 0, seconds: 9, isTooSlow: false), (bytes: 0, seconds: 10, isTooSlow: true),
            (bytes: 10_239, seconds: 10, isTooSlow: true), (bytes: 10_240, seconds: 10, isTooSlow: false),
            (bytes: 10_240, seconds: 11, isTooSlow: true),
        ])
    func pace(bytes: Int, seconds: Int64, isTooSlow: Bool) {
        #expect(BodyPace.isTooSlow(bytes: bytes, after: .seconds(seconds)) == isTooSlow)
    }

    @Test(
        "what listens leaves descriptors for polls",
        arguments: [
            (asked: 1024, limit: 65_536, transfers: 64, connections: 1024),
            (asked: 1024, limit: 1024, transfers: 64, connections: 256),
            (asked: 64, limit: 1024, transfers: 64, connections: 64),
            (asked: 1024, limit: 1024, transfers: 256, connections: 64),
            (asked: 1024, limit: 256, transfers: 64, connections: 16),
        ])
    func descriptors(asked: Int, limit: Int, transfers: Int, connections: Int) {
        #expect(DescriptorLimit.connections(asked: asked, limit: limit, transfers: transfers) == connections)
    }
}
