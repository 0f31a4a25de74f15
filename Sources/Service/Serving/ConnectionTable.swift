/// The connections that are open, what each of them is at, and which are closed for that. Clock and names are handed in.
///
/// | a connection                                        | is closed after        | or for a new one  |
/// |-----------------------------------------------------|------------------------|-------------------|
/// | has sent nothing yet                                | 10 s                   | the oldest first  |
/// | is sending the head of a request                    | 10 s                   | then the oldest   |
/// | is answered, whatever of its request is still read  |                        | never             |
/// | takes nothing of its answer                         | 30 s                   | never             |
/// | has been answered, and sends nothing                | 60 s                   | the oldest first  |
/// | was told that it is closed                          | 2 s, to read that      | the oldest first  |
///
/// A new one that would be one too many of its source takes the place of another one of that source, or is closed itself.
struct ConnectionTable {
    struct Bounds: Hashable, Sendable {
        var connections: Int
        /// Of one source, where the source is known.
        var perSource: Int
    }

    typealias Instant = ContinuousClock.Instant
    typealias ID = ObjectIdentifier

    private enum Phase: Hashable {
        case silent, head, answering, idle, ending

        /// How long it may last.
        var limit: Duration? {
            switch self {
            case .silent, .head: .seconds(10)
            case .idle: .seconds(60)
            case .ending: .seconds(2)
            case .answering: nil
            }
        }

        /// Of two that may be closed for a new one, that with the lower number is; `nil`: neither.
        var rank: Int? {
            switch self {
            case .silent, .idle, .ending: 0
            case .head: 1
            case .answering: nil
            }
        }
    }

    private struct Connection {
        var source: String?
        var phase = Phase.silent
        var since: Instant
        /// Since when it takes nothing of what is sent to it.
        var stalledSince: Instant?
    }

    /// How long a client may take nothing of what it has asked for.
    private static let patience: Duration = .seconds(30)

    private let bounds: Bounds
    private var connections: [ID: Connection] = [:]
    private var ofSource: [String: Int] = [:]

    init(_ bounds: Bounds) { self.bounds = bounds }

    var count: Int { connections.count }

    var isFull: Bool { count >= bounds.connections }

    /// A new connection would find room, or a place to take.
    var hasRoom: Bool { !isFull || connections.values.contains { $0.phase.rank != nil } }

    /// - Parameter source: who is counted together; `nil` is not counted.
    /// - Returns: those that are closed for it: maybe the new one.
    mutating func opened(_ id: ID, from source: String?, at now: Instant) -> [ID] {
        var closed: [ID] = []
        if let source, ofSource[source] ?? 0 >= bounds.perSource {
            guard let place = place(of: source) else { return [id] }
            closed.append(place)
        } else if isFull {
            guard let place = place(of: nil) else { return [id] }
            closed.append(place)
        }
        for place in closed { self.closed(place) }
        connections[id] = Connection(source: source, since: now)
        if let source { ofSource[source, default: 0] += 1 }
        return closed
    }

    /// Takes out one that may be closed for a new one.
    mutating func giveWay() -> ID? {
        let place = place(of: nil)
        if let place { closed(place) }
        return place
    }

    private func place(of source: String?) -> ID? {
        connections.filter { $0.value.phase.rank != nil && (source == nil || $0.value.source == source) }
            .min { a, b in
                let (first, second) = (a.value.phase.rank ?? 0, b.value.phase.rank ?? 0)
                return first != second ? first < second : a.value.since < b.value.since
            }?.key
    }

    mutating func closed(_ id: ID) {
        guard let source = connections.removeValue(forKey: id)?.source else { return }
        ofSource[source] = ofSource[source].flatMap { $0 > 1 ? $0 - 1 : nil }
    }

    /// Something was sent to us.
    mutating func sent(_ id: ID, at now: Instant) {
        switch connections[id]?.phase {
        case .silent, .idle: enter(.head, id, at: now)
        default: break
        }
    }

    /// A request has come, and is being answered.
    mutating func began(_ id: ID, at now: Instant) { enter(.answering, id, at: now) }

    /// It has been answered.
    mutating func ended(_ id: ID, at now: Instant) {
        if connections[id]?.phase == .answering { enter(.idle, id, at: now) }
    }

    /// The answer tells the client that the connection is closed.
    mutating func ending(_ id: ID, at now: Instant) { enter(.ending, id, at: now) }

    private mutating func enter(_ phase: Phase, _ id: ID, at now: Instant) {
        connections[id]?.phase = phase
        connections[id]?.since = now
    }

    /// Whether it takes what is sent to it.
    mutating func takes(_ id: ID, _ takes: Bool, at now: Instant) {
        connections[id]?.stalledSince = takes ? nil : now
    }

    /// Those whose time is over.
    func overdue(at now: Instant) -> [ID] {
        connections.compactMap { id, connection in
            let isOver = connection.phase.limit.map { now - connection.since >= $0 } ?? false
            let isStalled = connection.stalledSince.map { now - $0 >= ConnectionTable.patience } ?? false
            return isOver || isStalled ? id : nil
        }
    }
}
