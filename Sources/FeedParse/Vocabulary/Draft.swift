import FeedModel

/// What the elements of a feed or of an entry say, gathered before it is decided which of several count.
///
/// Feed and entry share it, and so do the formats: feeds in the wild mix all vocabularies at all places.
struct Draft {
    let isFeed: Bool
    /// RSS and RDF, as opposed to Atom.
    let isRSS: Bool
    let meter: ReadingMeter

    var title = Ranked<TextConstruct>()
    /// RSS `description`, Atom `summary` and `subtitle`.
    var summary = Ranked<TextConstruct>()
    var content = Ranked<TextConstruct>()
    var contentSource: ContentSource?
    var rights = Ranked<TextConstruct>()
    var id = Ranked<String>()
    var idIsPermalink: Bool?
    /// RSS `link`: the page itself.
    var page = Ranked<String>()
    /// Pages that are one only if nothing better is there.
    private(set) var links: [Link] = []
    var published = Ranked<Timestamp>()
    var modified = Ranked<Timestamp>()
    var authors: [Person] = []
    /// People who count as authors if nobody else does.
    private(set) var likelyAuthors: [Person] = []
    private(set) var contributors: [Person] = []
    var categories: [Category] = []
    var attachments: [Attachment] = []
    var durationInSeconds: Double?
    var image = Ranked<String>()
    var language = Ranked<String>()
    var commentsURL = Ranked<String>()
    var source: EntrySource?
    var latitude: Double?
    var longitude: Double?
    var extensions = Extensions()
    private var extensionNames = NamesInUse()
    private var extensionReader: ExtensionReader
    /// More of something than anyone uses: the rest was left out.
    private(set) var isOverfull = false
    /// How many parts were compared with those that are listed.
    private var compared = 0

    // Of feeds only.
    private(set) var hubs: [Hub] = []
    var generator: Generator?
    var feedImage: FeedImage?
    var favicon: String?
    var logo: String?
    var ttlSeconds: Int?
    var updatePeriodSeconds: Int?
    var updateFrequency: Int?
    var skipHours: Set<Int> = []
    var skipDays: Set<Weekday> = []

    init(isFeed: Bool, isRSS: Bool, _ meter: ReadingMeter) {
        self.isFeed = isFeed
        self.isRSS = isRSS
        self.meter = meter
        extensionReader = ExtensionReader(meter)
    }

    /// Takes one element in: into the fields that it belongs to, into `extensions` if it is of an extension
    /// namespace or no field carries it.
    mutating func take(_ element: XMLElement, _ scope: Scope, _ log: ProblemLog) {
        guard meter.goesOn(8) else { return }
        let isCarried: Bool
        switch element.namespace {
        case .core, .atom, .atom03, .cdf: isCarried = takeCore(element, scope, log)
        case .dc, .dcterms: isCarried = takeDublinCore(element, scope, log)
        case .content, .xhtml: isCarried = takeContent(element, scope)
        case .itunes, .googleplay: isCarried = takePodcast(element, scope)
        case .media: isCarried = takeMedia(element, scope)
        case .georss, .geo, .gml, .icbm: isCarried = takeLocation(element)
        case .sy: isCarried = takeSyndication(element)
        case .admin, .prism, .rdf, .webfeeds: isCarried = takeOther(element, scope, log)
        default: isCarried = false
        }
        if isCarried, !isRepeated(element.namespace) { return }
        guard extensionNames.admit(element.nameIndex), extensionReader.hasRoom,
            meter.goesOn(ExtensionReader.steps(beside: extensions, element.name))
        else {
            isOverfull = true
            return
        }
        extensions.append(
            extensionReader.tree(of: element, scope), prefix: element.name.extensionPrefix, name: element.name.local)
    }

    /// No feed lists more of anything in one entry; what is compared with each other stays few.
    static let maximumListed = 512
    /// In one `rel`.
    static let maximumRelations = 16
    private static let maximumCompared = 8 * maximumListed

    /// Elements of extension namespaces stand in `extensions` also where a field carries them. Not the
    /// bodies: they are the bulk of a feed.
    private func isRepeated(_ namespace: Namespace) -> Bool {
        switch namespace {
        case .core, .cdf, .content, .xhtml: false
        case .atom, .atom03: isRSS
        default: true
        }
    }

    // MARK: gathering

    mutating func addAuthor(_ person: Person?) -> Bool {
        guard let person else { return false }
        let length = (person.name?.utf8.count ?? 0) + (person.email?.utf8.count ?? 0)
        if mayCompare(with: authors.count, length) { Draft.add(person, to: &authors) }
        return true
    }

    mutating func addLikelyAuthor(_ person: Person) {
        if hasRoom(beside: likelyAuthors.count) { likelyAuthors.append(person) }
    }

    mutating func addContributor(_ person: Person) {
        if hasRoom(beside: contributors.count) { contributors.append(person) }
    }

