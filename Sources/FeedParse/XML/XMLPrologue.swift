/// What stands before the root element, and what must not reach libxml2.
///
/// It finds where markup begins and which element is the root, and takes the document type apart: its
/// simple entities are kept, nothing else of it is used.
struct XMLPrologue {
    /// Where the XML begins: after a BOM, blanks and junk.
    var start = 0
    /// Something that XML does not allow stands before it.
    var hasLeadingJunk = false
    var doctype: Range<Int>?
    /// The name in `<!DOCTYPE name`, lower case.
    var doctypeName = ""
    /// A DTD elsewhere may declare any entity; it is not loaded.
    var hasExternalSubset = false
    /// Internal entities whose value holds no reference to another: name and value.
    var entities: [String: [UInt8]] = [:]
    /// As written, with prefix; "" if there is no element.
    var rootName = ""
    var rootStart: Int?

    /// More attributes than any feed has on one element.
    static let maximumAttributes = 256
    private static let maximumEntities = 1024
    private static let maximumEntityLength = 1024

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        var scanner = ByteScanner(bytes)
        if scanner.starts(with: [0xEF, 0xBB, 0xBF]) { scanner.at = 3 }
        let first = scanner.at
        guard let open = scanner.find(UInt8(ascii: "<"), from: first) else {
            start = bytes.count
            return
        }
        start = open
        if open > first {
            let isBlank = bytes[first..<open].allSatisfy { $0.isXMLSpace }
            let beforeDeclaration = scanner.matches("<?xml", at: open)
            hasLeadingJunk = !isBlank || beforeDeclaration
        }
        var at = open
        while rootStart == nil, let next = scanner.find(UInt8(ascii: "<"), from: at) {
            at = scanMarkup(&scanner, next)
        }
    }

    private mutating func scanMarkup(_ scanner: inout ByteScanner, _ open: Int) -> Int {
        let bytes = scanner.bytes
        guard open + 1 < bytes.count else { return bytes.count }
        switch bytes[open + 1] {
        case UInt8(ascii: "!"):
            if scanner.matches("<!--", at: open) {
                return scanner.findEnd("-->", from: open + 4) ?? bytes.count
            }
            if scanner.matches("<![CDATA[", at: open) {
                return scanner.findEnd("]]>", from: open + 9) ?? bytes.count
            }
            if doctype == nil, rootStart == nil, scanner.matchesIgnoringCase("<!doctype", at: open) {
                let end = readDoctype(&scanner, open)
                doctype = open..<end
                return end
            }
            return open + 2
        case UInt8(ascii: "?"):
            return scanner.findEnd("?>", from: open + 2) ?? open + 2
        case UInt8(ascii: "/"):
            return open + 2
        default:
            return scanTag(scanner, open)
        }
    }

    private mutating func scanTag(_ scanner: ByteScanner, _ open: Int) -> Int {
        let bytes = scanner.bytes
        let start = open + 1
        guard start < bytes.count, XMLMender.isNameStart(bytes[start]) else { return open + 1 }
        rootStart = open
        var end = start
        while end < bytes.count, XMLMender.isNameByte(bytes[end]) { end += 1 }
        rootName = String(decoding: bytes[start..<end], as: UTF8.self)
        return end
    }

    /// XML 1.0, 2.8. Returns where the declaration ends.
    private mutating func readDoctype(_ scanner: inout ByteScanner, _ open: Int) -> Int {
        let bytes = scanner.bytes
        var at = open + 9
        while at < bytes.count, bytes[at].isXMLSpace { at += 1 }
        let nameStart = at
        while at < bytes.count, XMLMender.isNameByte(bytes[at]) { at += 1 }
        doctypeName = String(decoding: bytes[nameStart..<at], as: UTF8.self).lowercased()
        var inSubset = false
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: ">") where !inSubset: return at + 1
            case UInt8(ascii: "["): inSubset = true
            case UInt8(ascii: "]"): inSubset = false
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                if !inSubset { hasExternalSubset = true }
                guard let close = scanner.find(bytes[at], from: at + 1) else { return bytes.count }
                at = close
            case UInt8(ascii: "<") where inSubset:
                if scanner.matches("<!--", at: at) {
                    guard let end = scanner.findEnd("-->", from: at + 4) else { return bytes.count }
                    at = end - 1
                } else if scanner.matches("<!ENTITY", at: at) {
                    guard let end = readEntity(scanner, at + 8) else { return bytes.count }
                    at = end - 1
                }
            case UInt8(ascii: "%") where inSubset:
                // Parameter entities may declare what is not read here.
                hasExternalSubset = true
            case UInt8(ascii: "<"):
                // No `>` before the next element: the declaration was never ended.
                return at
            default: break
            }
            at += 1
        }
        return bytes.count
    }

    /// `S Name S "value"`; other forms (parameter, external) are passed over. Returns the end.
    private mutating func readEntity(_ scanner: ByteScanner, _ start: Int) -> Int? {
        let bytes = scanner.bytes
        var at = start
        while at < bytes.count, bytes[at].isXMLSpace { at += 1 }
        let nameStart = at
        while at < bytes.count, XMLMender.isNameByte(bytes[at]) { at += 1 }
        let name = nameStart..<at
        while at < bytes.count, bytes[at].isXMLSpace { at += 1 }
        guard at < bytes.count else { return nil }
        guard !name.isEmpty, bytes[at] == UInt8(ascii: "\"") || bytes[at] == UInt8(ascii: "'") else { return at }
        guard let close = scanner.find(bytes[at], from: at + 1) else { return nil }
        let value = bytes[(at + 1)..<close]
        if value.count <= XMLPrologue.maximumEntityLength, entities.count < XMLPrologue.maximumEntities,
            let text = XMLPrologue.literal(value)
        {
            let key = String(decoding: bytes[name], as: UTF8.self)
            // The first declaration binds (XML 1.0, 4.2).
            if entities[key] == nil { entities[key] = text }
        }
        return close + 1
    }

    /// The value with its character references resolved; nothing if it refers to another entity or holds
    /// markup, so that no expansion can grow by nesting.
    private static func literal(_ value: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8]? {
        var out: [UInt8] = []
        var at = value.startIndex
        while at < value.endIndex {
            let byte = value[at]
            if byte == UInt8(ascii: "<") || byte == UInt8(ascii: "%") { return nil }
            if byte != UInt8(ascii: "&") {
                out.append(byte)
                at += 1
                continue
            }
            guard let (scalar, end) = CharacterReference.numeric(Array(value[at...].prefix(16)), strict: true) else {
                // A predefined one is as good as its character.
                guard let semicolon = value[at...].firstIndex(of: UInt8(ascii: ";")) else { return nil }
                switch String(decoding: value[(at + 1)..<semicolon], as: UTF8.self) {
                case "amp": out.append(UInt8(ascii: "&"))
                case "lt": out.append(UInt8(ascii: "<"))
                case "gt": out.append(UInt8(ascii: ">"))
                case "quot": out.append(UInt8(ascii: "\""))
                case "apos": out.append(UInt8(ascii: "'"))
                default: return nil
                }
                at = semicolon + 1
                continue
            }
            out.append(contentsOf: Character(scalar).utf8)
            at += end
        }
        return out
    }
}
