import Archive
import ArgumentParser
import FeedFetch
import FeedModel
import Foundation
import Service

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Says whether all is well with daemon, feeds and archive.",
        discussion:
            "Exits 0 if ok, 1 if degraded, 2 if critical (not running, hung, or the archive cannot be written), 3 if there is no archive."
    )

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let folder = try global.archiveFolderForReading()
        let health = HealthCheck.run(folder: folder, daemon: await daemon(folder), at: SystemTime().now)
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

    /// Whoever holds the archive's lock as a daemon, and whether it answers.
    private func daemon(_ folder: String) async -> Health.Daemon? {
        guard let holder = ArchiveLock.holder(ofFolder: folder), holder.command == "run" else { return nil }
        var daemon = Health.Daemon(
            pid: holder.pid, version: holder.version, started: holder.started, isResponsive: false, inFlight: 0)
        guard let client = try? HTTPClient(HTTPClientConfiguration()) else { return daemon }
        let control = ControlClient(socketPath: ControlClient.socketPath(archiveFolder: folder), client: client)
        if let answer = await control.status() {
            daemon.isResponsive = true
            let object = try? JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any]
            daemon.inFlight = (object?["feeds"] as? [String: Any])?["in_flight"] as? Int ?? 0
            if let failure = (object?["daemon"] as? [String: Any])?["reload_failure"] as? [String: Any],
                let at = (failure["at"] as? String).flatMap({ try? Date($0, strategy: .iso8601) }),
                let message = failure["message"] as? String
            {
                daemon.reloadFailure = Health.Daemon.ReloadFailure(
                    at: Timestamp(seconds: Int64(at.timeIntervalSince1970)), message: message)
            }
        }
        await client.shutdown()
        return daemon
    }

    private func show(_ health: Health) {
        Terminal.output.line(Terminal.clean(health.headline))
        for problem in health.problems.prefix(20) {
            let since = problem.since.map { " (since \($0.rfc3339Seconds))" } ?? ""
            let feed = problem.feed.map { "\($0): " } ?? ""
            Terminal.output.line("  \(problem.severity.rawValue): \(Terminal.clean(feed + problem.message))\(since)")
        }
        if health.problems.count > 20 {
            Terminal.output.line("  … and \(health.problems.count - 20) more; 'ingestd feeds --failing' lists all")
        }
    }
}
