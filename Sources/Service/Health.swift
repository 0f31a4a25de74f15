public import Archive
public import FeedModel
public import Ingest

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
        public enum Answer: Hashable, Sendable {
            case answered
            /// Nothing within two seconds.
            case none
            /// Its control socket is not there yet.
            case notListening
            /// The socket is its owner's, and somebody else asks.
            case notAllowed
        }

        public var pid: Int
        public var version: String
        public var started: Timestamp
        public var answer: Answer
        public var inFlight: Int
        /// What it says itself of its right to write; `nil` if it was not asked.
        public var canWrite: Bool?
        /// What it says that it waits for before it can write again.
        public var trouble: ArchiveTrouble?
        /// The last reload, if it failed.
        public var reloadFailure: ReloadFailure?
        /// The last time that the clock was set while it ran.
        public var clockChange: ClockChange?

        public struct ReloadFailure: Hashable, Sendable {
            public var at: Timestamp
            public var message: String

            public init(at: Timestamp, message: String) {
                self.at = at
                self.message = message
            }
        }

        /// It answered within two seconds.
        public var isResponsive: Bool { answer == .answered }

        public init(pid: Int, version: String, started: Timestamp, isResponsive: Bool, inFlight: Int) {
            self.pid = pid
            self.version = version
            self.started = started
            answer = isResponsive ? .answered : .none
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

        public enum Code: String, Hashable, Sendable {
            case daemonDown = "daemon-down"
            case daemonStarting = "daemon-starting"
            case daemonHung = "daemon-hung"
            case daemonHidden = "daemon-hidden"
            case archiveMissing = "archive-missing"
            case archiveUnreadable = "archive-unreadable"
            case archiveLocked = "archive-locked"
            case archiveReadOnly = "archive-read-only"
            case archiveFull = "archive-full"
            case archiveFailing = "archive-failing"
            case archiveLogLarge = "archive-log-large"
            case diskNearlyFull = "disk-nearly-full"
            case networkOut = "network-out"
            case feedsFailing = "feeds-failing"
            case feedFailing = "feed-failing"
            case feedCrashed = "feed-crashed"
            case feedNotice = "feed-notice"
            case feedsOverdue = "feeds-overdue"
            case feedsSilent = "feeds-silent"
            case feedSilent = "feed-silent"
            case feedsLosing = "feeds-losing"
            case feedLosing = "feed-losing"
            case noNews = "no-news"
            case webhookFailing = "webhook-failing"
            case configurationWrong = "configuration-wrong"
            case reloadFailed = "reload-failed"
            case paused
            case feedsChurny = "feeds-churny"
            case feedFlooded = "feed-flooded"
            case clockChanged = "clock-changed"
        }

        public var severity: Severity
        public var code: Code
        public var feed: String?
        /// What is wrong, and behind a semicolon what to do.
        public var message: String
        /// What to do, by itself.
        public var advice: String?
        public var since: Timestamp?

        init(
            _ severity: Severity, _ code: Code, feed: String? = nil, _ message: String, advice: String? = nil,
            since: Timestamp? = nil
        ) {
            self.severity = severity
            self.code = code
            self.feed = feed
            self.message = advice.map { "\(message); \($0)" } ?? message
            self.advice = advice
            self.since = since
        }
    }

    /// What was found out.
    public struct Findings: Hashable, Sendable {
        public var archivePath: String
        /// `nil` if there is none, or it cannot be read: then `archiveError` says why.
        public var figures: StatusFigures?
        public var archiveError: String?
        /// The file or its folder cannot be written.
        public var isReadOnly = false
        /// Another program that holds SQLite's lock, and so keeps the daemon from writing.
        public var lockedBy: String?
        /// Bytes of the database and its log.
        public var bytes = 0
        /// Of the log alone, and who reads from it now, if it is large.
        public var logBytes = 0
        public var logReaders: [String] = []
        /// Free on the archive's file system.
        public var freeBytes: Int?
        /// When so many feeds failed that it is told.
        public var failingSince: Timestamp?
        public var daemon: Daemon?
        /// A command of ours that writes while no daemon runs.
        public var otherWriter: ArchiveLock.Holder?
        /// What is wrong with the configuration, as far as it was read.
        public var configurationMistake: String?

        public init(archivePath: String) { self.archivePath = archivePath }
    }

    /// A webhook that has failed for so long wants attention.
    static let webhookPatience: Duration = .hours(1)
    /// How long a daemon may take to bring an older archive up to date.
    static let migrationPatience: Duration = .hours(1)
    /// A share of so few failing feeds is none.
    static let fewestFailing = 3

    public var state: State
    public var findings: Findings
    public var problems: [Problem]
    let settings: StatusSettings

    public init(_ findings: Findings, settings: StatusSettings = StatusSettings(), at now: Timestamp) {
        self.findings = findings
        self.settings = settings
        var judge = HealthJudge(findings: findings, settings: settings, now: now)
        problems = judge.problems()
        let isMissing = problems.first?.code == .archiveMissing
        state =
            problems.contains { $0.severity == .critical }
            ? (isMissing && findings.daemon == nil ? .unknown : .critical)
            : problems.contains { $0.severity == .warning } ? .degraded : .ok
    }

    /// There is no archive to ask, since the configuration does not say where it is.
    public init(unknown mistake: String) {
        findings = Findings(archivePath: "")
        settings = StatusSettings()
        problems = [
            Problem(.critical, .configurationWrong, mistake, advice: "'ingestd check' lists every mistake")
        ]
        state = .unknown
    }
}
