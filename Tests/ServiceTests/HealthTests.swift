import Archive
import FeedModel
import Foundation
import TestSupport
import Testing

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
        return figures
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
        var testDescription: String { name }
    }

    @Test(arguments: [
        Row(name: "all well", state: .ok, headline: "ok: 10 feeds, 10 healthy, 0 failing, 88 articles, 5 new in 24 h"),
        Row(
            name: "some fail", state: .ok, headline: "ok: 12 feeds, 10 healthy, 2 failing, 88 articles, 5 new in 24 h",
            figures: figures(failing: 2)),
        Row(
            name: "many fail", state: .degraded, headline: "degraded: 10 of 20 feeds fail; 20 feeds",
            figures: figures(failing: 10)),
        Row(
            name: "overdue", state: .degraded, headline: "degraded: 4 feeds are overdue; ", figures: figures(overdue: 4)
        ),
        Row(
            name: "our own network is out", state: .degraded,
            headline: "degraded: our own network seems to be out; 10 feeds",
            figures: figures(overdue: 4, outageSince: Timestamp(seconds: 1_794_000_000))),
        Row(name: "disk nearly full", state: .degraded, headline: "degraded: only 1 MiB are free", freeBytes: 1 << 20),
        Row(name: "stopped", state: .critical, headline: "critical: the daemon is not running; ", daemon: nil),
        Row(
            name: "hung", state: .critical, headline: "critical: the daemon (process 7) does not answer within 2 s; ",
            daemon: Health.Daemon(
                pid: 7, version: "1", started: Timestamp(seconds: 1), isResponsive: false, inFlight: 0)),
        Row(
            name: "read-only", state: .critical, headline: "critical: the archive /x cannot be written; ",
            isReadOnly: true),
        Row(
            name: "corrupt", state: .critical, headline: "critical: file is not a database", figures: nil,
            archiveError: "file is not a database"),
        Row(name: "no archive", state: .unknown, headline: "unknown: there is no archive at /x", figures: nil),
    ])
    func states(row: Row) {
        var findings = Health.Findings(archivePath: "/x")
        findings.figures = row.figures
        findings.daemon = row.daemon
        findings.isReadOnly = row.isReadOnly
        findings.freeBytes = row.freeBytes
        findings.archiveError = row.archiveError
        let health = Health(findings, at: now)
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

    @Test func exitCodesAreWhatMonitorsExpect() {
        #expect([Health.State.ok, .degraded, .critical, .unknown].map(\.exitCode) == [0, 1, 2, 3])
    }

    @Test func aFolderWithoutArchiveIsUnknown() throws {
        let folder = try TemporaryFolder()
        #expect(HealthCheck.run(folder: folder.path, daemon: nil, at: now).state == .unknown)
    }
}
