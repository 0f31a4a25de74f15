import Archive
import Crypto
import FeedFetch
import FeedModel
import FeedParse

/// From an answer to what is to be recorded: pure but for the time that reading takes.
struct PollAttempt {
    let feed: Feed
    let outcome: FetchOutcome
    let rules: ScheduleRules
    let now: Timestamp
    let jitter: Double
    /// Whether the feed's older pages are wanted.
    var backfills = false
    /// The document is about to be kept: its entries are read for their reference to it, whether or not they are news.
    var isNewRecord = false

    /// Documents read by an older reader are read again when they come again.
    private static let readerVersion: UInt8 = 1

    // MARK: success

    func unchanged(_ response: FeedResponse) -> PollRecord {
        var state = succeeded(response)
        // A 304 keeps the validators, and replaces those that it brings (RFC 9111, 4.3.4).
        if var validators = state.validators {
            if let etag = response.bytes(of: "ETag") { validators.etag = etag }
            if let lastModified = response.bytes(of: "Last-Modified") { validators.lastModified = lastModified }
            state.validators = validators
        }
        let left = freshness(&state, response)
        var record = record(state, figures(.notModified, status: outcome.status))
        record.success = PollRecord.Success(freshness: left, rules: rules)
        return moved(record, by: response)
    }

    /// A body with status 200 or 226: the document that it is, or why it is none.
    ///
    /// A 226 brings a part of the document: what is not in it has not left the feed, and what it leaves out about
    /// the feed stays as it was. Its validators are those of the whole document as it is now (RFC 3229, 10.4.1).
    ///
    /// - Parameters:
    ///   - known: what the body says, where it has been read already.
    ///   - kept: the same as it came, where it is to be kept if it is a feed.
    func read(
        _ response: FeedResponse, known: Result<ParsedFeed, NotAFeed>? = nil, kept: KeptDocument? = nil
    ) -> PollRecord {
        // What the header says goes before what the document says, and gives way to it when it is gone.
        let links = ["hub", "self"].map { LinkHeader.target(rel: $0, in: response.values(of: "Link")) ?? "" }
        let hash = PollAttempt.hash(response.body, links: links)
        let isPartial = response.isFeedDelta
        let isSame = !isPartial && !isNewRecord && hash == feed.poll.documentHash
        let parsed: ParsedFeed?
        if isSame {
            parsed = nil
        } else {
            switch known ?? PollAttempt.document(response) {
            case .success(let feed):
                if let cut = feed.problems.first(where: { $0.code == .truncated }), !response.isDelimited {
                    return failure(
                        PollError(code: "truncated", message: cut.message), retryAfter: nil, pausesHost: false)
                }
                parsed = feed
            case .failure(let reason):
                if reason.code == .noFeed, let owner = BotWall.owner(of: response) {
                    let error = PollError(code: "bot-wall", message: BotWall.message(owner))
                    return failure(error, retryAfter: nil, pausesHost: true)
                }
                return failure(
                    PollError(code: reason.code.rawValue, message: reason.message), retryAfter: nil, pausesHost: false)
            }
        }
        var state = succeeded(response)
        if !isPartial { state.lastDocument = now }
        // A document that breaks off gives its whole entries, and is asked for anew: what it came with stands
        // for no whole document.
        if parsed?.problems.contains(where: { $0.code == .truncated }) != true {
            let etag = response.bytes(of: "ETag")
            let lastModified = response.bytes(of: "Last-Modified")
            // A part without a tag leaves us where we were: the next one will hold its entries again.
            if !isPartial || etag != nil {
                state.validators = Validators(etag: etag, lastModified: lastModified, url: response.finalURL)
            }
            if state.validators?.isEmpty == true { state.validators = nil }
            // After a part, the last whole document's bytes are news when they come again.
            state.documentHash = isPartial ? nil : hash
        }
        state.hub = hub(response, parsed) ?? (isPartial ? state.hub : nil)
        if !isPartial { state.topic = topic(response, parsed) }
        let documentModified = response.values(of: "Last-Modified").last.flatMap(HTTPDate.parse)
        if let documentModified {
            state.documentModified = max(state.documentModified ?? documentModified, documentModified)
        }
        if let parsed, isPartial {
            state.title = parsed.titleText ?? state.title
            state.homePageURL = parsed.homePageURL ?? state.homePageURL
        } else if let parsed {
            take(parsed, into: &state)
        }
        let left = freshness(&state, response)

        var record = record(state, figures(.notModified, status: outcome.status))
        record.success = PollRecord.Success(freshness: left, rules: rules)
        record.raw = kept?.packed()
        if let parsed {
            record.document = PollRecord.Document(
                entries: parsed.entries.map(EntryDigest.init), homePage: state.homePageURL,
                lastModified: documentModified, extent: isPartial ? .delta : .whole)
            // A part says nothing of what may have come and gone unseen.
            if !isPartial, backfills { record.older = OlderPage(behind: parsed, response, on: nil) }
            record.finalURL = response.finalURL
        }
        return moved(record, by: response)
    }

