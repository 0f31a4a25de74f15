internal import CYaml

/// Reads a YAML file into a tree, by libyaml's events (the C library inside the Yams package).
///
/// Yams' own tree does not do here: it stops at the first key that stands twice without saying where the
/// second is, gives an alias the place of its anchor, and hashes keys with all that their aliases stand for,
/// so that a few lines can keep it busy for hours. Duplicate keys stay in this tree; its reader reports them.
enum YAMLDocument {
    struct Problem: Error, Equatable {
        var mark: YAMLNode.Mark
        var message: String
    }

    /// Deeper is no configuration but an attack on the stack.
    static let deepest = 64
    /// Aliases within aliases grow without bound ("billion laughs"); no configuration comes near this.
    static let mostValues = 10_000_000

    /// `nil` for a file without a document: empty, or comments alone.
    ///
    /// - Parameter bytes: UTF-8 without a byte order mark.
    static func read(_ bytes: [UInt8]) throws(Problem) -> YAMLNode? {
        // The buffer outlives the parser, which keeps a pointer to it.
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<YAMLNode?, Problem> in
            do throws(Problem) {
                var composer = Composer(parser: EventParser(buffer))
                return .success(try composer.document())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

/// libyaml's parser: one event after the other, each copied into Swift values before it is freed.
private final class EventParser {
    enum Event {
        case streamStart, streamEnd, documentStart, documentEnd
        case alias(String)
        case scalar(String, isPlain: Bool, tag: String?, anchor: String?)
        case sequenceStart(tag: String?, anchor: String?)
        case sequenceEnd
        case mappingStart(tag: String?, anchor: String?)
        case mappingEnd
    }

    /// On the heap, for libyaml keeps a pointer to it inside itself.
    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private let input: UnsafeBufferPointer<UInt8>
    private let isReady: Bool

    /// `input` must outlive the parser.
    init(_ input: UnsafeBufferPointer<UInt8>) {
        self.input = input
        parser.initialize(to: yaml_parser_t())
        isReady = yaml_parser_initialize(parser) == 1
        guard isReady else { return }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        if isReady { yaml_parser_delete(parser) }
        parser.deallocate()
    }

    func next() throws(YAMLDocument.Problem) -> (event: Event, mark: YAMLNode.Mark) {
        var event = yaml_event_t()
        guard isReady, yaml_parser_parse(parser, &event) == 1 else { throw problem() }
        defer { yaml_event_delete(&event) }
        let mark = YAMLNode.Mark(event.start_mark)
        switch event.type {
        case YAML_STREAM_START_EVENT: return (.streamStart, mark)
        case YAML_DOCUMENT_START_EVENT: return (.documentStart, mark)
        case YAML_DOCUMENT_END_EVENT: return (.documentEnd, mark)
        case YAML_ALIAS_EVENT: return (.alias(text(event.data.alias.anchor) ?? ""), mark)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            let event = Event.scalar(
                String(decoding: bytes, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE,
                tag: text(scalar.tag), anchor: text(scalar.anchor))
            return (event, mark)
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            return (.sequenceStart(tag: text(start.tag), anchor: text(start.anchor)), mark)
        case YAML_SEQUENCE_END_EVENT: return (.sequenceEnd, mark)
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            return (.mappingStart(tag: text(start.tag), anchor: text(start.anchor)), mark)
        case YAML_MAPPING_END_EVENT: return (.mappingEnd, mark)
        default: return (.streamEnd, mark)
        }
    }

    private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    /// libyaml's complaint. Its texts are constants, so nothing of the file, secret or not, stands in them.
    private func problem() -> YAMLDocument.Problem {
        let what = parser.pointee.problem.map { String(cString: $0) } ?? "no memory to read it"
        if parser.pointee.error == YAML_READER_ERROR {
            let mark = YAMLNode.Mark(in: input, at: parser.pointee.problem_offset)
            return .init(mark: mark, message: "not YAML: \(what); remove it")
        }
        let mark = YAMLNode.Mark(parser.pointee.problem_mark)
        var message = "not YAML: \(what)"
        if let context = parser.pointee.context {
            message += " \(String(cString: context)), which began in line \(parser.pointee.context_mark.line + 1)"
        }
        message += advice(what, next: byte(at: parser.pointee.problem_mark.index))
        return .init(mark: mark, message: message)
    }

    private func advice(_ problem: String, next: UInt8?) -> String {
        switch (problem, next) {
        case ("found character that cannot start any token", UInt8(ascii: "\t")):
            "; indent with spaces, not with tabs"
        case ("found character that cannot start any token", _):
            "; put a text that begins with such a character in quotes"
        case ("mapping values are not allowed in this context", _):
            "; indent keys of one mapping alike, and put a text that holds ': ' in quotes"
        case ("did not find expected key", _), ("did not find expected '-' indicator", _):
            "; indent what belongs together alike"
        case ("could not find expected ':'", _): "; a key is followed by ': '"
        case ("did not find expected alphabetic or numeric character", _):
            "; put a text that begins with '*' or '&' in quotes"
        default: ""
        }
    }

    /// The first byte of a scalar of the input, which is how libyaml counts.
    private func byte(at index: Int) -> UInt8? {
        var seen = 0
        for byte in input where byte & 0xC0 != 0x80 {
            if seen == index { return byte }
            seen += 1
        }
        return nil
    }
}

private struct Composer {
    let parser: EventParser
    private var anchors: [String: YAMLNode] = [:]
    private var values = 0

    init(parser: EventParser) { self.parser = parser }

    mutating func document() throws(YAMLDocument.Problem) -> YAMLNode? {
        _ = try parser.next()
        guard case .documentStart = try parser.next().event else { return nil }
        let root = try node(from: parser.next(), depth: 1)
        _ = try parser.next()
        let (end, mark) = try parser.next()
        guard case .streamEnd = end else {
            throw problem(mark, "a second YAML document begins here; keep one in a file")
        }
        return root
    }

    private mutating func node(
        from first: (event: EventParser.Event, mark: YAMLNode.Mark), depth: Int
    ) throws(YAMLDocument.Problem) -> YAMLNode {
        let mark = first.mark
        try checkDepth(depth, at: mark)
        var node = YAMLNode(content: .sequence([]), mark: mark, size: 1, height: 1)
        let name: String?
        switch first.event {
        case .alias(let alias):
            // Only what is complete has been noted, so that no value can hold itself.
            guard var value = anchors[alias] else {
                throw problem(
                    mark, "this alias names nothing above it; put the anchor before it, or quotes around a text")
            }
            try checkDepth(depth + value.height - 1, at: mark)
            value.mark = mark
            try count(value.size, at: mark)
            return value
        case .scalar(let text, let isPlain, let tag, let anchor):
            try count(1, at: mark)
            let standsAsText = try Self.isText(tag, at: mark)
            node.content = .scalar(text, isPlain: standsAsText.map { !$0 } ?? isPlain)
            name = anchor
        case .sequenceStart(let tag, let anchor):
            try count(1, at: mark)
            try allow(tag, "tag:yaml.org,2002:seq", at: mark)
            var elements: [YAMLNode] = []
            var next = try parser.next()
            while !next.event.isSequenceEnd {
                let element = try self.node(from: next, depth: depth + 1)
                node.size += element.size
                node.height = max(node.height, element.height + 1)
                elements.append(element)
                next = try parser.next()
            }
            node.content = .sequence(elements)
            name = anchor
        case .mappingStart(let tag, let anchor):
            try count(1, at: mark)
            try allow(tag, "tag:yaml.org,2002:map", at: mark)
            var pairs: [YAMLNode.Pair] = []
            var next = try parser.next()
            while !next.event.isMappingEnd {
                let key = try self.node(from: next, depth: depth + 1)
                let value = try self.node(from: parser.next(), depth: depth + 1)
                node.size += key.size + value.size
                node.height = max(node.height, key.height + 1, value.height + 1)
                pairs.append(.init(key: key, value: value))
                next = try parser.next()
            }
            node.content = .mapping(pairs)
            name = anchor
        case .streamStart, .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
            // libyaml's grammar gives no such event where a value is due.
            throw problem(mark, "not YAML: a value is missing")
        }
        if let name { anchors[name] = node }
        return node
    }

    /// Counts before anything grows, so that neither a sum nor the reader of the tree can run away.
    private mutating func count(_ more: Int, at mark: YAMLNode.Mark) throws(YAMLDocument.Problem) {
        values += more
        if values > YAMLDocument.mostValues {
            throw problem(
                mark,
                "more than \(YAMLDocument.mostValues) values, aliases counted with all that they stand for; "
                    + "name fewer or smaller ones")
        }
    }

    private func checkDepth(_ depth: Int, at mark: YAMLNode.Mark) throws(YAMLDocument.Problem) {
        if depth > YAMLDocument.deepest {
            throw problem(mark, "nested deeper than \(YAMLDocument.deepest) levels; no key needs more than 4")
        }
    }

    /// Whether a tag makes a scalar text (`!!str`, `!`) or plain (`!!int`); `nil` without a tag.
    private static func isText(_ tag: String?, at mark: YAMLNode.Mark) throws(YAMLDocument.Problem) -> Bool? {
        switch tag {
        case nil: nil
        case "!", "tag:yaml.org,2002:str": true
        case "tag:yaml.org,2002:int", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null": false
        case _?: throw unknownTag(at: mark)
        }
    }

    private func allow(_ tag: String?, _ own: String, at mark: YAMLNode.Mark) throws(YAMLDocument.Problem) {
        if let tag, tag != own, tag != "!" { throw Self.unknownTag(at: mark) }
    }

    private static func unknownTag(at mark: YAMLNode.Mark) -> YAMLDocument.Problem {
        .init(
            mark: mark,
            message: "this YAML tag means nothing here; remove it, or put quotes around a text that begins with '!'")
    }

    private func problem(_ mark: YAMLNode.Mark, _ message: String) -> YAMLDocument.Problem {
        .init(mark: mark, message: message)
    }
}

extension EventParser.Event {
    fileprivate var isSequenceEnd: Bool { if case .sequenceEnd = self { true } else { false } }
    fileprivate var isMappingEnd: Bool { if case .mappingEnd = self { true } else { false } }
}

extension YAMLNode.Mark {
    /// libyaml counts from 0, and columns in Unicode scalars.
    fileprivate init(_ mark: yaml_mark_t) { self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1) }

    /// The place of a byte of UTF-8 text.
    init(in bytes: some Collection<UInt8>, at offset: Int) {
        self = .start
        for byte in bytes.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
    }
}
