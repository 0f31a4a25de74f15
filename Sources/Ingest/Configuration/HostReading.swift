import FeedModel

/// `hosts:`, the limits of single hosts.
extension ConfigurationReading {
    static let hostKeys = ConfigurationMapping.hosts.names

    mutating func readHosts(_ node: YAMLNode, in file: File) {
        if node.isNull { return }
        let right = "such as example.org: {per_host: 4}"
        guard case .mapping(let pairs) = node.content else {
            return mistake("'hosts' is \(node.kind); write a mapping, \(right)", in: file, at: node.mark)
        }
        var marks: [String: YAMLNode.Mark] = [:]
        for pair in pairs {
            guard case .scalar(let written, _) = pair.key.content else {
                mistake("a key of 'hosts' is \(pair.key.kind); write a host, \(right)", in: file, at: pair.key.mark)
                continue
            }
            let name: String
            do {
                name = try Self.hostPattern(written)
            } catch {
                mistake("\(written.quoted) under 'hosts' \(error.message)", in: file, at: pair.key.mark)
                continue
            }
            if let first = marks[name] {
                mistake(
                    "\(written.quoted) stands twice in 'hosts', first in line \(first.line), column \(first.column); "
                        + "keep one",
                    in: file, at: pair.key.mark)
                continue
            }
            marks[name] = pair.key.mark
            let fields = fields(of: pair.value, written.quoted, known: Self.hostKeys, in: file) { key in
                Self.fetchKeys.contains(key) ? "it is the same for all hosts; write it under 'fetch'" : nil
            }
            var host = HostSettings()
            host.perHost = value("per_host", of: fields) { node throws(Wrong) in try node.integer(1...65_535) }
            host.hostDelay = value("host_delay", of: fields) { node throws(Wrong) in
                try node.duration(zeroIs: .sensible)
            }
            if host == HostSettings(), fields.isWhole, fields["per_host"] == nil, fields["host_delay"] == nil {
                mistake(
                    "\(written.quoted) under 'hosts' says nothing; write 'per_host' or 'host_delay', or remove it",
                    in: file, at: pair.key.mark)
            }
            configuration.hosts[name] = host
        }
    }

    /// - Returns: the host in its one spelling, behind `*.` where its sub-hosts are meant.
    private static func hostPattern(_ written: String) throws(Wrong) -> String {
        let right = "write a host such as example.org, or '*.example.org' for the hosts below it"
        if written == "*" || written == "*." {
            throw Wrong("would be every host; write its limits under 'fetch'")
        }
        let isWildcard = written.hasPrefix("*.")
        var host = isWildcard ? String(written.dropFirst(2)) : written
        if host.contains("://") || host.contains("/") || host.contains("@") {
            throw Wrong("is no host; \(right), without scheme and path")
        }
        if HostName.isIPv6(host) { host = "[\(host)]" }
        if let problem = HostName.problem(ofURLHost: host) {
            let hasPort = host.last != "]" && host.split(separator: ":", omittingEmptySubsequences: false).count == 2
            throw Wrong(
                hasPort
                    ? "has a port, but a host's limits hold for all of its ports; \(right)"
                    : "is no host, for it \(problem); \(right)")
        }
        guard let canonical = WebURL("http://\(host)/")?.canonicalHost, !canonical.isEmpty else {
            throw Wrong("is no host; \(right)")
        }
        if isWildcard,
            host.hasPrefix("[")
                || canonical.utf8.split(separator: UInt8(ascii: ".")).last?.allSatisfy(\.isASCIIDigit) == true
        {
            throw Wrong("is an address, which has no hosts below it; write it without '*.'")
        }
        return isWildcard ? "*.\(canonical)" : canonical
    }
}
