import FeedModel
import Testing

@testable import Ingest

@Suite struct SubscriptionRulesTests {
    static let now = Timestamp(seconds: 1_795_000_000)
    static let topic = "http://a.example/feed"
    static let rules = ScheduleRules(
        minInterval: .minutes(5), maxInterval: .hours(24), retryFirst: .minutes(1), retryMax: .hours(24),
        giveUpAfter: .days(60))

    /// What happens to a subscription, each an hour after the last.
    enum Event: Sendable {
        case ask, accepted, failed
        case verified(lease: Int?)
        case unsubscribeVerified, otherTopic, denied, withdrawn
        case pass(Duration)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var events: [Event]
        var state: Subscription.State
        /// From the last event.
        var next: Duration?
        var lease: Duration?
        var failures = 0
        var agreed = true
        var testDescription: String { name }
    }

    static func subscription() -> Subscription {
        var subscription = Subscription(
            id: "ididid", seed: "seedseed", feed: FeedID(rawValue: 1), hub: "http://hub.example/", topic: topic,
            callback: "https://me.example/hub")
        subscription.nextAttempt = now
        return subscription
    }

    static let rows: [Row] = [
        Row(name: "wanted", events: [], state: .unasked, next: .zero),
        Row(name: "asked", events: [.ask], state: .requested, next: .minutes(15)),
        Row(
            name: "accepted, not verified yet", events: [.ask, .pass(.minutes(14))], state: .requested,
            next: .minutes(1)),
        Row(
            name: "never verified", events: [.ask, .pass(.minutes(15))], state: .unasked, next: .minutes(1), failures: 1
        ),
        Row(name: "refused", events: [.ask, .failed], state: .unasked, next: .minutes(1), failures: 1),
        Row(
            name: "refused three times", events: [.ask, .failed, .ask, .failed, .ask, .failed], state: .unasked,
            next: .minutes(4), failures: 3),
        Row(
            name: "verified", events: [.ask, .verified(lease: 864_000)], state: .active, next: .days(8),
            lease: .days(10)),
        Row(
            name: "verified before it was asked for", events: [.verified(lease: 10)], state: .unasked, next: .zero,
            agreed: false),
        Row(
            name: "verified before it was accepted", events: [.ask, .verified(lease: 3600), .failed], state: .active,
            next: .minutes(48), lease: .hours(1)),
        Row(
            name: "verified late", events: [.ask, .failed, .verified(lease: 3600)], state: .active, next: .minutes(48),
            lease: .hours(1)),
        Row(
            name: "verified twice", events: [.ask, .verified(lease: 3600), .verified(lease: 3600)], state: .active,
            next: .minutes(48), lease: .hours(1)),
        Row(
            name: "without a lease: what was asked for", events: [.ask, .verified(lease: nil)], state: .active,
            next: .days(8), lease: .days(10)),
        Row(
            name: "an absurd lease", events: [.ask, .verified(lease: .max)], state: .active, next: .days(366) * 8 / 10,
            lease: .days(366)),
        Row(
            name: "a lease of nothing", events: [.ask, .verified(lease: -5)], state: .active, next: .minutes(1),
            lease: .zero),
        Row(name: "another topic", events: [.ask, .otherTopic], state: .requested, next: .minutes(15), agreed: false),
        Row(
            name: "renewed", events: [.ask, .verified(lease: 7200), .pass(.minutes(96)), .ask], state: .renewing,
            next: .minutes(15), lease: .minutes(24)),
        Row(
            name: "renewal verified",
            events: [.ask, .verified(lease: 7200), .pass(.minutes(96)), .ask, .verified(lease: 7200)], state: .active,
            next: .minutes(96), lease: .hours(2)),
        Row(
            name: "renewal refused", events: [.ask, .verified(lease: 7200), .pass(.minutes(96)), .ask, .failed],
            state: .active, next: .minutes(1), lease: .minutes(24), failures: 1),
        Row(
            name: "lease over", events: [.ask, .verified(lease: 7200), .pass(.minutes(121))], state: .expired,
            next: .minutes(-25), lease: .minutes(-1)),
        Row(
            name: "lease over while renewing",
            events: [.ask, .verified(lease: 7200), .pass(.minutes(119)), .ask, .pass(.minutes(2))], state: .requested,
            next: .minutes(13), lease: .minutes(-1)),
        Row(
            name: "asked again after the lease",
            events: [.ask, .verified(lease: 7200), .pass(.minutes(121)), .ask, .failed], state: .expired,
            next: .minutes(1), lease: .minutes(-1), failures: 1),
        Row(name: "denied", events: [.ask, .denied], state: .denied, next: .hours(210), failures: 1),
        Row(
            name: "denied after it was agreed", events: [.ask, .verified(lease: 7200), .denied], state: .denied,
            next: .hours(210), failures: 1),
        Row(name: "denied what nobody asked for", events: [.denied], state: .unasked, next: .zero, agreed: false),
        Row(name: "withdrawn before it was asked for", events: [.withdrawn], state: .left),
        Row(
            name: "withdrawn before it was verified", events: [.ask, .withdrawn, .verified(lease: 9)], state: .left,
            agreed: false),
        Row(
            name: "withdrawn", events: [.ask, .verified(lease: 7200), .withdrawn], state: .leaving, next: .zero,
            lease: .hours(2)),
        Row(
            name: "the hub would have it back",
            events: [.ask, .verified(lease: 7200), .withdrawn, .ask, .verified(lease: 9)], state: .leaving,
            next: .minutes(15), lease: .hours(2), failures: 1, agreed: false),
        Row(
            name: "taken back", events: [.ask, .verified(lease: 7200), .withdrawn, .ask, .unsubscribeVerified],
            state: .left, lease: .hours(2), failures: 1),
        Row(
            name: "unsubscribed by another", events: [.ask, .verified(lease: 7200), .unsubscribeVerified],
            state: .active, next: .minutes(96), lease: .hours(2), agreed: false),
        Row(
            name: "the hub does not let go",
            events: [
                .ask, .verified(lease: 720_000), .withdrawn, .ask, .failed, .ask, .failed, .ask, .failed, .ask, .failed,
                .ask, .failed,
            ], state: .left, lease: .hours(200), failures: 5),
        Row(
            name: "left to its lease", events: [.ask, .verified(lease: 7200), .withdrawn, .ask, .pass(.hours(2))],
            state: .left, lease: .zero, failures: 1),
    ]

