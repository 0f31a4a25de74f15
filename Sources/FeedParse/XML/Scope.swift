import FeedModel

/// What an element inherits: the base of its relative references (xml:base) and its language (xml:lang).
struct Scope {
    var base: WebURL?
    var language: String?

    func inside(_ element: XMLElement) -> Scope {
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
        if text.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) {
            text.removeAll { $0.isNewline || $0 == "\t" }
        }
        var view = text
        if view.withUTF8({ HTMLLinks.isAbsolute($0) }) {
            if let base, !text.contains("://"), let resolved = base.resolving(text) { return resolved.string }
            return text
        }
        guard let base else { return text }
        return base.resolving(text)?.string ?? text
    }
}
