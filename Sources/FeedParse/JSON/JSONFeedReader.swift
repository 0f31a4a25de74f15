import FeedModel

/// JSON Feed 1.0 and 1.1.
struct JSONFeedReader {
    private let base: WebURL?
    private let log = ProblemLog()

    static func read(_ bytes: [UInt8], base: WebURL?) -> Result<ParsedFeed, NotAFeed> {
        let outcome = bytes.withUnsafeBufferPointer(JSONParser.parse)
        guard let format = format(outcome.value) else { return .failure(notAFeed(outcome)) }
        let reader = JSONFeedReader(base: base)
        reader.note(outcome)
        var feed = reader.feed(outcome.value, format)
        if outcome.failure?.isEarlyEnd == true, feed.entries.isEmpty {
            return .failure(NotAFeed(.truncated, "the document breaks off before its first item is whole"))
        }
        feed.problems = reader.log.problems
        return .success(feed)
    }

    private init(base: WebURL?) { self.base = base }

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
        guard case .array(let items)? = value["items"], value["title"] != nil || value["feed_url"] != nil,
            items.allSatisfy({ $0["id"] != nil || $0["content_html"] != nil || $0["content_text"] != nil }),
            !items.isEmpty
        else { return false }
        return true
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

    private var scope: Scope { Scope(base: base) }

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
        for hub in json["hubs"]?.elements ?? [] {
            if let address = url(hub["url"]) {
                feed.hubs.append(Hub(type: hub["type"]?.text ?? "WebSub", url: address))
            }
        }
        if let next = url(json["next_url"]) { feed.links.append(Link(href: next, rel: "next")) }
        feed.extensions = JSONFeedReader.rest(
            json,
            but: [
                "version", "title", "description", "home_page_url", "feed_url", "icon", "favicon", "language", "author",
                "authors", "hubs", "items", "next_url",
            ])
        var ids: Set<String> = []
        for value in json["items"]?.elements ?? [] {
            guard case .object = value else { continue }
            guard feed.entries.count < XMLFeedReader.maximumEntries else {
                log.addOnce(
                    ParseProblem(.tooLarge, "more than \(XMLFeedReader.maximumEntries) items; the rest was left out"))
                break
            }
            let entry = self.entry(value)
            log.check(url: entry.url, of: "an item's url")
            for one in entry.attachments { log.check(url: one.url, of: "an attachment") }
            if let id = entry.id, !ids.insert(id).inserted {
                log.add(ParseProblem(.duplicateID, "several items have the id \"\(id.prefix(100))\""))
            }
            feed.entries.append(entry)
        }
        return feed
    }

    private func entry(_ json: JSONValue) -> Entry {
        var entry = Entry()
        entry.id = json["id"]?.text
        entry.url = url(json["url"])
        entry.externalURL = url(json["external_url"])
        if let title = json["title"]?.text {
            // Plain text, says the specification; published as HTML all the same, but not by this program.
            let isHTML = json["_ingestd"] == nil && HTMLHeuristics.looksLikeHTML(title)
            entry.title = TextConstruct(isHTML ? .html : .text, title)
            entry.titleText = entry.title.map(Draft.oneLine)
        }
        let html = json["content_html"]?.text
        let text = json["content_text"]?.text
        if html != nil { entry.contentText = text }
        if let html {
            entry.content = TextConstruct(.html, HTMLLinks.resolved(html, base: base))
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
        for tag in (json["tags"]?.elements ?? []).prefix(Draft.maximumListed) {
            if let term = tag.text { entry.categories.append(Category(term: term)) }
        }
        // One string of them, as some write it.
        if case .string(let list)? = json["tags"] {
            entry.categories = list.split(separator: ",").prefix(Draft.maximumListed).compactMap {
                String($0).trimmed.map { Category(term: $0) }
            }
        }
        entry.language = json["language"]?.text
        entry.attachments = (json["attachments"]?.elements ?? []).prefix(Draft.maximumListed).compactMap(attachment)
        var carried: Set<String> = [
            "id", "url", "external_url", "title", "content_html", "content_text", "summary", "image", "author",
            "authors",
            "tags", "language", "attachments",
        ]
        if entry.published != nil { carried.insert("date_published") }
        if entry.modified != nil { carried.insert("date_modified") }
        entry.extensions = JSONFeedReader.rest(json, but: carried)
        return entry
    }

    private func date(_ json: JSONValue, _ key: String) -> Timestamp? {
        guard let text = json[key]?.text else { return nil }
        if let instant = DateParser.parse(text) { return instant }
        log.add(ParseProblem(.badDate, "\(key) is no date: \"\(text.prefix(60))\""))
        return nil
    }

    private func authors(_ json: JSONValue) -> [Person] {
        var out: [Person] = []
        for one in (json["authors"]?.elements ?? []) + (json["author"].map { [$0] } ?? []) {
            let person: Person? =
                switch one {
                case .string(let name): PersonReader.parse(name)
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

    private static func rest(_ json: JSONValue, but carried: Set<String>) -> Extensions {
        var out = Extensions()
        for (key, value) in json.members.prefix(Draft.maximumListed) where !carried.contains(key) {
            for element in elements(value) { out.append(element, prefix: Namespace.core.rawValue, name: key) }
        }
        return out
    }

    /// Objects are elements with children, arrays several elements.
    private static func elements(_ value: JSONValue) -> [Extensions.Element] {
        switch value {
        case .null: return []
        case .bool(let flag): return [Extensions.Element(value: flag ? "true" : "false")]
        case .number(let digits): return [Extensions.Element(value: digits)]
        case .string(let text): return text.trimmed.map { [Extensions.Element(value: $0)] } ?? []
        case .array(let values): return values.flatMap(elements)
        case .object(let members):
            var element = Extensions.Element()
            for (key, inner) in members.prefix(Draft.maximumListed) {
                for child in elements(inner) {
                    element.children.append(child, prefix: Namespace.core.rawValue, name: key)
                }
            }
            return [element]
        }
    }
}