    @Test(arguments: rows)
    func lives(row: Row) {
        var subscription = Self.subscription()
        var now = Self.now
        var agreed = true
        for event in row.events {
            switch event {
            case .ask: subscription.ask(subscription.state == .leaving ? .unsubscribe : .subscribe, at: now)
            case .accepted: break
            case .failed:
                subscription.failed(
                    subscription.state == .leaving ? .unsubscribe : .subscribe, PollError(code: "reset", message: ""),
                    retryAfter: nil, at: now, rules: Self.rules, jitter: 1)
            case .verified(let lease):
                agreed = subscription.verify(
                    .subscribe, topic: Self.topic, granted: lease, asked: .days(10), at: now, jitter: 1)
            case .unsubscribeVerified:
                agreed = subscription.verify(
                    .unsubscribe, topic: Self.topic, granted: nil, asked: .days(10), at: now, jitter: 1)
            case .otherTopic:
                agreed = subscription.verify(
                    .subscribe, topic: "http://b.example/", granted: 9, asked: .days(10), at: now, jitter: 1)
            case .denied: agreed = subscription.deny(topic: Self.topic, reason: "no", at: now, jitter: 1)
            case .withdrawn: subscription.withdraw(at: now)
            case .pass(let duration):
                now = now + duration
                subscription.lapse(at: now, rules: Self.rules, jitter: 1)
            }
        }
        #expect(subscription.state == row.state)
        #expect(subscription.nextAttempt.map { $0 - now } == row.next)
        #expect(subscription.leaseUntil.map { $0 - now } == row.lease)
        #expect(subscription.failures == row.failures)
        #expect(agreed == row.agreed)
    }

