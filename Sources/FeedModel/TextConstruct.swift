/// A text as a publisher wrote it, and how it is to be read (RFC 4287, 3.1).
public struct TextConstruct: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        /// Characters that stand for themselves.
        case text
        /// HTML source.
        case html
        /// XHTML source: the markup inside the `div` that Atom asks for.
        case xhtml
    }

    public var kind: Kind
    public var value: String

    public init(_ kind: Kind, _ value: String) {
        self.kind = kind
        self.value = value
    }

    public var isMarkup: Bool { kind != .text }
}
