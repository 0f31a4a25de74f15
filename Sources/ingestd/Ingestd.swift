import ArgumentParser
import Glibc
import Ingest

@main
struct Ingestd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Program.name,
        abstract: "Polls RSS, Atom and JSON feeds and keeps every article once, with its whole history.",
        discussion: """
            The configuration is --config, else $INGESTD_CONFIG, else ./feeds.yaml, else /etc/ingestd/feeds.yaml. \
            The archive folder is --archive, else $INGESTD_ARCHIVE, else 'archive:' in the configuration, else \
            $STATE_DIRECTORY, else ./archive.

            Exit codes: 0 done, \(CommandFailure.Code.allCases.map { "\($0.rawValue) \($0.meaning)" }.joined(separator: ", ")). \
            'status' has its own: 0 ok, 1 degraded, 2 critical, 3 unknown.
            """,
        version: "\(Program.name) \(Program.version)",
        subcommands: [
            RunCommand.self, StatusCommand.self, MetricsCommand.self, CheckCommand.self, FeedsCommand.self,
            PollCommand.self, ExplainCommand.self, FetchCommand.self, DiscoverCommand.self,
            ParseCommand.self, ArticlesCommand.self, SearchCommand.self, ShowCommand.self, TailCommand.self,
            VerifyCommand.self, PruneCommand.self, BackupCommand.self, ReparseCommand.self, RehashCommand.self,
            SchemaCommand.self,
            ExportCommand.self,
            ImportCommand.self,
            AckCommand.self, CursorsCommand.self, WebhooksCommand.self, ReloadCommand.self, PauseCommand.self,
            ResumeCommand.self, LogLevelCommand.self,
            DemoPublisherCommand.self, ManualCommand.self,
        ])

    static func main() async {
        // Names beyond ASCII are turned into their ASCII form by the C library's idea of the character set.
        if setlocale(LC_CTYPE, "") == nil || String(cString: nl_langinfo(Int32(CODESET))) != "UTF-8" {
            setlocale(LC_CTYPE, "C.UTF-8")
        }
        do {
            var command = try parseAsRoot(GlobalOptions.hoisted(Array(CommandLine.arguments.dropFirst())))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            Terminal.output.flush()
        } catch let failure as CommandFailure {
            if let message = failure.message { Terminal.failure("\(Program.name): \(message)") }
            Terminal.output.flush()
            Glibc.exit(failure.exitCode)
        } catch {
            exit(withError: error)
        }
    }
}
