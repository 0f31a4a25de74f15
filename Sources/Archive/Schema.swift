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
    static let version = 6

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
}
