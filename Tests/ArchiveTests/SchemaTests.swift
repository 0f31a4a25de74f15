import GRDB
import TestSupport
import Testing

@testable import Archive

/// What `schema` prints.
@Suite struct SchemaTests {
    @Test func theTextMakesAnArchive() throws {
        let folder = try TemporaryFolder()
        let queue = try DatabaseQueue(path: Archive.databasePath(inFolder: folder.path))
        try queue.writeWithoutTransaction { try $0.execute(sql: Archive.schema) }
        try queue.close()
        let fresh = try TemporaryFolder()
        try Archive.openForWriting(folder: fresh.path, holder: ArchiveTests.holder).close()
        #expect(try MigrationTests.shape(folder.path) == MigrationTests.shape(fresh.path))
        #expect(throws: Never.self) { _ = try Archive.openForReading(folder: folder.path) }
    }

    /// A reader without the source learns what each table and view is for.
    @Test func everyTableAndViewIsExplained() {
        let lines = Archive.schema.split(separator: "\n", omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated()
        where line.hasPrefix("CREATE TABLE") || line.hasPrefix("CREATE VI") {
            #expect(number > 0 && lines[number - 1].hasPrefix("--"), "\(line)")
        }
    }
}
