public import Archive
import FeedFetch
public import FeedModel
import FeedParse

/// One page of a walk back through a feed's older pages:
///
/// ```
/// position → fetch → judge → read → reconcile → next position
///                                   │_______________________│
///                                        one transaction
/// ```
///
/// Between two pages the feed stands in the queue like any other that is due, so that a walk keeps to the limits of
/// hosts and holds up nobody. A page that fails is the walk's business and never the feed's: it is asked for again
/// later.
struct BackfillStep: Sendable {
    /// How many pages a walk reads at the most: beyond that it is no feed's history but a calendar without end.
    static let mostPages = 100

    let fetcher: FeedFetcher
    let archive: Archive
    let time: any TimeSource
    let room: ReadingRoom
    let jitter: Double

    struct Result: Sendable {
        /// `nil` for a page that was abandoned: nothing was written.
        var report: PageReport?
        /// The host that the step still holds in the queue.
        var heldHost: String?
    }

    /// - Parameter walk: its page's host has been entered.
    func run(_ walk: Backfill, of feed: Feed, settings: FeedPollSettings) async throws -> Result {
        let outcome = await fetcher.fetch(settings.request(forPage: walk.url, of: feed))
        let now = time.now
        guard let seat = await room.seat(for: outcome.bodyBytes, of: feed, archive.marks) else {
            return Result(heldHost: outcome.heldHost)
        }
        let report: PageReport
        do {
            let record = try await seat.run { [keepsRaw = settings.keepsRaw] in
                var record = PageRecord(
                    feed: feed, walk: walk, outcome: outcome, rules: settings.rules, now: now, jitter: jitter)
                if keepsRaw, record?.isPage == true, case .response(let response) = outcome {
                    record?.raw = try KeptDocument(response, .older, of: feed, in: archive, at: now)?.packed()
                }
                return record
            }
            guard let record else { return Result(heldHost: outcome.heldHost) }
            report = try await archive.write { transaction in try seat.marked { try record.commit(in: transaction) } }
        } catch let error as ArchiveError where error.isPassing && archive.waitsOut {
            return Result(heldHost: outcome.heldHost)
        }
        // Until here the document counts against the memory that transfers may take.
        return withExtendedLifetime((outcome, seat)) { Result(report: report, heldHost: outcome.heldHost) }
    }
}

/// What a page of a walk did.
public struct PageReport: Sendable {
    public var feed: Feed
    /// Of the page.
    public var url: String
    public var figures: PollFigures
    /// Why the page was not read.
    public var error: PollError?
    /// As in `PollReport`.
    public var conduct: (scope: String, now: HostConduct?)?
    /// Why the walk is over, if it is.
    public var end: Backfill.End?
}

/// All that a page of a walk is about to write, as one value.
struct PageRecord: Sendable {
    private enum Finding: Sendable {
        case page(entries: [EntryDigest], homePage: String?, isArchive: Bool, older: OlderPage?)
        case failure(PollError, retryAt: Timestamp?, HostLesson?)
    }

    private let feed: Feed
    private let walk: Backfill
    private let finding: Finding
    /// Where the page stands: as it was asked for, and the URL that answered.
    private let urls: Set<String>
    private var figures: PollFigures
    private let now: Timestamp
    /// The page as it came, where that is kept.
    var raw: PackedDocument?

    var isPage: Bool { if case .page = finding { true } else { false } }

