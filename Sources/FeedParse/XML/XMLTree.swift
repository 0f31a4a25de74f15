import FeedModel

/// The shape of an XML document: elements, their attributes and text, as offsets into one byte arena.
///
/// Nothing is a String until a reader asks for it. Comments, processing instructions and the document
/// type are not kept; CDATA is text.
final class XMLTree {
    struct Node {
        /// Index into `names`, or `textName`.
        var name: Int32
        var nextSibling: Int32 = -1
        var firstChild: Int32 = -1
        /// An element's attributes, or a text's bytes in `arena`.
        var start: Int32
        var count: Int32
        /// Where in the document an element's tag begins; -1 where that is not known, and for texts.
        var position: Int32
    }

    struct Attribute {
        var name: Int32
        var start: Int32
        var count: Int32
    }

    static let textName: Int32 = -1

    let names: [XMLName]
    /// Of each name, what is asked for most.
    let meanings: [XMLMeaning]
    let nodes: [Node]
    let attributes: [Attribute]
    private let arena: [UInt8]
    /// The URIs that the root element declares, used or not.
    let rootNamespaces: [String]
    /// As it was parsed.
    private let document: [UInt8]

    init(
        names: [XMLName], nodes: [Node], attributes: [Attribute], arena: [UInt8], rootNamespaces: [String],
        document: [UInt8]
    ) {
        self.names = names
        meanings = names.map { XMLMeaning(namespace: $0.namespace, tag: $0.tag, hasPrefix: !$0.prefix.isEmpty) }
        self.nodes = nodes
        self.attributes = attributes
        self.arena = arena
        self.rootNamespaces = rootNamespaces
        self.document = document
    }

    static var empty: XMLTree {
        XMLTree(names: [], nodes: [], attributes: [], arena: [], rootNamespaces: [], document: [])
    }

    /// The same tree, its names understood otherwise.
    func renamed(_ names: [XMLName]) -> XMLTree {
        XMLTree(
            names: names, nodes: nodes, attributes: attributes, arena: arena, rootNamespaces: rootNamespaces,
            document: document)
    }

    /// How many elements have one of the names, counted no further than one beyond the limit.
    func count(of tags: [Tag], upTo limit: Int) -> Int {
        guard nodes.count > limit else { return 0 }
        let isCounted = meanings.map { tags.contains($0.tag) }
        var count = 0
        for node in nodes where node.name >= 0 && isCounted[Int(node.name)] {
            count += 1
            if count > limit { break }
        }
        return count
    }

    var root: XMLElement? { nodes.isEmpty ? nil : XMLElement(tree: self, index: 0) }

    func string(_ start: Int32, _ count: Int32) -> String {
        withBytes(start, count) { String(validUTF8: $0) }
    }

    func withBytes<R>(_ start: Int32, _ count: Int32, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        arena.withUnsafeBufferPointer {
            body(UnsafeBufferPointer(rebasing: $0[Int(start)..<Int(start) + Int(count)]))
        }
    }

    /// The number of the line, from 1, that a position is in.
    func line(ofPosition position: Int32) -> Int? {
        position < 0 ? nil : XMLTree.line(ofPosition: Int(position), in: document)
    }

    static func line(ofPosition position: Int, in document: [UInt8]) -> Int {
        document.withUnsafeBufferPointer { $0.line(ofPosition: position) }
    }

    func bytes(_ start: Int32, _ count: Int32) -> ArraySlice<UInt8> {
        arena[Int(start)..<Int(start) + Int(count)]
    }
}

/// A name as the document writes it, and what it means.
struct XMLName {
    var namespace: Namespace
    /// Known names, whatever their case.
    var tag: Tag
    var local: String
    /// "" without one.
    var prefix: String
    var uri: String

