import Archive
import FeedModel

/// What a document brought.
struct Reconciliation: Hashable, Sendable {
    var new = 0
    var revised = 0
    var duplicates = 0
    /// Articles that this feed had not held before.
    var firstSightings = 0
    /// Articles that this feed changes at nearly every poll.
    var churning = 0
    /// Entries that the feed's sightings knew already, or that are articles which retention has removed.
    var known = 0
    /// The instants of the articles that this feed had not held before, but for those of a flood, which say nothing of
    /// how often it posts.
    var arrivals: [Timestamp?] = []
    /// Articles that this feed had not held before, and that came by a flood.
    var flooded = 0
}

/// How a document stands to what its feed holds.
enum DocumentExtent: Sendable {
    /// All that the feed shows now: what is missing has left it.
    case whole
    /// Some of it, as it is now (RFC 3229): what is missing has not left the feed.
    case delta
    /// What a hub sends, which may come late, again and out of order: what is missing has not left the feed, and what
    /// is known already has not come back.
    case pushed
    /// What lies behind the feed's latest document (RFC 5005). What the feed has shown already it showed in newer
    /// documents, which win: it is left alone. What is new here was never in the latest document: it was last seen
    /// now, and the article has no newer state that it could replace.
    case older
}

/// Holds a document's entries against the archive, inside the poll's transaction: looks up what
/// `Identity` asks for, and writes what follows from its answers.
///
/// The entries go through the rules in passes, so that an entry's strongest tie is found before
/// another entry's weaker one could take its article: first all guids, then all URLs, then, for what is
/// left, contents, instants and new articles, oldest entry first.
struct Reconciler: ~Copyable {
    private let feed: Feed
    private let entries: [EntryDigest]
    private let documentModified: Timestamp?
    private let extent: DocumentExtent
    /// The raw document that the entries are from, if it is kept.
    private let record: Int64?
    private let now: Timestamp

    private var reliableGuid: [String?] = []
    private var specificURLKey: [Int64?] = []
    /// By entry.
    private var joined: [Joined?]
    /// The other way round.
    private var entriesOf: [ArticleID: [Int]] = [:]
    private var entryOfSighting: [Int64: Int] = [:]
    /// Entries by their content, where the feed has held something before.
    private var alike: [[UInt8]: [Int]] = [:]
    /// Those that have joined an article.
    private var joinedByHash: [[UInt8]: [Int]] = [:]
    /// The feed's sightings when the poll began, as far as its last document or this one names them.
    private var before: [KnownSighting]
    private var touched: Set<Int64> = []
    /// Sightings that this document has added.
    private var inserted: Set<Int64> = []
    private var result = Reconciliation()
    private var announcements: Announcements

    /// The feed has held something before: else there is nothing of it to look for.
    private let hasHeld: Bool
    /// Retention has removed something, at some time.
    private let hasTombstones: Bool

    private struct Joined {
        var article: ArticleID
        var rule: Identity.Rule
        /// It is not there any more: the entry is passed over.
        var isRemoved = false
        /// The feed's own sighting that this entry continues.
        var sighting: KnownSighting?
    }

    /// - Parameters:
    ///   - documentModified: the response's `Last-Modified`, where it can be read.
    ///   - record: the raw document that the entries are from, if it is kept.
    ///   - logged: the instant of what the change log is told, where the document is of another.
    static func reconcile(
        _ entries: [EntryDigest], of feed: Feed, homePage: String?, documentModified: Timestamp?,
        extent: DocumentExtent = .whole, record: Int64? = nil, at now: Timestamp, logged: Timestamp? = nil,
        in archive: borrowing ArchiveTransaction
    ) throws -> Reconciliation {
        var reconciler = try Reconciler(
            entries, of: feed, documentModified: documentModified, extent: extent, record: record, at: now,
            logged: logged ?? now, in: archive)
        try reconciler.judgeGuidsAndURLs(homePage: homePage.flatMap(CanonicalURL.of), in: archive)
        try reconciler.joinByGuid(in: archive)
        try reconciler.joinByURL(in: archive)
        try reconciler.announcements.lookBack(in: archive)
        try reconciler.joinByContentOrBegin(in: archive)
        try reconciler.writeSightings(in: archive)
        try reconciler.announcements.write(into: &reconciler.result, in: archive)
        switch extent {
        case .whole: try reconciler.markLeft(in: archive)
        case .older: try reconciler.markOld(in: archive)
        case .delta, .pushed: break
        }
        return reconciler.result
    }

