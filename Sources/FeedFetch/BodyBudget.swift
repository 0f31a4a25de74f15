/// Bounds the bytes that unfinished transfers, and bodies that are leased to their readers, hold together.
///
/// Each transfer has a small share that is always its own, so that a feed of usual size waits for nobody. Who holds
/// more than that holds it out of a pool. While the pool is empty, a transfer that wants more is paused, and:
///
/// - one of those, the one that holds least, goes on all the same, so that something always moves;
/// - one that may go on and gets next to nothing is stalled: it is to be ended, and what it holds is free again. So
///   nobody keeps the pool from others by sending little that becomes much, and then nothing.
///
/// Confined to the loop's thread, but for the leases.
final class BodyBudget {
    /// While others wait, what comes for one that holds much must be so much within so long.
    static let leastProgress = 8 << 10
    static let patience: Duration = .seconds(1)

    /// How many transfers there may be.
    var concurrency: Int
    private let limit: Int
    private let leased: LeasedBytes
    private var holders: [UInt64: Holder] = [:]
    /// Those that are paused, in the order in which they were.
    private var paused: [UInt64] = []
    private var pausedSince: ContinuousClock.Instant?
    /// The one that may go on although there is no room.
    private var favourite: UInt64?

    private struct Holder {
        var held = 0
        /// Bytes that came since `mark`.
        var progress = 0
        var mark: ContinuousClock.Instant
    }

    init(limit: Int, concurrency: Int, leased: LeasedBytes) {
        self.limit = limit
        self.concurrency = concurrency
        self.leased = leased
    }

    /// What a transfer may hold whatever others do. All shares together are half of the memory at most.
    var share: Int { min(256 << 10, limit / 2 / max(1, concurrency)) }

    private var hasRoom: Bool {
        let pooled = holders.values.reduce(0) { $0 + ($1.held < share ? 0 : $1.held) }
        return pooled + leased.count < limit - share * concurrency
    }

    /// What all transfers hold.
    var held: Int { holders.values.reduce(0) { $0 + $1.held } }

    /// Whether a transfer is paused.
    var isAwaited: Bool { !paused.isEmpty }

    /// Whether a transfer may decode on now. If not, it is paused and comes up in `resumable` later.
    func admits(_ id: UInt64, at now: ContinuousClock.Instant) -> Bool {
        if holders[id]?.held ?? 0 < share || favourite == id || hasRoom { return true }
        if favourite == nil, paused.isEmpty {
            favourite = id
            return true
        }
        paused.append(id)
        pausedSince = pausedSince ?? now
        leased.awaitRelease()
        return false
    }

    /// Takes note of what a transfer holds now, and of what has come for it.
    func update(_ id: UInt64, held: Int, received: Int, at now: ContinuousClock.Instant) {
        var holder = holders[id] ?? Holder(mark: now)
        holder.held = held
        holder.progress += received
        if holder.progress >= BodyBudget.leastProgress { (holder.progress, holder.mark) = (0, now) }
        holders[id] = holder
    }

    /// Counts a whole body on, until its reader lets go of it. What is within a share counts there.
    func lease(_ bytes: Int) -> BodyLease { BodyLease(bytes < share ? 0 : bytes, of: leased) }

    /// A transfer is over; it holds nothing any more.
    func release(_ id: UInt64) {
        holders[id] = nil
        if favourite == id { favourite = nil }
        paused.removeAll { $0 == id }
        if paused.isEmpty { pausedSince = nil }
    }

    /// The next transfer to go on, if one may: it is no longer counted as paused.
    func resumable(at now: ContinuousClock.Instant) -> UInt64? {
        guard let first = paused.first else { return nil }
        var next = first
        if !hasRoom {
            leased.awaitRelease()
            if favourite != nil { return nil }
            next = paused.min { holders[$0]?.held ?? 0 < holders[$1]?.held ?? 0 } ?? first
            favourite = next
        }
        paused.removeAll { $0 == next }
        if paused.isEmpty { pausedSince = nil }
        holders[next]?.progress = 0
        holders[next]?.mark = now
        return next
    }

    /// Those that hold what others wait for, and to which next to nothing comes.
    func stalled(at now: ContinuousClock.Instant) -> [UInt64] {
        guard let pausedSince, !hasRoom else { return [] }
        return holders.filter { id, holder in
            holder.held >= share && now - max(holder.mark, pausedSince) >= BodyBudget.patience && !paused.contains(id)
        }.map(\.key)
    }
}
