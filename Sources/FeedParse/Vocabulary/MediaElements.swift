import FeedModel

/// Media RSS: groups are looked through, contents are attachments, images and thumbnails the image.
extension Draft {
    mutating func takeMedia(_ e: XMLElement, _ scope: Scope) -> Bool {
        let inner = scope.inside(e)
        switch e.tag {
        case .group:
            var isCarried = false
            for child in e.children where child.namespace == .media {
                if takeMedia(child, inner) { isCarried = true }
            }
            return isCarried
        case .content:
            takeMediaContent(e, inner)
            for child in e.children where child.namespace == .media && child.tag != .content && child.tag != .title {
                _ = takeMedia(child, inner)
            }
            return true
        case .title: return title.offer(TextReader.read(e, scope, default: .guess), 2)
        case .thumbnail: return image.offer(inner.resolve(e.attribute(.url) ?? e.text), 2)
        case .category: return takeCategory(e)
        case .copyright: return rights.offer(TextReader.read(e, scope, default: .guess), 3)
        default: return false
        }
    }

    private mutating func takeMediaContent(_ e: XMLElement, _ scope: Scope) {
        guard let url = scope.resolve(e.trimmedAttribute(.url)) else { return }
        let type = e.trimmedAttribute(.type)
        let medium = e.trimmedAttribute(.medium)?.lowercased()
        if medium == "image" || type?.lowercased().hasPrefix("image/") == true {
            image.offer(url, 3)
            return
        }
        // A Flash player is a program that plays, and no file to keep.
        guard !isFeed, type?.lowercased() != "application/x-shockwave-flash" else { return }
        addAttachment(
            Attachment(
                url: url, mimeType: type, title: e.first(.title)?.text.map(PlainText.folded),
                sizeInBytes: e.attribute(.filesize).flatMap(Numbers.size),
                durationInSeconds: e.attribute(.duration).flatMap(Numbers.duration)))
    }
}
