public import Archive
public import FeedModel
import FeedParse

/// Reads a feed's kept documents with today's parser, and brings what is stored up to what it makes of them:
///
/// ```
/// kept documents, newest first → read → what came from this one → correct, revise
///                                  └──→ what was never seen    → reconcile
/// ```
///
/// Every sighting names the document that says what it is now. It is held against that document and no other, so that
/// nothing that has been replaced since comes back. Entries that no document's reading had found before are new articles,
/// first seen when their document came. What stands in the feed's latest document and what has left it, validators and
/// schedule stay as they are. A second time there is nothing to do.
public struct Reparse: Sendable {
    public struct Change: Hashable, Sendable {
        public enum Kind: String, Hashable, Sendable {
            /// An article that had not been found.
            case new
            /// An article that stood in other feeds, and had not been found in this one.
            case duplicate
            /// What an article shows, or its newest state, says something else.
            case revised
            /// The entry reads otherwise, and the article's state is the same.
            case corrected
        }

        public var kind: Kind
        public var title: String?
        public var url: String?
        /// Of the document, `warc/FILE@OFFSET`.
        public var place: String
        /// `nil` for one that is there only from now on.
        public var article: ArticleID?
    }

    public struct Result: Sendable {
        public var documents = 0
        public var changes: [Change] = []
        /// Where a document stands, and why it was not read.
        public var unreadable: [(place: String, reason: String)] = []

        public func count(_ kind: Change.Kind) -> Int { changes.count { $0.kind == kind } }
    }

    private let archive: Archive
    private let since: Timestamp?
    private let now: Timestamp

    /// - Parameter since: documents that came before are not read.
    public init(_ archive: Archive, since: Timestamp?, now: Timestamp) {
        self.archive = archive
        self.since = since
        self.now = now
    }

    /// In one transaction.
    ///
    /// - Parameter isRehearsal: nothing is written; the result is what would be.
    public func run(_ feed: Feed, isRehearsal: Bool) async throws -> Result {
        if isRehearsal { return try await archive.rehearse { try read(feed, in: $0) } }
        return try await archive.write { try read(feed, in: $0) }
    }

    private func read(_ feed: Feed, in transaction: borrowing ArchiveTransaction) throws -> Result {
        var result = Result()
        let last = try transaction.lastWholeRecord(of: feed.id)
        // Others may have come while none were kept.
        let latest = last.flatMap { $0.at == feed.poll.lastDocument ? $0.record : nil }
        var figures = PollFigures(outcome: .changed, bytes: 0, duration: .zero)
        var firstSightings = 0
        var position = Int64.max
        while let record = try transaction.keptRecord(of: feed.id, before: position, since: since) {
            position = record.id
            result.documents += 1
            let document: ParsedFeed
            switch archive.body(of: record) {
            case .failure(let failure):
                result.unreadable.append((record.place, failure.reason))
                continue
            case .success(let body):
                // As when it came: see `PollAttempt.document`.
                let isFile = WebURL(record.url)?.filePath != nil
                let context = DocumentContext(url: isFile ? nil : record.url, contentType: record.contentType)
                switch FeedReader.read(body, context: context) {
                case .failure(let reason):
                    result.unreadable.append((record.place, "it is read as no feed: \(reason.message)"))
                    continue
                case .success(let feed): document = feed
                }
            }
            var rereading = Rereading(record, document, of: feed, isLatest: record.id == latest, now: now)
            try rereading.correct(in: transaction)
            let brought = try rereading.addMissed(in: transaction)
            result.changes += rereading.changes
            figures.new += brought.new
            figures.revised += brought.revised + rereading.revised
            figures.duplicates += brought.duplicates
            firstSightings += brought.firstSightings
        }
        if !result.changes.isEmpty {
            try transaction.logPage(figures, of: feed.id, firstSightings: firstSightings, at: now)
        }
        return result
    }
}

