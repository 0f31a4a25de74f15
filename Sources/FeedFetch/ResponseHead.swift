import FeedModel

/// Status line and header fields, as libcurl hands them over line by line.
struct ResponseHead {
    private(set) var status = 0
    /// What the server calls the status; HTTP/2 has no word for it.
    private(set) var reason = ""
    private(set) var httpVersion = ""
    private(set) var fields: [HTTPField] = []
    /// The empty line after the header of a final response has come.
    private(set) var isComplete = false

    /// A line with or without its end. Interim responses (1xx) are forgotten when the next begins, and
    /// trailers are not taken in.
    mutating func receive(line raw: UnsafeRawBufferPointer) {
        if isComplete { return }
        var line = raw[...]
        if line.last == UInt8(ascii: "\n") { line.removeLast() }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        if line.starts(with: "HTTP/".utf8) {
            begin(statusLine: line)
        } else if line.isEmpty {
            isComplete = status >= 200
        } else if line.first == 0x20 || line.first == 0x09 {
            fold(line)
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            let name = String(decoding: line[..<colon], as: UTF8.self)
            fields.append(HTTPField(name: name, value: HTTPField.cleanValue(line[(colon + 1)...])))
        }
    }

    private mutating func begin(statusLine line: Slice<UnsafeRawBufferPointer>) {
        fields.removeAll(keepingCapacity: true)
        let parts = line.dropFirst(5).split(separator: 0x20, maxSplits: 2)
        httpVersion = parts.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        (status, reason) = (0, "")
        if parts.count > 2 { reason = HTTPField.text(HTTPField.cleanValue(parts[2])) }
        guard parts.count > 1 else { return }
        for digit in parts[1].prefix(3) where digit.isASCIIDigit { status = status * 10 + Int(digit - 0x30) }
    }

    /// A line that continues the one before (RFC 9112, 5.2).
    private mutating func fold(_ line: Slice<UnsafeRawBufferPointer>) {
        guard let last = fields.indices.last else { return }
        let more = HTTPField.cleanValue(line)
        if more.isEmpty { return }
        // In place: a publisher chooses how many such lines there are.
        if !fields[last].value.isEmpty { fields[last].value.append(0x20) }
        fields[last].value.append(contentsOf: more)
    }

    var isSuccess: Bool { (200...299).contains(status) }

    /// The length of the body as it is sent, if it is told. Told twice and the same is told once
    /// (RFC 9112, 6.3; libcurl refuses lengths that are none or differ).
    var contentLength: Int? {
        guard let value = fields.value(of: "Content-Length") else { return nil }
        let digits = value.prefix { $0.isASCIIDigit }
        guard !digits.isEmpty else { return nil }
        // More digits than an Int has: too large in any case.
        return Int(String(decoding: digits, as: UTF8.self)) ?? .max
    }

    var codings: [ContentCoding] { ContentCoding.list(fields.values(of: "Content-Encoding")) }
}
