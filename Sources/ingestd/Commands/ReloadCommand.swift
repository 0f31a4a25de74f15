import ArgumentParser
import Service

struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Makes the daemon read its configuration anew, and says what has changed.",
        discussion: """
            What SIGHUP does. The daemon reads the file that it was started with; transfers in flight go on. Says which \
            feeds were added, removed (their articles stay) and changed in which keys, which other settings hold from \
            now on, and which take effect at the next start alone. A configuration with mistakes changes nothing: they \
            are printed as 'check' prints them, 'status' names them until a reload succeeds, and the exit code is 78. \
            Without a daemon it is 69.
            """)

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard let answer = DaemonAnswer.each(try await global.tellDaemon { await $0.reload() }).first else {
            throw CommandFailure(.daemonUnavailable, "the daemon has stopped meanwhile")
        }
        if global.json { answer.print() }
        switch answer.string("outcome") {
        case "applied":
            if !global.json { show(answer) }
        case "refused":
            for mistake in answer.strings("mistakes") { Terminal.message(mistake) }
            throw CommandFailure(.configuration, nil)
        default: throw CommandFailure(.daemonUnavailable, "the daemon is about to stop, and has reloaded nothing")
        }
    }

    private func show(_ answer: DaemonAnswer) {
        for url in answer.strings("added") { Terminal.output.line("added \(Terminal.clean(url))") }
        for url in answer.strings("removed") { Terminal.output.line("removed \(Terminal.clean(url))") }
        for feed in answer.objects("changed") {
            let keys = (feed["keys"] as? [String] ?? []).joined(separator: ", ")
            Terminal.output.line("changed \(Terminal.clean(feed["url"] as? String ?? "")): \(keys)")
        }
        for name in answer.strings("settings") { Terminal.output.line("set \(name)") }
        for name in answer.strings("needs_restart") { Terminal.output.line("at the next start: \(name)") }
        let counts = ["added", "removed"].map { "\(answer.strings($0).count) \($0)" }
        Terminal.output.line(
            "reloaded \(answer.int("feeds")) feeds: \(counts.joined(separator: ", ")), \(answer.objects("changed").count) changed"
        )
    }
}
