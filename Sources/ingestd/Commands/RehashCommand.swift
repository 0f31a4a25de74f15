import Archive
import ArgumentParser
import FeedModel
import Ingest

struct RehashCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rehash",
        abstract: "Brings the archive's hashes to the canonical form of this program.",
        discussion: """
            Articles are recognised by hashes over a canonical form of their title and text, and by keys made of their \
            canonical URLs. A program that has a newer form makes them anew before its first poll; this command does so \
            without polling, and shows how far it is. It may be stopped at any time, and goes on from there the next time. \
            Nothing that was published changes: articles stay what they are and keep their numbers, revisions and places. \
            The daemon must not run meanwhile.
            """)

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let configuration = try global.loadConfigurationIfAny()
        try await reportingArchiveErrors {
            let started = SystemTime().now
            // An archive that is not there is not made.
            _ = try Archive.openForReading(folder: global.archiveFolder(configuration))
            let archive = try global.openForWriting(configuration, command: "rehash")
            let summary = try await global.rehash(archive)
            try archive.close()
            let duration = SystemTime().now - started
            if global.json {
                var json = JSONWriter()
                json.object { json in
                    json.member("form", CanonicalForm.version)
                    json.member("contents", summary.contents)
                    json.member("sightings", summary.sightings)
                    json.member("left", summary.left)
                    json.member("seconds", Double(duration.milliseconds) / 1000)
                }
                json.newline()
                Terminal.output.write(json.bytes)
            } else if summary.contents + summary.sightings + summary.left == 0 {
                Terminal.output.line("nothing to do: the archive is of form \(CanonicalForm.version)")
            } else {
                let left = summary.left > 0 ? "; \(summary.left) contents could not be made anew" : ""
                Terminal.output.line(
                    "\(summary.contents) contents and \(summary.sightings) places are of form \(CanonicalForm.version)\(left)"
                )
            }
        }
    }
}

extension GlobalOptions {
    /// Opens the archive for a command that recognises articles: all in it is of this program's canonical form then.
    func openForPolling(_ configuration: Ingest.Configuration, command: String) async throws -> Archive {
        let archive = try openForWriting(configuration, command: command)
        _ = try await rehash(archive)
        return archive
    }

    /// With a progress bar on a terminal.
    fileprivate func rehash(_ archive: Archive) async throws -> Rehash.Summary {
        let bar = ProgressBar(isShown: Terminal.isErrorTerminal && !quiet && !json, unit: "rows hashed anew")
        defer { bar.clear() }
        return try await Rehash(archive).run(progress: { done, total in
            bar.total = total
            bar.show(done: done)
        })
    }
}
