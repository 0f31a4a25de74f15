public import FeedModel
import Synchronization

/// Time that stands still until a test moves it.
public final class ManualTime: TimeSource {
    private struct State {
        var now: Timestamp
        var sleepers: [(id: Int, deadline: Timestamp, wake: CheckedContinuation<Void, any Error>)] = []
        var nextID = 0
        var cancelled: Set<Int> = []
        var lastChange: ClockChange?
    }

    private let state: Mutex<State>

    public init(_ now: Timestamp = Timestamp(seconds: 1_795_000_000)) { state = Mutex(State(now: now)) }

    public var now: Timestamp { state.withLock { $0.now } }

    /// Deadlines that somebody waits for, sorted.
    public var deadlines: [Timestamp] { state.withLock { $0.sleepers.map(\.deadline).sorted() } }

    public var lastChange: ClockChange? { state.withLock { $0.lastChange } }

    /// Sets the clock: who sleeps sleeps on as long as before.
    public func set(by change: Duration) {
        state.withLock { state in
            state.now = state.now + change
            state.lastChange = ClockChange(at: state.now, change: change)
            for index in state.sleepers.indices {
                state.sleepers[index].deadline = state.sleepers[index].deadline + change
            }
        }
    }

    public func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now = state.now + duration
            let woken = state.sleepers.filter { $0.deadline <= state.now }
            state.sleepers.removeAll { $0.deadline <= state.now }
            return woken
        }
        for sleeper in woken { sleeper.wake.resume() }
    }

    public func sleep(until deadline: Timestamp) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enum Answer { case wait, done, cancelled }
                let answer: Answer = state.withLock { state in
                    if state.cancelled.remove(id) != nil { return .cancelled }
                    if deadline <= state.now { return .done }
                    state.sleepers.append((id, deadline, continuation))
                    return .wait
                }
                switch answer {
                case .wait: break
                case .done: continuation.resume()
                case .cancelled: continuation.resume(throwing: CancellationError())
                }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil as CheckedContinuation<Void, any Error>?
                }
                return state.sleepers.remove(at: index).wake
            }
            sleeper?.resume(throwing: CancellationError())
        }
    }
}
