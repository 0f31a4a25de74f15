public import FeedModel
import Foundation
import GRDB
import Warc

extension KeptRecord {
    static let columns = """
        r.id, r.feed_id, r.extent, r.url, r.content_type, r.at, r.payload_digest, r.uuid, f.name, r.offset, r.length,
        r.request_length
        """
    static let tables = "raw_record r JOIN raw_file f ON f.id = r.file_id"

    init(row: Row) {
        id = row[0]
        feed = FeedID(rawValue: row[1])
        extent = RawDocument.Extent(rawValue: row[2]) ?? .whole
        url = row[3]
        contentType = row[4]
        at = Timestamp(milliseconds: row[5])
        digest = [UInt8](row[6] as Data)
        uuid = row[7]
        fileName = row[8]
        offset = row[9]
        length = row[10]
        requestLength = row[11]
    }
}

extension ArchiveTransaction {
    /// Appends a document's records to the WARC files.
    ///
    /// - Returns: the number of the record that holds the document.
    public func keep(_ document: PackedDocument, of feed: FeedID) throws -> Int64 {
        if document.record.isEmpty, let known = document.known { return known.id }
        guard let raw else { throw ArchiveError.failed(path: "warc", reason: "the archive is open for reading alone") }
        noteStored(document.request.count + document.record.count)
        let (file, offset) = try raw.append(document.request + document.record, at: document.at, in: db)
        let id = try insert(
            """
            INSERT INTO raw_record (feed_id, file_id, offset, length, request_length, kind, extent, at, url, content_type,
                payload_digest, uuid, refers_to)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                feed.rawValue, file, offset + document.request.count, document.record.count, document.request.count,
                document.kind, document.extent.rawValue, document.at.milliseconds, document.url, document.contentType,
                Data(document.digest), document.uuid, document.known?.id,
            ])
        return document.known?.id ?? id
    }

    /// What an unchanged sighting says stands in this record, and no other is known to say it.
    public func link(sighting: Int64, record: Int64) throws {
        try execute("UPDATE sighting SET record_id = ? WHERE id = ?", [record, sighting])
    }
}

extension Archive {
    /// The last document of a feed that was kept and not only referred to.
    public func lastKept(of feed: FeedID, _ extent: RawDocument.Extent) throws -> KeptRecord? {
        try read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT \(KeptRecord.columns) FROM \(KeptRecord.tables)
                    WHERE r.feed_id = ? AND r.extent = ? AND r.refers_to IS NULL ORDER BY r.id DESC LIMIT 1
                    """)
            return try Row.fetchOne(statement, arguments: [feed.rawValue, extent.rawValue]).map(KeptRecord.init(row:))
        }
    }

    /// Where the documents stand that brought an article's revisions, by their numbers, as far as they were kept.
    public func places(ofRevisionsOf article: ArticleID) throws -> [Int: String] {
        try read { db in
            guard try db.tableExists("raw_record") else { return [:] }
            var places: [Int: String] = [:]
            for row in try Row.fetchAll(
                db,
                sql: """
                    SELECT v.revision, f.name, r.offset FROM revision v JOIN raw_record r ON r.id = v.record_id
                    JOIN raw_file f ON f.id = r.file_id WHERE v.article_id = ?
                    """, arguments: [article.rawValue])
            {
                places[row[0]] = KeptRecord.place(row[1], row[2])
            }
            return places
        }
    }
}
