import FeedModel

/// The content module of RSS 1.0, and XHTML that stands in an item.
extension Draft {
    mutating func takeContent(_ e: XMLElement, _ scope: Scope) -> Bool {
        switch (e.namespace, e.tag) {
        case (.content, .encoded):
            guard let text = TextReader.read(e, scope, default: .html) else { return true }
            if isFeed { return summary.offer(text, 4) }
            return content.offer(text)
        case (.xhtml, .body), (.xhtml, .div), (.xhtml, .section), (.xhtml, .article), (.xhtml, .p):
            guard !isFeed else { return false }
            let inner = scope.inside(e)
            let source = MarkupWriter.inner(of: e, scope: inner)
            guard !source.isEmpty else { return true }
            return content.offer(TextConstruct(.xhtml, source), 1)
        case (.xhtml, .img):
            return image.offer(scope.inside(e).resolve(e.attribute(.src)), 5)
        default: return false
        }
    }
}
