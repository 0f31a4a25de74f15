import Archive
import FeedModel
import Foundation
import TestSupport
import Testing

@testable import Ingest
@testable import Service

@Suite struct HealthTests {
    let now = Timestamp(seconds: 1_795_000_000)

    static let daemon = Health.Daemon(
        pid: 7, version: "1", started: Timestamp(seconds: 1), isResponsive: true, inFlight: 3)

    static func figures(
        active: Int = 10, failing: Int = 0, overdue: Int = 0, outageSince: Timestamp? = nil
    ) -> StatusFigures {
        var figures = StatusFigures()
        figures.outageSince = outageSince
        figures.feeds = [.active: active, .failing: failing]
        figures.articles = 88
        figures.newInDay = 5
        figures.overdue = overdue
        if overdue > 0 { figures.overdueSince = Timestamp(seconds: 1_794_999_000) }
        return figures
    }

    static func figures(_ change: (inout StatusFigures) -> Void) -> StatusFigures {
        var figures = figures()
        change(&figures)
        return figures
    }

    static func daemon(_ answer: Health.Daemon.Answer, age: Int64 = 60) -> Health.Daemon {
        var daemon = Health.Daemon(
            pid: 7, version: "1", started: Timestamp(seconds: 1_795_000_000 - age), isResponsive: false, inFlight: 0)
        daemon.answer = answer
        return daemon
    }

    static func daemon(waiting kind: ArchiveObstacle.Kind, _ reason: String) -> Health.Daemon {
        var daemon = daemon
        daemon.trouble = ArchiveTrouble(ArchiveObstacle(kind, reason), since: Timestamp(seconds: 1_794_999_000))
        return daemon
    }

    static func settings(_ change: (inout StatusSettings) -> Void) -> StatusSettings {
        var settings = StatusSettings()
        change(&settings)
        return settings
    }

    @Test("status tells of a clock that was set, for a day", arguments: [(0, true), (23, true), (25, false)])
    func aClockThatWasSetIsTold(hours: Int64, isTold: Bool) {
        var daemon = Self.daemon
        daemon.clockChange = ClockChange(at: now, change: .days(-3))
        var findings = Health.Findings(archivePath: "a")
        findings.figures = Self.figures()
        findings.daemon = daemon
        let health = Health(findings, at: now + .hours(hours))
        let problem = health.problems.first { $0.code == .clockChanged }
        #expect((problem != nil) == isTold && health.state == .ok)
        if isTold {
            #expect(problem?.message.hasPrefix("the clock was set 3 d back") == true && problem?.since == now)
        }
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var state: Health.State
        var headline: String
        var figures: StatusFigures? = HealthTests.figures()
        var daemon: Health.Daemon? = HealthTests.daemon
        var isReadOnly = false
        var freeBytes: Int? = 1 << 40
        var archiveError: String?
        var lockedBy: String?
        var logReaders: [String] = []
        var mistake: String?
        /// Codes of what is no mere note.
        var codes: [Health.Problem.Code] = []
        var settings = StatusSettings()
        var testDescription: String { name }
    }

