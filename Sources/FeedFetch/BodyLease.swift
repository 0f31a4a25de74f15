import Synchronization

/// Counts a body against the memory that bodies may take (`HTTPClientConfiguration.maxBufferedBytes`) until
/// its reader is done with it and lets go of the lease.
///
/// Without it, bodies that have come and wait to be parsed and stored would pile up behind a slow disk,
/// while transfers go on.
public final class BodyLease: Sendable {
    private let bytes: Int
    private let total: LeasedBytes

    init(_ bytes: Int, of total: LeasedBytes) {
        self.bytes = bytes
        self.total = total
        total.add(bytes)
    }

    deinit { total.release(bytes) }
}

/// The bytes of all leases of a client.
final class LeasedBytes: Sendable {
    private struct State {
        var count = 0
        /// A transfer is paused until there is room.
        var isAwaited = false
    }

    private let state = Mutex(State())
    private let wakeLoop: @Sendable () -> Void

    init(wakeLoop: @escaping @Sendable () -> Void) { self.wakeLoop = wakeLoop }

    var count: Int { state.withLock(\.count) }

    func add(_ bytes: Int) { state.withLock { $0.count += bytes } }

    func release(_ bytes: Int) {
        let isAwaited = state.withLock { state in
            state.count -= bytes
            defer { state.isAwaited = false }
            return state.isAwaited
        }
        if isAwaited { wakeLoop() }
    }

    /// The loop wants to be woken at the next release.
    func awaitRelease() { state.withLock { $0.isAwaited = true } }
}
