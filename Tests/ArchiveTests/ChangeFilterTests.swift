import FeedModel
import GRDB
import TestSupport
import Testing

@testable import Archive

/// Looking through the change log for some lines of many.
@Suite struct ChangeFilterTests {
    /// Lines 1 to 25,000, of which 12,345 is the only new one.
    private func archive(_ folder: TemporaryFolder) async throws -> Archive {
        let archive = try Archive.openForWriting(folder: folder.path, holder: ArchiveTests.holder)
        try await archive.write { archive in
            for seq in 1...25_000 {
                try archive.execute(
                    "INSERT INTO change (at, kind) VALUES (0, ?)", [seq == 12_345 ? "new" : "duplicate"])
            }
        }
        return archive
    }

    @Test func aLongLogIsLookedThroughInPieces() async throws {
        let folder = try TemporaryFolder()
        let archive = try await archive(folder)
        var (position, isEnd): (Int64, Bool) = (0, false)
        var (found, positions): ([Int64], [Int64]) = ([], [])
        while !isEnd {
            (position, isEnd) = try archive.changes(after: position, ChangeFilter(kinds: [.new]), limit: 5) { change in
                found.append(change.seq)
                return true
            }
            positions.append(position)
        }
        #expect(found == [12_345])
        #expect(positions == [10_000, 20_000, 25_000])
    }

    @Test func whoHasEnoughGoesOnBehindIt() async throws {
        let folder = try TemporaryFolder()
        let archive = try await archive(folder)
        let byLimit = try archive.changes(after: 10, ChangeFilter(), limit: 3) { _ in true }
        #expect(byLimit == (13, false))
        let byWord = try archive.changes(after: 24_998, ChangeFilter(kinds: [.duplicate]), limit: 9) { _ in false }
        #expect(byWord == (24_999, false))
        #expect(try archive.changes(after: 24_998, ChangeFilter(), limit: 2) { _ in true } == (25_000, true))
        #expect(try archive.changes(after: 25_000, ChangeFilter(), limit: 2) { _ in true } == (25_000, true))
        #expect(try archive.changes(after: 0, ChangeFilter(tags: ["x"]), limit: 2) { _ in true } == (10_000, false))
    }
}
