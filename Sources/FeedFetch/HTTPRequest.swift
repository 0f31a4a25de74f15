public import FeedModel

/// One exchange: redirects are not followed, nothing is tried twice.
public struct HTTPRequest: Sendable {
    public var method = "GET"
    /// As it goes out: ASCII, see `WebURL.wireForm`.
    public var url: String
    /// Sent in this order, and but for `Host` and what a body needs nothing else. A field whose name is no
    /// token is left out; a line break in a value becomes a space.
    public var headers: [HTTPField] = []
    public var body: [UInt8]?
    /// Connects to this socket instead of the URL's host; the address policy has no say then.
    public var unixSocketPath: String?
    public var limits = TransferLimits()
    public var addressPolicy: AddressPolicy
    /// Whether the connection is worth keeping for another request to this host soon. With thousands of
    /// hosts that are asked once each, connections that are kept in vain cost more than the requests.
    public var keepsConnection = true

    public init(url: String, addressPolicy: AddressPolicy) {
        self.url = url
        self.addressPolicy = addressPolicy
    }
}

/// What bounds one exchange.
public struct TransferLimits: Sendable, Hashable {
    /// From the start to the last byte, names and connection included.
    public var timeout: Duration
    /// To the end of the TLS handshake.
    public var connectTimeout: Duration
    /// Bytes of the body after all decoding.
    public var maxBody: Int

    public init(timeout: Duration = .seconds(30), connectTimeout: Duration = .seconds(10), maxBody: Int = 16 << 20) {
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        self.maxBody = maxBody
    }

    /// Bytes of all headers of an exchange together, interim responses and trailers included.
    public static let maxHeaderBytes = 256 << 10
    /// Lines of the same, continued ones counted each. The most that is seen is a hundred.
    public static let maxHeaderLines = 1000

    /// Bytes of the body as it is sent. A compressed body is a little longer than its content at worst;
    /// more than this is padding.
    var maxBodyOnWire: Int {
        let (sum, overflow) = maxBody.addingReportingOverflow(maxBody / 8 + 65_536)
        return overflow ? .max : sum
    }
}

public struct HTTPResponse: Sendable {
    public var status: Int
    /// What the server calls the status; "" if nothing.
    public var reason: String
    /// `1.0`, `1.1` or `2`.
    public var httpVersion: String
    public var headers: [HTTPField]
    /// Decoded. Of an answer that is not 2xx: what could be read of it.
    public var body: [UInt8]
    /// Bytes of headers and of the body as it was sent.
    public var bytesOnWire: Int
    /// The address that answered (the proxy's, if there is one).
    public var remoteAddress: String?
    public var duration: Duration
    /// Counts `body` against the client's memory for as long as it is held.
    public var lease: BodyLease?
}
