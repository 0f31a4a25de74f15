import DequeModule
import FeedModel

/// Which documents of hubs are read and archived at once, so that none is in the way of another hub's.
///
/// A subscription may have so many documents on their way, and one of them at a time is archived. Beyond the memory that
/// all of them may take, the subscription that holds most of it gives one of its own up.
actor DeliveryGate {
    typealias ID = Int

    private enum Place {
        /// Its body comes.
        case reading
        /// It is there, and waits to be archived.
        case waiting(CheckedContinuation<Bool, Never>)
        case archiving
    }

    private struct Document {
        let subscription: String
        var bytes = 0
        var place = Place.reading
        let giveUp: @Sendable () -> Void

        var isArchiving: Bool { if case .archiving = place { true } else { false } }
    }

    /// Documents of one subscription.
    private static let mostOfOne = 32
    /// That are archived at once.
    private static let mostArchiving = 4

    private var documents: [ID: Document] = [:]
    private var nextID = 0
    private var archiving: Set<String> = []
    /// Those that wait, in their order.
    private var line: Deque<ID> = []

    /// A document is about to be read.
    ///
    /// - Parameter giveUp: called when its memory is needed for others.
    /// - Returns: `nil` where too many are on their way.
    func begin(_ subscription: String, giveUp: @escaping @Sendable () -> Void) -> ID? {
        guard documents.values.count(where: { $0.subscription == subscription }) < DeliveryGate.mostOfOne else {
            return nil
        }
        nextID += 1
        documents[nextID] = Document(subscription: subscription, giveUp: giveUp)
        return nextID
    }

    /// More of a document has come.
    ///
    /// - Parameter limit: what all documents that are not being archived may take together.
    /// - Returns: whether it may be kept.
    func grow(_ id: ID, by bytes: Int, limit: Int) -> Bool {
        guard documents[id] != nil else { return false }
        documents[id]?.bytes += bytes
        while documents.values.reduce(0, { $0 + ($1.isArchiving ? 0 : $1.bytes) }) > limit, let victim { drop(victim) }
        return documents[id] != nil
    }

    /// The largest document of the subscription that holds most.
    private var victim: ID? {
        let held = documents.filter { !$0.value.isArchiving }
        let bySubscription = Dictionary(held.map { ($1.subscription, $1.bytes) }, uniquingKeysWith: +)
        guard let most = bySubscription.max(by: { $0.value < $1.value })?.key else { return nil }
        return held.filter { $0.value.subscription == most }.max { $0.value.bytes < $1.value.bytes }?.key
    }

    private func drop(_ id: ID) {
        guard let document = documents.removeValue(forKey: id) else { return }
        if case .waiting(let continuation) = document.place { continuation.resume(returning: false) }
        document.giveUp()
    }

    /// Returns when the document's turn has come to be archived; `false` if it has been given up.
    func turn(_ id: ID) async -> Bool {
        await withCheckedContinuation { continuation in
            guard documents[id] != nil else { return continuation.resume(returning: false) }
            documents[id]?.place = .waiting(continuation)
            line.append(id)
            serve()
        }
    }

    /// Whatever has become of it.
    func end(_ id: ID) {
        if let document = documents.removeValue(forKey: id), document.isArchiving {
            archiving.remove(document.subscription)
        }
        serve()
    }

    private func serve() {
        line.removeAll { documents[$0] == nil }
        while archiving.count < DeliveryGate.mostArchiving,
            let index = line.firstIndex(where: { !archiving.contains(documents[$0]?.subscription ?? "") })
        {
            let id = line.remove(at: index)
            guard let document = documents[id], case .waiting(let continuation) = document.place else { continue }
            documents[id]?.place = .archiving
            archiving.insert(document.subscription)
            continuation.resume(returning: true)
        }
    }
}

/// The least pace at which a body may come.
enum BodyPace {
    /// A slow start is no slow body.
    static let grace: Duration = .seconds(10)
    static let leastBytesPerSecond: Int64 = 1024

    static func isTooSlow(bytes: Int, after elapsed: Duration) -> Bool {
        elapsed >= grace && Int64(bytes) < elapsed.milliseconds / 1000 * leastBytesPerSecond
    }
}
