import FeedModel

/// The form of a URL by which entries are compared (never fetched).
///
/// Scheme and host in lower case, `http` and `https` one, default port and fragment dropped (a `#!…` stays), an AMP
/// page replaced by its original, parameters that only track dropped and the others kept in their order,
/// percent-encoding in one spelling.
public enum CanonicalURL {
    private static let maximumWrappings = 10
    /// No page has a longer address.
    private static let maximumLength = 65_536

    /// `nil` for text that is no URL with a scheme, and for one that is longer than any page's.
    public static func of(_ text: String) -> String? {
        guard let url = WebURL(text) else { return nil }
        guard url.isHTTP else { return url.string }
        guard text.utf8.count <= maximumLength else { return nil }
        return canonical(withoutAMPHost(url))
    }

    /// As `of`, after the measuring services that podcasts put before their files are taken off.
    public static func ofEnclosure(_ text: String) -> String? {
        guard var url = WebURL(text), !url.isHTTP || text.utf8.count <= maximumLength else { return nil }
        // Each service wraps the next; ten is more than any publisher stacks.
        for _ in 0..<maximumWrappings {
            guard let inner = unwrappingTracker(url) else { break }
            url = inner
        }
        guard url.isHTTP else { return url.string }
        return canonical(url)
    }

    /// An empty path and no query: it names a site, not a page.
    public static func isBareSite(_ canonical: String) -> Bool {
        guard let url = WebURL(canonical) else { return false }
        return url.isHTTP && (url.path.isEmpty || url.path == "/") && url.query == nil && url.fragment == nil
    }

    private static func canonical(_ url: WebURL) -> String {
        var out = "http://" + (url.canonicalHost ?? "")
        if let port = url.port, port != 80, port != 443 { out += ":\(port)" }
        var path = normalizingEscapes(url.path)
        if path.hasSuffix("/amp/") { path.removeLast(4) } else if path.hasSuffix("/amp") { path.removeLast(4) }
        out += path.isEmpty ? "/" : path
        let parameters = normalizingEscapes(url.query ?? "").split(separator: "&").filter { !isTracking($0) }
        if !parameters.isEmpty { out += "?" + parameters.joined(separator: "&") }
        if let fragment = url.fragment, fragment.hasPrefix("!") { out += "#" + normalizingEscapes(fragment) }
        return out
    }

    // MARK: parameters

    private static let trackingPrefixes = [
        "utm_", "mtm_", "matomo_", "piwik_", "pk_", "hsa_", "oly_", "vero_", "ns_", "at_custom", "__hs", "_hs",
    ]

    private static let trackingNames: Set<String> = [
        "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "ymclid", "twclid", "ttclid",
        "igshid", "igsh", "li_fat_id", "srsltid", "mc_cid", "mc_eid", "mkt_tok", "wickedid", "_ga", "_gl", "at_medium",
        "at_campaign", "at_link_id", "at_link_type", "at_link_origin", "at_format", "at_ptr_name", "at_bbc_team",
        "s_cid", "icid", "ncid", "cmpid", "wt.mc_id", "wt_mc", "wt_zmc", "wtmc", "xtor", "feedburner", "sr_share",
        "rss_source", "ftag", "taid", "guccounter", "guce_referrer", "guce_referrer_sig",
        "amp_js_v", "amp_gsa", "amp_ct", "usqp",
    ]

    /// Parameters that track only with values of this kind.
    private static let trackingValues: [String: Set<String>] = [
        "ref": ["rss", "feed", "rssfeed", "rss_feed", "atom"],
        "source": ["rss", "feed", "rssfeed", "atom"],
        "src": ["rss", "feed"],
        "from": ["rss", "feed"],
        "partner": ["rss", "feedburner"],
        "emc": ["rss"],
        "cmp": ["rss"],
        "feed": ["rss"],
        "amp": ["", "1", "true"],
    ]

    private static func isTracking(_ parameter: Substring) -> Bool {
        let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts[0].lowercased()
        if trackingNames.contains(name) || trackingPrefixes.contains(where: name.hasPrefix) { return true }
        let value = parts.count > 1 ? parts[1].lowercased() : ""
        if name == "source", value.hasPrefix("rss-") { return true }
        return trackingValues[name]?.contains(value) ?? false
    }

    // MARK: AMP

    private static func withoutAMPHost(_ url: WebURL) -> WebURL {
        var url = url
        // One cache may hold another's page; none holds more.
        for _ in 0..<maximumWrappings {
            guard let inner = cachedPage(in: url) else { break }
            url = inner
        }
        guard let host = url.canonicalHost, host.hasPrefix("amp."), host.split(separator: ".").count > 2 else {
            return url
        }
        url.host = String(host.dropFirst(4))
        return url
    }