    /// The first key of `extensions`: the well-known prefix, else the document's, else `_`.
    var extensionPrefix: String {
        switch namespace {
        case .other: prefix.isEmpty ? Namespace.core.rawValue : prefix
        case .atom03: Namespace.atom.rawValue
        default: namespace.rawValue
        }
    }
}

/// A name, but for its spelling.
struct XMLMeaning {
    var namespace: Namespace
    var tag: Tag
    var hasPrefix: Bool
}

/// An element of a tree. Cheap to pass: a reference and an index.
struct XMLElement {
    let tree: XMLTree
    let index: Int32

    private var node: XMLTree.Node { tree.nodes[Int(index)] }

    /// Equal for equal names of one tree.
    var nameIndex: Int32 { node.name }
    var name: XMLName { tree.names[Int(node.name)] }
    var namespace: Namespace { tree.meanings[Int(node.name)].namespace }
    var tag: Tag { tree.meanings[Int(node.name)].tag }
    /// Counted when asked for: for those few that something is wrong with.
    var line: Int? { tree.line(ofPosition: node.position) }

    /// Elements only.
    var children: Children { Children(tree: tree, following: node.firstChild) }
    var content: Content { Content(tree: tree, following: node.firstChild) }

    struct Children: Sequence, IteratorProtocol {
        let tree: XMLTree
        var following: Int32

        mutating func next() -> XMLElement? {
            while following >= 0 {
                let index = following
                following = tree.nodes[Int(index)].nextSibling
                if tree.nodes[Int(index)].name != XMLTree.textName { return XMLElement(tree: tree, index: index) }
            }
            return nil
        }
    }

    enum Item {
        case element(XMLElement)
        case text(ArraySlice<UInt8>)
    }

    struct Content: Sequence, IteratorProtocol {
        let tree: XMLTree
        var following: Int32

        mutating func next() -> Item? {
            guard following >= 0 else { return nil }
            let index = following
            let node = tree.nodes[Int(index)]
            following = node.nextSibling
            if node.name == XMLTree.textName { return .text(tree.bytes(node.start, node.count)) }
            return .element(XMLElement(tree: tree, index: index))
        }
    }

    /// No content at all.
    var isEmpty: Bool { node.firstChild < 0 }

    var hasChildElements: Bool {
        var children = self.children
        return children.next() != nil
    }

    func first(_ tag: Tag) -> XMLElement? {
        for child in children where child.tag == tag { return child }
        return nil
    }

    // MARK: attributes

    /// By local name, of no namespace first, else of any.
    func attribute(_ tag: Tag) -> String? { find(tag).map { tree.string($0.start, $0.count) } }

    private func find(_ tag: Tag) -> XMLTree.Attribute? {
        var fallback: XMLTree.Attribute?
        let node = self.node
        for index in Int(node.start)..<Int(node.start) + Int(node.count) {
            let one = tree.attributes[index]
            let name = tree.meanings[Int(one.name)]
            guard name.tag == tag else { continue }
            if !name.hasPrefix { return one }
            if name.namespace != .xml { fallback = fallback ?? one }
        }
        return fallback
    }

    /// Without surrounding white space; nothing if nothing is left.
    func trimmedAttribute(_ tag: Tag) -> String? {
        guard let one = find(tag) else { return nil }
        return tree.withBytes(one.start, one.count) { bytes in
            let trimmed = bytes.trimmingBlanks()
            return trimmed.isEmpty ? nil : String(validUTF8: trimmed)
        }
    }

    func attribute(_ tag: Tag, in namespace: Namespace) -> String? {
        for one in attributes {
            let name = tree.meanings[Int(one.name)]
            if name.tag == tag && name.namespace == namespace { return tree.string(one.start, one.count) }
        }
        return nil
    }

    /// `xml:base`, `xml:lang` and their like.
    var hasXMLAttributes: Bool {
        let node = self.node
        for index in Int(node.start)..<Int(node.start) + Int(node.count)
        where tree.meanings[Int(tree.attributes[index].name)].namespace == .xml { return true }
        return false
    }

