import FeedModel

/// UTF-8 to `ParsedFeed`: parsed strictly, and if it is not well-formed, mended and parsed again.
enum XMLDocumentReader {
    static func read(_ bytes: [UInt8], base: WebURL?) -> Result<ParsedFeed, NotAFeed> {
        bytes.withUnsafeBufferPointer { read($0, base: base) }
    }

    private static func read(_ bytes: UnsafeBufferPointer<UInt8>, base: WebURL?) -> Result<ParsedFeed, NotAFeed> {
        let prologue = XMLPrologue(bytes)
        if prologue.start >= bytes.count || prologue.rootStart == nil {
            return .failure(OtherContent.notXML(bytes, prologue))
        }
        if let page = OtherContent.webPage(bytes, prologue) { return .failure(page) }
        let log = ProblemLog()
        if prologue.hasLeadingJunk {
            log.add(
                ParseProblem(.leadingJunk, "something stands before the XML declaration or the first element", line: 1))
        }
        var isTruncated = false
        guard let tree = parsed(bytes, prologue, log, &isTruncated) else {
            return .failure(
                NotAFeed(.tooLarge, "more than \(XMLTreeParser.maximumNames) different names; no feed has so many"))
        }
        guard var reader = XMLFeedReader(tree, log: log) else {
            if isTruncated, tree.root.map({ [.rss, .rdf, .feed, .channel].contains($0.tag) }) ?? true {
                return .failure(NotAFeed(.truncated, "the document breaks off before its first entry"))
            }
            return .failure(OtherContent.unknownXML(tree, prologue))
        }
        var feed = reader.read(base: base)
        if isTruncated && feed.entries.isEmpty {
            return .failure(NotAFeed(.truncated, "the document breaks off before its first entry is whole"))
        }
        feed.problems = log.problems
        return .success(feed)
    }

    /// Nothing if there are too many names.
    private static func parsed(
        _ bytes: UnsafeBufferPointer<UInt8>, _ prologue: XMLPrologue, _ log: ProblemLog, _ isTruncated: inout Bool
    ) -> XMLTree? {
        var failure: XMLTreeParser.Failure?
        if !prologue.hasAttributeFlood && prologue.entities.isEmpty {
            let first = withoutDoctype(bytes, prologue) {
                XMLTreeParser.parse($0, firstLine: 1 + bytes[..<prologue.start].lazy.filter { $0 == 0x0A }.count)
            }
            if first.tooManyNames { return nil }
            if first.failure == nil && !first.tooManyNamespaces {
                note(first, log)
                return first.tree
            }
            if first.tooManyNamespaces { note(first, log) } else { failure = first.failure }
        }
        let mended = XMLMender.mend(bytes, prologue: prologue)
        isTruncated = mended.isTruncated
        let second = mended.bytes.withUnsafeBufferPointer { XMLTreeParser.parse($0) }
        if second.tooManyNames { return nil }
        if let failure {
            note(failure, mended, log)
        } else if prologue.hasAttributeFlood {
            log.add(
                ParseProblem(.tooLarge, "an element has more than \(XMLPrologue.maximumAttributes) attributes"))
        } else if mended.isTruncated {
            log.add(ParseProblem(.truncated, "the document ends inside an element"))
        }
        note(second, log)
        return second.tree
    }

    /// libxml2 sees blanks where the document type stood, so that lines keep their numbers.
    private static func withoutDoctype(
        _ bytes: UnsafeBufferPointer<UInt8>, _ prologue: XMLPrologue,
        _ body: (UnsafeBufferPointer<UInt8>) -> XMLTreeParser.Outcome
    ) -> XMLTreeParser.Outcome {
        guard let doctype = prologue.doctype else {
            return body(UnsafeBufferPointer(rebasing: bytes[prologue.start...]))
        }
        var copy = Array(bytes)
        for index in doctype where copy[index] != 0x0A { copy[index] = 0x20 }
        return copy.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[prologue.start...])) }
    }

    private static func note(_ failure: XMLTreeParser.Failure, _ mended: XMLMender.Result, _ log: ProblemLog) {
        if mended.isTruncated {
            log.add(
                ParseProblem(
                    .truncated, "the document ends inside an element; what is whole was kept", line: failure.line))
        }
        for (name, line) in mended.htmlEntities + mended.unknownEntities {
            log.add(ParseProblem(.undeclaredEntity, "&\(name); is not declared", line: line))
        }
        for (what, line) in mended.repairs { log.add(ParseProblem(.notWellFormed, what, line: line)) }
        // What the parser stumbled over and the mender does not name, such as a second root.
        let isExplained =
            failure.isUndeclaredEntity || !mended.repairs.isEmpty || mended.isTruncated && failure.isEarlyEnd
        if !isExplained { log.add(ParseProblem(.notWellFormed, failure.message, line: failure.line)) }
    }

    private static func note(_ outcome: XMLTreeParser.Outcome, _ log: ProblemLog) {
        for (prefix, line) in outcome.undeclaredPrefixes {
            log.add(ParseProblem(.undeclaredPrefix, "the prefix \(prefix) is not declared", line: line))
        }
        for (message, line) in outcome.namespaceErrors { log.add(ParseProblem(.notWellFormed, message, line: line)) }
        if let line = outcome.tooDeepAtLine {
            log.add(
                ParseProblem(
                    .tooDeep,
                    "elements are nested deeper than \(XMLTreeParser.maximumDepth); deeper ones were left out",
                    line: line))
        }
        if outcome.tooManyNamespaces {
            log.add(
                ParseProblem(
                    .tooLarge,
                    "more than \(XMLTreeParser.maximumNamespacesInScope) namespaces in scope; further ones were left out"
                ))
        }
    }
}
