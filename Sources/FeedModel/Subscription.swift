/// What stands between a feed and one hub: what was asked for, and where that has got to (WebSub, 5).
///
/// A feed may have several: one that is wanted, and others that are being taken back.
public struct Subscription: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// `SubscriptionRules` has the table of what leads from one to the other.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// Wanted, and not asked for, or not with success.
        case unasked = "none"
        /// The hub is being asked, and has yet to verify that we mean it.
        case requested
        /// Verified: the hub sends what is new until the lease ends.
        case active
        /// Active, and asked for anew.
        case renewing
        /// The lease ended before it was renewed.
        case expired
        /// The hub has refused.
        case denied
        /// Not wanted any more: the hub is to be told, or has yet to verify it.
        case leaving
        /// Over: nothing is to be kept of it.
        case left
    }

    /// SHA-256 of the end of its callback URL.
    public let id: String
    /// Of what, with a key that is elsewhere, that end and the secret are made that it shares with the hub.
    public let seed: String
    public let feed: FeedID
    public let hub: String
    /// The URL by which the hub knows the feed.
    public let topic: String
    /// What stands before that end in the callback URL, without a slash at its end.
    public let callback: String

    public var state = State.unasked
    /// When the hub was last asked for something.
    public var requestedAt: Timestamp?
    public var activeSince: Timestamp?
    public var leaseUntil: Timestamp?
    /// When to ask next or, while the hub has yet to verify, to wait no longer.
    public var nextAttempt: Timestamp?
    /// Requests without success since the last one that had it.
    public var failures = 0
    public var lastError: PollError?
    public var deliveries = Deliveries()

    /// What came of it.
    public struct Deliveries: Sendable, Hashable {
        public var lastPush: Timestamp?
        /// Documents that were accepted.
        public var accepted = 0
        /// Documents that were ignored, since they bore no right signature.
        public var rejected = 0
        /// How little the hub is relied upon, 0 to `mostDoubt`.
        public var doubt = Deliveries.firstDoubt

        /// Of a hub that has delivered nothing yet.
        public static let firstDoubt = 2
        /// Polls go on as if there were no hub.
        public static let mostDoubt = 4

        public init() {}
    }

    public init(id: String, seed: String, feed: FeedID, hub: String, topic: String, callback: String) {
        self.id = id
        self.seed = seed
        self.feed = feed
        self.hub = hub
        self.topic = topic
        self.callback = callback
    }

    /// The hub may be expected to send what is new.
    public var isLive: Bool { state == .active || state == .renewing }

    /// The clock was set: what waits goes on waiting as long as it would have.
    public mutating func clockWasSet(by change: Duration) {
        requestedAt = requestedAt.map { $0 + change }
        activeSince = activeSince.map { $0 + change }
        leaseUntil = leaseUntil.map { $0 + change }
        nextAttempt = nextAttempt.map { $0 + change }
    }

    /// Without the secrets.
    public var description: String { "Subscription(\(state.rawValue), \(topic), \(hub))" }

    /// Nothing, so that `dump` and the like show nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension PollState {
    /// What a hub knows the feed by: where it says that it lives, else where it is polled.
    public var pushTopic: String { topic ?? url }
}
