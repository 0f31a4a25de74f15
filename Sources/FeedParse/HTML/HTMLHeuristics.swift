import FeedModel

/// Whether texts that do not say what they are, are HTML.
enum HTMLHeuristics {
    /// A closing tag, a void element or a character reference is in it, all tags are HTML's and all named
    /// references known: `AT&T` and `a < b` are text, `<b>bold</b>` and `caf&eacute;` are not.
    static func looksLikeHTML(_ text: String, _ meter: ReadingMeter) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            guard bytes.contains(where: { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: "&") }) else { return false }
            return hasEvidence(bytes, meter)
        }
    }

    private static func hasEvidence(_ bytes: UnsafeBufferPointer<UInt8>, _ meter: ReadingMeter) -> Bool {
        var found = false
        var tokens = HTMLTokenizer(bytes, meter)
        while let token = tokens.next() {
            switch token {
            case .startTag(let name, _, _):
                let name = ShortName(bytes[name])
                guard elements.contains(name) else { return false }
                found = found || voidElements.contains(name)
            case .endTag(let name):
                guard elements.contains(ShortName(bytes[name])) else { return false }
                found = true
            case .text(let range):
                guard let references = references(bytes, range) else { return false }
                found = found || references > 0
            case .other: break
            }
        }
        return found
    }

    /// How many closed references there are; nothing if one has an unknown name.
    private static func references(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int? {
        var count = 0
        var at = range.lowerBound
        while at < range.upperBound {
            guard bytes[at] == UInt8(ascii: "&") else {
                at += 1
                continue
            }
            var end = at + 1
            if end < range.upperBound, bytes[end] == UInt8(ascii: "#") { end += 1 }
            let nameStart = end
            while end < range.upperBound, end - at < 40, bytes[end].isASCIILetter || bytes[end].isASCIIDigit {
                end += 1
            }
            if end > nameStart, end < range.upperBound, bytes[end] == UInt8(ascii: ";") {
                if nameStart == at + 1 {
                    guard CharacterReference.named(String(decoding: bytes[nameStart..<end], as: UTF8.self)) != nil
                    else {
                        return nil
                    }
                }
                count += 1
            }
            at = max(end, at + 1)
        }
        return count
    }

    private static let voidElements = NameSet("br hr img input wbr embed area col source track")

    private static let elements = NameSet(
        """
        a abbr acronym address area article aside audio b base basefont bdi bdo big blink blockquote body br button \
        canvas caption center cite code col colgroup command data datagrid datalist dd del details dfn dialog dir div \
        dl dt em embed event-source fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head \
        header hr html i iframe img input ins kbd keygen label legend li link main map mark marquee menu meta meter \
        multicol nav nextid nobr noscript object ol optgroup option output p param picture pre progress q rp rt ruby \
        s samp script section select small sound source spacer span strike strong style sub summary sup svg table \
        tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr
        """)
}
