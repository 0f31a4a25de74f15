public import Archive
public import FeedModel
import PublicSuffix

/// All that a poll is about to write, as one value: the feed's new state, what the document brought, and
/// the host's pause. It is committed whole or not at all.
struct PollRecord: Sendable {
    let feed: Feed
    /// As it will be, but for what only the archive can tell.
    var state: PollState
    var figures: PollFigures
    /// `nil` where no document was accepted, or the same one as before.
    var document: Document?
    /// The host that answered well, or that asks for quiet.
    var host: String?
    /// With a host that asks for quiet.
    var refusal: Refusal?
    /// What a permanent redirect would make the feed's URL, if no other feed has it.
    var movedTo: String?
    let now: Timestamp

    struct Refusal: Sendable {
        var retryAfter: Duration?
        var rules: ScheduleRules
        var jitter: Double
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
        let conduct = try conduct(in: archive)
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

    /// What is to be remembered of the host's pause scope from now on, if that has changed.
    private func conduct(in archive: borrowing ArchiveTransaction) throws -> (scope: String, now: HostConduct?)? {
        guard let host else { return nil }
        let scope = PauseScope.of(host)
        let known = try archive.conduct(of: scope)
        guard let refusal else {
            guard let known else { return nil }
            let eased = HostRecovery.eased(known, at: now)
            return eased == known ? nil : (scope, eased)
        }
        let refused = HostRecovery.refused(
            known, at: now, retryAfter: refusal.retryAfter, rules: refusal.rules, jitter: refusal.jitter)
        return (scope, refused)
    }
}

/// What a poll did.
public struct PollReport: Sendable {
    /// As it stands now.
    public var feed: Feed
    public var figures: PollFigures
    /// What is remembered of a pause scope from now on, `nil` for nothing, where the poll has changed that.
    public var conduct: (scope: String, now: HostConduct?)?

    /// Until when the poll has quieted a scope.
    var pause: (scope: String, until: Timestamp)? {
        guard let conduct, let known = conduct.now, figures.outcome == .failed else { return nil }
        return (conduct.scope, known.pausedUntil)
    }
}

extension PollState {
    /// Something to know although polls succeed; it is noted since when.
    mutating func setNotice(_ notice: PollError?, at now: Timestamp) {
        if notice?.code != self.notice?.code { noticeSince = notice == nil ? nil : now }
        self.notice = notice
    }
}
