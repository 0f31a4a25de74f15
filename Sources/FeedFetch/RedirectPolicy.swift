public import FeedModel

/// One redirect that was followed.
public struct Hop: Sendable, Hashable {
    public var status: Int
    /// The URL that answered.
    public var from: String
    /// Where it sent us, as it goes out on the wire: without fragment, user and password.
    public var to: String
    /// From https to http.
    public var isDowngrade: Bool

    public init(status: Int, from: String, to: String, isDowngrade: Bool) {
        self.status = status
        self.from = from
        self.to = to
        self.isDowngrade = isDowngrade
    }

    /// 301 and 308 say that the move is for good (RFC 9110, 15.4.2 and 15.4.9).
    public var isPermanent: Bool { status == 301 || status == 308 }
}

/// What redirects mean (RFC 9110, 15.4). Pure.
public enum RedirectPolicy {
    public enum Step: Sendable, Hashable {
        /// The answer is no redirect.
        case final
        case follow(Hop)
        case refuse(FetchFailure.Code, String)
    }

    /// What to do about an answer. `location` is the field's bytes, `nil` without one; `hops` led to
    /// `url`.
    ///
    /// 300 names choices, 304 is no redirect, 305 and 306 are out of use: they stand for themselves, as does
    /// every 3xx that nobody has defined.
    public static func step(
        status: Int, location: [UInt8]?, from url: WebURL, hops: [Hop], maxRedirects: Int
    ) -> Step {
        guard [301, 302, 303, 307, 308].contains(status) else { return .final }
        guard let location, !location.isEmpty else {
            return .refuse(.badRedirect, "answered \(status) without saying where to go")
        }
        guard location.count <= longestLocation else {
            return .refuse(.badRedirect, "answered \(status) with a Location of more than \(longestLocation) bytes")
        }
        let reference = text(location)
        let shown = reference.prefix(200).debugDescription
        guard var target = url.resolving(reference) else {
            return .refuse(.badRedirect, "answered \(status) with the Location \(shown), which is no URL")
        }
        guard target.isHTTP, target.host?.isEmpty == false else {
            return .refuse(
                .badRedirect, "answered \(status) with the Location \(shown); only http and https are followed")
        }
        guard let host = target.decodedHost else {
            return .refuse(.badRedirect, "answered \(status) with the Location \(shown), whose host is none")
        }
        target.host = host
        target.userInfo = nil
        target.fragment = nil
        let to = target.wireForm
        guard hops.count < maxRedirects else {
            return .refuse(.tooManyRedirects, "redirects more than \(maxRedirects) times (max_redirects)")
        }
        if to == url.wireForm || hops.contains(where: { $0.to == to || WebURL($0.from)?.wireForm == to }) {
            return .refuse(.tooManyRedirects, "redirects in a loop, back to \(to)")
        }
        return .follow(
            Hop(
                status: status, from: url.string, to: to,
                isDowngrade: url.scheme == "https" && target.scheme == "http"))
    }

    /// Twice what RFC 9110 (4.1) wants everybody to take.
    private static let longestLocation = 16 << 10

    /// The URL to ask from now on, if the last one gave a feed: where the chain led before its first hop that
    /// is temporary or goes from https to http. `nil` if that is where it began.
    public static func permanentURL(_ hops: [Hop]) -> String? {
        hops.prefix { $0.isPermanent && !$0.isDowngrade }.last?.to
    }

    /// A Location ought to be ASCII. UTF-8 is seen and understood; any other bytes are taken to be the target's
    /// own and percent-encoded one by one.
    private static func text(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        let escaped = bytes.flatMap { byte -> [UInt8] in
            byte < 0x80 ? [byte] : Array("%\(String(byte, radix: 16, uppercase: true))".utf8)
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
