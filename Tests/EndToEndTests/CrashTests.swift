import Foundation
import Synchronization
import TestSupport
import Testing

/// The daemon killed at random moments, again and again, while publishers go on publishing.
@Suite struct CrashTests {
    /// Feeds whose documents move on as soon as the reader says that it has the latest: by a validator, which
    /// must never stand for articles that were lost.
    private final class Publisher: Sendable {
        private struct Document {
            var version = 1
            /// In the document now: number of the entry, and how often it was edited.
            var entries: [(number: Int, edits: Int)] = (0..<4).map { ($0, 0) }
            var lastNumber = 3
            /// All that stood in a version whose validator came back.
            var acknowledged: Set<String> = []
            /// Validators that no version of ours had.
            var strange: [String] = []
        }

        private struct State {
            var documents: [Document]
            var random: SeededRandom
            var isDone = false
        }

        private let state: Mutex<State>

        init(feeds: Int, seed: UInt64) {
            state = Mutex(State(documents: Array(repeating: Document(), count: feeds), random: SeededRandom(seed)))
        }

        func stopPublishing() { state.withLock { $0.isDone = true } }

        func answer(_ feed: Int, _ request: ScriptedRequest) -> ScriptedAnswer {
            state.withLock { state in
                var document = state.documents[feed]
                defer { state.documents[feed] = document }
                if let validator = request.value("If-None-Match") {
                    if validator == "\"\(document.version)\"" {
                        document.acknowledged.formUnion(document.entries.map { Self.guid(feed, $0.number) })
                        if state.isDone || Int.random(in: 0..<4, using: &state.random) == 0 { return .status(304) }
                        Self.publish(&document, &state.random)
                    } else if Int(validator.dropFirst().dropLast()).map({ $0 > document.version }) ?? true {
                        document.strange.append(validator)
                    }
                }
                let entries = document.entries.map {
                    (Self.guid(feed, $0.number), Self.text(feed, $0.number, $0.edits))
                }
                return .ok(Lab.rss(entries), ("ETag", "\"\(document.version)\""))
            }
        }

        /// New entries, an edit, and the oldest fall out.
        private static func publish(_ document: inout Document, _ random: inout SeededRandom) {
            document.version += 1
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                document.lastNumber += 1
                document.entries.insert((document.lastNumber, 0), at: 0)
            }
            let edited = Int.random(in: 0..<document.entries.count, using: &random)
            document.entries[edited].edits += 1
            document.entries = Array(document.entries.prefix(8))
        }

        private static func guid(_ feed: Int, _ number: Int) -> String { "f\(feed)-e\(number)" }
        private static func text(_ feed: Int, _ number: Int, _ edits: Int) -> String {
            "Text of entry \(number) of feed \(feed), edited \(edits) times"
        }

        var acknowledged: Set<String> {
            state.withLock { $0.documents.reduce(into: []) { $0.formUnion($1.acknowledged) } }
        }
        var strange: [String] { state.withLock { $0.documents.flatMap(\.strange) } }
        /// What stands in the documents now: guid and text.
        var current: [String: String] {
            state.withLock { state in
                var all: [String: String] = [:]
                for (feed, document) in state.documents.enumerated() {
                    for entry in document.entries {
                        all[Self.guid(feed, entry.number)] = Self.text(feed, entry.number, entry.edits)
                    }
                }
                return all
            }
        }
    }

    @Test("7: after a crash no validator stands for articles that are not in the archive", arguments: [1, 2])
    func nothingIsLostAndNothingIsThereTwice(_ seed: UInt64) async throws {
        let feeds = 30
        let lab = try Lab()
        let publisher = Publisher(feeds: feeds, seed: seed)
        let targets = (0..<feeds).map { "/\($0).xml" }
        for (feed, target) in targets.enumerated() {
            lab.server.on(target) { publisher.answer(feed, $0) }
        }
        try lab.configure(
            targets: targets, fetch: ["per_host: 20"], schedule: ["min_interval: 1s", "max_interval: 1s"])
        var random = SeededRandom(seed)
        for round in 0..<15 {
            // Killed at start, in the first polls, or while it goes on: after so many requests, however busy the machine is.
            let most = [0, 20, 75][round % 3]
            let wanted = lab.server.requests.count + Int.random(in: 0...most, using: &random)
            let daemon = try lab.start("run", "--log-level", "error")
            try await eventually { lab.server.requests.count >= wanted || daemon.hasEnded }
            try await Task.sleep(for: .milliseconds(Int.random(in: 20...300, using: &random)))
            #expect(!daemon.hasEnded, "\(daemon.stderr)")
            daemon.signal(SIGKILL)
            _ = try await daemon.end()
        }
        let killed = try await lab.sql("PRAGMA integrity_check")
        #expect(killed == [["ok"]])
        publisher.stopPublishing()
        let round = try #require(try await lab.json("run", "--once", "--force").first)
        #expect(round["polled"].int == feeds && round["failed"].int == 0)
        let last = try #require(try await lab.json("run", "--once", "--force").first)
        #expect(last["not_modified"].int == feeds)
        #expect(lab.server.requests.suffix(feeds).allSatisfy { $0.value("If-None-Match") != nil })
        #expect(publisher.strange.isEmpty)

        // Every entry that was ever acknowledged is an article, and no other.
        let articles = try await lab.json("articles")
        let guids = articles.map { $0["id"].string }
        #expect(Set(guids) == publisher.acknowledged)
        #expect(guids.count == Set(guids).count)
        #expect(guids.count > feeds * 6, "the daemon was killed too soon for this to mean anything")
        let current = publisher.current
        for article in articles {
            if let text = current[article["id"].string] {
                #expect(article["content_text"].string == text || article["content_html"].string == text)
            }
        }

        // The change log tells it all, once and without a gap.
        let changes = try await lab.json("tail")
        #expect(changes.map { $0["_ingestd"]["seq"].int } == Array(1...max(1, changes.count)))
        let new = changes.filter { $0["_ingestd"]["kind"].string == "new" }.map { $0["id"].string }
        #expect(new.count == guids.count && Set(new) == Set(guids))
        let revised = changes.filter { $0["_ingestd"]["kind"].string == "revised" }
        #expect(changes.count == new.count + revised.count)
        let revisions = articles.reduce(0) { $0 + $1["_ingestd"]["revision"].int }
        #expect(revisions == new.count + revised.count)
        #expect(try await lab.sql("PRAGMA integrity_check") == [["ok"]])
        #expect(try await lab.sql("PRAGMA foreign_key_check").isEmpty)
        #expect(
            try await lab.sql("SELECT count(*), count(DISTINCT guid) FROM sightings") == [
                ["\(guids.count)", "\(guids.count)"]
            ])
    }
}