    private init(
        _ entries: [EntryDigest], of feed: Feed, documentModified: Timestamp?, extent: DocumentExtent,
        record: Int64?, at now: Timestamp, logged: Timestamp,
        in archive: borrowing ArchiveTransaction
    ) throws {
        let before = try archive.currentSightings(of: feed.id)
        let hasHeld = try !before.isEmpty || archive.hasSightings(of: feed.id)
        let hasTombstones = try archive.hasTombstones()
        var seen: Set<EntryDigest.CopyKey> = []
        let distinct = entries.filter { seen.insert($0.copyKey).inserted }
        self.feed = feed
        self.entries = distinct
        self.documentModified = documentModified
        self.extent = extent
        self.record = record
        self.now = now
        joined = Array(repeating: nil, count: distinct.count)
        self.before = before
        self.hasHeld = hasHeld
        self.hasTombstones = hasTombstones
        announcements = Announcements(of: feed, extent: extent, entries: distinct.count, at: now, logged: logged)
    }

    // MARK: reliable guids, specific URLs

    private mutating func judgeGuidsAndURLs(homePage: String?, in archive: borrowing ArchiveTransaction) throws {
        let unreliable = Identity.unreliableGuids(entries)
        let shared = Identity.sharedURLs(entries)
        let asksArchive = try archive.hasUnreliable(feed.id)
        /// What a document shows of a value holds for good: it is written down once.
        func isUnreliable(_ kind: UnreliableKind, _ value: String, here: Bool) throws -> Bool {
            if asksArchive, try archive.isUnreliable(kind, value, in: feed.id) { return true }
            if here { try archive.markUnreliable(kind, value, in: feed.id, at: now) }
            return here
        }
        for entry in entries {
            var guid = entry.guid
            if let value = guid {
                let namesASite = Identity.guidNamesASite(entry, homePage: homePage)
                if try isUnreliable(.guid, value, here: unreliable.contains(value) || namesASite) { guid = nil }
            }
            reliableGuid.append(guid)
            var key = entry.urlKey
            if let value = key {
                let namesASite = Identity.namesASite(entry, homePage: homePage)
                if try isUnreliable(.url, String(value), here: shared.contains(value) || namesASite) { key = nil }
            }
            specificURLKey.append(key)
        }
    }

    // MARK: rule 1

    private mutating func joinByGuid(in archive: borrowing ArchiveTransaction) throws {
        var current: [String: KnownSighting] = [:]
        for sighting in before {
            guard let guid = sighting.guid else { continue }
            if let other = current[guid], other.id > sighting.id { continue }
            current[guid] = sighting
        }
        for (index, entry) in entries.enumerated() {
            guard let guid = reliableGuid[index] else { continue }
            guard let known = try current[guid] ?? (hasHeld ? archive.sighting(of: feed.id, guid: guid) : nil) else {
                if hasTombstones, let place = try archive.tombstone(of: feed.id, guid: guid),
                    Identity.continuesRemoved(entry, urlKey: place.urlKey, titleKey: place.titleKey)
                {
                    join(index, Joined(article: place.article, rule: .guid, isRemoved: true))
                }
                continue
            }
            if known.fingerprint != entry.fingerprint {
                let content = try archive.content(known.contentID)
                if try Identity.isRecycled(
                    entry, knownURLKey: known.urlKey, knownTitle: CanonicalForm.title(content?.title),
                    knownText: archive.text(ofContent: known.contentID),
                    knownEnclosures: enclosures(of: known.article, for: entry, in: archive))
                {
                    continue
                }
            }
            join(index, Joined(article: known.article, rule: .guid, sighting: known))
        }
    }

