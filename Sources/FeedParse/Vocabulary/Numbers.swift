import FeedModel

/// Numbers as publishers write them.
enum Numbers {
    /// Longer texts are none.
    static let maximumLength = 400

    /// A whole number; a fraction of noughts is none (`60.0`).
    static func integer(_ text: String) -> Int? {
        guard let text = text.trimmed, text.utf8.count <= maximumLength else { return nil }
        if let value = Int(text) { return value }
        guard let value = Double(text), value.isFinite, abs(value) < 1e15 else { return nil }
        return Int(value)
    }

    /// A size in bytes, maybe with separators between the thousands. Not negative.
    static func size(_ text: String) -> Int? {
        guard text.utf8.count <= maximumLength else { return nil }
        let digits = text.filter { $0 != "," && $0 != " " && $0 != "\u{A0}" }
        guard let value = integer(digits), value >= 0 else { return nil }
        return value
    }

    static func decimal(_ text: Substring) -> Double? {
        guard let value = Double(text.filter { $0 != "°" }), value.isFinite else { return nil }
        return value
    }

    /// Seconds, `MM:SS` or `HH:MM:SS`.
    static func duration(_ text: String) -> Double? {
        guard let text = text.trimmed, text.utf8.count <= maximumLength else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count) else { return nil }
        var seconds = 0.0
        for part in parts {
            guard let value = part.isEmpty && parts.count > 1 ? 0 : Double(part), value >= 0, value < 1e9 else {
                return nil
            }
            seconds = seconds * 60 + value
        }
        return seconds
    }
}
