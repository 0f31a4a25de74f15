import Archive
import FeedModel
import Synchronization

extension Poller {
    /// The clock was set: all that waits goes on waiting as long as it would have, here and in the archive.
    ///
    /// - Parameter adopt: makes the change the time source's.
    public func clockWasSet(by change: Duration, adopt: @escaping @Sendable () -> Void) async throws {
        await queue.clockWasSet(by: change, adopt: adopt)
        network.clockWasSet(by: change)
        state.withLock { $0.walking = $0.walking.mapValues { $0 + change } }
        try await archive.write { try $0.clockWasSet(by: change) }
    }
}
