import Archive
import ArgumentParser
import FeedFetch
import FeedModel
import Foundation
import Glibc
import Ingest
import Service

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Says whether all is well with daemon, feeds and archive.",
        discussion: """
            Exits 0 if ok, 1 if degraded, 2 if critical (not running, hung, or the archive cannot be written), 3 if there is \
            no archive: what Nagios, Icinga and their like expect of a check. It answers within 2.5 s whatever hangs. The \
            limits stand under 'status' in the configuration.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Flag(help: "The figures as well, as monitoring systems take them, behind a '|' in the first line.")
    var perfdata = false

    func run() async throws {
        let health = await find()
        if global.json {
            var json = JSONWriter()
            health.write(to: &json)
            json.newline()
            Terminal.output.write(json.bytes)
        } else {
            show(health)
        }
        Terminal.output.flush()
        if health.state != .ok { throw CommandFailure(exitCode: health.state.exitCode) }
    }

    private func find() async -> Health {
        let path = global.configurationPath
        var (configuration, mistakes) =
            path.map { ConfigurationReader.readForStatus(path: $0) } ?? (Ingest.Configuration(), [])
        // A file that is no YAML as a whole may say it all the same.
        if let path, !mistakes.isEmpty, configuration.archive == nil {
            configuration.archive = ConfigurationReader.archive(path: path)
        }
        let mistake = mistakes.first?.description
        let isElsewhere = global.archiveFolder != nil || GlobalOptions.environment("INGESTD_ARCHIVE") != nil
        if let mistake, !isElsewhere, configuration.archive == nil { return Health(unknown: mistake) }
        let folder = global.archiveFolder(configuration)
        return await HealthCheck.run(
            folder: folder, settings: configuration.status, configurationMistake: mistake, time: SystemTime()
        ) { await Self.daemon($0, folder) }
    }

    /// Whether the daemon that holds the archive's lock answers, and what it says.
    private static func daemon(_ holder: ArchiveLock.Holder, _ folder: String) async -> Health.Daemon {
        var daemon = Health.Daemon(
            pid: holder.pid, version: holder.version, started: holder.started, isResponsive: false, inFlight: 0)
        guard let client = try? HTTPClient(HTTPClientConfiguration()) else { return daemon }
        let control = ControlClient(socketPath: ControlClient.socketPath(archiveFolder: folder), client: client)
        if let obstacle = control.obstacle {
            daemon.answer = obstacle == EACCES ? .notAllowed : .notListening
            return daemon
        }
        let begun = ContinuousClock.now
        if let answer = await control.status() {
            daemon.answer = .answered
            let object = try? JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any]
            daemon.inFlight = (object?["feeds"] as? [String: Any])?["in_flight"] as? Int ?? 0
            if let failure = (object?["daemon"] as? [String: Any])?["reload_failure"] as? [String: Any],
                let at = (failure["at"] as? String).flatMap({ try? Date($0, strategy: .iso8601) }),
                let message = failure["message"] as? String
            {
                daemon.reloadFailure = Health.Daemon.ReloadFailure(
                    at: Timestamp(seconds: Int64(at.timeIntervalSince1970)), message: message)
            }
            if let change = (object?["daemon"] as? [String: Any])?["clock_change"] as? [String: Any],
                let at = (change["at"] as? String).flatMap({ try? Date($0, strategy: .iso8601) }),
                let seconds = change["seconds"] as? Int
            {
                daemon.clockChange = ClockChange(
                    at: Timestamp(seconds: Int64(at.timeIntervalSince1970)), change: .seconds(seconds))
            }
            if let trouble = (object?["daemon"] as? [String: Any])?["waits_for_archive"] as? [String: Any],
                let kind = (trouble["kind"] as? String).flatMap(ArchiveObstacle.Kind.init(rawValue:)),
                let since = (trouble["since"] as? String).flatMap({ try? Date($0, strategy: .iso8601) })
            {
                daemon.trouble = ArchiveTrouble(
                    ArchiveObstacle(kind, trouble["reason"] as? String ?? ""),
                    since: Timestamp(seconds: Int64(since.timeIntervalSince1970)))
            }
            daemon.canWrite = (object?["archive"] as? [String: Any])?["writable"] as? Bool
        } else if ContinuousClock.now - begun < .seconds(1) {
            // Nobody listens on a socket that a daemon left which was killed.
            daemon.answer = .notListening
        }
        // What does not answer is not waited for.
        if daemon.isResponsive { await client.shutdown() }
        return daemon
    }

    private func show(_ health: Health) {
        func line(_ text: String) {
            // What stands behind a bar is figures for those who asked for them.
            let clean = Terminal.clean(text)
            Terminal.output.line(perfdata ? clean.replacing("|", with: "/") : clean)
        }
        if perfdata {
            let figures = health.performanceData
            let first = Terminal.clean(health.headline).replacing("|", with: "/")
            Terminal.output.line(figures.isEmpty ? first : "\(first) | \(figures)")
        } else {
            line(health.headline)
        }
        for problem in health.problems.prefix(20) {
            let since = problem.since.map { " (since \($0.rfc3339Seconds))" } ?? ""
            let feed = problem.feed.map { "\($0): " } ?? ""
            line("  \(problem.severity.rawValue): \(feed)\(problem.message)\(since)")
        }
        if health.problems.count > 20 {
            line("  … and \(health.problems.count - 20) more; 'ingestd feeds --failing' lists all")
        }
    }
}
