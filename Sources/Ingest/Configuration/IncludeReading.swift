import FeedModel
import FeedParse

/// `include:` and the files behind it.
extension ConfigurationReading {
    private static let includedKeys = ["feeds", "defaults", "include"]
    private static let deepestInclude = 16

    mutating func include(_ node: YAMLNode, defaults: FeedConfiguration, within files: [File]) {
        guard let including = files.last else { return }
        func tell(_ message: String, _ reading: inout ConfigurationReading) {
            reading.mistake("'include' \(message)", in: including, at: node.mark)
        }
        let written: String
        do throws(Wrong) {
            written = try node.text("the name of a file")
            if written.contains("://") {
                throw Wrong("names a URL, \(FeedURL.withoutUser(written).quoted); save it to a file and include that")
            }
            _ = try node.path(from: including.folder)
        } catch {
            return tell(error.message, &self)
        }
        let file = File(
            shown: FilePath.shown(written, from: including.shown),
            path: FilePath.absolute(written, from: including.folder))
        let suffix = FilePath.suffix(of: written)
        guard ["yaml", "yml", "opml", "txt"].contains(suffix) else {
            return tell("names \(written.quoted); write a file that ends in .yaml, .yml, .opml or .txt", &self)
        }
        let identity = FilePath.identity(file.path)
        if files.contains(where: { FilePath.identity($0.path) == identity }) {
            return tell("names \(written.quoted), which includes this file; remove one of the two", &self)
        }
        if let first = includedAt[identity] {
            return tell("names \(written.quoted), included already at \(first); remove one", &self)
        }
        guard files.count < Self.deepestInclude else {
            return tell("stands \(files.count) files deep; include \(written.quoted) from a file further up", &self)
        }
        includedAt[identity] = including.place(node.mark)
        switch suffix {
        case "opml": readOPML(file, defaults: defaults, namedIn: including, at: node.mark)
        case "txt": readList(file, defaults: defaults, namedIn: including, at: node.mark)
        default:
            guard let root = document(file, namedIn: including, at: node.mark) else { return }
            let fields = fields(of: root, "an included file", known: Self.includedKeys, in: file) {
                Self.sections.contains($0) ? "write it in the main configuration, \(files[0].shown.quoted)" : nil
            }
            readFeeds(fields, defaults: defaults, within: files + [file])
        }
    }

    /// One URL a line; `#` begins a comment at the start of a line and after a space.
    private mutating func readList(
        _ file: File, defaults: FeedConfiguration, namedIn including: File, at mark: YAMLNode.Mark
    ) {
        guard let bytes = utf8(file, namedIn: including, at: mark) else { return }
        var number = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let start = line.firstIndex { !isSpace($0) } ?? line.endIndex
            let text = line[start...]
            let comment = text.indices.first { index in
                text[index] == UInt8(ascii: "#") && (index == start || isSpace(text[index - 1]))
            }
            var url = text[..<(comment ?? text.endIndex)]
            while let last = url.last, isSpace(last) { url.removeLast() }
            if url.isEmpty { continue }
            let column = YAMLNode.Mark(in: line, at: start - line.startIndex).column
            let mark = YAMLNode.Mark(line: number, column: column)
            add(
                defaults, url: String(decoding: url, as: UTF8.self), called: "the feed", in: file, at: mark, else: mark)
        }
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

    /// Folders and categories are tags beside those of `defaults`.
    private mutating func readOPML(
        _ file: File, defaults: FeedConfiguration, namedIn including: File, at mark: YAMLNode.Mark
    ) {
        guard let bytes = bytes(of: file, namedIn: including, at: mark) else { return }
        switch OPML.read(bytes) {
        case .failure(let problem):
            mistake(
                problem.message, in: file, at: .init(line: problem.line ?? 1, column: problem.column ?? 1))
        case .success(let document):
            for outline in document.outlines {
                var feed = defaults
                feed.title = outline.title ?? feed.title
                if !outline.tags.isEmpty {
                    var seen = Set(feed.tags)
                    feed.tags += outline.tags.filter { seen.insert($0).inserted }
                }
                let mark = YAMLNode.Mark(line: outline.line, column: outline.column ?? 1)
                add(feed, url: outline.url, called: "'xmlUrl'", in: file, at: mark, else: mark)
            }
        }
    }

    // MARK: files

    /// The root of a YAML file; `nil` if it is empty, and after a mistake.
    mutating func document(_ file: File, namedIn including: File? = nil, at mark: YAMLNode.Mark = .start) -> YAMLNode? {
        guard let bytes = utf8(file, namedIn: including, at: mark) else { return nil }
        do {
            return try YAMLDocument.read(bytes)
        } catch {
            mistake(error.message, in: file, at: error.mark)
            return nil
        }
    }

    /// Text in UTF-8, without a byte order mark.
    private mutating func utf8(_ file: File, namedIn including: File?, at mark: YAMLNode.Mark) -> [UInt8]? {
        guard var bytes = bytes(of: file, namedIn: including, at: mark) else { return nil }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            mistake("this file is UTF-16; save it as UTF-8", in: file, at: .start)
            return nil
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        if String(validating: bytes, as: UTF8.self) == nil {
            mistake(
                "here are bytes that are not UTF-8; save the file as UTF-8", in: file,
                at: .init(in: bytes, at: ConfigurationReading.firstInvalid(bytes)))
            return nil
        }
        return bytes
    }

    /// Where the first byte stands that is not UTF-8.
    private static func firstInvalid(_ bytes: [UInt8]) -> Int {
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var offset = 0
        while case .valid(let scalar) = parser.parseScalar(from: &iterator) { offset += scalar.count }
        return offset
    }

    private mutating func bytes(of file: File, namedIn including: File?, at mark: YAMLNode.Mark) -> [UInt8]? {
        do {
            let bytes = try readFile(file.path)
            guard bytes.count <= InputFile.largest else {
                throw InputFile.Unreadable.tooLarge
            }
            configuration.files.append(file.path)
            return bytes
        } catch {
            if let including {
                mistake(
                    "'include' names \(file.shown.quoted), which cannot be read: \(oneLine(error))", in: including,
                    at: mark)
            } else {
                mistake("this file cannot be read: \(oneLine(error))", in: file, at: .start)
            }
            return nil
        }
    }
}
