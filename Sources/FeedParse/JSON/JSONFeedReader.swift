import FeedModel

/// JSON Feed 1.0 and 1.1.
struct JSONFeedReader {
    private let scope: Scope
    private let log = ProblemLog()
    private var meter: ReadingMeter { scope.meter }

    static func read(_ bytes: [UInt8], _ scope: Scope) -> Result<ParsedFeed, NotAFeed> {
        let outcome = JSONParser.parse(bytes, scope.meter)
        let root = outcome.document.root
        guard let format = format(root) else { return .failure(notAFeed(outcome)) }
        let reader = JSONFeedReader(scope: scope)
        reader.note(outcome)
        var feed = reader.feed(root, format)
        if outcome.failure?.isEarlyEnd == true, feed.entries.isEmpty {
            return .failure(NotAFeed(.truncated, "the document breaks off before its first item is whole"))
        }
        feed.problems = reader.log.problems
        return .success(feed)
    }

    private init(scope: Scope) { self.scope = scope }

    /// By `version`; without one, by `items` and something that describes them.
    private static func format(_ value: JSONValue) -> FeedFormat? {
        if let version = value["version"]?.text {
            switch version {
            case "1", "1.0": return hasItems(value) ? .jsonFeed10 : nil
            case "1.1": return hasItems(value) ? .jsonFeed11 : nil
            default: break
            }
            if version.lowercased().contains("jsonfeed.org") {
                return ["/1", "/1.0", "/1/"].contains { version.hasSuffix($0) } ? .jsonFeed10 : .jsonFeed11
            }
        }
        return hasItems(value) ? .jsonFeed11 : nil
    }

    private static func hasItems(_ value: JSONValue) -> Bool {
        guard let items = value["items"]?.elements, value["title"] != nil || value["feed_url"] != nil else {
            return false
        }
        var isEmpty = true
        for item in items {
            guard item["id"] != nil || item["content_html"] != nil || item["content_text"] != nil else { return false }
            isEmpty = false
        }
        return !isEmpty
    }

    private static func notAFeed(_ outcome: JSONParser.Outcome) -> NotAFeed {
        if let failure = outcome.failure {
            return NotAFeed(
                failure.isEarlyEnd ? .truncated : .noFeed,
                "looks like JSON, but \(failure.message) (line \(failure.line)), and no feed was in it before that")
        }
        return NotAFeed(.noFeed, "looks like JSON, but not like a JSON Feed: `version` and `items` are missing")
    }

    private func note(_ outcome: JSONParser.Outcome) {
        if let failure = outcome.failure {
            log.add(ParseProblem(failure.isEarlyEnd ? .truncated : .notWellFormed, failure.message, line: failure.line))
        }
        for (message, line) in outcome.mistakes { log.add(ParseProblem(.notWellFormed, message, line: line)) }
        if outcome.isTooDeep {
            log.add(ParseProblem(.tooDeep, "values are nested too deep; the deepest were left out"))
        }
    }

    private func url(_ value: JSONValue?) -> String? { scope.resolve(value?.text) }

    private func feed(_ json: JSONValue, _ format: FeedFormat) -> ParsedFeed {
        var feed = ParsedFeed(format: format, encoding: CharacterEncoding.utf8.name)
        feed.title = json["title"]?.text.map { TextConstruct(.text, $0) }
        feed.titleText = json["title"]?.text.map(PlainText.folded)
        feed.description = json["description"]?.text.map { TextConstruct(.text, $0) }
        feed.descriptionText = json["description"]?.text
        feed.homePageURL = url(json["home_page_url"])
        feed.feedURL = url(json["feed_url"])
        feed.icon = url(json["icon"])
        feed.favicon = url(json["favicon"])
        feed.language = json["language"]?.text
        feed.authors = authors(json)
        for hub in json.elements(of: "hubs").prefix(Draft.maximumListed) {
            if let address = url(hub["url"]) {
                feed.hubs.append(Hub(type: hub["type"]?.text ?? "WebSub", url: address))
            }
        }
        if let next = url(json["next_url"]) { feed.links.append(Link(href: next, rel: "next")) }
        feed.extensions = rest(
            json,
            but: [
                "version", "title", "description", "home_page_url", "feed_url", "icon", "favicon", "language", "author",
                "authors", "hubs", "items", "next_url",
            ])
        var ids: Set<String> = []
        for value in items(json) {
            guard meter.goesOn(8) else { break }
            let entry = self.entry(value)
            log.check(url: entry.url, of: "an item's url")
            for one in entry.attachments { log.check(url: one.url, of: "an attachment") }
            if let id = entry.id, ParsedFeed.mayRepeat(id), !ids.insert(id).inserted {
                log.add(ParseProblem(.duplicateID, "several items have the id \"\(id.prefix(100))\""))
            }
            feed.entries.append(entry)
        }
        return feed
    }

    private func items(_ json: JSONValue) -> [JSONValue] {
        var items: [JSONValue] = []
        for item in json.elements(of: "items") where item.kind == .object { items.append(item) }
        let limit = meter.limits.entries
        guard items.count > limit else { return items }
        let instants = items.map { item in
            [item["date_published"], item["date_modified"]].lazy.compactMap { $0?.text.flatMap(DateParser.parse) }.first
        }
        log.add(NewestEntries.problem(count: items.count, limit: limit))
        return NewestEntries.chosen(among: instants, limit: limit).map { items[$0] }
    }

