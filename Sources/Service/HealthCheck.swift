public import Archive
public import FeedModel
import Foundation
import Glibc
public import Ingest
import Synchronization

/// Finds out what `Health` judges.
public enum HealthCheck {
    /// - Parameters:
    ///   - folder: the archive's.
    ///   - archive: open already, in the daemon; otherwise opened for the question.
    ///   - daemon: who writes to the archive, and whether it answers; `nil` if nobody runs.
    public static func run(
        folder: String, archive: Archive? = nil, daemon: Health.Daemon?, settings: StatusSettings = StatusSettings(),
        at now: Timestamp
    ) -> Health {
        var findings = examine(folder: folder, archive: archive, settings: settings, at: now)
        findings.daemon = daemon
        return Health(findings, settings: settings, at: now)
    }

    /// What the archive and its file system tell.
    public static func examine(
        folder: String, archive: Archive? = nil, settings: StatusSettings, at now: Timestamp
    ) -> Health.Findings {
        let path = Archive.databasePath(inFolder: folder)
        var findings = Health.Findings(archivePath: path)
        do {
            let archive = try archive ?? Archive.openForReading(folder: folder, patience: patience)
            let figures = try archive.statusFigures(at: now, overdueAfter: settings.overdue)
            findings.figures = figures
            if HealthJudge.tellsFailing(figures, above: settings.failing) {
                let rank = HealthJudge.pollable(figures) * (settings.failing ?? 0) / 100 + 1
                let longer = (figures.feeds[.gone] ?? 0) + (figures.feeds[.dead] ?? 0)
                findings.failingSince = try archive.failingSince(rank: max(rank, Health.fewestFailing) + longer)
            }
        } catch ArchiveError.notThere {
            return findings
        } catch ArchiveError.busy(let path) {
            findings.archiveError = "\(ArchiveError.busy(path: path))"
            findings.lockedBy = SQLiteLock.holder(ofDatabase: path, otherThan: nil)?.description ?? "its lock is held"
        } catch {
            findings.archiveError = "\(error)"
        }
        findings.isReadOnly = ![path, folder].allSatisfy(canWrite)
        findings.logBytes = size(ofFile: path + "-wal")
        findings.bytes = size(ofFile: path) + findings.logBytes
        if findings.logBytes > Archive.largeLog {
            let writer = ArchiveLock.holder(ofFolder: folder)?.pid
            findings.logReaders = SQLiteLock.readers(ofLogOf: path, otherThan: writer).map(\.description)
        }
        findings.freeBytes = freeBytes(at: folder)
        return findings
    }

    /// How long the archive is waited for, should another program have locked it.
    private static let patience: Duration = .milliseconds(1500)
    /// How long everything may take: a disk that does not answer is an answer.
    private static let deadline: Duration = .milliseconds(2300)
    /// A lock that is held for so long is no moment's.
    private static let lockedFor: Duration = .milliseconds(300)

    /// As `run`, for who is not the daemon: looks for the daemon and at the archive at once, and answers in time whatever
    /// hangs.
    public static func run(
        folder: String, settings: StatusSettings, configurationMistake: String?, time: any TimeSource,
        ask: @escaping @Sendable (ArchiveLock.Holder) async -> Health.Daemon
    ) async -> Health {
        let holder = ArchiveLock.holder(ofFolder: folder)
        let now = time.now
        let path = Archive.databasePath(inFolder: folder)
        // Meanwhile: the kernel takes some 15 ms to list locks, whoever holds any.
        async let seen = SQLiteLock.holder(ofDatabase: path, otherThan: holder?.pid)
        async let asked = holder.flatMap { $0.command == "run" ? $0 : nil }.asyncMap(ask)
        var findings =
            await inTime { examine(folder: folder, settings: settings, at: now) }
            ?? {
                var findings = Health.Findings(archivePath: path)
                findings.archiveError =
                    "the archive \(findings.archivePath) cannot be read within 2 s; look at its disk, and at what else uses it"
                return findings
            }()
        if findings.lockedBy == nil, let locker = await seen {
            try? await Task.sleep(for: lockedFor)
            if SQLiteLock.holder(ofDatabase: path, otherThan: holder?.pid) == locker {
                findings.lockedBy = locker.description
            }
        }
        let daemon = await asked
        findings.daemon = daemon
        if daemon == nil { findings.otherWriter = holder }
        // That a reader may not write says nothing of the daemon.
        if let canWrite = daemon?.canWrite {
            findings.isReadOnly = !canWrite
        } else if !isOwn(folder) {
            findings.isReadOnly = isMountedReadOnly(folder)
        }
        findings.configurationMistake = configurationMistake
        return Health(findings, settings: settings, at: now)
    }

    /// What `body` returns on a thread of its own, or `nil` when it takes too long; then it is left to itself.
    private static func inTime(_ body: @escaping @Sendable () -> Health.Findings) async -> Health.Findings? {
        await withCheckedContinuation { continuation in
            let waiting = Mutex<CheckedContinuation<Health.Findings?, Never>?>(continuation)
            let end: @Sendable (Health.Findings?) -> Void = { findings in
                waiting.withLock { waiting in
                    waiting?.resume(returning: findings)
                    waiting = nil
                }
            }
            Thread { end(body()) }.start()
            Task {
                try? await Task.sleep(for: deadline)
                end(nil)
            }
        }
    }

    private static func canWrite(_ path: String) -> Bool { access(path, W_OK) == 0 }

    /// Root, and who owns the folder, are those who would run the daemon.
    private static func isOwn(_ folder: String) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: folder)
        let owner = (attributes?[.ownerAccountID] as? NSNumber)?.uint32Value
        return geteuid() == 0 || owner == geteuid()
    }

    private static func isMountedReadOnly(_ folder: String) -> Bool { !canWrite(folder) && errno == EROFS }

    private static func size(ofFile path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }

    private static func freeBytes(at folder: String) -> Int? {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
        return (attributes?[.systemFreeSize] as? NSNumber)?.intValue
    }
}

extension Optional {
    fileprivate func asyncMap<Result: Sendable>(_ body: (Wrapped) async -> Result) async -> Result? {
        guard let self else { return nil }
        return await body(self)
    }
}
