public import Archive
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

    /// What has been learned of the posting of a feed whose interval is.
    public struct Posting: Sendable {
        /// To be expected, averaged over day and week.
        public var entriesPerDay: Double
        /// GMT hours in which most is posted, busiest first; empty where no hour stands out.
        public var busiestHours: [Int]
        /// Entries in the last document.
        public var window: Int
        /// How long entries may wait, all together, before a poll is worth it.
        public var price: Duration
        /// The budget of `polls_per_hour` has set the price.
        public var isBudgeted: Bool
        /// How often entries may have scrolled out unseen, and when last.
        public var suspectedLosses: Int
        public var lastLoss: Timestamp?

        init?(_ record: PostingRecord, at now: Timestamp) {
            guard var history = record.history.flatMap(PostingHistory.init(bytes:)) else { return nil }
            history.observe([], until: now)
            entriesPerDay = history.rate * 24
            let hours = history.rhythm.hours
            busiestHours = hours.indices.filter { hours[$0] >= 1.5 }.sorted { hours[$0] > hours[$1] }
            window = record.window
            price = .milliseconds(Int64((record.price ?? LearnedInterval.usualPrice) * 3_600_000))
            isBudgeted = record.price != nil
            (suspectedLosses, lastLoss) = (record.losses, record.lastLoss)
        }
    }

    public let feed: Feed
    /// How long the feed may be silent.
    public let silence: SilenceRule
    public let host: Host
    public let posting: Posting?
    /// What an operator has ordered, if it holds.
    public let pause: OperatorPause?
    /// The walk through the feed's older pages, if one is going on.
    public let backfill: Backfill?
    /// To the feed's hub, if there is one.
    public let subscription: Subscription?
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

    /// - Parameter now: up to where silence counts.
    public init(
        _ feed: Feed, host: Host, pause: OperatorPause? = nil, backfill: Backfill? = nil,
        subscription: Subscription? = nil,
        configuration: Configuration, at now: Timestamp
    ) {
        self.feed = feed
        let configured = configuration.feeds.first { $0.url == feed.configuredURL }
        silence = configured?.silence ?? .auto
        posting = configured?.interval == .auto ? Posting(feed.poll.posting, at: now) : nil
        self.backfill = configured?.backfill == true ? backfill : nil
        self.host = host
        self.pause = pause
        self.subscription = subscription
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
            if case .every(let interval) = configured?.interval {
                all.append((.configured, interval, "the configuration's interval for this feed"))
            } else {
                let origin =
                    posting.map { "\(PollReckoning.brief($0.entriesPerDay)) entries a day are to be expected" }
                    ?? "nothing is known of the feed's posting yet"
                all.append((.learned, hints.learned ?? NextPoll.unknownRhythm, origin))
                all.append((.cacheControl, hints.freshness, "how long the response said that it stays fresh"))
                all.append((.ttl, hints.ttl, "the feed's ttl"))
                all.append((.updatePeriod, hints.updatePeriod, "the feed's update period"))
                if let subscription, subscription.isLive, let longest = configuration.websub?.interval {
                    let interval = subscription.deliveries.pollInterval(of: longest)
                    all.append((.websub, interval, "its hub sends what is new; polls make sure of it"))
                }
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

    /// Two digits that count.
    private static func brief(_ value: Double) -> String {
        if value >= 10 { return String(Int(value.rounded())) }
        let scale: Double = value >= 1 ? 10 : value >= 0.1 ? 100 : 1000
        return String((value * scale).rounded() / scale)
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
            if let pause { json.object("paused") { pause.write(to: &$0) } }
            json.member("churny_since", poll.churn.map { Timestamp(seconds: $0.since.seconds) })
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
            if let posting {
                json.object("posting") { json in
                    json.member("entries_per_day", (posting.entriesPerDay * 1000).rounded() / 1000)
                    json.array("busiest_hours") { json in for hour in posting.busiestHours { json.number(hour) } }
                    json.member("window", posting.window)
                    json.member("price_seconds", seconds(posting.price))
                    json.member("budgeted", posting.isBudgeted)
                    json.member("suspected_losses", posting.suspectedLosses)
                    json.member("last_loss", posting.lastLoss.map { Timestamp(seconds: $0.seconds) })
                }
            }
            json.object("silence") { json in
                json.member("newest", poll.posting.newest.map { Timestamp(seconds: $0.seconds) })
                json.member("told_at", poll.posting.silenceAlarm.map { Timestamp(seconds: $0.seconds) })
                json.member("since", poll.silentSince.map { Timestamp(seconds: $0.seconds) })
            }
            json.array("skip_hours") { json in for hour in skipHours { json.number(hour) } }
            json.array("skip_days") { json in for day in skipDays { json.string(day.rawValue) } }
            if let backfill {
                json.object("backfill") { json in
                    json.member("next_url", backfill.url)
                    json.member("pages", backfill.pages)
                    json.member("started", Timestamp(seconds: backfill.started.seconds))
                    json.member("retry_at", backfill.retryAt.map { Timestamp(seconds: $0.seconds) })
                    if let error = backfill.lastError {
                        json.object("last_error") { json in
                            json.member("code", error.code)
                            json.member("message", error.message)
                        }
                    }
                }
            }
            if let subscription {
                json.object("websub") { json in subscription.write(to: &json) }
            }
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

extension Subscription {
    /// As members of an object; without the secrets.
    func write(to json: inout JSONWriter) {
        func whole(_ instant: Timestamp?) -> Timestamp? { instant.map { Timestamp(seconds: $0.seconds) } }
        json.member("state", state.rawValue)
        json.member("hub", hub)
        json.member("topic", topic)
        json.member("active_since", whole(activeSince))
        json.member("lease_until", whole(leaseUntil))
        json.member("next_attempt", whole(nextAttempt))
        json.member("last_push", whole(deliveries.lastPush))
        json.member("accepted", deliveries.accepted)
        json.member("rejected", deliveries.rejected)
        json.member("doubt", deliveries.doubt)
        json.member("failures", failures)
        if let lastError {
            json.object("last_error") { json in
                json.member("code", lastError.code)
                json.member("message", lastError.message)
            }
        }
    }
}
