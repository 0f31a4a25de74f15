/// From each version to the next.
extension Schema {
    /// The first leads from version 1 to 2, and so on.
    static let steps = [
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
        """
        \(operatorPauseTables)
        \(rawColumns)
        \(rawTables)
        \(contentReferences)
        ALTER TABLE article ADD COLUMN thinned INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE revision ADD COLUMN run INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE feed ADD COLUMN churny_since INTEGER;
        ALTER TABLE feed ADD COLUMN last_churn INTEGER;
        \(churnIndex)
        \(contentArticleIndex)
        \(retentionTables)
        \(floodTables)
        \(canonicalTable)
        \(silenceColumns)
        \(silenceIndexes)
        """,
        """
        -- Texts can be pieces of their bodies: the views, which are made anew, put them together.
        \(storyTables)
        """,
        """
        ALTER TABLE feed ADD COLUMN stored_since INTEGER;
        ALTER TABLE feed ADD COLUMN stored_bytes INTEGER NOT NULL DEFAULT 0;
        """,
    ]
}