    var attributes: ArraySlice<XMLTree.Attribute> {
        let node = self.node
        return tree.attributes[Int(node.start)..<Int(node.start) + Int(node.count)]
    }

    // MARK: text

    /// All character data below, as it stands.
    var rawText: String {
        let node = self.node
        guard node.firstChild >= 0 else { return "" }
        let only = tree.nodes[Int(node.firstChild)]
        if only.nextSibling < 0 && only.name == XMLTree.textName { return tree.string(only.start, only.count) }
        var bytes: [UInt8] = []
        appendText(to: &bytes)
        return bytes.withUnsafeBufferPointer { String(validUTF8: $0) }
    }

    private func appendText(to bytes: inout [UInt8]) {
        for item in content {
            switch item {
            case .text(let text): bytes.append(contentsOf: text)
            case .element(let element): element.appendText(to: &bytes)
            }
        }
    }

    /// Character data without surrounding white space; nothing if nothing is left.
    var text: String? { withText { String(validUTF8: $0) } }

    /// The same, as UTF-8.
    func withText<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R? {
        let node = self.node
        guard node.firstChild >= 0 else { return nil }
        func trimmed(_ bytes: UnsafeBufferPointer<UInt8>) -> R? {
            let trimmed = bytes.trimmingBlanks()
            return trimmed.isEmpty ? nil : body(trimmed)
        }
        let only = tree.nodes[Int(node.firstChild)]
        if only.nextSibling < 0 && only.name == XMLTree.textName {
            return tree.withBytes(only.start, only.count, trimmed)
        }
        var bytes: [UInt8] = []
        appendText(to: &bytes)
        return bytes.withUnsafeBufferPointer(trimmed)
    }

    /// Character data that stands directly in the element, without that of its children.
    var ownText: String? {
        var bytes: [UInt8] = []
        for case .text(let text) in content { bytes.append(contentsOf: text) }
        let trimmed = bytes[...].trimmingXMLSpace()
        return trimmed.isEmpty ? nil : String(decoding: trimmed, as: UTF8.self)
    }
}

extension ArraySlice<UInt8> {
    /// Without space, tab, line feed and carriage return at both ends.
    func trimmingXMLSpace() -> ArraySlice<UInt8> {
        var slice = self
        while let first = slice.first, first.isXMLSpace { slice.removeFirst() }
        while let last = slice.last, last.isXMLSpace { slice.removeLast() }
        return slice
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// The number of the line, from 1, that a position is in.
    func line(ofPosition position: Int) -> Int {
        var line = 1
        var at = 0
        let end = Swift.min(Swift.max(position, 0), count)
        while at < end {
            // So few that their number fits into a byte: the compiler makes vector code of it.
            let next = Swift.min(at + 255, end)
            var found: UInt8 = 0
            for index in at..<next { found &+= self[index] == 0x0A ? 1 : 0 }
            line += Int(found)
            at = next
        }
        return line
    }

    /// Without white space at both ends.
    func trimmingBlanks() -> UnsafeBufferPointer<UInt8> {
        var (start, end) = (0, count)
        while start < end, self[start].isXMLSpace { start += 1 }
        while end > start, self[end - 1].isXMLSpace { end -= 1 }
        return UnsafeBufferPointer(rebasing: self[start..<end])
    }
}

extension UInt8 {
    var isXMLSpace: Bool { self == 0x20 || self == 0x0A || self == 0x09 || self == 0x0D || self == 0x0C }
}

extension String {
    /// Without surrounding white space (ASCII's and NBSP); nothing if nothing is left.
    var trimmed: String? {
        var view = utf8[...]
        while let first = view.first, first.isXMLSpace { view.removeFirst() }
        while let last = view.last, last.isXMLSpace { view.removeLast() }
        if view.isEmpty { return nil }
        return view.count == utf8.count ? self : String(Substring(view))
    }
}