    // MARK: rule 2

    private mutating func joinByURL(in archive: borrowing ArchiveTransaction) throws {
        for (index, entry) in entries.enumerated() where joined[index] == nil {
            guard let key = specificURLKey[index] else { continue }
            let sightings = try archive.sightings(urlKey: key)
            // The feed's own sightings first: they are where the entry most likely continues.
            for known in sightings.filter({ $0.feed == feed.id }) + sightings.filter({ $0.feed != feed.id }) {
                let isSameFeed = known.feed == feed.id
                // What stood there has moved on in this very document.
                if let other = entryOfSighting[known.id], entries[other].urlKey != key { continue }
                if !isSameFeed, try archive.isUnreliable(.url, String(key), in: known.feed) { continue }
                let title = CanonicalForm.title(try archive.content(known.contentID)?.title)
                let sameURL = Identity.SameURL(
                    isSameFeed: isSameFeed,
                    guidsDiffer: try isSameFeed && guidsDiffer(index, known, in: archive), title: title)
                if try Identity.joinsByURL(entry, sameURL, knownText: archive.text(ofContent: known.contentID)) {
                    let sighting = isSameFeed && continues(known, index) ? known : nil
                    join(index, Joined(article: known.article, rule: .url, sighting: sighting))
                    break
                }
            }
            if hasTombstones, joined[index] == nil, let place = try removed(index, urlKey: key, in: archive) {
                join(index, Joined(article: place.article, rule: .url, isRemoved: true))
            }
        }
    }

    private func removed(
        _ index: Int, urlKey: Int64, in archive: borrowing ArchiveTransaction
    ) throws -> TombstonePlace? {
        for place in try archive.tombstones(urlKey: urlKey) {
            let isSameFeed = place.feed == feed.id
            var guidsDiffer = false
            if isSameFeed {
                if let mine = reliableGuid[index], let theirs = place.guid, mine != theirs {
                    guidsDiffer = try !archive.isUnreliable(.guid, theirs, in: feed.id)
                }
            } else if try archive.isUnreliable(.url, String(urlKey), in: place.feed) {
                continue
            }
            if Identity.joinsRemovedByURL(
                entries[index], isSameFeed: isSameFeed, guidsDiffer: guidsDiffer, titleKey: place.titleKey)
            {
                return place
            }
        }
        return nil
    }

    /// Whether an entry is what one of the feed's sightings shows now: a new guid opens a new row.
    private func continues(_ sighting: KnownSighting, _ index: Int) -> Bool {
        if let guid = reliableGuid[index] { return sighting.guid == guid }
        return sighting.urlKey == entries[index].urlKey
            && (sighting.guid == nil || sighting.guid == entries[index].guid)
    }

    private func guidsDiffer(
        _ index: Int, _ known: KnownSighting, in archive: borrowing ArchiveTransaction
    ) throws -> Bool {
        guard let mine = reliableGuid[index], let theirs = known.guid, mine != theirs else { return false }
        return try !archive.isUnreliable(.guid, theirs, in: feed.id)
    }

    // MARK: rules 3 to 5

    private mutating func joinByContentOrBegin(in archive: borrowing ArchiveTransaction) throws {
        if hasHeld, joined.contains(where: { $0 == nil }) {
            alike = Dictionary(grouping: entries.indices) { entries[$0].form.hash }
        }
        let byFingerprint = Dictionary(before.map { ($0.fingerprint, $0) }) { $1 }
        // Documents list the newest first; articles are numbered from the oldest.
        for index in entries.indices.reversed() where joined[index] == nil {
            if let same = byFingerprint[entries[index].fingerprint], !touched.contains(same.id) {
                // To the letter what the last document held: an entry without guid, URL or date that stays.
                join(index, Joined(article: same.article, rule: .instant, sighting: same))
            } else if let known = try articleWithSameContent(index, in: archive) {
                join(index, known)
            } else {
                try begin(index, in: archive)
            }
        }
    }

