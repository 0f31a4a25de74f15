import FeedModel

/// Which proxy a URL is asked through.
///
/// It is decided here and not by libcurl, because the address guard must know whether the address that is
/// connected to is the target's or the proxy's.
struct ProxyRule: Sendable {
    var http: String?
    var https: String?
    /// Hosts that are asked directly: `no_proxy`.
    var exceptions: [String] = []

    static let none = ProxyRule()

    var isEmpty: Bool { http == nil && https == nil }

    init() {}

    init(url: String) {
        http = url
        https = url
    }

    /// `http_proxy` (in lower case only: CGI programs get `HTTP_PROXY` from a request's `Proxy` field),
    /// `https_proxy`, `all_proxy` and `no_proxy`.
    init(environment: [String: String]) {
        func value(_ names: String...) -> String? {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        let all = value("all_proxy", "ALL_PROXY")
        http = value("http_proxy") ?? all
        https = value("https_proxy", "HTTPS_PROXY") ?? all
        exceptions = (value("no_proxy", "NO_PROXY") ?? "").split { $0 == "," || $0 == " " }.map { $0.lowercased() }
    }

    func proxy(for url: WebURL) -> String? {
        guard let proxy = url.scheme == "https" ? https : http else { return nil }
        guard let host = url.canonicalHost else { return proxy }
        return exceptions.contains { ProxyRule.matches($0, host: host) } ? nil : proxy
    }

    /// `*`, an address or a range of them, or a domain with all below it, written with or without a dot in
    /// front.
    private static func matches(_ exception: String, host: String) -> Bool {
        if exception == "*" { return true }
        if let address = IPAddress(host.trimmingBrackets) {
            return AddressRange(exception.trimmingBrackets)?.contains(address) ?? false
        }
        let domain = exception.drop { $0 == "." }
        return !domain.isEmpty && (host == domain || host.hasSuffix("." + domain))
    }
}

extension String {
    /// `[::1]` without its brackets.
    var trimmingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
    }
}
