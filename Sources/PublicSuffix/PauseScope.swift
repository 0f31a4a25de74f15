/// Whose quiet is kept when a host asks for it: all hosts that one publisher is likely to answer for.
public enum PauseScope {
    /// The registrable domain of a host, by the public suffix list (https://publicsuffix.org).
    ///
    /// | host                                  | scope                         |
    /// |---------------------------------------|-------------------------------|
    /// | `feeds.bbci.co.uk`, `bbci.co.uk`      | `bbci.co.uk`                  |
    /// | `ana.blogspot.com` (the list has it)  | `ana.blogspot.com`            |
    /// | `ana.tumblr.com` (`hostingDomains`)   | `ana.tumblr.com`              |
    /// | `tumblr.com`                          | `tumblr.com`                  |
    /// | `co.uk`, `github.io`: public suffixes | itself                        |
    /// | `localhost`, `192.0.2.7`, `[::1]`     | itself                        |
    ///
    /// - Parameter host: in one spelling: lower case, ASCII, without a closing dot.
    public static func of(_ host: String) -> String {
        guard !isAddress(host) else { return host }
        guard let domain = SuffixList.system.registrableDomain(of: host) else { return host }
        guard hostingDomains.contains(domain), host != domain else { return domain }
        // One label more: the sub-site's own name.
        let rest = host.utf8.dropLast(domain.utf8.count + 1)
        let label = rest.split(separator: UInt8(ascii: ".")).last.map { String(decoding: $0, as: UTF8.self) } ?? ""
        return label.isEmpty ? domain : "\(label).\(domain)"
    }

    /// Domains that are hardly in the list as public suffixes, although strangers publish under names below them.
    /// They shall not pay for one another. Where all of them share one server, each pays for itself when it is asked.
    static let hostingDomains: Set<String> = [
        "bandcamp.com", "bearblog.dev", "beehiiv.com", "blogfa.com", "canalblog.com", "dreamwidth.org", "exblog.jp",
        "ghost.io", "hashnode.dev", "hatenablog.com", "hatenablog.jp", "hatenadiary.jp", "itch.io", "libsyn.com",
        "livejournal.com", "medium.com", "micro.blog", "mystrikingly.com", "over-blog.com", "podbean.com",
        "posthaven.com", "seesaa.net", "skyrock.com", "squarespace.com", "substack.com", "svbtle.com", "tumblr.com",
        "typepad.com", "weebly.com", "wordpress.com", "write.as",
    ]

    /// IPv6 in brackets or without, or IPv4 in whatever form: a host whose last label is a number is an address
    /// (WHATWG URL, 3.5).
    private static func isAddress(_ host: String) -> Bool {
        if host.utf8.contains(UInt8(ascii: ":")) { return true }
        guard let last = host.utf8.split(separator: UInt8(ascii: ".")).last else { return true }
        if last.starts(with: "0x".utf8) { return true }
        return last.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
