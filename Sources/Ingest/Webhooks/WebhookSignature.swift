import Archive
import Crypto
import FeedModel

/// The proof that a delivery comes from who knows the secret, and when it was sent.
///
/// ```
/// X-Ingestd-Timestamp: 1795000000
/// X-Ingestd-Signature: sha256=HEX      HMAC-SHA256 by the secret over "1795000000." and the body as it was sent
/// ```
///
/// A receiver computes the same, compares in constant time, and refuses what was sent more than some minutes ago: so
/// nobody can send it a delivery again that he has read on the way.
enum WebhookSignature {
    static func value(of body: [UInt8], at instant: Timestamp, secret: String) -> String {
        var hmac = HMAC<SHA256>(key: SymmetricKey(data: Array(secret.utf8)))
        hmac.update(data: Array("\(instant.seconds).".utf8))
        hmac.update(data: body)
        return "sha256=" + Array(hmac.finalize()).hexadecimal
    }
}
