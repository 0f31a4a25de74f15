extension Schema {
    static let operatorPauseTables = """
        -- Feeds and hosts that an operator has paused.
        CREATE TABLE operator_pause (
            feed_id INTEGER UNIQUE REFERENCES feed (id),
            host TEXT UNIQUE,               -- in one spelling; one of the two is null
            since INTEGER NOT NULL,
            until INTEGER,                  -- null: until it is resumed
            CHECK ((feed_id IS NULL) <> (host IS NULL))
        ) STRICT;
        """
}