    private func articleWithSameContent(
        _ index: Int, in archive: borrowing ArchiveTransaction
    ) throws -> Joined? {
        let entry = entries[index]
        if let known = articleWithSameContentHere(index) { return known }
        for content in entry.form.isSubstantial ? try archive.contents(hash: entry.form.hash) : [] {
            if try !isAnotherOfItsKind(index, content.article)
                && !isOfAnEarlierDocument(index, content.article, in: archive),
                Identity.joinsByContent(
                    entry, knownEnclosures: try enclosures(of: content.article, for: entry, in: archive))
            {
                return Joined(article: content.article, rule: .content)
            }
        }
        for article in hasTombstones && entry.form.isSubstantial ? try archive.tombstones(hash: entry.form.hash) : [] {
            if !isAnotherOfItsKind(index, article),
                Identity.joinsByContent(entry, knownEnclosures: try removedEnclosures(article, for: entry, in: archive))
            {
                return Joined(article: article, rule: .content, isRemoved: true)
            }
        }
        // Absent instants are equal within this document alone, which has been looked through.
        guard let instant = entry.instant else { return nil }
        let mayBeHeld = hasHeld || !inserted.isEmpty
        for known in mayBeHeld ? try archive.sightings(of: feed.id, hash: entry.form.hash, instant: instant) : [] {
            if Identity.joinsByInstant(
                entry, specificURLKey: specificURLKey[index], knownInstant: known.instant, knownURLKey: known.urlKey,
                isInThisDocument: false,
                knownEnclosures: try enclosures(of: known.article, for: entry, in: archive))
            {
                return Joined(article: known.article, rule: .instant)
            }
        }
        guard hasTombstones else { return nil }
        for place in try archive.tombstones(of: feed.id, hash: entry.form.hash, instant: instant) {
            if Identity.joinsByInstant(
                entry, specificURLKey: specificURLKey[index], knownInstant: place.instant, knownURLKey: place.urlKey,
                isInThisDocument: false,
                knownEnclosures: try removedEnclosures(place.article, for: entry, in: archive))
            {
                return Joined(article: place.article, rule: .instant, isRemoved: true)
            }
        }
        return nil
    }

    private func removedEnclosures(
        _ article: ArticleID, for entry: EntryDigest, in archive: borrowing ArchiveTransaction
    ) throws -> [String] {
        entry.form.enclosures.isEmpty ? [] : try archive.enclosures(ofTombstone: article)
    }

    /// How many entries of one content are looked at: a document of hundreds of thousands of them must not
    /// hold up everybody's writes.
    private static let mostAlike = 64

    /// Rules 3 and 4 within the document, whose new contents are not in the archive yet.
    private func articleWithSameContentHere(_ index: Int) -> Joined? {
        let entry = entries[index]
        for other in (joinedByHash[entry.form.hash] ?? []).suffix(Reconciler.mostAlike) {
            guard let (article, isRemoved) = joined[other].map({ ($0.article, $0.isRemoved) }) else { continue }
            if !isAnotherOfItsKind(index, article),
                Identity.joinsByContent(entry, knownEnclosures: entries[other].form.enclosures)
            {
                return Joined(article: article, rule: .content, isRemoved: isRemoved)
            }
            if Identity.joinsByInstant(
                entry, specificURLKey: specificURLKey[index], knownInstant: entries[other].instant,
                knownURLKey: entries[other].urlKey, isInThisDocument: true,
                knownEnclosures: entries[other].form.enclosures)
            {
                return Joined(article: article, rule: .instant, isRemoved: isRemoved)
            }
        }
        return nil
    }

