import FeedModel
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Archive

@Suite struct BackupTests {
    private let now = Timestamp(seconds: 1_790_000_000)

    /// An archive with one feed, and articles of together this many KiB.
    private func archive(_ folder: TemporaryFolder, kibibytes: Int) async throws {
        let archive = try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder)
        let now = now
        try await archive.write { archive in
            let feed = ConfiguredFeed(url: "https://a.example/", title: nil, tags: [], enabled: true, settings: "")
            guard let id = try archive.synchronize([feed], at: now).first?.id else { return }
            for number in 0..<kibibytes / 16 {
                let text = String(repeating: "\(number) ", count: 4096)
                _ = try archive.insertArticle(
                    ContentRecord(
                        hash: Array("\(number)".utf8), form: 1, title: nil, body: nil, text: text, length: text.count),
                    sighting: { content in
                        SightingRecord(
                            guid: "\(number)", url: nil, urlKey: nil, published: nil, modified: nil, contentID: content,
                            author: nil, language: nil, summary: nil, entry: Array("{}".utf8), fingerprint: 0,
                            attachments: [])
                    }, in: id, rule: 5, modified: nil, at: now)
            }
        }
        try archive.close()
    }

    /// A writer commits between any two steps, and is neither held up nor in the copy.
    @Test func writersGoOnAndTheCopyIsOfOneMoment() async throws {
        let folder = try TemporaryFolder()
        try await archive(folder, kibibytes: 12 << 10)
        // One that does not wait: it fails at once where it is held up.
        let writer = try DatabaseQueue(path: Archive.databasePath(inFolder: folder.path))
        let source = try Archive.openForReading(folder: folder.path)
        let target = try TemporaryFolder().path + "/deep/copy"
        var steps: [Int] = []
        var total = 0
        let summary = try source.backUp(to: target, holder: ArchiveTests.holder) { done, all in
            steps.append(done)
            total = all
            #expect(throws: Never.self) {
                try writer.write { try $0.execute(sql: "INSERT INTO change (at, kind) VALUES (0, 'flood')") }
            }
        }
        #expect(steps.count >= 3 && steps == steps.sorted() && steps.last == total)
        #expect(summary.articles == 768 && summary.seq == 768 && summary.bytes == total)
        #expect(
            Set(try FileManager.default.contentsOfDirectory(atPath: target)) == ["archive.sqlite3", "lock"])
        // The copy is an archive that can be gone on with.
        let copy = try Archive.openForWriting(folder: target, holder: ArchiveTests.holder)
        #expect(try copy.newestChange() == 768)
        #expect(try source.newestChange() == 768 + Int64(steps.count))
        try await copy.write {
            try $0.appendChange(
                .flood, article: .init(rawValue: 1), revision: 1, feed: .init(rawValue: 1), at: Timestamp(seconds: 0))
        }
        #expect(try copy.newestChange() == 769)
    }

    @Test func anArchiveIsNotOverwritten() async throws {
        let folder = try TemporaryFolder()
        try await archive(folder, kibibytes: 16)
        let source = try Archive.openForReading(folder: folder.path)
        #expect(throws: ArchiveError.exists(path: folder.path + "/archive.sqlite3")) {
            _ = try source.backUp(to: folder.path, holder: ArchiveTests.holder) { _, _ in }
        }
    }

    @Test(arguments: ["cursors", "cursors/copy", "warc"])
    func noCopyIsPutAmongAnArchivesOwnFiles(place: String) async throws {
        let folder = try TemporaryFolder()
        try await archive(folder, kibibytes: 16)
        mkdir(folder.path + "/cursors", 0o755)
        let source = try Archive.openForReading(folder: folder.path)
        #expect {
            _ = try source.backUp(to: folder.path + "/" + place, holder: ArchiveTests.holder) { _, _ in }
        } throws: { error in
            if case ArchiveError.cannotCreate = error { true } else { false }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/cursors").isEmpty)
    }

    /// What an earlier backup left when it was killed is in nobody's way; other files of the folder stay.
    @Test func whatWasBrokenOffIsBegunAnew() async throws {
        let folder = try TemporaryFolder()
        try await archive(folder, kibibytes: 16)
        try FileManager.default.createDirectory(atPath: folder.path + "/cursors", withIntermediateDirectories: true)
        try folder.write("1\n", to: "cursors/mine")
        let target = try TemporaryFolder()
        try target.write("half of", to: "archive.sqlite3.partial")
        try target.write("mine", to: "notes.txt")
        let source = try Archive.openForReading(folder: folder.path)
        _ = try source.backUp(to: target.path, holder: ArchiveTests.holder) { _, _ in }
        #expect(
            Set(try FileManager.default.contentsOfDirectory(atPath: target.path))
                == ["archive.sqlite3", "lock", "notes.txt", "cursors"])
        #expect(try String(contentsOfFile: target.path + "/cursors/mine", encoding: .utf8) == "1\n")
    }

    @Test func whereNothingCanBeWrittenNothingIsLeft() async throws {
        let folder = try TemporaryFolder()
        try await archive(folder, kibibytes: 16)
        let source = try Archive.openForReading(folder: folder.path)
        let file = try folder.write("", to: "file")
        #expect {
            _ = try source.backUp(to: file + "/copy", holder: ArchiveTests.holder) { _, _ in }
        } throws: { error in
            if case ArchiveError.cannotCreate = error { true } else { false }
        }
    }

    @Test func whoCouldNotReadTheArchiveCannotReadTheCopy() async throws {
        let folder = try TemporaryFolder()
        try await archive(folder, kibibytes: 16)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o640], ofItemAtPath: Archive.databasePath(inFolder: folder.path))
        let target = folder.path + "/copy"
        _ = try Archive.openForReading(folder: folder.path).backUp(to: target, holder: ArchiveTests.holder) { _, _ in }
        let attributes = try FileManager.default.attributesOfItem(atPath: Archive.databasePath(inFolder: target))
        #expect(attributes[.posixPermissions] as? Int == 0o640)
    }
}
