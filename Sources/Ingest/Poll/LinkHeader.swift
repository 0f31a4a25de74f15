import FeedModel

/// The Link header (RFC 8288): several values in one field or many, relation types in any case and several
/// to a link.
enum LinkHeader {
    /// The target of the first link with a relation type.
    static func target(rel: String, in values: [String]) -> String? {
        for value in values {
            var scanner = HeaderScanner(value)
            while !scanner.isAtEnd {
                scanner.skipSpace()
                guard scanner.skip("<") else {
                    scanner.skipPast(",")
                    continue
                }
                // No later link has a `>` either.
                guard let target = scanner.text(upTo: ">") else { break }
                if relations(&scanner).contains(rel) { return target }
                scanner.skipPast(",")
            }
        }
        return nil
    }

    /// The types of the first `rel` among a link's parameters; later ones do not count (RFC 8288, 3.3).
    private static func relations(_ scanner: inout HeaderScanner) -> [String] {
        var found: [String]?
        scanner.skipSpace()
        while scanner.skip(";") {
            scanner.skipSpace()
            let name = scanner.token()?.lowercased()
            scanner.skipSpace()
            if scanner.skip("=") {
                scanner.skipSpace()
                let value = scanner.quotedString() ?? scanner.token() ?? ""
                if name == "rel", found == nil {
                    found = value.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
                }
            }
            scanner.skipSpace()
        }
        return found ?? []
    }
}
