import FeedModel

/// Apple's and Google's podcast vocabularies. Podcasting 2.0's stands in `extensions` as it is.
extension Draft {
    mutating func takePodcast(_ e: XMLElement, _ scope: Scope) -> Bool {
        switch e.tag {
        case .title: return title.offer(TextReader.read(e, scope, default: .guess), 3)
        case .summary, .description: return summary.offer(TextReader.read(e, scope, default: .html), 4)
        case .subtitle: return summary.offer(TextReader.read(e, scope, default: .html), 6)
        case .author:
            guard let person = e.text.flatMap(PersonReader.parse) else { return false }
            addLikelyAuthor(person)
            return true
        case .owner:
            return false
        case .image:
            return image.offer(scope.inside(e).resolve(e.attribute(.href) ?? e.attribute(.url) ?? e.text), 1)
        case .link where isFeed:
            return image.offer(
                e.attribute(.rel)?.lowercased() == "image" ? scope.resolve(e.attribute(.href)) : nil, 2)
        case .category:
            var isAdded = addCategory(Category(term: (e.attribute(.text) ?? e.text)?.trimmed))
            for child in e.children where child.tag == .category {
                if addCategory(Category(term: child.trimmedAttribute(.text))) { isAdded = true }
            }
            return isAdded
        case .keywords where isFeed:
            var isAdded = false
            for word in (e.text ?? "").split(separator: ",", maxSplits: Draft.maximumListed)
            where addCategory(Category(term: String(word).trimmed)) {
                isAdded = true
            }
            return isAdded
        case .duration:
            guard durationInSeconds == nil, let seconds = e.text.flatMap(Numbers.duration) else { return false }
            durationInSeconds = seconds
            return true
        default: return false
        }
    }
}
