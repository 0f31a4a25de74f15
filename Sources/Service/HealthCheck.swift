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
        findings.isReadOnly = access(path, W_OK) != 0 || access(folder, W_OK) != 0
        for suffix in ["", "-wal"] { findings.bytes += size(ofFile: path + suffix) }
        findings.freeBytes = freeBytes(at: folder)
        return Health(findings, at: now)
    }

    private static func size(ofFile path: String) -> Int {
        var info = stat()
        return stat(path, &info) == 0 ? Int(info.st_size) : 0
    }

    private static func freeBytes(at folder: String) -> Int? {
        var info = statvfs()
        guard statvfs(folder, &info) == 0 else { return nil }
        return Int(clamping: UInt64(info.f_bavail).multipliedReportingOverflow(by: UInt64(info.f_frsize)).partialValue)
    }
}