    /// Whether this document holds the article under another specific URL and of another instant: one text,
    /// many articles, as in a weekly "open thread" with its boilerplate.
    private func isAnotherOfItsKind(_ index: Int, _ article: ArticleID) -> Bool {
        guard let mine = specificURLKey[index] else { return false }
        return (entriesOf[article] ?? []).suffix(Reconciler.mostAlike).contains { other in
            guard let theirs = specificURLKey[other] else { return false }
            return mine != theirs && entries[other].instant != entries[index].instant
        }
    }

    /// Whether the feed has held the article under another specific URL and of another instant, and the text is boilerplate
    /// by this very document: the thread of an earlier week.
    private func isOfAnEarlierDocument(
        _ index: Int, _ article: ArticleID, in archive: borrowing ArchiveTransaction
    ) throws -> Bool {
        let (entry, url) = (entries[index], specificURLKey[index])
        guard hasHeld, let url else { return false }
        let isBoilerplate = (alike[entry.form.hash] ?? []).suffix(Reconciler.mostAlike).contains { other in
            entries[other].instant != entry.instant && specificURLKey[other].map { $0 != url } ?? false
        }
        guard isBoilerplate else { return false }
        let own = try archive.sightings(of: article, in: feed.id)
        return !own.isEmpty && own.allSatisfy { $0.urlKey != nil && $0.urlKey != url && $0.instant != entry.instant }
    }

    private func enclosures(
        of article: ArticleID, for entry: EntryDigest, in archive: borrowing ArchiveTransaction
    ) throws -> [String] {
        if entry.form.enclosures.isEmpty { return [] }
        return try archive.attachmentURLs(of: article).compactMap(CanonicalURL.ofEnclosure)
    }

    private mutating func begin(_ index: Int, in archive: borrowing ArchiveTransaction) throws {
        let entry = entries[index]
        let guid = reliableGuid[index]
        let (article, sighting) = try archive.insertArticle(
            entry.content, sighting: { entry.sighting(guid: guid, contentID: $0) }, in: feed.id,
            rule: Identity.Rule.new.rawValue, modified: entry.entry.modified, record: record, isLogged: false, at: now)
        join(index, Joined(article: article, rule: .new))
        touched.insert(sighting)
        inserted.insert(sighting)
        result.new += 1
        announcements.new(article, instant: entry.instant, entry: index)
    }

    private mutating func join(_ index: Int, _ value: Joined) {
        joined[index] = value
        entriesOf[value.article, default: []].append(index)
        joinedByHash[entries[index].form.hash, default: []].append(index)
        if let sighting = value.sighting {
            entryOfSighting[sighting.id] = index
            touched.insert(sighting.id)
            result.known += 1
        } else if value.isRemoved {
            result.known += 1
        }
    }

    // MARK: sightings, contents, revisions

    private mutating func writeSightings(in archive: borrowing ArchiveTransaction) throws {
        var changed: [ArticleID: [Int]] = [:]
        for (index, value) in joined.enumerated() {
            guard let value, value.rule != .new, !value.isRemoved else { continue }
            if extent == .older, value.sighting != nil { continue }
            if isUnchanged(index), let sighting = value.sighting {
                announcements.held(entry: index)
                if !sighting.isCurrent, extent != .pushed { try archive.markCurrent(sighting: sighting.id) }
                if let record, sighting.record == nil { try archive.link(sighting: sighting.id, record: record) }
            } else {
                changed[value.article, default: []].append(index)
            }
        }
        for (article, indices) in changed.sorted(by: { $0.key < $1.key }) {
            try write(indices, of: article, in: archive)
        }
    }

    private func isUnchanged(_ index: Int) -> Bool {
        joined[index]?.sighting?.fingerprint == entries[index].fingerprint
    }

