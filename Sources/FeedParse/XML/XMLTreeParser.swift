import CXML2
import FeedModel

/// Bytes to `XMLTree` by libxml2's SAX2 interface.
///
/// The bytes are UTF-8 already, and libxml2 is shown no document type and no character data
/// (`XMLSkeleton`), so that it has no entity, no attribute default and no external subset to deal with.
/// Parsing is strict: the first error that XML calls fatal ends it, and `failure` tells where.
struct XMLTreeParser {
    struct Failure {
        var message: String
        var line: Int
        /// The input ended inside an element, a comment or a section.
        var isEarlyEnd: Bool
        var isUndeclaredEntity = false
    }

    struct Outcome {
        var tree: XMLTree
        var failure: Failure?
        var undeclaredPrefixes: [(prefix: String, line: Int)] = []
        var tooDeepAtLine: Int?
        var tooManyNamespaces = false
        var namespaceErrors: [(message: String, line: Int)] = []
        /// Parsing was given up: the tree is not whole.
        var tooManyNames = false
        /// Nothing was parsed: an element has more attributes than libxml2 can be given.
        var hasAttributeFlood = false
    }

    /// Deeper elements are left out; their text goes to the element at this depth.
    static let maximumDepth = 200
    /// libxml2 searches the declarations in scope from the end, for each prefixed name.
    static let maximumNamespacesInScope = 1000
    /// libxml2's dictionary stops growing at 16,384 buckets.
    static let maximumNames = 20_000

    /// The document begins at `start`; its document type is passed over.
    static func parse(_ document: [UInt8], from start: Int = 0, doctype: Range<Int>? = nil) -> Outcome {
        document.withUnsafeBufferPointer { bytes in
            let skeleton = XMLSkeleton(bytes, from: start, doctype: doctype)
            var builder = TreeBuilder(document: document, skeleton: skeleton)
            if skeleton.hasAttributeFlood {
                var outcome = builder.outcome
                outcome.hasAttributeFlood = true
                return outcome
            }
            if let position = ForbiddenCharacter.first(in: bytes) {
                builder.fail("a character that XML does not allow", at: position)
                return builder.outcome
            }
            skeleton.bytes.withUnsafeBufferPointer { parse($0, into: &builder) }
            return builder.outcome
        }
    }

    private static func parse(_ bytes: UnsafeBufferPointer<UInt8>, into builder: inout TreeBuilder) {
        initializeLibrary
        guard let base = bytes.baseAddress, bytes.count > 0, bytes.count < Int(Int32.max),
            // Copies the bytes and ends them with the NUL that the parser relies on.
            let context = base.withMemoryRebound(
                to: CChar.self, capacity: bytes.count, { xmlCreateMemoryParserCtxt($0, Int32(bytes.count)) })
        else {
            builder.failure = Failure(message: "the document is empty", line: 1, isEarlyEnd: true)
            return
        }
        defer { xmlFreeParserCtxt(context) }
        // The context keeps the table that it came with, to free it; ours is put in by value.
        var handler = xmlSAXHandler()
        cxml2_silent_handler(&handler)
        handler.startElementNs = startElement
        handler.endElementNs = endElement
        handler.characters = characters
        handler.cdataBlock = characters
        handler.ignorableWhitespace = characters
        handler.serror = structuredError
        context.pointee.sax.pointee = handler
        // NOENT makes `&amp;` in attributes a plain `&` (without it, it stays a reference); HUGE lifts the limit of 10 MB
        // a node (bodies are bounded elsewhere) and of depth (bounded here); the encoding is decided already; nothing goes
        // to the network or to stderr.
        _ = xmlCtxtUseOptions(
            context,
            Int32(
                XML_PARSE_NOENT.rawValue | XML_PARSE_HUGE.rawValue | XML_PARSE_NONET.rawValue
                    | XML_PARSE_IGNORE_ENC.rawValue
                    | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue))
        context.pointee.sax.pointee.serror = structuredError
        builder.context = context
        // The parser holds the builder for the length of this call only, and nobody else touches it then.
        withUnsafeMutablePointer(to: &builder) {
            context.pointee.userData = UnsafeMutableRawPointer($0)
            _ = xmlParseDocument(context)
        }
        builder.context = nil
        if let document = context.pointee.myDoc {
            context.pointee.myDoc = nil
            xmlFreeDoc(document)
        }
        if context.pointee.wellFormed == 0 && builder.failure == nil {
            builder.failure = Failure(message: "not well-formed", line: 1, isEarlyEnd: false)
        }
    }

    /// Once a process, before any context.
    private static let initializeLibrary: Void = xmlInitParser()
}

// The callbacks run on the thread that called `parse`, inside that call; what they are handed lives
// until they return.

