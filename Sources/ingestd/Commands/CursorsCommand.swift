import Archive
import ArgumentParser
import FeedModel

struct CursorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cursors", abstract: "Lists the cursors of 'tail': how far each consumer has come.",
        discussion: """
            For each: the number of the last line that was acknowledged, how many have come since (the lag), and when \
            it was acknowledged.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(
        help: ArgumentHelp("Remove this cursor; who comes by its name begins with the first line.", valueName: "name"))
    var forget: String?

    func validate() throws {
        if let forget, !Cursor.isValid(forget) { throw ValidationError(CursorError.badName(forget).description) }
    }

    func run() throws {
        try reportingCursorErrors {
            let archive = try global.openForReading()
            if let forget {
                guard try Cursor(name: forget, archiveFolder: archive.folder).forget() else {
                    throw CommandFailure(.failed, "there is no cursor '\(forget)'; 'ingestd cursors' lists them")
                }
                return
            }
            let newest = try archive.newestChange()
            for cursor in try Cursor.all(archiveFolder: archive.folder) {
                do {
                    if let state = try cursor.state() { show(state, newest: newest) }
                } catch CursorError.unreadable(let path, let name) {
                    Terminal.message(CursorError.unreadable(path: path, name: name).description)
                }
            }
        }
    }

    private func show(_ state: Cursor.State, newest: Int64) {
        let lag = newest - state.position
        guard global.json else {
            let distance = lag < 0 ? "\(-lag) beyond the log's end" : lag == 0 ? "up to date" : "\(lag) behind"
            return Terminal.output.line(
                "\(state.name)  at \(state.position), \(distance)  acknowledged \(state.acknowledged.rfc3339Seconds)")
        }
        var json = JSONWriter()
        json.object { json in
            json.member("name", state.name)
            json.member("position", Int(state.position))
            json.member("lag", Int(lag))
            json.member("last_acknowledged", state.acknowledged)
        }
        json.newline()
        Terminal.output.write(json.bytes)
    }
}
