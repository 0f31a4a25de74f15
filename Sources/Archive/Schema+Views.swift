/// The promised views.
extension Schema {
    /// Milliseconds as RFC 3339 in UTC, for views.
    static func instant(_ column: String, as name: String? = nil) -> String {
        "strftime('%Y-%m-%dT%H:%M:%SZ', \(column) / 1000, 'unixepoch') AS \(name ?? String(column.split(separator: ".").last ?? ""))"
    }

    static let views = """
        -- Where the index's columns can be read; in scripts without spaces it holds other words than these.
        CREATE VIEW search_content AS SELECT a.id, c.title, \(KeptText.sqlOfViews) AS text, s.author,
            NULL AS characters, NULL AS places
        FROM article a JOIN content c ON c.id = a.shown_content JOIN sighting s ON s.id = a.shown_sighting;

        -- One row an article, as it stands. `revision` is the number of its newest state, `sightings` of the places
        -- where it stood. With the full-text index: articles JOIN articles_fts('words') ON articles.id = articles_fts.rowid.
        CREATE VIEW articles AS SELECT
            a.id, s.url, c.title, s.author, s.summary,
            CASE c.kind WHEN 'html' THEN c.body END AS content_html,
            CASE c.kind WHEN 'text' THEN c.body ELSE \(KeptText.sqlOfViews) END AS content_text,
            s.language, \(instant("s.published")), \(instant("s.modified")), \(instant("a.first_seen")),
            (SELECT strftime('%Y-%m-%dT%H:%M:%SZ', max(coalesce(s2.last_seen, f2.last_success, s2.first_seen)) / 1000,
                'unixepoch') FROM sighting s2 JOIN feed f2 ON f2.id = s2.feed_id WHERE s2.article_id = a.id) AS last_seen,
            'sha256:' || lower(hex(c.hash)) AS content_hash,
            a.revision,
            (SELECT count(*) FROM revision r WHERE r.article_id = a.id) AS revisions,
            (SELECT count(*) FROM sighting s3 WHERE s3.article_id = a.id) AS sightings,
            f.url AS feed_url, coalesce(f.configured_title, f.title) AS feed_title
        FROM article a
        JOIN content c ON c.id = a.shown_content
        JOIN sighting s ON s.id = a.shown_sighting
        JOIN feed f ON f.id = s.feed_id;

        -- One row for each state that an article has had, but for those that are no longer kept: their numbers are missing.
        CREATE VIEW revisions AS SELECT
            r.article_id, r.revision, 'sha256:' || lower(hex(c.hash)) AS content_hash, c.title,
            CASE c.kind WHEN 'html' THEN c.body END AS content_html,
            CASE c.kind WHEN 'text' THEN c.body ELSE \(KeptText.sqlOfViews) END AS content_text,
            \(instant("r.modified")), \(instant("r.seen"))
        FROM revision r JOIN content c ON c.id = r.content_id;

        -- One row for each place where an article stood. `last_seen` is the feed's last poll while it stands there.
        CREATE VIEW sightings AS SELECT
            s.article_id, f.url AS feed_url, s.guid, s.url, \(instant("s.published")), \(instant("s.first_seen")),
            \(instant("coalesce(s.last_seen, f.last_success, s.first_seen)", as: "last_seen"))
        FROM sighting s JOIN feed f ON f.id = s.feed_id;

        -- Each attachment of an article once, in whatever feeds it stood.
        CREATE VIEW attachments AS SELECT
            article_id, url, mime_type, title, size_in_bytes, duration_in_seconds
        FROM attachment GROUP BY article_id, url;

        -- One row for each feed of the configuration. `url` is where the next poll goes.
        CREATE VIEW feeds AS SELECT
            f.url, f.configured_url, coalesce(f.configured_title, f.title) AS title, f.state, f.tags, f.articles,
            \(instant("f.last_poll")), \(instant("f.last_success")), \(instant("f.last_change")), f.last_status,
            \(instant("f.next_poll")), f.interval / 1000 AS interval_seconds, f.interval_reason, f.failures,
            f.error_code AS last_error_code, f.error_message AS last_error_message,
            CAST(f.etag AS TEXT) AS etag, CAST(f.last_modified AS TEXT) AS last_modified, f.hub,
            f.churny_since IS NOT NULL AS churny, \(instant("f.churny_since"))
        FROM feed f WHERE f.configured;

        -- The change log. `revised` and `new` stand for a revision, `duplicate` for an article and a further feed, `gone`
        -- for an article that retention has removed: no other view has it any more.
        CREATE VIEW changes AS SELECT
            h.seq, \(instant("h.at")), h.kind, h.article_id, h.revision, f.url AS feed_url
        FROM change h LEFT JOIN feed f ON f.id = h.feed_id;

        -- What each line of kind flood stands for: its articles, and what they were in it (new, revised, duplicate, or place:
        -- with another guid or date in the feed).
        CREATE VIEW flood_articles AS SELECT
            m.seq, \(instant("h.at")), o.reason, m.article_id, m.revision, m.kind, f.url AS feed_url
        FROM flood_article m JOIN flood o ON o.seq = m.seq JOIN change h ON h.seq = m.seq JOIN feed f ON f.id = o.feed_id;

        -- Articles that say almost the same are one story, whose number is its lowest article's. Most are of none.
        CREATE VIEW stories AS SELECT y.story_id AS story, y.article_id FROM story_article y;

        -- By what they are: how many of all word triples the two have in common (Jaccard), and of the shorter one's.
        CREATE VIEW story_links AS SELECT
            y.story_id AS story, l.article_id, l.other_id AS other_article_id, l.jaccard, l.containment
        FROM story_link l JOIN story_article y ON y.article_id = l.article_id;
        """
}
