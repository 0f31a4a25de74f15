import FeedModel

/// The elements of RSS, Atom and CDF themselves. Names that several of them have are told apart by form.
extension Draft {
    mutating func takeCore(_ e: XMLElement, _ scope: Scope, _ log: ProblemLog) -> Bool {
        let isAtom = e.namespace.isAtom
        switch e.tag {
        case .title:
            return title.offer(TextReader.read(e, scope, default: isAtom ? .text : .guess))
        case .description, .abstract:
            return takeDescription(TextReader.read(e, scope, default: .html))
        case .summary, .subtitle, .tagline:
            return takeDescription(TextReader.read(e, scope, default: isAtom ? .text : .html))
        case .content: return takeAtomContent(e, scope)
        case .body, .fullitem, .encoded:
            return content.offer(TextReader.read(e, scope, default: .html), 2)
        case .copyright, .rights:
            return rights.offer(TextReader.read(e, scope, default: isAtom ? .text : .guess))
        case .link: return takeLink(e, scope)
        case .a: return page.offer(scope.resolve(e.attribute(.href)))
        case .id: return id.offer(e.text)
        case .guid: return takeGUID(e)
        case .pubdate, .published, .issued: return published.offer(date(e, log))
        case .lastbuilddate, .updated, .modified, .lastmod: return modified.offer(date(e, log))
        case .date: return published.offer(date(e, log), 2)
        case .author: return addAuthor(PersonReader.read(e, scope))
        case .managingeditor where isFeed: return addAuthor(PersonReader.read(e, scope))
        case .contributor:
            guard let person = PersonReader.read(e, scope) else { return false }
            addContributor(person)
            return true
        case .category, .keyword: return takeCategory(e)
        case .enclosure: return takeEnclosure(e, scope)
        case .comments: return commentsURL.offer(scope.inside(e).resolve(e.text))
        case .source: return takeSource(e, scope)
        case .language: return language.offer(e.text)
        case .image: return takeImage(e, scope)
        default: return isFeed && takeFeedElement(e, scope)
        }
    }

    private mutating func takeFeedElement(_ e: XMLElement, _ scope: Scope) -> Bool {
        switch e.tag {
        case .generator:
            guard generator == nil else { return false }
            let inner = scope.inside(e)
            let url = inner.resolve(e.attribute(.uri) ?? e.attribute(.url))
            let one = Generator(name: e.text.map(PlainText.folded), url: url, version: e.trimmedAttribute(.version))
            guard one != Generator() else { return false }
            generator = one
            return true
        case .icon:
            guard favicon == nil, let url = scope.inside(e).resolve(e.text) else { return false }
            favicon = url
            return true
        case .logo:
            let url = scope.inside(e).resolve(e.text ?? e.attribute(.href))
            // CDF says by the style which of the two it is.
            if e.attribute(.style)?.lowercased() == "icon" {
                favicon = favicon ?? url
            } else {
                logo = logo ?? url
            }
            return url != nil
        case .ttl:
            guard ttlSeconds == nil, let minutes = e.text.flatMap(Numbers.integer), minutes >= 0 else { return false }
            ttlSeconds = min(minutes, 10_000_000) * 60
            return true
        case .skiphours:
            for child in e.children {
                // 24 is midnight, as 0 is.
                if let hour = child.text.flatMap(Numbers.integer), (0...24).contains(hour) {
                    skipHours.insert(hour % 24)
                }
            }
            return !skipHours.isEmpty
        case .skipdays:
            for child in e.children {
                if let day = child.text.flatMap({ Weekday(rawValue: $0.lowercased()) }) { skipDays.insert(day) }
            }
            return !skipDays.isEmpty
        case .cloud:
            if let hub = RSSCloud.hub(e) { addHub(hub) }
            // Its procedure and protocol stand in `extensions`.
            return false
        default: return false
        }
    }

    /// A second one is the fuller form that some publishers add.
    mutating func takeDescription(_ text: TextConstruct?) -> Bool {
        guard let text else { return false }
        if summary.value == nil || isFeed {
            summary.offer(text)
        } else if let first = summary.value, first != text {
            content.offer(text, 5)
        }
        summary.offer(text)
        return true
    }

