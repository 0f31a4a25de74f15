import FeedModel

/// Makes well-formed XML of what is none.
///
/// A lenient tokeniser over UTF-8 that writes what it understood: bare `&` and `<` become text, HTML's
/// and the document type's entities their characters, unquoted and repeated attributes proper ones,
/// characters that XML forbids nothing; elements are closed where an end tag of an outer one or the
/// document's end says so. Comments, instructions and the document type are left out. In one pass.
struct XMLMender {
    struct Result {
        var bytes: [UInt8]
        /// The document ends inside an element, a tag, a comment or a section.
        var isTruncated = false
        var unknownEntities: [(name: String, line: Int)] = []
        var htmlEntities: [(name: String, line: Int)] = []
        /// What else was not well-formed.
        var repairs: [(name: String, line: Int)] = []
    }

    private let input: UnsafeBufferPointer<UInt8>
    private var scanner: ByteScanner
    private let prologue: XMLPrologue
    private let meter: ReadingMeter
    /// How much of `out` is claimed.
    private var claimed = 0
    private var out: [UInt8] = []
    private var result = Result(bytes: [])
    /// Open elements: their names in the output's spelling, and where in the output they begin.
    private var open: [(name: [UInt8], start: Int, namespaces: Int)] = []
    private var namespacesInScope = 0
    private var openCount: [[UInt8]: Int] = [:]
    private var rootHasEnded = false
    private var isInAttribute = false
    /// Where no further quotation mark of the kind follows.
    private var lastQuote: [UInt8: Int] = [:]
    /// Elements that were too deep to be written, by name: their end tags are not, either.
    private var unwritten: [[UInt8]: Int] = [:]
    private var line = 1
    private var lineCountedTo = 0
    /// What declared entities may still add: a document cannot grow to many times its size.
    private var expansionBudget: Int

    /// More than what `XMLTreeParser` keeps, so that it tells.
    private static let maximumDepth = XMLTreeParser.maximumDepth + 8
    /// Fewer than what `XMLTreeParser` stops at.
    private static let maximumNamespacesInScope = XMLTreeParser.maximumNamespacesInScope / 2

    static func mend(
        _ bytes: UnsafeBufferPointer<UInt8>, prologue: XMLPrologue, _ meter: ReadingMeter
    ) -> Result {
        var mender = XMLMender(bytes, prologue, meter)
        mender.run()
        return mender.result
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>, _ prologue: XMLPrologue, _ meter: ReadingMeter) {
        self.meter = meter
        input = bytes
        scanner = ByteScanner(bytes)
        self.prologue = prologue
        expansionBudget = 64 * 1024 + bytes.count / 4
        out.reserveCapacity(bytes.count + bytes.count / 16 + 64)
    }

