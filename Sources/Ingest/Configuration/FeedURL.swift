import FeedModel

/// The URL of a feed as the configuration may write it.
enum FeedURL {
    /// Far beyond what servers take.
    private static let longest = 8000

    /// - Returns: the URL without white space around it, and the form in which spellings of one URL agree:
    ///   case of scheme and host, default port, fragment.
    /// - Parameter mayBeFile: it stands in the configuration itself, which may name files of this machine; a list that
    ///   came from elsewhere may not.
    static func parse(_ written: String, mayBeFile: Bool = false) throws(Wrong) -> (url: String, canonical: String) {
        let text = written.trimmed
        guard !text.isEmpty else { throw Wrong("is empty; write a URL such as https://example.org/feed.xml") }
        // Before anything is quoted: what follows may hold a password.
        if let at = text.utf8.firstIndex(of: UInt8(ascii: "@")),
            !text[..<at].dropScheme.utf8.contains(where: { "/?#\\".utf8.contains($0) })
        {
            throw holdsUser(text)
        }
        guard text.utf8.count <= longest else {
            throw Wrong("is longer than \(longest) bytes; write a shorter URL")
        }
        guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw Wrong("holds a line break or another control character: \(withoutUser(text).quoted); remove it")
        }
        guard let url = WebURL(text), !url.isHTTP || text.utf8.dropFirst(url.scheme.utf8.count).starts(with: "://".utf8)
        else { throw malformed(text) }
        guard url.isHTTP else {
            if url.scheme == "feed" {
                let rest = text.dropFirst("feed:".count)
                let meant = rest.hasPrefix("//") ? "https:\(rest)" : String(rest)
                throw Wrong("is \(withoutUser(text).quoted); write \(withoutUser(meant).quoted)")
            }
            if url.scheme == "file" { return try file(text, url, mayBeFile: mayBeFile) }
            // `example.org:8080/feed` has `example.org` for a scheme.
            if url.host == nil, url.scheme.contains(".") || url.scheme == "localhost" { throw malformed(text) }
            throw Wrong(
                "is \(withoutUser(text).quoted), but feeds are polled by http and https alone; "
                    + "write a URL such as https://example.org/feed.xml")
        }
        if url.userInfo != nil { throw holdsUser(text) }
        if let host = url.host, let problem = HostName.problem(ofURLHost: host) {
            throw Wrong(
                "is \(withoutUser(text).quoted), whose host \(problem); "
                    + "write a URL such as https://example.org/feed.xml")
        }
        if url.port == 0 { throw Wrong("is \(text.quoted), whose port is 0; write a port from 1 to 65535") }
        if url.path.hasPrefix("\\") { throw Wrong("is \(text.quoted); write '/' instead of '\\'") }
        return (text, url.wireForm)
    }

    private static func file(
        _ text: String, _ url: WebURL, mayBeFile: Bool
    ) throws(Wrong) -> (url: String, canonical: String) {
        guard mayBeFile else {
            throw Wrong(
                "is \(text.quoted), but a list of feeds names no files of this machine; "
                    + "write it under 'feeds' in a .yaml file if you mean it")
        }
        guard let path = url.filePath else {
            throw Wrong(
                "is \(text.quoted), which names no file of this machine; write it as file:///whole/path/feed.xml, "
                    + "with '?', '#' and '%' in the path as %3F, %23 and %25")
        }
        guard !path.hasSuffix("/") else { throw Wrong("is \(text.quoted), which is a folder; name a file in it") }
        return (text, "file://" + FilePath.identity(path))
    }

    private static func malformed(_ text: String) -> Wrong {
        let shown = withoutUser(text).quoted
        let lower = text.lowercased()
        if lower.hasPrefix("http:") || lower.hasPrefix("https:") {
            return Wrong(
                "is \(shown), which is no URL; write it as https://example.org/feed.xml, "
                    + "with a port from 1 to 65535 if any")
        }
        return Wrong("is \(shown), which has no scheme; write \("https://\(withoutUser(text))".quoted)")
    }

    private static func holdsUser(_ text: String) -> Wrong {
        // With several `@` only their writer knows where the password ends.
        let isPlain = text.utf8.count { $0 == UInt8(ascii: "@") } == 1
        return Wrong(
            "has a user or a password in it; write \(isPlain ? withoutUser(text).quoted : "it without them"), "
                + "and put them under 'auth'")
    }

    /// A URL for a message, however broken it is: without what may be a user and a password, which may
    /// themselves hold any character.
    static func withoutUser(_ text: String) -> String {
        let start = text[...].dropScheme.startIndex
        guard let at = text.lastIndex(of: "@"), at >= start else { return text }
        return String(text[..<start] + text[text.index(after: at)...])
    }
}

extension Substring {
    /// Without `http://` and the like, with any number of slashes.
    fileprivate var dropScheme: Substring {
        guard let colon = firstIndex(of: ":"),
            self[..<colon].utf8.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || "+-.".utf8.contains($0) })
        else { return self }
        let rest = self[index(after: colon)...]
        let slashes = rest.prefix { $0 == "/" || $0 == "\\" }
        return slashes.isEmpty ? self : rest.dropFirst(slashes.count)
    }
}

extension String {
    /// Without white space and control characters around it, as URLs are read (WHATWG URL, 4.4).
    var trimmed: String {
        var bytes = utf8[...]
        guard let first = bytes.first, let last = bytes.last, first <= 0x20 || last <= 0x20 else { return self }
        bytes = bytes.drop { $0 <= 0x20 }
        while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
        return String(Substring(bytes))
    }
}
