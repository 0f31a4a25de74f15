import Archive
import FeedFetch
import FeedModel

/// Lines of the change log on their way to a webhook.
struct WebhookBatch: Sendable {
    private(set) var count = 0
    private(set) var first: Int64 = 0
    private(set) var last: Int64 = 0
    /// `{"changes":[…]}`, the objects that `tail` prints.
    private(set) var body: [UInt8] = []
    /// The log has been looked through up to here.
    private(set) var position: Int64
    /// Nothing stands in the log behind `position`.
    private(set) var isEnd: Bool
    /// It holds as much as one request may.
    private(set) var isFull = false

    /// A line more may make it larger by that line.
    static let largestBody = 4 << 20

    /// What stands behind a position.
    init(of archive: Archive, after position: Int64, _ settings: WebhookSettings) throws {
        var json = JSONWriter()
        (self.position, isEnd) = (position, true)
        var batch = (count: 0, first: Int64(0), last: Int64(0))
        let limit = settings.batch
        var isFull = false
        try json.object { json in
            json.key("changes" as StaticString)
            try json.array { json in
                (self.position, isEnd) = try archive.changes(after: position, settings.filter, limit: limit) { change in
                    if batch.count == 0 { batch.first = change.seq }
                    batch.last = change.seq
                    batch.count += 1
                    json.change(change)
                    isFull = batch.count >= limit || json.bytes.count >= WebhookBatch.largestBody
                    return !isFull
                }
            }
        }
        (count, first, last) = batch
        self.isFull = isFull
        if count > 0 { body = json.bytes }
    }
}

/// One request to a webhook. No redirect is followed: what is signed for one place is for no other.
struct WebhookRequest: Sendable {
    let settings: WebhookSettings
    let userAgent: String
    let limits: TransferLimits

    enum Outcome: Sendable, Hashable {
        case acknowledged
        case failed(PollError, retryAfter: Duration?)
        case gone(PollError)
        /// The program is stopping.
        case abandoned
    }

    /// Of an answer that says all by its status.
    private static let largestAnswer = 1 << 20

    init(_ settings: WebhookSettings, _ configuration: Configuration) {
        self.settings = settings
        userAgent = configuration.userAgent
        let fetch = configuration.fetch
        limits = TransferLimits(
            timeout: fetch.timeout, connectTimeout: fetch.connectTimeout, maxBody: WebhookRequest.largestAnswer)
    }

    func send(_ batch: WebhookBatch, by client: HTTPClient, time: any TimeSource) async -> Outcome {
        let secret: String
        switch SecretFile.read(settings.secretFile) {
        case .success(let text): secret = text
        case .failure(let problem):
            return .failed(PollError(code: "secret", message: "its secret file \(problem)"), retryAfter: nil)
        }
        let now = time.now
        // What is sent elsewhere on the operator's network is the operator's choice for this webhook alone.
        var exchange = HTTPRequest(
            url: settings.url, addressPolicy: settings.allowPrivateAddresses ? .any : .publicOnly(except: []))
        exchange.method = "POST"
        exchange.headers = [
            HTTPField("User-Agent", userAgent), HTTPField("Content-Type", "application/json"),
            HTTPField("X-Ingestd-Delivery", "\(settings.id.prefix(8))-\(batch.first)-\(batch.last)"),
            HTTPField("X-Ingestd-Timestamp", "\(now.seconds)"),
            HTTPField("X-Ingestd-Signature", WebhookSignature.value(of: batch.body, at: now, secret: secret)),
        ]
        exchange.body = batch.body
        exchange.limits = limits
        switch await client.send(exchange) {
        case .failure(let failure) where failure.code == .cancelled: return .abandoned
        case .failure(let failure):
            return .failed(PollError(code: failure.code.rawValue, message: failure.message), retryAfter: nil)
        case .success(let response):
            let code = "http-\(response.status)"
            switch response.status {
            case 200..<300: return .acknowledged
            case 410:
                return .gone(
                    PollError(
                        code: code,
                        message: "answered 410, that it wants no more; nothing is sent until its entry changes"))
            case 300..<400:
                return .failed(
                    PollError(
                        code: code, message: "redirects (\(response.status)), which is not followed; write where to"),
                    retryAfter: nil)
            default:
                let wait = response.headers.value(of: "Retry-After").flatMap {
                    RetryAfter.wait(HeaderText.decode($0), at: now)
                }
                return .failed(PollError(code: code, message: "answered \(response.status)"), retryAfter: wait)
            }
        }
    }
}
