/// What is remembered of hosts that asked for quiet: of one pause scope, until it has been calm for long enough.
/// The rules are `HostRecovery`'s.
public struct HostConduct: Hashable, Sendable {
    /// No request starts sooner.
    public var pausedUntil: Timestamp
    /// What the next pause would double: the last one before jitter, halved with every calm interval.
    public var pause: Duration
    /// Request starts are 2 to the power of this times as far apart as usual.
    public var slowness: Int
    /// From when calm counts: the end of the pause, or the last halving.
    public var calmSince: Timestamp

    public init(pausedUntil: Timestamp, pause: Duration = .zero, slowness: Int = 0, calmSince: Timestamp? = nil) {
        self.pausedUntil = pausedUntil
        self.pause = pause
        self.slowness = slowness
        self.calmSince = calmSince ?? pausedUntil
    }
}