    @Test(arguments: [
        Row(name: "all well", state: .ok, headline: "ok: 10 feeds, 10 healthy, 0 failing, 88 articles, 5 new in 24 h"),
        Row(
            name: "some fail", state: .ok, headline: "ok: 12 feeds, 10 healthy, 2 failing, 88 articles, 5 new in 24 h",
            figures: figures(failing: 2)),
        Row(
            name: "many fail", state: .degraded, headline: "degraded: 10 of 20 feeds fail; 20 feeds",
            figures: figures(failing: 10), codes: [.feedsFailing]),
        Row(
            name: "many fail, and that is critical", state: .critical,
            headline: "critical: 10 of 20 feeds fail; 20 feeds",
            figures: figures(failing: 10), codes: [.feedsFailing], settings: settings { $0.failingCritical = 40 }),
        Row(
            name: "many fail, and nobody asks", state: .ok, headline: "ok: 20 feeds, 10 healthy, 10 failing, ",
            figures: figures(failing: 10), settings: settings { $0.failing = nil }),
        Row(
            name: "overdue", state: .degraded, headline: "degraded: 4 feeds are overdue; ",
            figures: figures(overdue: 4), codes: [.feedsOverdue]),
        Row(
            name: "overdue, since the daemon was not there", state: .ok, headline: "ok: 10 feeds",
            figures: figures(overdue: 4), daemon: daemon(.answered)),
        Row(
            name: "one of ten is silent", state: .degraded,
            headline: "degraded: 1 of 10 feeds answer and have been silent for long; 10 feeds",
            figures: figures {
                $0.silent = 1
                $0.silentFeeds = [SilentFeed(url: "http://a.example/", since: Timestamp(seconds: 1), isAsked: false)]
            }, codes: [.feedsSilent]),
        Row(
            name: "one of a hundred is silent", state: .ok, headline: "ok: 100 feeds",
            figures: figures {
                $0.feeds[.active] = 100
                $0.silent = 1
                $0.silentFeeds = [SilentFeed(url: "http://a.example/", since: Timestamp(seconds: 1), isAsked: false)]
            }),
        Row(
            name: "one of a hundred is silent, which was asked for", state: .degraded,
            headline: "degraded: it answers, and has been silent for ",
            figures: figures {
                $0.feeds[.active] = 100
                ($0.silent, $0.silentAsked) = (1, 1)
                $0.silentFeeds = [SilentFeed(url: "http://a.example/", since: Timestamp(seconds: 1), isAsked: true)]
            }, codes: [.feedSilent]),
        Row(
            name: "entries were lost", state: .degraded,
            headline: "degraded: entries of 1 feeds may have come and gone unseen; ",
            figures: figures {
                $0.losingInDay = 1
                $0.losingFeeds = [
                    LosingFeed(url: "http://a.example/", last: Timestamp(seconds: 1_794_990_000), losses: 2, window: 10)
                ]
            }, codes: [.feedsLosing]),
        Row(
            name: "entries were lost days ago", state: .ok, headline: "ok: 10 feeds",
            figures: figures {
                $0.losingFeeds = [
                    LosingFeed(url: "http://a.example/", last: Timestamp(seconds: 1_794_600_000), losses: 1, window: 10)
                ]
            }),
        Row(
            name: "nothing new for long", state: .degraded,
            headline: "degraded: nothing new has come for longer than usual; ",
            figures: figures {
                let hour = 1_795_000_000 / 3600
                $0.lastNews = Timestamp(seconds: Int64(hour - 4) * 3600)
                $0.news = (0..<400).map { NewsHour(hour: hour - 400 + $0, polls: 9, new: $0 < 396 ? 5 : 0) }
            }, codes: [.noNews]),
        Row(
            name: "nothing new for as long as was asked", state: .degraded,
            headline: "degraded: nothing new has come for longer than usual; ",
            figures: figures { $0.lastNews = Timestamp(seconds: 1_795_000_000 - 3700) }, codes: [.noNews],
            settings: settings { $0.news = .after(.hours(1)) }),
        Row(
            name: "our own network is out", state: .degraded,
            headline: "degraded: our own network seems to be out; 10 feeds",
            figures: figures(overdue: 4, outageSince: Timestamp(seconds: 1_794_000_000)), codes: [.networkOut]),
        Row(
            name: "disk nearly full", state: .degraded, headline: "degraded: only 100 MiB are free",
            freeBytes: 100 << 20, codes: [.diskNearlyFull]),
        Row(
            name: "disk full", state: .critical, headline: "critical: only 1 MiB are free", freeBytes: 1 << 20,
            codes: [.diskNearlyFull]),
        Row(
            name: "stopped", state: .critical, headline: "critical: the daemon is not running; ", daemon: nil,
            codes: [.daemonDown]),
        Row(
            name: "starting", state: .degraded, headline: "degraded: the daemon (process 7) is starting; ",
            daemon: daemon(.notListening), codes: [.daemonStarting]),
        Row(
            name: "starting, with no archive yet", state: .degraded,
            headline: "degraded: the daemon (process 7) is starting", figures: nil,
            daemon: daemon(.notListening), codes: [.daemonStarting]),
        Row(
            name: "starting for long", state: .critical, headline: "critical: the daemon (process 7) does not answer",
            daemon: daemon(.notListening, age: 301), codes: [.daemonHung]),
        Row(
            name: "migrating", state: .degraded,
            headline: "degraded: the daemon (process 7) brings the archive up to date; ",
            figures: figures { $0.schemaVersion = 1 }, daemon: daemon(.notListening, age: 1000),
            codes: [.daemonStarting]),
        Row(
            name: "another user's", state: .ok, headline: "ok: 10 feeds", daemon: daemon(.notAllowed)),
        Row(
            name: "locked", state: .critical,
            headline: "critical: the archive /x is locked by another program (process 5",
            lockedBy: "process 5 (sqlite3)", codes: [.archiveLocked]),
        Row(
            name: "locked even for readers", state: .critical,
            headline: "critical: the archive /x is locked by another program (process 5 (sqlite3))", figures: nil,
            archiveError: "the archive /x is locked by another program; end it", lockedBy: "process 5 (sqlite3)",
            codes: [.archiveLocked]),
        Row(
            name: "taken away from under the daemon", state: .critical,
            headline: "critical: the archive has been taken away from /x", figures: nil, codes: [.archiveMissing]),
        Row(
            name: "a configuration with mistakes", state: .degraded,
            headline: "degraded: the configuration has mistakes: feeds.yaml:1:1: unknown key; 10 feeds",
            mistake: "feeds.yaml:1:1: unknown key", codes: [.configurationWrong]),
        Row(
            name: "hung", state: .critical, headline: "critical: the daemon (process 7) does not answer within 2 s; ",
            daemon: Health.Daemon(
                pid: 7, version: "1", started: Timestamp(seconds: 1), isResponsive: false, inFlight: 0),
            codes: [.daemonHung]),
        Row(
            name: "read-only", state: .critical, headline: "critical: the archive /x cannot be written; ",
            isReadOnly: true, codes: [.archiveReadOnly]),
        Row(
            name: "full, with feeds that wait", state: .critical,
            headline: "critical: there is no room left for the archive /x: No space left on device; ",
            figures: figures(overdue: 4), daemon: daemon(waiting: .full, "No space left on device"),
            codes: [.archiveFull]),
        Row(
            name: "a disk that fails", state: .critical,
            headline: "critical: the disk of the archive /x fails: Input/output error; ",
            daemon: daemon(waiting: .failing, "Input/output error"), codes: [.archiveFailing]),
        Row(
            name: "a disk that fails readers too", state: .critical,
            headline: "critical: the disk of the archive /x fails: Input/output error",
            figures: nil, daemon: daemon(waiting: .failing, "Input/output error"), archiveError: "disk I/O error",
            codes: [.archiveFailing, .archiveUnreadable]),
        Row(
            name: "read-only under the daemon", state: .critical,
            headline: "critical: the archive /x cannot be written: Read-only file system; ",
            daemon: daemon(waiting: .readOnly, "Read-only file system"), isReadOnly: true, codes: [.archiveReadOnly]),
        Row(
            name: "taken away, and the daemon waits", state: .critical,
            headline: "critical: the archive has been taken away from /x: No such file or directory",
            figures: nil, daemon: daemon(waiting: .missing, "No such file or directory"), codes: [.archiveMissing]),
        Row(
            name: "locked, and the daemon waits", state: .critical,
            headline: "critical: the archive /x is locked by another program (process 5 (sqlite3)), so that ",
            daemon: daemon(waiting: .locked, "database is locked"), lockedBy: "process 5 (sqlite3)",
            codes: [.archiveLocked]),
        Row(
            name: "a log that readers hold", state: .degraded,
            headline:
                "degraded: the log of the archive /x has grown to 500 MiB, since process 5 (sqlite3), process 6 (a), "
                + "process 7 (b) and 2 more read it without a rest; ",
            logReaders: ["process 5 (sqlite3)", "process 6 (a)", "process 7 (b)", "process 8 (c)", "process 9 (d)"],
            codes: [.archiveLogLarge]),
        Row(
            name: "corrupt", state: .critical, headline: "critical: file is not a database", figures: nil,
            archiveError: "file is not a database", codes: [.archiveUnreadable]),
        Row(
            name: "no archive", state: .unknown, headline: "unknown: there is no archive at /x", figures: nil,
            daemon: nil, codes: [.archiveMissing]),
    ])
    func states(row: Row) {
        var findings = Health.Findings(archivePath: "/x")
        findings.figures = row.figures
        findings.daemon = row.daemon
        findings.isReadOnly = row.isReadOnly
        findings.freeBytes = row.freeBytes
        findings.archiveError = row.archiveError
        findings.lockedBy = row.lockedBy
        findings.logReaders = row.logReaders
        findings.logBytes = row.logReaders.isEmpty ? 0 : 500 << 20
        findings.configurationMistake = row.mistake
        let health = Health(findings, settings: row.settings, at: now)
        #expect(health.problems.filter { $0.severity != .info }.map(\.code) == row.codes)
        for problem in health.problems { #expect(problem.advice != nil, "\(problem)") }
        #expect(health.state == row.state)
        #expect(health.headline.hasPrefix(row.headline), "\(health.headline)")
        var json = JSONWriter()
        health.write(to: &json)
        #expect(json.string.hasPrefix("{\"state\":\"\(row.state.rawValue)\","))
        #expect((try? JSONSerialization.jsonObject(with: Data(json.bytes))) != nil)
    }

    @Test(arguments: [
        (Duration.minutes(59), false, Health.Problem.Severity.info), (.minutes(60), false, .warning),
        (.zero, true, .warning),
    ])
    func aWebhookThatFailsForLongWantsAttention(
        age: Duration, isStopped: Bool, severity: Health.Problem.Severity
    ) {
        var webhook = Webhook(id: "1234567890", host: "hooks.example", settings: "", position: 40)
        webhook.lastError = PollError(code: "http-500", message: "answered 500")
        webhook.failingSince = now - age
        webhook.isStopped = isStopped
        var findings = Health.Findings(archivePath: "/a")
        findings.figures = Self.figures()
        findings.figures?.seq = 42
        findings.figures?.failingWebhooks = [webhook]
        findings.daemon = Self.daemon
        let health = Health(findings, at: now)
        #expect(health.problems.map(\.severity) == [severity])
        #expect(health.state == (severity == .info ? .ok : .degraded))
        #expect(
            health.problems.first?.message
                == "the webhook at hooks.example fails; http-500: answered 500; 2 lines of the change log wait")
    }

    /// What Nagios and its like read: `label=value[UOM];warn;crit;min;max`.
    @Test func performanceDataIsInThePlugInsFormat() throws {
        var findings = Health.Findings(archivePath: "/x")
        findings.figures = Self.figures(active: 96, failing: 4)
        findings.freeBytes = 5 << 30
        let data = Health(findings, at: now).performanceData
        #expect(data.contains("failing=4;25;;0;100 ") && data.contains("free=5368709120B;1073741824:;67108864:;0"))
        let form = try Regex("[a-z0-9_]+=[0-9]+[Bc]?;[0-9:]*;[0-9:]*;[0-9]*(;[0-9]+)?")
        for part in data.split(separator: " ") { #expect(part.wholeMatch(of: form) != nil, "\(part)") }
    }

    @Test func exitCodesAreWhatMonitorsExpect() {
        #expect([Health.State.ok, .degraded, .critical, .unknown].map(\.exitCode) == [0, 1, 2, 3])
    }

    @Test func aFolderWithoutArchiveIsUnknown() throws {
        let folder = try TemporaryFolder()
        #expect(HealthCheck.run(folder: folder.path, daemon: nil, at: now).state == .unknown)
    }
}
