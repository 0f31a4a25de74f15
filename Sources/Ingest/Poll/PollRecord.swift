public import Archive
public import FeedModel

/// All that a poll is about to write, as one value: the feed's new state, what the document brought, and
/// the host's pause. It is committed whole or not at all.
struct PollRecord: Sendable {
    let feed: Feed
    /// As it will be, but for what only the archive can tell.
    var state: PollState
    var figures: PollFigures
    /// `nil` where no document was accepted, or the same one as before.
    var document: Document?
    /// The host to keep quiet, and until when.
    var pause: (host: String, until: Timestamp)?
    /// What a permanent redirect would make the feed's URL, if no other feed has it.
    var movedTo: String?
    /// What the next poll after a success follows from, besides what a hub is relied upon for.
    var rhythm: Rhythm?
    let now: Timestamp

    struct Rhythm: Sendable {
        /// How long the response stays fresh from now on.
        var freshness: Duration?
        var rules: ScheduleRules
    }

    struct Document: Sendable {
        var entries: [EntryDigest]
        var homePage: String?
        var lastModified: Timestamp?
    }

    func commit(in archive: borrowing ArchiveTransaction) throws -> PollReport {
        var state = state
        var figures = figures
        var brought = Reconciliation()
        if let document {
            brought = try Reconciler.reconcile(
                document.entries, of: feed, homePage: document.homePage, documentModified: document.lastModified,
                at: now, in: archive)
            figures.new = brought.new
            figures.revised = brought.revised
            figures.duplicates = brought.duplicates
            if brought.new + brought.revised > 0 {
                figures.outcome = .changed
                state.lastChange = now
            }
        }
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
        if let rhythm, let pushed = try reliance(state, rhythm.rules, brought, in: archive) {
            NextPoll.afterSuccess(
                at: now, hints: state.hints, freshness: rhythm.freshness, rules: rhythm.rules, pushed: pushed
            ).apply(to: &state)
        }
        state = try archive.save(state, of: feed.id)
        if let pause { try archive.pause(host: pause.host, until: pause.until, at: now) }
        try archive.log(figures, of: feed.id, firstSightings: brought.firstSightings, at: now)
        var after = feed
        after.poll = state
        return PollReport(feed: after, figures: figures, pause: pause)
    }

    /// How long polls may wait since a hub sends what is new, after what this poll has told of the hub.
    private func reliance(
        _ state: PollState, _ rules: ScheduleRules, _ brought: Reconciliation, in archive: borrowing ArchiveTransaction
    ) throws -> Duration? {
        guard let interval = rules.pushInterval, let hub = state.hub,
            let subscription = try archive.liveSubscription(of: feed.id, hub: hub, topic: state.pushTopic, at: now)
        else { return nil }
        var deliveries = subscription.deliveries
        if deliveries.missed(brought.newInstants, since: subscription.activeSince, at: now) {
            try archive.setDoubt(deliveries.doubt, of: subscription.token)
        }
        return deliveries.pollInterval(of: interval)
    }
}

/// What a poll did.
public struct PollReport: Sendable {
    /// As it stands now.
    public var feed: Feed
    public var figures: PollFigures
    public var pause: (host: String, until: Timestamp)?
}

extension PollState {
    /// Something to know although polls succeed; it is noted since when.
    mutating func setNotice(_ notice: PollError?, at now: Timestamp) {
        if notice?.code != self.notice?.code { noticeSince = notice == nil ? nil : now }
        self.notice = notice
    }
}