    // MARK: content

    private mutating func takeAtomContent(_ e: XMLElement, _ scope: Scope) -> Bool {
        let inner = scope.inside(e)
        if let src = inner.resolve(e.attribute(.src)) {
            contentSource = contentSource ?? ContentSource(url: src, type: e.trimmedAttribute(.type))
            return true
        }
        let isAtom = e.namespace.isAtom
        guard let text = TextReader.read(e, scope, default: isAtom ? .text : .html) else { return e.isEmpty }
        if let known = content.value, known != text {
            // Alternatives of the same (Atom 0.3, multipart): markup is fuller than text.
            content.offer(text, known.isMarkup || !text.isMarkup ? 3 : 0)
            if !known.isMarkup && text.isMarkup {
                content = Ranked()
                content.offer(text)
            }
            return true
        }
        return content.offer(text)
    }

    // MARK: links

    private mutating func takeLink(_ e: XMLElement, _ scope: Scope) -> Bool {
        let inner = scope.inside(e)
        let href = e.attribute(.href)
        guard href != nil || e.namespace.isAtom else {
            guard let url = inner.resolve(e.text) else { return false }
            setPage(url)
            addLink(Link(href: url, rel: "alternate"))
            return true
        }
        // An empty reference is the base itself (RFC 3986, 5.2.2).
        let same = href?.trimmed == nil && href != nil ? inner.base?.string : nil
        guard let url = same ?? inner.resolve(href ?? e.text) else { return takeLinkToNowhere(e) }
        let link = Link(
            href: url, rel: e.trimmedAttribute(.rel)?.lowercased(), type: e.trimmedAttribute(.type),
            hreflang: e.trimmedAttribute(.hreflang), title: e.trimmedAttribute(.title),
            length: e.attribute(.length).flatMap(Numbers.integer))
        addLink(link)
        if !e.namespace.isAtom, link.rel == nil || link.rel == "alternate" { setPage(url) }
        guard let relations = link.rel else { return true }
        if relations.utf8.contains(0x20) {
            for one in relations.split(separator: " ", maxSplits: Draft.maximumRelations) {
                takeRelation(String(one), link)
            }
        } else {
            takeRelation(relations, link)
        }
        return true
    }

    private mutating func takeRelation(_ relation: String, _ link: Link) {
        switch Draft.bareRelation(relation) {
        case "enclosure" where !isFeed:
            addAttachment(
                Attachment(url: link.href, mimeType: link.type, title: link.title, sizeInBytes: link.length))
        case "hub": addHub(Hub(type: "WebSub", url: link.href))
        case "replies": commentsURL.offer(link.href, link.type == nil || link.type == "text/html" ? 1 : 2)
        case "icon" where isFeed: favicon = favicon ?? link.href
        default: break
        }
    }

    /// It says something of the relation, if not where to.
    private mutating func takeLinkToNowhere(_ e: XMLElement) -> Bool {
        let link = Link(
            href: "", rel: e.trimmedAttribute(.rel)?.lowercased(), type: e.trimmedAttribute(.type),
            hreflang: e.trimmedAttribute(.hreflang), title: e.trimmedAttribute(.title))
        guard link != Link(href: "") else { return false }
        addLink(link)
        return true
    }

    /// Of several `link` of RSS the last one counts, as in most readers.
    private mutating func setPage(_ url: String) {
        page = Ranked()
        page.offer(url)
    }

    /// IANA's registry as a URI is the same relation (RFC 4287, 4.2.7.2).
    private static func bareRelation(_ relation: String) -> String {
        let prefix = "http://www.iana.org/assignments/relation/"
        return relation.hasPrefix(prefix) ? String(relation.dropFirst(prefix.count)) : relation
    }

    private mutating func takeGUID(_ e: XMLElement) -> Bool {
        guard let text = e.text else { return false }
        if id.isEmpty {
            // "isPermaLink is optional, its default value is true" (RSS 2.0).
            let says = e.trimmedAttribute(.ispermalink)?.lowercased() ?? "true"
            idIsPermalink = says == "true" || says == "1" || says == "yes"
        }
        return id.offer(text)
    }

