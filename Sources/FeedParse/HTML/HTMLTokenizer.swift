import FeedModel
import Glibc

/// Splits HTML into tags, text and what is neither, as the HTML Standard's tokeniser does (13.2.5), over
/// bytes and without copying. Any input gives tokens; none is an error.
struct HTMLTokenizer {
    enum Token {
        case text(Range<Int>)
        /// `attributes` is what stands between the name and `>`.
        case startTag(name: Range<Int>, attributes: Range<Int>, isSelfClosing: Bool)
        case endTag(name: Range<Int>)
        /// Comments, `<!…>`, `<?…>`.
        case other
    }

    let bytes: UnsafeBufferPointer<UInt8>
    private(set) var at = 0
    private var scanner: ByteScanner
    private let meter: ReadingMeter?

    /// - Parameter meter: of the document that the HTML is a part of, if it is one: beyond its limits there are no more
    ///   tokens.
    init(_ bytes: UnsafeBufferPointer<UInt8>, _ meter: ReadingMeter? = nil) {
        self.bytes = bytes
        self.meter = meter
        scanner = ByteScanner(bytes)
    }

    mutating func next() -> Token? {
        guard at < bytes.count else { return nil }
        if let meter, !meter.goesOn() { return nil }
        let start = at
        guard bytes[start] == UInt8(ascii: "<"), let token = markup(start) else {
            // Text as far as the next `<` that begins markup; the first byte is text in any case.
            let next = scanner.find(UInt8(ascii: "<"), from: start + 1) ?? bytes.count
            at = next
            return .text(start..<next)
        }
        return token
    }

    private mutating func markup(_ start: Int) -> Token? {
        guard start + 1 < bytes.count else { return nil }
        let second = bytes[start + 1]
        if second.isASCIILetter { return tag(start + 1, isEnd: false) }
        if second == UInt8(ascii: "/") {
            guard start + 2 < bytes.count else { return nil }
            if bytes[start + 2].isASCIILetter { return tag(start + 2, isEnd: true) }
            if bytes[start + 2] == UInt8(ascii: ">") {
                at = start + 3
                return .other
            }
            at = scanner.find(UInt8(ascii: ">"), from: start + 2).map { $0 + 1 } ?? bytes.count
            return .other
        }
        if scanner.matches("<!--", at: start) {
            at = commentEnd(start + 4)
            return .other
        }
        // Nested CDATA: neither HTML's nor XML's. What it holds is read as what it is.
        if scanner.matches("<![CDATA[", at: start) { return nil }
        guard second == UInt8(ascii: "!") || second == UInt8(ascii: "?") else { return nil }
        at = scanner.find(UInt8(ascii: ">"), from: start + 2).map { $0 + 1 } ?? bytes.count
        return .other
    }

    private mutating func commentEnd(_ start: Int) -> Int {
        // `<!-->` and `<!--->` are whole comments.
        if start < bytes.count, bytes[start] == UInt8(ascii: ">") { return start + 1 }
        if scanner.matches("->", at: start) { return start + 2 }
        // One search for both `-->` and `--!>`: each byte is looked at once.
        var from = start
        while let close = scanner.find(UInt8(ascii: ">"), from: from) {
            let isEnd =
                close >= start + 2 && scanner.matches("--", at: close - 2)
                || close >= start + 3 && scanner.matches("--!", at: close - 3)
            if isEnd { return close + 1 }
            from = close + 1
        }
        return bytes.count
    }

