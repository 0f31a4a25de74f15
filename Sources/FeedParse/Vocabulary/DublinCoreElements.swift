import FeedModel

/// Dublin Core, elements and terms.
extension Draft {
    mutating func takeDublinCore(_ e: XMLElement, _ scope: Scope, _ log: ProblemLog) -> Bool {
        switch e.tag {
        case .title: return title.offer(TextReader.read(e, scope, default: .guess), 1)
        case .description: return summary.offer(TextReader.read(e, scope, default: .html), 2)
        case .abstract: return summary.offer(TextReader.read(e, scope, default: .html), 3)
        case .creator, .author: return addAuthor(e.text.flatMap(PersonReader.parse))
        case .contributor:
            guard let person = e.text.flatMap(PersonReader.parse) else { return false }
            addContributor(person)
            return true
        case .subject: return addCategory(Category(term: e.text.map(PlainText.folded)))
        case .language: return language.offer(e.text, 1)
        case .rights: return rights.offer(TextReader.read(e, scope, default: .guess), 1)
        case .date:
            guard let instant = date(e, log) else { return false }
            // Of a feed it says when it was made; of an item, when that appeared.
            return isFeed ? modified.offer(instant, 1) : isRSS ? published.offer(instant, 1) : true
        case .issued: return published.offer(date(e, log), 1)
        case .modified: return modified.offer(date(e, log), 1)
        // Periods stand here too (DCMI Period): no mistake if it is no date.
        case .created, .available: return published.offer(e.text.flatMap(DateParser.parse), 4)
        case .identifier: return id.offer(e.text, 3)
        default: return false
        }
    }
}
