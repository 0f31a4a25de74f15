import FeedFetch
import FeedModel

/// What an answer means for a poll, before anything is read or written. Every status and every failure
/// has its row:
///
/// | answer                              | verdict                                     |
/// |-------------------------------------|---------------------------------------------|
/// | 200                                 | a document, if it turns out to be a feed    |
/// | 226 `IM: feed` to If-None-Match     | a part of one, if it turns out to be a feed |
/// | 226 with anything else              | failure `http-226`                          |
/// | 304 to a conditional request        | not modified                                |
/// | 304 to an unconditional request     | failure `http-304`                          |
/// | 410 from the URL that was asked     | gone                                        |
/// | 410 behind a redirect               | failure `http-410`                          |
/// | 403, 503 and others from a bot wall | failure `http-STATUS`, its host is paused   |
/// | 429                                 | failure `http-429`, its host is paused      |
/// | any other status                    | failure `http-STATUS`, Retry-After is kept  |
/// | no answer                           | failure with the transfer's own code        |
/// | abandoned by us                     | nothing happened                            |
enum PollVerdict {
    case document(FeedResponse)
    case notModified(FeedResponse)
    case failure(PollError, retryAfter: Duration?, pausesHost: Bool)
    case gone(PollError)
    case abandoned

    static func judge(_ outcome: FetchOutcome, at now: Timestamp) -> PollVerdict {
        switch outcome {
        case .failure(let failure):
            switch failure.code {
            case .cancelled: return .abandoned
            case .hostPaused:
                let wait = failure.pausedUntil.map { $0 - now }
                return .failure(
                    PollError(code: failure.code.rawValue, message: failure.message), retryAfter: wait,
                    pausesHost: false)
            case .badResponse:
                // What came is not even HTTP.
                return .failure(
                    PollError(code: "no-feed", message: failure.message), retryAfter: nil, pausesHost: false)
            default:
                return .failure(
                    PollError(code: failure.code.rawValue, message: failure.message), retryAfter: nil,
                    pausesHost: false)
            }
        case .response(let response):
            return judge(response, at: now)
        }
    }

    private static func judge(_ response: FeedResponse, at now: Timestamp) -> PollVerdict {
        func error(_ message: String) -> PollError {
            PollError(code: "http-\(response.status)", message: message)
        }
        let retryAfter = response.values(of: "Retry-After").first.flatMap { RetryAfter.wait($0, at: now) }
        switch response.status {
        case 200:
            return .document(response)
        case 226 where response.isFeedDelta:
            return .document(response)
        case 304 where response.wasConditional:
            return .notModified(response)
        case 304:
            return .failure(
                error("the server answered 304 Not Modified to a request without conditions"),
                retryAfter: nil, pausesHost: false)
        case 410 where response.hops.isEmpty:
            return .gone(error("the server says that the feed is gone for good (410)"))
        case 429:
            return .failure(
                error("the host asks for fewer requests (429)"), retryAfter: retryAfter,
                pausesHost: true)
        default:
            // Not found is not found, whatever page says so.
            if response.status != 404, let owner = BotWall.owner(of: response) {
                return .failure(error(BotWall.message(owner)), retryAfter: retryAfter, pausesHost: true)
            }
            return .failure(
                error("the server answered \(response.status) \(HTTPStatus.phrase(response.status))"),
                retryAfter: retryAfter, pausesHost: false)
        }
    }
}

/// Names of statuses, for messages (RFC 9110, 15).
enum HTTPStatus {
    static func phrase(_ status: Int) -> String {
        switch status {
        case 204: "No Content, which is no feed"
        case 206: "Partial Content, which was not asked for"
        case 226: "IM Used, for an instance manipulation that was not asked for"
        case 400: "Bad Request"
        case 401: "Unauthorized; give the feed 'auth' if it has a password"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 451: "Unavailable For Legal Reasons"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 200..<300: "which is no feed"
        case 400..<500: "and refuses the request"
        case 500...: "and cannot answer now"
        default: "which no feed is sent with"
        }
    }
}

extension FeedResponse {
    /// All values of a header field, in order, as text; bytes that are no UTF-8 are taken for Latin-1.
    func values(of name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name.lowercased() }.map { HeaderText.decode($0.value) }
    }

    /// The entries alone that are new since the document that If-None-Match named (RFC 3229, 10.4.1 and 10.5.2): no
    /// other manipulation was asked for, and none makes sense without that document.
    var isFeedDelta: Bool {
        let manipulations = values(of: "IM").flatMap { $0.split(separator: ",") }
            .map { $0.trimmingPrefix(while: \.isWhitespace) }.map { $0.lowercased().prefix { !$0.isWhitespace } }
        return status == 226 && manipulations == ["feed"] && requestHeaders.contains { $0.isNamed("If-None-Match") }
    }

    /// The message says where its body ends (RFC 9112, 6.3), so that one that breaks off was noticed on the
    /// way. Otherwise it ended with the connection, and what is missing cannot be told from what never was.
    var isDelimited: Bool {
        httpVersion == "2" || isFile || bytes(of: "Content-Length") != nil || bytes(of: "Transfer-Encoding") != nil
    }

    /// The last value of a field, byte for byte.
    func bytes(of name: String) -> [UInt8]? {
        headers.last { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// The value of a header field as text.
public enum HeaderText {
    /// UTF-8, else Latin-1: every byte is shown.
    public static func decode(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }
}