private func withBuilder(_ context: UnsafeMutableRawPointer?, _ body: (inout TreeBuilder) -> Void) {
    guard let builder = context?.assumingMemoryBound(to: TreeBuilder.self) else { return }
    body(&builder.pointee)
    builder.pointee.stopIfGivenUp()
}

private let startElement: startElementNsSAX2Func = {
    (context, local, prefix, uri, namespaceCount, namespaces, attributeCount, _, attributes) in
    withBuilder(context) {
        $0.start(
            local: local, prefix: prefix, uri: uri,
            namespaces: UnsafeBufferPointer(start: namespaces, count: Int(namespaceCount) * 2),
            attributes: UnsafeBufferPointer(start: attributes, count: Int(attributeCount) * 5))
    }
}

private let endElement: endElementNsSAX2Func = { (context, _, _, _) in withBuilder(context) { $0.end() } }

private let characters: charactersSAXFunc = { (context, text, count) in
    guard let text, count > 0 else { return }
    withBuilder(context) { $0.characters(UnsafeBufferPointer(start: text, count: Int(count))) }
}

private let structuredError: xmlStructuredErrorFunc = { (context, error) in
    guard let error else { return }
    withBuilder(context) { $0.noted(error.pointee) }
}

/// Gathers a tree's parts. A value, so that its parts are reached without run-time checks.
private struct TreeBuilder {
    private var names: [XMLName] = []
    private var nodes: [XMLTree.Node] = []
    private var attributes: [XMLTree.Attribute] = []
    /// The document, its texts decoded where they stand; behind it the attributes' values and blanks.
    private var arena: [UInt8]
    private let document: [UInt8]
    private let skeleton: XMLSkeleton
    private let hasCR: Bool
    /// Nothing more is to be read.
    private var isGivenUp = false
    /// How many texts and start tags libxml2 has passed.
    private var textsSeen = 0
    private var tagsSeen = 0
    private var rootNamespaces: [String] = []
    var context: xmlParserCtxtPtr?
    var failure: XMLTreeParser.Failure?
    var undeclaredPrefixes: [(prefix: String, line: Int)] = []
    var tooDeepAtLine: Int?
    var tooManyNamespaces = false
    var namespaceErrors: [(message: String, line: Int)] = []

    /// Open elements and, for each, its last child and how many namespaces it declares.
    private var open: [(node: Int32, lastChild: Int32, namespaces: Int)] = []
    private var namespacesInScope = 0
    /// Open elements below `maximumDepth`, that have no node.
    private var droppedDepth = 0

    init(document: [UInt8], skeleton: XMLSkeleton) {
        self.document = document
        self.skeleton = skeleton
        hasCR = document.withUnsafeBufferPointer { ByteScanner($0).find(0x0D, from: 0) != nil }
        // What is added is a part of the skeleton: this is room enough.
        arena = Array(unsafeUninitializedCapacity: document.count + skeleton.bytes.count + 16) { room, count in
            count = document.withUnsafeBufferPointer { room.initialize(fromContentsOf: $0) }
        }
        nodes.reserveCapacity(skeleton.tags.count + 2 * skeleton.texts.count + 16)
        attributes.reserveCapacity(skeleton.tags.count / 2)
        open.reserveCapacity(32)
    }

    var outcome: XMLTreeParser.Outcome {
        let tree = XMLTree(
            names: names, nodes: nodes, attributes: attributes, arena: arena, rootNamespaces: rootNamespaces,
            document: document)
        return XMLTreeParser.Outcome(
            tree: tree, failure: failure, undeclaredPrefixes: undeclaredPrefixes, tooDeepAtLine: tooDeepAtLine,
            tooManyNamespaces: tooManyNamespaces, namespaceErrors: namespaceErrors,
            tooManyNames: names.count > XMLTreeParser.maximumNames)
    }

    /// The line of the document that libxml2 is at.
    private var line: Int {
        XMLTree.line(ofPosition: skeleton.position(context.map { cxml2_offset($0) } ?? 0), in: document)
    }

    mutating func fail(_ message: String, at position: Int, isUndeclaredEntity: Bool = false) {
        guard failure == nil else { return }
        failure = XMLTreeParser.Failure(
            message: message, line: XMLTree.line(ofPosition: position, in: document), isEarlyEnd: false,
            isUndeclaredEntity: isUndeclaredEntity)
        isGivenUp = true
    }

    /// At the end of a callback: stopping frees what the callback was handed.
    mutating func stopIfGivenUp() {
        guard isGivenUp, let context else { return }
        self.context = nil
        xmlStopParser(context)
    }

