import ArgumentParser
import FeedFetch
import FeedModel
import Ingest

struct FetchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Tries a feed without archiving anything.",
        discussion: """
            Shows what was sent, what came back, what it was understood as, and what a poll would decide. A feed of the \
            configuration is asked with its own settings; a host that asked for quiet is not asked. Exits 0 if it is a \
            feed, else 1.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("A feed's address, configured or not.", valueName: "url"))
    var url: String

    func validate() throws {
        // Whether the configuration names the file is seen when it is read.
        if WebURL(url)?.filePath == nil { try GlobalOptions.validate(webURL: url) }
    }

    func run() async throws {
        let trial = try await global.withClient {
            await FeedTrial.run(url, configuration: $0, client: $1, pauses: $2)
        }
        if global.json {
            var json = JSONWriter()
            trial.write(to: &json, url: url)
            json.newline()
            Terminal.output.write(json.bytes)
        } else {
            show(trial)
        }
        Terminal.output.flush()
        if trial.document == nil { throw CommandFailure(.failed, nil) }
    }

    private func show(_ trial: FeedTrial) {
        func line(_ text: String) { Terminal.output.line(Terminal.clean(text)) }
        for hop in trial.hops { line("\(hop.status) \(hop.from) → \(hop.to)") }
        if let response = trial.response, response.isFile {
            line("\(response.finalURL): \(response.body.count) bytes")
        } else if let response = trial.response {
            line("GET \(response.finalURL)")
            for field in response.requestHeaders { line("> \(field.name): \(HeaderText.decode(field.value))") }
            line("")
            line("HTTP/\(response.httpVersion) \(response.status)\(response.remoteAddress.map { " from \($0)" } ?? "")")
            for field in response.headers { line("< \(field.name): \(HeaderText.decode(field.value))") }
            line("")
            line(
                "\(response.body.count) bytes (\(response.bytesOnWire) on the wire) in \(response.duration.milliseconds) ms"
            )
        }
        if let feed = trial.document {
            let title = feed.titleText.map { " \"\($0)\"" } ?? ""
            line("\(feed.format.rawValue)\(title), \(feed.entries.count) entries, \(feed.encoding)")
            if let newest = feed.entries.compactMap({ $0.published ?? $0.modified }).max() {
                line("newest entry: \(newest.rfc3339Seconds)")
            }
            for problem in feed.problems {
                line("\(problem.code.rawValue): \(problem.message)\(problem.line.map { ", line \($0)" } ?? "")")
            }
        }
        let state = trial.state
        if let error = state.lastError { line("failed: \(error.code): \(error.message)") }
        if let notice = state.notice { line("note: \(notice.message)") }
        if state.url != url { line("from now on: \(state.url)") }
        if let next = state.nextPoll, let reason = state.intervalReason {
            line("next poll: \(next.rfc3339Seconds) (\(reason.rawValue))")
        } else {
            line("next poll: never")
        }
    }
}
