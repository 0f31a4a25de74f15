/// What it takes that not everything is kept.
extension Schema {
    static let churnIndex =
        "CREATE INDEX feed_churny ON feed (churny_since) WHERE configured AND churny_since IS NOT NULL;"

    static let retentionTables = """
        -- Articles that retention has removed, with as much as it takes to know them when they come again.
        CREATE TABLE tombstone (
            article_id INTEGER PRIMARY KEY,
            removed INTEGER NOT NULL,
            revision INTEGER NOT NULL,      -- its newest
            enclosures TEXT                 -- their canonical URLs as JSON
        ) STRICT;

        -- Where they stood.
        CREATE TABLE tombstone_place (
            article_id INTEGER NOT NULL,
            feed_id INTEGER NOT NULL,
            guid TEXT,
            url_key INTEGER,                -- as in sighting
            title_key INTEGER NOT NULL,     -- 64 bits of SHA-256 of the canonical title; 0 for an empty one
            instant INTEGER,                -- of publication, else of modification
            hash BLOB NOT NULL              -- of the content that stood there last
        ) STRICT;
        CREATE INDEX tombstone_guid ON tombstone_place (feed_id, guid) WHERE guid IS NOT NULL;
        CREATE INDEX tombstone_url ON tombstone_place (url_key) WHERE url_key IS NOT NULL;
        CREATE INDEX tombstone_instant ON tombstone_place (feed_id, instant) WHERE instant IS NOT NULL;

        -- Their contents that were long enough to be known by them.
        CREATE TABLE tombstone_content (
            hash BLOB NOT NULL,
            article_id INTEGER NOT NULL,
            PRIMARY KEY (hash, article_id)
        ) STRICT, WITHOUT ROWID;
        """

    /// By which an article's contents are found when it is removed.
    static let contentArticleIndex = "CREATE INDEX content_article ON content (article_id);"

    /// Takes the references to `content` out of tables of earlier versions, with which a content could be removed only by
    /// walking through them. What is stored does not change, so the tables need not be written anew
    /// (https://www.sqlite.org/lang_altertable.html, 7).
    static let contentReferences = """
        PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, 'content_id INTEGER NOT NULL REFERENCES content (id)',
            'content_id INTEGER NOT NULL') WHERE type = 'table' AND name IN ('revision', 'sighting');
        PRAGMA writable_schema = RESET;
        """
}
