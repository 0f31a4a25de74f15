import FeedModel

/// What an element inherits: the base of its relative references (xml:base) and its language (xml:lang).
struct Scope {
    var base: WebURL?
    var language: String?
    let meter: ReadingMeter

    init(base: WebURL?, meter: ReadingMeter) {
        self.base = base
        self.meter = meter
    }

    func inside(_ element: XMLElement) -> Scope {
        guard element.hasXMLAttributes else { return self }
        var scope = self
        if let value = element.attribute(.base, in: .xml)?.trimmed {
            if let base {
                scope.base = base.resolving(value) ?? base
            } else if let absolute = WebURL(value), absolute.isHTTP {
                scope.base = absolute
            }
        }
        if let value = element.attribute(.lang, in: .xml) { scope.language = value.trimmed }
        return scope
    }

    /// A URL as a field carries it: absolute if there is a base, without the line breaks and blanks that
    /// publishers wrap it in.
    func resolve(_ reference: String?) -> String? {
        guard var text = reference?.trimmed else { return nil }
        let (isAbsolute, hasAuthority, hasBreak) = text.withUTF8 { bytes in
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.count
            return (
                HTMLLinks.isAbsolute(bytes), bytes.dropFirst(colon + 1).starts(with: "//".utf8),
                bytes.contains { $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
            )
        }
        if hasBreak {
            text.unicodeScalars.removeAll { $0 == "\t" || Character($0).isNewline }
            return resolve(text)
        }
        if isAbsolute && hasAuthority { return text }
        guard let base, meter.goesOn(), let resolved = base.resolving(text)?.string else { return text }
        // A few bytes that refer to a long base become as long as that.
        meter.claim(resolved.utf8.count)
        return resolved
    }
}