    private func entry(_ json: JSONValue) -> Entry {
        var entry = Entry()
        entry.id = json["id"]?.text
        entry.url = url(json["url"])
        entry.externalURL = url(json["external_url"])
        if let title = json["title"]?.text {
            // Plain text, says the specification; published as HTML all the same, but not by this program.
            let isHTML = json["_ingestd"] == nil && HTMLHeuristics.looksLikeHTML(title, meter)
            entry.title = TextConstruct(isHTML ? .html : .text, title)
            entry.titleText = entry.title.map { Draft.oneLine($0, meter) }
        }
        let html = json["content_html"]?.text
        let text = json["content_text"]?.text
        if html != nil { entry.contentText = text }
        if let html {
            entry.content = TextConstruct(.html, HTMLLinks.resolved(html, scope))
        } else if let text {
            entry.content = TextConstruct(.text, text)
        }
        if let summary = json["summary"]?.text {
            entry.summary = TextConstruct(.text, summary)
            entry.summaryText = summary
        }
        entry.image = url(json["image"])
        entry.published = date(json, "date_published")
        entry.modified = date(json, "date_modified")
        entry.authors = authors(json)
        for tag in json.elements(of: "tags").prefix(Draft.maximumListed) {
            if let term = tag.text { entry.categories.append(Category(term: term)) }
        }
        // One string of them, as some write it.
        if let list = json["tags"], list.kind == .string {
            let words = (list.text ?? "").split(separator: ",", maxSplits: Draft.maximumListed)
            entry.categories = words.prefix(Draft.maximumListed).compactMap {
                String($0).trimmed.map { Category(term: $0) }
            }
        }
        entry.language = json["language"]?.text
        entry.attachments = json.elements(of: "attachments").prefix(Draft.maximumListed).compactMap(attachment)
        var carried: Set<String> = [
            "id", "url", "external_url", "title", "content_html", "content_text", "summary", "image", "author",
            "authors",
            "tags", "language", "attachments",
        ]
        if entry.published != nil { carried.insert("date_published") }
        if entry.modified != nil { carried.insert("date_modified") }
        entry.extensions = rest(json, but: carried)
        let texts = [entry.title?.value, entry.titleText, entry.content?.value, text, entry.summaryText]
        meter.claim(texts.reduce(0) { $0 + ($1?.utf8.count ?? 0) })
        return entry
    }

    private func date(_ json: JSONValue, _ key: StaticString) -> Timestamp? {
        guard let text = json[key]?.text else { return nil }
        if let instant = DateParser.parse(text) { return instant }
        log.add(ParseProblem(.badDate, "\(key) is no date: \"\(text.prefix(60))\""))
        return nil
    }

    private func authors(_ json: JSONValue) -> [Person] {
        var out: [Person] = []
        for one in Array(json.elements(of: "authors").prefix(Draft.maximumListed)) + (json["author"].map { [$0] } ?? [])
        {
            let person: Person? =
                switch one.kind {
                case .string: one.text.flatMap(PersonReader.parse)
                case .object:
                    Person(name: one["name"]?.text, email: one["email"]?.text, uri: url(one["url"]))
                default: nil
                }
            if let person, !person.isEmpty { Draft.add(person, to: &out) }
        }
        return out
    }

    private func attachment(_ json: JSONValue) -> Attachment? {
        guard let address = url(json["url"]) else { return nil }
        return Attachment(
            url: address, mimeType: json["mime_type"]?.text, title: json["title"]?.text,
            sizeInBytes: json["size_in_bytes"]?.text.flatMap(Numbers.size),
            durationInSeconds: json["duration_in_seconds"]?.text.flatMap(Numbers.duration))
    }

    // MARK: what no field carries

    private func rest(_ json: JSONValue, but carried: Set<String>) -> Extensions {
        var room = ExtensionReader.room
        var out = Extensions()
        for (key, value) in json.members.prefix(Draft.maximumListed) where key.utf8.count > 32 || !carried.contains(key)
        {
            append(value, named: key, to: &out, &room)
        }
        return out
    }

    /// Objects are elements with children, arrays several elements.
    private func append(_ value: JSONValue, named name: String, to out: inout Extensions, _ room: inout Int) {
        // Each is compared with those before it.
        guard room > 0, meter.goesOn(8 + out.named.count * (1 + name.utf8.count / 16)) else { return }
        var element = Extensions.Element()
        switch value.kind {
        case .null: return
        case .isFalse: element.value = "false"
        case .isTrue: element.value = "true"
        case .number, .string:
            guard let text = value.text else { return }
            element.value = text
        case .array:
            for one in value.elements {
                guard room > 0 else { return }
                append(one, named: name, to: &out, &room)
            }
            return
        case .object:
            for (key, inner) in value.members.prefix(Draft.maximumListed) {
                append(inner, named: key, to: &element.children, &room)
            }
        }
        room -= 1
        meter.claim(ExtensionReader.size + (element.value?.utf8.count ?? 0))
        out.append(element, prefix: Namespace.core.rawValue, name: name)
    }
}
