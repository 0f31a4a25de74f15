public import FeedModel

/// What became of a poll's requests.
public enum FetchOutcome: Sendable {
    /// An answer that is no redirect, whatever its status.
    case response(FeedResponse)
    case failure(FetchFailure)

    /// With the host whose gate the caller holds now.
    func holding(_ host: String?) -> FetchOutcome {
        switch self {
        case .response(var response):
            response.heldHost = host
            return .response(response)
        case .failure(var failure):
            failure.heldHost = host
            return .failure(failure)
        }
    }
}

public struct FeedResponse: Sendable {
    public var status: Int
    /// What the server calls the status; "" if nothing.
    public var reason: String
    public var httpVersion: String
    public var headers: [HTTPField]
    /// Decoded. Whole if the status is 2xx.
    public var body: [UInt8]
    /// The URL that answered.
    public var finalURL: String
    /// The redirects that led there.
    public var hops: [Hop]
    /// Where to ask from now on, if this is a feed; `nil` if nothing moved for good.
    public var permanentURL: String?
    /// Of the last request, in the order sent. What came from the configuration is `***`.
    public var requestHeaders: [HTTPField]
    /// Whether the last request had validators, so that it may be answered by 304.
    public var wasConditional: Bool
    /// Of all exchanges: headers, and bodies as they were sent.
    public var bytesOnWire: Int
    /// The address that answered (the proxy's, if there is one).
    public var remoteAddress: String?
    /// Of the whole chain, waiting for hosts included.
    public var duration: Duration
    /// The host whose gate the caller holds now.
    public var heldHost: String?
    /// The server sent back what the configuration keeps secret: here it is `***`, so that this is not the answer as
    /// it came.
    public var echoesSecret = false
    /// Counts `body` against the client's memory for as long as it is held: keep it until what the body
    /// brought is stored.
    public var lease: BodyLease?

    /// It was read from a file: there was no server, and the status stands for what a server would have said.
    public var isFile: Bool { httpVersion == FeedResponse.fileVersion }

    static let fileVersion = ""

    public init(
        status: Int, reason: String = "", httpVersion: String = "1.1", headers: [HTTPField] = [], body: [UInt8] = [],
        finalURL: String,
        hops: [Hop] = [], permanentURL: String? = nil, requestHeaders: [HTTPField] = [], wasConditional: Bool = false,
        bytesOnWire: Int = 0, remoteAddress: String? = nil, duration: Duration = .zero, heldHost: String? = nil,
        lease: BodyLease? = nil
    ) {
        self.lease = lease
        self.status = status
        self.reason = reason
        self.httpVersion = httpVersion
        self.headers = headers
        self.body = body
        self.finalURL = finalURL
        self.hops = hops
        self.permanentURL = permanentURL
        self.requestHeaders = requestHeaders
        self.wasConditional = wasConditional
        self.bytesOnWire = bytesOnWire
        self.remoteAddress = remoteAddress
        self.duration = duration
        self.heldHost = heldHost
    }
}

public struct FetchFailure: Error, Sendable, Hashable {
    public enum Code: String, Sendable, Hashable {
        case timeout, dns, connect, tls, reset, truncated
        case tooLarge = "too-large"
        case badEncoding = "bad-encoding"
        case tooManyRedirects = "too-many-redirects"
        /// No Location, one that is no URL, or not http or https.
        case badRedirect = "bad-redirect"
        case addressRefused = "address-refused"
        /// A redirect led to a host that is not to be asked until `pausedUntil`.
        case hostPaused = "host-paused"
        case badResponse = "bad-response"
        /// A file that can hold no document: a folder, a pipe, a device.
        case noDocument = "no-feed"
        /// The task was cancelled or the client shut down: no verdict about the feed, and nothing to record.
        case cancelled
    }

    public var code: Code
    /// One line for an operator.
    public var message: String
    /// The redirects that were followed before.
    public var hops: [Hop]
    /// Of all exchanges: headers, and bodies as they were sent.
    public var bytesOnWire: Int
    /// The host whose gate the caller holds now; `nil` if none.
    public var heldHost: String?
    /// With `hostPaused`.
    public var pausedUntil: Timestamp?

    public init(
        code: Code, message: String, hops: [Hop] = [], bytesOnWire: Int = 0, heldHost: String? = nil,
        pausedUntil: Timestamp? = nil
    ) {
        self.code = code
        self.message = message
        self.hops = hops
        self.bytesOnWire = bytesOnWire
        self.heldHost = heldHost
        self.pausedUntil = pausedUntil
    }
}

extension FetchFailure.Code {
    /// An exchange's failure as a poll's. Before any redirect a URL that cannot be asked is a host name that
    /// cannot be looked up: the configuration has seen to the rest.
    init(_ code: TransferFailure.Code, isRedirected: Bool) {
        self =
            switch code {
            case .timeout: .timeout
            case .dns: .dns
            case .connect: .connect
            case .tls: .tls
            case .reset: .reset
            case .truncated: .truncated
            case .tooLarge: .tooLarge
            case .badEncoding: .badEncoding
            case .addressRefused: .addressRefused
            case .badResponse: .badResponse
            case .badURL: isRedirected ? .badRedirect : .dns
            case .cancelled: .cancelled
            }
    }
}
