import FeedFetch
import FeedModel

/// One request to a hub (WebSub, 5.1).
///
/// The hub's URL is a publisher's word: the feed's address policy holds, nothing of the feed's own headers and
/// credential goes there, and no redirect is followed but 307 and 308, which keep the form. The secret goes to hubs
/// without https too, against advice: whom it keeps out are those who are not on the way.
struct HubRequest: Sendable {
    let url: String
    let form: [UInt8]
    let userAgent: String
    let limits: TransferLimits
    let addressPolicy: AddressPolicy

    enum Outcome: Sendable {
        case accepted
        /// - Parameter isOwnHost: the hub's own host said so, and none that it redirects to, which may be anybody's.
        case failed(PollError, retryAfter: Duration?, isOwnHost: Bool = true)
        /// The program is stopping.
        case abandoned
    }

    private static let mostRedirects = 5
    /// Of an answer that says all by its status.
    private static let largestAnswer = 1 << 20

    init(
        _ request: Subscription.Request, _ subscription: Subscription, _ key: HubKey, _ configuration: Configuration,
        policy: AddressPolicy
    ) {
        url = subscription.hub
        let callback = "\(subscription.callback)/\(key.token(subscription.seed))"
        form =
            switch request {
            case .subscribe:
                WebForm.encode([
                    "hub.mode": "subscribe", "hub.topic": subscription.topic, "hub.callback": callback,
                    "hub.lease_seconds": String(configuration.websub.map { $0.lease.milliseconds / 1000 } ?? 0),
                    "hub.secret": key.secret(subscription.seed),
                    // What hubs before version 0.4 ask for, and others ignore.
                    "hub.verify": "async",
                ])
            case .unsubscribe:
                WebForm.encode([
                    "hub.mode": "unsubscribe", "hub.topic": subscription.topic, "hub.callback": callback,
                    "hub.verify": "async",
                ])
            }
        userAgent = configuration.userAgent
        let fetch = configuration.fetch
        limits = TransferLimits(
            timeout: fetch.timeout, connectTimeout: fetch.connectTimeout, maxBody: HubRequest.largestAnswer)
        addressPolicy = policy
    }

    func send(by client: HTTPClient, time: any TimeSource) async -> Outcome {
        func failed(_ code: String, _ message: String) -> Outcome {
            .failed(PollError(code: code, message: message), retryAfter: nil)
        }
        guard var target = WebURL(url), target.isHTTP else { return failed("bad-hub", "the hub's URL is none") }
        for _ in 0...HubRequest.mostRedirects {
            var exchange = HTTPRequest(url: target.wireForm, addressPolicy: addressPolicy)
            exchange.method = "POST"
            exchange.headers = [
                HTTPField("User-Agent", userAgent), HTTPField("Content-Type", "application/x-www-form-urlencoded"),
            ]
            exchange.body = form
            exchange.limits = limits
            let response: HTTPResponse
            switch await client.send(exchange) {
            case .success(let answer): response = answer
            case .failure(let failure) where failure.code == .cancelled: return .abandoned
            case .failure(let failure): return failed(failure.code.rawValue, failure.message)
            }
            switch response.status {
            case 200..<300: return .accepted
            case 307, 308:
                guard let location = response.headers.value(of: "Location"),
                    let next = target.resolving(HeaderText.decode(location)), next.isHTTP
                else { return failed("bad-redirect", "the hub answered \(response.status) without saying where to go") }
                guard next.scheme == target.scheme || next.scheme == "https" else {
                    return failed(
                        "bad-redirect", "the hub redirects from https to http, where the secret could be read")
                }
                target = next
            default:
                let wait = response.headers.value(of: "Retry-After").flatMap {
                    RetryAfter.wait(HeaderText.decode($0), at: time.now)
                }
                return .failed(
                    PollError(
                        code: "http-\(response.status)", message: "the hub answered \(response.status) to the request"),
                    retryAfter: wait, isOwnHost: target.canonicalHost == WebURL(url)?.canonicalHost)
            }
        }
        return failed("too-many-redirects", "the hub redirects more than \(HubRequest.mostRedirects) times")
    }
}
