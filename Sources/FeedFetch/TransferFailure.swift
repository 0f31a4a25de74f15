/// Why an exchange gave no answer that can be used.
public struct TransferFailure: Error, Sendable, Hashable {
    public enum Code: String, Sendable, Hashable {
        /// The whole transfer, or its connection, took longer than allowed, or it stood still while others
        /// waited for the memory that it held.
        case timeout
        case dns
        case connect
        /// The handshake failed or the certificate was refused; no request was sent.
        case tls
        /// The connection was broken or closed without an answer.
        case reset
        /// The body ended early: fewer bytes than `Content-Length`, no last chunk, a compressed stream
        /// without its end.
        case truncated
        case tooLarge = "too-large"
        /// A content coding that is not known, more of them than anybody needs, or data that is not what its
        /// coding says.
        case badEncoding = "bad-encoding"
        /// The address policy allows none of the addresses of the host.
        case addressRefused = "address-refused"
        /// Not HTTP, or broken HTTP.
        case badResponse = "bad-response"
        /// Not a URL that can be asked.
        case badURL = "bad-url"
        /// The task was cancelled or the client shut down: nothing is known about the server.
        case cancelled
    }

    public var code: Code
    /// One line for an operator.
    public var message: String
    /// Bytes of headers and of the body as it was sent, up to the failure.
    public var bytesOnWire: Int

    public init(_ code: Code, _ message: String, bytesOnWire: Int = 0) {
        self.code = code
        self.message = message
        self.bytesOnWire = bytesOnWire
    }
}
