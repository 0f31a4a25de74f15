import DequeModule
import FeedFetch
import FeedModel
import HeapModule
import PublicSuffix

/// Who waits at which host, and when the next may start there: a budget for each host, pauses by `PauseScope` and those
/// of the operator. A host is here only while there is something to know of it.
struct HostTable {
    /// Resumed with `nil` once the poll may go on at the host that it was led to, else with when that host's pause ends.
    typealias Mover = CheckedContinuation<Timestamp?, Never>

    private struct Ready: Comparable {
        var at: Timestamp
        var host: String
        static func < (a: Ready, b: Ready) -> Bool { a.at < b.at }
    }

    private struct Line<Element> {
        var waiting: Deque<Element> = []
        /// Whether the host is in the heap of those that can start one of them.
        var isQueued = false
    }

    private struct Host {
        let scope: String
        var limit: HostLimit
        var inFlight = 0
        /// No request starts sooner: the last start and the distance that the host keeps then.
        var nextStart: Timestamp?
        var feeds = Line<FeedID>()
        var movers = Line<Mover>()

        var isIdle: Bool { inFlight == 0 && feeds.waiting.isEmpty && movers.waiting.isEmpty }
    }

    /// Hosts that pause together; here only while there is something to know of them.
    private struct Scope {
        var pausedUntil: Timestamp?
        var slowness = 0
    }

    /// A redirect may lead to a host that the operator has paused, even for ever. The poll asks again after this time.
    private static let longestDetour: Duration = .hours(1)

    private(set) var limits: HostLimits
    private(set) var operatorPauses = OperatorPauses()
    /// Feeds that wait, at all hosts.
    private(set) var waitingCount = 0
    private var hosts: [String: Host] = [:]
    /// The hosts in `hosts` of each pause scope.
    private var hostsOfScope: [String: Set<String>] = [:]
    private var scopes: [String: Scope] = [:]
    /// Hosts with room and waiting feeds, and hosts with room for a redirect: those must start also while
    /// nobody takes feeds, since the polls in flight wait for them.
    private var readyFeeds = Heap<Ready>()
    private var readyMovers = Heap<Ready>()

    init(limits: HostLimits) { self.limits = limits }

    var names: [String] { Array(hosts.keys) }

    mutating func setLimits(_ limits: HostLimits, at now: Timestamp) {
        self.limits = limits
        for name in names {
            hosts[name]?.limit = limits.of(name)
            queue(name, now)
        }
    }

    // MARK: who waits

    /// Puts a feed into its host's line.
    mutating func wait(_ feed: FeedID, at host: String, now: Timestamp) {
        enter(host)
        hosts[host]?.feeds.waiting.append(feed)
        waitingCount += 1
        queue(host, now)
    }

    /// Puts a poll that was led here into the host's line.
    mutating func wait(_ mover: Mover, at host: String, now: Timestamp) {
        enter(host)
        hosts[host]?.movers.waiting.append(mover)
        queue(host, now)
    }

    mutating func drop(_ feed: FeedID, at host: String, now: Timestamp) {
        guard let index = hosts[host]?.feeds.waiting.firstIndex(of: feed) else { return }
        hosts[host]?.feeds.waiting.remove(at: index)
        waitingCount -= 1
        queue(host, now)
    }

    func waiting(at host: String) -> [FeedID] { Array(hosts[host]?.feeds.waiting ?? []) }

    /// Takes away the feeds that wait at a host.
    mutating func takeWaiting(at host: String, now: Timestamp) -> [FeedID] {
        let waiting = waiting(at: host)
        hosts[host]?.feeds.waiting = []
        waitingCount -= waiting.count
        queue(host, now)
        return waiting
    }

    /// Turns away the polls that were led to a host.
    mutating func turnMoversAway(from host: String, until: Timestamp, now: Timestamp) {
        for mover in hosts[host]?.movers.waiting ?? [] { mover.resume(returning: until) }
        hosts[host]?.movers.waiting = []
        queue(host, now)
    }

    /// A poll is no longer at a host.
    mutating func leave(_ host: String, at now: Timestamp) {
        hosts[host]?.inFlight -= 1
        queue(host, now)
    }

    /// Sees to it that a host is in `hosts`.
    private mutating func enter(_ name: String) {
        guard hosts[name] == nil else { return }
        let scope = PauseScope.of(name)
        hosts[name] = Host(scope: scope, limit: limits.of(name))
        hostsOfScope[scope, default: []].insert(name)
    }

    private mutating func forget(_ name: String) {
        guard let scope = hosts.removeValue(forKey: name)?.scope else { return }
        hostsOfScope[scope]?.remove(name)
        if hostsOfScope[scope]?.isEmpty == true { hostsOfScope[scope] = nil }
    }

    // MARK: who starts

    /// When the next may start that waits, if nothing changes until then.
    var nextFeedStart: Timestamp? { readyFeeds.min?.at }
    var nextMoverStart: Timestamp? { readyMovers.min?.at }

    /// Starts the next poll that was led somewhere, if one may.
    mutating func startMover(at now: Timestamp) -> Mover? {
        startNext(\.readyMovers, \.movers, at: now)?.element
    }