    mutating func start(
        local: UnsafePointer<xmlChar>?, prefix: UnsafePointer<xmlChar>?, uri: UnsafePointer<xmlChar>?,
        namespaces: UnsafeBufferPointer<UnsafePointer<xmlChar>?>,
        attributes: UnsafeBufferPointer<UnsafePointer<xmlChar>?>
    ) {
        let position = tagsSeen < skeleton.tags.count ? skeleton.tags[tagsSeen] : -1
        tagsSeen += 1
        let namespaceCount = namespaces.count / 2
        if nodes.isEmpty {
            // prefix, URI
            for at in stride(from: 1, to: namespaces.count, by: 2) {
                if let uri = namespaces[at] { rootNamespaces.append(String(cString: uri)) }
            }
        }
        namespacesInScope += namespaceCount
        if namespacesInScope > XMLTreeParser.maximumNamespacesInScope {
            tooManyNamespaces = true
            isGivenUp = true
            return
        }
        if open.count >= XMLTreeParser.maximumDepth {
            if droppedDepth == 0 && tooDeepAtLine == nil { tooDeepAtLine = line }
            droppedDepth += 1
            droppedNamespaces.append(namespaceCount)
            return
        }
        let firstAttribute = Int32(self.attributes.count)
        for at in stride(from: 0, to: attributes.count, by: 5) {
            // localname, prefix, URI, value, end of value
            guard let value = attributes[at + 3], let end = attributes[at + 4] else { continue }
            let start = Int32(arena.count)
            append(attribute: UnsafeBufferPointer(start: value, count: end - value))
            let name = name(local: attributes[at], prefix: attributes[at + 1], uri: attributes[at + 2])
            self.attributes.append(
                XMLTree.Attribute(
                    name: name, start: start, count: Int32(arena.count) - start))
        }
        let index = append(
            XMLTree.Node(
                name: name(local: local, prefix: prefix, uri: uri), start: firstAttribute,
                count: Int32(self.attributes.count) - firstAttribute, position: position))
        open.append((index, -1, namespaceCount))
    }

    private var droppedNamespaces: [Int] = []

    private mutating func append(_ node: XMLTree.Node) -> Int32 {
        let index = Int32(nodes.count)
        nodes.append(node)
        if !open.isEmpty {
            let top = open.count - 1
            if open[top].lastChild < 0 {
                nodes[Int(open[top].node)].firstChild = index
            } else {
                nodes[Int(open[top].lastChild)].nextSibling = index
            }
            open[top].lastChild = index
        }
        return index
    }

    mutating func end() {
        if droppedDepth > 0 {
            droppedDepth -= 1
            namespacesInScope -= droppedNamespaces.popLast() ?? 0
            return
        }
        if let last = open.popLast() { namespacesInScope -= last.namespaces }
    }

