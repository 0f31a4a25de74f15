/// What a feed document says: nothing invented, nothing identified, no defaults.
///
/// Relative URLs are resolved already; everything else stands as published. Optional values are
/// absent where the document has none; lists are empty.
public struct ParsedFeed: Hashable, Sendable {
    public var format: FeedFormat
    /// The WHATWG name of the encoding that the document was decoded with, `utf-8` for example.
    public var encoding: String
    public var problems: [ParseProblem] = []

    public var title: TextConstruct?
    /// `title` as plain text.
    public var titleText: String?
    public var description: TextConstruct?
    /// `description` as plain text.
    public var descriptionText: String?
    /// Atom's `id`.
    public var id: String?
    public var homePageURL: String?
    /// Where the document says that it lives (`rel="self"`, JSON Feed's `feed_url`).
    public var feedURL: String?
    public var icon: String?
    public var favicon: String?
    public var language: String?
    public var links: [Link] = []
    public var authors: [Person] = []
    public var contributors: [Person] = []
    public var categories: [Category] = []
    public var hubs: [Hub] = []
    public var published: Timestamp?
    public var modified: Timestamp?
    public var rights: TextConstruct?
    public var generator: Generator?
    public var image: FeedImage?
    /// RSS `ttl`, in seconds.
    public var ttlSeconds: Int?
    /// `sy:updatePeriod` ÷ `sy:updateFrequency`, in seconds.
    public var updateIntervalSeconds: Int?
    /// Hours of the day in GMT, 0 to 23, sorted, each once.
    public var skipHours: [Int] = []
    public var skipDays: [Weekday] = []
    public var extensions = Extensions()
    /// In document order.
    public var entries: [Entry] = []

    public init(format: FeedFormat, encoding: String) {
        self.format = format
        self.encoding = encoding
    }
}

public enum FeedFormat: String, Hashable, Sendable, CaseIterable {
    case rss090 = "rss-0.90"
    case rss091 = "rss-0.91"
    /// 0.93 and 0.94 too.
    case rss092 = "rss-0.92"
    case rss10 = "rss-1.0"
    case rss11 = "rss-1.1"
    /// Unknown and missing versions of `rss` too.
    case rss20 = "rss-2.0"
    case atom03 = "atom-0.3"
    case atom10 = "atom-1.0"
    case jsonFeed10 = "jsonfeed-1.0"
    case jsonFeed11 = "jsonfeed-1.1"
    case cdf = "cdf"
}

public enum Weekday: String, Hashable, Sendable, CaseIterable {
    /// In the order of `Timestamp.Civil.weekday`.
    case sunday, monday, tuesday, wednesday, thursday, friday, saturday
}

/// Something wrong with a document that was understood all the same.
public struct ParseProblem: Hashable, Sendable {
    public enum Code: String, Hashable, Sendable {
        case notWellFormed = "not-well-formed"
        case truncated
        case undeclaredPrefix = "undeclared-prefix"
        case undeclaredEntity = "undeclared-entity"
        case encodingUnknown = "encoding-unknown"
        case encodingMismatch = "encoding-mismatch"
        case badDate = "bad-date"
        case badURL = "bad-url"
        case duplicateID = "duplicate-id"
        case leadingJunk = "leading-junk"
        case tooDeep = "too-deep"
        case tooLarge = "too-large"
    }

    public var code: Code
    public var message: String
    /// From 1, where the reader knows it.
    public var line: Int?

    public init(_ code: Code, _ message: String, line: Int? = nil) {
        self.code = code
        self.message = message
        self.line = line
    }
}

/// Why a document is no feed.
public struct NotAFeed: Error, Hashable, Sendable {
    public enum Code: String, Hashable, Sendable {
        /// Nothing in it but white space.
        case empty
        /// Something else: a web page, an image, other XML or JSON.
        case noFeed = "no-feed"
        /// It breaks off before its first entry or its root element.
        case truncated
        /// Not decodable as text.
        case badEncoding = "bad-encoding"
        case tooLarge = "too-large"
        /// It takes too long to read, or becomes too much.
        case tooComplex = "too-complex"
    }

    public var code: Code
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

public struct Link: Hashable, Sendable {
    /// "" where the document names a relation and no target.
    public var href: String
    public var rel: String?
    public var type: String?
    public var hreflang: String?
    public var title: String?
    public var length: Int?

    public init(
        href: String, rel: String? = nil, type: String? = nil, hreflang: String? = nil,
        title: String? = nil, length: Int? = nil
    ) {
        self.href = href
        self.rel = rel
        self.type = type
        self.hreflang = hreflang
        self.title = title
        self.length = length
    }
}

public struct Person: Hashable, Sendable {
    public var name: String?
    public var email: String?
    public var uri: String?

    public init(name: String? = nil, email: String? = nil, uri: String? = nil) {
        self.name = name
        self.email = email
        self.uri = uri
    }

    public var isEmpty: Bool { name == nil && email == nil && uri == nil }
}

public struct Category: Hashable, Sendable {
    public var term: String?
    public var scheme: String?
    public var label: String?

    public init(term: String? = nil, scheme: String? = nil, label: String? = nil) {
        self.term = term
        self.scheme = scheme
        self.label = label
    }
}

/// Where a feed's changes are pushed from (WebSub's hub, rssCloud).
public struct Hub: Hashable, Sendable {
    public var type: String
    public var url: String

    public init(type: String, url: String) {
        self.type = type
        self.url = url
    }
}

public struct Generator: Hashable, Sendable {
    public var name: String?
    public var url: String?
    public var version: String?

    public init(name: String? = nil, url: String? = nil, version: String? = nil) {
        self.name = name
        self.url = url
        self.version = version
    }
}

public struct FeedImage: Hashable, Sendable {
    public var url: String?
    public var title: String?
    public var link: String?
    public var width: Int?
    public var height: Int?
    public var description: String?

    public init() {}
}
