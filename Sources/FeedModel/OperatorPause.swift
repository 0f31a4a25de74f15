/// An operator's word that a feed, or all feeds of a host, are not to be polled for a while.
public struct OperatorPause: Hashable, Sendable {
    public enum Target: Hashable, Sendable {
        /// With its configured URL.
        case feed(FeedID, url: String)
        /// In one spelling.
        case host(String)
    }

    public var target: Target
    public var since: Timestamp
    /// `nil`: until it is resumed.
    public var until: Timestamp?

    public init(_ target: Target, since: Timestamp, until: Timestamp?) {
        self.target = target
        self.since = since
        self.until = until
    }

    /// What people call the target.
    public var name: String {
        switch target {
        case .feed(_, let url): url
        case .host(let host): host
        }
    }

    /// When polling may go on by itself.
    public var end: Timestamp { until ?? .max }

    public func isOver(at now: Timestamp) -> Bool { end <= now }

    /// `until 2026-11-22T09:30:00Z`, to stand after "paused".
    public var extent: String { until.map { "until \($0.rfc3339Seconds)" } ?? "until it is resumed" }

    /// As members of an object.
    public func write(to json: inout JSONWriter) {
        switch target {
        case .feed: json.member("by", "feed")
        case .host: json.member("by", "host")
        }
        json.member("since", Timestamp(seconds: since.seconds))
        json.member("until", until.map { Timestamp(seconds: $0.seconds) })
    }
}

/// All pauses that hold, for looking up.
public struct OperatorPauses: Hashable, Sendable {
    public private(set) var feeds: [FeedID: OperatorPause] = [:]
    public private(set) var hosts: [String: OperatorPause] = [:]

    public init(_ pauses: [OperatorPause] = []) {
        for pause in pauses {
            switch pause.target {
            case .feed(let id, _): feeds[id] = pause
            case .host(let host): hosts[host] = pause
            }
        }
    }

    public var isEmpty: Bool { feeds.isEmpty && hosts.isEmpty }

    /// The clock was set: pauses last as long as they would have.
    public mutating func clockWasSet(by change: Duration) {
        func moved(_ pause: OperatorPause) -> OperatorPause {
            OperatorPause(pause.target, since: pause.since + change, until: pause.until.map { $0 + change })
        }
        feeds = feeds.mapValues(moved)
        hosts = hosts.mapValues(moved)
    }

    /// What keeps a feed from being polled: of its own pause and its host's the one that ends last.
    public func of(_ feed: FeedID?, host: String, at now: Timestamp) -> OperatorPause? {
        guard !isEmpty else { return nil }
        return [feed.flatMap { feeds[$0] }, hosts[host]].compactMap(\.self).filter { !$0.isOver(at: now) }
            .max { $0.end < $1.end }
    }
}

extension OperatorPauses {
    /// As `of(_:host:at:)`, at the host where the feed is polled.
    public func of(_ feed: Feed, at now: Timestamp) -> OperatorPause? {
        of(feed.id, host: WebURL(feed.poll.url)?.limitedHost ?? "", at: now)
    }
}