    mutating func addLink(_ link: Link) {
        if hasRoom(beside: links.count) { links.append(link) }
    }

    mutating func addHub(_ hub: Hub) {
        if hasRoom(beside: hubs.count) { hubs.append(hub) }
    }

    private mutating func hasRoom(beside count: Int) -> Bool {
        if count >= Draft.maximumListed { isOverfull = true }
        return count < Draft.maximumListed
    }

    /// Parts that repeat each other are compared with all that are listed, and not listed themselves.
    private mutating func mayCompare(with count: Int, _ length: Int) -> Bool {
        compared += 1
        if compared > Draft.maximumCompared { isOverfull = true }
        return compared <= Draft.maximumCompared && meter.goesOn(count * (1 + length / 16))
    }

    /// The same person said again adds what was missing.
    static func add(_ person: Person, to list: inout [Person]) {
        for index in list.indices {
            let known = list[index]
            let isSameName = known.name != nil && known.name == person.name
            let isSameMail = known.email != nil && known.email == person.email
            guard isSameName || isSameMail,
                known.name == nil || person.name == nil || isSameName,
                known.email == nil || person.email == nil || isSameMail
            else { continue }
            list[index].name = known.name ?? person.name
            list[index].email = known.email ?? person.email
            list[index].uri = known.uri ?? person.uri
            return
        }
        if list.count < maximumListed { list.append(person) }
    }

    mutating func addCategory(_ category: Category) -> Bool {
        guard category != Category() else { return false }
        let length = (category.term?.utf8.count ?? 0) + (category.label?.utf8.count ?? 0)
        guard categories.count < Draft.maximumListed, mayCompare(with: categories.count, length) else {
            isOverfull = true
            return true
        }
        if !categories.contains(category) { categories.append(category) }
        return true
    }

    mutating func addAttachment(_ attachment: Attachment) {
        guard mayCompare(with: attachments.count, attachment.url.utf8.count) else { return }
        if let index = attachments.firstIndex(where: { $0.url == attachment.url }) {
            attachments[index].mimeType = attachments[index].mimeType ?? attachment.mimeType
            attachments[index].title = attachments[index].title ?? attachment.title
            attachments[index].sizeInBytes = attachments[index].sizeInBytes ?? attachment.sizeInBytes
            attachments[index].durationInSeconds = attachments[index].durationInSeconds ?? attachment.durationInSeconds
        } else if attachments.count < Draft.maximumListed {
            attachments.append(attachment)
        } else {
            isOverfull = true
        }
    }

    /// An element that holds a date and nothing else.
    func date(_ element: XMLElement, _ log: ProblemLog) -> Timestamp? {
        guard let text = element.text else { return nil }
        return date(text, element, log)
    }

    func date(_ text: String, _ element: XMLElement, _ log: ProblemLog) -> Timestamp? {
        if let instant = DateParser.parse(text) { return instant }
        guard !log.isFull else { return nil }
        log.add(ParseProblem(.badDate, "\(element.name.local) is no date: \"\(text.prefix(60))\"", line: element.line))
        return nil
    }
}

extension ProblemLog {
    /// Notes an absolute URL of the web that nobody can go to: without a host, or with an impossible port. Others, relative
    /// ones that nothing resolves included, are the readers' to judge.
    func check(url: String?, of what: StaticString, line: @autoclosure () -> Int? = nil) {
        guard let url, !isFull, url.utf8.starts(with: "http".utf8) else { return }
        var text = url
        let isSuspect = text.withUTF8 { bytes in
            guard HTMLLinks.isAbsolute(bytes), let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return false }
            // `http://` and a letter, with no port to be seen: nearly all of them.
            let host = bytes.dropFirst(colon + 3).prefix { $0 != UInt8(ascii: "/") }
            return host.isEmpty || !host[host.startIndex].isASCIILetter || host.contains(UInt8(ascii: ":"))
        }
        if isSuspect, WebURL(url) == nil {
            add(ParseProblem(.badURL, "\(what) is no usable URL: \"\(url.prefix(100))\"", line: line()))
        }
    }
}

/// Problems as they are found; a document of nothing but mistakes does not fill the memory.
final class ProblemLog {
    private(set) var problems: [ParseProblem] = []
    private let maximum: Int

    init(maximum: Int = 50) { self.maximum = maximum }

    /// Takes nothing.
    static var silent: ProblemLog { ProblemLog(maximum: 0) }

    /// Nothing more is noted: messages need not be made.
    var isFull: Bool { problems.count >= maximum }

    func addOnce(_ problem: ParseProblem) {
        if !problems.contains(where: { $0.code == problem.code && $0.message == problem.message }) { add(problem) }
    }

    func add(_ problem: ParseProblem) {
        if !isFull { problems.append(problem) }
    }
}
