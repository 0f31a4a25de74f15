import FeedModel

/// Where a document says what it is: the root element, and the element that describes the feed.
struct XMLFeedReader {
    /// Ten times what the largest feeds hold.
    static let maximumEntries = 100_000

    private let root: XMLElement
    private let format: FeedFormat
    private let log: ProblemLog
    private var feed: Draft
    private var entries: [Entry] = []

    /// Nothing if the root is no feed's.
    init?(_ tree: XMLTree, log: ProblemLog) {
        guard let root = tree.root, let (feedRoot, format) = FeedShape.of(root) else { return nil }
        self.root = FeedShape.adoptingUnknownNamespace(feedRoot, format)
        self.format = format
        self.log = log
        let isRSS = format != .atom10 && format != .atom03
        feed = Draft(isFeed: true, isRSS: isRSS)
    }

    mutating func read(base: WebURL?) -> ParsedFeed {
        let scope = Scope(base: base).inside(root)
        // Atom's root is the feed; RSS's is a wrapper around its channel.
        if !feed.isRSS { feed.language.offer(scope.language, 2) }
        if root.tag == .entry {
            entries.append(entry(root, Scope(base: base)))
            feed.language = Ranked()
        } else {
            collect(root, scope, depth: 0)
        }
        if feed.isOverfull { noteOverfull() }
        var result = feed.feedFields()
        result.format = format
        result.entries = entries
        noteRepeatedIDs(result)
        return result
    }

    /// The feed's elements, and entries wherever they stand: inside the channel, beside it, in `items`.
    private mutating func collect(_ element: XMLElement, _ scope: Scope, depth: Int) {
        takeAttributes(element, scope)
        for child in element.children {
            switch child.tag {
            case .item where child.isVocabularyOfFeeds, .entry where child.isVocabularyOfFeeds:
                // `<item><item>…`: the inner ones are meant.
                if depth < 8, let inner = child.first(child.tag), inner.isVocabularyOfFeeds {
                    collect(child, scope.inside(child), depth: depth + 1)
                } else if entries.count < XMLFeedReader.maximumEntries {
                    entries.append(entry(child, scope))
                } else {
                    log.addOnce(
                        ParseProblem(
                            .tooLarge, "more than \(XMLFeedReader.maximumEntries) entries; the rest was left out"))
                }
            case .channel, .rss, .feed, .items, .entries:
                guard depth < 8, child.isVocabularyOfFeeds, child.hasChildElements else { continue }
                let inner = scope.inside(child)
                feed.language.offer(child.attribute(.lang, in: .xml)?.trimmed, 2)
                collect(child, inner, depth: depth + 1)
            default:
                feed.take(child, scope, log)
            }
        }
    }

    private mutating func entry(_ element: XMLElement, _ outer: Scope) -> Entry {
        let scope = outer.inside(element)
        var draft = Draft(isFeed: false, isRSS: feed.isRSS)
        draft.language.offer(element.attribute(.lang, in: .xml)?.trimmed, 2)
        draft.id.offer(element.attribute(.about, in: .rdf)?.trimmed, 2)
        // CDF.
        if let href = element.trimmedAttribute(.href) { draft.page.offer(scope.resolve(href), 1) }
        if let modified = element.trimmedAttribute(.lastmod) {
            draft.modified.offer(draft.date(modified, element, log), 2)
        }
        for child in element.children { draft.take(child, scope, log) }
        if draft.isOverfull { noteOverfull() }
        let entry = draft.entry()
        log.check(url: entry.url, of: "an entry's link", line: element.line)
        for one in entry.attachments { log.check(url: one.url, of: "an enclosure", line: element.line) }
        return entry
    }

    private func noteOverfull() {
        log.addOnce(
            ParseProblem(.tooLarge, "more elements or attachments in one place than anyone uses; the rest was left out")
        )
    }

    private mutating func takeAttributes(_ element: XMLElement, _ scope: Scope) {
        guard format == .cdf else { return }
        feed.page.offer(scope.resolve(element.attribute(.href)), 1)
        if let modified = element.trimmedAttribute(.lastmod) {
            feed.modified.offer(feed.date(modified, element, log), 2)
        }
    }

    /// RSS: a guid names one item. Atom: entries of one id differ in their `updated` (RFC 4287, 4.1.1).
    private func noteRepeatedIDs(_ feed: ParsedFeed) {
        var seen: Set<String> = []
        for entry in feed.entries {
            guard let id = entry.id else { continue }
            let key = self.feed.isRSS ? id : "\(id) \(entry.modified?.milliseconds ?? 0)"
            if !seen.insert(key).inserted {
                log.add(ParseProblem(.duplicateID, "several entries have the id \"\(id.prefix(100))\""))
            }
        }
    }
}

extension XMLElement {
    /// RSS's, Atom's or nobody's, as opposed to elements of extensions that bear the same name.
    var isVocabularyOfFeeds: Bool {
        switch namespace {
        case .core, .atom, .atom03, .cdf: true
        case .other: name.prefix.isEmpty
        default: false
        }
    }
}
