/// Bounds the bytes that unfinished transfers, and bodies that are leased to their readers, hold together.
/// Confined to the loop's thread, but for the leases.
///
/// When there is no more room, all transfers are paused but the one that holds most: it ends, by its own
/// limits at the latest, and what it held is free again. So memory is bounded, and something always moves.
final class BodyBudget {
    private let limit: Int
    private(set) var held = 0
    private let leased: LeasedBytes
    private var paused: [Transfer] = []
    /// The one that may go on although there is no room.
    private var favourite: Transfer?

    init(limit: Int, leased: LeasedBytes) {
        self.limit = limit
        self.leased = leased
    }

    private var hasRoom: Bool { held + leased.count < limit }

    /// Whether a transfer may receive now. If not, it is paused and comes up in `resumable` later.
    func admits(_ transfer: Transfer) -> Bool {
        if hasRoom { return true }
        if favourite == nil, transfer.heldBytes >= (paused.map(\.heldBytes).max() ?? 0) { favourite = transfer }
        if favourite === transfer { return true }
        paused.append(transfer)
        leased.awaitRelease()
        return false
    }

    /// Takes note of what a transfer holds now.
    func update(_ transfer: Transfer) {
        held += transfer.heldBytes - transfer.countedBytes
        transfer.countedBytes = transfer.heldBytes
    }

    /// Counts a whole body on, until its reader lets go of it.
    func lease(_ bytes: Int) -> BodyLease { BodyLease(bytes, of: leased) }

    /// A transfer is over; it holds nothing any more.
    func release(_ transfer: Transfer) {
        held -= transfer.countedBytes
        transfer.countedBytes = 0
        if favourite === transfer { favourite = nil }
        paused.removeAll { $0 === transfer }
    }

    /// The next transfer to go on, if one may: it is no longer counted as paused.
    func resumable() -> Transfer? {
        guard !paused.isEmpty else { return nil }
        if hasRoom { return paused.removeFirst() }
        leased.awaitRelease()
        guard favourite == nil, let index = paused.indices.max(by: { paused[$0].heldBytes < paused[$1].heldBytes })
        else { return nil }
        favourite = paused[index]
        return paused.remove(at: index)
    }
}
