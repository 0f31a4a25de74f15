extension JSONWriter {
    /// A whole document: a valid JSON Feed 1.1, with all that it has no field for under `_ingestd`.
    public mutating func feed(_ feed: ParsedFeed, contentHash: (Entry) -> String?) {
        object { json in
            json.member("version", "https://jsonfeed.org/version/1.1")
            json.member("title", feed.titleText)
            json.member("home_page_url", feed.homePageURL)
            json.member("feed_url", feed.feedURL)
            json.member("description", feed.descriptionText)
            json.member("icon", feed.icon)
            json.member("favicon", feed.favicon)
            json.member("language", feed.language)
            json.feedAuthors(feed.authors)
            if !feed.hubs.isEmpty {
                json.array("hubs") {
                    for hub in feed.hubs {
                        $0.object {
                            $0.member("type", hub.type)
                            $0.member("url", hub.url)
                        }
                    }
                }
            }
            json.array("items") {
                for entry in feed.entries { $0.item(entry, body: true, contentHash: contentHash(entry)) { _ in } }
            }
            json.object("_ingestd") { $0.feedDetails(feed) }
        }
    }

    private mutating func feedDetails(_ feed: ParsedFeed) {
        member("format", feed.format.rawValue)
        member("encoding", feed.encoding)
        if !feed.problems.isEmpty {
            array("problems") {
                for problem in feed.problems {
                    $0.object {
                        $0.member("code", problem.code.rawValue)
                        $0.member("message", problem.message)
                        $0.member("line", problem.line)
                    }
                }
            }
        }
        text("title", feed.title)
        text("description", feed.description)
        member("id", feed.id)
        links(feed.links)
        people("authors", feed.authors)
        member("date_published", feed.published)
        member("date_modified", feed.modified)
        text("rights", feed.rights)
        if let generator = feed.generator {
            object("generator") {
                $0.member("name", generator.name)
                $0.member("url", generator.url)
                $0.member("version", generator.version)
            }
        }
        if let image = feed.image {
            object("image") {
                $0.member("url", image.url)
                $0.member("title", image.title)
                $0.member("link", image.link)
                $0.member("width", image.width)
                $0.member("height", image.height)
                $0.member("description", image.description)
            }
        }
        categories(feed.categories)
        people("contributors", feed.contributors)
        member("ttl_seconds", feed.ttlSeconds)
        member("update_interval_seconds", feed.updateIntervalSeconds)
        if !feed.skipHours.isEmpty { array("skip_hours") { for hour in feed.skipHours { $0.number(hour) } } }
        if !feed.skipDays.isEmpty { array("skip_days") { for day in feed.skipDays { $0.string(day.rawValue) } } }
        extensions(feed.extensions)
    }
}
