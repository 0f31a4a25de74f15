public import Archive
import FeedModel

extension ContentHasher {
    /// The canonical form as this program has it.
    public static let current = ContentHasher(
        form: CanonicalForm.version,
        hash: { title, text, enclosures in
            let form = CanonicalForm(title: title, plainText: text, enclosures: enclosures)
            return (form.hash, form.length)
        },
        urlKey: { url, origLink in EntryDigest.canonicalURL(url, origLink: origLink).map(EntryDigest.key) })
}

/// Brings an archive's hashes and URL keys to the canonical form of this program, where an earlier one has made them.
///
/// Entries are held against the archive by one form alone, so this comes before the first poll of a newer program. It
/// goes by batches, each in a transaction with the place that it has reached: it may be killed at any time, and goes on
/// from there.
///
/// What was decided stays decided. Two articles whose contents have become equal stay two: no reader's reference to one of
/// them breaks, and an entry that says the same joins the older. Two states of one article that have become equal stay
/// its revisions, each as it was published. Content without text whose enclosures an earlier program did not keep
/// keeps the hash that it has.
public struct Rehash: Sendable {
    /// What was gone over.
    public struct Summary: Hashable, Sendable {
        public var contents = 0
        public var sightings = 0
        /// Contents that keep an earlier form's hash.
        public var left = 0
        /// All is of the program's form now; `false` where it was told to stop.
        public var isComplete = false

        public init() {}
    }

    private let batch: Int

    private let archive: Archive
    private let form: ContentHasher

    /// - Parameters:
    ///   - form: of which everything is to be.
    ///   - batch: rows of one transaction; other writers wait for some tens of milliseconds.
    public init(_ archive: Archive, form: ContentHasher = .current, batch: Int = 1000) {
        self.archive = archive
        self.form = form
        self.batch = batch
    }

    /// - Parameters:
    ///   - progress: called before the first batch and after each, with how many rows of about how many are done. Not
    ///     called where nothing is to do.
    ///   - mayGoOn: asked before each batch.
    /// - Throws: `ArchiveError.newerForm` if a newer program has been here.
    public func run(
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }, mayGoOn: () -> Bool = { true }
    ) async throws -> Summary {
        var summary = Summary()
        let (form, batch) = (form, batch)
        var (state, total) = try await archive.write { archive in
            var state = try archive.canonicalState()
            if state.form != form.form, state.form < form.form {
                // Where it had not come to an end for a form in between, too: every row says of which form it is.
                state = CanonicalState(form: form.form, content: 0, sighting: 0)
                try archive.set(state)
            }
            return (state, try archive.rowsBehind(state))
        }
        guard state.form == form.form else {
            throw ArchiveError.newerForm(path: archive.path, form: state.form, supported: form.form)
        }
        if total > 0 { progress(0, total) }
        while !state.isComplete(form.form) {
            guard mayGoOn() else { return summary }
            let before = state
            let done = try await archive.write { try Rehash.step(from: before, form, batch, in: $0) }
            state = done.state
            summary.contents += done.contents
            summary.sightings += done.sightings
            summary.left += done.left
            let count = summary.contents + summary.sightings + summary.left
            total = max(total, count)
            if total > 0 { progress(count, total) }
        }
        summary.isComplete = true
        return summary
    }

    private struct Step: Sendable {
        var state: CanonicalState
        var contents = 0
        var sightings = 0
        var left = 0
    }

    private static func step(
        from state: CanonicalState, _ form: ContentHasher, _ batch: Int, in archive: borrowing ArchiveTransaction
    ) throws -> Step {
        var step = Step(state: state)
        if let position = state.content {
            let contents = try archive.hashedContents(after: position, limit: batch)
            var shortened: Set<ArticleID> = []
            for content in contents {
                if content.form == form.form {
                    step.contents += 1
                    continue
                }
                guard content.isKnown else {
                    step.left += 1
                    continue
                }
                var enclosures = content.enclosures ?? []
                var (hash, length) = form.hash(content.title, content.text, enclosures)
                if length == 0, content.length > 0 {
                    // What was its text is furniture to the new form.
                    enclosures = try archive.shownEnclosures(ofContent: content.id)
                    (hash, length) = form.hash(content.title, content.text, enclosures)
                }
                try archive.setHash(
                    hash, length: length, form: form.form, enclosures: enclosures, ofContent: content.id)
                if length != content.length { shortened.insert(content.article) }
                step.contents += 1
            }
            for article in shortened { try show(article, in: archive) }
            step.state.content = contents.count < batch ? nil : contents.last?.id
        } else if let position = state.sighting {
            let sightings = try archive.keyedSightings(after: position, limit: batch)
            for sighting in sightings {
                let key = form.urlKey(sighting.url, sighting.origLink)
                if key != sighting.key { try archive.setURLKey(key, of: sighting) }
                step.sightings += 1
            }
            step.state.sighting = sightings.count < batch ? nil : sightings.last?.id
        }
        try archive.set(step.state)
        return step
    }

    /// Which content is the fullest is a matter of their lengths.
    private static func show(_ article: ArticleID, in archive: borrowing ArchiveTransaction) throws {
        guard let head = try archive.head(of: article),
            let shown = try Identity.shown(
                archive.showCandidates(of: article),
                text: { try archive.text(ofContent: $0, atMost: Identity.mostCompared) }),
            shown.sighting != head.shownSighting || shown.content != head.shownContent
        else { return }
        try archive.show(content: shown.content, sighting: shown.sighting, of: article)
        try archive.markForIndexing(article)
    }
}
