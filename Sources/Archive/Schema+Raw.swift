/// The tables of raw documents.
extension Schema {
    static let rawTables = """
        -- The WARC files beside the database, in `warc`. Each is a gzip member a record, and only grows.
        CREATE TABLE raw_file (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            length INTEGER NOT NULL,        -- up to which it is relied upon
            created INTEGER NOT NULL
        ) STRICT;

        -- Documents as they came, each a record in one of these files.
        CREATE TABLE raw_record (
            id INTEGER PRIMARY KEY,
            feed_id INTEGER NOT NULL REFERENCES feed (id),
            file_id INTEGER NOT NULL REFERENCES raw_file (id),
            offset INTEGER NOT NULL,        -- of its gzip member
            length INTEGER NOT NULL,
            request_length INTEGER NOT NULL, -- of the request's member, which stands right before; 0: none
            kind TEXT NOT NULL,             -- response, resource, revisit
            extent TEXT NOT NULL,           -- whole, delta, pushed, older
            at INTEGER NOT NULL,
            url TEXT NOT NULL,              -- that answered
            content_type TEXT,
            payload_digest BLOB NOT NULL,   -- SHA-256
            uuid TEXT NOT NULL,             -- of WARC-Record-ID
            refers_to INTEGER               -- of a revisit: the record with the same payload
        ) STRICT;
        CREATE INDEX raw_record_feed ON raw_record (feed_id, extent, id);
        CREATE INDEX raw_record_place ON raw_record (file_id, offset);
        CREATE INDEX raw_record_refers ON raw_record (refers_to) WHERE refers_to IS NOT NULL;
        CREATE INDEX sighting_record ON sighting (record_id) WHERE record_id IS NOT NULL;
        """

    /// For archives of earlier versions.
    static let rawColumns = """
        ALTER TABLE revision ADD COLUMN record_id INTEGER;
        ALTER TABLE sighting ADD COLUMN record_id INTEGER;
        """
}