    /// What the body says.
    static func document(_ response: FeedResponse) -> Result<ParsedFeed, NotAFeed> {
        let context = DocumentContext(
            url: PollAttempt.baseURL(of: response), contentType: response.values(of: "Content-Type").last)
        return FeedReader.read(response.body, context: context)
    }

    /// A permanent redirect is kept once it has led to a feed, which a 304 speaks of too.
    private func moved(_ record: PollRecord, by response: FeedResponse) -> PollRecord {
        var record = record
        record.lesson = HostLesson(response.finalURL, for: feed)
        if let moved = response.permanentURL, moved != feed.poll.url { record.movedTo = moved }
        return record
    }

    /// What every success leaves: no failure, and a word on redirects that were not kept and on secrets that came back.
    private func succeeded(_ response: FeedResponse) -> PollState {
        var state = polled(status: outcome.status)
        state.state = .active
        state.lastSuccess = now
        state.failures = 0
        state.failingSince = nil
        state.lastError = nil
        if let hop = response.hops.first(where: { $0.isPermanent && $0.isDowngrade }) {
            state.setNotice(
                PollError(
                    code: "redirect-not-kept",
                    message:
                        "\(feed.poll.url) redirects permanently to \(hop.to), which is not encrypted; this is followed but not kept"
                ),
                at: now)
        } else if response.echoesSecret {
            state.setNotice(
                PollError(
                    code: "secret-echoed",
                    message:
                        "the server sends back the feed's own password, token or header value; it is kept as ***, and the document is not kept as it came"
                ),
                at: now)
        } else if response.status != 304 || state.notice?.code != "secret-echoed" {
            // After a 304 the document that was sent before is still the one there is.
            state.setNotice(nil, at: now)
        }
        return state
    }

    private func take(_ parsed: ParsedFeed, into state: inout PollState) {
        state.title = parsed.titleText ?? state.title
        state.homePageURL = parsed.homePageURL
        var hints = ScheduleHints()
        hints.ttl = parsed.ttlSeconds.flatMap(PollAttempt.wait)
        hints.updatePeriod = parsed.updateIntervalSeconds.flatMap(PollAttempt.wait)
        for hour in parsed.skipHours where (0..<24).contains(hour) { hints.skipHours |= 1 << UInt32(hour) }
        for (index, day) in Weekday.allCases.enumerated() where parsed.skipDays.contains(day) {
            hints.skipDays |= 1 << UInt8(index)
        }
        state.hints = hints
    }

    /// Zero and negative waits are none; absurd ones are very long.
    private static func wait(_ seconds: Int) -> Duration? {
        seconds > 0 ? .seconds(Int64(min(seconds, Int(Int32.max)))) : nil
    }

    /// How long the response stays fresh from now on.
    private func freshness(_ state: inout PollState, _ response: FeedResponse) -> Duration? {
        // A 304 can bring new freshness; one that says nothing leaves what the document came with.
        let stated = Freshness.lifetime(header: response.values(of:), receivedAt: now)
        if stated != nil || response.status == 200 { state.hints.freshness = stated }
        return Freshness.remaining(of: state.hints.freshness, header: response.values(of:))
    }

    /// A hub is found in the Link header first, else in the document; the same document keeps its own.
    private func hub(_ response: FeedResponse, _ parsed: ParsedFeed?) -> String? {
        if let target = LinkHeader.target(rel: "hub", in: response.values(of: "Link")) {
            return WebURL(response.finalURL)?.resolving(target)?.string ?? target
        }
        guard let parsed else { return feed.poll.hub }
        return parsed.hubs.first { $0.type.lowercased() == "websub" }?.url
    }