    @Test func whatAHubWritesKeepsItsSecrets() {
        let key = HubKey(Array(0..<32))
        var subscription = key.subscription(
            of: FeedID(rawValue: 1), hub: "http://hub.example/", topic: Self.topic, callback: "https://me.example/hub")
        #expect(key.isKey(of: subscription) && !HubKey(Array(1..<33)).isKey(of: subscription))
        let (token, secret) = (key.token(subscription.seed), key.secret(subscription.seed))
        #expect(Set([token, secret, subscription.id, subscription.seed]).count == 4)
        subscription.ask(.subscribe, at: Self.now)
        let reason = key.withoutSecrets("no \(token) \u{1B} \(secret)", of: subscription)
        _ = subscription.deny(topic: Self.topic, reason: reason, at: Self.now, jitter: 0)
        #expect(subscription.lastError?.message == "the hub refuses: no … \u{FFFD} …")
        var dumped = ""
        dump(subscription, to: &dumped)
        for text in [token, secret, subscription.id, subscription.seed] {
            #expect(!"\(subscription) \(dumped)".contains(text))
        }
    }

    // MARK: reliance

    @Test func doubtShortensTheWait() {
        let waits = (0...4).map { doubt in
            var deliveries = Subscription.Deliveries()
            deliveries.doubt = doubt
            return deliveries.pollInterval(of: .hours(12))
        }
        #expect(waits == [.hours(12), .hours(6), .hours(3), .minutes(90), nil])
    }

    @Test func whatAPollFindsThatShouldHaveBeenPushedRaisesDoubt() {
        let now = Self.now
        var deliveries = Subscription.Deliveries()
        let since = now - .days(1)
        // Nothing; just published; before the hub was asked; nobody knows.
        let harmless: [([Timestamp], Timestamp?)] = [
            ([], since), ([now - .minutes(5)], since), ([now - .days(2)], since), ([now - .hours(1)], nil),
        ]
        for (instants, since) in harmless {
            let isMissed = deliveries.missed(instants, since: since, at: now)
            #expect(!isMissed)
        }
        #expect(deliveries.doubt == 2)
        for _ in 0..<9 {
            let isMissed = deliveries.missed([now - .hours(1)], since: since, at: now)
            #expect(isMissed)
        }
        #expect(deliveries.doubt == 4)
        deliveries.pushed(somethingNew: false)
        #expect(deliveries.doubt == 4)
        for _ in 0..<9 { deliveries.pushed(somethingNew: true) }
        #expect(deliveries.doubt == 0)
    }

    // MARK: signatures, forms

    /// RFC 2202, 3 and RFC 4231, 4.3: the key `Jefe`.
    static let signatures: [(String, Bool)] = [
        ("sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", true),
        ("SHA1=EFFCDF6AE5EB2FA2D27416D5F184DF9C259A7C79", true),
        ("sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", true),
        (
            "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            true
        ),
        (
            "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            true
        ),
        ("sha256=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", false),
        ("sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c78", false), ("sha1=", false), ("sha1", false), ("", false),
        ("md5=750c783e6ab0b503eaa86e310a5db738", false), ("sha1=effcdf6", false), ("sha1=zz", false),
    ]

    @Test(arguments: signatures)
    func signatureIsRight(value: String, isRight: Bool) {
        let body = Array("what do ya want for nothing?".utf8)
        #expect(HubSignature.isRight(value, body: body, secret: "Jefe") == isRight)
        #expect(!HubSignature.isRight(nil, body: body, secret: "Jefe"))
    }

    @Test func formsGoThereAndBack() {
        let form = WebForm.encode(["hub.topic": "http://a/?x=1&y=ü +%", "hub.mode": "subscribe"])
        let text = String(decoding: form, as: UTF8.self)
        #expect(text == "hub.topic=http%3A%2F%2Fa%2F%3Fx%3D1%26y%3D%C3%BC%20%2B%25&hub.mode=subscribe")
        #expect(WebForm.decode(text) == ["hub.topic": "http://a/?x=1&y=ü +%", "hub.mode": "subscribe"])
        #expect(WebForm.decode("a=1+2&a=3&b&=c&%zz=%4") == ["a": "1 2", "b": "", "": "c", "%zz": "%4"])
    }
}
