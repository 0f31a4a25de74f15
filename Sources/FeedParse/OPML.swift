import CXML2
import FeedModel

/// A list of subscriptions (OPML 2.0, "Subscription lists").
public struct OPMLDocument: Hashable, Sendable {
    /// In document order.
    public var outlines: [OPMLFeed]

    public init(outlines: [OPMLFeed]) { self.outlines = outlines }
}

/// One `outline` with `xmlUrl`.
public struct OPMLFeed: Hashable, Sendable {
    /// `xmlUrl` as it stands, empty too.
    public var url: String
    /// `text`, else `title`.
    public var title: String?
    public var htmlURL: String?
    /// The names of the folders around it, the outermost first, then its categories; each once.
    public var tags: [String]
    /// Where the outline begins, from 1.
    public var line: Int
    /// From 1, in Unicode scalars; absent where the document is not UTF-8.
    public var column: Int?

    public init(
        url: String, title: String? = nil, htmlURL: String? = nil, tags: [String] = [], line: Int, column: Int? = nil
    ) {
        self.url = url
        self.title = title
        self.htmlURL = htmlURL
        self.tags = tags
        self.line = line
        self.column = column
    }
}

/// Why a document is no list of subscriptions. Nothing of the document's text stands in it.
public struct OPMLProblem: Error, Hashable, Sendable {
    /// In one line: what is wrong, and what would be right.
    public var message: String
    public var line: Int?
    public var column: Int?

    public init(message: String, line: Int? = nil, column: Int? = nil) {
        self.message = message
        self.line = line
        self.column = column
    }
}

public enum OPML {
    /// Reads a list of subscriptions.
    ///
    /// Bare ampersands and control characters, which many exporters write, are mended. Beyond that the
    /// document must be well-formed: from half a list, half of the subscriptions would be missing silently.
    public static func read(
        _ bytes: [UInt8], limits: ReadingLimits = ReadingLimits()
    ) -> Result<OPMLDocument, OPMLProblem> {
        guard bytes.contains(where: { $0 > 0x20 }) else {
            return .failure(
                OPMLProblem(message: "this file is empty; an OPML document begins with <opml>", line: 1, column: 1))
        }
        let meter = ReadingMeter(limits, bytes: bytes.count)
        let mended = MendedDocument(bytes, meter)
        if let flood = attributeFlood(in: mended, meter) { return .failure(flood) }
        let reader = OutlineReader(meter)
        let failure = meter.excess == nil ? reader.parse(mended.bytes[mended.start...]) : nil
        if let excess = meter.excess {
            return .failure(OPMLProblem(message: "this file is no list of subscriptions: \(excess.message)"))
        }
        if let failure {
            let place = mended.place(ofOffset: failure.offset)
            return .failure(
                OPMLProblem(message: failure.message, line: place?.line ?? failure.line, column: place?.column))
        }
        return .success(OPMLDocument(outlines: mended.placing(reader.outlines)))
    }
}

extension OPML {
    /// libxml2 compares each attribute of an element with each: it is not shown more than can be.
    private static func attributeFlood(in mended: MendedDocument, _ meter: ReadingMeter) -> OPMLProblem? {
        let bytes =
            mended.isUTF8 ? mended.bytes : DocumentDecoder.decode(mended.bytes, contentType: nil, meter).bytes
        let hasFlood = bytes.withUnsafeBufferPointer { bytes in
            let prologue = XMLPrologue(bytes)
            return XMLSkeleton(bytes, from: prologue.start, doctype: prologue.doctype, meter).hasAttributeFlood
        }
        guard hasFlood else { return nil }
        return OPMLProblem(
            message: "this file is no list of subscriptions: an element has more than "
                + "\(XMLPrologue.maximumAttributes) attributes")
    }
}

/// A document made fit for an XML parser, that still knows the places of the original.
private struct MendedDocument {
    private(set) var bytes: [UInt8]
    /// Where in `bytes` each inserted `amp;` begins.
    private var insertions: [Int] = []
    let isUTF8: Bool
    /// Where the XML begins: after a byte order mark and space, which before a declaration is not well-formed.
    private(set) var start = 0
    private var byteOrderMark = 0

    init(_ original: [UInt8], _ meter: ReadingMeter) {
        // In UTF-16 every other byte of what matters here is 0, and no byte means what it seems to.
        guard !original.prefix(4).contains(0), !original.starts(with: [0xFF, 0xFE]),
            !original.starts(with: [0xFE, 0xFF])
        else {
            bytes = original
            isUTF8 = false
            return
        }
        isUTF8 = String(validating: original, as: UTF8.self) != nil
        bytes = []
        bytes.reserveCapacity(original.count + 64)
        for (index, byte) in original.enumerated() {
            if byte == UInt8(ascii: "&"), !Self.isReference(original[(index + 1)...]) {
                guard meter.goesOn(), meter.claim(16) else { break }
                bytes.append(byte)
                insertions.append(bytes.count)
                bytes.append(contentsOf: "amp;".utf8)
            } else if byte < 0x20, byte != 0x09, byte != 0x0A, byte != 0x0D {
                bytes.append(0x20)
            } else {
                bytes.append(byte)
            }
        }
        guard isUTF8 else { return }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { byteOrderMark = 3 }
        start = bytes[byteOrderMark...].firstIndex { $0 > 0x20 } ?? 0
    }

