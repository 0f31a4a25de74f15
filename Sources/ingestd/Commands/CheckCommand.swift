import ArgumentParser
import FeedModel
import Ingest

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Validates the configuration.",
        discussion: """
            Prints every mistake as FILE:LINE:COLUMN: what is wrong, and what would be right. Exits 0, or 78. A file with a \
            password or token that everybody may read is a warning.
            """)

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let configuration = try global.loadConfiguration()
        global.note(configuration)
        let disabled = configuration.feeds.count { !$0.enabled }
        if global.json {
            var json = JSONWriter()
            json.object { json in
                json.member("feeds", configuration.feeds.count)
                json.member("disabled", disabled)
                json.member("files", configuration.files)
                json.member("warnings", configuration.warnings.map(\.description))
            }
            json.newline()
            Terminal.output.write(json.bytes)
        } else {
            let files = configuration.files.count == 1 ? "" : " in \(configuration.files.count) files"
            Terminal.output.line(
                "ok: \(configuration.feeds.count) feeds\(files)\(disabled > 0 ? ", \(disabled) of them disabled" : "")")
        }
    }
}
