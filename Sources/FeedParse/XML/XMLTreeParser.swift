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
        /// Nothing was parsed: an element has more attributes than libxml2 can be given.
        var hasAttributeFlood = false
        /// Nothing was parsed: elements are nested deeper than libxml2 is to follow.
        var isTooDeep = false

        /// Nothing is to be mended.
        var isWhole: Bool { failure == nil && !tooManyNamespaces && !hasAttributeFlood && !isTooDeep }
    }

    /// Deeper elements are left out; their text goes to the element at this depth.
    static let maximumDepth = 200
    /// libxml2 searches the declarations in scope from the end, for each prefixed name.
    static let maximumNamespacesInScope = 1000
    /// libxml2's dictionary stops growing at some thousand buckets: what it keeps is searched in ever longer chains.
    static let maximumNames = 20_000

    /// The document begins at `start`; its document type is passed over. Beyond one of the meter's limits the tree is not
    /// whole.
    static func parse(
        _ document: [UInt8], from start: Int = 0, doctype: Range<Int>? = nil, _ meter: ReadingMeter
    ) -> Outcome {
        document.withUnsafeBufferPointer { bytes in
            let skeleton = XMLSkeleton(bytes, from: start, doctype: doctype, meter)
            // libxml2 takes a copy of the skeleton.
            let passing = skeleton.memory + skeleton.bytes.count
            meter.claim(skeleton.bytes.count)
            defer { meter.release(passing) }
            guard meter.excess == nil else { return Outcome(tree: .empty) }
            if skeleton.hasAttributeFlood || skeleton.isTooDeep {
                return Outcome(
                    tree: .empty, hasAttributeFlood: skeleton.hasAttributeFlood, isTooDeep: skeleton.isTooDeep)
            }
            var builder = XMLTreeBuilder(document: document, skeleton: skeleton, meter)
            if let position = ForbiddenCharacter.first(in: bytes) {
                builder.fail("a character that XML does not allow", at: position)
                return builder.outcome
            }
            skeleton.bytes.withUnsafeBufferPointer { parse($0, into: &builder) }
            return builder.outcome
        }
    }

    private static func parse(_ bytes: UnsafeBufferPointer<UInt8>, into builder: inout XMLTreeBuilder) {
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
        handler.processingInstruction = instruction
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

private func withBuilder(_ context: UnsafeMutableRawPointer?, _ body: (inout XMLTreeBuilder) -> Void) {
    guard let builder = context?.assumingMemoryBound(to: XMLTreeBuilder.self) else { return }
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

private let instruction: processingInstructionSAXFunc = { (context, target, _) in
    withBuilder(context) { $0.instruction(target) }
}

private let structuredError: xmlStructuredErrorFunc = { (context, error) in
    guard let error else { return }
    withBuilder(context) { $0.noted(error.pointee) }
}
