/// A value of a YAML file with the place where it stands. Aliases are resolved; what is written once
/// and named a hundred times is stored once.
struct YAMLNode: Sendable {
    /// From 1; columns in Unicode scalars.
    struct Mark: Sendable, Hashable {
        var line: Int
        var column: Int

        static let start = Mark(line: 1, column: 1)
    }

    struct Pair: Sendable {
        var key: YAMLNode
        var value: YAMLNode
    }

    enum Content: Sendable {
        /// `isPlain`: without quotes, so that `true`, `null` and `256` are not text.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([Pair])
    }

    var content: Content
    /// Where the value begins; for an alias, where the alias stands.
    var mark: Mark
    /// How many values there are in it and below, each alias counted with all that it stands for.
    var size: Int
    /// How many levels of values there are; 1 for a scalar.
    var height: Int

    /// For a message that must not show the value: it may be a secret.
    var kind: String {
        switch content {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar: isNull ? "empty" : "a single value"
        }
    }

    /// Nothing after the colon, `~` or `null` (YAML 1.2, 10.3.2).
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }
}
