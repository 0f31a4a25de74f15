/// What the demo publisher publishes. Each function gives a feed's document in an issue (1 or 2) of a site.
enum DemoDocuments {
    private static let bridge = """
        The old bridge over the river will be closed to lorries from Monday, the city council said on Thursday. \
        Engineers who inspected it after the spring flood found cracks in two of its five piers. Buses and cars may \
        go on crossing it, one lane at a time, while the repair is being planned.
        """

    private static let library = """
        The town library opens its new reading room on Saturday with a day of readings in four languages. The room, \
        once the waiting hall of the railway station, seats a hundred and twenty people and will stay open until ten \
        in the evening on weekdays.
        """

    private static let libraryEdited = """
        The town library opens its new reading room on Sunday, a day later than planned, with readings in four \
        languages. The room, once the waiting hall of the railway station, seats a hundred and twenty people and will \
        stay open until ten in the evening on weekdays.
        """

    private static let market = """
        Traders of the covered market want to stay open until eight in the evening in summer. The council will hear \
        them next week; neighbours have asked for quiet after seven, and for the rubbish to be fetched before dawn.
        """

    /// RSS 2.0: the second issue edits one article and brings another.
    static func news(_ issue: Int, _ site: String) -> String {
        let fresh = """
            <item>
              <title>Market wants longer evenings</title>
              <link>\(site)/2026/market</link>
              <guid isPermaLink="false">news-3</guid>
              <pubDate>Sat, 21 Nov 2026 07:00:00 GMT</pubDate>
              <description><![CDATA[<p>\(market)</p>]]></description>
            </item>
            """
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <rss version="2.0">
            <channel>
            <title>The Daily Example</title>
            <link>\(site)/</link>
            <description>News of a small town</description>
            <language>en</language>
            \(issue > 1 ? fresh : "")
            <item>
              <title>Library opens its reading room</title>
              <link>\(site)/2026/library</link>
              <guid isPermaLink="false">news-2</guid>
              <pubDate>Fri, 20 Nov 2026 09:30:00 GMT</pubDate>
              <description><![CDATA[<p>\(issue > 1 ? libraryEdited : library)</p>]]></description>
            </item>
            <item>
              <title>Bridge closed to lorries</title>
              <link>\(site)/2026/bridge?utm_source=rss</link>
              <guid isPermaLink="false">news-1</guid>
              <pubDate>Thu, 19 Nov 2026 16:00:00 GMT</pubDate>
              <description><![CDATA[<p>\(bridge)</p>]]></description>
            </item>
            </channel>
            </rss>
            """
    }

    /// Atom 1.0: carries the bridge story too, under an address of its own.
    static func wire(_ issue: Int, _ site: String) -> String {
        """
        <?xml version="1.0" encoding="utf-8"?>
        <feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
        <title>Example Wire</title>
        <id>tag:example.org,2026:wire</id>
        <updated>2026-11-19T17:00:00Z</updated>
        <link rel="self" href="\(site)/wire.atom"/>
        <link href="\(site)/wire/"/>
        <author><name>Example Wire</name></author>
        <entry>
          <title>Bridge closed to lorries</title>
          <id>tag:example.org,2026:wire-77</id>
          <link href="\(site)/wire/77"/>
          <published>2026-11-19T17:00:00Z</published>
          <updated>2026-11-19T17:00:00Z</updated>
          <content type="html">&lt;div&gt;&lt;p class="lead"&gt;\(bridge)&lt;/p&gt;&lt;/div&gt;</content>
        </entry>
        </feed>
        """
    }

    /// JSON Feed 1.1.
    static func magazine(_ issue: Int, _ site: String) -> String {
        """
        {
          "version": "https://jsonfeed.org/version/1.1",
          "title": "Example Magazine",
          "home_page_url": "\(site)/magazine/",
          "feed_url": "\(site)/magazine.json",
          "items": [
            {
              "id": "m-12",
              "url": "\(site)/magazine/12",
              "title": "Дар бораи пули кӯҳна",
              "content_html": "<p>Пули кӯҳна аз соли 1911 боқӣ мондааст.</p>",
              "language": "tg",
              "date_published": "2026-11-18T08:00:00+05:00",
              "authors": [{"name": "Редаксия"}],
              "attachments": [{"url": "\(site)/magazine/12.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 4194304}]
            }
          ]
        }
        """
    }

    /// RSS 1.0: a section of the news, so that its articles are those of `news`.
    static func section(_ issue: Int, _ site: String) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
          xmlns:dc="http://purl.org/dc/elements/1.1/">
        <channel rdf:about="\(site)/section.rdf">
          <title>The Daily Example: culture</title>
          <link>\(site)/culture/</link>
          <description>Culture</description>
          <items><rdf:Seq><rdf:li rdf:resource="\(site)/2026/library"/></rdf:Seq></items>
        </channel>
        <item rdf:about="\(site)/2026/library">
          <title>Library opens its reading room</title>
          <link>\(site)/2026/library</link>
          <description>The town library opens its new reading room.</description>
          <dc:date>2026-11-20T09:30:00Z</dc:date>
        </item>
        </rdf:RDF>
        """
    }

    /// What stands where the old address leads.
    static func moved(_ issue: Int, _ site: String) -> String {
        """
        <?xml version="1.0"?>
        <rss version="2.0"><channel><title>The Weather Column</title><link>\(site)/weather/</link>
        <description>Weather</description>
        <item><title>Frost before the weekend</title><link>\(site)/weather/47</link>
        <guid>\(site)/weather/47</guid><pubDate>Fri, 20 Nov 2026 05:00:00 GMT</pubDate>
        <description>Clear nights bring the first frost to the valley; the passes stay open.</description></item>
        </channel></rss>
        """
    }
}
