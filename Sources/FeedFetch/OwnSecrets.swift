import FeedModel
import Foundation

/// The secrets that a feed's requests carry, in the forms in which a server may send them back: they leave nothing that
/// comes of the answer, neither its document nor a message, but as `***`.
///
/// A secret that could be a word is left: it would be taken out of articles that hold the word.
struct OwnSecrets {
    /// The longest first: one may be a part of another.
    private let forms: [[UInt8]]

    /// Parts of the names of configured fields that hold secrets.
    private static let names = [
        "auth", "cookie", "credential", "key", "pass", "secret", "session", "signature", "token",
    ]

    init(_ request: FeedRequest) {
        var secrets: [String] = []
        switch request.credential {
        case .basic(let username, let password):
            secrets.append(password)
            // Without padding, which is left out here and there.
            let pair = Data("\(username):\(password)".utf8).base64EncodedString()
            secrets.append(String(pair.prefix { $0 != "=" }))
        case .bearer(let token): secrets.append(token)
        case nil: break
        }
        for field in request.headers {
            let name = field.name.lowercased()
            guard OwnSecrets.names.contains(where: name.contains) else { continue }
            let value = HTTPField.text(field.value)
            // `Token abc`, `a=b; session=abc`: the parts are as secret as the whole.
            let parts = name == "cookie" ? value.split { "=; ".contains($0) } : value.split(separator: " ")
            secrets += [value] + parts.map(String.init)
        }
        forms = Set(secrets.filter(OwnSecrets.isUnmistakable).flatMap(OwnSecrets.forms)).map { Array($0.utf8) }
            .sorted { $0.count > $1.count }
    }

    /// No word or number looks like this: eight characters at least, with a letter, and a digit or a sign that joins no
    /// words, or long and of letters of both cases.
    private static func isUnmistakable(_ secret: String) -> Bool {
        let bytes = secret.utf8
        guard bytes.count >= 8, bytes.contains(where: \.isASCIILetter) else { return false }
        if bytes.contains(where: { $0.isASCIIDigit }) { return true }
        if bytes.contains(where: { !$0.isASCIILetter && $0 < 0x80 && !" -_.'".utf8.contains($0) }) { return true }
        return bytes.count >= 16 && Set(bytes.map { $0 & 0x20 }).count == 2
    }

    /// As it is, in a URL, in XML, in JSON.
    private static func forms(_ secret: String) -> [String] {
        let escaped = secret.addingPercentEncoding(withAllowedCharacters: unreserved) ?? secret
        var xml = secret
        for (character, reference) in [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")] {
            xml = xml.replacing(character, with: reference)
        }
        let json = secret.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return [
            secret, escaped, lowercasingEscapes(escaped), xml, xml.replacing("'", with: "&#39;"), json,
            json.replacing("/", with: "\\/"),
        ]
    }

    private static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

    private static func lowercasingEscapes(_ text: String) -> String {
        var out: [UInt8] = []
        var left = 0
        for byte in text.utf8 {
            out.append(left > 0 ? byte.asciiLowercased : byte)
            left = byte == UInt8(ascii: "%") ? 2 : max(0, left - 1)
        }
        return String(decoding: out, as: UTF8.self)
    }

    // MARK: Taking them out

    func removed(from outcome: FetchOutcome) -> FetchOutcome {
        if forms.isEmpty { return outcome }
        switch outcome {
        case .failure(var failure):
            failure.message = text(failure.message).text
            failure.hops = failure.hops.map { hop($0).hop }
            return .failure(failure)
        case .response(var response):
            var isEchoed = false
            func clean(_ part: String) -> String {
                let (text, holds) = text(part)
                isEchoed = isEchoed || holds
                return text
            }
            func clean(_ part: [UInt8]) -> [UInt8] {
                guard let bytes = removed(from: part) else { return part }
                isEchoed = true
                return bytes
            }
            response.reason = clean(response.reason)
            response.finalURL = clean(response.finalURL)
            response.headers = response.headers.map { HTTPField(name: clean($0.name), value: clean($0.value)) }
            response.body = clean(response.body)
            response.hops = response.hops.map { old in
                let (hop, holds) = hop(old)
                isEchoed = isEchoed || holds
                return hop
            }
            // A URL that would have to be kept with the secret in it is not kept.
            if let url = response.permanentURL, text(url).holds { response.permanentURL = nil }
            response.echoesSecret = isEchoed
            return .response(response)
        }
    }

    private func hop(_ hop: Hop) -> (hop: Hop, holds: Bool) {
        let (from, to) = (text(hop.from), text(hop.to))
        var clean = hop
        (clean.from, clean.to) = (from.text, to.text)
        return (clean, from.holds || to.holds)
    }

    private func text(_ text: String) -> (text: String, holds: Bool) {
        guard let bytes = removed(from: Array(text.utf8)) else { return (text, false) }
        return (String(decoding: bytes, as: UTF8.self), true)
    }

    /// `nil` if none is there.
    private func removed(from bytes: [UInt8]) -> [UInt8]? {
        var result: [UInt8]?
        for form in forms {
            if let changed = OwnSecrets.replacing(form, in: result ?? bytes) { result = changed }
        }
        return result
    }

    private static func replacing(_ form: [UInt8], in bytes: [UInt8]) -> [UInt8]? {
        var out: [UInt8] = []
        var taken = 0
        bytes.withUnsafeBytes { bytes in
            form.withUnsafeBytes { form in
                var at = 0
                while let next = find(form, in: bytes, from: at) {
                    out.append(contentsOf: bytes[taken..<next])
                    out.append(contentsOf: "***".utf8)
                    at = next + form.count
                    taken = at
                }
            }
        }
        if taken == 0 { return nil }
        out.append(contentsOf: bytes[taken...])
        return out
    }

    private static func find(
        _ form: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer, from start: Int
    ) -> Int? {
        guard let base = bytes.baseAddress, let first = form.first, let wanted = form.baseAddress else { return nil }
        var at = start
        while bytes.count - at >= form.count {
            guard let found = memchr(base + at, Int32(first), bytes.count - at - form.count + 1) else { return nil }
            at = base.distance(to: UnsafeRawPointer(found))
            if memcmp(base + at, wanted, form.count) == 0 { return at }
            at += 1
        }
        return nil
    }
}
