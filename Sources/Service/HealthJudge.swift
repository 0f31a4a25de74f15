import Archive
import FeedModel
import Ingest

/// What is wrong, from what was found out: the rules of `status`, each with what to do.
struct HealthJudge {
    let findings: Health.Findings
    let settings: StatusSettings
    let now: Timestamp
    private var found: [Health.Problem] = []

    init(findings: Health.Findings, settings: StatusSettings, now: Timestamp) {
        self.findings = findings
        self.settings = settings
        self.now = now
    }

    /// Feeds that may be polled.
    static func pollable(_ figures: StatusFigures) -> Int { figures.totalFeeds - (figures.feeds[.disabled] ?? 0) }

    /// How many failing feeds are told: the share is above the setting, and they are not few.
    static func tellsFailing(_ figures: StatusFigures, above share: Int?) -> Bool {
        let failing = figures.feeds[.failing] ?? 0
        guard let share, failing >= Health.fewestFailing else { return false }
        return failing * 100 > pollable(figures) * share
    }

    private mutating func add(
        _ severity: Health.Problem.Severity, _ code: Health.Problem.Code, feed: String? = nil, _ message: String,
        advice: String? = nil, since: Timestamp? = nil
    ) {
        found.append(Health.Problem(severity, code, feed: feed, message, advice: advice, since: since))
    }

    mutating func problems() -> [Health.Problem] {
        found = []
        guard let figures = findings.figures else {
            judgeUnreadable()
            return found
        }
        judgeDaemon(figures)
        judgeArchive(figures)
        if let failure = findings.daemon?.reloadFailure {
            add(.warning, .reloadFailed, failure.message, since: failure.at)
        } else if let mistake = findings.configurationMistake {
            add(
                .warning, .configurationWrong, "the configuration has mistakes: \(mistake)",
                advice: "'ingestd check' lists them; the usual limits of 'status' were taken")
        }
        tellClock()
        judgeFeeds(figures)
        judgeNews(figures)
        judgeWebhooks(figures)
        tellPauses(figures)
        tellHabits(figures)
        nameFeeds(figures)
        return found
    }

    // MARK: daemon and archive

    private mutating func judgeUnreadable() {
        tellTrouble()
        if let error = findings.archiveError {
            let parts = error.split(separator: ";", maxSplits: 1)
            let isLocked = findings.lockedBy != nil
            var message = String(parts.first ?? "")
            if let locker = findings.lockedBy { message += " (\(locker))" }
            add(
                .critical, isLocked ? .archiveLocked : .archiveUnreadable, message,
                advice: parts.count > 1 ? parts[1].drop { $0 == " " }.description : "'ingestd verify' tells more")
            if findings.daemon?.answer == Health.Daemon.Answer.none { judgeDaemon(nil) }
        } else if let daemon = findings.daemon, !daemon.isResponsive {
            // It has yet to make the archive.
            judgeDaemon(nil)
        } else if findings.daemon == nil {
            add(
                .critical, .archiveMissing, "there is no archive at \(findings.archivePath)",
                advice: "'ingestd run' makes one; --archive names another folder")
        } else if findings.daemon?.trouble?.obstacle.kind != .missing {
            // The daemon has yet to see it.
            tell(ArchiveObstacle(.missing, "no such file"), since: nil)
        }
    }

    private mutating func judgeDaemon(_ figures: StatusFigures?) {
        guard let daemon = findings.daemon else {
            let other = findings.otherWriter.map { " (process \($0.pid), 'ingestd \($0.command)', writes)" } ?? ""
            add(
                .critical, .daemonDown, "the daemon is not running\(other)",
                advice: "start it with 'systemctl start ingestd' or 'ingestd run'", since: figures?.lastWrite)
            return
        }
        let who = "the daemon (process \(daemon.pid))"
        switch daemon.answer {
        case .answered: break
        case .notAllowed:
            add(
                .info, .daemonHidden, "\(who) runs, and answers its own user and root alone",
                advice: "run 'ingestd status' as one of them to know whether it hangs")
        case .notListening where now - daemon.started < patience(figures):
            let isOld = (figures?.schemaVersion ?? Archive.schemaVersion) < Archive.schemaVersion
            add(
                .warning, .daemonStarting,
                isOld ? "\(who) brings the archive up to date" : "\(who) is starting",
                advice: "wait; it is called hung after \(HealthJudge.words(patience(figures)))", since: daemon.started)
        case .none, .notListening:
            add(
                .critical, .daemonHung, "\(who) does not answer within 2 s",
                advice: "'systemctl restart ingestd' starts it anew", since: figures?.lastWrite ?? daemon.started)
        }
    }

