/// What a `ScriptedServer` answers. Start from one of the static functions and change what the case needs.
public struct ScriptedAnswer: Sendable {
    public enum Framing: Sendable {
        /// With `Content-Length`.
        case length
        /// In chunks of this many bytes.
        case chunked(Int)
        /// Until the connection is closed.
        case untilClose
        /// No field is added and the connection stays: for a 304, or when `fields` say it.
        case bare
    }

    public enum Ending: Sendable {
        /// As the framing has it.
        case complete
        /// The connection is closed after so many bytes of the body; chunks are left without the last one.
        case cut(Int)
        /// The connection is reset after so many bytes of the body.
        case reset(Int)
        /// Nothing more comes after so many bytes of the body, until the server is stopped or the client goes.
        case stall(Int)
    }

    public var status = 200
    public var version = "HTTP/1.1"
    /// Sent as given, in this order, before what the framing adds.
    public var fields: [(name: String, value: [UInt8])] = []
    public var body: [UInt8] = []
    public var framing = Framing.length
    public var ending = Ending.complete
    /// Sent instead of status line, fields and body.
    public var raw: [UInt8]?
    /// Repeats `raw` until the client goes away.
    public var repeatsRaw = false
    /// Sends one byte after the other with this pause.
    public var drip: Duration?
    /// Before the first byte.
    public var delay: Duration = .zero
    /// Closes the connection after the answer, without saying so.
    public var closes = false

    public init() {}

    public static func ok(_ body: String = "", _ fields: (String, String)...) -> ScriptedAnswer {
        ok(Array(body.utf8)).with(fields)
    }

    public static func ok(_ body: [UInt8], _ fields: (String, String)...) -> ScriptedAnswer {
        var answer = ScriptedAnswer()
        answer.body = body
        return answer.with(fields)
    }

    public static func status(_ status: Int, _ body: String = "", _ fields: (String, String)...) -> ScriptedAnswer {
        var answer = ok(body).with(fields)
        answer.status = status
        if status == 304 || status == 204 { answer.framing = .bare }
        return answer
    }

    public static func redirect(_ status: Int, _ location: String) -> ScriptedAnswer {
        .status(status, "moved", ("Location", location))
    }

    /// These bytes and then the end of the connection.
    public static func raw(_ text: String) -> ScriptedAnswer { raw(Array(text.utf8)) }

    public static func raw(_ bytes: [UInt8]) -> ScriptedAnswer {
        var answer = ScriptedAnswer()
        answer.raw = bytes
        answer.closes = true
        return answer
    }

    public func with(_ fields: [(String, String)]) -> ScriptedAnswer {
        var answer = self
        answer.fields += fields.map { (name: $0.0, value: Array($0.1.utf8)) }
        return answer
    }

    /// With one thing changed: `.ok("…").but { $0.ending = .cut(10) }`.
    public func but(_ change: (inout ScriptedAnswer) -> Void) -> ScriptedAnswer {
        var answer = self
        change(&answer)
        return answer
    }

    /// Status line and fields.
    var head: [UInt8] {
        var out = Array("\(version) \(status) \(status == 200 ? "OK" : "Status")\r\n".utf8)
        for field in fields {
            out += Array(field.name.utf8) + Array(": ".utf8) + field.value + Array("\r\n".utf8)
        }
        switch framing {
        case .length: out += Array("Content-Length: \(body.count)\r\n".utf8)
        case .chunked: out += Array("Transfer-Encoding: chunked\r\n".utf8)
        case .untilClose: out += Array("Connection: close\r\n".utf8)
        case .bare: break
        }
        return out + Array("\r\n".utf8)
    }

    /// The body as it is sent, up to where it is cut.
    var framedBody: [UInt8] {
        var part = body[...]
        switch ending {
        case .complete: break
        case .cut(let count), .reset(let count), .stall(let count): part = part.prefix(count)
        }
        guard case .chunked(let size) = framing else { return Array(part) }
        var out: [UInt8] = []
        while !part.isEmpty {
            let chunk = part.prefix(max(1, size))
            out += Array((String(chunk.count, radix: 16) + "\r\n").utf8) + chunk + Array("\r\n".utf8)
            part = part.dropFirst(chunk.count)
        }
        if case .complete = ending { out += Array("0\r\n\r\n".utf8) }
        return out
    }

    var endsConnection: Bool {
        if closes || version == "HTTP/1.0" { return true }
        if case .untilClose = framing { return true }
        if case .complete = ending { return false }
        return true
    }
}
