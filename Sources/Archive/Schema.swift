import GRDB
import PublicSuffix

/// The archive's tables and the views that are promised to every SQLite client.
///
/// Instants are milliseconds since 1970 in tables and RFC 3339 in views. Tables are free to change from
/// one version to the next; the views `articles`, `revisions`, `sightings`, `attachments`, `feeds` and
/// `changes` are not.
enum Schema {
    /// `application_id`: "ingd".
    static let applicationID: Int32 = 0x696E_6764
    /// `user_version` of an archive that this program writes.
    static let version = 3

    /// All of it with its explanations, as SQL that makes an empty archive.
    static let text = """
        -- An archive of ingestd, schema version \(version). The views at the end are a promise to every reader; tables and
        -- indexes may change from one version to the next. Instants are milliseconds since 1970 in tables, RFC 3339 in
        -- UTC in views. Read it while the daemon writes, with any SQLite; write to it with none.
        PRAGMA application_id = \(applicationID);
        PRAGMA user_version = \(version);

        \(tables)

        \(views)
        """

    static func create(_ db: Database) throws {
        try db.execute(sql: tables)
        try db.execute(sql: views)
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        try db.execute(sql: "PRAGMA user_version = \(version)")
    }

    /// Brings an archive of an earlier version up to this one, in the caller's transaction.
    static func migrate(_ db: Database, from version: Int) throws {
        // Views hold nothing, and may name what a step takes away.
        for view in try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'view'") {
            try db.execute(sql: "DROP VIEW \(view)")
        }
        db.add(function: pauseScope)
        defer { db.remove(function: pauseScope) }
        for (index, step) in steps.enumerated() where index + 1 >= version { try db.execute(sql: step) }
        try db.execute(sql: views)
        try db.execute(sql: "PRAGMA user_version = \(Schema.version)")
    }

    /// `PauseScope`, for the steps.
    private static let pauseScope = DatabaseFunction("pause_scope", argumentCount: 1, pure: true) { values in
        String.fromDatabaseValue(values[0]).map(PauseScope.of)
    }

    /// The first leads from version 1 to 2, and so on.
    private static let steps = [
        """
        ALTER TABLE feed ADD COLUMN last_document INTEGER;
        UPDATE feed SET last_document = coalesce(last_change, last_success);
        -- Earlier programs of version 1 had fewer and narrower indexes.
        DROP INDEX IF EXISTS content_hash;
        DROP INDEX IF EXISTS sighting_article;
        CREATE INDEX content_hash ON content (hash, article_id);
        CREATE INDEX sighting_article ON sighting (article_id, feed_id);
        CREATE INDEX IF NOT EXISTS sighting_instant ON sighting (feed_id, coalesce(published, modified));
        """,
        """
        ALTER TABLE feed ADD COLUMN posting_history BLOB;
        ALTER TABLE feed ADD COLUMN window INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE feed ADD COLUMN narrow_streak INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE feed ADD COLUMN losses INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE feed ADD COLUMN last_loss INTEGER;
        ALTER TABLE feed ADD COLUMN demand REAL;
        ALTER TABLE feed ADD COLUMN price REAL;
        ALTER TABLE feed ADD COLUMN topic TEXT;
        ALTER TABLE content ADD COLUMN enclosures TEXT;
        -- Of states that no place shows any more it is not known.
        UPDATE content SET enclosures = (
            SELECT (SELECT json_group_array(url) FROM attachment t
                WHERE t.article_id = s.article_id AND t.sighting_id = s.id)
            FROM sighting s WHERE s.article_id = content.article_id AND s.content_id = content.id LIMIT 1
        ) WHERE length = 0;
        \(backfillTables)
        \(websubTables)
        \(searchTables)
        ALTER TABLE feed ADD COLUMN scope TEXT NOT NULL DEFAULT '';
        UPDATE feed SET scope = pause_scope(host);
        CREATE INDEX feed_scope ON feed (scope);
        ALTER TABLE host RENAME TO host_of_2;
        \(hostTable)
        INSERT INTO host SELECT pause_scope(name), max(paused_until), 0, 0, max(paused_until)
            FROM host_of_2 GROUP BY pause_scope(name);
        DROP TABLE host_of_2;
        \(outageTable)
        \(feedFigures)
        INSERT INTO feed_count SELECT state, count(*) FROM feed WHERE configured GROUP BY state;
        \(sightingFeedIndex)
        \(webhookTable)
        """,
    ]

    private static let backfillTables = """
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
    private static let websubTables = """
        -- What hubs were asked to send.
        CREATE TABLE websub (
            token TEXT NOT NULL UNIQUE,     -- the end of the callback URL: a secret
            feed_id INTEGER NOT NULL REFERENCES feed (id),
            hub TEXT NOT NULL,
            topic TEXT NOT NULL,            -- the URL by which the hub knows the feed
            callback TEXT NOT NULL,         -- what stands before the token
            secret TEXT NOT NULL,           -- the key of the hub's signatures
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

    private static let hostTable = """
        -- Hosts that asked for quiet, all of a pause scope as one, until they have been calm for long enough.
        CREATE TABLE host (
            name TEXT PRIMARY KEY,          -- a pause scope
            paused_until INTEGER NOT NULL,
            pause INTEGER NOT NULL,         -- milliseconds, which the next pause doubles
            slowness INTEGER NOT NULL,      -- doublings of the distance between request starts
            calm_since INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    private static let outageTable = """
        -- Since when our own network is out; no row while it works.
        CREATE TABLE outage (
            since INTEGER NOT NULL
        ) STRICT;
        """

    /// What `status` asks of a million feeds without walking through them. Conditions are spelled there as here: else the
    /// indexes are not used.
    private static let feedFigures = """
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
    private static let sightingFeedIndex = "CREATE INDEX sighting_feed ON sighting (feed_id, article_id);"

    private static let webhookTable = """
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

    private static let tables = """
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
            scope TEXT NOT NULL DEFAULT ''  -- of host: the hosts that pause together
        ) STRICT;
        CREATE INDEX feed_host ON feed (host);
        CREATE INDEX feed_scope ON feed (scope);

        \(hostTable)

        \(outageTable)

        \(feedFigures)
        \(webhookTable)

        -- One row an article, however often and wherever it was published.
        CREATE TABLE article (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            revision INTEGER NOT NULL,      -- the newest
            -- These two refer to rows that are written after the article's. As foreign keys they would cost a
            -- walk through this table for each of those rows.
            shown_content INTEGER NOT NULL,
            shown_sighting INTEGER NOT NULL,
            first_seen INTEGER NOT NULL
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
            text TEXT,                      -- plain
            enclosures TEXT                 -- of an entry without text: their URLs as JSON, part of the hash
        ) STRICT;
        CREATE INDEX content_hash ON content (hash, article_id);

        -- The states that an article has had, in their order.
        CREATE TABLE revision (
            article_id INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            content_id INTEGER NOT NULL REFERENCES content (id),
            feed_id INTEGER NOT NULL REFERENCES feed (id), -- that showed it first
            modified INTEGER,               -- as the entry said
            seen INTEGER NOT NULL,
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
            content_id INTEGER NOT NULL REFERENCES content (id),
            author TEXT,
            language TEXT,
            summary TEXT,
            entry TEXT NOT NULL,            -- all that the entry said but its body, as JSON
            fingerprint INTEGER NOT NULL,   -- of the whole entry: equal means nothing has changed
            rule INTEGER NOT NULL,          -- by which it joined its article
            first_seen INTEGER NOT NULL,
            last_seen INTEGER               -- null while it stands in the feed's latest document
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

        \(backfillTables)
        \(websubTables)
        \(searchTables)
        """

    /// The full-text index, and how far it has come.
    private static let searchTables = """
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

    /// Milliseconds as RFC 3339 in UTC, for views.
    private static func instant(_ column: String, as name: String? = nil) -> String {
        "strftime('%Y-%m-%dT%H:%M:%SZ', \(column) / 1000, 'unixepoch') AS \(name ?? String(column.split(separator: ".").last ?? ""))"
    }

    private static let views = """
        -- Where the index's columns can be read; in scripts without spaces it holds other words than these.
        CREATE VIEW search_content AS SELECT a.id, c.title, c.text, s.author,
            NULL AS characters, NULL AS places
        FROM article a JOIN content c ON c.id = a.shown_content JOIN sighting s ON s.id = a.shown_sighting;

        -- One row an article, as it stands. `revision` is the number of its newest state, `sightings` of the places
        -- where it stood. With the full-text index: articles JOIN articles_fts('words') ON articles.id = articles_fts.rowid.
        CREATE VIEW articles AS SELECT
            a.id, s.url, c.title, s.author, s.summary,
            CASE c.kind WHEN 'html' THEN c.body END AS content_html,
            CASE c.kind WHEN 'text' THEN c.body ELSE c.text END AS content_text,
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

        -- One row for each state that an article has had.
        CREATE VIEW revisions AS SELECT
            r.article_id, r.revision, 'sha256:' || lower(hex(c.hash)) AS content_hash, c.title,
            CASE c.kind WHEN 'html' THEN c.body END AS content_html,
            CASE c.kind WHEN 'text' THEN c.body ELSE c.text END AS content_text,
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
            CAST(f.etag AS TEXT) AS etag, CAST(f.last_modified AS TEXT) AS last_modified, f.hub
        FROM feed f WHERE f.configured;

        -- The change log. `revised` and `new` stand for a revision, `duplicate` for an article and a further feed.
        CREATE VIEW changes AS SELECT
            h.seq, \(instant("h.at")), h.kind, h.article_id, h.revision, f.url AS feed_url
        FROM change h LEFT JOIN feed f ON f.id = h.feed_id;
        """
}
