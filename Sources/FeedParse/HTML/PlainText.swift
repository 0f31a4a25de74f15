import FeedModel

/// The text of HTML, with its block structure as line ends.
public enum PlainText {
    /// White space is folded outside `pre`; blocks and `br` end lines, paragraphs, lists and their like leave
    /// one empty line; script, style, comments, markup and the buttons of known share services are gone;
    /// character references are resolved once.
    /// Never fails: what is no markup is text.
    public static func ofHTML(_ html: String) -> String {
        ofHTML(html, nil)
    }

    /// The same, of UTF-8.
    public static func ofHTML(_ bytes: UnsafeBufferPointer<UInt8>) -> String { ofHTML(bytes, nil) }

    /// The same, of a part of a document that is being read.
    static func ofHTML(_ html: String, _ meter: ReadingMeter?) -> String {
        var html = html
        return html.withUTF8 { ofHTML($0, meter) }
    }

    private static func ofHTML(_ bytes: UnsafeBufferPointer<UInt8>, _ meter: ReadingMeter?) -> String {
        var writer = Writer(capacity: bytes.count, meter)
        var tokens = HTMLTokenizer(bytes, meter)
        var blocks = ShareBlock.Search()
        while let token = tokens.next() {
            switch token {
            case .text(let range): writer.text(UnsafeBufferPointer(rebasing: bytes[range]))
            case .startTag(let name, let attributes, let isSelfClosing):
                if !isSelfClosing, ShareBlock.begins(bytes, attributes) {
                    blocks.skip(ShortName(bytes[name]), &tokens)
                    writer.startTag(ShareBlock.standsFor, &tokens)
                } else {
                    writer.startTag(ShortName(bytes[name]), &tokens)
                }
            case .endTag(let name): writer.endTag(ShortName(bytes[name]))
            case .other: break
            }
        }
        return writer.finished()
    }

    /// For titles and labels: the text in one line.
    static func oneLine(ofHTML html: String, _ meter: ReadingMeter) -> String {
        folded(ofHTML(html, meter))
    }

    /// Runs of white space as one space, none at the ends.
    static func folded(_ text: String) -> String {
        var text = text
        if text.withUTF8(isFolded) { return text }
        return text.withUTF8 { bytes in
            var out: [UInt8] = []
            out.reserveCapacity(bytes.count)
            for byte in bytes {
                if byte.isXMLSpace || byte == 0x0B {
                    if let last = out.last, last != 0x20 { out.append(0x20) }
                } else {
                    out.append(byte)
                }
            }
            if out.last == 0x20 { out.removeLast() }
            return String(decoding: out, as: UTF8.self)
        }
    }

    private static func isFolded(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var isAfterSpace = true
        for byte in bytes {
            if byte == 0x20 {
                if isAfterSpace { return false }
                isAfterSpace = true
            } else {
                if byte < 0x20, byte.isXMLSpace || byte == 0x0B { return false }
                isAfterSpace = false
            }
        }
        return !isAfterSpace || bytes.isEmpty
    }

    private struct Writer {
        private var out: [UInt8] = []
        /// Line ends that the next text is to have before it.
        private var breaks = 0
        private var needsSpace = false
        private var preDepth = 0

        private let meter: ReadingMeter?

        init(capacity: Int, _ meter: ReadingMeter?) {
            self.meter = meter
            out.reserveCapacity(capacity)
        }

        mutating func finished() -> String {
            while let last = out.last, last.isXMLSpace { out.removeLast() }
            return out.withUnsafeBufferPointer { String(validUTF8: $0) }
        }

        private mutating func lineEnd(_ count: Int) { breaks = max(breaks, count) }

        private mutating func flush() {
            if breaks > 0 {
                if !out.isEmpty {
                    for _ in 0..<breaks { out.append(0x0A) }
                }
            } else if needsSpace, let last = out.last, last != 0x0A {
                out.append(0x20)
            }
            breaks = 0
            needsSpace = false
        }

