import Synchronization

/// Counts the parts of the daemon that have yet to be ready.
public final class Readiness: Sendable {
    private struct State {
        var missing: Int
        var waiting: [AsyncStream<Void>.Continuation] = []
    }

    private let state: Mutex<State>

    public init(parts: Int) { state = Mutex(State(missing: parts)) }

    public func partIsReady() {
        let waiting = state.withLock { state in
            state.missing -= 1
            guard state.missing == 0 else { return [] as [AsyncStream<Void>.Continuation] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.finish() }
    }

    /// Returns when all parts are ready, or the task is cancelled.
    func wait() async {
        let (ready, waiter) = AsyncStream<Void>.makeStream()
        let isReady = state.withLock { state in
            if state.missing > 0 { state.waiting.append(waiter) }
            return state.missing <= 0
        }
        if isReady { return }
        for await _ in ready {}
    }
}
