import FeedModel
import Glibc
import Ingest
import Logging
import Service
import Synchronization

/// Where log lines go, and which: the level may change while the program runs.
final class Log: Sendable {
    /// `--log-format`.
    enum Format: String, CaseIterable, Sendable {
        /// To the journal where stderr is the journal's, else text.
        case auto
        /// One line for people.
        case text
        /// One JSON object a line.
        case json
        /// The fields of systemd's journal.
        case journal
    }

    private let shared: Mutex<Logger.Level>
    private let journal: Journal?
    private let format: Format

    init(_ format: Format, level: Logger.Level) {
        shared = Mutex(level)
        switch format {
        case .auto: journal = Journal.isStandardError ? Journal() : nil
        case .journal: journal = Journal()
        case .text, .json: journal = nil
        }
        self.format = format
    }

    var level: Logger.Level {
        get { shared.withLock { $0 } }
        set { shared.withLock { $0 = newValue } }
    }

    var logger: Logger { Logger(label: Program.name) { _ in Handler(log: self) } }

    /// What the journal does not take is written to stderr.
    func write(_ line: Line) {
        if let journal, journal.send(line) { return }
        if format == .json {
            Terminal.messageLine(line.json)
        } else {
            Terminal.message(line.text)
        }
    }

    /// One line, before it has a form.
    struct Line: Sendable {
        var time: Timestamp
        var level: Logger.Level
        var message: String
        /// Sorted by name.
        var fields: [(name: String, value: String)]

        /// The message and what belongs to it.
        var sentence: String { ([message] + fields.map { "\($0.name)=\($0.value)" }).joined(separator: " ") }

        /// For people.
        var text: String { "\(level): \(sentence)" }

        /// `{"time": …, "level": …, "message": …, "fields": {…}}`
        var json: [UInt8] {
            var json = JSONWriter()
            json.object { json in
                json.member("time", time)
                json.member("level", level.rawValue)
                json.member("message", message)
                json.object("fields") { json in
                    for field in fields {
                        json.key(field.name)
                        json.string(field.value)
                    }
                }
            }
            json.newline()
            return json.bytes
        }
    }

    /// A logger's own level, once it has been set, stays as it is.
    private struct Handler: LogHandler {
        let log: Log
        var metadata: Logger.Metadata = [:]
        private var own: Logger.Level?

        init(log: Log) { self.log = log }

        var logLevel: Logger.Level {
            get { own ?? log.level }
            set { own = newValue }
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            log.write(
                Line(
                    time: SystemTime().now, level: event.level, message: "\(event.message)",
                    fields: all.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }))
        }
    }
}
