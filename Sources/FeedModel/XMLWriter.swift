/// Writes XML 1.0 into a byte buffer, elements in the order of the calls.
///
/// What comes out is well-formed whatever the texts hold: control characters, which XML allows nowhere or advises
/// against, are left out; white space that parsers would change is written as character references, and so is what
/// turns the direction of a text around.
public struct XMLWriter {
    public private(set) var bytes: [UInt8] = []
    /// The elements that are open, the outermost first.
    private var open: [StaticString] = []
    private let isIndented: Bool

    /// - Parameter isIndented: each element that `begin`, `end` and `element` write has a line of its own.
    public init(isIndented: Bool = false) { self.isIndented = isIndented }

    public var string: String { String(decoding: bytes, as: UTF8.self) }

    /// Hands over what was written so far. Open elements stay open.
    public mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    public mutating func declaration() { bytes.append(contentsOf: "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".utf8) }

    // MARK: elements

    public typealias Attribute = (name: StaticString, value: String?)

    /// Attributes without a value are left out.
    public mutating func begin(_ name: StaticString, _ attributes: [Attribute] = []) {
        startTag(name, attributes, isEmpty: false)
        open.append(name)
        lineEnd()
    }

    /// Ends the innermost open element.
    public mutating func end() {
        guard let name = open.popLast() else { return }
        indent()
        endTag(name)
        lineEnd()
    }

    public mutating func element(
        _ name: StaticString, _ attributes: [Attribute] = [], _ body: (inout XMLWriter) throws -> Void
    ) rethrows {
        begin(name, attributes)
        try body(&self)
        end()
    }

    /// An element with text alone; with "" an empty one.
    public mutating func element(_ name: StaticString, _ attributes: [Attribute] = [], text: String = "") {
        startTag(name, attributes, isEmpty: text.isEmpty)
        if !text.isEmpty {
            XMLWriter.escape(text, inAttribute: false, to: &bytes)
            endTag(name)
        }
        lineEnd()
    }

    /// Writes nothing for what is not there.
    public mutating func element(_ name: StaticString, _ attributes: [Attribute] = [], ifAny text: String?) {
        if let text, !text.isEmpty { element(name, attributes, text: text) }
    }

    private mutating func startTag(_ name: StaticString, _ attributes: [Attribute], isEmpty: Bool) {
        indent()
        bytes.append(UInt8(ascii: "<"))
        append(name)
        for (name, value) in attributes {
            guard let value else { continue }
            bytes.append(UInt8(ascii: " "))
            append(name)
            bytes.append(contentsOf: "=\"".utf8)
            XMLWriter.escape(value, inAttribute: true, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(contentsOf: (isEmpty ? "/>" : ">").utf8)
    }

    private mutating func endTag(_ name: StaticString) {
        bytes.append(contentsOf: "</".utf8)
        append(name)
        bytes.append(UInt8(ascii: ">"))
    }

    private mutating func append(_ name: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    private mutating func indent() {
        if isIndented { for _ in open { bytes.append(contentsOf: "  ".utf8) } }
    }

    private mutating func lineEnd() {
        if isIndented { bytes.append(UInt8(ascii: "\n")) }
    }

    // MARK: characters

    /// XML 1.0, 2.2 (characters), 2.11 (line ends) and 3.3.3 (attribute values).
    private static func escape(_ text: String, inAttribute: Bool, to out: inout [UInt8]) {
        var text = text
        text.withUTF8 { bytes in
            var at = 0
            while at < bytes.count {
                let byte = bytes[at]
                switch byte {
                case UInt8(ascii: "&"): out.append(contentsOf: "&amp;".utf8)
                case UInt8(ascii: "<"): out.append(contentsOf: "&lt;".utf8)
                case UInt8(ascii: ">"): out.append(contentsOf: "&gt;".utf8)
                case UInt8(ascii: "\"") where inAttribute: out.append(contentsOf: "&quot;".utf8)
                case 0x09 where inAttribute: out.append(contentsOf: "&#9;".utf8)
                case 0x0A where inAttribute: out.append(contentsOf: "&#10;".utf8)
                case 0x0D: out.append(contentsOf: "&#13;".utf8)
                case 0..<0x20 where byte != 0x09 && byte != 0x0A: break
                case 0x7F: break
                case 0xC2, 0xD8, 0xE2:
                    guard let (value, length) = ControlCharacter.wide(in: bytes, at: at) else {
                        out.append(byte)
                        break
                    }
                    if !ControlCharacter.isControl(value) {
                        out.append(contentsOf: "&#x\(String(value, radix: 16, uppercase: true));".utf8)
                    }
                    at += length - 1
                // U+FFFE and U+FFFF.
                case 0xEF where at + 2 < bytes.count && bytes[at + 1] == 0xBF && bytes[at + 2] >= 0xBE: at += 2
                default: out.append(byte)
                }
                at += 1
            }
        }
    }
}
