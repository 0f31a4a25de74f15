import Foundation

public struct HTTPClientConfiguration: Sendable {
    public enum Proxy: Sendable, Hashable {
        /// `http_proxy`, `https_proxy`, `all_proxy`, `no_proxy`, as they are when the client is made.
        case environment
        case none
        case url(String)
    }

    /// How many transfers will be in flight at most. It is not enforced; the number of connections that
    /// are kept follows from it.
    public var maximumConcurrency = 256
    /// With a proxy the addresses of targets cannot be seen: the address policy then judges only targets
    /// that are written as addresses, and names lead wherever the proxy goes. The proxy's own address is the operator's
    /// choice and not judged.
    public var proxy = Proxy.environment
    /// A PEM file of the certificate authorities to trust; else `$SSL_CERT_FILE`, else the system's.
    public var caFile: String?
    /// How many bytes unfinished transfers may hold together, of bodies and to decode them, and of whole bodies
    /// that wait for their readers. One transfer may go beyond it, by its own body and what decodes it.
    public var maxBufferedBytes = 96 << 20

    public init() {}

    /// The file of certificate authorities. `nil` if the system has none: then every https transfer
    /// fails and says so. Throws if a file that was asked for cannot be read.
    func resolvedCAFile(environment: [String: String]) throws(HTTPClientError) -> String? {
        func isReadable(_ path: String) -> Bool { FileManager.default.isReadableFile(atPath: path) }
        if let caFile {
            guard isReadable(caFile) else { throw .unreadableCAFile(caFile, setBy: "ca_file") }
            return caFile
        }
        if let fromEnvironment = environment["SSL_CERT_FILE"], !fromEnvironment.isEmpty {
            guard isReadable(fromEnvironment) else {
                throw .unreadableCAFile(fromEnvironment, setBy: "the environment variable SSL_CERT_FILE")
            }
            return fromEnvironment
        }
        return HTTPClientConfiguration.systemCAFiles.first(where: isReadable)
    }

    /// Debian and Alpine, Fedora, openSUSE, the BSDs.
    private static let systemCAFiles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]
}

/// Why there can be no client.
public enum HTTPClientError: Error, CustomStringConvertible, Sendable, Hashable {
    case unreadableCAFile(String, setBy: String)
    case libcurl(String)

    public var description: String {
        switch self {
        case .unreadableCAFile(let path, let setBy):
            "cannot read \(path), the file of certificate authorities set by \(setBy): correct the path, or leave it out to use the system's"
        case .libcurl(let message): "libcurl cannot be used: \(message)"
        }
    }
}
