import FeedModel
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Archive

/// WARC files and the transactions that refer to them.
@Suite struct RawWriterTests {
    private struct Broken: Error {}

    final class Lab {
        let folder: TemporaryFolder
        private(set) var archive: Archive
        let feed: FeedID
        private(set) var now = Timestamp(seconds: 1_796_000_000)

        init() async throws {
            folder = try TemporaryFolder()
            archive = try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder)
            let now = now
            feed = try await archive.write { archive in
                try archive.synchronize(
                    [ConfiguredFeed(url: "http://a/", title: nil, tags: [], enabled: true, settings: "")], at: now)[0]
                    .id
            }
        }

        func document(_ text: String) -> PackedDocument {
            let exchange = RawDocument.Exchange(
                request: Array("GET / HTTP/1.1\r\nHost: a".utf8), response: Array("HTTP/1.1 200 OK".utf8),
                address: "192.0.2.1", protocolName: "http/1.1")
            return RawDocument(
                .whole, url: "http://a/", contentType: "text/xml", exchange: exchange, body: Array(text.utf8), at: now
            ).packed(after: nil)
        }

        @discardableResult
        func keep(_ text: String) async throws -> Int64 {
            let (document, feed) = (document(text), feed)
            return try await archive.write { try $0.keep(document, of: feed) }
        }

        func wait(_ duration: Duration) { now = now + duration }

        var files: [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/warc")) ?? []).sorted()
                .map { folder.path + "/warc/" + $0 }
        }

        func size(_ path: String) -> Int { FileManager.default.contents(atPath: path)?.count ?? -1 }

        func append(_ bytes: [UInt8], to path: String) throws {
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.seekToEnd()
            try file.write(contentsOf: Data(bytes))
            try file.close()
        }

