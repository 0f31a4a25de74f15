import FeedModel

/// Where a document says what it is: the root element, and the element that describes the feed.
struct XMLFeedReader {
    private let root: XMLElement
    private let format: FeedFormat
    private let log: ProblemLog
    private var feed: Draft
    private var entries: [Entry] = []
    /// The places of the elements that are read, where there are more entries than may be.
    private var chosen: Set<Int32>?

    /// Nothing if the root is no feed's.
    init?(_ tree: XMLTree, log: ProblemLog, _ meter: ReadingMeter) {
        guard let root = tree.root, let (feedRoot, format) = FeedShape.of(root) else { return nil }
        self.root = FeedShape.adoptingUnknownNamespace(feedRoot, format)
        self.format = format
        self.log = log
        let isRSS = format != .atom10 && format != .atom03
        feed = Draft(isFeed: true, isRSS: isRSS, meter)
    }

    mutating func read(_ outer: Scope) -> ParsedFeed {
        let scope = outer.inside(root)
        // Atom's root is the feed; RSS's is a wrapper around its channel.
        if !feed.isRSS { feed.language.offer(scope.language, 2) }
        if root.tag == .entry {
            entries.append(entry(root, outer))
            feed.language = Ranked()
        } else {
            choose()
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
                if XMLFeedReader.holdsEntries(child, depth) {
                    collect(child, scope.inside(child), depth: depth + 1)
                } else if chosen?.contains(child.index) ?? true, feed.meter.goesOn(8) {
                    entries.append(entry(child, scope))
                }
            case .channel, .rss, .feed, .items, .entries:
                guard XMLFeedReader.isWrapper(child, depth) else { continue }
                let inner = scope.inside(child)
                feed.language.offer(child.attribute(.lang, in: .xml)?.trimmed, 2)
                collect(child, inner, depth: depth + 1)
            default:
                feed.take(child, scope, log)
            }
        }
    }

    /// `<item><item>…`: the inner ones are meant.
    private static func holdsEntries(_ element: XMLElement, _ depth: Int) -> Bool {
        depth < 8 && element.first(element.tag)?.isVocabularyOfFeeds == true
    }

    private static func isWrapper(_ element: XMLElement, _ depth: Int) -> Bool {
        depth < 8 && element.isVocabularyOfFeeds && element.hasChildElements
    }

    // MARK: more entries than may be

    /// Which entries are read, before any is: what is not kept is not built.
    private mutating func choose() {
        let limit = feed.meter.limits.entries
        // Most documents hold fewer elements that may be one.
        guard root.tree.count(of: [.item, .entry], upTo: limit) > limit else { return }
        var places: [Int32] = []
        addEntries(in: root, depth: 0, to: &places)
        guard places.count > limit else { return }
        let memory = feed.meter.memory
        let instants = places.map { instant(of: XMLElement(tree: root.tree, index: $0)) }
        feed.meter.release(feed.meter.memory - memory)
        chosen = Set(NewestEntries.chosen(among: instants, limit: limit).map { places[$0] })
        log.add(NewestEntries.problem(count: places.count, limit: limit))
    }

    /// The way that `collect` goes.
    private func addEntries(in element: XMLElement, depth: Int, to places: inout [Int32]) {
        for child in element.children {
            switch child.tag {
            case .item where child.isVocabularyOfFeeds, .entry where child.isVocabularyOfFeeds:
                if XMLFeedReader.holdsEntries(child, depth) {
                    addEntries(in: child, depth: depth + 1, to: &places)
                } else {
                    places.append(child.index)
                }
            case .channel, .rss, .feed, .items, .entries:
                if XMLFeedReader.isWrapper(child, depth) { addEntries(in: child, depth: depth + 1, to: &places) }
            default: break
            }
        }
    }

    /// As the whole entry would have it.
    private func instant(of element: XMLElement) -> Timestamp? {
        guard feed.meter.goesOn(8) else { return nil }
        var draft = Draft(isFeed: false, isRSS: feed.isRSS, feed.meter)
        let scope = Scope(base: nil, meter: feed.meter)
        for child in element.children {
            switch child.tag {
            case .pubdate, .published, .issued, .lastbuilddate, .updated, .modified, .lastmod, .date, .created,
                .available, .publicationdate, .modificationdate:
                draft.take(child, scope, .silent)
            default: break
            }
        }
        return draft.published.value ?? draft.modified.value
    }

    // MARK: one entry

    private mutating func entry(_ element: XMLElement, _ outer: Scope) -> Entry {
        let scope = outer.inside(element)
        var draft = Draft(isFeed: false, isRSS: feed.isRSS, feed.meter)
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
            guard let id = entry.id, ParsedFeed.mayRepeat(id) else { continue }
            let key = self.feed.isRSS ? id : "\(id) \(entry.modified?.milliseconds ?? 0)"
            if !seen.insert(key).inserted {
                log.add(ParseProblem(.duplicateID, "several entries have the id \"\(id.prefix(100))\""))
            }
        }
    }
}

extension ParsedFeed {
    /// Longer ids than any publisher writes are not compared.
    static func mayRepeat(_ id: String) -> Bool { id.utf8.count <= 4096 }
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
