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
        var document: JSONDocument
        var failure: Failure?
        /// Passed over.
        var mistakes: [(message: String, line: Int)] = []
        var isTooDeep = false
    }

    private static let maximumDepth = 100

    private let bytes: UnsafeBufferPointer<UInt8>
    private let meter: ReadingMeter
    private var at = 0
    private var nodes: [JSONDocument.Node] = []
    private var failure: Failure?
    private var mistakes: [(message: String, line: Int)] = []
    private var isTooDeep = false

    /// Beyond one of the meter's limits the document is not whole.
    static func parse(_ document: [UInt8], _ meter: ReadingMeter) -> Outcome {
        document.withUnsafeBufferPointer { bytes in
            var parser = JSONParser(bytes: bytes, meter: meter)
            _ = parser.value(depth: 0)
            if parser.failure == nil {
                parser.skipSpace()
                if parser.at < bytes.count { parser.mistake("something follows the JSON value") }
            }
            return Outcome(
                document: JSONDocument(nodes: parser.nodes, bytes: document), failure: parser.failure,
                mistakes: parser.mistakes, isTooDeep: parser.isTooDeep)
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>, meter: ReadingMeter) {
        self.bytes = bytes
        self.meter = meter
        nodes.reserveCapacity(bytes.count / 64)
    }

    private var line: Int { bytes.line(ofPosition: at) }

    private mutating func fail(_ message: @autoclosure () -> String) {
        guard failure == nil else { return }
        let isEarlyEnd = at >= bytes.count
        failure = Failure(
            message: isEarlyEnd ? "the JSON ends too early" : message(), line: line, isEarlyEnd: isEarlyEnd)
    }

    private mutating func mistake(_ message: String) {
        if mistakes.count < 4 { mistakes.append((message, line)) }
    }

    private mutating func append(_ kind: JSONDocument.Kind, _ range: Range<Int>, isPlain: Bool = true) {
        nodes.append(
            JSONDocument.Node(
                kind: kind, isPlain: isPlain, start: Int32(range.lowerBound), count: Int32(range.count),
                next: Int32(nodes.count + 1)))
        if nodes.count & 0xFFF == 0 { meter.claim(0x1000 * MemoryLayout<JSONDocument.Node>.stride) }
    }

    /// A container holds what follows it.
    private mutating func close(_ container: Int) -> Bool {
        nodes[container].next = Int32(nodes.count)
        return true
    }

    private mutating func skipSpace() {
        while at < bytes.count, bytes[at].isXMLSpace { at += 1 }
    }

    /// Whether there was one. After a failure there is none, unless a container holds what was whole.
    private mutating func value(depth: Int) -> Bool {
        skipSpace()
        guard at < bytes.count else {
            fail("")
            return false
        }
        switch bytes[at] {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard depth < JSONParser.maximumDepth else {
                isTooDeep = true
                return skipNested()
            }
            return bytes[at] == UInt8(ascii: "{") ? object(depth) : array(depth)
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return word("true", .isTrue)
        case UInt8(ascii: "f"): return word("false", .isFalse)
        case UInt8(ascii: "n"): return word("null", .null)
        case UInt8(ascii: "-"), 0x30...0x39: return number()
        default:
            fail("no JSON value begins here")
            return false
        }
    }

    private mutating func word(_ word: StaticString, _ kind: JSONDocument.Kind) -> Bool {
        guard ByteScanner(bytes).matches(word, at: at) else {
            if at + word.utf8CodeUnitCount > bytes.count { at = bytes.count }
            fail("no JSON value begins here")
            return false
        }
        append(kind, at..<at + word.utf8CodeUnitCount)
        at += word.utf8CodeUnitCount
        return true
    }

    /// Longer ones are not looked into: what is in them is no number that anything here knows.
    private static let longestNumber = 400

    private mutating func number() -> Bool {
        let start = at
        var isInteger = true
        while at < bytes.count {
            let byte = bytes[at]
            if !byte.isASCIIDigit {
                guard "+-.eE".utf8.contains(byte) else { break }
                isInteger = isInteger && at == start && byte == UInt8(ascii: "-")
            }
            at += 1
        }
        let text = bytes[start..<at]
        isInteger = isInteger && text.last != UInt8(ascii: "-")
        guard isInteger || text.count > JSONParser.longestNumber || Double(String(decoding: text, as: UTF8.self)) != nil
        else {
            fail("no number: \(String(decoding: text.prefix(20), as: UTF8.self))")
            return false
        }
        append(.number, start..<at)
        return true
    }

    private mutating func array(_ depth: Int) -> Bool {
        let index = nodes.count
        append(.array, at..<at)
        at += 1
        while meter.goesOn() {
            skipSpace()
            guard at < bytes.count else {
                fail("")
                return close(index)
            }
            if bytes[at] == UInt8(ascii: "]") {
                at += 1
                return close(index)
            }
            if bytes[at] == UInt8(ascii: ",") {
                mistake("a comma too many")
                at += 1
                continue
            }
            let before = nodes.count
            guard value(depth: depth + 1), failure == nil else {
                // A cut element is none.
                nodes.removeLast(nodes.count - before)
                return close(index)
            }
            guard separator(closing: UInt8(ascii: "]")) else { return close(index) }
        }
        return close(index)
    }

    private mutating func object(_ depth: Int) -> Bool {
        let index = nodes.count
        append(.object, at..<at)
        at += 1
        while meter.goesOn() {
            skipSpace()
            guard at < bytes.count else {
                fail("")
                return close(index)
            }
            switch bytes[at] {
            case UInt8(ascii: "}"):
                at += 1
                return close(index)
            case UInt8(ascii: ","):
                mistake("a comma too many")
                at += 1
                continue
            case UInt8(ascii: "\""): break
            default:
                fail("a member's name is expected here")
                return close(index)
            }
            guard string() else { return close(index) }
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else {
                let name = lastString.prefix(40)
                fail("`:` is expected after \"\(name)\"")
                nodes.removeLast()
                return close(index)
            }
            at += 1
            if !value(depth: depth + 1) { nodes.removeLast() }
            guard failure == nil, separator(closing: UInt8(ascii: "}")) else { return close(index) }
        }
        return close(index)
    }

    private var lastString: String {
        guard let last = nodes.last else { return "" }
        return JSONString.decoded(
            UnsafeBufferPointer(rebasing: bytes[Int(last.start)..<Int(last.start) + Int(last.count)]))
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
    private mutating func skipNested() -> Bool {
        let start = at
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
            if depth == 0 {
                append(.null, start..<at)
                return true
            }
        }
        at = bytes.count
        fail("")
        return false
    }

    /// A node for the string whose first quotation mark is here.
    private mutating func string() -> Bool {
        at += 1
        let start = at
        var isPlain = true
        var hasControls = false
        while at < bytes.count {
            let byte = bytes[at]
            switch byte {
            case UInt8(ascii: "\""):
                append(.string, start..<at, isPlain: isPlain)
                at += 1
                if hasControls { mistake("a control character inside a string") }
                return true
            case UInt8(ascii: "\\"):
                isPlain = false
                at += 1
                if at < bytes.count, bytes[at] == UInt8(ascii: "u"), JSONString.hexadecimal(bytes, at + 1) == nil {
                    mistake("no character: \\u")
                }
                at += 1
            default:
                if byte < 0x20 {
                    hasControls = true
                    isPlain = false
                }
                at += 1
            }
        }
        fail("")
        return false
    }
}