    // MARK: structures

    mutating func takeCategory(_ e: XMLElement) -> Bool {
        let label = e.trimmedAttribute(.label)
        let term = (e.attribute(.term) ?? e.attribute(.value))?.trimmed ?? e.text.map(PlainText.folded)
        let scheme = (e.attribute(.scheme) ?? e.attribute(.domain))?.trimmed
        return addCategory(Category(term: term, scheme: scheme, label: label))
    }

    private mutating func takeEnclosure(_ e: XMLElement, _ scope: Scope) -> Bool {
        guard let url = scope.inside(e).resolve(e.trimmedAttribute(.url) ?? e.trimmedAttribute(.href) ?? e.text) else {
            return false
        }
        addAttachment(
            Attachment(
                url: url, mimeType: e.trimmedAttribute(.type), title: e.trimmedAttribute(.title),
                sizeInBytes: e.attribute(.length).flatMap(Numbers.size)))
        return true
    }

    /// RSS: a name and a URL. Atom: the feed that the entry was copied from.
    private mutating func takeSource(_ e: XMLElement, _ scope: Scope) -> Bool {
        guard !isFeed, source == nil else { return false }
        guard e.hasChildElements else {
            let url = scope.inside(e).resolve(e.attribute(.url) ?? e.attribute(.href))
            let title = e.text.map(PlainText.folded)
            guard url != nil || title != nil else { return false }
            source = EntrySource(title: title, url: url)
            return true
        }
        var inside = Draft(isFeed: true, isRSS: isRSS, meter)
        let inner = scope.inside(e)
        var isWhole = true
        for child in e.children {
            inside.take(child, inner, ProblemLog())
            if ![.title, .id, .link].contains(child.tag) { isWhole = false }
        }
        let feed = inside.feedFields()
        source = EntrySource(title: feed.titleText, url: feed.homePageURL ?? feed.feedURL, id: feed.id)
        return isWhole
    }

    private mutating func takeImage(_ e: XMLElement, _ scope: Scope) -> Bool {
        let inner = scope.inside(e)
        var one = FeedImage()
        one.url = inner.resolve(e.attribute(.href) ?? e.attribute(.url))
        for child in e.children {
            switch child.tag {
            case .url, .href: one.url = one.url ?? inner.resolve(child.text)
            case .title: one.title = one.title ?? TextReader.read(child, inner, default: .text)?.value
            case .link: one.link = one.link ?? inner.resolve(child.text ?? child.attribute(.href))
            case .width: one.width = child.text.flatMap(Numbers.integer)
            case .height: one.height = child.text.flatMap(Numbers.integer)
            case .description: one.description = TextReader.read(child, inner, default: .text)?.value
            default: break
            }
        }
        if !e.hasChildElements { one.url = one.url ?? inner.resolve(e.text) }
        // RDF names the image's address also so.
        one.url = one.url ?? (one == FeedImage() ? nil : inner.resolve(e.attribute(.about, in: .rdf)))
        guard one != FeedImage() else { return false }
        if isFeed {
            if feedImage == nil || feedImage?.url == nil { feedImage = one }
            return true
        }
        return image.offer(one.url)
    }

    static func oneLine(_ text: TextConstruct, _ meter: ReadingMeter) -> String {
        text.isMarkup ? PlainText.oneLine(ofHTML: text.value, meter) : PlainText.folded(text.value)
    }
}

/// RSS 2.0's `cloud`.
enum RSSCloud {
    static func hub(_ e: XMLElement) -> Hub? {
        guard let domain = e.trimmedAttribute(.domain) else { return nil }
        let port = e.attribute(.port).flatMap(Numbers.integer) ?? 80
        var path = e.trimmedAttribute(.path) ?? "/"
        if !path.hasPrefix("/") { path = "/" + path }
        let scheme = port == 443 || e.attribute(.protocol)?.lowercased() == "https-post" ? "https" : "http"
        let isDefault = port == (scheme == "https" ? 443 : 80)
        return Hub(type: "rssCloud", url: "\(scheme)://\(domain)\(isDefault ? "" : ":\(port)")\(path)")
    }
}
