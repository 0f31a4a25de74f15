import FeedModel

/// How long articles stay, in `keep:` and at feeds.
extension ConfigurationReading {
    private static let retentionKeys = ConfigurationMapping.retention.names

    /// What `keep:` says of it beside its other keys.
    mutating func readRetention(_ fields: Fields, into keep: inout KeepSettings) {
        keep.retention = retention(fields)
        set(&keep.removedFeeds, "removed_feeds", of: fields) { node throws(Wrong) in try node.bool() }
        guard let node = fields["tags"]?.value, !node.isNull else { return }
        let right = "such as news: {articles: 2y}"
        guard case .mapping(let pairs) = node.content else {
            return mistake(
                "'tags' of 'keep' is \(node.kind); write a mapping, \(right)", in: fields.file, at: node.mark)
        }
        for pair in pairs {
            guard case .scalar(let written, _) = pair.key.content, let tag = TagText.trimmed(written) else {
                mistake("a key of 'tags' is no tag; write one, \(right)", in: fields.file, at: pair.key.mark)
                continue
            }
            guard keep.tags[tag] == nil else {
                mistake("\(tag.quoted) stands twice in 'tags'; keep one", in: fields.file, at: pair.key.mark)
                continue
            }
            keep.tags[tag] = retention(pair.value, of: tag.quoted, in: fields.file)
        }
    }

    mutating func retention(_ node: YAMLNode, of name: String, in file: File) -> Retention {
        retention(
            fields(of: node, name, known: Self.retentionKeys, in: file) { key in
                Self.keepKeys.contains(key) ? "it is the same for all feeds; write it under 'keep'" : nil
            })
    }

    private mutating func retention(_ fields: Fields) -> Retention {
        Retention(
            articles: value("articles", of: fields) { node throws(Wrong) in try node.span() },
            revisions: value("revisions", of: fields) { node throws(Wrong) in try node.revisions() })
    }
}

extension YAMLNode {
    /// A slip must not remove everything: `6m` are six minutes.
    private static let shortestSpan = Duration.days(1)

    fileprivate func span() throws(Wrong) -> Retention.Span {
        let right = "forever, or a number and a unit, such as 180d or 10y"
        guard case .scalar(let text, _) = content, !isNull else { throw Wrong("is \(described); write \(right)") }
        if text == "forever" { return .forever }
        let span = try duration(zeroIs: .sensible)
        guard span >= YAMLNode.shortestSpan else {
            throw Wrong("is \(text.shown), less than a day; write a day or more, such as 180d or 10y, or forever")
        }
        return .atLeast(span)
    }

    fileprivate func revisions() throws(Wrong) -> Retention.Revisions {
        if case .scalar("all", _) = content { return .all }
        if isNull { throw Wrong("is empty; write all, or how many of the newest, such as 5") }
        return .newest(try integer(1...1_000_000))
    }
}
