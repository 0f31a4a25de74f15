import FeedModel

/// How long a response may be kept, by its own headers (RFC 9111, 4.2 and 5.2).
enum Freshness {
    /// What overflows or is absurd means "very long" (RFC 9111, 1.2.2).
    private static let longest: Duration = .seconds(Int64(Int32.max))

    /// The lifetime that a response states: `max-age`, else `Expires` minus `Date`; `nil` where it states none.
    ///
    /// - Parameters:
    ///   - header: all values of a field, in order.
    ///   - receivedAt: stands in for a missing `Date`.
    static func lifetime(header: (String) -> [String], receivedAt now: Timestamp) -> Duration? {
        let directives = CacheControl.parse(header("Cache-Control"))
        // One that is broken is as good as none.
        for directive in directives where directive.name == "max-age" {
            if let maxAge = directive.argument.flatMap(seconds) { return maxAge }
        }
        guard let expires = header("Expires").last else { return nil }
        guard let expiry = HTTPDate.parse(expires) else { return .zero }  // "0" means already expired (5.3)
        let date = header("Date").last.flatMap(HTTPDate.parse) ?? now
        return min(max(expiry - date, .zero), longest)
    }

    /// What is left of a lifetime when the response arrives: `Age` has passed already (4.2.3).
    static func remaining(of lifetime: Duration?, header: (String) -> [String]) -> Duration? {
        guard let lifetime else { return nil }
        let age = header("Age").first.flatMap(seconds) ?? .zero
        return max(lifetime - age, .zero)
    }

    /// delta-seconds (1.2.2).
    static func seconds(_ text: String) -> Duration? {
        let digits = text.utf8.drop { $0 == 0x20 || $0 == 0x09 }
        guard !digits.isEmpty, digits.allSatisfy(\.isASCIIDigit) else { return nil }
        guard let value = Int64(String(decoding: digits, as: UTF8.self)) else { return longest }
        return min(.seconds(value), longest)
    }
}

/// Cache-Control's grammar (RFC 9111, 5.2): names in any case, quoted arguments, several lines as one list.
enum CacheControl {
    struct Directive: Hashable {
        /// Lower case.
        var name: String
        var argument: String?
    }

    static func parse(_ values: [String]) -> [Directive] {
        var directives: [Directive] = []
        var scanner = HeaderScanner(values.joined(separator: ","))
        while !scanner.isAtEnd {
            scanner.skipSpace()
            if let name = scanner.token() {
                scanner.skipSpace()
                var directive = Directive(name: name.lowercased())
                if scanner.skip("=") {
                    scanner.skipSpace()
                    directive.argument = scanner.quotedString() ?? scanner.token()
                }
                directives.append(directive)
            }
            scanner.skipPast(",")
        }
        return directives
    }
}
