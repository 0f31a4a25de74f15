import ArgumentParser
import FeedModel

/// Prints the manual pages that a package installs.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual", abstract: "Prints a page of the manual, for man.",
        discussion: """
            'ingestd manual ingestd | man -l -' shows it. Shell completions are printed by 'ingestd \
            --generate-completion-script bash', zsh or fish.
            """,
        shouldDisplay: false)

    enum Page: String, ExpressibleByArgument, CaseIterable {
        case ingestd
        case feeds = "feeds.yaml"
    }

    @OptionGroup var global: GlobalOptions

    @Option(
        help: ArgumentHelp("The date of the page, as 2026-11-22; without it, today's in UTC.", valueName: "date"))
    var date: String?

    @Argument(help: "Which page.")
    var page: Page

    func validate() throws {
        if let date, date.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}/) == nil {
            throw ValidationError("--date takes a date such as 2026-11-22")
        }
    }

    func run() throws {
        let date = date ?? String(SystemTime().now.rfc3339.prefix(10))
        let text =
            switch page {
            case .ingestd: try CommandManual.page(date: date)
            case .feeds: ConfigurationManual.page(date: date)
            }
        Terminal.output.write(Array(text.utf8))
    }
}
