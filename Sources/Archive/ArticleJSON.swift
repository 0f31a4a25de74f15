public import FeedModel

extension JSONWriter {
    /// An archived article as the item object that `parse` prints, with the archive's own members in
    /// `_ingestd`.
    ///
    /// The archive keeps an entry as JSON text whose last member is the object `_ingestd`; members are put
    /// in at its beginning and its end without reading it.
    public mutating func article(_ article: ArchivedArticle, extra: (inout JSONWriter) -> Void = { _ in }) {
        extend(article.entry, last: "_ingestd") { json in
            json.member("title", article.title)
            switch article.body?.kind {
            case .text: json.member("content_text", article.body?.value)
            case .html, .xhtml: json.member("content_html", article.body?.value)
            case nil: break
            }
        } atEnd: { json in
            json.member("content_hash", "sha256:" + article.hash.hexadecimal)
            json.member("article", Int(article.id.rawValue))
            json.member("revision", article.revision)
            json.object("feed") { json in
                json.member("url", article.feedURL)
                json.member("title", article.feedTitle)
            }
            json.member("first_seen", Timestamp(seconds: article.firstSeen.seconds))
            json.member("sightings", article.sightings)
            json.member("flood", article.flood.map { Int($0) })
            json.member("story", article.story.map { Int($0.rawValue) })
            extra(&json)
        }
    }

    /// A line of the change log: the item object with `seq`, `kind` and `at` in `_ingestd`; of a line without an
    /// article, these and the feed alone, of a flood what it stands for, and of one that was removed its number and
    /// `gone`. Where the line's revision is not kept, the article is as of the next one that is, and `thinned` and
    /// `shown_revision` say so.
    public mutating func change(_ change: Change) {
        func members(_ json: inout JSONWriter) {
            json.member("seq", Int(change.seq))
            json.member("kind", change.kind.rawValue)
            json.member("at", Timestamp(seconds: change.at.seconds))
        }
        if let article = change.article {
            self.article(article) { json in
                if let shown = change.insteadRevision {
                    json.member("thinned", true)
                    json.member("shown_revision", shown)
                }
                members(&json)
            }
        } else {
            object { json in
                json.object("_ingestd") { json in
                    if let removed = change.removed {
                        json.member("article", Int(removed.article.rawValue))
                        json.member("revision", removed.revision)
                        json.member("gone", true)
                    }
                    if let feed = change.feedURL {
                        json.object("feed") { json in
                            json.member("url", feed)
                            json.member("title", change.feedTitle)
                        }
                    }
                    members(&json)
                    guard let flood = change.flood else { return }
                    json.member("reason", flood.reason.rawValue)
                    json.member("entries", flood.entries)
                    json.member("article_count", flood.articleCount)
                    json.array("articles") { json in
                        for article in flood.articles { json.number(Int(article.rawValue)) }
                    }
                }
            }
        }
    }
}

extension [UInt8] {
    /// Two lower-case digits a byte.
    public var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
