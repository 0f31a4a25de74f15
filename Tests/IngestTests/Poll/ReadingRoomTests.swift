import FeedModel
import Synchronization
import TestSupport
import Testing

@testable import Archive
@testable import Ingest

/// Who reads what, and when.
@Suite struct ReadingRoomTests {
    private static let large = 3 << 20

    private static func enter(
        _ room: ReadingRoom, _ bytes: Int, hasDied: Bool = false, _ marks: WorkMarks = WorkMarks(folder: nil)
    ) async -> ReadingRoom.Seat? {
        var feed = Feed(
            id: FeedID(rawValue: hasDied ? 2 : 1), configuredURL: "http://a/", poll: PollState(url: "http://a/"))
        if hasDied { feed.poll.lastError = PollError(code: PollError.crashed, message: "") }
        return await room.seat(for: bytes, of: feed, marks)
    }

    @Test("small documents wait for nobody", arguments: [0, ReadingRoom.light])
    func light(bytes: Int) async throws {
        let room = ReadingRoom(cores: 2)
        let large = try #require(await Self.enter(room, Self.large))
        let small = try #require(await Self.enter(room, bytes))
        #expect(try await small.run { 1 } == 1)
        withExtendedLifetime(large) {}
    }

    @Test("of documents in the middle, half as many are read at once as there are cores", arguments: [(2, 1), (8, 4)])
    func medium(cores: Int, atOnce: Int) async throws {
        #expect(try await Self.mostAtOnce(ReadingRoom(cores: cores), bytes: 1 << 20) == atOnce)
    }

    @Test("large ones are read one at a time, however many cores there are")
    func heavy() async throws {
        #expect(try await Self.mostAtOnce(ReadingRoom(cores: 16), bytes: Self.large) == 1)
    }

    /// How many of twelve readers hold a seat together, each until as many have come as can.
    private static func mostAtOnce(_ room: ReadingRoom, bytes: Int) async throws -> Int {
        let inside = Inside()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    let seat = try #require(await enter(room, bytes))
                    inside.enter(0)
                    for _ in 0..<50 { await Task.yield() }
                    try await seat.run { inside.leave() }
                }
            }
            try await group.waitForAll()
        }
        return inside.most
    }

    /// Who has come in, and how many were there together.
    private final class Inside: Sendable {
        private let state = Mutex((now: 0, most: 0, order: [Int]()))

        func enter(_ who: Int) {
            state.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
                $0.order.append(who)
            }
        }

        func leave() { state.withLock { $0.now -= 1 } }

        var most: Int { state.withLock(\.most) }
        var order: [Int] { state.withLock(\.order) }
    }

    @Test("a feed of which the program has died is read alone, however small its document is")
    func suspect() async throws {
        let room = ReadingRoom(cores: 2)
        let large = await Self.enter(room, Self.large)
        async let suspect = Self.enter(room, 10, hasDied: true)
        while room.waiting < 1 { await Task.yield() }
        withExtendedLifetime(large) {}
        room.close()
        #expect(await suspect == nil)
    }

    @Test("while both are read a feed of which the program has died is blamed, and a large document is not")
    func blame() async throws {
        let folder = try TemporaryFolder()
        let marks = WorkMarks(folder: folder.path)
        let suspect = try #require(await Self.enter(ReadingRoom(cores: 2), 10, hasDied: true, marks))
        let large = try #require(await Self.enter(ReadingRoom(cores: 2), Self.large, marks))
        let left = try await large.run { suspect.marked { WorkMarks(folder: folder.path).left().map(\.rawValue) } }
        #expect(left == [2])
        #expect(WorkMarks(folder: folder.path).left().isEmpty)
    }

    @Test("the smallest is next, and every fourth time the one who has waited longest")
    func order() async throws {
        let room = ReadingRoom(cores: 2)
        var first = await Self.enter(room, Self.large)
        #expect(first != nil)
        let inside = Inside()
        // In megabytes, in the order in which they come.
        let sizes = [16, 9, 8, 7, 6, 5]
        await withTaskGroup(of: Void.self) { group in
            for (index, size) in sizes.enumerated() {
                group.addTask {
                    let seat = await Self.enter(room, size << 20)
                    inside.enter(size)
                    withExtendedLifetime(seat) {}
                }
                while room.waiting <= index { await Task.yield() }
            }
            first = nil
        }
        #expect(inside.order == [5, 6, 7, 16, 8, 9])
    }

    @Test("who waits when the room closes gets no seat, and who has one keeps it")
    func closed() async throws {
        let room = ReadingRoom(cores: 2)
        let seat = try #require(await Self.enter(room, Self.large))
        async let waiting = Self.enter(room, Self.large)
        while room.waiting < 1 { await Task.yield() }
        room.close()
        #expect(await waiting == nil)
        #expect(await Self.enter(room, Self.large) == nil)
        #expect(try await seat.run { true })
    }

    @Test("what a reader throws is thrown where the seat is")
    func failure() async throws {
        struct Broken: Error {}
        let seat = try #require(await Self.enter(ReadingRoom(cores: 2), Self.large))
        await #expect(throws: Broken.self) { try await seat.run { throw Broken() } }
    }
}