    /// `nil` where nothing happened: the request was given up.
    init?(
        feed: Feed, walk: Backfill, outcome: FetchOutcome, rules: ScheduleRules, now: Timestamp, jitter: Double
    ) {
        (self.feed, self.walk, self.now) = (feed, walk, now)
        urls = Set([walk.url, outcome.finalURL].compactMap(\.self).compactMap { WebURL($0)?.wireForm })
        figures = PollFigures(outcome: .notModified, bytes: outcome.bytesOnWire, duration: outcome.duration)
        func failure(_ error: PollError, retryAfter: Duration? = nil, pausesHost: Bool = false) -> Finding {
            let next = NextPoll.afterFailure(
                at: now, failures: walk.failures + 1, retryAfter: retryAfter, isDead: false, rules: rules,
                jitter: jitter)
            let lesson =
                pausesHost
                ? HostLesson(
                    outcome.finalURL ?? walk.url, for: feed,
                    refusal: .init(retryAfter: retryAfter, rules: rules, jitter: jitter)) : nil
            let isOver = now - (walk.failingSince ?? now) >= rules.giveUpAfter
            return .failure(error, retryAt: isOver ? nil : next.at, lesson)
        }
        switch PollVerdict.judge(outcome, at: now) {
        case .abandoned: return nil
        case .gone(let error): finding = .failure(error, retryAt: nil, nil)
        case .failure(let error, let retryAfter, let pausesHost):
            finding = failure(error, retryAfter: retryAfter, pausesHost: pausesHost)
        case .notModified(let response):
            // Nobody asked whether it was.
            finding = failure(PollError(code: "http-\(response.status)", message: "the server sent no page"))
        case .document(let response):
            switch PollAttempt.document(response) {
            case .failure(let reason):
                finding = failure(PollError(code: reason.code.rawValue, message: reason.message))
            case .success(let document):
                if let cut = document.problems.first(where: { $0.code == .truncated }) {
                    finding = failure(PollError(code: "truncated", message: cut.message))
                } else {
                    finding = .page(
                        entries: document.entries.map(EntryDigest.init), homePage: document.homePageURL,
                        isArchive: OlderPage.isArchive(document),
                        older: OlderPage(behind: document, response, on: walk.kind))
                }
            }
        }
    }

    func commit(in archive: borrowing ArchiveTransaction) throws -> PageReport {
        var report = PageReport(feed: feed, url: walk.url, figures: figures)
        var walk = walk
        var firstSightings = 0
        switch finding {
        case .failure(let error, let retryAt, let lesson):
            report.error = error
            report.figures.outcome = .failed
            walk.failures += 1
            walk.failingSince = walk.failingSince ?? now
            walk.lastError = error
            walk.retryAt = retryAt
            report.conduct = try lesson?.conduct(at: now, in: archive)
            if let conduct = report.conduct { try archive.set(conduct.now, of: conduct.scope, at: now) }
            if retryAt == nil { report.end = .failed }
        case .page(let entries, let homePage, let isArchive, let older):
            let brought = try archive.countingStored(of: feed.id, at: now) { archive in
                try Reconciler.reconcile(
                    entries, of: feed, homePage: homePage ?? feed.poll.homePageURL, documentModified: nil,
                    extent: .older, record: raw.map { try archive.keep($0, of: feed.id) }, at: now, in: archive)
            }
            report.figures.new = brought.new
            report.figures.revised = brought.revised
            report.figures.duplicates = brought.duplicates
            if brought.new > 0 { report.figures.outcome = .changed }
            firstSightings = brought.firstSightings
            for url in urls { try archive.notePage(url, of: feed.id, in: walk.id, isArchive: isArchive) }
            walk.pages += 1
            (walk.failures, walk.failingSince, walk.lastError, walk.retryAt) = (0, nil, nil, nil)
            report.end = try end(walk, brought, isEmpty: entries.isEmpty, older, in: archive)
            if report.end == nil, let older { (walk.kind, walk.url) = (older.kind, older.url) }
            walk.retryAt = try StorageAllowance.end(of: archive.feed(feed.id)?.poll.stored, at: now)
        }
        if let end = report.end { try archive.end(walk, end, at: now) } else { try archive.save(walk) }
        try archive.logPage(report.figures, of: feed.id, firstSightings: firstSightings, at: now)
        return report
    }

    /// Whether the walk is over, with a page that brought this. An archive document may be empty, and others lie
    /// behind it; a page without entries is the end of all.
    private func end(
        _ walk: Backfill, _ brought: Reconciliation, isEmpty: Bool, _ older: OlderPage?,
        in archive: borrowing ArchiveTransaction
    ) throws -> Backfill.End? {
        guard let older else { return .bottom }
        if isEmpty, walk.kind == .paged { return .bottom }
        if !isEmpty, brought.firstSightings == 0 { return .known }
        let own = [feed.poll.url, feed.configuredURL].compactMap { WebURL($0)?.wireForm }
        let read = try archive.pageRead(older.url, of: feed.id, in: walk.id)
        if read.here || own.contains(older.url) { return .loop }
        if read.archive { return .known }
        return walk.pages >= BackfillStep.mostPages ? .limit : nil
    }
}
