/// What may be in flight.
public struct HostLimits: Hashable, Sendable {
    /// Polls in flight, over all hosts.
    public var concurrency: Int
    /// Of a host that `overrides` say nothing of.
    public var usual: HostLimit
    /// By host, or by `*.` and the domain whose sub-hosts are meant.
    public var overrides: [String: HostLimit]

    public init(concurrency: Int, perHost: Int, hostDelay: Duration, overrides: [String: HostLimit] = [:]) {
        self.concurrency = concurrency
        usual = HostLimit(perHost: perHost, hostDelay: hostDelay)
        self.overrides = overrides
    }

    /// A host's own override, else that of the nearest domain above it, else what is usual.
    public func of(_ host: String) -> HostLimit {
        guard !overrides.isEmpty else { return usual }
        if let own = overrides[host] { return own }
        var rest = host[...]
        while let dot = rest.firstIndex(of: ".") {
            rest = rest[rest.index(after: dot)...]
            if let above = overrides["*.\(rest)"] { return above }
        }
        return usual
    }
}

/// What one host allows.
public struct HostLimit: Hashable, Sendable {
    /// Transfers in flight.
    public var perHost: Int
    /// The least time between two request starts.
    public var hostDelay: Duration

    public init(perHost: Int, hostDelay: Duration) {
        self.perHost = perHost
        self.hostDelay = hostDelay
    }
}

extension Configuration {
    public var limits: HostLimits {
        HostLimits(
            concurrency: fetch.concurrency, perHost: fetch.perHost, hostDelay: fetch.hostDelay,
            overrides: hosts.mapValues { host in
                HostLimit(perHost: host.perHost ?? fetch.perHost, hostDelay: host.hostDelay ?? fetch.hostDelay)
            })
    }
}
