import FeedModel

/// Resolves relative references inside HTML. Where there are none, the HTML stays byte for byte.
enum HTMLLinks {
    static func resolved(_ html: String, base: WebURL?) -> String {
        guard let base, html.utf8.contains(UInt8(ascii: "<")) else { return html }
        var html = html
        let changed = html.withUTF8 { resolve($0, base) }
        return changed.map { String(decoding: $0, as: UTF8.self) } ?? html
    }

    private static func resolve(_ bytes: UnsafeBufferPointer<UInt8>, _ base: WebURL) -> [UInt8]? {
        var out: [UInt8] = []
        var copied = 0
        var tokens = HTMLTokenizer(bytes)
        while let token = tokens.next() {
            guard case .startTag(let nameRange, let attributeRange, _) = token else { continue }
            let name = ShortName(bytes[nameRange])
            var attributes = HTMLAttributes(bytes, attributeRange)
            while let attribute = attributes.next() {
                guard let kind = URLAttributes.kind(element: name, attribute: ShortName(bytes[attribute.name])),
                    !attribute.value.isEmpty
                else { continue }
                let value = UnsafeBufferPointer(rebasing: bytes[attribute.value])
                // `src=http://…` and all else that is absolute already.
                if kind == .url && isAbsolute(value) { continue }
                let text = decoded(value)
                let resolved = kind == .url ? reference(text, base) : srcset(text, base)
                guard let resolved, resolved != text else { continue }
                out.append(contentsOf: bytes[copied..<attribute.value.lowerBound])
                if !attribute.isQuoted { out.append(UInt8(ascii: "\"")) }
                appendEscaped(resolved, to: &out)
                if !attribute.isQuoted { out.append(UInt8(ascii: "\"")) }
                copied = attribute.value.upperBound
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
            if byte == UInt8(ascii: ":") { return true }
            guard byte.isASCIILetter || byte.isASCIIDigit || "+-.".utf8.contains(byte) else { return false }
        }
        return false
    }

    static func reference(_ text: String, _ base: WebURL) -> String? {
        guard text.trimmed != nil else { return nil }
        return base.resolving(text)?.string
    }

    /// HTML Standard, 4.8.4.2.1: candidates are separated by commas that follow white space or a descriptor.
    static func srcset(_ text: String, _ base: WebURL) -> String? {
        var out: [String] = []
        for candidate in splitCandidates(text) {
            let parts = candidate.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
            guard let url = parts.first else { continue }
            let resolved = reference(String(url), base) ?? String(url)
            out.append(parts.count > 1 ? "\(resolved) \(parts[1])" : resolved)
        }
        return out.joined(separator: ", ")
    }

    private static func splitCandidates(_ text: String) -> [String] {
        var out: [String] = []
        var current = ""
        var inURL = true
        for character in text {
            if current.isEmpty, character.isWhitespace || character == "," { continue }
            if character == ",", !inURL || current.hasSuffix(",") {
                out.append(current)
                current = ""
                inURL = true
                continue
            }
            if character.isWhitespace {
                if inURL, current.hasSuffix(",") {
                    current.removeLast()
                    out.append(current)
                    current = ""
                    continue
                }
                inURL = false
                current += " "
            } else {
                current.append(character)
            }
        }
        if current.hasSuffix(",") { current.removeLast() }
        if let last = current.trimmed { out.append(last) }
        return out
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
