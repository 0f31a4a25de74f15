import FeedModel

/// A JSON document: what is where in its bytes, as one list in document order.
///
/// Nothing is a String until a reader asks for it, and of what no reader asks for a few bytes are kept.
final class JSONDocument {
    enum Kind: UInt8 {
        case null, isFalse, isTrue, number, string, array, object
    }

    struct Node {
        var kind: Kind
        /// A string without escapes and control characters.
        var isPlain = true
        /// A scalar's bytes, a string's without its quotation marks.
        var start: Int32 = 0
        var count: Int32 = 0
        /// The node behind this one and all that is in it.
        var next: Int32 = 0
    }

    /// An object's members are two nodes each, the name and the value.
    fileprivate let nodes: [Node]
    fileprivate let bytes: [UInt8]

    init(nodes: [Node], bytes: [UInt8]) {
        self.nodes = nodes.isEmpty ? [Node(kind: .null, next: 1)] : nodes
        self.bytes = bytes
    }

    var root: JSONValue { JSONValue(document: self, index: 0) }

    fileprivate func withBytes<R>(_ node: Node, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        bytes.withUnsafeBufferPointer {
            body(UnsafeBufferPointer(rebasing: $0[Int(node.start)..<Int(node.start) + Int(node.count)]))
        }
    }

    fileprivate func string(_ node: Node) -> String {
        withBytes(node) { node.isPlain ? String(validUTF8: $0) : JSONString.decoded($0) }
    }

    fileprivate func isEqual(_ node: Node, _ word: StaticString) -> Bool {
        guard node.isPlain else { return string(node) == "\(word)" }
        return withBytes(node) {
            $0.elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        }
    }
}

/// A value of a JSON document. Cheap to pass: a reference and an index.
struct JSONValue {
    let document: JSONDocument
    fileprivate let index: Int32

    private var node: JSONDocument.Node { document.nodes[Int(index)] }

    var kind: JSONDocument.Kind { node.kind }

    /// The first member of that name that is not `null`.
    subscript(key: StaticString) -> JSONValue? {
        guard kind == .object else { return nil }
        var at = Int(index) + 1
        let end = Int(node.next)
        while at < end {
            let value = document.nodes[at + 1]
            if value.kind != .null, document.isEqual(document.nodes[at], key) {
                return JSONValue(document: document, index: Int32(at + 1))
            }
            at = Int(value.next)
        }
        return nil
    }

    /// Text, trimmed; a number stands for its digits.
    var text: String? {
        let node = self.node
        switch node.kind {
        case .string where node.isPlain:
            return document.withBytes(node) {
                let trimmed = $0.trimmingBlanks()
                return trimmed.isEmpty ? nil : String(validUTF8: trimmed)
            }
        case .string: return document.string(node).trimmed
        case .number: return document.string(node)
        default: return nil
        }
    }

    /// An array's.
    var elements: Elements {
        let isArray = kind == .array
        return Elements(document: document, at: index + 1, end: isArray ? node.next : index + 1)
    }

    /// Those of the array that a member is; none where there is no such member.
    func elements(of key: StaticString) -> Elements {
        self[key]?.elements ?? Elements(document: document, at: 0, end: 0)
    }

    /// An object's.
    var members: Members {
        let isObject = kind == .object
        return Members(document: document, at: index + 1, end: isObject ? node.next : index + 1)
    }

    struct Elements: Sequence, IteratorProtocol {
        fileprivate let document: JSONDocument
        fileprivate var at: Int32
        fileprivate let end: Int32

        mutating func next() -> JSONValue? {
            guard at < end else { return nil }
            defer { at = document.nodes[Int(at)].next }
            return JSONValue(document: document, index: at)
        }
    }

    struct Members: Sequence, IteratorProtocol {
        fileprivate let document: JSONDocument
        fileprivate var at: Int32
        fileprivate let end: Int32

        mutating func next() -> (key: String, value: JSONValue)? {
            guard at < end else { return nil }
            let value = at + 1
            defer { at = document.nodes[Int(value)].next }
            return (document.string(document.nodes[Int(at)]), JSONValue(document: document, index: value))
        }
    }
}
