public import Archive
public import FeedModel
import Foundation

/// Finds out what `Health` judges.
public enum HealthCheck {
    /// - Parameters:
    ///   - folder: the archive's.
    ///   - archive: open already, in the daemon; otherwise opened for the question.
    ///   - daemon: who writes to the archive, and whether it answers; `nil` if nobody runs.
    public static func run(
        folder: String, archive: Archive? = nil, daemon: Health.Daemon?, at now: Timestamp
    ) -> Health {
        let path = Archive.databasePath(inFolder: folder)
        var findings = Health.Findings(archivePath: path)
        findings.daemon = daemon
        do {
            let archive = try archive ?? Archive.openForReading(folder: folder)
            findings.figures = try archive.statusFigures(at: now, overdueAfter: Health.overdueAfter)
        } catch ArchiveError.notThere {
            return Health(findings, at: now)
        } catch {
            findings.archiveError = "\(error)"
        }
        findings.isReadOnly = ![path, folder].allSatisfy(FileManager.default.isWritableFile(atPath:))
        for suffix in ["", "-wal"] { findings.bytes += size(ofFile: path + suffix) }
        findings.freeBytes = freeBytes(at: folder)
        return Health(findings, at: now)
    }

    private static func size(ofFile path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }

    private static func freeBytes(at folder: String) -> Int? {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
        return (attributes?[.systemFreeSize] as? NSNumber)?.intValue
    }
}
