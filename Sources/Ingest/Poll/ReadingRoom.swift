import Archive
import Dispatch
import FeedModel
import FeedParse
import Foundation
import Synchronization

/// Where documents are read: what a publisher makes long must not hold up the threads that answer `status` and hubs,
/// keep time and take other feeds' answers.
///
/// | document                                    | where it is read                                       |
/// |---------------------------------------------|--------------------------------------------------------|
/// | up to 256 KiB                               | on the caller's task, at once                          |
/// | up to 2 MiB                                 | on a thread of the room, half as many at once as cores |
/// | larger, or one of which the program has died| on a thread of the room, one at a time                 |
///
/// A seat is kept until what was read is durable or given up: so what a large document becomes is in memory once. Of
/// those who wait the one with the smallest document is next, and every fourth time the one who has waited longest. When
/// a desk is empty, its readers' memory goes back to the system.
public final class ReadingRoom: Sendable {
    /// Documents up to so many bytes are read at once.
    static let light = 256 << 10
    /// Larger ones are read one at a time.
    static let medium = 2 << 20

    /// Leaves when it is let go of.
    final class Seat: Sendable {
        private let desk: Desk?
        private let feed: FeedID
        private let isSuspect: Bool
        private let marks: WorkMarks

        fileprivate init(at desk: Desk?, _ feed: FeedID, isSuspect: Bool, _ marks: WorkMarks) {
            self.desk = desk
            self.feed = feed
            self.isSuspect = isSuspect
            self.marks = marks
        }

        deinit { desk?.leave() }

        /// Runs `body` where this seat's documents are read, with the feed's mark.
        func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
            guard let desk else { return try marked(body) }
            return try await withCheckedThrowingContinuation { continuation in
                desk.thread.async { continuation.resume(with: Swift.Result { try self.marked(body) }) }
            }
        }

        /// Runs `body` with the feed's mark: should the program die of it, the next one knows whose document it was.
        func marked<Result>(_ body: () throws -> Result) rethrows -> Result {
            let mark = marks.begin(feed, isAlone: isSuspect)
            defer { marks.end(mark) }
            return try body()
        }
    }

    private let desks: (medium: Desk, heavy: Desk)

    public convenience init() { self.init(cores: ProcessInfo.processInfo.activeProcessorCount) }

    /// - Parameter cores: of the machine.
    init(cores: Int) {
        desks = (Desk("medium", seats: max(1, cores / 2)), Desk("heavy", seats: 1))
    }

    /// - Parameter bytes: of a document of the feed.
    /// - Returns: `nil` when the room has closed.
    func seat(for bytes: Int, of feed: Feed, _ marks: WorkMarks) async -> Seat? {
        let isSuspect = feed.poll.hasDied
        let desk =
            isSuspect || bytes > ReadingRoom.medium ? desks.heavy : bytes > ReadingRoom.light ? desks.medium : nil
        if let desk, await !desk.enter(bytes) { return nil }
        return Seat(at: desk, feed.id, isSuspect: isSuspect, marks)
    }

    /// How many wait for a seat.
    var waiting: Int { desks.medium.waiting + desks.heavy.waiting }

    /// Who waits for a seat gets none any more; who has one keeps it.
    func close() {
        desks.medium.close()
        desks.heavy.close()
    }
}

/// Seats for documents of one size, and the thread or threads at which they are read.
private final class Desk: Sendable {
    private struct State {
        var free: Int
        var waiting: [(bytes: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        var served = 0
        var isClosed = false
    }

    let thread: DispatchQueue
    private let seats: Int
    /// A seat goes from the one who leaves straight to the one who is next, under the lock: nobody overtakes.
    private let state: Mutex<State>

    init(_ name: String, seats: Int) {
        thread = DispatchQueue(label: "ingestd.read.\(name)", attributes: seats > 1 ? .concurrent : [])
        self.seats = seats
        state = Mutex(State(free: seats))
    }

    var waiting: Int { state.withLock { $0.waiting.count } }

    func enter(_ bytes: Int) async -> Bool {
        await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> Bool? in
                if state.isClosed { return false }
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.waiting.append((bytes, continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    func leave() {
        let (next, isEmpty) = state.withLock { state -> (CheckedContinuation<Bool, Never>?, Bool) in
            guard let next = Desk.next(of: &state) else {
                state.free += 1
                return (nil, state.free == seats)
            }
            return (next, false)
        }
        next?.resume(returning: true)
        if isEmpty { thread.async { DocumentMemory.giveBack() } }
    }

    private static func next(of state: inout State) -> CheckedContinuation<Bool, Never>? {
        guard !state.waiting.isEmpty else { return nil }
        state.served += 1
        let smallest = state.waiting.indices.min { state.waiting[$0].bytes < state.waiting[$1].bytes }
        let index = state.served.isMultiple(of: 4) ? state.waiting.startIndex : smallest ?? state.waiting.startIndex
        return state.waiting.remove(at: index).continuation
    }

    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.continuation.resume(returning: false) }
    }
}
