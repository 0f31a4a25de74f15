import Archive
import ArgumentParser

struct AckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Acknowledges lines of the change log for a cursor.",
        discussion: """
            Moves the cursor to a line: that one and all before it have been dealt with, and 'tail --cursor NAME' does \
            not print them again. It may be called while 'tail --cursor NAME --hold --follow' runs, as often as you \
            like; a line that was acknowledged before changes nothing, so a repeated call does no harm. With --back the \
            cursor is set to the number wherever it stands, while nobody reads by it.
            """)

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Set the cursor back, so that lines are printed again; or to the end of a restored archive's log.")
    var back = false

    @Argument(help: "The cursor's name.")
    var name: String

    @Argument(help: "The number of the last line that was dealt with (_ingestd.seq).")
    var seq: Int64

    func validate() throws {
        if !Cursor.isValid(name) { throw ValidationError(CursorError.badName(name).description) }
        if seq < 0 { throw ValidationError("SEQ is a number of 0 or more") }
    }

    func run() throws {
        try reportingCursorErrors {
            let archive = try global.openForReading()
            let newest = try archive.newestChange()
            guard seq <= newest else {
                throw CommandFailure(
                    .failed, "there is no line \(seq) to acknowledge: the change log ends at \(newest)")
            }
            let cursor = try Cursor(name: name, archiveFolder: archive.folder)
            if back {
                try cursor.set(seq)
            } else {
                if let position = try cursor.position(), position > newest {
                    throw CommandFailure(
                        .failed,
                        "the cursor '\(name)' stands at \(position), beyond the change log's end at \(newest): the archive "
                            + "was restored from a backup, or is another one; set it with 'ingestd ack --back \(name) \(seq)'"
                    )
                }
                try cursor.acknowledge(seq)
            }
        }
    }
}
