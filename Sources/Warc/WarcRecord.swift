import Crypto
public import FeedModel

/// One record of a WARC file (ISO 28500:2017, WARC 1.1): named fields and a block of bytes.
public struct WarcRecord: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case warcinfo, request, response, resource, revisit
    }

    /// In their order; the length of the block is not among them.
    public var fields: [(name: String, value: String)]
    public var block: [UInt8]

    /// A record with what every record has.
    ///
    /// - Parameter id: a UUID, as text.
    public init(_ kind: Kind, id: String, at: Timestamp, block: [UInt8]) {
        fields = [
            ("WARC-Type", kind.rawValue), ("WARC-Record-ID", WarcRecord.urn(id)), ("WARC-Date", at.rfc3339),
        ]
        self.block = block
    }

    init(fields: [(name: String, value: String)], block: [UInt8]) {
        self.fields = fields
        self.block = block
    }

    public static func == (a: WarcRecord, b: WarcRecord) -> Bool {
        a.block == b.block && a.fields.elementsEqual(b.fields) { $0.name == $1.name && $0.value == $1.value }
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(block) }

    /// Names of fields have no case.
    public subscript(name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// Adds a field; a line end in its value becomes a space.
    public mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        let isClean = !value.utf8.contains { $0 == 0x0D || $0 == 0x0A }
        fields.append((name, isClean ? value : String(value.map { $0.isNewline ? " " : $0 })))
    }

    /// As `WARC-Record-ID` and fields that name a record have it.
    public static func urn(_ id: String) -> String { "<urn:uuid:\(id)>" }

    /// What stands before the payload of a block that is an HTTP message, its empty line included.
    public static func httpHeadLength(_ block: [UInt8]) -> Int? {
        let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        guard block.count >= end.count else { return nil }
        return block.withUnsafeBufferPointer { bytes in
            for index in 0...(bytes.count - end.count) where bytes[index] == end[0] {
                if bytes[index + 1] == end[1], bytes[index + 2] == end[2], bytes[index + 3] == end[3] {
                    return index + end.count
                }
            }
            return nil
        }
    }

    // MARK: bytes

    /// As it stands in a file.
    public var compressed: [UInt8] { GzipMember.compress([head, block, Array("\r\n\r\n".utf8)]) }

    var bytes: [UInt8] { head + block + Array("\r\n\r\n".utf8) }

    private var head: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(1024)
        out += "WARC/1.1\r\n".utf8
        for field in fields {
            out += field.name.utf8
            out += ": ".utf8
            out += field.value.utf8
            out += "\r\n".utf8
        }
        out += "Content-Length: \(block.count)\r\n\r\n".utf8
        return out
    }

    /// Reads the bytes of one whole record.
    public init(_ bytes: [UInt8]) throws(WarcFailure) {
        guard bytes.starts(with: "WARC/1.".utf8), let head = WarcRecord.httpHeadLength(bytes) else {
            throw .malformed("it does not begin as a WARC record")
        }
        var fields: [(name: String, value: String)] = []
        var length: Int?
        for line in String(decoding: bytes[..<(head - 4)], as: UTF8.self).split(separator: "\r\n").dropFirst() {
            guard let colon = line.firstIndex(of: ":") else {
                throw .malformed("a line of its header has no colon")
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            if line[..<colon].lowercased() == "content-length" {
                length = Int(value)
            } else {
                fields.append((String(line[..<colon]), String(value)))
            }
        }
        guard let length, length >= 0, bytes.count - head == length + 4 else {
            throw .malformed("it is not as long as its Content-Length says")
        }
        guard bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) else {
            throw .malformed("two line ends are missing behind its block")
        }
        self.init(fields: fields, block: Array(bytes[head..<(head + length)]))
    }
}

/// `sha256:` and the digest in hexadecimal digits, as block and payload digests are written here.
public enum WarcDigest {
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { sha256($0) } }

    static func sha256(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(bufferPointer: bytes)
        return Array(hasher.finalize())
    }

    public static func text(_ digest: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return "sha256:"
            + String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Whether the bytes have the digest that a field says; `nil` where it is of another algorithm.
    public static func matches(_ field: String, _ bytes: some Collection<UInt8>) -> Bool? {
        guard field.hasPrefix("sha256:") else { return nil }
        return text(sha256(Array(bytes))) == field.lowercased()
    }
}

/// Why a WARC file cannot be read at a place.
public enum WarcFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file ends within a record.
    case torn
    /// No gzip data, or data that is not what its checksum says.
    case damaged
    /// Sound gzip data that holds no record.
    case malformed(String)
    /// The file is not there, or the system cannot read it.
    case unreadable(reason: String)

    public var description: String {
        switch self {
        case .torn: "the file breaks off within a record"
        case .damaged: "what stands there is no sound gzip data"
        case .malformed(let reason): "what stands there is no record: \(reason)"
        case .unreadable(let reason): "it cannot be read: \(reason)"
        }
    }
}