    /// What may follow an ampersand in XML without a DTD: `amp;`, `#38;`, `#x26;`.
    private static func isReference(_ rest: ArraySlice<UInt8>) -> Bool {
        guard let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")) else { return false }
        var name = rest[..<end]
        guard name.first == UInt8(ascii: "#") else {
            return ["amp", "lt", "gt", "quot", "apos"].contains { name.elementsEqual($0.utf8) }
        }
        name.removeFirst()
        let isHexadecimal = name.first == UInt8(ascii: "x")
        if isHexadecimal { name.removeFirst() }
        guard let value = UInt32(String(decoding: name, as: UTF8.self), radix: isHexadecimal ? 16 : 10) else {
            return false
        }
        // XML 1.0, 2.2: what a document may hold.
        return value == 0x09 || value == 0x0A || value == 0x0D
            || (value >= 0x20 && Unicode.Scalar(value) != nil && value & 0xFFFE != 0xFFFE)
    }

    /// Turns the offset at which each start tag ends into the place where it begins.
    func placing(_ outlines: [(feed: OPMLFeed, end: Int?)]) -> [OPMLFeed] {
        guard isUTF8 else { return outlines.map(\.feed) }
        var cursor = Cursor(offset: byteOrderMark)
        return outlines.map { outline in
            var feed = outline.feed
            // No `<` stands in a start tag but the one that begins it (XML 1.0, 3.1).
            if let end = outline.end, let start = bytes.prefix(start + end).lastIndex(of: UInt8(ascii: "<")) {
                advance(&cursor, to: start)
                (feed.line, feed.column) = (cursor.line, cursor.column)
            }
            return feed
        }
    }

    func place(ofOffset offset: Int?) -> (line: Int, column: Int)? {
        guard isUTF8, let offset else { return nil }
        var cursor = Cursor(offset: byteOrderMark)
        advance(&cursor, to: min(start + offset, bytes.count))
        return (cursor.line, cursor.column)
    }

    private struct Cursor {
        var offset: Int
        var line = 1
        var column = 1
        var insertion = 0
    }

    /// Counts lines and columns on, leaving out what was inserted. Never goes back.
    private func advance(_ cursor: inout Cursor, to offset: Int) {
        while cursor.offset < offset {
            if cursor.insertion < insertions.count, insertions[cursor.insertion] == cursor.offset {
                cursor.insertion += 1
                cursor.offset += "amp;".utf8.count
                continue
            }
            let byte = bytes[cursor.offset]
            if byte == UInt8(ascii: "\n") {
                cursor.line += 1
                cursor.column = 1
            } else if byte & 0xC0 != 0x80 {
                cursor.column += 1
            }
            cursor.offset += 1
        }
    }
}

/// Takes the outlines out of an OPML document as libxml2 reads past them.
///
/// libxml2 calls back on the thread that called `parse`, before `parse` returns; what it hands over lives
/// until the callback returns.
private final class OutlineReader {
    struct Failure {
        var message: String
        var line: Int?
        var offset: Int?
    }

    /// With the offset of the end of each start tag, where libxml2 reads the bytes as they are.
    private(set) var outlines: [(feed: OPMLFeed, end: Int?)] = []
    private static let maximumCategories = 512
    /// The open outlines: the name of a folder, `nil` for what is none.
    private var folders: [String?] = []
    private var depth = 0
    private var failure: Failure?
    private let meter: ReadingMeter
    private var names = XMLNameTable()

    init(_ meter: ReadingMeter) { self.meter = meter }

