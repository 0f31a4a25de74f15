public import Archive
public import FeedModel

/// All that a poll is about to write, as one value: the feed's new state, what the document brought, and
/// the host's pause. It is committed whole or not at all.
struct PollRecord: Sendable {
    let feed: Feed
    /// As it will be, but for what only the archive can tell, and after a success for the next poll.
    var state: PollState
    var figures: PollFigures
    /// What decides the next poll after a success.
    var success: Success?
    /// `nil` where no document was accepted, or the same one as before.
    var document: Document?
    /// What the answer says of its host.
    var lesson: HostLesson?
    /// What a permanent redirect would make the feed's URL, if no other feed has it.
    var movedTo: String?
    /// Where the feed's older entries are, if they are wanted, and the document that says so.
    var older: OlderPage?
    var finalURL: String?
    /// The document as it came, where that is kept.
    var raw: PackedDocument?
    let now: Timestamp

    struct Success: Sendable {
        /// How long the response stays fresh from now on.
        var freshness: Duration?
        var rules: ScheduleRules
    }

    struct Document: Sendable {
        var entries: [EntryDigest]
        var homePage: String?
        var lastModified: Timestamp?
        var extent = DocumentExtent.whole
        /// What is known of the feed's posting from now on, where nothing was.
        private(set) var beginning: [UInt8]?

        /// Makes ready what is going to be kept, as far as that can be told: entries that the feed has not shown as they are.
        ///
        /// - Parameter posting: what is known so far.
        mutating func pack(known: Set<Int64>, posting: PostingRecord, at now: Timestamp) {
            for index in entries.indices where !known.contains(entries[index].fingerprint) { entries[index].pack() }
            beginning = posting.beginning(entries.lazy.map(\.instant), at: now)
        }
    }

    func commit(in archive: borrowing ArchiveTransaction) throws -> PollReport {
        var state = state
        var figures = figures
        let brought = try archive.countingStored(of: feed.id, at: now) { archive in
            let kept = try raw.map { try archive.keep($0, of: feed.id) }
            guard let document else { return Reconciliation() }
            return try Reconciler.reconcile(
                document.entries, of: feed, homePage: document.homePage, documentModified: document.lastModified,
                extent: document.extent, record: kept, at: now, in: archive)
        }
        if document != nil {
            figures.new = brought.new
            figures.revised = brought.revised
            figures.duplicates = brought.duplicates
            if brought.new + brought.revised > 0 {
                figures.outcome = .changed
                state.lastChange = now
            }
        }
        if success != nil { state.noteChurn(brought.churning, at: now) }
        if let rules = success?.rules, rules.pushInterval != nil, state.hub != nil,
            let now = try archive.feed(feed.id)
        {
            // A hub may have sent something since the poll began.
            state.posting = now.poll.posting
        }
        schedule(&state, brought, pushed: try reliance(state, brought, in: archive))
        try beginBackfill(state.posting, in: archive)
        if let movedTo {
            if try archive.isFeedURL(movedTo, otherThan: feed.id) {
                state.setNotice(
                    PollError(
                        code: "redirect-not-kept",
                        message:
                            "\(feed.poll.url) has moved to \(movedTo), which is another configured feed; remove one of them"
                    ),
                    at: now)
            } else {
                state.url = movedTo
            }
        }
        let conduct = try lesson?.conduct(at: now, in: archive)
        if let until = conduct?.now?.pausedUntil, let next = state.nextPoll, until > next {
            state.nextPoll = until
            state.interval = until - now
            state.intervalReason = .retryAfter
        }
        state = try archive.save(state, of: feed.id)
        if let conduct { try archive.set(conduct.now, of: conduct.scope, at: now) }
        try archive.log(figures, of: feed.id, firstSightings: brought.firstSightings, at: now)
        var after = feed
        after.poll = state
        return PollReport(feed: after, figures: figures, conduct: conduct)
    }

    /// Learns from what a success brought, and finds the next poll.
    ///
    /// - Parameter pushed: how long polls may wait since a hub sends what is new.
    func schedule(_ state: inout PollState, _ brought: Reconciliation, pushed: Duration? = nil) {
        guard let success else { return }
        if let document {
            state.posting.learn(
                arrivals: brought.arrivals, known: brought.known + brought.flooded,
                document: document.entries.lazy.map(\.instant), beginning: document.beginning,
                isPartial: document.extent != .whole, since: feed.poll.lastSuccess, at: now)
        }
        state.hints.learned =
            state.posting.wait(
                at: now, price: success.rules.price, longest: success.rules.maxInterval,
                silence: success.rules.silence)
            ?? state.hints.learned
        state.apply(
            NextPoll.afterSuccess(
                at: now, hints: state.hints, freshness: success.freshness, rules: success.rules, pushed: pushed))
    }

    /// How long polls may wait since a hub sends what is new, after what this poll has told of the hub.
    private func reliance(
        _ state: PollState, _ brought: Reconciliation, in archive: borrowing ArchiveTransaction
    ) throws -> Duration? {
        guard let interval = success?.rules.pushInterval, let hub = state.hub,
            let subscription = try archive.liveSubscription(of: feed.id, hub: hub, topic: state.pushTopic, at: now)
        else { return nil }
        var deliveries = subscription.deliveries
        if deliveries.missed(brought.arrivals.compactMap(\.self), since: subscription.activeSince, at: now) {
            try archive.setDoubt(deliveries.doubt, of: subscription.id)
        }
        return deliveries.pollInterval(of: interval)
    }

    /// The older pages are walked when a feed is first met, and when entries may have scrolled out unseen.
    private func beginBackfill(_ posting: PostingRecord, in archive: borrowing ArchiveTransaction) throws {
        guard let older, let finalURL else { return }
        guard try posting.losses > feed.poll.posting.losses || !archive.hasBackfill(of: feed.id) else { return }
        try archive.beginBackfill(of: feed.id, older.kind, from: finalURL, to: older.url, at: now)
    }
}

/// What a poll did.
public struct PollReport: Sendable {
    /// As it stands now.
    public var feed: Feed
    public var figures: PollFigures
    /// What is remembered of a pause scope from now on, `nil` for nothing, where the poll has changed that.
    public var conduct: (scope: String, now: HostConduct?)?
    /// How long after its time it began; `nil` before that, and for a feed's first.
    public var lateness: Duration?
    /// From the request to the commit.
    public var duration = Duration.zero

    /// Until when the poll has quieted a scope.
    var pause: (scope: String, until: Timestamp)? {
        guard let conduct, let known = conduct.now, figures.outcome == .failed else { return nil }
        return (conduct.scope, known.pausedUntil)
    }
}

extension PollState {
    mutating func apply(_ next: NextPoll) {
        nextPoll = next.at
        interval = next.interval
        intervalReason = next.reason
    }

    /// Something to know although polls succeed; it is noted since when.
    mutating func setNotice(_ notice: PollError?, at now: Timestamp) {
        if notice?.code != self.notice?.code { noticeSince = notice == nil ? nil : now }
        self.notice = notice
    }
}