    /// What a hub knows the feed by (WebSub, 4): the Link header's word, else the document's, else the URL that
    /// answered; the same document keeps its own.
    private func topic(_ response: FeedResponse, _ parsed: ParsedFeed?) -> String? {
        let base = WebURL(response.finalURL)
        let target = LinkHeader.target(rel: "self", in: response.values(of: "Link")).flatMap { base?.resolving($0) }
        if let target, target.isHTTP { return target.string }
        guard let parsed else { return feed.poll.topic }
        if let own = parsed.feedURL, WebURL(own)?.isHTTP == true { return own }
        return response.finalURL
    }

    /// The URL that answered (RFC 3986, 5.1.3), whatever Content-Location says (RFC 7231, appendix B). A file's place
    /// means nothing to those who read its entries: it is no base.
    private static func baseURL(of response: FeedResponse) -> String? {
        response.isFile ? nil : response.finalURL
    }

    /// - Parameter links: what the same bytes may mean something else beside; empty ones do not count.
    static func hash(_ body: [UInt8], links: [String] = []) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(data: [readerVersion])
        body.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        for (index, link) in links.enumerated() where !link.isEmpty {
            hasher.update(data: [0, UInt8(truncatingIfNeeded: index)])
            hasher.update(data: Array(link.utf8))
        }
        return Array(hasher.finalize())
    }

    // MARK: failure

    func failure(_ error: PollError, retryAfter: Duration?, pausesHost: Bool) -> PollRecord {
        var state = polled(status: outcome.status)
        state.failures += 1
        let answered = outcome.finalURL ?? feed.poll.url
        let lesson =
            pausesHost
            ? HostLesson(
                answered, for: feed, refusal: .init(retryAfter: retryAfter, rules: rules, jitter: jitter)) : nil
        state.lastError = error
        if pausesHost {
            state.lastError?.message +=
                lesson == nil
                ? "; only this feed waits, since it redirects to another site's host" : "; all feeds of its host wait"
        }
        let since = state.failingSince ?? now
        state.failingSince = since
        state.state = now - since >= rules.giveUpAfter ? .dead : .failing
        let next = NextPoll.afterFailure(
            at: now, failures: state.failures, retryAfter: retryAfter, isDead: state.state == .dead, rules: rules,
            jitter: jitter)
        state.apply(next)
        var record = record(state, figures(.failed, status: outcome.status, error: error))
        record.lesson = lesson
        return record
    }

    func gone(_ error: PollError) -> PollRecord {
        var state = polled(status: outcome.status)
        state.state = .gone
        state.failures += 1
        state.failingSince = state.failingSince ?? now
        state.lastError = error
        state.apply(NextPoll())
        return record(state, figures(.failed, status: outcome.status, error: error))
    }

    // MARK: parts

    private func polled(status: Int?) -> PollState {
        var state = feed.poll
        state.lastPoll = now
        state.lastStatus = status
        return state
    }

    private func figures(_ outcome: PollFigures.Outcome, status: Int?, error: PollError? = nil) -> PollFigures {
        PollFigures(
            outcome: outcome, status: status, errorCode: error?.code, bytes: self.outcome.bytesOnWire,
            duration: self.outcome.duration)
    }

    private func record(_ state: PollState, _ figures: PollFigures) -> PollRecord {
        PollRecord(feed: feed, state: state, figures: figures, now: now)
    }
}

extension FetchOutcome {
    /// HTTP's: a file has none.
    var status: Int? {
        if case .response(let response) = self, !response.isFile { response.status } else { nil }
    }

    var bodyBytes: Int {
        if case .response(let response) = self { response.body.count } else { 0 }
    }

    var finalURL: String? {
        if case .response(let response) = self { response.finalURL } else { nil }
    }

    var bytesOnWire: Int {
        switch self {
        case .response(let response): response.bytesOnWire
        case .failure(let failure): failure.bytesOnWire
        }
    }

    var duration: Duration {
        if case .response(let response) = self { response.duration } else { .zero }
    }

    /// The host that the poll still holds in the gate.
    var heldHost: String? {
        switch self {
        case .response(let response): response.heldHost
        case .failure(let failure): failure.heldHost
        }
    }
}
