import Foundation
import Glibc

/// One connection of a `ScriptedServer`, on its own thread.
final class Connection {
    let socket: Int32
    private let number: Int
    private var buffer: [UInt8] = []

    init(socket: Int32, number: Int) {
        self.socket = socket
        self.number = number
        var one: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    /// `nil` at the end of the connection.
    func readRequest() -> ScriptedRequest? {
        while true {
            if let end = headEnd() {
                let lines = buffer[..<end].split(separator: UInt8(ascii: "\n")).map { line in
                    line.last == UInt8(ascii: "\r") ? line.dropLast() : line
                }
                buffer.removeFirst(end + 4)
                return request(lines)
            }
            guard fill() else { return nil }
        }
    }

    private func headEnd() -> Int? {
        guard buffer.count >= 4 else { return nil }
        return (0...(buffer.count - 4)).first { buffer[$0..<($0 + 4)].elementsEqual("\r\n\r\n".utf8) }
    }

    private func request(_ lines: [ArraySlice<UInt8>]) -> ScriptedRequest? {
        guard let first = lines.first else { return nil }
        let parts = String(decoding: first, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count >= 3, let method = parts.first, let version = parts.last else { return nil }
        let fields = lines.dropFirst().map { line in
            let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
            var value = line[colon...].dropFirst()
            while value.first == 0x20 || value.first == 0x09 { value.removeFirst() }
            while value.last == 0x20 || value.last == 0x09 { value.removeLast() }
            return (name: String(decoding: line[..<colon], as: UTF8.self), value: Array(value))
        }
        var request = ScriptedRequest(
            method: String(method), target: parts.dropFirst().dropLast().joined(separator: " "),
            version: String(version),
            fields: fields, body: [], connection: number, previous: 0, time: .now)
        let length = request.value("Content-Length").flatMap { Int($0) } ?? 0
        while buffer.count < length {
            guard fill() else { return nil }
        }
        request.body = Array(buffer.prefix(length))
        buffer.removeFirst(length)
        return request
    }

    private func fill() -> Bool {
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = recv(socket, &piece, piece.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            buffer += piece.prefix(count)
            return true
        }
    }

    /// Whether the connection goes on.
    func send(_ answer: ScriptedAnswer, to request: ScriptedRequest) -> Bool {
        if answer.delay > .zero { Thread.sleep(forTimeInterval: answer.delay / .seconds(1)) }
        if let raw = answer.raw {
            guard write(raw, drip: answer.drip) else { return false }
            while answer.repeatsRaw {
                guard write(raw, drip: answer.drip) else { return false }
            }
            return !answer.closes
        }
        let hasBody = request.method != "HEAD" && answer.status != 304 && answer.status != 204
        guard write(answer.head + (hasBody ? answer.framedBody : []), drip: answer.drip) else { return false }
        switch answer.ending {
        case .complete, .cut: break
        case .reset:
            // With a linger time of zero, closing resets the connection. What was sent must be read first:
            // a reset overtakes it.
            waitUntilSent()
            var hard = linger(l_onoff: 1, l_linger: 0)
            setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
        case .stall:
            while fill() {}
        }
        if answer.endsConnection { return false }
        return request.value("Connection")?.lowercased() != "close"
    }

    private func write(_ bytes: [UInt8], drip: Duration?) -> Bool {
        guard let drip else { return writeAll(bytes[...]) }
        for index in bytes.indices {
            guard writeAll(bytes[index...index]) else { return false }
            Thread.sleep(forTimeInterval: drip / .seconds(1))
        }
        return true
    }

    private func writeAll(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = Glibc.send(
                    socket, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }

    /// Until the peer's system has taken all that was sent, and the peer had a moment to read it.
    private func waitUntilSent() {
        for _ in 0..<200 {
            var unsent: Int32 = 0
            if ioctl(socket, UInt(TIOCOUTQ), &unsent) != 0 || unsent == 0 { break }
            Thread.sleep(forTimeInterval: 0.005)
        }
        Thread.sleep(forTimeInterval: 0.05)
    }
}
