import FeedModel

/// Which header fields a configuration may add to requests.
enum HeaderField {
    /// Servers refuse requests with more.
    static let most = 50

    /// What stands in requests already, or would change what they are.
    private static let ours: Set<String> = [
        "host", "content-length", "connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade",
        "proxy-connection", "proxy-authorization", "if-none-match", "if-modified-since", "if-match",
        "if-unmodified-since", "if-range", "range", "accept-encoding", "expect",
    ]

    /// RFC 9110, 5.1 and 5.6.2: a token.
    static func problem(name: String) -> String? {
        let start = String(decoding: name.utf8.prefix(while: isTokenByte), as: UTF8.self)
        guard !name.isEmpty, start.utf8.count == name.utf8.count else {
            return
                "the name of a header\(start.isEmpty ? "" : ", which begins \(start.quoted),") holds what no name can; "
                + "write letters, digits and '-'"
        }
        let lower = name.lowercased()
        if lower == "authorization" { return "header '\(name)' is a secret; write it as 'auth'" }
        if ours.contains(lower) { return "header '\(name)' is set by ingestd itself; remove it" }
        return nil
    }

    /// RFC 9110, 5.5; to stand after the header's name.
    static func problem(value: String) -> String? {
        if value.isEmpty { return "has no value; write one, or remove the header" }
        if value.utf8.contains(where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }) {
            return "holds a line break or another control character; write it in one line"
        }
        if value.utf8.first.map(isSpace) == true || value.utf8.last.map(isSpace) == true {
            return "has space around its value; remove it"
        }
        return nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        byte.isASCIILetter || byte.isASCIIDigit || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
