extension JSONWriter {
    /// One item of a JSON Feed, as `parse` prints it and as the archive's commands do.
    ///
    /// The layout is a contract, because the archive keeps items as text and puts members in when it shows
    /// them: `_ingestd` is always written, is always the last member of the item, and what `ingestd` writes
    /// stands at its end. With `body` false, the body is left out (a plain form beside an HTML body stays);
    /// everything else stays as it is.
    public mutating func item(
        _ entry: Entry, body: Bool, contentHash: String?, ingestd extra: (inout JSONWriter) -> Void
    ) {
        object { json in
            json.member("id", entry.id)
            json.member("url", entry.url)
            json.member("external_url", entry.externalURL)
            json.member("title", entry.titleText)
            if body, let text = entry.body {
                if text.isMarkup {
                    json.member("content_html", text.value)
                } else {
                    json.member("content_text", text.value)
                }
            }
            // Beside an HTML body, where the document has both.
            json.member("content_text", entry.contentText)
            // Without a fuller body the summary stands as the content already.
            if entry.content != nil { json.member("summary", entry.summaryText) }
            json.member("image", entry.image)
            json.member("date_published", entry.published)
            json.member("date_modified", entry.modified)
            json.feedAuthors(entry.authors)
            json.member("tags", JSONWriter.tags(entry.categories))
            json.member("language", entry.language)
            if !entry.attachments.isEmpty {
                json.array("attachments") { for one in entry.attachments { $0.attachment(one) } }
            }
            json.object("_ingestd") { json in
                json.itemDetails(entry)
                json.member("content_hash", contentHash)
                json.extensions(entry.extensions)
                extra(&json)
            }
        }
    }

    private mutating func itemDetails(_ entry: Entry) {
        text("title", entry.title)
        text("summary", entry.summary)
        links(entry.links)
        people("authors", entry.authors)
        people("contributors", entry.contributors)
        categories(entry.categories)
        member("id_is_permalink", entry.idIsPermalink)
        member("comments_url", entry.commentsURL)
        text("rights", entry.rights)
        if let source = entry.contentSource {
            object("content_src") {
                $0.member("url", source.url)
                $0.member("type", source.type)
            }
        }
        if let source = entry.source {
            object("source") {
                $0.member("title", source.title)
                $0.member("url", source.url)
                $0.member("id", source.id)
            }
        }
        if let location = entry.location {
            object("location") {
                $0.member("lat", location.latitude)
                $0.member("lon", location.longitude)
            }
        }
    }

    private mutating func attachment(_ one: Attachment) {
        object {
            $0.member("url", one.url)
            $0.member("mime_type", one.mimeType)
            $0.member("title", one.title)
            $0.member("size_in_bytes", one.sizeInBytes)
            $0.member("duration_in_seconds", one.durationInSeconds)
        }
    }

    /// What people read, each once: the label, else the term.
    private static func tags(_ categories: [Category]) -> [String] {
        var seen: Set<String> = []
        return categories.compactMap { $0.label ?? $0.term }.filter { !$0.isEmpty && seen.insert($0).inserted }
    }

    // MARK: parts that feeds have too

    /// JSON Feed's authors: without mail addresses, unless there is nothing else to call them by.
    mutating func feedAuthors(_ people: [Person]) {
        guard !people.isEmpty else { return }
        array("authors") {
            for person in people {
                $0.object {
                    $0.member("name", person.name ?? (person.uri == nil ? person.email : nil))
                    $0.member("url", person.uri)
                }
            }
        }
    }

    mutating func people(_ key: StaticString, _ people: [Person]) {
        guard !people.isEmpty else { return }
        array(key) {
            for person in people {
                $0.object {
                    $0.member("name", person.name)
                    $0.member("email", person.email)
                    $0.member("uri", person.uri)
                }
            }
        }
    }

    mutating func categories(_ categories: [Category]) {
        guard !categories.isEmpty else { return }
        array("categories") {
            for one in categories {
                $0.object {
                    $0.member("term", one.term)
                    $0.member("scheme", one.scheme)
                    $0.member("label", one.label)
                }
            }
        }
    }

    mutating func links(_ links: [Link]) {
        guard !links.isEmpty else { return }
        array("links") {
            for link in links {
                $0.object {
                    $0.member("href", link.href)
                    $0.member("rel", link.rel)
                    $0.member("type", link.type)
                    $0.member("hreflang", link.hreflang)
                    $0.member("title", link.title)
                    $0.member("length", link.length)
                }
            }
        }
    }

    mutating func text(_ key: StaticString, _ text: TextConstruct?) {
        guard let text, !text.value.isEmpty else { return }
        object(key) {
            $0.member("type", text.kind.rawValue)
            $0.member("value", text.value)
        }
    }

    /// `{"prefix": {"name": [element, …]}}`.
    mutating func extensions(_ extensions: Extensions) {
        guard !extensions.isEmpty else { return }
        object("extensions") { json in
            var written: Set<String> = []
            for first in extensions.named where written.insert(first.prefix).inserted {
                json.key(first.prefix)
                json.object { json in
                    for named in extensions.named where named.prefix == first.prefix {
                        json.key(named.name)
                        json.elements(named.elements, prefix: named.prefix)
                    }
                }
            }
        }
    }

    private mutating func elements(_ elements: [Extensions.Element], prefix: String) {
        array { json in
            for element in elements {
                json.object { json in
                    json.member("value", element.value)
                    if !element.attributes.isEmpty {
                        json.object("attributes") {
                            for (name, value) in element.attributes {
                                $0.key(name)
                                $0.string(value)
                            }
                        }
                    }
                    if !element.children.isEmpty {
                        // By local name; children of another vocabulary than their parent's bear its prefix.
                        json.object("children") { json in
                            for named in element.children.named {
                                json.key(named.prefix == prefix ? named.name : "\(named.prefix):\(named.name)")
                                json.elements(named.elements, prefix: named.prefix)
                            }
                        }
                    }
                }
            }
        }
    }
}