    /// How long a daemon may take until it answers.
    private func patience(_ figures: StatusFigures?) -> Duration {
        let isOld = (figures?.schemaVersion ?? Archive.schemaVersion) < Archive.schemaVersion
        return isOld ? max(settings.starting, Health.migrationPatience) : settings.starting
    }

    private mutating func tellClock() {
        guard let change = findings.daemon?.clockChange, change.isRecent(at: now) else { return }
        add(
            .info, .clockChanged, "the clock was set \(ClockChange.words(change.change))",
            advice: "waits last as long as they would have, and after a change of more than an hour nothing is "
                + "removed for its age for a day; look at NTP if nobody meant it", since: change.at)
    }

    /// What the daemon waits for, if anything.
    private mutating func tellTrouble() {
        guard let trouble = findings.daemon?.trouble else { return }
        tell(trouble.obstacle, since: trouble.since)
    }

    private mutating func tell(_ obstacle: ArchiveObstacle, since: Timestamp?) {
        let code: Health.Problem.Code =
            switch obstacle.kind {
            case .full: .archiveFull
            case .failing: .archiveFailing
            case .readOnly: .archiveReadOnly
            case .missing: .archiveMissing
            case .locked: .archiveLocked
            }
        var message = obstacle.description(of: findings.archivePath)
        if obstacle.kind == .locked, let locker = findings.lockedBy { message = locked(by: locker) }
        add(
            .critical, code, message,
            advice: "\(obstacle.advice); nobody is polled meanwhile, and polling goes on by itself", since: since)
    }

    private func locked(by locker: String) -> String {
        "the archive \(findings.archivePath) is locked by another program (\(locker)), so that nothing can be written"
    }

    private static let readersNamed = 3

    private mutating func judgeArchive(_ figures: StatusFigures) {
        tellTrouble()
        let kind = findings.daemon?.trouble?.obstacle.kind
        if findings.isReadOnly, kind != .readOnly {
            add(
                .critical, .archiveReadOnly, "the archive \(findings.archivePath) cannot be written",
                advice: "check its owner and mode, and whether its file system is mounted read-only",
                since: figures.lastWrite)
        }
        if let locker = findings.lockedBy, kind != .locked {
            add(
                .critical, .archiveLocked, locked(by: locker),
                advice: "end that program: only ingestd may write to the archive", since: figures.lastWrite)
        }
        if !findings.logReaders.isEmpty {
            let others = findings.logReaders.count - HealthJudge.readersNamed
            let named = findings.logReaders.prefix(HealthJudge.readersNamed).joined(separator: ", ")
            add(
                .warning, .archiveLogLarge,
                "the log of the archive \(findings.archivePath) has grown to \(findings.logBytes >> 20) MiB, since "
                    + "\(named)\(others > 0 ? " and \(others) more" : "") read it without a rest",
                advice: "let whoever reads end its transactions sooner, or end it; the log shrinks by itself then")
        }
        if let free = findings.freeBytes, free < settings.diskFree {
            let isCritical = free < settings.diskFreeCritical
            add(
                isCritical ? .critical : .warning, .diskNearlyFull,
                "only \(free >> 20) MiB are free for \(findings.archivePath)", advice: "make room before writing fails")
        }
    }

    // MARK: feeds

    private mutating func judgeFeeds(_ figures: StatusFigures) {
        if let since = figures.outageSince {
            add(
                .warning, .networkOut, "our own network seems to be out",
                advice: "hardly any host can be reached, so polling waits and feeds keep their state: look at cable, "
                    + "gateway, DNS and proxy; polling goes on by itself",
                since: since)
        }
        let pollable = HealthJudge.pollable(figures)
        if HealthJudge.tellsFailing(figures, above: settings.failing)
            || HealthJudge.tellsFailing(figures, above: settings.failingCritical)
        {
            let isCritical = HealthJudge.tellsFailing(figures, above: settings.failingCritical)
            add(
                isCritical ? .critical : .warning, .feedsFailing,
                "\(figures.feeds[.failing] ?? 0) of \(pollable) feeds fail",
                advice: "'ingestd feeds --failing' shows why", since: findings.failingSince)
        }
        // A daemon that has just begun works off what it was not there for.
        if let daemon = findings.daemon, now - daemon.started >= settings.overdue, figures.overdue > 0,
            figures.outageSince == nil, daemon.trouble == nil
        {
            add(
                .warning, .feedsOverdue,
                "\(figures.overdue) \(figures.overdue >= StatusFigures.mostOverdue ? "and more " : "")feeds are overdue",
                advice: "the limits under 'fetch' may be too tight for the schedule",
                since: figures.overdueSince.map { $0 + settings.overdue })
        }
        if let share = settings.silent, figures.silent > 0, figures.silent * 100 > pollable * share {
            add(
                .warning, .feedsSilent, "\(figures.silent) of \(pollable) feeds answer and have been silent for long",
                advice: "look whether they have moved; 'silence: off' at a feed that has ended ends this")
        }
        if let share = settings.losing, figures.losingInDay > 0, figures.losingInDay * 100 > pollable * share {
            add(
                .warning, .feedsLosing, "entries of \(figures.losingInDay) feeds may have come and gone unseen",
                advice: "'backfill: true' reads what scrolled out where a feed has older pages; a shorter 'interval' "
                    + "comes sooner", since: figures.losingFeeds.last?.last)
        }
    }

