import Archive
import ArgumentParser
import FeedFetch
import FeedModel
import Foundation
import Ingest
import Service

struct PollCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "poll", abstract: "Polls feeds now, through the running daemon or, if none runs, itself.",
        discussion: """
            Feeds are named by their configured or current URL. Overrides schedule, backoff and 'gone', not the limits \
            of hosts, a host's pause or the address guard. Exits 1 if any of them failed.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("Configured feeds.", valueName: "url"))
    var urls: [String]

    func run() async throws {
        let configuration = try global.loadConfiguration()
        try await reportingArchiveErrors {
            if let lines = try await viaDaemon(configuration) {
                try show(lines)
            } else {
                try show(try await itself(configuration))
            }
        }
    }

    private func viaDaemon(_ configuration: Ingest.Configuration) async throws -> [UInt8]? {
        try await global.askDaemon(global.archiveFolder(configuration)) { [urls] in await $0.poll(urls) }
    }

    private func itself(_ configuration: Ingest.Configuration) async throws -> [UInt8] {
        let archive = try await global.openForPolling(configuration, command: "poll")
        try await archive.prove()
        let client = try global.httpClient(configuration)
        let poller = Poller(
            archive: archive, client: client, configuration: configuration, endsWhenIdle: false,
            logger: global.loggerOfRound)
        try await poller.apply(configuration, .none)
        let answers = try await withThrowingTaskGroup { group in
            group.addTask { try await poller.run() }
            let answers = try await poller.pollNow(urls: urls)
            await poller.finishWalks()
            await poller.queue.close()
            try await group.waitForAll()
            return answers
        }
        await client.shutdown()
        try await global.index(archive, time: SystemTime())
        try archive.close()
        var json = JSONWriter()
        for answer in answers {
            answer.write(to: &json)
            json.newline()
        }
        return json.bytes
    }

    /// One line of JSON a feed, or one for people.
    private func show(_ bytes: [UInt8]) throws {
        var failed = 0
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let object = (try? JSONSerialization.jsonObject(with: Data(line))) as? [String: Any] ?? [:]
            let error = object["error"] as? [String: Any]
            let outcome = object["outcome"] as? String ?? "failed"
            if error != nil || outcome == "abandoned" { failed += 1 }
            if global.json {
                Terminal.output.write(Array(line) + [UInt8(ascii: "\n")])
                continue
            }
            let url = Terminal.clean(object["url"] as? String ?? "")
            if let error, let code = error["code"] as? String, let message = error["message"] as? String {
                Terminal.output.line("\(Terminal.red("failed")) \(url): \(code): \(Terminal.clean(message))")
            } else {
                let figures = ["new", "revised", "duplicates"].map { "\(object[$0] as? Int ?? 0) \($0)" }
                Terminal.output.line("\(outcome.replacing("_", with: " ")) \(url): \(figures.joined(separator: ", "))")
            }
        }
        Terminal.output.flush()
        if failed > 0 { throw CommandFailure(.failed, nil) }
    }
}
