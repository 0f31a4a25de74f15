import ArgumentParser
import Service

/// Serves a small publisher on loopback, for `deploy/quickstart --demo`.
struct DemoPublisherCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-publisher", abstract: "Serves a few example feeds on loopback.", shouldDisplay: false)

    @OptionGroup var global: GlobalOptions

    @Option(help: "0 takes a free one.")
    var port = 0

    func run() async throws {
        do {
            try await DemoPublisher(host: "127.0.0.1", port: port).run { port in
                Terminal.output.line("http://127.0.0.1:\(port)")
                Terminal.output.flush()
            }
        } catch {
            throw CommandFailure(.failed, "port \(port) cannot be served on 127.0.0.1: \(error)")
        }
    }
}
