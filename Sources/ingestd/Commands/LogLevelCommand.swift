import ArgumentParser
import Service

struct LogLevelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log-level", abstract: "Sets what the running daemon logs, until it ends.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("trace, debug, info, notice, warning or error.", valueName: "level"))
    var level: GlobalOptions.LogLevel

    func run() async throws {
        let level = level.rawValue
        let answer = try await global.tellDaemon { await $0.setLogLevel(level) }
        if global.json {
            Terminal.output.write(answer)
        } else {
            Terminal.output.line("the daemon logs at level \(level) from now on")
        }
    }
}
