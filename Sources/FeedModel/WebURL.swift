import Foundation

/// An absolute URL taken apart as RFC 3986 (3) has it, lenient in what stands in the parts: spaces and
/// letters beyond ASCII are kept as written, so that `string` gives back what came in.
///
/// Foundation's `URL` is not used because it rewrites what publishers wrote, and what goes out on the
/// wire, what is compared and what is shown must each be chosen by us.
public struct WebURL: Hashable, Sendable {
    /// Lower case.
    public var scheme: String
    /// What stands before `@`; ingestd accepts none in its configuration and sends none.
    public var userInfo: String?
    /// As written, in brackets if it is IPv6; `nil` without authority (`mailto:`), "" for `file:///`.
    public var host: String?
    public var port: Int?
    public var path: String
    /// Without `?`.
    public var query: String?
    /// Without `#`.
    public var fragment: String?

    /// `nil` if the text has no scheme, an unusable port or, for http and https, no host.
    public init?(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while let first = bytes.first, first <= 0x20 { bytes.removeFirst() }
        while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
        self.init(trimmed: bytes)
    }

    private init?(trimmed bytes: ArraySlice<UInt8>) {
        guard let colon = WebURL.schemeEnd(bytes) else { return nil }
        let scheme = String(decoding: bytes[..<colon], as: UTF8.self).lowercased()
        var rest = bytes[(colon + 1)...]
        if scheme == "http" || scheme == "https" {
            // `http:/host`, `http:\\host`: as browsers mend it (WHATWG URL, special authority slashes).
            let slashes = rest.prefix { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }.count
            guard slashes > 0 else { return nil }
            rest = rest.dropFirst(slashes)
            self.init(scheme: scheme, authorityAndRest: rest)
            guard let host, !host.isEmpty else { return nil }
        } else if rest.starts(with: "//".utf8) {
            self.init(scheme: scheme, authorityAndRest: rest.dropFirst(2))
        } else {
            let (path, query, fragment) = WebURL.split(rest)
            self.init(scheme: scheme, host: nil, path: path, query: query, fragment: fragment)
        }
    }

    public init(
        scheme: String, userInfo: String? = nil, host: String?, port: Int? = nil, path: String,
        query: String? = nil, fragment: String? = nil
    ) {
        self.scheme = scheme
        self.userInfo = userInfo
        self.host = host
        self.port = port
        self.path = path
        self.query = query
        self.fragment = fragment
    }

