public import FeedModel

/// HTML that may be shown to anybody, from HTML that anybody may have written.
///
/// What comes out is built anew from an allow-list: listed elements with listed attributes, quoted and
/// escaped, properly nested and closed; text with its `<`, `>` and bare `&` escaped. No element whose content
/// browsers read by other rules than text and tags (script, style, title, iframe, template, SVG, MathML,
/// comments; noscript, unless it is text alone) is ever written, so that parsing the result again, wherever
/// it is put in, cannot turn text into markup (mutation XSS). URLs have listed schemes only.
public enum Sanitizer {
    /// Relative URLs are resolved against `base`, if there is one. Running it twice changes nothing more.
    public static func sanitize(_ html: String, base: String? = nil) -> String {
        var html = html
        let base = base.flatMap(WebURL.init)
        return html.withUTF8 { bytes in
            var writer = SanitizingWriter(bytes, base: base)
            return writer.run()
        }
    }

    static func sanitize(_ text: TextConstruct?, base: String?) -> TextConstruct? {
        guard let text, text.isMarkup else { return text }
        return TextConstruct(.html, sanitize(text.value, base: base))
    }
}

extension Entry {
    /// With its markup sanitised; plain text is plain text.
    public func sanitized(base: String? = nil) -> Entry {
        var entry = self
        entry.title = Sanitizer.sanitize(title, base: base)
        entry.content = Sanitizer.sanitize(content, base: base)
        entry.summary = Sanitizer.sanitize(summary, base: base)
        entry.rights = Sanitizer.sanitize(rights, base: base)
        return entry
    }
}

extension ParsedFeed {
    /// With its markup and that of its entries sanitised.
    public func sanitized(base: String? = nil) -> ParsedFeed {
        var feed = self
        feed.title = Sanitizer.sanitize(title, base: base)
        feed.description = Sanitizer.sanitize(description, base: base)
        feed.rights = Sanitizer.sanitize(rights, base: base)
        feed.entries = entries.map { $0.sanitized(base: base) }
        return feed
    }
}

private struct SanitizingWriter {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let base: WebURL?
    /// A few bytes that refer to a long base become as long as that: beyond this, references stay as they are.
    private let mostResolved: Int
    private var tokens: HTMLTokenizer
    private var out: [UInt8] = []
    private var open: [SafeElement] = []

    /// Deeper elements lose their tags; their text stays.
    private static let maximumDepth = 200

    init(_ bytes: UnsafeBufferPointer<UInt8>, base: WebURL?) {
        self.bytes = bytes
        self.base = base
        tokens = HTMLTokenizer(bytes)
        mostResolved = 4 * bytes.count + (1 << 20)
        out.reserveCapacity(bytes.count)
    }

    mutating func run() -> String {
        while let token = tokens.next() {
            switch token {
            case .text(let range): text(range)
            case .startTag(let name, let attributes, _): startTag(name, attributes)
            case .endTag(let name): endTag(ShortName(bytes[name]))
            case .other: break
            }
        }
        while let last = open.popLast() { close(last) }
        return String(decoding: out[...].trimmingXMLSpace(), as: UTF8.self)
    }