        mutating func text(_ bytes: UnsafeBufferPointer<UInt8>) {
            var at = 0
            while at < bytes.count {
                let byte = bytes[at]
                if byte.isXMLSpace {
                    if preDepth > 0 {
                        if byte != 0x0D {
                            if breaks > 0 { flush() }
                            out.append(byte)
                        }
                    } else {
                        needsSpace = true
                    }
                    at += 1
                } else if byte == UInt8(ascii: "&") {
                    if let meter, !meter.goesOn(4) { return }
                    flush()
                    at += reference(bytes, at)
                } else {
                    flush()
                    let start = at
                    at = wordsEnd(bytes, at)
                    out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<at]))
                }
            }
        }

        /// Words with one space between them are text as it stands.
        private func wordsEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
            var at = start
            while at < bytes.count {
                at = plainEnd(bytes, at)
                guard at < bytes.count, bytes[at] != UInt8(ascii: "&") else { break }
                if bytes[at].isXMLSpace {
                    guard bytes[at] == 0x20, at + 1 < bytes.count, !bytes[at + 1].isXMLSpace,
                        bytes[at + 1] != UInt8(ascii: "&")
                    else { break }
                }
                at += 1
            }
            return at
        }

        /// Passes over eight bytes at a time that hold no `&`, no control and no two spaces together.
        private func plainEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
            let high: UInt64 = 0x8080_8080_8080_8080
            guard let base = bytes.baseAddress.map(UnsafeRawPointer.init) else { return start }
            var at = start
            while at + 8 <= bytes.count {
                let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
                let ampersand = word ^ 0x2626_2626_2626_2626
                let control = (word &- 0x2020_2020_2020_2020) & ~word
                if (control | (ampersand &- 0x0101_0101_0101_0101) & ~ampersand) & high != 0 { break }
                let difference = word ^ 0x2020_2020_2020_2020
                let spaces = ~(((difference & ~high) &+ ~high) | difference) & high
                // One at the end is looked at again: another may follow.
                if spaces & (spaces >> 8) != 0 || spaces >> 63 != 0 { break }
                at += 8
            }
            return at
        }

        /// Returns how many bytes it took.
        private mutating func reference(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int {
            CharacterReference.append(bytes, at, to: &out)
        }

        mutating func startTag(_ name: ShortName, _ tokens: inout HTMLTokenizer) {
            switch Elements.kind[name] {
            case .paragraph: lineEnd(2)
            case .block, .lineBreak: lineEnd(1)
            case .preformatted:
                lineEnd(2)
                preDepth += 1
            case .cell: needsSpace = true
            case .raw(let word): _ = tokens.skipRawText(named: word)
            case .inline, nil: break
            }
        }

        mutating func endTag(_ name: ShortName) {
            switch Elements.kind[name] {
            case .paragraph: lineEnd(2)
            case .block, .lineBreak: lineEnd(1)
            case .preformatted:
                preDepth = max(0, preDepth - 1)
                while let last = out.last, last.isXMLSpace { out.removeLast() }
                lineEnd(2)
            case .cell: needsSpace = true
            case .raw, .inline, nil: break
            }
        }
    }

    private enum Elements {
        enum Kind {
            case inline, block, paragraph, lineBreak, preformatted, cell
            case raw(StaticString)
        }

        static let kind: NameTable<Kind> = {
            var map: [ShortName: Kind] = [:]
            for name in "p h1 h2 h3 h4 h5 h6 blockquote ul ol dl table hr figure article section".split(separator: " ")
            {
                map[ShortName(String(name))] = .paragraph
            }
            for name in """
            div li dt dd tr address aside body caption center details dialog dir fieldset figcaption footer form \
            header hgroup html legend main menu nav option optgroup select summary thead tbody tfoot search
            """.split(separator: " ") { map[ShortName(String(name))] = .block }
            map[ShortName("br")] = .lineBreak
            map[ShortName("pre")] = .preformatted
            map[ShortName("listing")] = .preformatted
            map[ShortName("td")] = .cell
            map[ShortName("th")] = .cell
            map[ShortName("script")] = .raw("script")
            map[ShortName("style")] = .raw("style")
            map[ShortName("title")] = .raw("title")
            map[ShortName("iframe")] = .raw("iframe")
            map[ShortName("noembed")] = .raw("noembed")
            map[ShortName("noframes")] = .raw("noframes")
            map[ShortName("template")] = .raw("template")
            return NameTable(map.map { ($0.key, $0.value) })
        }()
    }
}

extension CharacterReference {
    /// Writes what the reference at `at` stands for, or its `&` if it is none. Returns how many bytes of the
    /// input that was (HTML Standard, 13.2.5.72; in text, not in attributes).
    static func append(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int, to out: inout [UInt8]) -> Int {
        let next = at + 1 < bytes.count ? bytes[at + 1] : 0
        if next == UInt8(ascii: "#") {
            if let (scalar, length) = numeric(bytes[at...].prefix(24), strict: false) {
                out.append(contentsOf: Character(scalar).utf8)
                return length
            }
        } else if next.isASCIILetter {
            var end = at + 1
            while end < bytes.count, end - at <= 32, bytes[end].isASCIILetter || bytes[end].isASCIIDigit { end += 1 }
            let name = bytes[(at + 1)..<end]
            if end < bytes.count, bytes[end] == UInt8(ascii: ";") {
                if let one = common(name) {
                    out.append(contentsOf: one)
                    return end + 1 - at
                }
                if let text = named(String(decoding: name, as: UTF8.self)) {
                    out.append(contentsOf: text.utf8)
                    return end + 1 - at
                }
            }
            if let length = longestLegacyPrefix(name),
                let text = named(String(decoding: name.prefix(length), as: UTF8.self))
            {
                out.append(contentsOf: text.utf8)
                return length + 1
            }
        }
        out.append(UInt8(ascii: "&"))
        return 1
    }

    private static func common(_ name: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8]? {
        switch name.count {
        case 2 where name.last == UInt8(ascii: "t") && name.first == UInt8(ascii: "l"): [UInt8(ascii: "<")]
        case 2 where name.last == UInt8(ascii: "t") && name.first == UInt8(ascii: "g"): [UInt8(ascii: ">")]
        case 3 where name.elementsEqual("amp".utf8): [UInt8(ascii: "&")]
        case 4 where name.elementsEqual("nbsp".utf8): [0xC2, 0xA0]
        case 4 where name.elementsEqual("quot".utf8): [UInt8(ascii: "\"")]
        default: nil
        }
    }
}
