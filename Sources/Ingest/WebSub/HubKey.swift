import Archive
import Crypto
import FeedModel

/// What proves that a subscription is ours and that a document is its hub's, made of a key that is in no table and of the
/// subscription's seed, which is: who reads the archive can make neither.
struct HubKey: Sendable {
    private let key: SymmetricKey

    init(_ bytes: [UInt8]) { key = SymmetricKey(data: bytes) }

    /// The end of the callback URL. Who knows it can answer in the hub's place: for no log and no output.
    func token(_ seed: String) -> String { code(for: "token", seed) }

    /// The key of the signatures of what the hub sends: for no log and no output.
    func secret(_ seed: String) -> String { code(for: "secret", seed) }

    /// 256 bits in hexadecimal digits.
    private func code(for use: String, _ seed: String) -> String {
        Array(HMAC<SHA256>.authenticationCode(for: Array("\(use) \(seed)".utf8), using: key)).hexadecimal
    }

    /// By which a subscription is known to those who are not told its token.
    static func id(ofToken token: String) -> String { Array(SHA256.hash(data: Array(token.utf8))).hexadecimal }

    /// Of another key no hub's question can be answered any more; earlier programs kept tokens and secrets themselves.
    func isKey(of subscription: Subscription) -> Bool {
        HubKey.id(ofToken: token(subscription.seed)) == subscription.id
    }

    /// A new subscription, drawn by chance.
    func subscription(of feed: FeedID, hub: String, topic: String, callback: String) -> Subscription {
        var generator = SystemRandomNumberGenerator()
        let seed = (0..<2).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }.hexadecimal
        return Subscription(
            id: HubKey.id(ofToken: token(seed)), seed: seed, feed: feed, hub: hub, topic: topic, callback: callback)
    }

    /// What a hub writes may hold what only it and we should know.
    func withoutSecrets(_ text: String, of subscription: Subscription) -> String {
        text.replacing(token(subscription.seed), with: "…").replacing(secret(subscription.seed), with: "…")
    }
}