    /// `nil` when all was well.
    func parse(_ bytes: ArraySlice<UInt8>) -> Failure? {
        xmlInitParser()
        guard let size = Int32(exactly: bytes.count) else {
            return Failure(message: "this file is larger than 2 GiB; split it")
        }
        return bytes.withUnsafeBytes { buffer -> Failure? in
            guard
                let context = xmlCreateMemoryParserCtxt(
                    buffer.baseAddress?.assumingMemoryBound(to: CChar.self), size)
            else { return Failure(message: "no memory to read this file") }
            defer {
                // A DOCTYPE makes a document even where nothing builds a tree.
                xmlFreeDoc(context.pointee.myDoc)
                xmlFreeParserCtxt(context)
            }
            // "XML_PARSE_NOENT": `&amp;` in an attribute becomes `&` and not `&#38;`. Without callbacks for
            // declarations no entity is ever known, so that none is expanded or fetched.
            xmlCtxtUseOptions(
                context,
                Int32(
                    XML_PARSE_NONET.rawValue | XML_PARSE_NOENT.rawValue | XML_PARSE_NOERROR.rawValue
                        | XML_PARSE_NOWARNING.rawValue))
            var handler = xmlSAXHandler()
            handler.initialized = UInt32(XML_SAX2_MAGIC)
            handler.startElementNs = startElement
            handler.endElementNs = endElement
            handler.serror = noteError
            // The context frees its own table, so that one is filled and not replaced.
            context.pointee.sax?.pointee = handler
            context.pointee._private = Unmanaged.passUnretained(self).toOpaque()
            xmlParseDocument(context)
            if context.pointee.wellFormed == 0 || failure != nil {
                return failure ?? Failure(message: "this file is no well-formed XML; export it anew")
            }
            return nil
        }
    }

    /// - Parameters:
    ///   - namespaces: two pointers each: prefix, URI.
    ///   - attributes: five pointers each: name, prefix, namespace, value, the value's end.
    fileprivate func start(
        _ context: xmlParserCtxtPtr, _ name: UnsafePointer<xmlChar>,
        _ namespaces: UnsafeBufferPointer<UnsafePointer<xmlChar>?>,
        _ attributes: UnsafeBufferPointer<UnsafePointer<xmlChar>?>
    ) {
        depth += 1
        names.note(name)
        for one in namespaces { names.note(one) }
        for index in stride(from: 0, to: attributes.count, by: 5) { names.note(attributes[index]) }
        if names.count > XMLTreeParser.maximumNames {
            meter.refuse("more than \(XMLTreeParser.maximumNames) different names")
        }
        guard meter.goesOn(16) else {
            xmlStopParser(context)
            return
        }
        if depth == 1, !hasName(name, "opml") {
            failure = Failure(
                message: "this file is no OPML: its root element is <\(clean(String(cString: name)))>, not <opml>",
                line: Int(xmlSAX2GetLineNumber(context)), offset: 0)
            xmlStopParser(context)
            return
        }
        guard hasName(name, "outline") else { return }
        var values: [String: String] = [:]
        for index in stride(from: 0, to: attributes.count - 4, by: 5) {
            guard let name = attributes[index], let start = attributes[index + 3], let end = attributes[index + 4]
            else {
                continue
            }
            // Exporters differ in case: `xmlUrl`, `xmlurl`, `xmlURL`.
            let value = UnsafeBufferPointer(start: start, count: max(0, end - start))
            values[String(cString: name).lowercased()] = trimmed(String(decoding: value, as: UTF8.self))
        }
        let title = [values["text"], values["title"]].compactMap { $0 }.first { !$0.isEmpty }
        guard let url = values["xmlurl"] else {
            folders.append(title)
            return
        }
        var tags: [String] = []
        var seen: Set<String> = []
        let categories = (values["category"] ?? "").split(separator: ",", maxSplits: Self.maximumCategories)
            .prefix(Self.maximumCategories).map { category in
                // OPML 2.0: a category is a path, `/Boston/Weather`.
                trimmed(String(category.trimmingSlashes))
            }
        for tag in folders.compactMap({ $0 }) + categories where !tag.isEmpty && seen.insert(tag).inserted {
            tags.append(tag)
        }
        let texts = [url, title ?? "", values["htmlurl"] ?? ""] + tags
        // Tags name the folders again in each.
        guard meter.goesOn(tags.count), meter.claim(texts.reduce(160) { $0 + 16 + $1.utf8.count }) else { return }
        let feed = OPMLFeed(
            url: url, title: title, htmlURL: values["htmlurl"].flatMap { $0.isEmpty ? nil : $0 }, tags: tags,
            line: Int(xmlSAX2GetLineNumber(context)))
        // With a decoder in between, asking for the offset costs a conversion of all that was read.
        let isDecoded = context.pointee.input?.pointee.buf?.pointee.encoder != nil
        outlines.append((feed, isDecoded ? nil : Int(xmlByteConsumed(context))))
        folders.append(nil)
    }

    fileprivate func end(_ name: UnsafePointer<xmlChar>) {
        depth -= 1
        if hasName(name, "outline") { _ = folders.popLast() }
    }

    fileprivate func note(_ error: xmlError, _ context: xmlParserCtxtPtr?) {
        // Errors of namespaces and of what a document says about itself leave it readable.
        guard failure == nil, error.level == XML_ERR_FATAL, let context else { return }
        let isDecoded = context.pointee.input?.pointee.buf?.pointee.encoder != nil
        failure = Failure(
            message: "this file is no well-formed XML: \(OutlineReader.words(for: error)); mend it, or export it anew",
            line: Int(error.line), offset: isDecoded ? nil : Int(xmlByteConsumed(context)))
    }