/// One kept document, read again.
private struct Rereading {
    private let record: KeptRecord
    private let document: ParsedFeed
    private let entries: [EntryDigest]
    private let feed: Feed
    private let isLatest: Bool
    private let now: Timestamp
    /// Those that no sighting from this document stands for.
    private var rest: [Int]
    private(set) var changes: [Reparse.Change] = []
    private(set) var revised = 0

    init(_ record: KeptRecord, _ document: ParsedFeed, of feed: Feed, isLatest: Bool, now: Timestamp) {
        self.record = record
        self.document = document
        self.feed = feed
        self.isLatest = isLatest
        self.now = now
        var seen: Set<EntryDigest.CopyKey> = []
        entries = document.entries.map(EntryDigest.init).filter { seen.insert($0.copyKey).inserted }
        rest = Array(entries.indices)
    }

    // MARK: what came from this document

    /// Finds each sighting's entry: the same to the letter, else by guid, else by URL, else by what it says.
    mutating func correct(in archive: borrowing ArchiveTransaction) throws {
        var sightings = try archive.sightings(record: record.id)
        guard !sightings.isEmpty else { return }
        let unreliable = Identity.unreliableGuids(entries)
        _ = pair(&sightings, by: \.fingerprint, \.fingerprint, needsOne: false)
        var changed = pair(&sightings, by: \.guid, \.guid)
        changed += pair(&sightings, by: \.urlKey, \.urlKey)
        if !sightings.isEmpty {
            var hashes: [Int64: [UInt8]] = [:]
            for sighting in sightings { hashes[sighting.id] = try archive.content(sighting.contentID)?.hash }
            changed += pair(&sightings, by: { hashes[$0.id] }, \.form.hash)
        }
        for (sighting, index) in changed {
            var guid = entries[index].guid
            if let value = guid, value != sighting.guid {
                if try unreliable.contains(value) || archive.isUnreliable(.guid, value, in: feed.id) { guid = nil }
                // Another place bears it by now.
                if try archive.sighting(of: feed.id, guid: value) != nil { guid = sighting.guid }
            }
            try correct(sighting, entries[index], guid: guid, in: archive)
        }
    }

    /// Takes sightings and entries with the same key off both lists.
    ///
    /// - Parameter needsOne: a key that several bear tells nothing.
    private mutating func pair<Key: Hashable>(
        _ sightings: inout [KnownSighting], by key: (KnownSighting) -> Key?, _ keyOfEntry: (EntryDigest) -> Key?,
        needsOne: Bool = true
    ) -> [(KnownSighting, Int)] {
        if sightings.isEmpty || rest.isEmpty { return [] }
        var pairs: [(KnownSighting, Int)] = []
        var entriesOfKey: [Key: [Int]] = [:]
        for index in rest { if let key = keyOfEntry(entries[index]) { entriesOfKey[key, default: []].append(index) } }
        var sightingsOfKey: [Key: Int] = [:]
        for sighting in sightings { if let key = key(sighting) { sightingsOfKey[key, default: 0] += 1 } }
        var taken: Set<Int> = []
        sightings.removeAll { sighting in
            guard let key = key(sighting), let indices = entriesOfKey[key], let index = indices.last else {
                return false
            }
            if needsOne {
                guard indices.count == 1, sightingsOfKey[key] == 1 else { return false }
            }
            pairs.append((sighting, index))
            taken.formUnion(indices)
            return true
        }
        rest.removeAll(where: taken.contains)
        return pairs
    }