    /// The page that a URL of an AMP cache names.
    private static func cachedPage(in url: WebURL) -> WebURL? {
        guard let host = url.canonicalHost else { return nil }
        if host.hasSuffix(".cdn.ampproject.org") {
            // /c/s/example.org/story: c for content, s for https.
            let segments = url.path.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)
            if segments.count >= 2, segments[0].count == 1 {
                let rest = segments[1] == "s" ? segments.dropFirst(2) : segments.dropFirst(1)
                if let inner = embedded(rest.joined(separator: "/"), in: url) { return inner }
            }
        }
        if host == "google.com" || host.hasPrefix("www.google."), url.path.hasPrefix("/amp/") {
            var rest = url.path.dropFirst(5)
            if rest.hasPrefix("s/") { rest = rest.dropFirst(2) }
            return embedded(String(rest), in: url)
        }
        return nil
    }

    private static func embedded(_ hostAndPath: String, in url: WebURL) -> WebURL? {
        guard var inner = WebURL("http://" + hostAndPath), inner.host?.contains(".") == true else { return nil }
        inner.query = url.query
        inner.fragment = url.fragment
        return inner
    }

    // MARK: enclosures

    private static let trackers: Set<String> = [
        "podtrac.com", "chtbl.com", "chrt.fm", "pdst.fm", "op3.dev", "blubrry.com", "mgln.ai", "byspotify.com",
        "claritaspod.com", "arttrk.com", "podscribe.com", "pscrb.fm", "podkite.com", "swap.fm", "vpixl.com", "gum.fm",
        "podsights.com", "podcorn.com", "podder.com", "adbarker.com", "backtracks.fm", "podderapp.com", "rawvoice.com",
        "blubrry.net", "magellan.ai", "podroll.fm", "2cnt.net", "dts.podtrac.com", "clrtpod.com",
    ]

    /// `https://dts.podtrac.com/redirect.mp3/cdn.example.org/1.mp3` → `https://cdn.example.org/1.mp3`.
    private static func unwrappingTracker(_ url: WebURL) -> WebURL? {
        guard let host = url.canonicalHost,
            trackers.contains(where: { host == $0 || host.hasSuffix("." + $0) })
        else { return nil }
        if let scheme = url.path.firstRange(of: "https://") ?? url.path.firstRange(of: "http://") {
            return embeddedFile(String(url.path[scheme.upperBound...]), query: url.query)
        }
        let segments = url.path.split(separator: "/", omittingEmptySubsequences: true)
        // The first segment that looks like a host and has a path behind it.
        guard let index = segments.indices.dropLast().first(where: { isHostLike(segments[$0]) }) else { return nil }
        return embeddedFile(segments[index...].joined(separator: "/"), query: url.query)
    }

    private static func embeddedFile(_ hostAndPath: String, query: String?) -> WebURL? {
        var inner = WebURL("https://" + hostAndPath)
        inner?.query = query
        return inner
    }

    private static let fileEndings: Set<Substring> = ["mp3", "m4a", "mp4", "aac", "ogg", "opus", "wav", "m4v", "mov"]

    private static func isHostLike(_ segment: Substring) -> Bool {
        let labels = segment.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, let last = labels.last, !fileEndings.contains(last) else { return false }
        return last.count >= 2 && last.utf8.allSatisfy(\.isASCIILetter) && labels.allSatisfy { !$0.isEmpty }
    }

    // MARK: escapes

    /// `%7E` becomes `~`, `%c3` becomes `%C3`, `ü` becomes `%C3%BC` (RFC 3986, 6.2.2).
    static func normalizingEscapes(_ text: String) -> String {
        let encoded = WebURL.percentEncodingInvalid(text)
        guard encoded.utf8.contains(UInt8(ascii: "%")) else { return encoded }
        let bytes = Array(encoded.utf8)
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%"), index + 2 < bytes.count, bytes[index + 1].isASCIIHexDigit,
                bytes[index + 2].isASCIIHexDigit,
                let value = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
            {
                if value.isASCIILetter || value.isASCIIDigit || "-._~".utf8.contains(value) {
                    out.append(value)
                } else {
                    out.append(byte)
                    out.append(contentsOf: bytes[(index + 1)...(index + 2)].map(uppercased))
                }
                index += 3
            } else {
                out.append(byte)
                index += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func uppercased(_ byte: UInt8) -> UInt8 { (0x61...0x7A).contains(byte) ? byte & 0xDF : byte }
}
