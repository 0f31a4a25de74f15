public import FeedModel

/// One poll's request.
public struct FeedRequest: Sendable, CustomStringConvertible {
    /// Where this poll goes: the configured URL, or where a permanent redirect of it led.
    public var url: String
    /// What the configuration says. `headers` and `credential` go to its origin and nowhere else.
    public var configuredURL: String
    /// Sent to the URL that they came from and to no other (RFC 9110, 8.8.3).
    public var validators: Validators?
    /// The feed's own fields. One that we send as well replaces ours; those that are the connection's and the
    /// conditions' business are left out.
    public var headers: [HTTPField]
    public var credential: Credential?
    public var userAgent: String
    public var maxRedirects: Int
    /// Of each exchange.
    public var limits: TransferLimits
    public var addressPolicy: AddressPolicy
    /// See `HTTPRequest.keepsConnection`.
    public var keepsConnection: Bool
    /// The configuration itself names a file: `url` may be a `file:` URL. No redirect leads to one.
    public var readsFile = false

    public init(
        url: String, configuredURL: String? = nil, validators: Validators? = nil, headers: [HTTPField] = [],
        credential: Credential? = nil, userAgent: String, maxRedirects: Int = 5,
        limits: TransferLimits = TransferLimits(),
        addressPolicy: AddressPolicy = .publicOnly(except: []), keepsConnection: Bool = true
    ) {
        self.url = url
        self.configuredURL = configuredURL ?? url
        self.validators = validators
        self.headers = headers
        self.credential = credential
        self.userAgent = userAgent
        self.maxRedirects = maxRedirects
        self.limits = limits
        self.addressPolicy = addressPolicy
        self.keepsConnection = keepsConnection
    }

    /// Without the secrets.
    public var description: String { "FeedRequest(\(url))" }
}

public enum Credential: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// RFC 7617, in UTF-8. A user name holds no colon.
    case basic(username: String, password: String)
    /// RFC 6750.
    case bearer(String)

    /// The kind alone.
    public var description: String {
        switch self {
        case .basic: "basic ***"
        case .bearer: "bearer ***"
        }
    }

    public var debugDescription: String { description }

    /// Nothing, so that `dump` and the like show nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