    private static func endsName(_ byte: UInt8) -> Bool {
        byte.isXMLSpace || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "/")
    }

    private func nameEnd(_ nameStart: Int) -> Int {
        var end = nameStart
        while end < bytes.count, !HTMLTokenizer.endsName(bytes[end]) { end += 1 }
        return end
    }

    /// Goes on to the next start tag, without taking it apart: the range of its name. What follows is to be walked
    /// with `HTMLAttributes`, and its end told to `leaveTag`.
    mutating func nextStartTag() -> Range<Int>? {
        while let open = scanner.find(UInt8(ascii: "<"), from: at) {
            if let meter, !meter.goesOn() { break }
            let start = open + 1
            if start < bytes.count, bytes[start].isASCIILetter {
                at = nameEnd(start)
                return start..<at
            }
            at = open
            _ = next()
        }
        at = bytes.count
        return nil
    }

    /// Nothing: the text ends inside the tag.
    mutating func leaveTag(closedAt: Int?) { at = closedAt.map { $0 + 1 } ?? bytes.count }

    private mutating func tag(_ nameStart: Int, isEnd: Bool) -> Token? {
        let end = nameEnd(nameStart)
        if end < bytes.count, bytes[end] == UInt8(ascii: ">") {
            at = end + 1
            return isEnd
                ? .endTag(name: nameStart..<end)
                : .startTag(name: nameStart..<end, attributes: end..<end, isSelfClosing: false)
        }
        var walker = HTMLAttributes(bytes, end..<bytes.count)
        walker.skipAll()
        guard let close = walker.closedAt else {
            // A tag that the text's end cuts off is dropped.
            at = bytes.count
            return .other
        }
        at = close + 1
        if isEnd { return .endTag(name: nameStart..<end) }
        let isSelfClosing = close > end && bytes[close - 1] == UInt8(ascii: "/")
        return .startTag(name: nameStart..<end, attributes: end..<close, isSelfClosing: isSelfClosing)
    }

    /// After the start tag of an element whose content is no markup (`script`): goes to behind its end tag,
    /// and gives the range of the content. Without an end tag, all the rest is content.
    mutating func skipRawText(named name: StaticString) -> Range<Int> {
        let start = at
        var from = at
        while let open = scanner.find(UInt8(ascii: "<"), from: from) {
            from = open + 1
            guard from < bytes.count, bytes[from] == UInt8(ascii: "/"),
                scanner.matchesIgnoringCase(name, at: from + 1)
            else { continue }
            let after = from + 1 + name.utf8CodeUnitCount
            guard after < bytes.count, HTMLTokenizer.endsName(bytes[after]) else { continue }
            at = scanner.find(UInt8(ascii: ">"), from: after).map { $0 + 1 } ?? bytes.count
            return start..<open
        }
        at = bytes.count
        return start..<bytes.count
    }
}

/// The attributes of one tag (HTML Standard, 13.2.5.32 to 39).
struct HTMLAttributes {
    struct Attribute {
        var name: Range<Int>
        /// Without quotes; empty where there is none.
        var value: Range<Int>
        var isQuoted: Bool
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var at: Int
    private let end: Int
    /// Where the `>` stands, once it was reached.
    private(set) var closedAt: Int?

    init(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        self.bytes = bytes
        at = range.lowerBound
        end = range.upperBound
    }

    mutating func skipAll() { while next() != nil {} }

    mutating func next() -> Attribute? {
        while at < end, bytes[at].isXMLSpace || bytes[at] == UInt8(ascii: "/") { at += 1 }
        guard at < end else { return nil }
        if bytes[at] == UInt8(ascii: ">") {
            closedAt = at
            return nil
        }
        let nameStart = at
        // A `=` at the start of a name belongs to it.
        at += 1
        while at < end, !bytes[at].isXMLSpace, bytes[at] != UInt8(ascii: "/"), bytes[at] != UInt8(ascii: ">"),
            bytes[at] != UInt8(ascii: "=")
        {
            at += 1
        }
        let name = nameStart..<at
        var next = at
        while next < end, bytes[next].isXMLSpace { next += 1 }
        guard next < end, bytes[next] == UInt8(ascii: "=") else {
            return Attribute(name: name, value: at..<at, isQuoted: false)
        }
        next += 1
        while next < end, bytes[next].isXMLSpace { next += 1 }
        at = next
        guard at < end else { return nil }
        let quote = bytes[at]
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            let start = at + 1
            guard start < end, let base = bytes.baseAddress,
                let close = memchr(base + start, CInt(quote), end - start)
            else {
                at = end
                return nil
            }
            let valueEnd = UnsafeRawPointer(close) - UnsafeRawPointer(base)
            at = valueEnd + 1
            return Attribute(name: name, value: start..<valueEnd, isQuoted: true)
        }
        let start = at
        while at < end, !bytes[at].isXMLSpace, bytes[at] != UInt8(ascii: ">") { at += 1 }
        return Attribute(name: name, value: start..<at, isQuoted: false)
    }
}
