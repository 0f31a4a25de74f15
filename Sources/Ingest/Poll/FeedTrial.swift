public import FeedFetch
public import FeedModel
import FeedParse
import PublicSuffix

/// One poll that leaves nothing behind: what was sent, what came back, what it was understood as, and what a
/// poll of the feed would decide. A feed that nothing is known of is asked without conditions.
public struct FeedTrial: Sendable {
    public let outcome: FetchOutcome
    /// Nothing if the answer is no feed.
    public let document: ParsedFeed?
    /// As it would stand after this poll, were it the feed's first.
    public let state: PollState

    /// Asks hosts without regard to other polls, for one request by a person's hand; but none that asked for quiet.
    private struct TrialGate: HostGate {
        let pauses: [String: Timestamp]
        let time: any TimeSource

        func move(from: String, to: String) async -> Timestamp? { pausedUntil(to) }

        func pausedUntil(_ host: String) -> Timestamp? {
            pauses[PauseScope.of(host)].flatMap { $0 > time.now ? $0 : nil }
        }
    }

    /// - Parameters:
    ///   - url: a feed of the configuration is asked with its own headers, credential and address policy; any other
    ///     URL with the settings that all feeds have.
    ///   - pauses: until when hosts are to be left alone, by pause scope, as the archive knows it.
    public static func run(
        _ url: String, configuration: Configuration, client: HTTPClient, pauses: [String: Timestamp],
        time: any TimeSource = SystemTime()
    ) async -> FeedTrial {
        let configured = configuration.feeds.first { $0.url == url }
        let feedConfiguration =
            configured ?? FeedConfiguration(url: url, place: SourcePlace(file: "", line: 0, column: 0))
        var credential: Credential?
        if let auth = feedConfiguration.auth, case .success(let known) = auth.credential() { credential = known }
        let settings = FeedPollSettings(
            feedConfiguration, of: configuration, credential: credential, sharedHosts: [],
            isConfigured: configured != nil)
        let feed = Feed(id: FeedID(rawValue: 0), configuredURL: url, poll: PollState(url: url))
        let gate = TrialGate(pauses: pauses, time: time)
        let outcome: FetchOutcome
        if let host = WebURL(url)?.canonicalHost, let until = gate.pausedUntil(host) {
            outcome = .failure(
                FetchFailure(code: .hostPaused, message: PollAnswer.paused(until: until), pausedUntil: until))
        } else {
            outcome = await FeedFetcher(client: client, gate: gate).fetch(settings.request(for: feed, at: time.now))
        }
        let now = time.now
        let attempt = PollAttempt(feed: feed, outcome: outcome, rules: settings.rules, now: now, jitter: 1)
        var document: ParsedFeed?
        let record: PollRecord
        switch PollVerdict.judge(outcome, at: now) {
        case .document(let response):
            let known = PollAttempt.document(response)
            record = attempt.read(response, known: known)
            if record.state.lastError == nil { document = try? known.get() }
        case .notModified(let response): record = attempt.unchanged(response)
        case .gone(let error): record = attempt.gone(error)
        case .failure(let error, let retryAfter, let pausesHost):
            record = attempt.failure(error, retryAfter: retryAfter, pausesHost: pausesHost)
        case .abandoned:
            record = attempt.failure(
                PollError(code: "cancelled", message: "the request was given up"), retryAfter: nil, pausesHost: false)
        }
        var state = record.state
        var brought = Reconciliation()
        brought.arrivals = record.document?.entries.map(\.instant) ?? []
        record.schedule(&state, brought)
        if let moved = record.movedTo { state.url = moved }
        return FeedTrial(outcome: outcome, document: document, state: state)
    }

    public var response: FeedResponse? {
        if case .response(let response) = outcome { response } else { nil }
    }

    public var hops: [Hop] {
        switch outcome {
        case .response(let response): response.hops
        case .failure(let failure): failure.hops
        }
    }

    public func write(to json: inout JSONWriter, url: String) {
        json.object { json in
            json.member("url", url)
            if let response, !response.isFile {
                json.object("request") { json in
                    json.member("url", response.finalURL)
                    FeedTrial.write(response.requestHeaders, to: &json)
                }
            }
            json.array("redirects") { json in
                for hop in hops {
                    json.object { json in
                        json.member("status", hop.status)
                        json.member("from", hop.from)
                        json.member("to", hop.to)
                    }
                }
            }
            if let response {
                json.object("response") { json in
                    if !response.isFile {
                        json.member("status", response.status)
                        json.member("http_version", response.httpVersion)
                    }
                    json.member("url", response.finalURL)
                    json.member("remote_address", response.remoteAddress)
                    json.member("duration_seconds", Double(response.duration.milliseconds) / 1000)
                    json.member("bytes_on_wire", response.bytesOnWire)
                    json.member("bytes", response.body.count)
                    FeedTrial.write(response.headers, to: &json)
                }
            }
            if let document {
                json.object("feed") { json in
                    json.member("format", document.format.rawValue)
                    json.member("encoding", document.encoding)
                    json.member("title", document.titleText)
                    json.member("home_page_url", document.homePageURL)
                    json.member("entries", document.entries.count)
                    json.member("newest", document.entries.compactMap { $0.published ?? $0.modified }.max())
                    json.member("hub", state.hub)
                    json.array("problems") { json in
                        for problem in document.problems {
                            json.object { json in
                                json.member("code", problem.code.rawValue)
                                json.member("message", problem.message)
                                json.member("line", problem.line)
                            }
                        }
                    }
                }
            }
            json.object("decision") { json in
                json.member("state", state.state.rawValue)
                json.member("next_url", state.url)
                json.member("next_poll", state.nextPoll.map { Timestamp(seconds: $0.seconds) })
                json.member("interval_seconds", state.interval.map { Int($0.milliseconds / 1000) })
                json.member("interval_reason", state.intervalReason?.rawValue)
                for (key, one) in [("error" as StaticString, state.lastError), ("notice", state.notice)] {
                    guard let one else { continue }
                    json.object(key) { json in
                        json.member("code", one.code)
                        json.member("message", one.message)
                    }
                }
            }
        }
    }

    private static func write(_ headers: [HTTPField], to json: inout JSONWriter) {
        json.array("headers") { json in
            for field in headers {
                json.array { json in
                    json.string(field.name)
                    json.string(HeaderText.decode(field.value))
                }
            }
        }
    }
}