    /// Starts the next feed that waits, if one may.
    mutating func startFeed(at now: Timestamp) -> DueFeed? {
        guard let (feed, host) = startNext(\.readyFeeds, \.feeds, at: now) else { return nil }
        waitingCount -= 1
        return DueFeed(feed: feed, host: host)
    }

    private mutating func startNext<Element>(
        _ ready: WritableKeyPath<HostTable, Heap<Ready>>, _ line: WritableKeyPath<Host, Line<Element>>,
        at now: Timestamp
    ) -> (element: Element, host: String)? {
        while let first = self[keyPath: ready].min, first.at <= now {
            self[keyPath: ready].removeMin()
            hosts[first.host]?[keyPath: line].isQueued = false
            defer { queue(first.host, now) }
            if mayStart(first.host, now), let next = hosts[first.host]?[keyPath: line].waiting.popFirst() {
                start(first.host, now)
                return (next, first.host)
            }
        }
        return nil
    }

    /// What a heap says of a host may be older than the host's last start.
    private func mayStart(_ name: String, _ now: Timestamp) -> Bool {
        guard let host = hosts[name] else { return false }
        return host.inFlight < host.limit.perHost && (host.nextStart.map { $0 <= now } ?? true)
    }

    private mutating func start(_ name: String, _ now: Timestamp) {
        guard let host = hosts[name] else { return }
        let slowness = scopes[host.scope]?.slowness ?? 0
        hosts[name]?.inFlight += 1
        hosts[name]?.nextStart = now + HostRecovery.spacing(hostDelay: host.limit.hostDelay, slowness: slowness)
    }

    /// Puts a host that has work and room into the heaps of hosts that can start something.
    private mutating func queue(_ name: String, _ now: Timestamp) {
        guard var host = hosts[name] else { return }
        if host.isIdle, host.nextStart.map({ $0 <= now }) ?? true {
            forget(name)
            return
        }
        guard host.inFlight < host.limit.perHost else { return }
        let at = host.nextStart ?? now
        if !host.feeds.waiting.isEmpty, !host.feeds.isQueued {
            host.feeds.isQueued = true
            readyFeeds.insert(Ready(at: at, host: name))
        }
        if !host.movers.waiting.isEmpty, !host.movers.isQueued {
            host.movers.isQueued = true
            readyMovers.insert(Ready(at: at, host: name))
        }
        hosts[name] = host
    }

    // MARK: pauses

    /// Keeps all hosts of a pause scope quiet.
    ///
    /// - Returns: those that are known.
    mutating func pause(scope: String, until: Timestamp) -> Set<String> {
        let known = scopes[scope]?.pausedUntil
        scopes[scope, default: Scope()].pausedUntil = max(known ?? until, until)
        return hostsOfScope[scope] ?? []
    }

    mutating func set(_ pauses: OperatorPauses) { operatorPauses = pauses }

    /// Sets how many times the distance between request starts to the hosts of a scope is doubled.
    mutating func slow(scope: String, doublings: Int) {
        if doublings > 0 || scopes[scope] != nil { scopes[scope, default: Scope()].slowness = doublings }
        dropIfUsual(scope)
    }

    /// Starts requests as usual again, but to these pause scopes.
    mutating func hurry(except slow: Set<String>) {
        for scope in Array(scopes.keys) where !slow.contains(scope) {
            scopes[scope]?.slowness = 0
            dropIfUsual(scope)
        }
    }

    private mutating func dropIfUsual(_ scope: String) {
        if let known = scopes[scope], known.pausedUntil == nil, known.slowness == 0 { scopes[scope] = nil }
    }

    /// Until when each pause scope is paused that is.
    func pausedScopes(at now: Timestamp) -> [String: Timestamp] {
        scopes.compactMapValues { $0.pausedUntil.flatMap { $0 > now ? $0 : nil } }
    }

    /// Until when a host is paused, if it is.
    mutating func pausedUntil(_ host: String, _ now: Timestamp) -> Timestamp? {
        // Whoever is led there asks again after a while: the operator may think better of it.
        let ofOperator = operatorPauses.of(nil, host: host, at: now).map {
            min($0.end, now + HostTable.longestDetour)
        }
        guard !scopes.isEmpty else { return ofOperator }
        return [ofOperator, askedForQuiet(host, now)].compactMap(\.self).max()
    }

    private mutating func askedForQuiet(_ host: String, _ now: Timestamp) -> Timestamp? {
        let scope = hosts[host]?.scope ?? PauseScope.of(host)
        guard let until = scopes[scope]?.pausedUntil else { return nil }
        if until > now { return until }
        scopes[scope]?.pausedUntil = nil
        dropIfUsual(scope)
        return nil
    }

    /// The clock was set: all that waits goes on waiting as long as it would have.
    mutating func clockWasSet(by change: Duration) {
        for (name, host) in hosts { hosts[name]?.nextStart = host.nextStart.map { $0 + change } }
        readyFeeds = Heap(readyFeeds.unordered.map { Ready(at: $0.at + change, host: $0.host) })
        readyMovers = Heap(readyMovers.unordered.map { Ready(at: $0.at + change, host: $0.host) })
        for (name, scope) in scopes { scopes[name]?.pausedUntil = scope.pausedUntil.map { $0 + change } }
        operatorPauses.clockWasSet(by: change)
    }
}
