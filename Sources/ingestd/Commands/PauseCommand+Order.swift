import Archive
import FeedModel
import Ingest
import Service

extension PauseCommand {
    /// Through the daemon, if one runs; exits 1 if any target is unknown.
    static func carryOut(
        _ global: GlobalOptions, viaDaemon ask: @Sendable (ControlClient) async -> [UInt8]?,
        itself: (Archive) async throws -> [PauseAnswer]
    ) async throws {
        try await reportingArchiveErrors {
            let folder = try global.archiveFolderForReading()
            let answer: [UInt8]
            if let told = try await global.askDaemon(folder, ask) {
                answer = told
            } else {
                // It is not for this command to make an archive.
                _ = try Archive.openForReading(folder: folder)
                let archive = try Archive.openForWriting(folder: folder, holder: global.holder("pause"))
                var json = JSONWriter()
                for one in try await itself(archive) {
                    one.write(to: &json)
                    json.newline()
                }
                try archive.close()
                answer = json.bytes
            }
            try show(DaemonAnswer.each(answer), json: global.json)
        }
    }

    private static func show(_ answers: [DaemonAnswer], json: Bool) throws {
        var failed = 0
        for answer in answers {
            if answer.error != nil { failed += 1 }
            if json {
                answer.print()
                continue
            }
            let target = Terminal.clean(answer.string("target") ?? "")
            let feeds = answer.int("feeds") == 1 ? "1 feed" : "\(answer.int("feeds")) feeds"
            if let error = answer.error {
                Terminal.output.line("\(Terminal.red("failed")) \(target): \(error)")
            } else if answer.bool("paused") {
                let extent = answer.string("paused_until").map { "until \($0)" } ?? "until it is resumed"
                Terminal.output.line("paused \(target) \(extent): \(feeds)")
            } else {
                Terminal.output.line("resumed \(target): \(feeds)")
            }
        }
        if failed > 0 {
            Terminal.output.flush()
            throw CommandFailure(.failed, nil)
        }
    }
}
