import FeedModel
import Foundation

/// Text constructs: what an element's content is meant to be, in Atom's words and in RSS's habits.
enum TextReader {
    /// What a text without a `type` is.
    enum Default {
        /// Atom.
        case text
        /// RSS `description` and its like.
        case html
        /// RSS `title` and its like: HTML if it looks like it.
        case guess
    }

    static func read(_ element: XMLElement, _ scope: Scope, default fallback: Default) -> TextConstruct? {
        let inner = scope.inside(element)
        let type = mediaType(element.attribute(.type))
        let mode = element.trimmedAttribute(.mode)?.lowercased()
        let isAtom = element.namespace.isAtom || mode != nil || type != nil && isTextType(type ?? "")
        guard isAtom else { return rss(element, inner, fallback) }
        if mode == "base64" {
            guard let decoded = base64(element.rawText) else { return nil }
            return typed(decoded, type ?? "text/plain", inner)
        }
        let hasMarkup = element.hasChildElements
        switch type ?? "" {
        case "html", "text/html":
            return hasMarkup && mode != "escaped" ? xhtml(element, inner) : markup(.html, element, inner)
        case "xhtml", "application/xhtml+xml", "application/xhtml", "text/xhtml":
            // Escaped although it says `xhtml`: then the text is the markup.
            if mode == "escaped" && !hasMarkup { return markup(.xhtml, element, inner) }
            return xhtml(element, inner)
        case "":
            if hasMarkup { return xhtml(element, inner) }
            if fallback == .html, !element.namespace.isAtom { return markup(.html, element, inner) }
            return plain(element)
        case let type where type == "text" || type == "plain" || type.hasPrefix("text/"):
            return hasMarkup ? xhtml(element, inner) : plain(element)
        case let type where type.hasSuffix("+xml") || type.hasSuffix("/xml"):
            return hasMarkup ? xhtml(element, inner) : plain(element)
        case let type:
            if hasMarkup { return xhtml(element, inner) }
            // RFC 4287, 4.1.3.3: other media types are base64. The careless write text there all the same.
            if let decoded = base64(element.rawText), isText(decoded) { return typed(decoded, type, inner) }
            return isBinary(type) ? nil : plain(element)
        }
    }

    private static func rss(_ element: XMLElement, _ scope: Scope, _ fallback: Default) -> TextConstruct? {
        if element.hasChildElements {
            // Markup that nobody escaped.
            return xhtml(element, scope).map { TextConstruct(.html, $0.value) }
        }
        if fallback == .html { return markup(.html, element, scope) }
        guard let text = element.text else { return nil }
        switch fallback {
        case .text, .html: return TextConstruct(.text, text)
        case .guess:
            return HTMLHeuristics.looksLikeHTML(text, scope.meter)
                ? markup(.html, text, scope) : TextConstruct(.text, text)
        }
    }

    private static func markup(
        _ kind: TextConstruct.Kind, _ element: XMLElement, _ scope: Scope
    ) -> TextConstruct? {
        element.withText { TextConstruct(kind, HTMLLinks.resolved($0, scope)) }
    }

    private static func plain(_ element: XMLElement) -> TextConstruct? {
        element.text.map { TextConstruct(.text, $0) }
    }

    static func markup(_ kind: TextConstruct.Kind, _ source: String, _ scope: Scope) -> TextConstruct? {
        guard let text = source.trimmed else { return nil }
        return TextConstruct(kind, HTMLLinks.resolved(text, scope))
    }

    private static func plain(_ text: String) -> TextConstruct? {
        text.trimmed.map { TextConstruct(.text, $0) }
    }

    private static func typed(_ text: String, _ type: String, _ scope: Scope) -> TextConstruct? {
        switch type {
        case "html", "text/html": markup(.html, text, scope)
        case "xhtml", "application/xhtml+xml": markup(.xhtml, text, scope)
        default: plain(text)
        }
    }

    /// The markup inside, without the one `div` that Atom puts around it.
    static func xhtml(_ element: XMLElement, _ scope: Scope) -> TextConstruct? {
        var holder = element
        var inner = scope
        if let div = onlyDiv(in: element) {
            holder = div
            inner = scope.inside(div)
        }
        let source = MarkupWriter.inner(of: holder, scope: inner)
        return source.isEmpty ? nil : TextConstruct(.xhtml, source)
    }

    private static func onlyDiv(in element: XMLElement) -> XMLElement? {
        var found: XMLElement?
        for item in element.content {
            switch item {
            case .text(let text):
                guard text.trimmingXMLSpace().isEmpty else { return nil }
            case .element(let child):
                guard found == nil, child.tag == .div else { return nil }
                found = child
            }
        }
        return found
    }

    /// A media type without parameters, lower case.
    static func mediaType(_ value: String?) -> String? {
        guard let value else { return nil }
        return String(value.split(separator: ";", maxSplits: 1).first ?? "").trimmed?.lowercased()
    }

    private static func isTextType(_ type: String) -> Bool {
        switch type {
        case "text", "html", "xhtml", "text/html", "text/plain", "application/xhtml+xml": true
        default: false
        }
    }

    private static func isBinary(_ type: String) -> Bool {
        ["image/", "audio/", "video/", "font/"].contains { type.hasPrefix($0) } || type == "application/octet-stream"
    }

    private static func base64(_ text: String) -> String? {
        let compact = text.utf8.filter { !$0.isXMLSpace }
        guard !compact.isEmpty,
            let data = Data(base64Encoded: Data(compact), options: .ignoreUnknownCharacters), !data.isEmpty
        else { return nil }
        return String(validating: data, as: UTF8.self)
    }

    private static func isText(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 || $0.isXMLSpace }
    }
}
