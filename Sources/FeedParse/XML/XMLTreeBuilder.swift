import CXML2
import FeedModel

/// Gathers a tree's parts. A value, so that its parts are reached without run-time checks.
struct XMLTreeBuilder {
    private var names = XMLNameTable()
    private var nodes: [XMLTree.Node] = []
    private var attributes: [XMLTree.Attribute] = []
    /// The document, its texts decoded where they stand; behind it the attributes' values and blanks.
    private var arena: [UInt8]
    private let document: [UInt8]
    private let skeleton: XMLSkeleton
    private let meter: ReadingMeter
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

    /// Of a node in memory, or of an attribute with its room to grow.
    private static let nodeSize = MemoryLayout<XMLTree.Node>.stride

    /// Open elements and, for each, its last child and how many namespaces it declares.
    private var open: [(node: Int32, lastChild: Int32, namespaces: Int)] = []
    private var namespacesInScope = 0
    /// Open elements below `maximumDepth`, that have no node.
    private var droppedDepth = 0

    init(document: [UInt8], skeleton: XMLSkeleton, _ meter: ReadingMeter) {
        self.document = document
        self.skeleton = skeleton
        self.meter = meter
        hasCR = document.withUnsafeBufferPointer { ByteScanner($0).find(0x0D, from: 0) != nil }
        // What is added is a part of the skeleton: this is room enough.
        arena = Array(unsafeUninitializedCapacity: document.count + skeleton.bytes.count + 16) { room, count in
            count = document.withUnsafeBufferPointer { room.initialize(fromContentsOf: $0) }
        }
        meter.claim(document.count + skeleton.bytes.count)
        nodes.reserveCapacity(skeleton.tags.count + 2 * skeleton.texts.count + 16)
        attributes.reserveCapacity(skeleton.tags.count / 2)
        open.reserveCapacity(32)
    }

    var outcome: XMLTreeParser.Outcome {
        let tree = XMLTree(
            names: names.all, nodes: nodes, attributes: attributes, arena: arena, rootNamespaces: rootNamespaces,
            document: document)
        return XMLTreeParser.Outcome(
            tree: tree, failure: failure, undeclaredPrefixes: undeclaredPrefixes, tooDeepAtLine: tooDeepAtLine,
            tooManyNamespaces: tooManyNamespaces, namespaceErrors: namespaceErrors)
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
        // With libxml2's own work, each element takes longer than a step.
        if !meter.goesOn(8) { isGivenUp = true }
        let namespaceCount = namespaces.count / 2
        for declared in namespaces { names.note(declared) }
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
            names.note(local)
            for at in stride(from: 0, to: attributes.count, by: 5) { names.note(attributes[at]) }
            giveUpIfTooManyNames()
            return
        }
        let firstAttribute = Int32(self.attributes.count)
        for at in stride(from: 0, to: attributes.count, by: 5) {
            // localname, prefix, URI, value, end of value
            guard let value = attributes[at + 3], let end = attributes[at + 4] else { continue }
            let start = Int32(arena.count)
            append(attribute: UnsafeBufferPointer(start: value, count: end - value))
            let name = names.index(local: attributes[at], prefix: attributes[at + 1], uri: attributes[at + 2])
            self.attributes.append(
                XMLTree.Attribute(
                    name: name, start: start, count: Int32(arena.count) - start))
            if self.attributes.count & 0xFFF == 0, !meter.claim(0x1000 * XMLTreeBuilder.nodeSize) { isGivenUp = true }
        }
        let index = append(
            XMLTree.Node(
                name: names.index(local: local, prefix: prefix, uri: uri), start: firstAttribute,
                count: Int32(self.attributes.count) - firstAttribute, position: position))
        open.append((index, -1, namespaceCount))
        giveUpIfTooManyNames()
    }

    private var droppedNamespaces: [Int] = []

    private mutating func giveUpIfTooManyNames() {
        guard names.count > XMLTreeParser.maximumNames else { return }
        meter.refuse("more than \(XMLTreeParser.maximumNames) different names; no feed has so many")
        isGivenUp = true
    }

    /// Nothing is kept of an instruction, but libxml2 keeps its name.
    mutating func instruction(_ target: UnsafePointer<xmlChar>?) {
        if !meter.goesOn(8) { isGivenUp = true }
        names.note(target)
        giveUpIfTooManyNames()
    }

    private mutating func append(_ node: XMLTree.Node) -> Int32 {
        let index = Int32(nodes.count)
        nodes.append(node)
        if nodes.count & 0xFFF == 0, !meter.claim(0x1000 * XMLTreeBuilder.nodeSize) { isGivenUp = true }
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
        for at in bytes.indices.dropLast() where XMLTreeBuilder.isC1(bytes, at) {
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
}
