import FeedModel
import Synchronization

/// A sleep that anybody may end early, also before it has begun. For one sleeper.
final class Alarm: Sendable {
    private struct State {
        var isWoken = false
        var sleeper: Task<Void, Never>?
    }

    private let time: any TimeSource
    private let state = Mutex(State())

    init(time: any TimeSource) { self.time = time }

    /// Returns at the deadline, when woken or when the task is cancelled; without a deadline after a day at the latest.
    func sleep(until deadline: Timestamp?) async {
        let sleeper = state.withLock { state -> Task<Void, Never>? in
            guard !state.isWoken else { return nil }
            let sleeper = Task { [time] in _ = try? await time.sleep(until: deadline ?? time.now + .days(1)) }
            state.sleeper = sleeper
            return sleeper
        }
        await withTaskCancellationHandler {
            await sleeper?.value
        } onCancel: {
            sleeper?.cancel()
        }
        state.withLock { $0 = State() }
    }

    func wake() {
        state.withLock { state in
            state.isWoken = true
            state.sleeper?.cancel()
        }
    }
}
