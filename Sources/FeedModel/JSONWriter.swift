/// Writes JSON into a byte buffer, members in the order of the calls.
///
/// Made for output that is read by programs at the rate at which feeds are parsed: no intermediate
/// tree, no `Codable`. What is absent is not written: the optional forms write nothing for `nil`, and
/// for text also nothing for "".
public struct JSONWriter {
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false
    private let form: JSONText.Form

    /// - Parameter isKept: for what the archive keeps and compares with what it kept, not for output: characters beyond
    ///   ASCII stand as they are, those too that act on who shows them.
    public init(reservingCapacity capacity: Int = 0, isKept: Bool = false) {
        form = isKept ? .kept : .shown
        bytes.reserveCapacity(capacity)
    }

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

    /// An object of which the archive keeps the text, which ends with the object `last`: members are put before its own,
    /// and at the end of `last`. Nothing of the text is checked.
    public mutating func extend(
        _ kept: String, last: StaticString, before: (inout JSONWriter) throws -> Void,
        atEnd: (inout JSONWriter) throws -> Void
    ) rethrows {
        var kept = kept
        try object { json in
            try before(&json)
            kept.withUTF8 { text in
                guard text.count > 3 else { return json.open(last) }
                json.separate()
                JSONText.append(keptJSON: UnsafeBufferPointer(rebasing: text[1..<text.count - 2]), to: &json.bytes)
                json.needsComma = json.bytes.last != UInt8(ascii: "{")
            }
            try atEnd(&json)
            json.bytes.append(UInt8(ascii: "}"))
        }
    }

    private mutating func open(_ key: StaticString) {
        self.key(key)
        bytes.append(UInt8(ascii: "{"))
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
        text.withUTF8 { JSONText.append($0, form, to: &bytes) }
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
}
