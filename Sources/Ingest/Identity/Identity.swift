import Archive
import FeedModel
import PublicSuffix

/// When two entries are one article. THE ONE PLACE where this is decided.
///
/// Changing a rule here changes what every archive will hold from then on, and cannot be taken back for
/// what was joined before. Each rule has its tests by name in `IdentityTests`; change both together.
///
/// An entry is held against what the archive knows, by these rules in this order; the first that matches
/// decides:
///
/// 1. `guid`: the same feed and the same reliable guid.
/// 2. `url`: the same canonical URL, where it is specific and the titles do not speak against it.
/// 3. `content`: the same content hash of a substantial text, in whatever feed.
/// 4. `instant`: in one feed the same title, text and publication instant, however short.
/// 5. `new`: otherwise.
///
/// An entry that by these rules is an article which retention has removed is neither new nor anything else: it is passed
/// over. What is there comes first, within each rule.
///
/// Everything here is a pure function of values; `Reconciler` looks the values up and writes what
/// follows.
public enum Identity {
    /// By which an entry became its article; the numbers are those above, and are kept with each sighting.
    public enum Rule: Int, Sendable {
        case guid = 1
        case url = 2
        case content = 3
        case instant = 4
        case new = 5

        /// A sentence for people who ask why.
        public var explanation: String {
            switch self {
            case .guid: "its feed had shown the same guid, which tells the feed's entries apart"
            case .url: "the article was known under the same canonical URL, and the titles agree"
            case .content: "it says the same as the article: title and text have one content hash"
            case .instant: "its feed had shown the same title and text with the same date"
            case .new: "nothing known was the same: it began the article"
            }
        }
    }

    // MARK: what a document says about its own guids and URLs

    /// A guid is unreliable when several entries of one document with different URLs or contents bear it.
    static func unreliableGuids(_ entries: [EntryDigest]) -> Set<String> {
        var first: [String: EntryDigest] = [:]
        var unreliable: Set<String> = []
        for entry in entries {
            guard let guid = entry.guid else { continue }
            if let other = first[guid] {
                if other.urlKey != entry.urlKey || other.form.hash != entry.form.hash { unreliable.insert(guid) }
            } else {
                first[guid] = entry
            }
        }
        return unreliable
    }

    /// A URL is not specific when several entries of one document bear it.
    static func sharedURLs(_ entries: [EntryDigest]) -> Set<Int64> {
        var seen: Set<Int64> = []
        var shared: Set<Int64> = []
        for case let key? in entries.map(\.urlKey) where !seen.insert(key).inserted { shared.insert(key) }
        return shared
    }

    /// A URL is not specific when it is the feed's home page, or has an empty path and no query.
    static func namesASite(_ entry: EntryDigest, homePage: String?) -> Bool {
        entry.isBareSite || homePage != nil && entry.canonicalURL == homePage
    }

    /// A guid that is the feed's home page tells no entries apart; one with a fragment may
    /// (`https://example.org/#2026-11-22`).
    static func guidNamesASite(_ entry: EntryDigest, homePage: String?) -> Bool {
        entry.isGuidBareSite || homePage != nil && entry.guidURL == homePage
    }

    // MARK: rule 1

    /// A known guid begins a new article when URL, title and text have changed all at once, and the
    /// texts share less than half of their shingles. Enclosures stand for texts that are not there.
    static func isRecycled(
        _ entry: EntryDigest, knownURLKey: Int64?, knownTitle: String, knownText: @autoclosure () throws -> String,
        knownEnclosures: @autoclosure () throws -> [String]
    ) rethrows -> Bool {
        guard entry.urlKey != knownURLKey, entry.form.title != knownTitle else { return false }
        let text = try knownText()
        if entry.form.text.isEmpty, text.isEmpty {
            return try enclosuresAllDiffer(entry.form.enclosures, knownEnclosures())
        }
        return Shingles(entry.form.text).sharedPart(with: Shingles(text)) < 0.5
    }

