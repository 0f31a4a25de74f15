import ArgumentParser
import Foundation
import Ingest

/// ingestd(8), out of the help text of the commands.
enum CommandManual {
    static func page(date: String) throws -> String {
        let program = try HelpDump.read(Ingestd._dumpHelp()).command
        let commands = (program.subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
        let shared = sharedOptions(of: commands)
        var page = ManualPage(title: Program.name, section: 8, date: date)
        page.section("Name")
        page.line("\(Program.name) \\- polls feeds and keeps every article once, with its whole history")
        page.section("Synopsis")
        page.line("\(ManualPage.bold(Program.name)) \(ManualPage.italic("command")) [\(ManualPage.italic("options"))]")
        page.section("Description")
        page.paragraphs(program.abstract ?? "")
        page.paragraphs(program.discussion ?? "")
        page.section("Commands")
        for command in commands {
            page.subsection("\(Program.name) \(command.commandName)")
            page.line(synopsis(of: command, without: shared))
            page.paragraphs([command.abstract, command.discussion].compactMap(\.self).joined(separator: "\n\n"))
            for argument in own(command, without: shared) { add(argument, to: &page) }
        }
        page.section("Options of every command")
        for argument in commands.first?.arguments ?? [] where shared.contains(argument.tag) { add(argument, to: &page) }
        page.section("Exit status")
        for (status, meaning) in exitStatus { page.item(ManualPage.bold("\(status)"), meaning) }
        page.section("Environment")
        for (name, meaning) in environment { page.item(ManualPage.bold(name), meaning) }
        page.section("Files")
        for (name, meaning) in files { page.item(ManualPage.italic(name), meaning) }
        page.section("Signals")
        for (name, meaning) in signals { page.item(ManualPage.bold(name), meaning) }
        page.section("See also")
        page.line(
            "\(ManualPage.bold("feeds.yaml"))(5),\n\(ManualPage.bold("sqlite3"))(1),\n\(ManualPage.bold("systemctl"))(1)"
        )
        return page.text
    }

    // MARK: what the help text does not hold

    private static var exitStatus: [(Int32, String)] {
        [(0, "It is done.")]
            + CommandFailure.Code.allCases.map {
                ($0.rawValue, $0.meaning.prefix(1).uppercased() + $0.meaning.dropFirst() + ".")
            }
    }

    private static let environment = [
        ("INGESTD_CONFIG", "The configuration file, unless --config names one."),
        ("INGESTD_ARCHIVE", "The folder of the archive, unless --archive names one."),
        ("STATE_DIRECTORY", "The folder of the archive, where nothing else names one. Set by systemd."),
        ("RUNTIME_DIRECTORY", "The folder of the control socket; without it, that of the archive. Set by systemd."),
        ("NO_COLOR", "If it is set, there is no colour."),
        (
            "http_proxy, https_proxy, no_proxy",
            "Through which proxy feeds are fetched, unless the configuration says otherwise."
        ),
        ("SSL_CERT_FILE", "The certificate authorities to trust, unless the configuration says otherwise."),
    ]

    private static let files = [
        ("/etc/ingestd/feeds.yaml", "The configuration, where no other is named; see feeds.yaml(5)."),
        ("/var/lib/ingestd/archive.sqlite3", "The archive of the packaged service. Any SQLite client may read it."),
        ("/var/lib/ingestd/warc/", "Documents as they came, where 'keep: {raw: changed}' asks for them."),
        ("/var/lib/ingestd/cursors/", "How far each reader of the change log has come."),
        ("/run/ingestd/ingestd.sock", "The control socket of the packaged service."),
        ("/var/backups/ingestd/", "What ingestd-backup.timer keeps, once it is enabled."),
    ]

    private static let signals = [
        ("SIGTERM, SIGINT", "The daemon ends within 10 seconds; what it has acknowledged is on the disk."),
        ("SIGHUP", "The daemon reads its configuration anew. One with mistakes changes nothing and is reported."),
    ]

    // MARK: options

    /// The options that all commands have, told once.
    private static func sharedOptions(of commands: [HelpDump.Command]) -> Set<String> {
        guard let first = commands.first else { return [] }
        return commands.dropFirst().reduce(into: tags(of: first)) { $0.formIntersection(tags(of: $1)) }
    }

    private static func tags(of command: HelpDump.Command) -> Set<String> {
        Set((command.arguments ?? []).filter { $0.kind != .positional }.map(\.tag))
    }

    private static func own(_ command: HelpDump.Command, without shared: Set<String>) -> [HelpDump.Argument] {
        (command.arguments ?? []).filter { $0.shouldDisplay && !shared.contains($0.tag) }
    }

    private static func synopsis(of command: HelpDump.Command, without shared: Set<String>) -> String {
        let own = own(command, without: shared)
        var words = [ManualPage.bold("\(Program.name) \(command.commandName)"), "[\(ManualPage.italic("options"))]"]
        for argument in own where argument.kind == .positional {
            let name = ManualPage.italic(argument.value) + (argument.isRepeating ? " ..." : "")
            words.append(argument.isOptional ? "[\(name)]" : name)
        }
        return words.joined(separator: " ")
    }

    private static func add(_ argument: HelpDump.Argument, to page: inout ManualPage) {
        var tag: String
        switch argument.kind {
        case .positional: tag = ManualPage.italic(argument.value)
        case .flag: tag = ManualPage.bold(argument.tag)
        case .option: tag = "\(ManualPage.bold(argument.tag)) \(ManualPage.italic(argument.value))"
        }
        if argument.isRepeating { tag += " ..." }
        var words = [argument.abstract, argument.discussion].compactMap(\.self)
        if let values = argument.allValues, !values.allSatisfy({ words.first?.contains($0) == true }) {
            words.append("One of \(values.joined(separator: ", ")).")
        }
        if let value = argument.defaultValue { words.append("Default: \(value).") }
        page.item(tag, words.isEmpty ? "See above." : words.joined(separator: " "))
    }
}

/// What the commands' parser tells of them (`--experimental-dump-help`), as far as a manual needs it.
struct HelpDump: Decodable {
    struct Command: Decodable {
        var commandName: String
        var shouldDisplay: Bool
        var abstract: String?
        var discussion: String?
        var subcommands: [Command]?
        var arguments: [Argument]?
    }

    struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String

            var written: String { kind == "long" ? "--\(name)" : "-\(name)" }
        }

        enum Kind: String, Decodable {
            case positional, option, flag
        }

        var kind: Kind
        var shouldDisplay: Bool
        var isOptional: Bool
        var isRepeating: Bool
        var names: [Name]?
        var valueName: String?
        var defaultValue: String?
        var allValues: [String]?
        var abstract: String?
        var discussion: String?

        /// All of its names.
        var tag: String { (names ?? []).map(\.written).joined(separator: ", ") }
        var value: String { valueName ?? "value" }
    }

    var command: Command

    static func read(_ json: String) throws -> HelpDump {
        try JSONDecoder().decode(HelpDump.self, from: Data(json.utf8))
    }
}