    /// libxml2's own words would quote the document, where a password may stand.
    private static func words(for error: xmlError) -> String {
        switch xmlParserErrors(rawValue: UInt32(max(0, error.code))) {
        case XML_ERR_DOCUMENT_EMPTY: "no element stands in it"
        case XML_ERR_DOCUMENT_END: "something stands behind its end"
        case XML_ERR_TAG_NAME_MISMATCH: "an end tag does not fit the element that is open"
        case XML_ERR_TAG_NOT_FINISHED: "it ends before its elements are closed"
        case XML_ERR_ATTRIBUTE_NOT_STARTED: "an attribute's value has no quotes"
        case XML_ERR_ATTRIBUTE_NOT_FINISHED: "an attribute's value has no closing quote"
        case XML_ERR_ATTRIBUTE_WITHOUT_VALUE: "an attribute has no value"
        case XML_ERR_ATTRIBUTE_REDEFINED: "an attribute stands twice in one element"
        case XML_ERR_LT_IN_ATTRIBUTE: "a '<' stands in an attribute's value; write &lt;"
        case XML_ERR_SPACE_REQUIRED: "a space is missing between two attributes"
        case XML_ERR_GT_REQUIRED: "a tag has no '>'"
        case XML_ERR_RESERVED_XML_NAME: "something stands before the XML declaration"
        case XML_ERR_INVALID_CHAR, XML_ERR_INVALID_ENCODING: "here are bytes that its encoding does not have"
        case XML_ERR_UNSUPPORTED_ENCODING, XML_ERR_UNKNOWN_ENCODING: "its encoding is not known; save it as UTF-8"
        // "Excessive depth in document" has no code of its own (libxml2, xmlnsPush and nodePush).
        case XML_ERR_INTERNAL_ERROR: "it is nested too deeply"
        default: "XML error \(error.code)"
        }
    }

    private func hasName(_ name: UnsafePointer<xmlChar>, _ expected: String) -> Bool {
        xmlStrcasecmp(name, expected) == 0
    }
}

private func reader(_ context: xmlParserCtxtPtr) -> OutlineReader? {
    context.pointee._private.map { Unmanaged<OutlineReader>.fromOpaque($0).takeUnretainedValue() }
}

/// On the parsing thread; the pointers live until it returns.
private func startElement(
    _ context: UnsafeMutableRawPointer?, _ name: UnsafePointer<xmlChar>?, _: UnsafePointer<xmlChar>?,
    _: UnsafePointer<xmlChar>?, namespaceCount: Int32, namespaces: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?,
    attributeCount: Int32, _: Int32, attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
) {
    guard let context = context?.assumingMemoryBound(to: xmlParserCtxt.self), let name else { return }
    let pointers = UnsafeBufferPointer(start: attributes, count: attributes == nil ? 0 : Int(attributeCount) * 5)
    let declared = UnsafeBufferPointer(start: namespaces, count: namespaces == nil ? 0 : Int(namespaceCount) * 2)
    reader(context)?.start(context, name, declared, pointers)
}

/// On the parsing thread; the pointers live until it returns.
private func endElement(
    _ context: UnsafeMutableRawPointer?, _ name: UnsafePointer<xmlChar>?, _: UnsafePointer<xmlChar>?,
    _: UnsafePointer<xmlChar>?
) {
    guard let context = context?.assumingMemoryBound(to: xmlParserCtxt.self), let name else { return }
    reader(context)?.end(name)
}

/// On the parsing thread; libxml2 hands the parser over as `ctxt` of the error, which lives until it returns.
private func noteError(_: UnsafeMutableRawPointer?, _ error: UnsafeMutablePointer<xmlError>?) {
    guard let error, let context = error.pointee.ctxt?.assumingMemoryBound(to: xmlParserCtxt.self) else { return }
    reader(context)?.note(error.pointee, context)
}

/// A name from the document, for a message in one line.
private func clean(_ name: String) -> String {
    String(
        String.UnicodeScalarView(name.unicodeScalars.prefix(40).filter { $0.properties.generalCategory != .control }))
}

private func trimmed(_ text: String) -> String {
    let inner = text.drop { $0.isWhitespace }
    return inner.lastIndex { !$0.isWhitespace }.map { String(inner[...$0]) } ?? ""
}

extension Substring {
    fileprivate var trimmingSlashes: Substring {
        var slice = self.drop { $0.isWhitespace || $0 == "/" }
        while let last = slice.last, last.isWhitespace || last == "/" { slice.removeLast() }
        return slice
    }
}
