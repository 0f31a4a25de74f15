import FeedModel
import Foundation
import Synchronization

/// The two streams that a command writes to.
enum Terminal {
    /// Results. `write` is buffered; the buffer is flushed when it is large and at `flush`.
    static let output = OutputStream()

    static let isErrorTerminal = isatty(STDERR_FILENO) != 0
    static let isOutputTerminal = isatty(STDOUT_FILENO) != 0

    static var usesColor: Bool {
        isOutputTerminal && GlobalOptions.environment("NO_COLOR") == nil
            && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// One line to stderr.
    static func message(_ text: String) {
        messageLine(Array(clean(text).utf8) + [0x0A])
    }

    /// Of a program that ends with it: the journal, where stderr leads there, takes it for an error.
    static func failure(_ text: String) {
        // sd-daemon(3): the priority of what is written to the journal's stream.
        message((Journal.isStandardError ? "<3>" : "") + text)
    }

    /// One line to stderr, as it is.
    static func messageLine(_ line: [UInt8]) {
        line.withUnsafeBytes { bytes in
            _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }

    /// Text that came from a feed, made harmless for a terminal: no control characters but line ends.
    static func clean(_ text: String, keepsLines: Bool = false) -> String {
        text.harmless(keepsLines: keepsLines)
    }

    static func bold(_ text: String) -> String { usesColor ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
    static func dim(_ text: String) -> String { usesColor ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
    static func green(_ text: String) -> String { usesColor ? "\u{1B}[32m\(text)\u{1B}[0m" : text }
    static func red(_ text: String) -> String { usesColor ? "\u{1B}[31m\(text)\u{1B}[0m" : text }
}

/// Buffered writing to stdout. A write that fails ends the program: exit 74, or quietly where the reader
/// has gone away (`| head`).
final class OutputStream: Sendable {
    private let buffer = Mutex<[UInt8]>([])
    private static let largest = 1 << 16

    func write(_ bytes: [UInt8]) {
        buffer.withLock { buffer in
            if bytes.count >= OutputStream.largest {
                OutputStream.flush(&buffer)
                bytes.withUnsafeBytes(OutputStream.writeAll)
            } else {
                buffer.append(contentsOf: bytes)
                if buffer.count >= OutputStream.largest { OutputStream.flush(&buffer) }
            }
        }
    }

    func line(_ text: String) {
        write(Array((text + "\n").utf8))
    }

    func flush() { buffer.withLock { OutputStream.flush(&$0) } }

    private static func flush(_ buffer: inout [UInt8]) {
        buffer.withUnsafeBytes(writeAll)
        buffer.removeAll(keepingCapacity: true)
    }

    private static func writeAll(_ bytes: UnsafeRawBufferPointer) {
        var written = 0
        while written < bytes.count {
            let count = Glibc.write(STDOUT_FILENO, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            if count < 0 {
                if errno == EINTR { continue }
                if errno != EPIPE {
                    Terminal.message("ingestd: stdout cannot be written: \(String(cString: strerror(errno)))")
                }
                exit(errno == EPIPE ? 0 : CommandFailure.Code.inputOutput.rawValue)
            }
            written += count
        }
    }
}
