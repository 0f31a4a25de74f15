import FeedModel

/// URLs that may stand in shown HTML.
enum SafeURL {
    /// The URL as a browser would take it (without the tabs and line ends that it drops), resolved; nothing
    /// if its scheme is not listed.
    static func cleaned(_ value: String, _ kind: SafeElement.URLKind, base: WebURL?) -> String? {
        if kind == .imageCandidates { return candidates(value, base: base) }
        // The URL Standard, 4.4: C0 controls and spaces go at the ends, tabs and line ends everywhere.
        var scalars = value.unicodeScalars.filter { $0 != "\t" && $0 != "\n" && $0 != "\r" }
        while let last = scalars.last, last.value <= 0x20 { scalars.removeLast() }
        var text = String(String.UnicodeScalarView(scalars.drop { $0.value <= 0x20 }))
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 }) else { return nil }
        if let scheme = scheme(of: text) {
            return isAllowed(scheme, text, kind) ? text : nil
        }
        if let resolved = base?.resolving(text), resolved.isHTTP { text = resolved.string }
        return text
    }

    private static func candidates(_ value: String, base: WebURL?) -> String? {
        guard let all = HTMLLinks.candidates(value), !all.isEmpty else { return nil }
        var out: [String] = []
        for (url, descriptor) in all {
            guard let safe = cleaned(url, .image, base: base), !safe.isEmpty, !safe.hasPrefix(","), !safe.hasSuffix(",")
            else { return nil }
            let words = descriptor.split(whereSeparator: \.isWhitespace).filter(isDescriptor)
            out.append(([safe] + words.map(String.init)).joined(separator: " "))
        }
        return out.joined(separator: ", ")
    }

    /// `100w`, `50h`, `1.5x` (HTML Standard, 4.8.4.2.1).
    private static func isDescriptor(_ word: Substring) -> Bool {
        guard let unit = word.utf8.last, word.utf8.count > 1 else { return false }
        return [UInt8(ascii: "w"), UInt8(ascii: "h"), UInt8(ascii: "x")].contains(unit)
            && word.utf8.dropLast().allSatisfy { $0.isASCIIDigit || $0 == UInt8(ascii: ".") }
    }

    /// What stands before a colon that comes before any `/`, `?` and `#`: whatever its characters, a browser
    /// might take it for a scheme.
    private static func scheme(of text: String) -> String? {
        for index in text.utf8.indices {
            switch text.utf8[index] {
            case UInt8(ascii: ":"): return String(text[..<index]).lowercased()
            case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "\\"): return nil
            default: break
            }
        }
        return nil
    }

    private static func isAllowed(_ scheme: String, _ text: String, _ kind: SafeElement.URLKind) -> Bool {
        switch kind {
        case .link: linkSchemes.contains(scheme)
        case .image, .imageCandidates, .media: scheme == "http" || scheme == "https" || isImageData(text)
        }
    }

    /// Pixels only: SVG can hold more.
    private static func isImageData(_ text: String) -> Bool {
        let lowered = text.prefix(24).lowercased()
        return ["png", "gif", "jpeg", "jpg", "webp", "avif"].contains {
            lowered.hasPrefix("data:image/\($0);") || lowered.hasPrefix("data:image/\($0),")
        }
    }

    private static let linkSchemes: Set<String> = [
        "http", "https", "mailto", "tel", "sms", "ftp", "ftps", "sftp", "gopher", "gemini", "magnet", "xmpp", "sip",
        "sips",
        "irc", "ircs", "news", "nntp", "geo", "matrix", "callto", "feed", "webcal", "rtsp", "urn", "doi", "git", "svn",
    ]
}