    private init?(scheme: String, authorityAndRest bytes: ArraySlice<UInt8>) {
        let end =
            bytes.firstIndex {
                $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#")
                    || $0 == UInt8(ascii: "\\")
            } ?? bytes.endIndex
        var authority = bytes[..<end]
        (path, query, fragment) = WebURL.split(bytes[end...])
        self.scheme = scheme
        if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
            userInfo = String(decoding: authority[..<at], as: UTF8.self)
            authority = authority[(at + 1)...]
        }
        let afterBracket = authority.lastIndex(of: UInt8(ascii: "]")) ?? authority.startIndex
        if let colon = authority[afterBracket...].lastIndex(of: UInt8(ascii: ":")) {
            let digits = authority[(colon + 1)...]
            if !digits.isEmpty {
                guard digits.allSatisfy({ (0x30...0x39).contains($0) }),
                    let number = Int(String(decoding: digits, as: UTF8.self)), (0...65535).contains(number)
                else { return nil }
                port = number
            }
            authority = authority[..<colon]
        }
        host = String(decoding: authority, as: UTF8.self)
    }

    private static func schemeEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = bytes.first, first.isASCIILetter else { return nil }
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: ":"): return index
            case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): continue
            default: guard bytes[index].isASCIILetter || bytes[index].isASCIIDigit else { return nil }
            }
        }
        return nil
    }

    private static func split(_ bytes: ArraySlice<UInt8>) -> (path: String, query: String?, fragment: String?) {
        let hash = bytes.firstIndex(of: UInt8(ascii: "#"))
        let beforeHash = bytes[..<(hash ?? bytes.endIndex)]
        let mark = beforeHash.firstIndex(of: UInt8(ascii: "?"))
        func text(_ slice: ArraySlice<UInt8>) -> String { String(decoding: slice, as: UTF8.self) }
        return (
            text(beforeHash[..<(mark ?? beforeHash.endIndex)]),
            mark.map { text(beforeHash[($0 + 1)...]) },
            hash.map { text(bytes[($0 + 1)...]) }
        )
    }

    /// As it was written, but for the case of the scheme.
    public var string: String {
        var out = ""
        out.reserveCapacity(
            scheme.utf8.count + (host?.utf8.count ?? 0) + path.utf8.count + (query?.utf8.count ?? 0)
                + (fragment?.utf8.count ?? 0) + 16)
        out += scheme
        out += ":"
        if let host {
            out += "//"
            if let userInfo { out += userInfo + "@" }
            out += host
            if let port { out += ":\(port)" }
        }
        out += path
        if let query {
            out += "?"
            out += query
        }
        if let fragment {
            out += "#"
            out += fragment
        }
        return out
    }

    /// The path on this machine that a `file:` URL names (RFC 8089, 2), whole and percent-decoded; `nil` for any other
    /// URL, for a file of another machine and for what no path can hold.
    public var filePath: String? {
        guard scheme == "file", let host, host.isEmpty || host.lowercased() == "localhost", port == nil, query == nil,
            fragment == nil, userInfo == nil, path.hasPrefix("/"), let decoded = path.removingPercentEncoding,
            !decoded.utf8.contains(0)
        else { return nil }
        return decoded
    }

    /// What the limits of hosts count by: the canonical host. A file stands for itself, so that no limit holds
    /// between files.
    public var limitedHost: String { canonicalHost ?? (scheme == "file" ? string : "") }

    public var isHTTP: Bool { scheme == "http" || scheme == "https" }

    public var defaultPort: Int? {
        switch scheme {
        case "http": 80
        case "https": 443
        default: nil
        }
    }

    public var effectivePort: Int? { port ?? defaultPort }

    /// The host in one spelling: lower case, ASCII (IDNA, RFC 5891), without a closing dot, and addresses as they are
    /// usually written. It names the host wherever hosts are counted, paused or compared.
    public var canonicalHost: String? {
        guard var host, !host.isEmpty else { return nil }
        if host.last == "." { host.removeLast() }
        let isASCII = host.utf8.allSatisfy { $0 < 0x80 }
        let name =
            (isASCII ? nil : URLComponents(string: "http://\(host)/")?.encodedHost?.lowercased()) ?? host.lowercased()
        return WebURL.canonicalAddress(name) ?? name
    }

    /// The host without percent-escapes, as whoever connects to it looks it up (RFC 3986, 3.2.2); `nil` if that is none.
    public var decodedHost: String? {
        guard let host, !host.hasPrefix("["), host.utf8.contains(UInt8(ascii: "%")) else { return host }
        guard let decoded = host.removingPercentEncoding,
            !decoded.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F || "#%/:<>?@[\\]^|".utf8.contains($0) })
        else { return nil }
        return decoded
    }

    /// `127.0.0.1` for `127.1`, `0x7f.1` and `2130706433` (WHATWG URL, 3.5, as libcurl has it), `[::1]` for `[0::1]`;
    /// `nil` for a name.
    private static func canonicalAddress(_ host: String) -> String? {
        guard let first = host.utf8.first else { return nil }
        if first == UInt8(ascii: "["), host.utf8.last == UInt8(ascii: "]") {
            return IPAddress(String(host.dropFirst().dropLast())).map { "[\($0)]" }
        }
        guard first.isASCIIDigit else { return nil }
        var address = in_addr()
        guard inet_aton(host, &address) != 0 else { return nil }
        return withUnsafeBytes(of: &address) { IPAddress(bytes: $0)?.description }
    }

    /// Scheme, host and port (RFC 6454, 4): the border that no credential crosses.
    public struct Origin: Hashable, Sendable {
        public var scheme: String
        public var host: String
        public var port: Int
    }

    public var origin: Origin? {
        guard let canonicalHost, let effectivePort else { return nil }
        return Origin(scheme: scheme, host: canonicalHost, port: effectivePort)
    }

    /// What goes out: valid parts as written, what no URI may hold percent-encoded as UTF-8, the host in
    /// ASCII, no fragment, no user and password, an empty path as `/` (RFC 3986, 3; RFC 3987, 3.1).
    public var wireForm: String {
        var out = scheme + "://" + (canonicalHost ?? "")
        if let port, port != defaultPort { out += ":\(port)" }
        // A path that begins with a backslash must not run into the host.
        if path.utf8.first != UInt8(ascii: "/") { out += "/" }
        out += WebURL.percentEncodingInvalid(path)
        if let query { out += "?" + WebURL.percentEncodingInvalid(query) }
        return out
    }

    /// Percent-encodes what stands in no valid URI: controls, space, `"<>\^`{|}` and all beyond ASCII.
    /// A `%` is taken for an escape that is there already.
    public static func percentEncodingInvalid(_ text: String) -> String {
        if !text.utf8.contains(where: isInvalid) { return text }
        var out: [UInt8] = []
        out.reserveCapacity(text.utf8.count + 16)
        for byte in text.utf8 {
            if isInvalid(byte) {
                out.append(UInt8(ascii: "%"))
                out.append(hexDigits[Int(byte >> 4)])
                out.append(hexDigits[Int(byte & 15)])
            } else {
                out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func isInvalid(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte >= 0x7F || "\"<>\\^`{|}".utf8.contains(byte)
    }

    static let hexDigits = Array("0123456789ABCDEF".utf8)

    /// Resolves a reference against this URL (RFC 3986, 5.2). An absolute reference comes back as it
    /// is; `nil` if the result would not be a usable URL.
    public func resolving(_ reference: String) -> WebURL? {
        var bytes = Array(reference.utf8)[...]
        while let first = bytes.first, first <= 0x20 { bytes.removeFirst() }
        while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
        if bytes.isEmpty {
            var same = self
            same.fragment = nil
            return same
        }
        if let colon = WebURL.schemeEnd(bytes) {
            if let absolute = WebURL(trimmed: bytes) { return absolute }
            // `http:path` without slashes is relative to a base of the same scheme (RFC 3986, 5.2.2). What then stands
            // before another colon is no scheme any more.
            guard String(decoding: bytes[..<colon], as: UTF8.self).lowercased() == scheme else { return nil }
            bytes = bytes[(colon + 1)...].drop { $0 <= 0x20 }
        }
        if bytes.starts(with: "//".utf8) {
            return WebURL(scheme + ":" + String(decoding: bytes, as: UTF8.self))
        }
        guard host != nil || path.hasPrefix("/") else { return nil }
        let (path, query, fragment) = WebURL.split(bytes)
        var result = self
        result.fragment = fragment
        if path.isEmpty {
            if query != nil { result.query = query }
            return result
        }
        result.query = query
        if path.hasPrefix("/") {
            result.path = WebURL.removingDotSegments(path)
        } else {
            let directory = self.path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(self.path[...$0]) } ?? "/"
            result.path = WebURL.removingDotSegments(directory + path)
        }
        return result
    }

    /// RFC 3986, 5.2.4.
    static func removingDotSegments(_ path: String) -> String {
        var path = path
        return path.withUTF8 { bytes in
            let slash = UInt8(ascii: "/")
            let dot = UInt8(ascii: ".")
            func isDotSegment(_ start: Int) -> Bool {
                guard start < bytes.count, bytes[start] == dot else { return false }
                let next = start + 1 < bytes.count ? bytes[start + 1] : slash
                return next == slash
                    || next == dot && (start + 2 == bytes.count || bytes[start + 2] == slash)
            }
            var needsWork = isDotSegment(0)
            for at in bytes.indices where !needsWork && bytes[at] == slash && isDotSegment(at + 1) { needsWork = true }
            guard needsWork else { return String(decoding: bytes, as: UTF8.self) }
            var out: [Slice<UnsafeBufferPointer<UInt8>>] = []
            let segments = bytes.split(separator: slash, omittingEmptySubsequences: false)
            for (index, segment) in segments.enumerated() {
                let isLast = index == segments.count - 1
                if segment.count == 1, segment.first == dot {
                    if isLast { out.append(bytes[0..<0]) }
                } else if segment.count == 2, segment.first == dot, segment.last == dot {
                    if out.count > 1 { out.removeLast() }
                    if isLast { out.append(bytes[0..<0]) }
                } else {
                    out.append(segment)
                }
            }
            return String(decoding: Array(out.joined(separator: [slash])), as: UTF8.self)
        }
    }
}

extension UInt8 {
    /// `A` to `Z`, `a` to `z`.
    public var isASCIILetter: Bool { (0x61...0x7A).contains(self | 0x20) }
    /// `0` to `9`.
    public var isASCIIDigit: Bool { (0x30...0x39).contains(self) }
    public var isASCIIHexDigit: Bool { isASCIIDigit || (0x61...0x66).contains(self | 0x20) }
    /// Upper case letters made lower case, all else as it is.
    public var asciiLowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}
