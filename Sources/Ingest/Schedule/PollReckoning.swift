public import FeedModel
import PublicSuffix

/// Why a feed is polled when it is: every bound that was weighed, and the one that decided. Made from what the archive
/// and the configuration say, for people and programs to read.
public struct PollReckoning: Sendable {
    public struct Weighed: Sendable {
        /// As in `interval_reason`.
        public var reason: IntervalReason
        public var interval: Duration
        /// Where it comes from, in words.
        public var origin: String
        public var isDeciding: Bool
    }

    /// What is known of the host that the next poll goes to.
    public struct Host: Sendable {
        public var name: String
        /// Configured feeds that live there.
        public var feeds: Int
        /// The hosts that pause together: its domain.
        public var scope: String
        public var pausedUntil: Timestamp?
        /// How many times the distance between request starts is doubled, after requests for quiet.
        public var slowness: Int

        public init(name: String, feeds: Int, conduct: HostConduct?, at now: Timestamp) {
            self.name = name
            self.feeds = feeds
            scope = PauseScope.of(name)
            pausedUntil = conduct.flatMap { $0.pausedUntil > now ? $0.pausedUntil : nil }
            slowness = conduct.flatMap { HostRecovery.eased($0, at: now) }?.slowness ?? 0
        }
    }

    public let feed: Feed
    public let host: Host
    /// Longest first; empty for a feed that is not polled by itself.
    public let weighed: [Weighed]
    /// GMT hours in which the feed is not polled.
    public let skipHours: [Int]
    public let skipDays: [Weekday]
    public let minInterval: Duration
    public let maxInterval: Duration
    public let perHost: Int
    public let hostDelay: Duration
    /// Request starts to the host are this far apart now: `hostDelay`, or more for a while after it asked for quiet.
    public let spacing: Duration

    public init(_ feed: Feed, host: Host, configuration: Configuration) {
        self.feed = feed
        self.host = host
        let schedule = configuration.schedule
        (minInterval, maxInterval) = (schedule.minInterval, schedule.maxInterval)
        let limit = configuration.limits.of(host.name)
        (perHost, hostDelay) = (limit.perHost, limit.hostDelay)
        spacing = HostRecovery.spacing(hostDelay: hostDelay, slowness: host.slowness)
        let hints = feed.poll.hints
        skipHours = (0..<24).filter { hints.skipHours & (1 << UInt32($0)) != 0 }
        skipDays = Weekday.allCases.enumerated().filter { hints.skipDays & (1 << UInt8($0.offset)) != 0 }.map(\.element)
        let poll = feed.poll
        var all: [(IntervalReason, Duration?, String)] = []
        switch poll.state {
        case .gone, .disabled: break
        case .failing, .dead:
            all.append(
                (.backoff, poll.intervalReason == .backoff ? poll.interval : nil, "after \(poll.failures) failures"))
            all.append((.retryAfter, poll.intervalReason == .retryAfter ? poll.interval : nil, "the host asked for it"))
        case .active:
            let configured = configuration.feeds.first { $0.url == feed.configuredURL }
            if case .every(let interval) = configured?.interval {
                all.append((.configured, interval, "the configuration's interval for this feed"))
            } else {
                all.append((.learned, hints.learned ?? NextPoll.unknownRhythm, PollReckoning.origin(of: hints.learned)))
                all.append((.cacheControl, hints.freshness, "how long the response said that it stays fresh"))
                all.append((.ttl, hints.ttl, "the feed's ttl"))
                all.append((.updatePeriod, hints.updatePeriod, "the feed's update period"))
            }
            all.append((.floor, schedule.minInterval, "min_interval: never sooner"))
            all.append((.ceiling, schedule.maxInterval, "max_interval: never later"))
        }
        weighed = all.compactMap { reason, interval, origin in
            interval.map {
                Weighed(reason: reason, interval: $0, origin: origin, isDeciding: reason == poll.intervalReason)
            }
        }.sorted { $0.interval > $1.interval }
    }

    private static func origin(of learned: Duration?) -> String {
        learned == nil
            ? "nothing is known of the feed's rhythm yet"
            : "half of the mean gap between its newest entries, more after a long silence"
    }

    public func write(to json: inout JSONWriter) {
        let poll = feed.poll
        func seconds(_ duration: Duration) -> Int { Int(duration.milliseconds / 1000) }
        json.object { json in
            json.member("url", poll.url)
            json.member("configured_url", feed.configuredURL)
            json.member("state", poll.state.rawValue)
            json.member("last_poll", poll.lastPoll.map { Timestamp(seconds: $0.seconds) })
            json.member("next_poll", poll.nextPoll.map { Timestamp(seconds: $0.seconds) })
            json.member("interval_seconds", poll.interval.map(seconds))
            json.member("interval_reason", poll.intervalReason?.rawValue)
            json.array("weighed") { json in
                for one in weighed {
                    json.object { json in
                        json.member("reason", one.reason.rawValue)
                        json.member("interval_seconds", seconds(one.interval))
                        json.member("origin", one.origin)
                        json.member("decides", one.isDeciding)
                    }
                }
            }
            json.array("skip_hours") { json in for hour in skipHours { json.number(hour) } }
            json.array("skip_days") { json in for day in skipDays { json.string(day.rawValue) } }
            json.object("host") { json in
                json.member("name", host.name)
                json.member("feeds", host.feeds)
                json.member("scope", host.scope)
                json.member("paused_until", host.pausedUntil.map { Timestamp(seconds: $0.seconds) })
                json.member("per_host", perHost)
                json.member("host_delay_seconds", Double(hostDelay.milliseconds) / 1000)
                json.member("spacing_seconds", Double(spacing.milliseconds) / 1000)
            }
        }
    }
}
