import Crypto
import FeedModel

/// The proof that a document comes from who knows the secret (WebSub, 7): `X-Hub-Signature: METHOD=HEX`, an HMAC
/// over the body as it was sent.
enum HubSignature {
    /// - Parameter value: of the header field; `nil` without one.
    static func isRight(_ value: String?, body: [UInt8], secret: String) -> Bool {
        guard let value, let equals = value.firstIndex(of: "="),
            let code = bytes(value[value.index(after: equals)...])
        else { return false }
        let key = SymmetricKey(data: Array(secret.utf8))
        // Each compares in constant time.
        switch value[..<equals].lowercased() {
        case "sha1": return HMAC<Insecure.SHA1>.isValidAuthenticationCode(code, authenticating: body, using: key)
        case "sha256": return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: body, using: key)
        case "sha384": return HMAC<SHA384>.isValidAuthenticationCode(code, authenticating: body, using: key)
        case "sha512": return HMAC<SHA512>.isValidAuthenticationCode(code, authenticating: body, using: key)
        default: return false
        }
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0, digits.count <= 128, digits.allSatisfy(\.isASCIIHexDigit) else { return nil }
        func value(_ digit: UInt8) -> UInt8 { digit.isASCIIDigit ? digit & 0x0F : (digit & 0x0F) + 9 }
        return stride(from: 0, to: digits.count, by: 2).map { value(digits[$0]) << 4 | value(digits[$0 + 1]) }
    }
}
