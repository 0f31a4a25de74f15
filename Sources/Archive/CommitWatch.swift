import Foundation
import Glibc

/// Waits for what another process commits to an archive, without asking all the time.
///
/// It watches the folder, not the write-ahead log in it, so that a log that is truncated, deleted or made anew is seen
/// all the same. Where the system gives no watch, it asks twice a second.
///
/// The log is written before its commit can be read, by as long as the disk takes to make it durable: seconds, where it
/// is busy. So what the folder tells is a reason to ask for a while, and no commit is found later than it took once more:
///
/// | asked since the folder told | next wait |
/// |----------------------------:|----------:|
/// |                           0 |     10 ms |
/// |                           1 |     20 ms |
/// |                           … |         … |
/// |                           9 |    5.12 s |
/// |                          10 |      10 s |
public final class CommitWatch {
    /// How long changes that follow each other are gathered.
    private static let gathering: Duration = .milliseconds(50)
    /// Without a sign of anything.
    static let backstop: Duration = .seconds(10)
    static let pollingInterval: Duration = .milliseconds(500)
    private static let mostQuestions = 10

    private let archive: Archive
    private let identity: FileIdentity?
    private let schemaVersion: Int
    /// Of inotify(7); `nil` where there is none.
    private let descriptor: Int32?
    private var version: Int64

    /// From now on: what is committed before is for the caller to read afterwards.
    ///
    /// - Parameter watches: `false` to ask twice a second, as where the system gives no watch.
    public init(_ archive: Archive, watches: Bool = true) throws {
        self.archive = archive
        identity = FileIdentity(ofFile: archive.path)
        descriptor = watches ? CommitWatch.watch(archive.folder) : nil
        schemaVersion = try archive.schemaVersion()
        version = try archive.dataVersion()
    }

    deinit { if let descriptor { close(descriptor) } }

    private static func watch(_ folder: String) -> Int32? {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else { return nil }
        let events = UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_TO)
        guard inotify_add_watch(descriptor, folder, events) >= 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// What ended a wait.
    public enum Event: Sendable {
        /// Somebody has committed something since the last event.
        case commit
        /// Another file stands in the database's place, or the archive of an earlier program has been brought up to date:
        /// it must be opened anew.
        case replaced
    }

    /// Blocks the calling thread until there is something to read.
    public func next() throws -> Event {
        // What the folder told of last may have been more than what could be read then.
        var questions = 0
        while true {
            let now = try archive.dataVersion()
            if now != version {
                version = now
                return try archive.schemaVersion() == schemaVersion ? .commit : .replaced
            }
            // While a copy is put in its place there may be none for a moment.
            if let there = FileIdentity(ofFile: archive.path), there != identity { return .replaced }
            if wait(CommitWatch.wait(afterQuestions: questions, watches: descriptor != nil)) {
                questions = 0
            } else {
                questions += 1
            }
        }
    }

    static func wait(afterQuestions questions: Int, watches: Bool) -> Duration {
        guard watches else { return pollingInterval }
        return questions < mostQuestions ? .milliseconds(10 << questions) : backstop
    }

    /// - Returns: whether the folder told of a change.
    private func wait(_ duration: Duration) -> Bool {
        let milliseconds = Int32(duration / .milliseconds(1))
        guard let descriptor else {
            poll(nil, 0, milliseconds)
            return false
        }
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, milliseconds) > 0 else { return false }
        poll(nil, 0, Int32(CommitWatch.gathering / .milliseconds(1)))
        // What exactly was told makes no difference.
        var events = [UInt8](repeating: 0, count: 16 << 10)
        while read(descriptor, &events, events.count) > 0 {}
        return true
    }
}
