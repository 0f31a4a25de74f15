/// Writes JSON into a byte buffer, members in the order of the calls.
///
/// Made for output that is read by programs at the rate at which feeds are parsed: no intermediate
/// tree, no `Codable`. What is absent is not written: the optional forms write nothing for `nil`, and
/// for text also nothing for "".
public struct JSONWriter {
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    public init(reservingCapacity capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    public var string: String { String(decoding: bytes, as: UTF8.self) }

    /// Empty again, with the room that it has.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    // MARK: structure

    public mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try enclosed("{", "}", body)
    }

    public mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try enclosed("[", "]", body)
    }

    public mutating func object(_ key: StaticString, _ body: (inout JSONWriter) throws -> Void) rethrows {
        self.key(key)
        try object(body)
    }

    public mutating func array(_ key: StaticString, _ body: (inout JSONWriter) throws -> Void) rethrows {
        self.key(key)
        try array(body)
    }

    private mutating func enclosed(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) throws -> Void
    ) rethrows {
        separate()
        bytes.append(UInt8(ascii: open))
        needsComma = false
        try body(&self)
        bytes.append(UInt8(ascii: close))
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    public mutating func key(_ key: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func key(_ key: String) {
        string(key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Members or a value that are JSON already. Nothing is checked; "" writes nothing.
    public mutating func raw(_ json: some Collection<UInt8>) {
        guard !json.isEmpty else { return }
        separate()
        bytes.append(contentsOf: json)
    }

    public mutating func newline() {
        bytes.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    // MARK: values

    public mutating func string(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { JSONWriter.appendEscaped($0, to: &bytes) }
        bytes.append(UInt8(ascii: "\""))
    }

    public mutating func number(_ value: Int) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
    }

    public mutating func number(_ value: Double) {
        if let integer = Int(exactly: value), abs(integer) < 1 << 53 { return number(integer) }
        separate()
        // JSON has no infinities.
        bytes.append(contentsOf: value.isFinite ? Array(value.description.utf8) : Array("0".utf8))
    }

    public mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: value ? Array("true".utf8) : Array("false".utf8))
    }

    // MARK: members

    public mutating func member(_ key: StaticString, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        self.key(key)
        string(value)
    }

    public mutating func member(_ key: StaticString, _ value: Int?) {
        guard let value else { return }
        self.key(key)
        number(value)
    }

    public mutating func member(_ key: StaticString, _ value: Double?) {
        guard let value else { return }
        self.key(key)
        number(value)
    }

    public mutating func member(_ key: StaticString, _ value: Bool?) {
        guard let value else { return }
        self.key(key)
        bool(value)
    }

    public mutating func member(_ key: StaticString, _ value: Timestamp?) {
        guard let value else { return }
        self.key(key)
        separate()
        bytes.append(UInt8(ascii: "\""))
        value.appendRFC3339(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    public mutating func member(_ key: StaticString, _ values: [String]) {
        guard !values.isEmpty else { return }
        array(key) { for value in values { $0.string(value) } }
    }

    /// Where the next byte is that is to be escaped: below 0x20, `"`, `\` or 0x7F.
    private static func plainEnd(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        guard let base = text.baseAddress.map({ UnsafeRawPointer($0) }) else { return start }
        var index = start
        while index + 8 <= text.count {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let isControl = (word &- 0x2020_2020_2020_2020) & ~word
            let special =
                (isControl | zeroBytes(word ^ 0x2222_2222_2222_2222)
                    | zeroBytes(word ^ 0x5C5C_5C5C_5C5C_5C5C) | zeroBytes(word ^ 0x7F7F_7F7F_7F7F_7F7F))
                & 0x8080_8080_8080_8080
            // The lowest one is one in truth; bytes above it may only seem to be.
            if special != 0 { return index + special.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < text.count, isPlain(text[index]) { index += 1 }
        return index
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") && byte != 0x7F
    }

    /// The highest bit of a byte is set if it is the word's first zero byte; none is, if none is zero.
    private static func zeroBytes(_ word: UInt64) -> UInt64 { (word &- 0x0101_0101_0101_0101) & ~word }

    /// RFC 8259, 7. Runs without anything to escape are copied as they are.
    private static func appendEscaped(_ text: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) {
        var start = 0
        while start < text.count {
            let end = plainEnd(text, start)
            if end > start { out.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<end])) }
            guard end < text.count else { return }
            let byte = text[end]
            out.append(UInt8(ascii: "\\"))
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): out.append(byte)
            case 0x0A: out.append(UInt8(ascii: "n"))
            case 0x0D: out.append(UInt8(ascii: "r"))
            case 0x09: out.append(UInt8(ascii: "t"))
            default:
                out.append(contentsOf: "u00".utf8)
                out.append(WebURL.hexDigits[Int(byte >> 4)])
                out.append(WebURL.hexDigits[Int(byte & 15)])
            }
            start = end + 1
        }
    }
}