    private mutating func text(_ range: Range<Int>) {
        var at = range.lowerBound
        while at < range.upperBound {
            switch bytes[at] {
            case UInt8(ascii: "<"): out.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): out.append(contentsOf: "&gt;".utf8)
            case UInt8(ascii: "&"):
                if let end = referenceEnd(at, range.upperBound) {
                    out.append(contentsOf: bytes[at..<end])
                    at = end
                    continue
                }
                out.append(contentsOf: "&amp;".utf8)
            case 0: break
            case let byte: out.append(byte)
            }
            at += 1
        }
    }

    /// A reference that is one, semicolon and all.
    private func referenceEnd(_ start: Int, _ limit: Int) -> Int? {
        var at = start + 1
        let isNumeric = at < limit && bytes[at] == UInt8(ascii: "#")
        if isNumeric { at += 1 }
        let first = at
        while at < limit, at - start < 40, bytes[at].isASCIILetter || bytes[at].isASCIIDigit { at += 1 }
        guard at > first, at < limit, bytes[at] == UInt8(ascii: ";") else { return nil }
        let isKnown =
            isNumeric
            ? CharacterReference.numeric(bytes[start...at], strict: true) != nil
            : CharacterReference.named(String(decoding: bytes[first..<at], as: UTF8.self)) != nil
        return isKnown ? at + 1 : nil
    }

    // MARK: elements

    private mutating func startTag(_ nameRange: Range<Int>, _ attributeRange: Range<Int>) {
        let name = ShortName(bytes[nameRange])
        guard let element = SafeElement.byName[name] else {
            skipContent(of: name)
            return
        }
        closeImplied(by: element)
        guard open.count < SanitizingWriter.maximumDepth else { return }
        out.append(UInt8(ascii: "<"))
        out.append(contentsOf: element.name.utf8)
        writeAttributes(element, attributeRange)
        if element.isVoid {
            out.append(contentsOf: "/>".utf8)
        } else {
            out.append(UInt8(ascii: ">"))
            open.append(element)
        }
    }

    /// The contents of some elements are no text for readers; those of some are text, whatever they look like.
    private mutating func skipContent(of name: ShortName) {
        switch SafeElement.rawContent[name] {
        case .dropped(let word): _ = tokens.skipRawText(named: word)
        case .text(let word): text(tokens.skipRawText(named: word))
        case .textInTags(let word):
            out.append(contentsOf: "<\(word)>".utf8)
            text(tokens.skipRawText(named: word))
            out.append(contentsOf: "</\(word)>".utf8)
        case nil:
            if name == SafeElement.noscript { writeNoscript() }
        }
    }

    /// What is shown without scripts is read as text where they run, and as markup elsewhere: it keeps its tags if it
    /// is text in both. Otherwise what stands between them is all that is kept.
    private mutating func writeNoscript() {
        var ahead = tokens
        var content = 0..<0
        var next = ahead.next()
        if case .text(let range) = next {
            content = range
            next = ahead.next()
        }
        guard case .endTag(let end) = next, ShortName(bytes[end]) == SafeElement.noscript else { return }
        out.append(contentsOf: "<noscript>".utf8)
        text(content)
        out.append(contentsOf: "</noscript>".utf8)
        tokens = ahead
    }

    private mutating func endTag(_ name: ShortName) {
        guard let index = open.lastIndex(where: { $0.shortName == name }) else { return }
        close(downTo: index)
    }

    private mutating func close(downTo index: Int) {
        while open.count > index, let last = open.popLast() { close(last) }
    }

    private mutating func close(_ element: SafeElement) {
        out.append(contentsOf: "</".utf8)
        out.append(contentsOf: element.name.utf8)
        out.append(UInt8(ascii: ">"))
    }

    /// A list item ends the one before it, a block a paragraph (HTML Standard, 13.1.2.4).
    private mutating func closeImplied(by element: SafeElement) {
        for (closed, boundaries) in element.closes {
            var index = open.count - 1
            // Further out, an open paragraph is no mistake of this tag's.
            let last = max(0, open.count - 32)
            while index >= last, !boundaries.contains(open[index].shortName) {
                if closed.contains(open[index].shortName) {
                    close(downTo: index)
                    break
                }
                index -= 1
            }
        }
    }

    // MARK: attributes

    private mutating func writeAttributes(_ element: SafeElement, _ range: Range<Int>) {
        var attributes = HTMLAttributes(bytes, range)
        var written: Set<ShortName> = []
        while let attribute = attributes.next() {
            let name = ShortName(bytes[attribute.name])
            guard element.attributes.contains(name) || SafeElement.globalAttributes.contains(name),
                written.insert(name).inserted
            else { continue }
            var value = HTMLLinks.decoded(UnsafeBufferPointer(rebasing: bytes[attribute.value]))
            if let kind = SafeElement.urlAttributes[name] {
                guard let safe = SafeURL.cleaned(value, kind, base: out.count < mostResolved ? base : nil) else {
                    continue
                }
                value = safe
            }
            out.append(UInt8(ascii: " "))
            out.append(contentsOf: bytes[attribute.name].map(\.asciiLowercased))
            out.append(contentsOf: "=\"".utf8)
            HTMLLinks.appendEscaped(value, to: &out)
            out.append(UInt8(ascii: "\""))
        }
    }
}