    // MARK: rule 2

    /// What rule 2 asks of a sighting with the same specific URL.
    struct SameURL {
        var isSameFeed: Bool
        /// Both guids are reliable and differ.
        var guidsDiffer: Bool
        /// Canonical.
        var title: String
    }

    static func joinsByURL(
        _ entry: EntryDigest, _ known: SameURL, knownText: @autoclosure () throws -> String
    ) rethrows -> Bool {
        if known.isSameFeed {
            if !known.guidsDiffer || titlesAgree(entry.form.title, known.title) { return true }
            return try Shingles(entry.form.text).sharedPart(with: Shingles(knownText())) >= 0.5
        }
        return titlesAgree(entry.form.title, known.title)
    }

    /// Equal, or one contains the other; an empty one agrees with any.
    static func titlesAgree(_ a: String, _ b: String) -> Bool {
        a == b || a.isEmpty || b.isEmpty || a.contains(b) || b.contains(a)
    }

    // MARK: rules 3 and 4

    /// Of entries with the same content hash, in whatever feeds.
    static func joinsByContent(_ entry: EntryDigest, knownEnclosures: [String]) -> Bool {
        entry.form.isSubstantial && !enclosuresAllDiffer(entry.form.enclosures, knownEnclosures)
    }

    /// Of entries with the same content hash in one feed.
    ///
    /// - Parameter isInThisDocument: both stand in the document at hand: absent instants are equal only then.
    static func joinsByInstant(
        _ entry: EntryDigest, specificURLKey: Int64?, knownInstant: Timestamp?, knownURLKey: Int64?,
        isInThisDocument: Bool, knownEnclosures: [String]
    ) -> Bool {
        guard !enclosuresAllDiffer(entry.form.enclosures, knownEnclosures) else { return false }
        if entry.form.text.isEmpty {
            // Entries with nothing but a title are told apart by their links, those without even that by
            // their guids.
            if let specificURLKey, let knownURLKey, specificURLKey != knownURLKey { return false }
            if entry.form.title.isEmpty, entry.form.enclosures.isEmpty { return false }
        }
        guard let instant = entry.instant else { return knownInstant == nil && isInThisDocument }
        return instant == knownInstant
    }

    /// Podcast episodes with standing show notes.
    private static func enclosuresAllDiffer(_ a: [String], _ b: [String]) -> Bool {
        !a.isEmpty && !b.isEmpty && Set(a).isDisjoint(with: b)
    }

    // MARK: what was removed

    /// Rule 1 for an article that retention has removed. Its text is not there to be compared: a guid whose URL and title
    /// have changed is taken for another article's, since nothing new must be lost.
    static func continuesRemoved(_ entry: EntryDigest, urlKey: Int64?, titleKey: Int64) -> Bool {
        entry.urlKey == urlKey || EntryDigest.titleKey(entry.form.title) == titleKey
    }

    /// Rule 2 for an article that retention has removed: titles agree when they are equal or one is empty.
    static func joinsRemovedByURL(
        _ entry: EntryDigest, isSameFeed: Bool, guidsDiffer: Bool, titleKey: Int64
    ) -> Bool {
        if isSameFeed, !guidsDiffer { return true }
        return titleKey == 0 || entry.form.title.isEmpty || EntryDigest.titleKey(entry.form.title) == titleKey
    }

    // MARK: revisions

    /// What a changed content in a feed that already carried the article is.
    enum Change {
        /// A new state of the article.
        case edit
        /// The newest state, which this feed shows only now.
        case catchesUp
        /// An older state out of some cache: nothing that the archive should take over.
        case staleCopy
    }

