public import FeedFetch
public import FeedModel
import FeedParse

/// The feeds of a web page: those that it announces, else those at the places where sites keep them. Each was asked
/// for and is a feed.
public struct FeedDiscovery: Sendable {
    public struct Found: Sendable {
        public var url: String
        public var title: String?
        public var format: FeedFormat
        public var entries: Int
        /// The page is it, announces it, or it stood in a common place.
        public var origin: Origin
    }

    public enum Origin: String, Sendable {
        case itself, announced, guessed
    }

    public private(set) var found: [Found] = []
    /// Why there is nothing.
    public private(set) var error: PollError?

    /// Pages announce a few; a directory of hundreds is no page of one site.
    private static let mostCandidates = 16

    private static let commonPlaces = [
        "feed", "feed/", "rss", "rss.xml", "atom.xml", "feed.xml", "index.xml", "feed.json", "blog/feed",
        "blog/rss.xml",
    ]

    /// Requests to one host start `host_delay` apart; the address guard holds, and `pauses` as for `FeedTrial`.
    public static func run(
        _ page: String, configuration: Configuration, client: HTTPClient, pauses: [String: Timestamp],
        time: any TimeSource = SystemTime()
    ) async -> FeedDiscovery {
        var discovery = FeedDiscovery()
        let first = await FeedTrial.run(page, configuration: configuration, client: client, pauses: pauses, time: time)
        if let document = first.document {
            discovery.add(document, page, .itself)
            return discovery
        }
        guard let response = first.response, response.status == 200 else {
            discovery.error = first.state.lastError
            return discovery
        }
        let announced = FeedLinks.announced(
            in: response.body, contentType: response.values(of: "Content-Type").last, base: response.finalURL)
        await discovery.ask(announced.prefix(mostCandidates), .announced, configuration, client, pauses, time)
        if discovery.found.isEmpty, let base = WebURL(response.finalURL) {
            let guesses = ["/", ""].flatMap { prefix in
                commonPlaces.compactMap { base.resolving(prefix + $0)?.string }
            }
            var seen: Set<String> = [response.finalURL]
            let places = guesses.filter { seen.insert($0).inserted }
            await discovery.ask(places.prefix(mostCandidates), .guessed, configuration, client, pauses, time)
        }
        if discovery.found.isEmpty {
            discovery.error = PollError(
                code: "no-feed", message: "the page announces no feed, and there is none in the common places")
        }
        return discovery
    }

    private mutating func ask(
        _ urls: some Sequence<String>, _ origin: Origin, _ configuration: Configuration, _ client: HTTPClient,
        _ pauses: [String: Timestamp], _ time: any TimeSource
    ) async {
        let limits = configuration.limits
        for url in urls {
            let delay = limits.of(WebURL(url)?.canonicalHost ?? "").hostDelay
            if (try? await time.sleep(until: time.now + delay)) == nil { return }
            let trial = await FeedTrial.run(
                url, configuration: configuration, client: client, pauses: pauses, time: time)
            // A host that asks for quiet is asked nothing more.
            if trial.state.lastStatus == 429 { return }
            if let document = trial.document { add(document, trial.response?.finalURL ?? url, origin) }
        }
    }

    private mutating func add(_ document: ParsedFeed, _ url: String, _ origin: Origin) {
        guard !found.contains(where: { $0.url == url }) else { return }
        found.append(
            Found(
                url: url, title: document.titleText, format: document.format, entries: document.entries.count,
                origin: origin))
    }

    public func write(to json: inout JSONWriter, page: String) {
        json.object { json in
            json.member("url", page)
            json.array("feeds") { json in
                for one in found {
                    json.object { json in
                        json.member("url", one.url)
                        json.member("title", one.title)
                        json.member("format", one.format.rawValue)
                        json.member("entries", one.entries)
                        json.member("origin", one.origin.rawValue)
                    }
                }
            }
            if let error {
                json.object("error") { json in
                    json.member("code", error.code)
                    json.member("message", error.message)
                }
            }
        }
    }
}
