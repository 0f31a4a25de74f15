/// What it takes that not everything is kept.
extension Schema {
    static let churnIndex =
        "CREATE INDEX feed_churny ON feed (churny_since) WHERE configured AND churny_since IS NOT NULL;"

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
