import FeedModel

/// All formats in one switch.
enum FeedShape {
    /// The element that is the feed, and its format; nothing if there is none. The root itself, or its
    /// child where some wrapper stands around the feed.
    static func of(_ root: XMLElement) -> (XMLElement, FeedFormat)? {
        if let format = format(root) { return (root, format) }
        for child in root.children {
            if child.tag == .rss || child.tag == .feed || child.tag == .rdf, let format = format(child) {
                return (child, format)
            }
        }
        return nil
    }

    private static func format(_ root: XMLElement) -> FeedFormat? {
        switch root.tag {
        case .rss: rss(root)
        case .rdf: rdf(root)
        case .feed where root.namespace != .xhtml: atom(root)
        case .entry where root.namespace.isAtom: root.namespace == .atom03 ? .atom03 : .atom10
        case .channel: channel(root)
        // The Atom Publishing Protocol's documents announce collections and categories, and hold no entry.
        case .service where root.namespace == .app, .categories where root.namespace == .app: .atom10
        default: nil
        }
    }

    private static func rss(_ root: XMLElement) -> FeedFormat {
        switch root.trimmedAttribute(.version)?.lowercased() ?? "" {
        case "0.90", "0.9": .rss090
        case let version where version.hasPrefix("0.91"): .rss091
        case "0.92", "0.93", "0.94": .rss092
        case "1.0", "1": .rss10
        case "1.1": .rss11
        default: .rss20
        }
    }

    /// RDF is a feed if it holds a channel or items.
    private static func rdf(_ root: XMLElement) -> FeedFormat? {
        for child in root.children where child.tag == .channel || child.tag == .item {
            return rdfVersion(child.name.uri)
        }
        // Nothing in it, but the vocabulary is announced.
        return root.tree.rootNamespaces.first { Namespace.of(uri: $0) == .core }.map(rdfVersion)
    }

    private static func rdfVersion(_ uri: String) -> FeedFormat {
        uri.lowercased().contains("rdf/simple/0.9") ? .rss090 : .rss10
    }

    private static func atom(_ root: XMLElement) -> FeedFormat {
        if root.namespace == .atom { return .atom10 }
        if root.namespace == .atom03 { return .atom03 }
        return root.attribute(.version)?.hasPrefix("0.") == true ? .atom03 : .atom10
    }

    private static func channel(_ root: XMLElement) -> FeedFormat? {
        if root.name.uri.lowercased().contains("rss1.1") { return .rss11 }
        if root.namespace == .cdf || root.attribute(.href) != nil || root.attribute(.lastmod) != nil { return .cdf }
        for child in root.children {
            if child.tag == .item, child.attribute(.href) != nil { return .cdf }
        }
        for child in root.children where [.item, .title, .link, .description].contains(child.tag) { return .rss20 }
        return nil
    }

    /// A default namespace that nobody knows, or none on Atom, means the feed's own vocabulary.
    static func adoptingUnknownNamespace(_ root: XMLElement, _ format: FeedFormat) -> XMLElement {
        let own: Namespace =
            switch format {
            case .atom10: .atom
            case .atom03: .atom03
            default: .core
            }
        var foreign: Set<String> = []
        func consider(_ element: XMLElement) {
            let name = element.name
            if name.namespace == .other, name.prefix.isEmpty || element.index == root.index { foreign.insert(name.uri) }
            if name.namespace == .core, own != .core, element.index == root.index { foreign.insert(name.uri) }
        }
        consider(root)
        for child in root.children where [.channel, .item, .entry].contains(child.tag) { consider(child) }
        guard !foreign.isEmpty else { return root }
        var names = root.tree.names
        for index in names.indices
        where foreign.contains(names[index].uri)
            && [.other, .core].contains(names[index].namespace)
            && !(names[index].uri.isEmpty && !names[index].prefix.isEmpty)
        {
            names[index].namespace = own
        }
        return XMLElement(tree: root.tree.renamed(names), index: root.index)
    }
}
