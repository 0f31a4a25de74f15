import ArgumentParser
import FeedModel
import Ingest
import Service

struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Polls feeds, or all feeds of hosts, no more for a while.",
        discussion: """
            Through the running daemon or, if none runs, in the archive; a pause outlives restarts, and holds for 'poll' \
            too. Transfers in flight go on, and what a hub sends is still taken. 'feeds', 'explain' and 'status' show what \
            is paused; nothing of it counts as overdue.
            """)

    @OptionGroup var global: GlobalOptions

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("For so long, such as 30m, 2h or 7d; else until it is resumed.", valueName: "duration"))
    var span: String?

    @Argument(help: ArgumentHelp("URLs of configured feeds, or hosts.", valueName: "url-or-host"))
    var targets: [String]

    func validate() throws {
        if let span, (DurationText.duration(span) ?? .zero) < .seconds(1) {
            throw ValidationError("--for \(span) is no duration; write \(DurationText.forms)")
        }
    }

    func run() async throws {
        let duration = span.flatMap(DurationText.duration)
        try await PauseCommand.carryOut(
            global, viaDaemon: { [targets] in await $0.pause(targets, for: duration) },
            itself: { [targets] archive in
                let now = SystemTime().now
                return try await PauseOrder.pause(targets, until: duration.map { now + $0 }, at: now, in: archive)
            })
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Ends pauses that 'pause' began.",
        discussion: "What has become due meanwhile is polled at once, a little spread out.")

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("URLs of configured feeds, or hosts.", valueName: "url-or-host"))
    var targets: [String]

    func run() async throws {
        try await PauseCommand.carryOut(
            global, viaDaemon: { [targets] in await $0.resume(targets) },
            itself: { [targets] in try await PauseOrder.resume(targets, in: $0) })
    }
}
