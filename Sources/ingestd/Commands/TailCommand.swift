import Archive
import ArgumentParser
import FeedModel
import Glibc

struct TailCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Prints the change log, oldest first, one JSON object a line.",
        discussion: """
            With --cursor NAME it goes on where NAME got to. The place moves when lines have been written to stdout \
            without an error; so every line is printed at least once, in order and without a gap, whatever happens in \
            between. One consumer at a time reads by a name.

            What has been written to a pipe may still be lost by who reads it. With --hold the place stays, and the \
            consumer moves it when it has dealt with a line: 'ingestd ack NAME SEQ', with the line's _ingestd.seq, \
            acknowledges that line and all before it. What was not acknowledged is printed again the next time. \
            'ingestd cursors' lists the places.

            Of an article that changes at nearly every poll not every state is kept. A line about one that is not has \
            "thinned": true, and shows the article as of "shown_revision", the next state that is kept. Lines about an article that retention has \
            removed have "gone": true and nothing of it but its number.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Only lines after this number.", valueName: "seq"))
    var after: Int64?

    @Flag(help: "Wait for more.")
    var follow = false

    @Option(help: ArgumentHelp("Go on where this name got to, and remember it.", valueName: "name"))
    var cursor: String?

    @Flag(help: "With --cursor: leave its place to 'ingestd ack'.")
    var hold = false

    /// The first line does not wait for many others.
    private static let firstBatch = 16
    private static let batch = 500

    func validate() throws {
        if after != nil && cursor != nil { throw ValidationError("--after and --cursor exclude each other") }
        if let cursor, !Cursor.isValid(cursor) { throw ValidationError("--cursor: \(CursorError.badName(cursor))") }
        if hold && cursor == nil { throw ValidationError("--hold goes with --cursor") }
        if let after, after < 0 { throw ValidationError("--after takes a number of 0 or more") }
    }

    func run() throws {
        if follow { TailCommand.unblockEndingSignals() }
        try reportingCursorErrors {
            var archive = try global.openForReading()
            let cursor = try cursor.map { try Cursor(name: $0, archiveFolder: archive.folder) }
            let use = try cursor?.use()
            defer { withExtendedLifetime(use) {} }
            var seq = try after ?? cursor?.position() ?? 0
            while true {
                if let cursor { try TailCommand.check(seq, of: cursor, against: archive) }
                let watch = follow ? try CommitWatch(archive) : nil
                try printAll(after: &seq, of: archive, hold ? nil : cursor)
                guard let watch else { return }
                while case .commit = try watch.next() { try printAll(after: &seq, of: archive, hold ? nil : cursor) }
                // A backup has been put in its place, or a newer program has brought it up to date.
                archive = try global.openForReading()
                guard try cursor != nil || seq <= archive.newestChange() else {
                    throw CommandFailure(
                        .inputOutput, "the archive was replaced by one whose change log ends before line \(seq)")
                }
            }
        }
    }

    /// Who starts a program from one of a pool's threads hands down that thread's mask, and this program waits on its one
    /// thread alone: it could not be ended but by SIGKILL.
    private static func unblockEndingSignals() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// A place beyond the log's end is one in another log: what is written from now on must not be taken for read.
    private static func check(_ seq: Int64, of cursor: Cursor, against archive: Archive) throws {
        let newest = try archive.newestChange()
        guard seq > newest else { return }
        throw CommandFailure(
            .inputOutput,
            "the cursor '\(cursor.name)' stands at \(seq), but the change log ends at \(newest): the archive was restored "
                + "from a backup, or is another one. 'ingestd ack --back \(cursor.name) \(newest)' goes on with what "
                + "comes from now on, a smaller number further back, 0 with the first line")
    }

    private func printAll(after seq: inout Int64, of archive: Archive, _ cursor: Cursor?) throws {
        var limit = TailCommand.firstBatch
        var json = JSONWriter(reservingCapacity: 4096)
        while true {
            let changes = try archive.changes(after: seq, limit: limit)
            for change in changes {
                json.change(change)
                json.newline()
                Terminal.output.write(json.bytes)
                json.removeAll()
            }
            // Ends the program if it cannot be written.
            Terminal.output.flush()
            guard let last = changes.last else { return }
            seq = last.seq
            try cursor?.acknowledge(seq)
            limit = TailCommand.batch
        }
    }
}

/// Runs a command's body; what is wrong with a cursor or the archive becomes the command's failure.
func reportingCursorErrors<Result>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as CursorError {
        if case .inUse = error { throw CommandFailure(.failed, error.description) }
        throw CommandFailure(.inputOutput, error.description)
    } catch let error as ArchiveError {
        throw CommandFailure(error)
    }
}
