/// The tables of a new archive.
extension Schema {
    static let tables = """
        -- One row a feed that was ever configured. Its articles stay when it leaves the configuration.
        CREATE TABLE feed (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            configured_url TEXT NOT NULL UNIQUE,
            url TEXT NOT NULL,              -- where the next poll goes
            host TEXT NOT NULL,             -- of url, in one spelling
            configured INTEGER NOT NULL,    -- 0: no longer in the configuration
            configured_title TEXT,
            tags TEXT NOT NULL,             -- JSON array
            settings TEXT NOT NULL,         -- differs when the configuration of this feed differs
            title TEXT,
            home_page_url TEXT,
            hub TEXT,
            state TEXT NOT NULL,
            etag BLOB,                      -- byte for byte
            last_modified BLOB,
            validators_url TEXT,            -- the URL that gave them
            document_hash BLOB,
            document_modified INTEGER,
            last_poll INTEGER,
            last_success INTEGER,
            last_change INTEGER,
            last_status INTEGER,
            next_poll INTEGER,
            interval INTEGER,               -- milliseconds
            interval_reason TEXT,
            failures INTEGER NOT NULL DEFAULT 0,
            failing_since INTEGER,
            error_code TEXT,
            error_message TEXT,
            notice_code TEXT,
            notice_message TEXT,
            notice_since INTEGER,
            freshness INTEGER,              -- milliseconds, as the next three
            learned INTEGER,
            ttl INTEGER,
            update_period INTEGER,
            skip_hours INTEGER NOT NULL DEFAULT 0,
            skip_days INTEGER NOT NULL DEFAULT 0,
            articles INTEGER NOT NULL DEFAULT 0,
            added INTEGER NOT NULL,
            last_document INTEGER,          -- when a whole document last came
            posting_history BLOB,           -- rate and rhythm, in the schedule's form
            window INTEGER NOT NULL DEFAULT 0,      -- entries in the last document
            narrow_streak INTEGER NOT NULL DEFAULT 0, -- polls in a row whose document was known by less than half
            losses INTEGER NOT NULL DEFAULT 0,      -- polls ever whose document held nothing known
            last_loss INTEGER,
            demand REAL,                    -- polls an hour that it is worth at a price of 1
            price REAL,                     -- of a poll when the last one was scheduled, in hours of waiting
            topic TEXT,                     -- where the document says that it lives
            scope TEXT NOT NULL DEFAULT '', -- of host: the hosts that pause together
            churny_since INTEGER,           -- an article of it changes at nearly every poll
            last_churn INTEGER,             -- the last poll that found it so
            newest_entry INTEGER,
            silence_alarm_at INTEGER,       -- from when on it is odd that nothing comes; null where that is never told
            silence_asked INTEGER NOT NULL DEFAULT 0, -- 1: the configuration says so, 0: by the feed's own rhythm
            stored_since INTEGER,           -- when a day began in which it may put so much into the archive and no more
            stored_bytes INTEGER NOT NULL DEFAULT 0 -- that it has put there since
        ) STRICT;
        CREATE INDEX feed_host ON feed (host);
        CREATE INDEX feed_scope ON feed (scope);

        \(hostTable)

        \(outageTable)
        \(operatorPauseTables)

        \(feedFigures)
        \(churnIndex)
        \(silenceIndexes)
        \(webhookTable)

        -- One row an article, however often and wherever it was published.
        CREATE TABLE article (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            revision INTEGER NOT NULL,      -- the newest
            -- These two refer to rows that are written after the article's. As foreign keys they would cost a
            -- walk through this table for each of those rows.
            shown_content INTEGER NOT NULL,
            shown_sighting INTEGER NOT NULL,
            first_seen INTEGER NOT NULL,
            thinned INTEGER NOT NULL DEFAULT 0 -- revisions that are no longer kept
        ) STRICT;

        -- Each content of each article, once.
        CREATE TABLE content (
            id INTEGER PRIMARY KEY,
            article_id INTEGER NOT NULL,
            hash BLOB NOT NULL,             -- SHA-256 of the canonical form
            form INTEGER NOT NULL,          -- the canonical form's version
            length INTEGER NOT NULL,        -- Unicode scalars of the canonical text
            superseded INTEGER NOT NULL DEFAULT 0, -- an edit has replaced it
            title TEXT,                     -- plain text
            kind TEXT NOT NULL,             -- of body: html, text, none
            body TEXT,                      -- as published
            text TEXT,                      -- plain; null where it is the body to the letter; as pieces of it behind a space
            enclosures TEXT                 -- of an entry without text: their URLs as JSON, part of the hash
        ) STRICT;
        CREATE INDEX content_hash ON content (hash, article_id);
        \(contentArticleIndex)

        -- The states that an article has had, in their order, as far as they are kept. Here and below the content is no
        -- foreign key: these tables would be walked through whenever one is removed.
        CREATE TABLE revision (
            article_id INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            content_id INTEGER NOT NULL,
            feed_id INTEGER NOT NULL REFERENCES feed (id), -- that showed it first
            modified INTEGER,               -- as the entry said
            seen INTEGER NOT NULL,
            record_id INTEGER,              -- the raw document that brought it, where it was kept
            run INTEGER NOT NULL DEFAULT 0, -- its place among states that the feed showed without rest
            PRIMARY KEY (article_id, revision)
        ) STRICT, WITHOUT ROWID;

        -- An article at one place: a feed and a guid, or a feed and a URL.
        CREATE TABLE sighting (
            id INTEGER PRIMARY KEY,
            article_id INTEGER NOT NULL REFERENCES article (id),
            feed_id INTEGER NOT NULL REFERENCES feed (id),
            guid TEXT,
            url TEXT,
            url_key INTEGER,                -- 64 bits of SHA-256 of the canonical URL
            published INTEGER,
            modified INTEGER,
            content_id INTEGER NOT NULL,
            author TEXT,
            language TEXT,
            summary TEXT,
            entry TEXT NOT NULL,            -- all that the entry said but its body: JSON, or that deflated
            fingerprint INTEGER NOT NULL,   -- of the whole entry: equal means nothing has changed
            rule INTEGER NOT NULL,          -- by which it joined its article
            first_seen INTEGER NOT NULL,
            last_seen INTEGER,              -- null while it stands in the feed's latest document
            record_id INTEGER               -- the raw document that says what it is now, where it was kept
        ) STRICT;
        CREATE INDEX sighting_guid ON sighting (feed_id, guid) WHERE guid IS NOT NULL;
        CREATE INDEX sighting_url ON sighting (url_key) WHERE url_key IS NOT NULL;
        CREATE INDEX sighting_article ON sighting (article_id, feed_id);
        \(sightingFeedIndex)
        CREATE INDEX sighting_instant ON sighting (feed_id, coalesce(published, modified));
        CREATE INDEX sighting_current ON sighting (feed_id) WHERE last_seen IS NULL;

        -- Enclosures and their like, as each sighting has them now.
        CREATE TABLE attachment (
            article_id INTEGER NOT NULL,
            sighting_id INTEGER NOT NULL,
            ordinal INTEGER NOT NULL,
            url TEXT NOT NULL,
            mime_type TEXT,
            title TEXT,
            size_in_bytes INTEGER,
            duration_in_seconds REAL,
            PRIMARY KEY (article_id, sighting_id, ordinal)
        ) STRICT, WITHOUT ROWID;

        -- Guids and URLs that do not tell the entries of a feed apart, for good.
        CREATE TABLE unreliable (
            feed_id INTEGER NOT NULL,
            kind TEXT NOT NULL,             -- guid or url
            value TEXT NOT NULL,
            since INTEGER NOT NULL,
            PRIMARY KEY (feed_id, kind, value)
        ) STRICT, WITHOUT ROWID;

        -- The change log: it grows only, and its numbers have no gaps.
        CREATE TABLE change (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            kind TEXT NOT NULL,             -- new, revised, duplicate, flood, gone
            article_id INTEGER,
            revision INTEGER,
            feed_id INTEGER
        ) STRICT;

        -- The polls of the last weeks, for people who ask what happened.
        CREATE TABLE poll (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            feed_id INTEGER NOT NULL,
            at INTEGER NOT NULL,
            outcome TEXT NOT NULL,          -- changed, not_modified, failed
            status INTEGER,
            error_code TEXT,
            bytes INTEGER NOT NULL,
            milliseconds INTEGER NOT NULL,
            new INTEGER NOT NULL,
            revised INTEGER NOT NULL,
            duplicates INTEGER NOT NULL
        ) STRICT;

        -- Sums of polls in pieces of five minutes, so that status need not count.
        CREATE TABLE tally (
            bucket INTEGER PRIMARY KEY,
            total INTEGER NOT NULL,
            changed INTEGER NOT NULL,
            not_modified INTEGER NOT NULL,
            failed INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            new INTEGER NOT NULL,
            revised INTEGER NOT NULL,
            duplicates INTEGER NOT NULL
        ) STRICT;

        -- Totals kept as they change: articles, revisions, duplicates; the last write's instant.
        CREATE TABLE counter (
            name TEXT PRIMARY KEY,
            value INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO counter VALUES ('articles', 0), ('revisions', 0), ('duplicates', 0), ('last_write', 0);

        \(retentionTables)
        \(backfillTables)
        \(websubTables)
        \(searchTables)
        \(storyTables)
        \(rawTables)
        \(floodTables)
        \(canonicalTable)
        """
}
