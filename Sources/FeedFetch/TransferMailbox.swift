import CCurl
import Synchronization

/// A request on its way to the loop.
struct Submission: Sendable {
    var id: UInt64
    var request: HTTPRequest
    var continuation: CheckedContinuation<Transfer.Outcome, Never>
}

/// How other threads reach the loop.
///
/// A continuation that is put in is resumed exactly once: by the loop, or at once if the loop has ended.
/// The lock prevents two races: a wakeup of a multi handle that is being freed, and a request that comes
/// after the loop has looked for the last time.
final class TransferMailbox: Sendable {
    private struct State {
        /// `nil` before the loop's first turn and after its last.
        var multi: UnsafeMutableRawPointer?
        var submissions: [Submission] = []
        var cancellations: [UInt64] = []
        var shutdownWaiters: [CheckedContinuation<Void, Never>] = []
        var turnWaiters: [CheckedContinuation<Void, Never>] = []
        var settings: TransferSettings?
        var isStopping = false
        var hasEnded = false
        var isWoken = false
        var nextID: UInt64 = 0
        var lastTurn = ContinuousClock.now

        mutating func wake() {
            guard !isWoken, let multi else { return }
            isWoken = true
            curl_multi_wakeup(multi)  // one of the two functions of a multi handle that any thread may call
        }
    }

    private let state = Mutex(State())

    // MARK: For any thread

    func nextID() -> UInt64 {
        state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
    }

    func submit(_ submission: Submission) {
        let isTaken = state.withLock { state in
            // A task that is cancelled says so before its handler calls `cancel`. Looked at under the same
            // lock, either this sees it, or the cancellation comes after the submission.
            if state.isStopping || Task.isCancelled { return false }
            state.submissions.append(submission)
            state.wake()
            return true
        }
        if !isTaken { submission.continuation.resume(returning: .failure(.cancelled)) }
    }

    func cancel(_ id: UInt64) {
        state.withLock { state in
            if state.hasEnded { return }
            state.cancellations.append(id)
            state.wake()
        }
    }

    /// Returns when the loop has come to its next turn; at once when it has ended.
    func turn() async {
        await withCheckedContinuation { waiter in
            let hasEnded = state.withLock { state in
                if state.hasEnded { return true }
                state.turnWaiters.append(waiter)
                state.wake()
                return false
            }
            if hasEnded { waiter.resume() }
        }
    }

    /// For the transfers that start from the loop's next turn on.
    func set(_ settings: TransferSettings) {
        state.withLock { state in
            state.settings = settings
            state.wake()
        }
    }

    /// Makes the loop turn.
    func wake() {
        state.withLock { $0.wake() }
    }

    func stop() {
        state.withLock { state in
            state.isStopping = true
            state.wake()
        }
    }

    /// Stops the loop and returns when its thread has let go of everything.
    func stopAndWait() async {
        await withCheckedContinuation { waiter in
            let hasEnded = state.withLock { state in
                state.isStopping = true
                if state.hasEnded { return true }
                state.shutdownWaiters.append(waiter)
                state.wake()
                return false
            }
            if hasEnded { waiter.resume() }
        }
    }

    var lastTurn: ContinuousClock.Instant { state.withLock(\.lastTurn) }

    // MARK: For the loop's thread

    struct Delivery: Sendable {
        var submissions: [Submission]
        var cancellations: [UInt64]
        var turnWaiters: [CheckedContinuation<Void, Never>]
        var settings: TransferSettings?
        var isStopping: Bool
    }

    func open(_ multi: UnsafeMutableRawPointer) {
        // As a number, because a pointer is not handed across a border of threads.
        let address = UInt(bitPattern: multi)
        state.withLock { $0.multi = UnsafeMutableRawPointer(bitPattern: address) }
    }

    /// Empties the box, at the start of a turn.
    func collect() -> Delivery {
        let now = ContinuousClock.now
        return state.withLock { state in
            state.lastTurn = now
            state.isWoken = false
            let delivery = Delivery(
                submissions: state.submissions, cancellations: state.cancellations, turnWaiters: state.turnWaiters,
                settings: state.settings, isStopping: state.isStopping)
            state.submissions = []
            state.turnWaiters = []
            state.settings = nil
            state.cancellations = []
            return delivery
        }
    }

    /// The multi handle is about to be freed.
    func close() {
        state.withLock { $0.multi = nil }
    }

    /// Nothing is left of the loop.
    func end() {
        let waiters = state.withLock { state in
            state.hasEnded = true
            defer {
                state.shutdownWaiters = []
                state.turnWaiters = []
            }
            return state.shutdownWaiters + state.turnWaiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

extension TransferFailure {
    static let cancelled = TransferFailure(.cancelled, "the transfer was abandoned")
}
