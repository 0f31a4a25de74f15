import Archive
import FeedModel

/// What a document's entries have the change log tell, and the signs by which that is a flood: gathered while they are
/// reconciled, written when all of them are.
struct Announcements {
    private struct Line {
        var kind: FloodShare
        var article: ArticleID
        var revision: Int
        /// Of what the feed had not held before.
        var arrival: Flood.Arrival?
        var entry: Int
    }

    private let feed: Feed
    private let extent: DocumentExtent
    private let now: Timestamp
    private let logged: Timestamp
    private var signs = Flood.Signs()
    /// In the change log's order.
    private var lines: [Line] = []
    /// Articles whose guid or instant in this feed is another than before.
    private var moved: [ArticleID] = []
    /// The last entry of an article that the feed held before.
    private var lastHeld = -1

    /// - Parameters:
    ///   - entries: how many the document has.
    ///   - logged: the instant of what the change log is told.
    init(of feed: Feed, extent: DocumentExtent, entries: Int, at now: Timestamp, logged: Timestamp) {
        self.feed = feed
        self.extent = extent
        self.now = now
        self.logged = logged
        signs.entries = entries
        signs.isWhole = extent == .whole
    }

    /// Asks what a flood is judged by, before this document's entries are written.
    mutating func lookBack(in archive: borrowing ArchiveTransaction) throws {
        guard extent != .older, signs.entries >= Flood.least else { return }
        signs.newest = try archive.newestInstant(of: feed.id, upTo: now)
        signs.last = try archive.lastFloods(of: feed.id)
        signs.usual = feed.poll.posting.usualArrivals(since: feed.poll.lastSuccess, at: now)
    }

    // MARK: gathering

    mutating func new(_ article: ArticleID, instant: Timestamp?, entry: Int) {
        lines.append(
            Line(kind: .new, article: article, revision: 1, arrival: Flood.Arrival(instant: instant), entry: entry))
    }

    mutating func duplicate(_ article: ArticleID, revision: Int, instant: Timestamp?, entry: Int) {
        lines.append(
            Line(
                kind: .duplicate, article: article, revision: revision, arrival: Flood.Arrival(instant: instant),
                entry: entry))
    }

    /// - Parameter isEdit: of what the feed held before.
    mutating func revised(_ article: ArticleID, from old: Int, to new: Int, isEdit: Bool, entry: Int) {
        if isEdit, new > old { signs.edits += 1 }
        for revision in old..<new {
            lines.append(Line(kind: .revised, article: article, revision: revision + 1, entry: entry))
        }
    }

    /// An entry is of an article that the feed held before.
    mutating func held(entry: Int) {
        signs.held += 1
        lastHeld = max(lastHeld, entry)
    }

    /// The same, and it does not say to the letter what it said.
    ///
    /// - Parameter before: what the feed showed of the article before this poll; `known` is what the entry continues.
    mutating func held(
        entry: Int, of article: ArticleID, guid: String?, instant: Timestamp?, known: KnownSighting,
        before: [KnownSighting]
    ) {
        held(entry: entry)
        var isMoved = false
        if let guid, let other = known.guid, guid != other, !before.contains(where: { $0.guid == guid }) {
            signs.withOtherGuid += 1
            isMoved = true
        }
        if let instant, let other = known.instant, instant != other, !before.contains(where: { $0.instant == instant })
        {
            signs.withOtherInstant += 1
            isMoved = true
        }
        if isMoved, moved.last != article { moved.append(article) }
    }

    // MARK: writing

    /// Writes the change log's lines: one each, or one for those of a flood.
    mutating func write(into result: inout Reconciliation, in archive: borrowing ArchiveTransaction) throws {
        let isUndated = !lines.contains { $0.arrival?.instant != nil }
        signs.arrivals = lines.compactMap { line in
            line.arrival.map {
                Flood.Arrival(instant: $0.instant, isBehindKnown: isUndated && line.entry > lastHeld)
            }
        }
        // Older pages are asked for to be read: what they bring is told of as news of long ago.
        var finding = extent == .older ? .none : Flood.judge(signs, at: now)
        if case .habit(let reason) = finding {
            try archive.noteAgain(reason, of: feed.id, at: now)
            finding = .none
        }
        guard case .flood(let flood) = finding else {
            for line in lines { try log(line, into: &result, in: archive) }
            return
        }
        let (members, news) = split(by: flood)
        let arrived = lines.count { $0.arrival != nil } - news.count { $0.arrival != nil }
        result.flooded += arrived
        result.firstSightings += arrived
        let moves = try places(besides: Set(members.map(\.article)), in: archive)
        try archive.appendFlood(
            flood.reason, entries: flood.entries, of: feed.id,
            articles: members.map { ($0.article, $0.kind, $0.revision) } + moves, at: logged)
        for line in news { try log(line, into: &result, in: archive) }
    }

    /// The lines that a flood stands for, and those that are news nonetheless.
    private func split(by flood: Flood) -> (members: [Line], news: [Line]) {
        var members: [Line] = []
        var news: [Line] = []
        var told: Set<ArticleID> = []
        var arrived: Set<ArticleID> = []
        var arrivals = signs.arrivals[...]
        for line in lines {
            let isTaken =
                if line.arrival != nil, let arrival = arrivals.popFirst() {
                    flood.takes(arrival, signs)
                } else {
                    // A further feed's fuller form belongs to its first sighting there.
                    told.contains(line.article) || flood.takesEdits && !arrived.contains(line.article)
                }
            if isTaken {
                told.insert(line.article)
                members.append(line)
            } else {
                arrived.insert(line.article)
                news.append(line)
            }
        }
        return (members, news)
    }

    private func places(
        besides told: Set<ArticleID>, in archive: borrowing ArchiveTransaction
    ) throws -> [(article: ArticleID, share: FloodShare, revision: Int)] {
        var places: [(article: ArticleID, share: FloodShare, revision: Int)] = []
        for article in moved where !told.contains(article) {
            places.append((article, .place, try archive.head(of: article)?.revision ?? 1))
        }
        return places
    }

    private func log(
        _ line: Line, into result: inout Reconciliation, in archive: borrowing ArchiveTransaction
    ) throws {
        let kind: ChangeKind
        switch line.kind {
        case .new: kind = .new
        case .duplicate: kind = .duplicate
        case .revised, .place: kind = .revised
        }
        try archive.appendChange(kind, article: line.article, revision: line.revision, feed: feed.id, at: logged)
        if let arrival = line.arrival {
            result.firstSightings += 1
            result.arrivals.append(arrival.instant)
        }
    }
}