    /// Of a content that the archive holds already.
    ///
    /// - Parameters:
    ///   - newest: the newest revision that holds the content, if any does.
    ///   - previous: the newest revision that holds what the feed showed before.
    ///   - latest: the article's newest revision.
    ///   - isOlder: the entry's `updated` is older than what the feed showed before, or its document's
    ///     Last-Modified where entries bear no date.
    static func change(newest: Int?, previous: Int?, latest: Int, isOlder: Bool) -> Change {
        if newest == latest { return .catchesUp }
        if isOlder { return .staleCopy }
        // A form that only one feed showed was no revision of the article.
        guard let newest else { return .edit }
        // Another feed was edited twice, and this one has come as far as the first edit.
        if let previous, newest > previous { return .catchesUp }
        return .edit
    }

    // MARK: what an article shows

    /// The sighting whose content the article shows: the fullest among the current ones; ties go to the
    /// feed on the article's own host, then to the first seen.
    ///
    /// Nobody replaces another publisher's words: what another site says than that of the article's own URL is shown
    /// in place of what the own site says only if it contains half of the own one's shingles.
    ///
    /// - Parameter text: of a content, at most `mostCompared`.
    static func shown(_ candidates: [ShowCandidate], text: (Int64) throws -> String) rethrows -> ShowCandidate? {
        let current = latest(candidates)
        let fullest = current.filter { !$0.isSuperseded }.sorted { isLess($1, $0) }
        // Whoever says it: it is all the same.
        guard let first = fullest.first, current.contains(where: { $0.content != first.content }),
            let site = ownSite(candidates)
        else { return fullest.first }
        let own = current.filter { Identity.site($0.feedURL) == site }
        // Where all of it has been superseded, that was another site's doing: the own one says it still.
        let unedited = own.filter { !$0.isSuperseded }
        guard let words = (unedited.isEmpty ? own : unedited).max(by: isLess) else { return first }
        var shingles: Shingles?
        var refused: Set<Int64> = []
        for candidate in fullest where !refused.contains(candidate.content) {
            if candidate.content == words.content || Identity.site(candidate.feedURL) == site { return candidate }
            guard refused.count < mostRefused else { continue }
            let ownShingles = try shingles ?? Shingles(text(words.content))
            shingles = ownShingles
            if try ownShingles.part(in: Shingles(text(candidate.content))) >= 0.5 { return candidate }
            refused.insert(candidate.content)
        }
        return words
    }

    /// So many texts of others are held against the own one for one article.
    private static let mostRefused = 16

    /// The site of an article's own URL: its first sighting with a URL tells it.
    private static func ownSite(_ candidates: [ShowCandidate]) -> String? {
        site(candidates.filter { $0.url != nil }.min { $0.sighting < $1.sighting }?.url)
    }

    private static func site(_ url: String?) -> String? {
        url.flatMap { WebURL($0)?.canonicalHost }.map(PauseScope.of)
    }

    /// How much of texts is compared, in bytes: the beginning of longer ones.
    static let mostCompared = 1 << 20

    /// Of each feed what stood in its latest document that held the article.
    private static func latest(_ candidates: [ShowCandidate]) -> [ShowCandidate] {
        var newestOfFeed: [FeedID: Timestamp] = [:]
        for candidate in candidates {
            newestOfFeed[candidate.feed] = max(newestOfFeed[candidate.feed] ?? candidate.lastSeen, candidate.lastSeen)
        }
        return candidates.filter { $0.lastSeen == newestOfFeed[$0.feed] }
    }

    private static func isLess(_ a: ShowCandidate, _ b: ShowCandidate) -> Bool {
        if a.length != b.length { return a.length < b.length }
        if isOnOwnHost(a) != isOnOwnHost(b) { return isOnOwnHost(b) }
        return a.sighting > b.sighting
    }

    private static func isOnOwnHost(_ candidate: ShowCandidate) -> Bool {
        func site(_ url: String?) -> String? {
            let host = url.flatMap { WebURL($0)?.canonicalHost }
            return host.map { $0.hasPrefix("www.") ? String($0.dropFirst(4)) : $0 }
        }
        guard let own = site(candidate.url) else { return false }
        return own == site(candidate.feedURL)
    }
}