        func reopen() throws {
            try archive.close()
            archive = try Archive.openForReading(folder: folder.path)
            archive = try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder)
        }

        func report() throws -> VerificationReport {
            try archive.verify(ContentHasher(form: 0, hash: { _, _, _ in ([], 0) }, urlKey: { _, _ in nil })) { _, _ in
            }
        }
    }

    /// Whoever reads that a document came again wants the document.
    @Test func anExportOfLateRecordsHoldsWhatTheyReferTo() async throws {
        let lab = try await Lab()
        try await lab.keep("unneeded")
        try await lab.keep("needed")
        let known = try #require(try lab.archive.lastKept(of: lab.feed, .whole))
        lab.wait(.days(1))
        let late = lab.now
        let again = RawDocument(
            .whole, url: "http://a/", contentType: "text/xml",
            exchange: RawDocument.Exchange(
                request: Array("GET / HTTP/1.1".utf8), response: Array("HTTP/1.1 200 OK".utf8), address: nil,
                protocolName: nil), body: Array("needed".utf8), at: late
        ).packed(after: known)
        let feed = lab.feed
        _ = try await lab.archive.write { try $0.keep(again, of: feed) }
        func count(_ since: Timestamp?, _ until: Timestamp? = nil) throws -> Int {
            try lab.archive.exportRaw(RawSelection(since: since, until: until), version: "0", at: late) { _ in }
        }
        #expect(try count(nil) == 3)
        #expect(try count(late) == 2)
        #expect(try count(late, late) == 0)
        #expect(try count(nil, late) == 2)
    }

    @Test func nothingIsThereUntilSomethingIsKept() async throws {
        let lab = try await Lab()
        #expect(!FileManager.default.fileExists(atPath: lab.folder.path + "/warc"))
        #expect(try !lab.archive.hasRawDocuments())
        try await lab.keep("one")
        let name = try #require(lab.files.first)
        #expect(name.hasSuffix("/ingestd-20261130005320-00001.warc.gz"))
        let kept = try #require(try lab.archive.lastKept(of: lab.feed, .whole))
        #expect(try lab.archive.body(of: kept).get() == Array("one".utf8))
        let report = try lab.report()
        #expect(report.findings.isEmpty && report.rawDocuments == 1 && report.rawTail == 0)
    }

    @Test func whatWasRolledBackIsNotInTheFile() async throws {
        let lab = try await Lab()
        let (first, feed) = (lab.document("never"), lab.feed)
        await #expect(throws: Broken.self) {
            try await lab.archive.write { archive in
                _ = try archive.keep(first, of: feed)
                throw Broken()
            }
        }
        #expect(lab.files.isEmpty)
        try await lab.keep("one")
        let size = lab.size(lab.files[0])
        await #expect(throws: Broken.self) {
            try await lab.archive.write { archive in
                _ = try archive.keep(first, of: feed)
                throw Broken()
            }
        }
        #expect(lab.size(lab.files[0]) == size)
        try await lab.keep("two")
        #expect(lab.files.count == 1 && lab.size(lab.files[0]) > size)
        #expect(try lab.report().findings.isEmpty)
    }

    /// Half a record, zeros, or a whole record of a transaction that did not commit.
    @Test(arguments: 0..<4) func aTornEndIsCutOffAtTheNextStart(kind: Int) async throws {
        let lab = try await Lab()
        try await lab.keep("one")
        let path = lab.files[0]
        let (size, whole) = (lab.size(path), lab.document("two").record)
        switch kind {
        case 0: try lab.append(Array(whole.dropLast(9)), to: path)
        case 1: try lab.append(Array(repeating: 0, count: 4096), to: path)
        case 2: try lab.append(whole, to: path)
        default: try lab.append(whole + whole.prefix(20), to: path)
        }
        let report = try lab.report()
        #expect(report.findings.isEmpty)
        #expect(report.rawTail == [whole.count - 9, 4096, 0, 20][kind])
        try lab.reopen()
        #expect(lab.size(path) == (kind < 2 ? size : size + whole.count))
        try await lab.keep("three")
        #expect(lab.files == [path])
        let after = try lab.report()
        #expect(after.findings.isEmpty && after.rawTail == 0 && after.rawDocuments == 2)
    }

    @Test func aFileThatNoTransactionNamesIsMadeWholeToo() async throws {
        let lab = try await Lab()
        try await lab.keep("one")
        let whole = lab.document("x").record
        for (name, bytes) in [("a", Array(whole.prefix(9))), ("b", whole + whole.prefix(9))] {
            try Data(bytes).write(to: URL(fileURLWithPath: lab.folder.path + "/warc/ingestd-\(name).warc.gz"))
        }
        try Data([1]).write(to: URL(fileURLWithPath: lab.folder.path + "/warc/mine.warc.gz"))
        try lab.reopen()
        #expect(lab.files.map(lab.size).sorted() == [1, whole.count, lab.size(lab.files[0])].sorted())
    }

    @Test func aFileIsFollowedByAnotherAfterADay() async throws {
        let lab = try await Lab()
        try await lab.keep("one")
        lab.wait(.hours(23))
        try await lab.keep("two")
        lab.wait(.hours(1))
        try await lab.keep("three")
        #expect(lab.files.count == 2)
        // One that was put away is not missed before it is needed.
        try FileManager.default.removeItem(atPath: lab.files[1])
        try lab.reopen()
        try await lab.keep("four")
        #expect(lab.files.count == 2)
        let report = try lab.report()
        #expect(report.counts == [.rawDocument: 1] && report.rawDocuments == 4)
    }

    @Test func whatIsMissingIsNotWrittenOver() async throws {
        let lab = try await Lab()
        try await lab.keep("one")
        let path = lab.files[0]
        try await lab.archive.write { try $0.execute("UPDATE raw_file SET length = length + 10", []) }
        try lab.reopen()
        try await lab.keep("two")
        #expect(lab.files.count == 2 && lab.files[0] == path)
        #expect(try lab.report().counts == [.rawDocument: 1])
    }

    @Test func theCopyHoldsWhatItRefersTo() async throws {
        let lab = try await Lab()
        try await lab.keep("one")
        let size = lab.size(lab.files[0])
        // What comes after the copy's moment is not its business.
        try lab.append([1, 2, 3], to: lab.files[0])
        let copy = try TemporaryFolder()
        let summary = try lab.archive.backUp(to: copy.path + "/b", holder: ArchiveTests.holder) { _, _ in }
        #expect(summary.missingFiles.isEmpty)
        let other = try Archive.openForReading(folder: copy.path + "/b")
        #expect(lab.size(copy.path + "/b/warc/" + (lab.files[0] as NSString).lastPathComponent) == size)
        let kept = try #require(try other.lastKept(of: lab.feed, .whole))
        #expect(try other.body(of: kept).get() == Array("one".utf8))
    }

    @Test func aRecordThatWasAlteredIsFound() async throws {
        let lab = try await Lab()
        for text in ["one", "two", "three"] { try await lab.keep(text) }
        let path = lab.files[0]
        var bytes = [UInt8](try #require(FileManager.default.contents(atPath: path)))
        let kept = try #require(try lab.archive.lastKept(of: lab.feed, .whole))
        // The last but one byte of the checksum of the record before.
        bytes[kept.offset - kept.requestLength - 6] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        #expect(try lab.report().counts == [.rawDocument: 1])
        try await lab.archive.write { try $0.execute("UPDATE raw_record SET uuid = 'x' WHERE id = 3", []) }
        #expect(try lab.report().counts == [.rawDocument: 2])
        try await lab.archive.write { try $0.execute("UPDATE raw_record SET offset = offset + 1 WHERE id = 1", []) }
        #expect(try lab.report().counts[.rawDocument] == 3)
    }
}
