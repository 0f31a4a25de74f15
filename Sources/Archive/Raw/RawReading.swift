public import FeedModel
import Foundation
import GRDB
import Warc

/// Which kept documents are meant.
public struct RawSelection: Hashable, Sendable {
    /// Of this feed, by its configured or current URL.
    public var feed: String?
    /// Of feeds with this tag.
    public var tag: String?
    /// Received at or after.
    public var since: Timestamp?
    /// Received before.
    public var until: Timestamp?

    public init(feed: String? = nil, tag: String? = nil, since: Timestamp? = nil, until: Timestamp? = nil) {
        self.feed = feed
        self.tag = tag
        self.since = since
        self.until = until
    }
}

extension Archive {
    /// Whether any document was ever kept.
    public func hasRawDocuments() throws -> Bool {
        try read { db in
            try db.tableExists("raw_record")
                && Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM raw_record)") == true
        }
    }

    // MARK: export

    /// One WARC file with the records that are meant, and earlier ones that these refer to, in the order in which they were written: pieces of it one after
    /// the other, each record as it stands in the archive's own files.
    ///
    /// - Throws: `ArchiveError.failed` where a record cannot be read.
    /// - Returns: how many documents and references to documents it holds.
    public func exportRaw(
        _ selection: RawSelection, version: String, at now: Timestamp, write: ([UInt8]) throws -> Void
    ) throws -> Int {
        try write(WarcRecord.information(software: "ingestd/\(version)", fileName: nil, at: now).compressed)
        var conditions = ["r.id > ?", "r.id <= ?"]
        var filter: StatementArguments = []
        if let feed = selection.feed {
            conditions.append("r.feed_id IN (SELECT id FROM feed WHERE configured_url = ? OR url = ?)")
            filter += [feed, feed]
        }
        if let tag = selection.tag {
            conditions.append(
                "r.feed_id IN (SELECT g.id FROM feed g, json_each(g.tags) t WHERE t.value = ?)")
            filter += [tag]
        }
        if let since = selection.since {
            // Whoever reads that a document came again wants the document.
            conditions.append(
                """
                (r.at >= ? OR EXISTS (SELECT 1 FROM raw_record v
                    WHERE v.refers_to = r.id AND v.at >= ? AND v.at < coalesce(?, v.at + 1)))
                """)
            filter += [since.milliseconds, since.milliseconds, selection.until?.milliseconds]
        }
        if let until = selection.until {
            conditions.append("r.at < ?")
            filter += [until.milliseconds]
        }
        let last = try read { try Int64.fetchOne($0, sql: "SELECT max(id) FROM raw_record") ?? 0 }
        var position: Int64 = 0
        var count = 0
        var open: (name: String, file: WarcFile)?
        while true {
            let page = try read { db in
                try Row.fetchAll(
                    db,
                    sql: """
                        SELECT \(KeptRecord.columns) FROM \(KeptRecord.tables)
                        WHERE \(conditions.joined(separator: " AND ")) ORDER BY r.id LIMIT \(Archive.pageSize)
                        """, arguments: [position, last] + filter
                ).map(KeptRecord.init(row:))
            }
            for record in page {
                let path = rawPath(record.fileName)
                let bytes: [UInt8]
                do throws(WarcFailure) {
                    let file: WarcFile
                    if let open, open.name == record.fileName {
                        file = open.file
                    } else {
                        file = try WarcFile(path: path)
                    }
                    open = (record.fileName, file)
                    bytes = try file.bytes(
                        at: record.offset - record.requestLength, count: record.requestLength + record.length)
                } catch {
                    throw ArchiveError.failed(path: path, reason: "\(record.place): \(error)")
                }
                try write(bytes)
                count += 1
            }
            guard let end = page.last, page.count == Archive.pageSize else { return count }
            position = end.id
        }
    }

    func rawPath(_ name: String) -> String { RawWriter.folder(ofArchive: folder) + "/" + name }
}