    private mutating func judgeNews(_ figures: StatusFigures) {
        guard let daemon = findings.daemon, daemon.trouble == nil, figures.outageSince == nil,
            let last = figures.lastNews
        else { return }
        let isLong =
            switch settings.news {
            case .off: false
            case .auto: NewsRhythm.isUnusual(figures.news, at: now)
            case .after(let span): now - max(last, daemon.started) >= span
            }
        guard isLong else { return }
        add(
            .warning, .noNews, "nothing new has come for longer than usual",
            advice: "'ingestd feeds' shows what the last polls met; 'no_news' under 'status' sets the limit",
            since: last)
    }

    private mutating func judgeWebhooks(_ figures: StatusFigures) {
        for webhook in figures.failingWebhooks {
            guard let error = webhook.lastError else { continue }
            let isOld = webhook.failingSince.map { now - $0 >= Health.webhookPatience } ?? false
            let position = "\(figures.seq - webhook.position) lines of the change log wait"
            add(
                webhook.isStopped || isOld ? .warning : .info, .webhookFailing,
                "the webhook at \(webhook.host) fails; \(error.code): \(error.message); \(position)",
                since: webhook.failingSince)
        }
    }

    private mutating func tellPauses(_ figures: StatusFigures) {
        for pause in figures.pauses {
            let (feed, what): (String?, String) =
                switch pause.target {
                case .feed(_, let url): (url, "paused")
                case .host(let host): (nil, "the host \(host) is paused")
                }
            add(
                .info, .paused, feed: feed, "\(what) by an operator \(pause.extent)",
                advice: "'ingestd resume \(pause.name)' ends that", since: pause.since)
        }
    }

    /// What feeds do that is no news.
    private mutating func tellHabits(_ figures: StatusFigures) {
        if figures.churnyFeeds > 0 {
            let feeds = figures.churnyFeeds == 1 ? "1 feed changes" : "\(figures.churnyFeeds) feeds change"
            add(
                .info, .feedsChurny, "\(feeds) an entry at nearly every poll",
                advice: "not every state of it is kept; 'ingestd feeds' shows 'churny'")
        }
        for flood in figures.floods {
            add(.info, .feedFlooded, feed: flood.feedURL, "flood: \(flood.explanation)", since: flood.at)
        }
    }

    /// Single feeds, a bounded number of each kind.
    private mutating func nameFeeds(_ figures: StatusFigures) {
        for feed in figures.silentFeeds {
            add(
                feed.isAsked ? .warning : .info, .feedSilent, feed: feed.url,
                "it answers, and has been silent for \(feed.since.map { HealthJudge.words(now - $0) } ?? "long")",
                advice: "look whether it has moved or ended; 'silence' at the feed sets what is told", since: feed.since
            )
        }
        if figures.silent > figures.silentFeeds.count {
            add(
                .info, .feedsSilent, "\(figures.silent - figures.silentFeeds.count) more feeds are silent",
                advice: "'ingestd feeds --json' names them by 'silent_since'")
        }
        for feed in figures.losingFeeds {
            add(
                .info, .feedLosing, feed: feed.url,
                "entries may have come and gone unseen, \(feed.losses == 1 ? "once" : "\(feed.losses) times") until now: "
                    + "its document holds \(feed.window)",
                advice: "'backfill: true' reads its older pages, if it has any", since: feed.last)
        }
        for crash in figures.crashes {
            add(
                crash.failures > 1 ? .warning : .info, .feedCrashed, feed: crash.url, crash.error.message,
                advice: "if it happens again, 'ingestd pause' keeps it away; please report it with its document",
                since: crash.since)
        }
        for trouble in figures.troubles where trouble.error.code != PollError.crashed {
            let advice: String? =
                switch trouble.state {
                case .gone, .dead: "correct its URL, or take it out of the configuration"
                case .failing: "'ingestd fetch' shows what comes back"
                default: nil
                }
            add(
                .info, trouble.failures > 0 ? .feedFailing : .feedNotice, feed: trouble.url,
                "\(trouble.error.code): \(trouble.error.message)", advice: advice, since: trouble.since)
        }
    }

    /// `90 s`, `15 min`, `36 h`, `30 d`.
    static func words(_ duration: Duration) -> String {
        let seconds = duration.milliseconds / 1000
        return switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) d"
        }
    }
}
