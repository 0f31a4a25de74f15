public import FeedFetch
public import FeedModel
import HeapModule

/// A feed that is to be polled now.
public struct DueFeed: Hashable, Sendable {
    public var feed: FeedID
    /// The host that has been entered for it, and that its poll has to leave.
    public var host: String
}

/// Which feed is polled next: a heap of (time, feed), and who waits at which host (`HostTable`).
///
/// `next()` suspends until a feed is due, its host has room for it and fewer polls are in flight than may
/// be: this is the backpressure of the whole pipeline. Redirects to other hosts pass through the same
/// budgets (`HostGate`), and go before feeds that have not started.
///
/// A feed is in one of four places: scheduled (in the heap), waiting (due, at its host), in flight, or
/// nowhere (gone, disabled, removed).
///
/// While our own network is out the queue is held: nothing starts but what somebody asks for, and probes. All times
/// come from the time source that is handed in.
public actor PollQueue: HostGate {
    private struct Due: Comparable {
        var at: Timestamp
        var feed: FeedID
        static func < (a: Due, b: Due) -> Bool { a.at < b.at }
    }

    private enum Place: Hashable {
        case scheduled(Timestamp)
        case waiting
        case inFlight
    }

    private struct Slot {
        var host: String
        var place: Place?
        /// Somebody has asked for it. While it waits for its host, no schedule moves it away; in flight, it is
        /// polled again as soon as that poll has ended.
        var isWanted = false
        /// Taken out while in flight.
        var isRemoved = false
    }

    private let time: any TimeSource
    /// True for `run --once`: `next()` ends when nothing is waiting any more, nor in flight, which may go on.
    private let endsWhenIdle: Bool

    private var slots: [FeedID: Slot] = [:]
    private var due = Heap<Due>()
    private var hosts: HostTable
    /// Feeds whose time has come while an operator's pause holds, and when that was.
    private var parked: [FeedID: Timestamp] = [:]
    /// Then only feeds that start all the same are waiting.
    private var isHeld = false
    /// Of the last `hold`: calls may overtake one another.
    private var holdGeneration = 0
    /// Nothing starts at all.
    private var isStopped = false
    private var inFlight = 0
    private var isClosed = false
    private var consumer: CheckedContinuation<DueFeed?, Never>?
    private var timer: (at: Timestamp, task: Task<Void, Never>)?

    public init(limits: HostLimits, time: any TimeSource, endsWhenIdle: Bool = false) {
        hosts = HostTable(limits: limits)
        self.time = time
        self.endsWhenIdle = endsWhenIdle
    }

    // MARK: what is to be polled

    /// Feeds in flight now.
    public var feedsInFlight: Int { inFlight }

    /// Feeds that are due and wait for room, and pause scopes that are quiet now.
    public var backlog: (waiting: Int, pausedScopes: Int) {
        (hosts.waitingCount, pausedScopes().count)
    }

    /// Nothing is in flight, and nothing waits at its host.
    public var isAtRest: Bool { inFlight == 0 && hosts.waitingCount == 0 }

    public func setLimits(_ limits: HostLimits) {
        hosts.setLimits(limits, at: time.now)
        serve()
    }

    /// Puts a feed into the schedule or moves it there; one in flight keeps to what its poll will say, and one
    /// that somebody waits for is polled first.
    ///
    /// - Parameter at: `nil` takes it out.
    public func schedule(_ feeds: [(feed: FeedID, host: String, at: Timestamp?)]) {
        for (feed, host, at) in feeds { place(feed, host: host, at: at) }
        serve()
    }

    /// Polls a feed as soon as its host allows, whatever its schedule says. A poll that is in flight is
    /// followed by another.
    ///
    /// - Returns: when its host's pause ends, if the host is paused: then nothing is polled.
    public func pollNow(_ feed: FeedID, host: String) -> Timestamp? {
        let now = time.now
        if let until = hosts.pausedUntil(host, now) ?? operatorPause(feed, host: host)?.end { return until }
        switch slots[feed]?.place {
        case .inFlight, .waiting: break
        default:
            place(feed, host: host, at: now)
            if isHeld { probe(feed) }
        }
        slots[feed]?.isWanted = true
        serve()
        return nil
    }

    /// Takes a feed out of the schedule, to its host, for a start in spite of the hold.
    private func probe(_ feed: FeedID) {
        guard let slot = slots[feed], case .scheduled = slot.place else { return }
        slots[feed]?.isWanted = true
        wait(feed, at: slot.host)
    }

    /// Takes feeds out for good. Those in flight end as they are.
    public func remove(_ feeds: [FeedID]) {
        for feed in feeds {
            parked[feed] = nil
            switch slots[feed]?.place {
            case .inFlight:
                // One that comes back meanwhile is not polled twice at a time.
                slots[feed]?.isRemoved = true
                slots[feed]?.isWanted = false
                continue
            case .waiting: dropWaiting(feed)
            default: break
            }
            slots[feed] = nil
        }
        serve()
    }

    private func place(_ feed: FeedID, host: String, at: Timestamp?) {
        parked[feed] = nil
        switch slots[feed]?.place {
        case .inFlight:
            slots[feed]?.host = host
            slots[feed]?.isRemoved = false
            return
        case .waiting:
            if slots[feed]?.isWanted == true { return }
            dropWaiting(feed)
        default: break
        }
        slots[feed] = Slot(host: host, place: at.map(Place.scheduled))
        if let at { due.insert(Due(at: at, feed: feed)) }
    }

    private func dropWaiting(_ feed: FeedID) {
        guard let host = slots[feed]?.host else { return }
        hosts.drop(feed, at: host, now: time.now)
    }

    // MARK: the consumer

    /// The next feed to poll; its host has been entered for it. `nil` once the queue is closed or, where
    /// it ends when idle, has nothing left. For one consumer.
    public func next() async -> DueFeed? {
        await withCheckedContinuation { continuation in
            consumer = continuation
            serve()
        }
    }

    /// A poll has ended: its host is left, and the feed is scheduled anew.
    ///
    /// - Parameters:
    ///   - heldHost: the host that the poll still holds, if any.
    ///   - host: where the feed lives from now on.
    ///   - at: the next poll; `nil` for never.
    ///   - goesOn: `at` is for more of the same work, which a queue that ends when idle waits for as well.
    public func finished(_ feed: FeedID, heldHost: String?, host: String, at: Timestamp?, goesOn: Bool = false) {
        inFlight -= 1
        if let heldHost { hosts.leave(heldHost, at: time.now) }
        if let slot = slots[feed] {
            slots[feed]?.place = nil
            slots[feed]?.isWanted = false
            if slot.isRemoved {
                slots[feed] = nil
            } else if slot.isWanted, hosts.pausedUntil(host, time.now) == nil {
                place(feed, host: host, at: time.now)
                if isHeld { probe(feed) }
            } else if !endsWhenIdle || goesOn {
                place(feed, host: host, at: at)
            } else {
                slots[feed] = nil
            }
        }
        serve()
    }

    /// No feed starts any more; what is in flight goes on.
    public func close() {
        isClosed = true
        serve()
    }

    // MARK: hosts

    /// Keeps all hosts of a pause scope quiet. Their waiting feeds go back into the schedule, those in flight end as
    /// they are.
    ///
    /// - Returns: the feeds that were waiting.
    @discardableResult
    public func pause(scope: String, until: Timestamp) -> [FeedID] {
        let now = time.now
        var sentBack: [FeedID] = []
        for host in hosts.pause(scope: scope, until: until) {
            let waiting = hosts.takeWaiting(at: host, now: now)
            for feed in waiting {
                slots[feed]?.place = nil
                slots[feed]?.isWanted = false
                if !endsWhenIdle { place(feed, host: host, at: until) }
            }
            sentBack += waiting
            hosts.turnMoversAway(from: host, until: until, now: now)
        }
        serve()
        return sentBack
    }

    /// Sets how many times the distance between request starts to the hosts of a scope is doubled.
    public func slow(scope: String, doublings: Int) {
        hosts.slow(scope: scope, doublings: doublings)
    }

    /// Starts requests as usual again, but to these pause scopes.
    public func hurry(except slow: Set<String>) {
        hosts.hurry(except: slow)
    }

    /// Until when a host is paused, if it is.
    public func pausedUntil(_ host: String) -> Timestamp? { hosts.pausedUntil(host, time.now) }

    /// Until when each pause scope is paused that is.
    public func pausedScopes() -> [String: Timestamp] {
        hosts.pausedScopes(at: time.now)
    }

    public func move(from: String, to: String) async -> Timestamp? {
        hosts.leave(from, at: time.now)
        if let until = hosts.pausedUntil(to, time.now) {
            serve()
            return until
        }
        return await withCheckedContinuation { continuation in
            hosts.wait(continuation, at: to, now: time.now)
            serve()
        }
    }

    // MARK: the operator

    /// Makes these the pauses that hold. Waiting feeds that are paused now go back, movers are turned away, and those in
    /// flight end as they are; what has become due during a pause that holds no more is polled, one after the other.
    ///
    /// - Returns: the feeds that were waiting, and what holds them.
    public func set(_ pauses: OperatorPauses) -> [(feed: FeedID, pause: OperatorPause)] {
        hosts.set(pauses)
        let now = time.now
        let due = parked.sorted { $0.value < $1.value }
        let free = due.filter { feed, _ in
            guard let slot = slots[feed] else { return true }
            return pauses.of(feed, host: slot.host, at: now) == nil
        }
        for (index, (feed, _)) in free.enumerated() {
            guard let host = slots[feed]?.host else { continue }
            place(feed, host: host, at: now + OverdueSpread.wait(index, of: free.count))
        }
        for (feed, at) in due {
            guard let host = slots[feed]?.host, let pause = pauses.of(feed, host: host, at: now) else { continue }
            park(feed, host: host, due: at, pause)
        }
        var sentBack: [(feed: FeedID, pause: OperatorPause)] = []
        for name in pauses.isEmpty ? [] : hosts.names {
            for feed in hosts.waiting(at: name) {
                guard let pause = pauses.of(feed, host: name, at: now) else { continue }
                dropWaiting(feed)
                slots[feed]?.place = nil
                park(feed, host: name, due: now, pause)
                sentBack.append((feed, pause))
            }
            if let until = hosts.pausedUntil(name, now) { hosts.turnMoversAway(from: name, until: until, now: now) }
        }
        serve()
        return sentBack
    }

    /// What an operator says of a feed.
    public func operatorPause(_ feed: FeedID, host: String) -> OperatorPause? {
        hosts.operatorPauses.of(feed, host: host, at: time.now)
    }

    private func park(_ feed: FeedID, host: String, due: Timestamp, _ pause: OperatorPause) {
        if endsWhenIdle {
            slots[feed] = nil
        } else {
            slots[feed]?.isWanted = false
            place(feed, host: host, at: pause.until)
            parked[feed] = due
        }
    }

    // MARK: our own network

    /// Starts no feed any more but by `startHeld` and `pollNow`; or lets all start again, those that have become due
    /// meanwhile one after the other (`OverdueSpread`). What is in flight goes on.
    ///
    /// - Parameter generation: grows from call to call; an older call that comes late changes nothing.
    public func hold(_ isHeld: Bool, generation: Int) {
        guard generation > holdGeneration else { return }
        holdGeneration = generation
        guard isHeld != self.isHeld else { return }
        self.isHeld = isHeld
        if isHeld {
            for feed in sendBack() { probe(feed) }
        } else if !isStopped {
            spreadDue()
        }
        serve()
    }

    /// Starts nothing any more, whoever asks for it; or lets all start again, those that have become due meanwhile one
    /// after the other. What is in flight goes on.
    public func stop(_ isStopped: Bool) {
        guard isStopped != self.isStopped else { return }
        self.isStopped = isStopped
        if isStopped {
            _ = sendBack()
        } else if !isHeld {
            spreadDue()
        }
        serve()
    }

    /// Puts the feeds that wait at their hosts back into the schedule, as due.
    ///
    /// - Returns: those that somebody has asked for.
    private func sendBack() -> [FeedID] {
        let now = time.now
        var wanted: [FeedID] = []
        for name in hosts.names {
            for feed in hosts.takeWaiting(at: name, now: now) {
                if slots[feed]?.isWanted == true { wanted.append(feed) }
                slots[feed] = Slot(host: name, place: nil)
                place(feed, host: name, at: now)
            }
        }
        return wanted
    }

    private func spreadDue() {
        let now = time.now
        var held: [FeedID] = []
        while let first = due.min, first.at <= now {
            due.removeMin()
            if slots[first.feed]?.place == .scheduled(first.at) { held.append(first.feed) }
        }
        for (index, feed) in held.enumerated() {
            guard let host = slots[feed]?.host else { continue }
            place(feed, host: host, at: now + OverdueSpread.wait(index, of: held.count))
        }
    }

    /// Starts a feed although the queue is held, as soon as its host allows.
    ///
    /// - Returns: `false` if it is not in the schedule, or its host is paused.
    public func startHeld(_ feed: FeedID) -> Bool {
        guard isHeld, let slot = slots[feed], case .scheduled = slot.place,
            hosts.pausedUntil(slot.host, time.now) == nil, operatorPause(feed, host: slot.host) == nil
        else { return false }
        probe(feed)
        serve()
        return true
    }

    // MARK: the clock

    /// The clock was set: all that waits goes on waiting as long as it would have.
    ///
    /// - Parameter adopt: makes the change `now`'s. Nothing is served between the two.
    public func clockWasSet(by change: Duration, adopt: @Sendable () -> Void) {
        adopt()
        slots = slots.mapValues { slot in
            guard case .scheduled(let at) = slot.place else { return slot }
            var moved = slot
            moved.place = .scheduled(at + change)
            return moved
        }
        due = Heap(
            slots.compactMap { feed, slot -> Due? in
                guard case .scheduled(let at) = slot.place else { return nil }
                return Due(at: at, feed: feed)
            })
        hosts.clockWasSet(by: change)
        parked = parked.mapValues { $0 + change }
        timer?.task.cancel()
        timer = nil
        serve()
    }

    // MARK: serving

    /// Does all that can be done now, and sets the timer for the rest.
    private func serve() {
        let now = time.now
        if !isHeld, !isStopped { collectDue(now) }
        while let mover = hosts.startMover(at: now) { mover.resume(returning: nil) }
        while canTakeFeed, let next = hosts.startFeed(at: now) {
            inFlight += 1
            slots[next.feed]?.place = .inFlight
            slots[next.feed]?.isWanted = false
            consumer?.resume(returning: next)
            consumer = nil
        }
        if isClosed || (endsWhenIdle && hosts.waitingCount == 0 && due.isEmpty && inFlight == 0) {
            consumer?.resume(returning: nil)
            consumer = nil
        }
        setTimer(now)
    }

    private var canTakeFeed: Bool {
        consumer != nil && inFlight < hosts.limits.concurrency && !isClosed && !isStopped
    }

    /// Moves feeds whose time has come to their hosts.
    private func collectDue(_ now: Timestamp) {
        while let first = due.min, first.at <= now {
            due.removeMin()
            // A feed that was scheduled anew has left its older entries behind.
            guard let slot = slots[first.feed], slot.place == .scheduled(first.at) else { continue }
            parked[first.feed] = nil
            if let pause = hosts.operatorPauses.of(first.feed, host: slot.host, at: now) {
                park(first.feed, host: slot.host, due: first.at, pause)
                continue
            }
            if let until = hosts.pausedUntil(slot.host, now) {
                slots[first.feed]?.place = nil
                if !endsWhenIdle { place(first.feed, host: slot.host, at: until) }
                continue
            }
            wait(first.feed, at: slot.host)
        }
    }

    /// Puts a feed into its host's line.
    private func wait(_ feed: FeedID, at host: String) {
        slots[feed]?.place = .waiting
        hosts.wait(feed, at: host, now: time.now)
    }

    private func setTimer(_ now: Timestamp) {
        // Feeds matter only while somebody would take them.
        let feeds = canTakeFeed ? [isHeld ? nil : due.min?.at, hosts.nextFeedStart] : []
        guard let next = (feeds + [hosts.nextMoverStart]).compactMap(\.self).min() else { return }
        if let timer, timer.at <= next, !timer.task.isCancelled { return }
        timer?.task.cancel()
        timer = (
            next,
            Task { [weak self, time] in
                guard (try? await time.sleep(until: next)) != nil else { return }
                await self?.timerFired(next)
            }
        )
    }

    private func timerFired(_ at: Timestamp) {
        if timer?.at == at { timer = nil }
        serve()
    }
}
