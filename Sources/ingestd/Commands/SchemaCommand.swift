import Archive
import ArgumentParser

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Prints the archive's tables, indexes and views, explained, as SQL.",
        discussion: """
            This is the schema that this version writes; no archive is needed. The views 'articles', 'revisions', \
            'sightings', 'attachments', 'feeds' and 'changes' stay as they are from one version to the next; tables and \
            indexes may change.
            """)

    @OptionGroup var global: GlobalOptions

    func run() throws {
        Terminal.output.line(Archive.schema)
    }
}
