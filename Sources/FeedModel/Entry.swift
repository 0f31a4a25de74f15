/// One item of one feed document: RSS `item`, Atom `entry`, an item of a JSON Feed.
public struct Entry: Hashable, Sendable {
    /// RSS `guid`, Atom `id`, RDF `about`, JSON Feed `id`: opaque, without surrounding white space.
    public var id: String?
    /// What RSS says of its guid, by default true; absent where the format has no such notion.
    public var idIsPermalink: Bool?
    /// The entry's own page. For RSS without `link`: its guid, unless that is no permalink.
    public var url: String?
    /// The page that the entry is about (JSON Feed `external_url`).
    public var externalURL: String?
    public var title: TextConstruct?
    /// `title` as plain text.
    public var titleText: String?
    /// The fullest body: `content:encoded`, Atom `content`, `xhtml:body`, JSON Feed's content.
    public var content: TextConstruct?
    /// The same as plain text, where the document has both forms (JSON Feed).
    public var contentText: String?
    /// RSS `description`, Atom `summary`, JSON Feed `summary`.
    public var summary: TextConstruct?
    /// `summary` as plain text.
    public var summaryText: String?
    /// Atom content that lives elsewhere.
    public var contentSource: ContentSource?
    public var image: String?
    /// pubDate, dc:date of an RSS item, `published`, `issued`. Never stands in for `modified`.
    public var published: Timestamp?
    /// `updated`, `modified`, dcterms:modified. Never stands in for `published`.
    public var modified: Timestamp?
    public var authors: [Person] = []
    public var contributors: [Person] = []
    public var categories: [Category] = []
    public var links: [Link] = []
    public var attachments: [Attachment] = []
    public var language: String?
    public var commentsURL: String?
    public var rights: TextConstruct?
    public var source: EntrySource?
    public var location: Location?
    public var extensions = Extensions()

    public init() {}

    /// What stands as the body: the content, else the summary.
    public var body: TextConstruct? { content ?? summary }
}

public struct ContentSource: Hashable, Sendable {
    public var url: String
    public var type: String?

    public init(url: String, type: String? = nil) {
        self.url = url
        self.type = type
    }
}

/// A file that belongs to an entry: RSS `enclosure`, Atom `rel="enclosure"`, `media:content`.
public struct Attachment: Hashable, Sendable {
    public var url: String
    public var mimeType: String?
    public var title: String?
    public var sizeInBytes: Int?
    public var durationInSeconds: Double?

    public init(
        url: String, mimeType: String? = nil, title: String? = nil, sizeInBytes: Int? = nil,
        durationInSeconds: Double? = nil
    ) {
        self.url = url
        self.mimeType = mimeType
        self.title = title
        self.sizeInBytes = sizeInBytes
        self.durationInSeconds = durationInSeconds
    }
}

/// The feed that an entry was taken from (RSS and Atom `source`).
public struct EntrySource: Hashable, Sendable {
    public var title: String?
    public var url: String?
    public var id: String?

    public init(title: String? = nil, url: String? = nil, id: String? = nil) {
        self.title = title
        self.url = url
        self.id = id
    }
}

public struct Location: Hashable, Sendable {
    public var latitude: Double
    public var longitude: Double

    public init(latitude: Double, longitude: Double) {
        self.latitude = latitude
        self.longitude = longitude
    }
}

/// Elements that belong to no field, as trees: by the well-known prefix of their namespace, then by
/// local name, each in document order.
public struct Extensions: Hashable, Sendable {
    public struct Element: Hashable, Sendable {
        /// Character data, trimmed.
        public var value: String?
        public var attributes: [(name: String, value: String)] = []
        public var children = Extensions()

        public init(value: String? = nil) { self.value = value }

        public static func == (a: Element, b: Element) -> Bool {
            a.value == b.value && a.children == b.children
                && a.attributes.elementsEqual(b.attributes) { $0.name == $1.name && $0.value == $1.value }
        }

        public func hash(into hasher: inout Hasher) {
            hasher.combine(value)
            hasher.combine(children)
            for (name, value) in attributes {
                hasher.combine(name)
                hasher.combine(value)
            }
        }
    }

    public struct Named: Hashable, Sendable {
        public var prefix: String
        public var name: String
        public var elements: [Element]
    }

    /// In the order of each name's first appearance; a (prefix, name) stands once.
    public private(set) var named: [Named] = []

    public init() {}

    public var isEmpty: Bool { named.isEmpty }

    public mutating func append(_ element: Element, prefix: String, name: String) {
        if let index = named.firstIndex(where: { $0.name == name && $0.prefix == prefix }) {
            named[index].elements.append(element)
        } else {
            named.append(Named(prefix: prefix, name: name, elements: [element]))
        }
    }

    public subscript(prefix: String, name: String) -> [Element] {
        named.first { $0.name == name && $0.prefix == prefix }?.elements ?? []
    }
}
