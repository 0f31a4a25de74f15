import ArgumentParser
import FeedModel
import Ingest

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Prints the feeds of an OPML file as YAML for feeds.yaml.",
        discussion: """
            Folders and categories become tags. Feeds that stand there twice, or in the configuration already, are left \
            out, and so are those whose URL cannot be polled; stderr says which, and in which line. feeds.yaml can \
            also name the file itself, under 'include'. Exits 65 if it is no OPML.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("The OPML file; - is stdin.", valueName: "file"))
    var file: String

    func run() throws {
        let configuration = global.configurationPath == nil ? nil : try global.loadConfiguration()
        let bytes = try ParseCommand.read(file)
        switch OPMLImport.read(bytes, name: file == "-" ? "stdin" : file, configuration: configuration) {
        case .failure(let mistakes):
            for mistake in mistakes.mistakes { Terminal.message(mistake.description) }
            throw CommandFailure(.badInput, nil)
        case .success(let list):
            Terminal.output.write(Array(list.yaml.utf8))
            Terminal.output.flush()
            guard !global.quiet else { return }
            for note in list.notes { Terminal.message(note.description) }
            if list.feeds.isEmpty, list.notes.isEmpty { Terminal.message("note: no feed stands in it") }
        }
    }
}
