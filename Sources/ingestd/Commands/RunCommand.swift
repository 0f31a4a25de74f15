import Archive
import ArgumentParser
import FeedFetch
import FeedModel
import Glibc
import Ingest
import Logging
import Service
import ServiceLifecycle

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Polls and archives: the daemon, or with --once one round.",
        discussion: """
            The daemon runs until SIGTERM or SIGINT; SIGHUP makes it read its configuration anew. With --once every \
            feed that is due is polled (a new feed is due) and a summary is printed; a feed that fails is in the \
            summary, not in the exit code.
            """)

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Poll every feed that is due, once, and end.")
    var once = false

    @Flag(help: "With --once: poll every feed, due or not.")
    var force = false

    func validate() throws {
        if force && !once { throw ValidationError("--force goes with --once") }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        // A limit on the size of files is a full disk.
        signal(SIGXFSZ, SIG_IGN)
        let configuration = try global.loadConfiguration()
        global.note(configuration)
        try await reportingArchiveErrors {
            if once {
                try await Round(global: global, configuration: configuration, force: force).run()
            } else {
                try await Daemon(global: global, configuration: configuration).run()
            }
        }
    }
}

extension GlobalOptions {
    func openForWriting(
        _ configuration: Ingest.Configuration, command: String, socket: String? = nil
    ) throws -> Archive {
        var holder = holder(command)
        holder.socket = socket
        return try Archive.openForWriting(folder: archiveFolder(configuration), holder: holder)
    }

    /// This process, as it stands in the lock of an archive's folder.
    func holder(_ command: String) -> ArchiveLock.Holder {
        ArchiveLock.Holder(
            pid: Int(getpid()), started: SystemTime().now, version: Program.version, command: command)
    }

    /// The client that makes all transfers.
    func httpClient(_ configuration: Ingest.Configuration) throws -> HTTPClient {
        do {
            return try HTTPClient(configuration.httpClient)
        } catch {
            throw CommandFailure(.configuration, "\(error)")
        }
    }
}