    /// Writes the changed entries of the document that are one article known before, or begun by another
    /// entry of this document.
    private mutating func write(
        _ indices: [Int], of article: ArticleID, in archive: borrowing ArchiveTransaction
    ) throws {
        guard let head = try archive.head(of: article) else { return }
        let own = try archive.sightings(of: article, in: feed.id)
        if extent == .older, own.contains(where: { !inserted.contains($0.id) }) { return }
        let isNewHere = own.isEmpty
        // What the feed showed of the article before this poll, in its latest document that held it.
        let latest = own.map { $0.lastSeen ?? .max }.max()
        let shownBefore = own.filter { ($0.lastSeen ?? .max) == latest }.map(\.contentID)
        var revision = head.revision
        var churns = false
        var longest = isNewHere ? try archive.content(head.shownContent)?.length ?? 0 : 0
        let before = own.filter { !inserted.contains($0.id) }

        for index in indices {
            let entry = entries[index]
            let sighting = joined[index]?.sighting ?? own.first { continues($0, index) }
            if let sighting { touched.insert(sighting.id) }
            let previous = sighting?.contentID ?? shownBefore.first
            let stored = try stored(index, of: article, previous, shownBefore, in: archive)

            var isRevision = false
            if isNewHere {
                // A further feed makes a revision only by a content that nobody had and that comes to be shown: a fuller
                // one, or the own site's in place of a stranger's.
                isRevision =
                    try stored == nil && entry.form.length != longest && isToBeShown(entry, of: article, in: archive)
                longest = max(longest, entry.form.length)
            } else if !shownBefore.contains(where: { $0 == stored?.id }) {
                switch try change(to: stored?.id, from: previous, index, sighting, article, revision, in: archive) {
                case .edit: isRevision = true
                case .catchesUp: break
                case .staleCopy:
                    announcements.held(entry: index)
                    if let sighting, !sighting.isCurrent, extent != .pushed {
                        try archive.markCurrent(sighting: sighting.id)
                    }
                    continue
                }
            }

            if let known = sighting ?? before.first, !inserted.contains(known.id) {
                announcements.held(
                    entry: index, of: article, guid: reliableGuid[index], instant: entry.instant, known: known,
                    before: before)
            }
            let contentID = try stored?.id ?? archive.insertContent(entry.content, of: article)
            let shown = entry.sighting(guid: reliableGuid[index], contentID: contentID)
            if let sighting {
                try archive.updateSighting(sighting.id, shown, of: article, record: record)
                if sighting.id == head.shownSighting, stored != nil {
                    try archive.updateMarkup(ofContent: contentID, entry.content)
                }
            } else {
                let added = try archive.insertSighting(
                    shown, of: article, in: feed.id, rule: joined[index]?.rule.rawValue ?? 0, record: record, at: now)
                touched.insert(added)
                inserted.insert(added)
            }
            if isRevision {
                revision += 1
                let place = RevisionThinning.place(
                    after: try archive.newestState(of: article, from: feed.id), lastPoll: feed.poll.lastSuccess, at: now
                )
                churns = churns || RevisionThinning.isChurn(place: place)
                try archive.insertRevision(
                    revision, of: article, content: contentID, feed: feed.id, modified: entry.entry.modified,
                    place: place, record: record, at: now)
                try archive.setRevision(revision, of: article)
                result.revised += 1
                if !isNewHere {
                    if let previous, !isStillShown(previous, of: article) {
                        try archive.markSuperseded(content: previous, true)
                    }
                    try archive.markSuperseded(content: contentID, false)
                }
            }
        }
        try archive.markForIndexing(article)
        let entry = indices.min() ?? 0
        if isNewHere {
            result.duplicates += 1
            announcements.duplicate(
                article, revision: revision, instant: indices.compactMap { entries[$0].instant }.min(), entry: entry)
        }
        announcements.revised(
            article, from: head.revision, to: revision, isEdit: !before.isEmpty, entry: entry)
        if let shown = try Identity.shown(
            archive.showCandidates(of: article),
            text: { try archive.text(ofContent: $0, atMost: Identity.mostCompared) }),
            shown.sighting != head.shownSighting || shown.content != head.shownContent
        {
            try archive.show(content: shown.content, sighting: shown.sighting, of: article)
        }
        if churns {
            result.churning += 1
            try archive.removeRevisions(RevisionThinning.thinned(archive.states(of: article)), of: article)
        }
    }

