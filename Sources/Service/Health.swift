public import Archive
public import FeedModel

/// Is all well? The answer of `status`, as a pure function of what could be found out.
public struct Health: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, Comparable {
        case ok
        /// It works, but something wants attention.
        case degraded
        /// Not running, hung, or the archive cannot be written.
        case critical
        /// There is no archive to ask.
        case unknown

        /// What monitoring systems expect of a check.
        public var exitCode: Int32 {
            switch self {
            case .ok: 0
            case .degraded: 1
            case .critical: 2
            case .unknown: 3
            }
        }

        public static func < (a: State, b: State) -> Bool { a.exitCode < b.exitCode }
    }

    public struct Daemon: Hashable, Sendable {
        public var pid: Int
        public var version: String
        public var started: Timestamp
        /// It answered within two seconds.
        public var isResponsive: Bool
        public var inFlight: Int
        /// The last reload, if it failed.
        public var reloadFailure: ReloadFailure?

        public struct ReloadFailure: Hashable, Sendable {
            public var at: Timestamp
            public var message: String

            public init(at: Timestamp, message: String) {
                self.at = at
                self.message = message
            }
        }

        public init(pid: Int, version: String, started: Timestamp, isResponsive: Bool, inFlight: Int) {
            self.pid = pid
            self.version = version
            self.started = started
            self.isResponsive = isResponsive
            self.inFlight = inFlight
        }
    }

    public struct Problem: Hashable, Sendable {
        public enum Severity: String, Hashable, Sendable {
            /// To know; the state stays ok.
            case info
            case warning
            case critical
        }

        public var severity: Severity
        public var feed: String?
        public var message: String
        public var since: Timestamp?
    }

    /// What was found out.
    public struct Findings: Hashable, Sendable {
        public var archivePath: String
        /// `nil` if there is none, or it cannot be read: then `archiveError` says why.
        public var figures: StatusFigures?
        public var archiveError: String?
        /// The file or its folder cannot be written.
        public var isReadOnly = false
        /// Bytes of the database and its log.
        public var bytes = 0
        /// Free on the archive's file system.
        public var freeBytes: Int?
        public var daemon: Daemon?

        public init(archivePath: String) { self.archivePath = archivePath }
    }

    /// A share of failing feeds above which the service counts as degraded, in percent, if it is at least
    /// three feeds.
    static let failingPercent = 25
    /// Free space below which writing will soon fail.
    static let lowSpace = 256 << 20
    /// A poll is overdue when it should have been made this long ago.
    public static let overdueAfter: Duration = .minutes(15)

    /// A webhook that has failed for so long wants attention.
    static let webhookPatience: Duration = .hours(1)

    public var state: State
    public var findings: Findings
    public var problems: [Problem]

    public init(_ findings: Findings, at now: Timestamp) {
        self.findings = findings
        var problems: [Problem] = []
        func add(_ severity: Problem.Severity, _ message: String, since: Timestamp? = nil) {
            problems.append(Problem(severity: severity, message: message, since: since))
        }
        guard let figures = findings.figures else {
            let message = findings.archiveError ?? "there is no archive at \(findings.archivePath)"
            self.problems = [Problem(severity: .critical, message: message)]
            state = findings.archiveError == nil ? .unknown : .critical
            return
        }
        if let daemon = findings.daemon {
            if !daemon.isResponsive {
                add(
                    .critical,
                    "the daemon (process \(daemon.pid)) does not answer within 2 s; 'systemctl restart ingestd' starts it anew",
                    since: figures.lastWrite)
            }
        } else {
            add(
                .critical, "the daemon is not running; start it with 'systemctl start ingestd' or 'ingestd run'",
                since: figures.lastWrite)
        }
        if let failure = findings.daemon?.reloadFailure { add(.warning, failure.message, since: failure.at) }
        if findings.isReadOnly {
            add(.critical, "the archive \(findings.archivePath) cannot be written; check its owner and mode")
        }
        if let free = findings.freeBytes, free < Health.lowSpace {
            add(.warning, "only \(free >> 20) MiB are free for \(findings.archivePath); make room before writing fails")
        }
        if let since = figures.outageSince {
            add(
                .warning,
                "our own network seems to be out; hardly any host can be reached, so polling waits and feeds keep their "
                    + "state: look at cable, gateway, DNS and proxy; polling goes on by itself",
                since: since)
        }
        let pollable = figures.totalFeeds - (figures.feeds[.disabled] ?? 0)
        let failing = figures.feeds[.failing] ?? 0
        if failing >= 3, failing * 100 > pollable * Health.failingPercent {
            add(.warning, "\(failing) of \(pollable) feeds fail; 'ingestd feeds --failing' shows why")
        }
        if findings.daemon != nil, figures.overdue > 0, figures.outageSince == nil {
            add(
                .warning,
                "\(figures.overdue) feeds are overdue; the limits under 'fetch' may be too tight for the schedule")
        }
        for webhook in figures.failingWebhooks {
            guard let error = webhook.lastError else { continue }
            let isOld = webhook.failingSince.map { now - $0 >= Health.webhookPatience } ?? false
            let position = "\(figures.seq - webhook.position) lines of the change log wait"
            add(
                webhook.isStopped || isOld ? .warning : .info,
                "the webhook at \(webhook.host) fails; \(error.code): \(error.message); \(position)",
                since: webhook.failingSince)
        }
        for pause in figures.pauses {
            let (feed, what): (String?, String) =
                switch pause.target {
                case .feed(_, let url): (url, "paused")
                case .host(let host): (nil, "the host \(host) is paused")
                }
            problems.append(
                Problem(
                    severity: .info, feed: feed,
                    message: "\(what) by an operator \(pause.extent); 'ingestd resume \(pause.name)' ends that",
                    since: pause.since))
        }
        if figures.churnyFeeds > 0 {
            let feeds = figures.churnyFeeds == 1 ? "1 feed changes" : "\(figures.churnyFeeds) feeds change"
            add(
                .info,
                "\(feeds) an entry at nearly every poll; not every state of it is kept ('ingestd feeds' shows 'churny')"
            )
        }
        for flood in figures.floods {
            problems.append(
                Problem(severity: .info, feed: flood.feedURL, message: "flood: \(flood.explanation)", since: flood.at))
        }
        for trouble in figures.troubles {
            problems.append(
                Problem(
                    severity: .info, feed: trouble.url, message: "\(trouble.error.code): \(trouble.error.message)",
                    since: trouble.since))
        }
        self.problems = problems
        state =
            problems.contains { $0.severity == .critical }
            ? .critical
            : problems.contains { $0.severity == .warning } ? .degraded : .ok
    }

    // MARK: showing

    /// Fits a pager: `ok: 1204 feeds, 1190 healthy, 14 failing, 88213 articles, 312 new in 24 h`.
    public var headline: String {
        guard let figures = findings.figures else {
            return "\(state.rawValue): \(problems.first?.message ?? "")"
        }
        let active = figures.feeds[.active] ?? 0
        var parts = ["\(figures.totalFeeds) feeds", "\(active) healthy"]
        for (state, word) in [
            (PollState.State.failing, "failing"), (.gone, "gone"), (.dead, "dead"), (.disabled, "disabled"),
        ] {
            let count = figures.feeds[state] ?? 0
            if state == .failing || count > 0 { parts.append("\(count) \(word)") }
        }
        parts.append("\(figures.articles) articles")
        parts.append("\(figures.newInDay) new in 24 h")
        let cause = problems.first { $0.severity == .critical } ?? problems.first { $0.severity == .warning }
        return "\(state.rawValue): " + (cause.map { "\($0.message.prefix { $0 != ";" }); " } ?? "")
            + parts.joined(separator: ", ")
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("state", state.rawValue)
            json.object("daemon") { json in
                json.member("running", findings.daemon != nil)
                json.member("pid", findings.daemon?.pid)
                json.member("version", findings.daemon?.version)
                json.member("started", findings.daemon.map { Timestamp(seconds: $0.started.seconds) })
                json.member("responsive", findings.daemon?.isResponsive ?? false)
                if let failure = findings.daemon?.reloadFailure {
                    json.object("reload_failure") { json in
                        json.member("at", Timestamp(seconds: failure.at.seconds))
                        json.member("message", failure.message)
                    }
                }
            }
            if let figures = findings.figures { write(figures, to: &json) }
            json.object("archive") { json in
                json.member("path", findings.archivePath)
                guard let figures = findings.figures else { return }
                json.member("bytes", findings.bytes)
                json.member("last_write", figures.lastWrite.map { Timestamp(seconds: $0.seconds) })
                json.member("seq", Int(figures.seq))
            }
            json.array("problems") { json in
                for problem in problems {
                    json.object { json in
                        json.member("severity", problem.severity.rawValue)
                        json.member("feed", problem.feed)
                        json.member("message", problem.message)
                        json.member("since", problem.since.map { Timestamp(seconds: $0.seconds) })
                    }
                }
            }
        }
    }

    private func write(_ figures: StatusFigures, to json: inout JSONWriter) {
        json.object("feeds") { json in
            json.member("total", figures.totalFeeds)
            json.member("active", figures.feeds[.active] ?? 0)
            json.member("failing", figures.feeds[.failing] ?? 0)
            json.member("gone", figures.feeds[.gone] ?? 0)
            json.member("dead", figures.feeds[.dead] ?? 0)
            json.member("disabled", figures.feeds[.disabled] ?? 0)
            json.member("overdue", figures.overdue)
            json.member("paused", figures.paused)
            json.member("churny", figures.churnyFeeds)
            json.member("in_flight", findings.daemon?.inFlight ?? 0)
        }
        json.object("articles") { json in
            json.member("total", figures.articles)
            json.member("new_24h", figures.newInDay)
            json.member("revisions", figures.revisions)
            json.member("duplicates", figures.duplicates)
        }
        json.object("polls_24h") { json in
            json.member("total", figures.polls.total)
            json.member("changed", figures.polls.changed)
            json.member("not_modified", figures.polls.notModified)
            json.member("failed", figures.polls.failed)
            json.member("bytes", figures.polls.bytes)
        }
    }
}
