import FeedModel
import Foundation

/// The fields of a poll's request. Which of them go depends on the URL of the hop alone.
struct FeedHeaders {
    private(set) var fields: [HTTPField]
    private(set) var isConditional: Bool
    /// Names of the fields that hold what the configuration gave for its origin alone.
    private var secretNames: Set<String> = []

    /// The feed types by name, then what they are served as, then anything: a server that negotiates gives
    /// the feed, and one that knows only its page is not stopped.
    static let accept =
        "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
        + "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"

    /// A publisher may answer a conditional request with those entries alone that are new to us (RFC 3229, with
    /// `feed` as its instance manipulation). A 226 needs an If-None-Match, A-IM does not: it may stand in every
    /// request, and without the tag it asks for nothing. So it goes with every poll, the first included, since a
    /// cache that keeps answers by the fields they vary on (RFC 9110, 12.5.5) must not see two kinds of poller in
    /// one.
    static let manipulations = "feed"

    /// Fields that a configuration cannot set: the connection's, the body's and the conditions'.
    private static let reserved: Set<String> = [
        "host", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect", "content-length",
        "proxy-authorization", "proxy-connection", "if-none-match", "if-modified-since", "if-match",
        "if-unmodified-since", "if-range", "range", "a-im",
    ]

    init(_ request: FeedRequest, for url: WebURL) {
        fields = [
            HTTPField("User-Agent", request.userAgent),
            HTTPField("Accept", FeedHeaders.accept),
            HTTPField("Accept-Encoding", ContentCoding.accepted),
            HTTPField("A-IM", FeedHeaders.manipulations),
        ]
        isConditional = false
        // An opaque URL has no origin: two of them are not one.
        if let origin = url.origin, WebURL(request.configuredURL)?.origin == origin {
            if let credential = request.credential { set(FeedHeaders.authorization(credential), isSecret: true) }
            for field in request.headers where !FeedHeaders.reserved.contains(field.name.lowercased()) {
                set(field, isSecret: true)
            }
        }
        guard let validators = request.validators, WebURL(validators.url)?.wireForm == url.wireForm else { return }
        if let etag = validators.etag { fields.append(HTTPField(name: "If-None-Match", value: etag)) }
        if let date = validators.lastModified { fields.append(HTTPField(name: "If-Modified-Since", value: date)) }
        isConditional = !validators.isEmpty
    }

    /// No field goes out twice.
    private mutating func set(_ field: HTTPField, isSecret: Bool) {
        if let index = fields.firstIndex(where: { $0.isNamed(field.name) }) {
            fields[index] = field
        } else {
            fields.append(field)
        }
        if isSecret { secretNames.insert(field.name.lowercased()) }
    }

    private static func authorization(_ credential: Credential) -> HTTPField {
        switch credential {
        case .basic(let username, let password):
            HTTPField("Authorization", "Basic " + Data("\(username):\(password)".utf8).base64EncodedString())
        case .bearer(let token):
            HTTPField("Authorization", "Bearer " + token)
        }
    }

    /// For people: what the configuration gave is not shown.
    var redacted: [HTTPField] {
        fields.map { secretNames.contains($0.name.lowercased()) ? HTTPField($0.name, "***") : $0 }
    }
}