    private func isToBeShown(
        _ entry: EntryDigest, of article: ArticleID, in archive: borrowing ArchiveTransaction
    ) throws -> Bool {
        // It has no number yet.
        let new: Int64 = -1
        let candidate = ShowCandidate(
            sighting: .max, content: new, feed: feed.id, feedURL: feed.poll.url, url: entry.entry.url,
            length: entry.form.length, isSuperseded: false, lastSeen: .max)
        let shown = try Identity.shown(archive.showCandidates(of: article) + [candidate]) { content in
            try content == new ? entry.form.text : archive.text(ofContent: content, atMost: Identity.mostCompared)
        }
        return shown?.content == new
    }

    /// The article's content that says what an entry says. Of several, one that the feed showed before; else the one of
    /// the newest revision.
    private func stored(
        _ index: Int, of article: ArticleID, _ previous: Int64?, _ shownBefore: [Int64],
        in archive: borrowing ArchiveTransaction
    ) throws -> KnownContent? {
        let equal = try archive.contents(of: article, hash: entries[index].form.hash)
        guard equal.count > 1 else { return equal.first }
        if let same = equal.first(where: { $0.id == previous }) ?? equal.first(where: { shownBefore.contains($0.id) }) {
            return same
        }
        let newest = try archive.revisions(of: article).first { revision in
            equal.contains { $0.id == revision.contentID }
        }
        return equal.first { $0.id == newest?.contentID } ?? equal.first
    }

    /// Another entry of this document shows the content, as before.
    private func isStillShown(_ content: Int64, of article: ArticleID) -> Bool {
        (entriesOf[article] ?? []).contains { joined[$0]?.sighting?.contentID == content && isUnchanged($0) }
    }

    // MARK: what has changed

    private func change(
        to content: Int64?, from previous: Int64?, _ index: Int, _ sighting: KnownSighting?, _ article: ArticleID,
        _ latest: Int, in archive: borrowing ArchiveTransaction
    ) throws -> Identity.Change {
        let entry = entries[index]
        guard let content else {
            // Hubs deliver out of order, and again: what is older than what stands here comes too late.
            if extent == .pushed, let updated = entry.entry.modified, let known = sighting?.modified, updated < known {
                return .staleCopy
            }
            return .edit
        }
        let revisions = try archive.revisions(of: article)
        let isOlder: Bool =
            if let updated = entry.entry.modified, let known = sighting?.modified {
                // What a hub sends may be a delivery that it repeats late: an earlier state is one only with a later date.
                updated < known || extent == .pushed && updated == known
            } else if extent == .pushed {
                true
            } else if let published = entry.entry.published, let known = sighting?.published, published > known {
                // No cache has kept what bears a newer date.
                false
            } else if entry.entry.modified == nil, let documentModified, let known = feed.poll.documentModified {
                documentModified < known
            } else {
                false
            }
        return Identity.change(
            newest: revisions.first { $0.contentID == content }?.number,
            previous: revisions.first { $0.contentID == previous }?.number, latest: latest, isOlder: isOlder)
    }

    // MARK: what has left

    private func markLeft(in archive: borrowing ArchiveTransaction) throws {
        for sighting in before where !touched.contains(sighting.id) {
            try archive.markLeft(sighting: sighting.id, lastSeen: feed.poll.lastSuccess ?? now)
        }
    }

    /// What an older page has added is not in the feed's latest document.
    private func markOld(in archive: borrowing ArchiveTransaction) throws {
        for sighting in inserted { try archive.markLeft(sighting: sighting, lastSeen: now) }
    }
}