    /// `&#146;` is a C1 control; who writes it means the apostrophe that 146 is in Windows-1252.
    private static func isC1(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> Bool {
        bytes[at] == 0xC2 && bytes[at + 1] < 0xA0
    }

    private mutating func append(attribute bytes: UnsafeBufferPointer<UInt8>) {
        var copied = 0
        for at in bytes.indices.dropLast() where TreeBuilder.isC1(bytes, at) {
            arena.append(contentsOf: bytes[copied..<at])
            UTF8Check.appendWindows1252(bytes[at + 1], to: &arena)
            copied = at + 2
        }
        arena.append(contentsOf: bytes[copied...])
    }

    /// Marks of texts, and blanks as they are.
    mutating func characters(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard !open.isEmpty else { return }
        var at = 0
        while at < bytes.count && !isGivenUp {
            if bytes[at] == XMLSkeleton.mark {
                text()
                at += 1
                continue
            }
            let start = at
            while at < bytes.count, bytes[at] != XMLSkeleton.mark { at += 1 }
            let offset = arena.count
            arena.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<at]))
            append(text: offset, at - start)
        }
    }

    private mutating func text() {
        guard textsSeen < skeleton.texts.count else { return }
        let text = skeleton.texts[textsSeen]
        textsSeen += 1
        let (start, end) = (Int(text.start), Int(text.end))
        let hasCR = self.hasCR
        let length = arena.withUnsafeMutableBufferPointer { arena -> Result<Int, XMLText.Failure> in
            let bytes = UnsafeMutableBufferPointer(rebasing: arena[start..<end])
            guard text.isCDATA else { return XMLText.decode(bytes, hasCR: hasCR) }
            return .success(hasCR ? XMLText.normalize(bytes) : bytes.count)
        }
        switch length {
        case .success(let length): append(text: start, length)
        case .failure(let reason):
            fail(reason.message, at: start, isUndeclaredEntity: reason == .undeclaredEntity)
        }
    }

    private mutating func append(text start: Int, _ count: Int) {
        guard count > 0 else { return }
        if let last = open.last?.lastChild, last >= 0, nodes[Int(last)].name == XMLTree.textName,
            Int(nodes[Int(last)].start + nodes[Int(last)].count) == start
        {
            nodes[Int(last)].count += Int32(count)
        } else {
            _ = append(XMLTree.Node(name: XMLTree.textName, start: Int32(start), count: Int32(count), position: -1))
        }
    }

    mutating func noted(_ error: xmlError) {
        if error.code == XML_NS_ERR_UNDEFINED_NAMESPACE.rawValue {
            if undeclaredPrefixes.count < 8, let prefix = error.str1 {
                undeclaredPrefixes.append((String(cString: prefix), line))
            }
            return
        }
        if error.domain == XML_FROM_NAMESPACE.rawValue || error.code == XML_WAR_NS_URI.rawValue {
            noteNamespaceError(error)
            return
        }
        guard error.level == XML_ERR_FATAL, failure == nil else { return }
        var message = error.message.map { String(cString: $0) } ?? "not well-formed"
        while message.last?.isWhitespace == true { message.removeLast() }
        let earlyEnds = [
            XML_ERR_TAG_NOT_FINISHED, XML_ERR_CDATA_NOT_FINISHED, XML_ERR_COMMENT_NOT_FINISHED,
            XML_ERR_DOCUMENT_END, XML_ERR_DOCUMENT_EMPTY,
        ]
        failure = XMLTreeParser.Failure(
            message: String(message.prefix(200)), line: line,
            isEarlyEnd: earlyEnds.contains { $0.rawValue == error.code },
            isUndeclaredEntity: error.code == XML_ERR_UNDECLARED_ENTITY.rawValue)
    }

    /// Names that XML allows and Namespaces in XML does not; URIs, only where they are broken by blanks.
    private mutating func noteNamespaceError(_ error: xmlError) {
        var message = error.message.map { String(cString: $0) } ?? "a namespace is not well-formed"
        while message.last?.isWhitespace == true { message.removeLast() }
        if error.code == XML_WAR_NS_URI.rawValue || error.code == XML_WAR_NS_URI_RELATIVE.rawValue {
            guard let uri = error.str2.map({ String(cString: $0) }), uri.contains(where: \.isWhitespace) else { return }
        }
        if namespaceErrors.count < 8 { namespaceErrors.append((message, line)) }
    }

    // MARK: names

    /// libxml2 interns names in the context's dictionary: equal names are equal pointers. Open addressing
    /// over them, grown by doubling.
    private var slots: [(local: UInt, prefix: UInt, uri: UInt, name: Int32)] =
        Array(repeating: (0, 0, 0, -1), count: 128)

    private mutating func name(
        local: UnsafePointer<xmlChar>?, prefix: UnsafePointer<xmlChar>?, uri: UnsafePointer<xmlChar>?
    ) -> Int32 {
        let key = (UInt(bitPattern: local), UInt(bitPattern: prefix), UInt(bitPattern: uri))
        var slot = TreeBuilder.hash(key, slots.count)
        while slots[slot].name >= 0 {
            if slots[slot].local == key.0 && slots[slot].uri == key.2 && slots[slot].prefix == key.1 {
                return slots[slot].name
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        let index = Int32(names.count)
        names.append(TreeBuilder.meaning(local: local, prefix: prefix, uri: uri))
        slots[slot] = (key.0, key.1, key.2, index)
        if names.count * 2 > slots.count { growSlots() }
        if names.count > XMLTreeParser.maximumNames { isGivenUp = true }
        return index
    }

    private mutating func growSlots() {
        var larger: [(local: UInt, prefix: UInt, uri: UInt, name: Int32)] =
            Array(repeating: (0, 0, 0, -1), count: slots.count * 2)
        for one in slots where one.name >= 0 {
            var slot = TreeBuilder.hash((one.local, one.prefix, one.uri), larger.count)
            while larger[slot].name >= 0 { slot = (slot + 1) & (larger.count - 1) }
            larger[slot] = one
        }
        slots = larger
    }

    private static func hash(_ key: (UInt, UInt, UInt), _ count: Int) -> Int {
        let mixed = (key.0 &* 31 &+ key.1 &* 17 &+ key.2) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed >> 32) & (count - 1)
    }

    private static func meaning(
        local: UnsafePointer<xmlChar>?, prefix: UnsafePointer<xmlChar>?, uri: UnsafePointer<xmlChar>?
    ) -> XMLName {
        func string(_ pointer: UnsafePointer<xmlChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }
        var local = string(local)
        var prefix = string(prefix)
        // With a prefix that nobody declared, libxml2 may hand over the whole name.
        if prefix.isEmpty, uri == nil, let colon = local.firstIndex(of: ":") {
            prefix = String(local[..<colon])
            local = String(local[local.index(after: colon)...])
        }
        let uri = string(uri)
        let namespace =
            uri.isEmpty && !prefix.isEmpty ? Namespace.of(undeclaredPrefix: prefix) : Namespace.of(uri: uri)
        return XMLName(namespace: namespace, tag: Tag.of(local), local: local, prefix: prefix, uri: uri)
    }
}
