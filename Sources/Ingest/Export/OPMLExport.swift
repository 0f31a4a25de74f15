import FeedModel

/// A feed as lists of subscriptions know it.
public struct Subscribed: Hashable, Sendable {
    public var url: String
    public var title: String?
    public var homePageURL: String?
    public var tags: [String]

    public init(url: String, title: String? = nil, homePageURL: String? = nil, tags: [String] = []) {
        self.url = url
        self.title = title
        self.homePageURL = homePageURL
        self.tags = tags
    }
}

/// Subscriptions as OPML 2.0.
///
/// A feed stands in the folder of its first tag; its other tags are its `category`. A tag that `category` cannot hold,
/// for it has a comma or a slash, is a folder within the folder. Read again, each feed has its tags in their order.
public enum OPMLExport {
    public static func document(_ feeds: [Subscribed], title: String) -> [UInt8] {
        var root = Folder(name: "")
        for feed in feeds {
            let folders = folders(feed.tags)
            root.add(feed, categories: feed.tags[folders...], path: feed.tags[..<folders])
        }
        var xml = XMLWriter(isIndented: true)
        xml.declaration()
        xml.element("opml", [("version", "2.0")]) { xml in
            xml.element("head") { $0.element("title", text: title) }
            xml.element("body") { root.write(to: &$0) }
        }
        return xml.bytes
    }

    /// How many tags, from the first, are folders.
    private static func folders(_ tags: [String]) -> Int {
        let last = tags.lastIndex { $0.contains(",") || $0.contains("/") } ?? 0
        return min(tags.count, last + 1)
    }

    private struct Folder {
        var name: String
        var feeds: [(feed: Subscribed, categories: ArraySlice<String>)] = []
        var folders: [Folder] = []
        /// Where in `folders` each name is.
        var places: [String: Int] = [:]

        init(name: String) { self.name = name }

        mutating func add(_ feed: Subscribed, categories: ArraySlice<String>, path: ArraySlice<String>) {
            guard let first = path.first else {
                feeds.append((feed, categories))
                return
            }
            let place = places[first] ?? folders.count
            if place == folders.count {
                folders.append(Folder(name: first))
                places[first] = place
            }
            folders[place].add(feed, categories: categories, path: path.dropFirst())
        }

        func write(to xml: inout XMLWriter) {
            for (feed, categories) in feeds {
                xml.element(
                    "outline",
                    [
                        ("type", "rss"), ("text", feed.title ?? feed.url), ("title", feed.title ?? feed.url),
                        ("xmlUrl", feed.url), ("htmlUrl", feed.homePageURL),
                        ("category", categories.isEmpty ? nil : categories.joined(separator: ",")),
                    ])
            }
            for folder in folders {
                xml.element("outline", [("text", folder.name), ("title", folder.name)]) { folder.write(to: &$0) }
            }
        }
    }
}
