import Archive
import ArgumentParser
import FeedModel
import Ingest
import Service

struct MetricsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Prints the metrics of the daemon, in the text format of Prometheus.",
        discussion: """
            The daemon answers with the same under /metrics at the address 'listen', if there is one. When none runs, what \
            the archive knows is printed: counters and histograms are a running daemon's alone.
            """)

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let configuration = global.configurationPath.map { ConfigurationReader.readForStatus(path: $0).0 }
        let folder = global.archiveFolder(configuration)
        if let metrics = try await global.askDaemon(folder, { await $0.metrics() }) {
            Terminal.output.write(metrics)
        } else {
            let archive: Archive
            do {
                archive = try Archive.openForReading(folder: folder)
            } catch {
                throw CommandFailure(error)
            }
            let settings = configuration?.status ?? StatusSettings()
            let health = HealthCheck.run(
                folder: folder, archive: archive, daemon: nil, settings: settings, at: SystemTime().now)
            Terminal.output.write(MetricsPage.text(health, form: .prometheus, perFeed: 0))
        }
        Terminal.output.flush()
    }
}
