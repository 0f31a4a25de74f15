/// Tables that came with a later version, for new archives and for the step that brings them to older ones.
extension Schema {
    static let backfillTables = """
        -- Walks back through feeds' older pages (RFC 5005).
        CREATE TABLE backfill (
            id INTEGER PRIMARY KEY,
            feed_id INTEGER NOT NULL REFERENCES feed (id),
            kind TEXT NOT NULL,             -- paged, archived
            next_url TEXT,                  -- the page to read; null when the walk has ended
            pages INTEGER NOT NULL DEFAULT 0,
            started INTEGER NOT NULL,
            ended INTEGER,
            end_reason TEXT,                -- known, bottom, loop, limit, failed
            retry_at INTEGER,               -- after a failure: not before
            failures INTEGER NOT NULL DEFAULT 0,
            failing_since INTEGER,
            error_code TEXT,
            error_message TEXT
        ) STRICT;
        CREATE INDEX backfill_feed ON backfill (feed_id);

        -- The pages that walks have read: a walk reads none twice, and no archive document is read again.
        CREATE TABLE backfill_page (
            feed_id INTEGER NOT NULL,
            url TEXT NOT NULL,
            backfill_id INTEGER NOT NULL,   -- the last walk that did
            archive INTEGER NOT NULL,       -- it called itself an archive document
            PRIMARY KEY (feed_id, url)
        ) STRICT, WITHOUT ROWID;
        """

    /// What hubs were asked to send, and what has come of it.
    static let websubTables = """
        -- What hubs were asked to send.
        CREATE TABLE websub (
            token TEXT NOT NULL UNIQUE,     -- SHA-256 of the end of the callback URL
            feed_id INTEGER NOT NULL REFERENCES feed (id),
            hub TEXT NOT NULL,
            topic TEXT NOT NULL,            -- the URL by which the hub knows the feed
            callback TEXT NOT NULL,         -- what stands before that end
            secret TEXT NOT NULL,           -- of what it and the hub's secret are made, with the file hub.key
            state TEXT NOT NULL,
            requested_at INTEGER,
            active_since INTEGER,
            lease_until INTEGER,
            next_attempt INTEGER,
            failures INTEGER NOT NULL DEFAULT 0,
            error_code TEXT,
            error_message TEXT,
            last_push INTEGER,
            accepted INTEGER NOT NULL DEFAULT 0,
            rejected INTEGER NOT NULL DEFAULT 0,
            doubt INTEGER NOT NULL          -- how little the hub is relied upon
        ) STRICT;
        CREATE INDEX websub_feed ON websub (feed_id);
        """

    static let hostTable = """
        -- Hosts that asked for quiet, all of a pause scope as one, until they have been calm for long enough.
        CREATE TABLE host (
            name TEXT PRIMARY KEY,          -- a pause scope
            paused_until INTEGER NOT NULL,
            pause INTEGER NOT NULL,         -- milliseconds, which the next pause doubles
            slowness INTEGER NOT NULL,      -- doublings of the distance between request starts
            calm_since INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    static let outageTable = """
        -- Since when our own network is out; no row while it works.
        CREATE TABLE outage (
            since INTEGER NOT NULL
        ) STRICT;
        """

    /// What `status` asks of a million feeds without walking through them. Conditions are spelled there as here: else the
    /// indexes are not used.
    static let feedFigures = """
        CREATE INDEX feed_url ON feed (url);
        CREATE INDEX feed_due ON feed (coalesce(next_poll, added)) WHERE configured AND state IN ('active', 'failing');
        CREATE INDEX feed_error ON feed (failing_since)
            WHERE configured AND error_code IS NOT NULL AND state <> 'disabled';
        CREATE INDEX feed_notice ON feed (notice_since)
            WHERE configured AND notice_code IS NOT NULL AND state <> 'disabled';

        -- How many feeds of the configuration are in each state, kept by the trigger below, and where feeds are added:
        -- a trigger for that would have SQLite look for rows that name the new feed, in all of `revision`.
        CREATE TABLE feed_count (
            state TEXT PRIMARY KEY,
            feeds INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER feed_changed AFTER UPDATE OF state, configured ON feed
        WHEN old.state <> new.state OR old.configured <> new.configured BEGIN
            UPDATE feed_count SET feeds = feeds - 1 WHERE state = old.state AND old.configured;
            INSERT INTO feed_count SELECT new.state, 1 WHERE new.configured
                ON CONFLICT (state) DO UPDATE SET feeds = feeds + 1;
        END;
        """

    /// A feed's articles in their order.
    static let sightingFeedIndex = "CREATE INDEX sighting_feed ON sighting (feed_id, article_id);"

    static let webhookTable = """
        -- How far the change log has been delivered to each webhook that was ever configured.
        CREATE TABLE webhook (
            id TEXT PRIMARY KEY,            -- SHA-256 of the URL, which may itself be a secret
            host TEXT NOT NULL,
            configured INTEGER NOT NULL,    -- 0: no longer in the configuration
            settings TEXT NOT NULL,         -- differs when the configuration of this webhook differs
            position INTEGER NOT NULL,      -- all lines up to it were acknowledged, or are not for it
            delivered INTEGER NOT NULL DEFAULT 0,
            last_delivery INTEGER,
            stopped INTEGER NOT NULL DEFAULT 0,     -- it answered 410
            next_attempt INTEGER,           -- after a failure: not before
            failures INTEGER NOT NULL DEFAULT 0,
            failing_since INTEGER,
            error_code TEXT,
            error_message TEXT
        ) STRICT, WITHOUT ROWID;
        """

    /// The full-text index, and how far it has come.
    static let searchTables = """
        -- How far the full-text index has come: one row.
        CREATE TABLE search_state (
            form INTEGER NOT NULL,          -- of the words that the index holds
            position INTEGER NOT NULL       -- the highest article number in it
        ) STRICT;
        INSERT INTO search_state VALUES (\(SearchText.form), 0);

        -- Articles below the position that have changed since they were indexed.
        CREATE TABLE search_pending (article_id INTEGER PRIMARY KEY) STRICT;

        -- What the index holds of each article: it can be taken out of it by its words alone.
        CREATE TABLE search_indexed (
            article_id INTEGER PRIMARY KEY,
            content_id INTEGER NOT NULL,    -- whose text
            title TEXT,
            author TEXT,
            places TEXT NOT NULL            -- the feeds
        ) STRICT;

        -- The article numbers of each day of first sightings.
        CREATE TABLE search_day (
            day INTEGER PRIMARY KEY,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL
        ) STRICT;

        -- Its rowid is the article's number. Marks (Mn, Mc) are parts of words: vowels of Indic and South-East Asian scripts are such.
        CREATE VIRTUAL TABLE articles_fts USING fts5 (
            title, text, author, characters, places, content = 'search_content', content_rowid = 'id',
            tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"
        );
        INSERT INTO articles_fts (articles_fts, rank) VALUES ('rank', 'bm25(8.0, 1.0, 4.0, 1.0, 0.0)');
        """
}
