import FeedModel

/// From what was gathered to the values: which of several links is the page, what stands in for what.
extension Draft {
    func entry() -> Entry {
        var entry = Entry()
        entry.id = id.value
        entry.idIsPermalink = idIsPermalink
        entry.url = entryPage()
        entry.title = title.value
        entry.titleText = title.value.map { Draft.oneLine($0, meter) }.flatMap { $0.isEmpty ? nil : $0 }
        entry.content = content.value
        entry.summary = summary.value
        entry.summaryText = summary.value.map(plainText).flatMap { $0.isEmpty ? nil : $0 }
        entry.contentSource = contentSource
        entry.image = image.value
        entry.published = published.value
        entry.modified = modified.value
        entry.authors = authors.isEmpty ? likelyAuthors : authors
        entry.contributors = contributors
        entry.categories = categories
        entry.links = links
        entry.attachments = attachments
        if let durationInSeconds, let first = entry.attachments.indices.first,
            entry.attachments[first].durationInSeconds == nil
        {
            entry.attachments[first].durationInSeconds = durationInSeconds
        }
        entry.language = language.value
        entry.commentsURL = commentsURL.value
        entry.rights = rights.value
        entry.source = source
        if let latitude, let longitude { entry.location = Location(latitude: latitude, longitude: longitude) }
        entry.extensions = extensions
        claim([title.value?.value, entry.titleText, content.value?.value, summary.value?.value, entry.summaryText])
        return entry
    }

    /// The texts that can be long.
    private func claim(_ texts: [String?]) { meter.claim(texts.reduce(0) { $0 + ($1?.utf8.count ?? 0) }) }

    /// Format, encoding and entries are the caller's to set.
    func feedFields() -> ParsedFeed {
        var feed = ParsedFeed(format: .rss20, encoding: CharacterEncoding.utf8.name)
        feed.title = title.value
        feed.titleText = title.value.map { Draft.oneLine($0, meter) }.flatMap { $0.isEmpty ? nil : $0 }
        feed.description = summary.value
        feed.descriptionText = summary.value.map(plainText).flatMap { $0.isEmpty ? nil : $0 }
        feed.id = id.value
        feed.homePageURL = page.value ?? alternate(links)
        feed.feedURL = links.first { !$0.href.isEmpty && Draft.has($0, "self") }?.href
        feed.favicon = favicon
        feed.icon = logo ?? image.value ?? feedImage?.url
        feed.language = language.value
        feed.links = links
        feed.authors = authors.isEmpty ? likelyAuthors : authors
        feed.contributors = contributors
        feed.categories = categories
        feed.hubs = hubs
        feed.published = published.value
        feed.modified = modified.value
        feed.rights = rights.value
        feed.generator = generator
        feed.image = feedImage
        feed.ttlSeconds = ttlSeconds
        if updatePeriodSeconds != nil || updateFrequency != nil {
            // "If omitted, daily is assumed"; "a frequency of 1 is assumed".
            feed.updateIntervalSeconds = (updatePeriodSeconds ?? 86_400) / (updateFrequency ?? 1)
        }
        feed.skipHours = skipHours.sorted()
        feed.skipDays = Weekday.allCases.filter { skipDays.contains($0) }
        feed.extensions = extensions
        claim([title.value?.value, feed.titleText, summary.value?.value, feed.descriptionText])
        return feed
    }

    private func plainText(_ text: TextConstruct) -> String {
        text.isMarkup ? PlainText.ofHTML(text.value, meter) : text.value
    }

    private func entryPage() -> String? {
        if let url = page.value ?? alternate(links) { return url }
        guard let id = id.value, idIsPermalink != false, let url = WebURL(id), url.isHTTP, isRSS else { return nil }
        return id
    }

    private static func has(_ link: Link, _ relation: String) -> Bool {
        guard let rel = link.rel else { return relation == "alternate" }
        return rel == relation
            || rel.utf8.contains(0x20)
                && rel.split(separator: " ", maxSplits: Draft.maximumRelations).contains { $0 == relation }
    }

    /// HTML before other types; a type that is not named counts as HTML.
    private func alternate(_ links: [Link]) -> String? {
        var other: String?
        for link in links where !link.href.isEmpty && Draft.has(link, "alternate") {
            guard let type = link.type, type != "text/html", !type.lowercased().contains("html") else {
                return link.href
            }
            other = other ?? link.href
        }
        return other
    }
}
