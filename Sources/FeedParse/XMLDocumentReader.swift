import FeedModel

/// UTF-8 to `ParsedFeed`: parsed strictly, and if it is not well-formed, mended and parsed again.
enum XMLDocumentReader {
    static func read(_ document: [UInt8], _ scope: Scope) -> Result<ParsedFeed, NotAFeed> {
        document.withUnsafeBufferPointer { read(document, $0, scope) }
    }

    private static func read(
        _ document: [UInt8], _ bytes: UnsafeBufferPointer<UInt8>, _ scope: Scope
    ) -> Result<ParsedFeed, NotAFeed> {
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
        let tree = parsed(document, prologue, log, scope.meter, &isTruncated)
        if let excess = scope.meter.excess { return .failure(excess) }
        guard var reader = XMLFeedReader(tree, log: log, scope.meter) else {
            if isTruncated, tree.root.map({ [.rss, .rdf, .feed, .channel].contains($0.tag) }) ?? true {
                return .failure(NotAFeed(.truncated, "the document breaks off before its first entry"))
            }
            return .failure(OtherContent.unknownXML(tree, prologue))
        }
        var feed = reader.read(scope)
        if isTruncated && feed.entries.isEmpty {
            return .failure(NotAFeed(.truncated, "the document breaks off before its first entry is whole"))
        }
        feed.problems = log.problems
        return .success(feed)
    }

    private static func parsed(
        _ document: [UInt8], _ prologue: XMLPrologue, _ log: ProblemLog, _ meter: ReadingMeter,
        _ isTruncated: inout Bool
    ) -> XMLTree {
        var failure: XMLTreeParser.Failure?
        var hasAttributeFlood = false
        let memory = meter.memory
        if prologue.entities.isEmpty {
            let first = XMLTreeParser.parse(document, from: prologue.start, doctype: prologue.doctype, meter)
            if first.isWhole || meter.excess != nil {
                note(first, log)
                return first.tree
            }
            hasAttributeFlood = first.hasAttributeFlood
            if first.tooManyNamespaces { note(first, log) } else { failure = first.failure }
        }
        // What came of the first reading is let go.
        meter.release(meter.memory - memory)
        let mended = document.withUnsafeBufferPointer { XMLMender.mend($0, prologue: prologue, meter) }
        isTruncated = mended.isTruncated
        let second = XMLTreeParser.parse(mended.bytes, meter)
        if let failure {
            note(failure, mended, log)
        } else if hasAttributeFlood {
            log.add(
                ParseProblem(.tooLarge, "an element has more than \(XMLPrologue.maximumAttributes) attributes"))
        } else if mended.isTruncated {
            log.add(ParseProblem(.truncated, "the document ends inside an element"))
        }
        note(second, log)
        return second.tree
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
