import Foundation
import GRDB
import Warc

extension ArchiveVerifier {
    // MARK: raw documents

    /// What the archive knows of a record.
    private struct KnownRecord {
        var offset: Int
        var length: Int
        var requestLength: Int
        var kind: String
        var uuid: String
        var digest: [UInt8]

        init(row: Row) {
            offset = row.safe(Int.self, 0) ?? 0
            length = row.safe(Int.self, 1) ?? 0
            requestLength = row.safe(Int.self, 2) ?? 0
            kind = row.safe(String.self, 3) ?? ""
            uuid = row.safe(String.self, 4) ?? ""
            digest = row.safe(Data.self, 5).map { [UInt8]($0) } ?? []
        }
    }

    mutating func checkRawDocuments() throws {
        guard try db.tableExists("raw_file") else { return }
        let newest = try Int64.fetchOne(db, sql: "SELECT max(id) FROM raw_file")
        try each("SELECT id, name, length FROM raw_file ORDER BY id") { verifier, row in
            guard let id = row.safe(Int64.self, 0), let name = row.safe(String.self, 1) else { return }
            try verifier.checkRawFile(id, name, length: row.safe(Int.self, 2) ?? 0, isNewest: id == newest)
        }
        try each(
            """
            SELECT 'revision ' || v.revision, v.article_id FROM revision v LEFT JOIN raw_record r ON r.id = v.record_id
            WHERE v.record_id IS NOT NULL AND r.id IS NULL
            UNION ALL
            SELECT 'sighting ' || s.id, s.article_id FROM sighting s LEFT JOIN raw_record r ON r.id = s.record_id
            WHERE s.record_id IS NOT NULL AND r.id IS NULL
            """
        ) { verifier, row in
            verifier.find(
                .reference, "\(row.safe(String.self, 0) ?? "?") names a raw document that is not there",
                article: row.safe(Int64.self, 1))
        }
        try each(
            """
            SELECT r.id FROM raw_record r LEFT JOIN raw_record o ON o.id = r.refers_to
            WHERE r.refers_to IS NOT NULL AND (o.id IS NULL OR o.payload_digest <> r.payload_digest)
            """
        ) { verifier, row in
            verifier.find(
                .reference,
                "raw document \(row.safe(Int64.self, 0) ?? 0) refers to another that is not there, or another text")
        }
    }

    /// Every record of a file, and those that the archive knows among them.
    private mutating func checkRawFile(_ id: Int64, _ name: String, length: Int, isNewest: Bool) throws {
        report.rawFiles += 1
        let known = try Row.fetchCursor(
            db,
            sql: """
                SELECT offset, length, request_length, kind, uuid, payload_digest FROM raw_record WHERE file_id = ?
                ORDER BY offset
                """, arguments: [id])
        let path = RawWriter.folder(ofArchive: (self.path as NSString).deletingLastPathComponent) + "/" + name
        let file: WarcFile
        do throws(WarcFailure) {
            file = try WarcFile(path: path)
        } catch {
            var count = 0
            while try known.next() != nil { count += 1 }
            report.rawDocuments += count
            return find(
                .rawDocument, "\(path): \(error); the archive refers to \(count) records in it", remedy: remedyOfFile)
        }
        let size = file.size
        if size < length {
            find(
                .rawDocument, "\(path) is \(size) bytes long, and the archive relies on \(length)", remedy: remedyOfFile
            )
        }
        var next = try known.next().map(KnownRecord.init(row:))
        var position = 0
        var before: (offset: Int, kind: String?) = (0, nil)
        func advance() throws {
            report.rawDocuments += 1
            next = try known.next().map(KnownRecord.init(row:))
        }
        while position < min(size, length) {
            let member: WarcFile.Member
            do throws(WarcFailure) {
                member = try file.member(at: position)
            } catch {
                find(.rawDocument, "\(name)@\(position): \(error)", remedy: remedyOfFile)
                // On to the next record that is known, be it the one whose request cannot be read.
                while let row = next, row.offset <= position { try advance() }
                guard let row = next else { break }
                let request = row.offset - row.requestLength
                position = request > position ? request : row.offset
                continue
            }
            checkDigests(member.record, "\(name)@\(position)")
            while let row = next, row.offset <= position {
                if row.offset < position {
                    find(.rawDocument, "no record begins at \(name)@\(row.offset)", remedy: remedyOfFile)
                } else {
                    check(row, member, before, "\(name)@\(position)")
                }
                try advance()
            }
            before = (position, member.record["WARC-Type"])
            position += member.length
        }
        var missing = 0
        while next != nil {
            missing += 1
            next = try known.next().map(KnownRecord.init(row:))
        }
        report.rawDocuments += missing
        if missing > 0 { find(.rawDocument, "\(missing) records of \(name) are not there", remedy: remedyOfFile) }
        if size > length { try checkTail(file, path, length: length, size: size, isNewest: isNewest) }
    }

    var remedyOfFile: String {
        "put the file back from where it was moved, or from a backup; articles are whole without it, but what they are made "
            + "of cannot be read anew"
    }

    private mutating func checkDigests(_ record: WarcRecord, _ place: String) {
        if let digest = record["WARC-Block-Digest"], WarcDigest.matches(digest, record.block) == false {
            find(.rawDocument, "\(place): its block is not what its digest was made of", remedy: remedyOfFile)
        }
        let kind = record["WARC-Type"]
        guard kind == "response" || kind == "resource", let digest = record["WARC-Payload-Digest"] else { return }
        let head = kind == "resource" ? 0 : WarcRecord.httpHeadLength(record.block) ?? 0
        if WarcDigest.matches(digest, record.block[head...]) == false {
            find(.rawDocument, "\(place): its payload is not what its digest was made of", remedy: remedyOfFile)
        }
    }

    private mutating func check(
        _ row: KnownRecord, _ member: WarcFile.Member, _ before: (offset: Int, kind: String?), _ place: String
    ) {
        let record = member.record
        let isSame =
            row.length == member.length && record["WARC-Type"] == row.kind
            && record["WARC-Record-ID"] == WarcRecord.urn(row.uuid)
            && record["WARC-Payload-Digest"] == WarcDigest.text(row.digest)
        if !isSame { find(.rawDocument, "\(place) is another record than the one that was kept", remedy: remedyOfFile) }
        if row.requestLength > 0, before.offset != row.offset - row.requestLength || before.kind != "request" {
            find(.rawDocument, "the request of \(place) does not stand before it", remedy: remedyOfFile)
        }
    }

    /// What stands behind the last record that counts: whole records of a transaction that did not commit, or that came
    /// after this verification began; a torn one where the program was killed, or is writing now.
    private mutating func checkTail(
        _ file: WarcFile, _ path: String, length: Int, size: Int, isNewest: Bool
    ) throws {
        guard let end = try? file.endOfWholeMembers(from: length), end < size else { return }
        if isNewest {
            report.rawTail = size - end
        } else {
            find(
                .rawDocument, "\(path) ends with \(size - end) bytes that are no record",
                remedy: "nothing refers to them; take them away: truncate -s \(end) '\(path)'")
        }
    }
}
