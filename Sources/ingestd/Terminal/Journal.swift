import FeedModel
import Glibc
import Ingest
import Logging
import Service

/// Systemd's journal, by its native protocol: a datagram of `FIELD=value` lines. Every value is one line.
struct Journal: Sendable {
    private let socket: UnixDatagram

    private static let path = "/run/systemd/journal/socket"
    /// In bytes. A datagram holds more than enough of such.
    private static let longestValue = 8 << 10
    private static let mostFields = 16

    /// `nil` where no socket is to be had.
    init?() {
        guard let socket = UnixDatagram(Journal.path) else { return nil }
        self.socket = socket
    }

    /// What is written to stderr goes to the journal: `$JOURNAL_STREAM` names its device and inode (systemd.exec(5)).
    static var isStandardError: Bool {
        GlobalOptions.environment("JOURNAL_STREAM").map { $0 == OpenFile.identity(STDERR_FILENO) } ?? false
    }

    /// - Returns: whether the journal took it.
    func send(_ line: Log.Line) -> Bool { socket.send(Journal.datagram(line)) }

    static func datagram(_ line: Log.Line) -> [UInt8] {
        var bytes: [UInt8] = []
        func add(_ name: String, _ value: String) {
            var value = Array(value.harmless().utf8.prefix(longestValue))
            // Not in the middle of a character.
            if value.count == longestValue { value = Array(String(decoding: value, as: UTF8.self).utf8) }
            bytes += Array((name + "=").utf8) + value + [UInt8(ascii: "\n")]
        }
        add("MESSAGE", line.sentence)
        add("PRIORITY", "\(priority(line.level))")
        add("SYSLOG_IDENTIFIER", Program.name)
        for field in line.fields.prefix(mostFields) { add(name(field.name), field.value) }
        return bytes
    }

    /// Of syslog(3).
    static func priority(_ level: Logger.Level) -> Int32 {
        switch level {
        case .trace, .debug: LOG_DEBUG
        case .info: LOG_INFO
        case .notice: LOG_NOTICE
        case .warning: LOG_WARNING
        case .error: LOG_ERR
        case .critical: LOG_CRIT
        }
    }

    /// Capital letters, digits and underscores, not at the beginning: that is the journal's own.
    private static func name(_ key: String) -> String {
        if key == "code" { return "ERROR_CODE" }
        let name = key.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
        return String(name.drop { $0 == "_" || $0.isNumber }.prefix(64))
    }
}
