import FeedModel

/// RFC 8259 over bytes, lenient where publishers are careless: trailing commas and raw control characters
/// are noted and passed over. After an error that cannot be passed over, what was whole before it stays.
struct JSONParser {
    struct Failure {
        var message: String
        var line: Int
        /// The document ended too early.
        var isEarlyEnd: Bool
    }

    struct Outcome {
        var value: JSONValue
        var failure: Failure?
        /// Passed over.
        var mistakes: [(message: String, line: Int)] = []
        var isTooDeep = false
    }

    private static let maximumDepth = 100

    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    private var outcome = Outcome(value: .null)

    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Outcome {
        var parser = JSONParser(bytes: bytes)
        let value = parser.value(depth: 0)
        if parser.outcome.failure == nil {
            parser.skipSpace()
            if parser.at < bytes.count { parser.mistake("something follows the JSON value") }
        }
        parser.outcome.value = value ?? .null
        return parser.outcome
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private var line: Int { 1 + bytes[..<min(at, bytes.count)].lazy.filter { $0 == 0x0A }.count }

    private mutating func fail(_ message: String) {
        guard outcome.failure == nil else { return }
        let isEarlyEnd = at >= bytes.count
        outcome.failure = Failure(
            message: isEarlyEnd ? "the JSON ends too early" : message, line: line, isEarlyEnd: isEarlyEnd)
    }

    private mutating func mistake(_ message: String) {
        if outcome.mistakes.count < 4 { outcome.mistakes.append((message, line)) }
    }

    private mutating func skipSpace() {
        while at < bytes.count, bytes[at].isXMLSpace { at += 1 }
    }

    /// Nothing after a failure, unless a container holds what was whole.
    private mutating func value(depth: Int) -> JSONValue? {
        skipSpace()
        guard at < bytes.count else {
            fail("")
            return nil
        }
        switch bytes[at] {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard depth < JSONParser.maximumDepth else {
                outcome.isTooDeep = true
                return skipNested()
            }
            return bytes[at] == UInt8(ascii: "{") ? object(depth) : array(depth)
        case UInt8(ascii: "\""): return string().map { .string($0) }
        case UInt8(ascii: "t"): return word("true", .bool(true))
        case UInt8(ascii: "f"): return word("false", .bool(false))
        case UInt8(ascii: "n"): return word("null", .null)
        case UInt8(ascii: "-"), 0x30...0x39: return number()
        default:
            fail("no JSON value begins here")
            return nil
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) -> JSONValue? {
        guard ByteScanner(bytes).matches(word, at: at) else {
            if at + word.utf8CodeUnitCount > bytes.count { at = bytes.count }
            fail("no JSON value begins here")
            return nil
        }
        at += word.utf8CodeUnitCount
        return value
    }

    private mutating func number() -> JSONValue? {
        let start = at
        while at < bytes.count, bytes[at].isASCIIDigit || "+-.eE".utf8.contains(bytes[at]) { at += 1 }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        guard Double(text) != nil else {
            fail("no number: \(text.prefix(20))")
            return nil
        }
        return .number(text)
    }

    private mutating func array(_ depth: Int) -> JSONValue? {
        at += 1
        var values: [JSONValue] = []
        while true {
            skipSpace()
            guard at < bytes.count else {
                fail("")
                return .array(values)
            }
            if bytes[at] == UInt8(ascii: "]") {
                at += 1
                return .array(values)
            }
            if bytes[at] == UInt8(ascii: ",") {
                mistake("a comma too many")
                at += 1
                continue
            }
            let one = value(depth: depth + 1)
            // A cut element is none.
            guard outcome.failure == nil, let one else { return .array(values) }
            values.append(one)
            guard separator(closing: UInt8(ascii: "]")) else { return .array(values) }
        }
    }

    private mutating func object(_ depth: Int) -> JSONValue? {
        at += 1
        var members: [(key: String, value: JSONValue)] = []
        while true {
            skipSpace()
            guard at < bytes.count else {
                fail("")
                return .object(members)
            }
            switch bytes[at] {
            case UInt8(ascii: "}"):
                at += 1
                return .object(members)
            case UInt8(ascii: ","):
                mistake("a comma too many")
                at += 1
                continue
            case UInt8(ascii: "\""): break
            default:
                fail("a member's name is expected here")
                return .object(members)
            }
            guard let key = string() else { return .object(members) }
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else {
                fail("`:` is expected after \"\(key.prefix(40))\"")
                return .object(members)
            }
            at += 1
            let one = value(depth: depth + 1)
            if let one { members.append((key, one)) }
            guard outcome.failure == nil else { return .object(members) }
            guard separator(closing: UInt8(ascii: "}")) else { return .object(members) }
        }
    }

    /// After a value: `,` is taken, the closing bracket left to its reader.
    private mutating func separator(closing: UInt8) -> Bool {
        skipSpace()
        guard at < bytes.count else {
            fail("")
            return false
        }
        if bytes[at] == closing { return true }
        if bytes[at] == UInt8(ascii: ",") {
            at += 1
            skipSpace()
            if at < bytes.count, bytes[at] == closing { mistake("a comma too many") }
            return true
        }
        if bytes[at] == UInt8(ascii: "\"") || bytes[at] == UInt8(ascii: "{") {
            mistake("a comma is missing")
            return true
        }
        fail("`,` is expected here")
        return false
    }

    /// Everything up to the bracket that closes the one here, in a loop: no depth is too much for it.
    private mutating func skipNested() -> JSONValue? {
        var depth = 0
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                at += 1
                while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
                    at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1
                }
            default: break
            }
            at += 1
            if depth == 0 { return .null }
        }
        at = bytes.count
        fail("")
        return nil
    }

    private mutating func string() -> String? {
        at += 1
        let start = at
        while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\"), bytes[at] >= 0x20 {
            at += 1
        }
        if at < bytes.count, bytes[at] == UInt8(ascii: "\"") {
            at += 1
            return String(decoding: bytes[start..<at - 1], as: UTF8.self)
        }
        var out = Array(bytes[start..<at])
        var hasControls = false
        while at < bytes.count {
            let byte = bytes[at]
            switch byte {
            case UInt8(ascii: "\""):
                at += 1
                if hasControls { mistake("a control character inside a string") }
                return String(decoding: out, as: UTF8.self)
            case UInt8(ascii: "\\"):
                at += 1
                guard at < bytes.count else { break }
                escape(&out)
            default:
                if byte < 0x20 { hasControls = true }
                append(byte, to: &out)
                at += 1
            }
        }
        fail("")
        return nil
    }

    private mutating func escape(_ out: inout [UInt8]) {
        let byte = bytes[at]
        at += 1
        switch byte {
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "b"), UInt8(ascii: "f"): out.append(0x20)
        case UInt8(ascii: "u"):
            guard let first = hex() else {
                mistake("no character: \\u")
                return
            }
            var scalar = Unicode.Scalar(UInt32(first))
            if UTF16.isLeadSurrogate(first), at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"),
                bytes[at + 1] == UInt8(ascii: "u")
            {
                at += 2
                if let second = hex(), UTF16.isTrailSurrogate(second) {
                    scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
                }
            }
            if scalar == "\0" { scalar = nil }
            out.append(contentsOf: Character(scalar ?? "\u{FFFD}").utf8)
        default: append(byte, to: &out)
        }
    }

    /// NUL is no character of any text: databases and C libraries would take it for the text's end.
    private func append(_ byte: UInt8, to out: inout [UInt8]) {
        if byte == 0 { out.append(contentsOf: "\u{FFFD}".utf8) } else { out.append(byte) }
    }

    private mutating func hex() -> UInt16? {
        guard at + 4 <= bytes.count else { return nil }
        let digits = String(decoding: bytes[at..<at + 4], as: UTF8.self)
        guard digits.utf8.allSatisfy(\.isASCIIHexDigit), let value = UInt16(digits, radix: 16) else { return nil }
        at += 4
        return value
    }
}