    private mutating func correct(
        _ sighting: KnownSighting, _ entry: EntryDigest, guid: String?, in archive: borrowing ArchiveTransaction
    ) throws {
        let article = sighting.article
        guard let head = try archive.head(of: article), let newest = try archive.newestRevision(of: article)
        else { return }
        let equal = try archive.contents(of: article, hash: entry.form.hash)
        let stored = equal.first { $0.id == sighting.contentID } ?? equal.first
        let content = try stored?.id ?? archive.insertContent(entry.content, of: article)
        try archive.correctSighting(sighting.id, entry.sighting(guid: guid, contentID: content), of: article)
        var isRevision = false
        if content == sighting.contentID {
            if sighting.id == head.shownSighting { try archive.updateMarkup(ofContent: content, entry.content) }
        } else {
            // An earlier state of an article that has gone on since is set right where it stands, and is no news.
            let isNewest = sighting.contentID == newest.content && newest.feed == feed.id
            if isNewest || sighting.id == head.shownSighting {
                isRevision = content != newest.content
                try archive.markSuperseded(content: sighting.contentID, true)
                try archive.markSuperseded(content: content, false)
            }
        }
        if let shown = try Identity.shown(
            archive.showCandidates(of: article),
            text: { try archive.text(ofContent: $0, atMost: Identity.mostCompared) }),
            shown.sighting != head.shownSighting || shown.content != head.shownContent
        {
            try archive.show(content: shown.content, sighting: shown.sighting, of: article)
            if shown.content == content, content != head.shownContent, content != newest.content { isRevision = true }
        }
        if isRevision {
            try archive.insertRevision(
                head.revision + 1, of: article, content: content, feed: feed.id, modified: entry.entry.modified,
                record: record.id, at: now)
            try archive.setRevision(head.revision + 1, of: article)
            try archive.appendChange(.revised, article: article, revision: head.revision + 1, feed: feed.id, at: now)
            revised += 1
        }
        try archive.markForIndexing(article)
        note(isRevision ? .revised : .corrected, entry, article)
    }

    private mutating func note(_ kind: Reparse.Change.Kind, _ entry: EntryDigest, _ article: ArticleID?) {
        changes.append(
            Reparse.Change(
                kind: kind, title: entry.entry.titleText, url: entry.entry.url, place: record.place, article: article))
    }

    // MARK: what was never seen

    /// Reconciles the entries that the feed has never shown, as far as the archive knows. Those that nothing but their
    /// words tells from others are left alone: they might be known by other words.
    mutating func addMissed(in archive: borrowing ArchiveTransaction) throws -> Reconciliation {
        let guids = Identity.unreliableGuids(entries)
        let urls = Identity.sharedURLs(entries)
        var missed: [EntryDigest] = []
        for index in rest {
            let entry = entries[index]
            let isReliable = try entry.guid.map {
                try !guids.contains($0) && !archive.isUnreliable(.guid, $0, in: feed.id)
            }
            let guid = isReliable == true ? entry.guid : nil
            let isSpecific = try entry.urlKey.map {
                try !urls.contains($0) && !archive.isUnreliable(.url, String($0), in: feed.id)
            }
            guard guid != nil || isSpecific == true,
                try !archive.hasShown(feed.id, guid: guid, urlKey: entry.urlKey, hash: entry.form.hash)
            else { continue }
            // What the whole document says of them, of which only a part goes through the rules.
            if let value = entry.guid, guids.contains(value) {
                try archive.markUnreliable(.guid, value, in: feed.id, at: now)
            }
            if let key = entry.urlKey, urls.contains(key) {
                try archive.markUnreliable(.url, String(key), in: feed.id, at: now)
            }
            missed.append(entry)
        }
        guard !missed.isEmpty else { return Reconciliation() }
        let before = Set(try archive.sightings(record: record.id).map(\.id))
        let brought = try Reconciler.reconcile(
            missed, of: feed, homePage: document.homePageURL ?? feed.poll.homePageURL, documentModified: nil,
            extent: isLatest ? .pushed : .older, record: record.id, at: record.at, logged: now, in: archive)
        for sighting in try archive.sightings(record: record.id) where !before.contains(sighting.id) {
            guard let entry = missed.first(where: { $0.fingerprint == sighting.fingerprint }) else { continue }
            note(try archive.hasBegun(sighting: sighting.id) ? .new : .duplicate, entry, sighting.article)
        }
        return brought
    }
}
