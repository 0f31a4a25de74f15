import FeedModel

/// Resolves relative references inside HTML. Where there are none, the HTML stays byte for byte.
enum HTMLLinks {
    static func resolved(_ html: String, _ scope: Scope) -> String {
        guard let base = scope.base else { return html }
        var html = html
        let changed = html.withUTF8 { resolve($0, base, scope.meter) }
        return changed.map { String(decoding: $0, as: UTF8.self) } ?? html
    }

    /// The same, of UTF-8.
    static func resolved(_ html: UnsafeBufferPointer<UInt8>, _ scope: Scope) -> String {
        if let base = scope.base, let changed = resolve(html, base, scope.meter) {
            return changed.withUnsafeBufferPointer { String(validUTF8: $0) }
        }
        return String(validUTF8: html)
    }

    private static func resolve(
        _ bytes: UnsafeBufferPointer<UInt8>, _ base: WebURL, _ meter: ReadingMeter
    ) -> [UInt8]? {
        var out: [UInt8] = []
        var copied = 0
        var tokens = HTMLTokenizer(bytes, meter)
        while let nameRange = tokens.nextStartTag() {
            let before = (out.count, copied)
            let name = ShortName(bytes[nameRange])
            var attributes = HTMLAttributes(bytes, nameRange.upperBound..<bytes.count)
            while let attribute = attributes.next() {
                guard !attribute.value.isEmpty,
                    let kind = URLAttributes.kind(element: name, attribute: ShortName(bytes[attribute.name]))
                else { continue }
                let value = UnsafeBufferPointer(rebasing: bytes[attribute.value])
                // `src=http://…` and all else that is absolute already.
                if kind == .url && isAbsolute(value) { continue }
                let text = decoded(value)
                let resolved = kind == .url ? reference(text, base) : srcset(text, base)
                guard let resolved, resolved != text, meter.goesOn(8), meter.claim(resolved.utf8.count) else {
                    continue
                }
                out.append(contentsOf: bytes[copied..<attribute.value.lowerBound])
                if !attribute.isQuoted { out.append(UInt8(ascii: "\"")) }
                appendEscaped(resolved, to: &out)
                if !attribute.isQuoted { out.append(UInt8(ascii: "\"")) }
                copied = attribute.value.upperBound
            }
            tokens.leaveTag(closedAt: attributes.closedAt)
            if attributes.closedAt == nil {
                // Half a tag stays as it is.
                out.removeLast(out.count - before.0)
                copied = before.1
            }
            if name == script { _ = tokens.skipRawText(named: "script") }
            if name == style { _ = tokens.skipRawText(named: "style") }
        }
        guard copied > 0 else { return nil }
        out.append(contentsOf: bytes[copied...])
        return out
    }

    private static let script = ShortName("script")
    private static let style = ShortName("style")

    /// A scheme stands at the start.
    static func isAbsolute(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = bytes.first, first.isASCIILetter else { return false }
        for byte in bytes {
            switch byte {
            case UInt8(ascii: ":"): return true
            case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): continue
            default: guard byte.isASCIILetter || byte.isASCIIDigit else { return false }
            }
        }
        return false
    }

    static func reference(_ text: String, _ base: WebURL) -> String? {
        guard text.trimmed != nil else { return nil }
        return base.resolving(text)?.string
    }

    /// HTML Standard, 4.8.4.2.1: candidates are separated by commas that end a URL or follow a descriptor.
    /// Nothing if there are more than any image has.
    static func srcset(_ text: String, _ base: WebURL) -> String? {
        guard let candidates = candidates(text) else { return nil }
        return candidates.map { url, descriptor in
            let resolved = reference(url, base) ?? url
            return descriptor.isEmpty ? resolved : "\(resolved) \(descriptor)"
        }.joined(separator: ", ")
    }

    private static let maximumCandidates = 64

    static func candidates(_ text: String) -> [(url: String, descriptor: String)]? {
        let bytes = Array(text.utf8)
        var out: [(url: String, descriptor: String)] = []
        var at = 0
        let comma = UInt8(ascii: ",")
        while true {
            while at < bytes.count, bytes[at].isXMLSpace || bytes[at] == comma { at += 1 }
            guard at < bytes.count else { return out }
            guard out.count < maximumCandidates else { return nil }
            let start = at
            while at < bytes.count, !bytes[at].isXMLSpace { at += 1 }
            var end = at
            while end > start, bytes[end - 1] == comma { end -= 1 }
            let url = String(decoding: bytes[start..<end], as: UTF8.self)
            var descriptor = ""
            if end == at {
                let from = at
                while at < bytes.count, bytes[at] != comma { at += 1 }
                descriptor = String(decoding: bytes[from..<at].trimmingXMLSpace(), as: UTF8.self)
            }
            out.append((url, descriptor))
        }
    }

    static func decoded(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        guard bytes.contains(UInt8(ascii: "&")) else { return String(decoding: bytes, as: UTF8.self) }
        var out: [UInt8] = []
        var at = 0
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "&") {
                at += CharacterReference.appendInAttribute(bytes, at, to: &out)
            } else {
                out.append(bytes[at])
                at += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    static func appendEscaped(_ text: String, to out: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): out.append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "\""): out.append(contentsOf: "&quot;".utf8)
            case UInt8(ascii: "'"): out.append(contentsOf: "&#39;".utf8)
            case UInt8(ascii: "<"): out.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): out.append(contentsOf: "&gt;".utf8)
            default: out.append(byte)
            }
        }
    }
}

extension CharacterReference {
    /// As `append`, but a name without semicolon that `=` or a letter or digit follows is text
    /// (`?a=1&copy=2`).
    static func appendInAttribute(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int, to out: inout [UInt8]) -> Int {
        var end = at + 1
        while end < bytes.count, bytes[end].isASCIILetter || bytes[end].isASCIIDigit { end += 1 }
        let isNumeric = at + 1 < bytes.count && bytes[at + 1] == UInt8(ascii: "#")
        let isClosed = end < bytes.count && bytes[end] == UInt8(ascii: ";")
        if !isNumeric && !isClosed {
            let name = bytes[(at + 1)..<end]
            let follows = end < bytes.count && bytes[end] == UInt8(ascii: "=")
            if follows || longestLegacyPrefix(name) != name.count {
                out.append(UInt8(ascii: "&"))
                return 1
            }
        }
        return append(bytes, at, to: &out)
    }
}