    static func isNameStart(_ byte: UInt8) -> Bool {
        byte.isASCIILetter || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":") || byte >= 0x80
    }

    static func isNameByte(_ byte: UInt8) -> Bool {
        isNameStart(byte) || byte.isASCIIDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    private mutating func run() {
        var at = prologue.start
        while at < input.count, !rootHasEnded, goesOn(4) {
            guard let next = scanner.find(UInt8(ascii: "<"), from: at) else {
                text(at..<input.count)
                at = input.count
                break
            }
            text(at..<next)
            at = markup(next)
        }
        finish()
    }

    private mutating func goesOn(_ steps: Int) -> Bool {
        if out.count > claimed {
            meter.claim(out.count - claimed)
            claimed = out.count
        }
        if openCount.count + unwritten.count > XMLTreeParser.maximumNames {
            meter.refuse("more than \(XMLTreeParser.maximumNames) different names; no feed has so many")
        }
        return meter.goesOn(steps)
    }

    private mutating func finish() {
        if !open.isEmpty {
            result.isTruncated = true
            // What is cut is no entry: the outermost open one goes.
            if let cut = open.firstIndex(where: { XMLMender.isEntry($0.name) }) {
                out.removeSubrange(open[cut].start...)
                open.removeSubrange(cut...)
            }
            while !open.isEmpty { closeLast() }
        }
        result.bytes = out
    }

    private static func isEntry(_ name: [UInt8]) -> Bool {
        isLocal(name, "item") || isLocal(name, "entry")
    }

    /// The name, its prefix left out, in any case.
    private static func isLocal(_ name: [UInt8], _ word: StaticString) -> Bool {
        let start = name.count - word.utf8CodeUnitCount
        guard start == 0 || start > 0 && name[start - 1] == UInt8(ascii: ":") else { return false }
        for offset in 0..<word.utf8CodeUnitCount
        where name[start + offset].asciiLowercased != word.utf8Start[offset] { return false }
        return true
    }

    // MARK: markup

    /// Returns where to go on.
    private mutating func markup(_ start: Int) -> Int {
        if prologue.doctype?.lowerBound == start { return prologue.doctype?.upperBound ?? start + 1 }
        guard start + 1 < input.count else {
            result.isTruncated = true
            return input.count
        }
        switch input[start + 1] {
        case UInt8(ascii: "!"):
            if scanner.matches("<!--", at: start) {
                if let end = scanner.findEnd("-->", from: start + 4) { return end }
                // Never closed: as far as the next `>`, so that what follows is not lost.
                result.isTruncated = true
                return scanner.find(UInt8(ascii: ">"), from: start + 4).map { $0 + 1 } ?? input.count
            }
            if scanner.matches("<![CDATA[", at: start) {
                if let end = scanner.findEnd("]]>", from: start + 9) {
                    characters((start + 9)..<(end - 3))
                    return end
                }
                result.isTruncated = true
                characters((start + 9)..<input.count)
                return input.count
            }
            if open.isEmpty || scanner.matchesIgnoringCase("<!doctype", at: start) {
                return scanner.find(UInt8(ascii: ">"), from: start).map { $0 + 1 } ?? input.count
            }
            stray(start)
            return start + 1
        case UInt8(ascii: "?"):
            if let end = scanner.findEnd("?>", from: start + 2) { return end }
            return scanner.find(UInt8(ascii: ">"), from: start).map { $0 + 1 } ?? input.count
        case UInt8(ascii: "/"):
            return endTag(start)
        case let byte where XMLMender.isNameStart(byte):
            return startTag(start)
        default:
            stray(start)
            return start + 1
        }
    }

    /// A `<` that begins nothing.
    private mutating func stray(_ at: Int) {
        guard !open.isEmpty else { return }
        noteRepair("a `<` that is no markup", at)
        append(UInt8(ascii: "<"))
    }

    private mutating func name(_ at: inout Int) -> [UInt8] {
        let start = at
        while at < input.count, XMLMender.isNameByte(input[at]) { at += 1 }
        // Names beyond ASCII are kept apart, not kept: which of them XML allows is not worth a table.
        return input[start..<at].map { $0 < 0x80 ? $0 : UInt8(ascii: "_") }
    }

    private mutating func endTag(_ start: Int) -> Int {
        var at = start + 2
        let name = self.name(&at)
        while at < input.count, input[at] != UInt8(ascii: ">"), input[at] != UInt8(ascii: "<") { at += 1 }
        let next = at < input.count && input[at] == UInt8(ascii: ">") ? at + 1 : at
        if name.isEmpty {
            if start + 2 < input.count, input[start + 2] != UInt8(ascii: ">") { stray(start) }
            return start + 2 < input.count && input[start + 2] != UInt8(ascii: ">") ? start + 1 : next
        }
        if next == at && at == input.count && openCount[name, default: 0] == 0 {
            // `</ite` at the very end: whether it closed anything is not known.
            result.isTruncated = true
            return next
        }
        if let count = unwritten[name], count > 0 {
            unwritten[name] = count - 1
            return next
        }
        var target = name
        if openCount[target, default: 0] == 0 {
            // The same name in another case, as HTML habits have it.
            guard let same = open.suffix(8).last(where: { XMLMender.equalIgnoringCase($0.name, name) }) else {
                noteRepair("an end tag, </\(XMLMender.text(name))>, of nothing that is open", start)
                return next
            }
            target = same.name
        }
        if open.last?.name != name {
            let inner = open.last?.name ?? []
            noteRepair("</\(XMLMender.text(name))> where <\(XMLMender.text(inner))> is open", start)
        }
        while let last = open.last {
            closeLast()
            if last.name == target { break }
        }
        if open.isEmpty { rootHasEnded = true }
        return next
    }

    private static func equalIgnoringCase(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { $0.asciiLowercased == $1.asciiLowercased }
    }

    private static func text(_ name: [UInt8]) -> String { String(decoding: name.prefix(40), as: UTF8.self) }

    private mutating func closeLast() {
        guard let last = open.popLast() else { return }
        out.append(contentsOf: "</".utf8)
        out.append(contentsOf: last.name)
        out.append(UInt8(ascii: ">"))
        openCount[last.name, default: 1] -= 1
        namespacesInScope -= last.namespaces
    }

    private static let voidElements: Set<[UInt8]> = Set(
        ["br", "hr", "img", "wbr", "input"].flatMap { [Array($0.utf8), Array($0.uppercased().utf8)] })

    private mutating func startTag(_ start: Int) -> Int {
        var at = start + 1
        let name = self.name(&at)
        var attributes: [(name: [UInt8], value: Range<Int>)] = []
        var isSelfClosed = false
        var namespaces = 0
        scanning: while true {
            while at < input.count, input[at].isXMLSpace { at += 1 }
            guard at < input.count else {
                // The tag itself is cut.
                result.isTruncated = true
                return at
            }
            switch input[at] {
            case UInt8(ascii: ">"):
                at += 1
                break scanning
            case UInt8(ascii: "<"):
                noteRepair("the tag <\(XMLMender.text(name))> has no `>`", start)
                break scanning
            case UInt8(ascii: "/"):
                at += 1
                isSelfClosed = at < input.count && input[at] == UInt8(ascii: ">")
            case let byte where XMLMender.isNameStart(byte):
                guard let one = attribute(&at), attributes.count < XMLPrologue.maximumAttributes else { continue }
                if one.name.starts(with: "xmlns".utf8) {
                    guard namespacesInScope + namespaces < XMLMender.maximumNamespacesInScope else { continue }
                    namespaces += 1
                }
                if attributes.contains(where: { $0.name == one.name }) {
                    noteRepair(
                        "the attribute \(XMLMender.text(one.name)) stands twice in <\(XMLMender.text(name))>", start)
                } else {
                    attributes.append(one)
                }
            default:
                at += 1
            }
        }
        if XMLMender.isEntry(name), let enclosing = open.lastIndex(where: { XMLMender.isEntry($0.name) }) {
            // An entry inside an entry: the outer one was never closed.
            noteRepair("<\(XMLMender.text(name))> inside an entry that is not closed", start)
            while open.count > enclosing { closeLast() }
        }
        if open.count >= XMLMender.maximumDepth {
            if !isSelfClosed { unwritten[name, default: 0] += 1 }
            return at
        }
        let begin = out.count
        out.append(UInt8(ascii: "<"))
        out.append(contentsOf: name)
        isInAttribute = true
        defer { isInAttribute = false }
        for (name, value) in attributes {
            out.append(UInt8(ascii: " "))
            out.append(contentsOf: name)
            out.append(contentsOf: "=\"".utf8)
            references(value)
            out.append(UInt8(ascii: "\""))
        }
        if isSelfClosed || XMLMender.voidElements.contains(name) && !open.isEmpty {
            out.append(contentsOf: "/>".utf8)
            if open.isEmpty { rootHasEnded = true }
        } else {
            out.append(UInt8(ascii: ">"))
            open.append((name, begin, namespaces))
            namespacesInScope += namespaces
            openCount[name, default: 0] += 1
        }
        return at
    }

    private mutating func attribute(_ at: inout Int) -> (name: [UInt8], value: Range<Int>)? {
        let name = self.name(&at)
        var next = at
        while next < input.count, input[next].isXMLSpace { next += 1 }
        guard next < input.count, input[next] == UInt8(ascii: "=") else {
            noteRepair("the attribute \(XMLMender.text(name)) has no value", at)
            return (name, at..<at)
        }
        next += 1
        while next < input.count, input[next].isXMLSpace { next += 1 }
        at = next
        guard at < input.count else { return nil }
        let quote = input[at]
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            let begin = at + 1
            guard let close = closingQuote(quote, from: begin) else {
                // Never closed: up to the tag's end.
                at = begin
                while at < input.count, input[at] != UInt8(ascii: ">"), input[at] != UInt8(ascii: "<") { at += 1 }
                return (name, begin..<at)
            }
            at = close + 1
            return (name, begin..<close)
        }
        let begin = at
        noteRepair("the value of the attribute \(XMLMender.text(name)) is not quoted", at)
        while at < input.count, !input[at].isXMLSpace, input[at] != UInt8(ascii: ">"), input[at] != UInt8(ascii: "<") {
            at += 1
        }
        // `<a href=x/>`
        if at < input.count, input[at] == UInt8(ascii: ">"), at > begin, input[at - 1] == UInt8(ascii: "/") {
            at -= 1
        }
        return (name, begin..<at)
    }

    /// A `<` before the quote is no valid value: it is one only if the tag goes on properly after the quote.
    private mutating func closingQuote(_ quote: UInt8, from start: Int) -> Int? {
        guard start < (lastQuote[quote] ?? .max) else { return nil }
        guard let close = scanner.find(quote, from: start) else {
            lastQuote[quote] = start
            return nil
        }
        guard scanner.find(UInt8(ascii: "<"), from: start, before: close) != nil else { return close }
        guard close + 1 < input.count else { return nil }
        let after = input[close + 1]
        return after.isXMLSpace || after == UInt8(ascii: ">") || after == UInt8(ascii: "/") ? close : nil
    }

    // MARK: text

    private mutating func text(_ range: Range<Int>) {
        guard !open.isEmpty, !range.isEmpty else { return }
        references(range)
    }

    /// Without references: CDATA.
    private mutating func characters(_ range: Range<Int>) {
        guard !open.isEmpty else { return }
        plain(range)
    }

    private mutating func append(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "&"): out.append(contentsOf: "&amp;".utf8)
        case UInt8(ascii: "<"): out.append(contentsOf: "&lt;".utf8)
        // `]]>` must not be in text (XML 1.0, 2.4).
        case UInt8(ascii: ">") where out.last == UInt8(ascii: "]"): out.append(contentsOf: "&gt;".utf8)
        case UInt8(ascii: "\"") where isInAttribute: out.append(contentsOf: "&quot;".utf8)
        default: out.append(byte)
        }
    }

    private mutating func plain(_ range: Range<Int>) {
        var at = range.lowerBound
        var pause = at + 0x10000
        while at < range.upperBound {
            if at >= pause {
                pause = at + 0x10000
                guard goesOn(0x1000) else { return }
            }
            let byte = input[at]
            if byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D {
                noteRepair("a control character", at)
                at += 1
                continue
            }
            // U+FFFE and U+FFFF are no characters.
            if byte == 0xEF, at + 2 < input.count, input[at + 1] == 0xBF, input[at + 2] >= 0xBE {
                at += 3
                continue
            }
            append(byte)
            at += 1
        }
    }

    private mutating func references(_ range: Range<Int>) {
        var at = range.lowerBound
        while at < range.upperBound, goesOn(2) {
            guard let ampersand = scanner.find(UInt8(ascii: "&"), from: at, before: range.upperBound) else {
                plain(at..<range.upperBound)
                return
            }
            plain(at..<ampersand)
            at = reference(ampersand, range.upperBound)
        }
    }

    private mutating func reference(_ start: Int, _ limit: Int) -> Int {
        let window = input[start..<min(limit, start + 64)]
        if start + 1 < limit, input[start + 1] == UInt8(ascii: "#") {
            if let (scalar, end) = CharacterReference.numeric(Array(window), strict: false) {
                if CharacterReference.numeric(Array(window), strict: true) == nil {
                    noteRepair("a character reference to no character", start)
                }
                for byte in Character(scalar).utf8 { append(byte) }
                return start + end
            }
            noteRepair("a bare `&`", start)
            append(UInt8(ascii: "&"))
            return start + 1
        }
        var end = start + 1
        while end < limit, end - start < 64,
            input[end].isASCIILetter || input[end].isASCIIDigit || input[end] == UInt8(ascii: "_")
                || input[end] == UInt8(ascii: "-") || input[end] == UInt8(ascii: ".")
        {
            end += 1
        }
        guard end > start + 1, end < limit, input[end] == UInt8(ascii: ";") else {
            noteRepair("a bare `&`", start)
            append(UInt8(ascii: "&"))
            return start + 1
        }
        let name = String(decoding: input[(start + 1)..<end], as: UTF8.self)
        if let declared = prologue.entities[name], expansionBudget >= declared.count {
            expansionBudget -= declared.count
            for byte in declared { append(byte) }
            return end + 1
        }
        switch name {
        case "amp", "lt", "gt", "quot", "apos":
            out.append(contentsOf: input[start...end])
            return end + 1
        default: break
        }
        if let text = CharacterReference.named(name) {
            if !prologue.hasExternalSubset { noteEntity(name, start, isHTML: true) }
            for byte in text.utf8 { append(byte) }
        } else {
            if !prologue.hasExternalSubset { noteEntity(name, start, isHTML: false) }
            out.append(contentsOf: "&amp;".utf8)
            out.append(contentsOf: input[(start + 1)...end])
        }
        return end + 1
    }

    private static let maximumNotes = 8

    private mutating func noteRepair(_ what: @autoclosure () -> String, _ at: Int) {
        guard result.repairs.count < XMLMender.maximumNotes else { return }
        result.repairs.append((what(), lineNumber(at)))
    }

    private mutating func noteEntity(_ name: String, _ at: Int, isHTML: Bool) {
        let line = lineNumber(at)
        if isHTML {
            if result.htmlEntities.count < XMLMender.maximumNotes { result.htmlEntities.append((name, line)) }
        } else if result.unknownEntities.count < XMLMender.maximumNotes {
            result.unknownEntities.append((name, line))
        }
    }

    /// Counted on from the last one that was asked for.
    private mutating func lineNumber(_ at: Int) -> Int {
        while lineCountedTo < at {
            if input[lineCountedTo] == 0x0A { line += 1 }
            lineCountedTo += 1
        }
        return line
    }
}
