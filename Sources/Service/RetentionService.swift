public import Archive
public import FeedModel
public import Ingest
public import Logging
public import ServiceLifecycle
import Synchronization

/// Removes in the background what the configuration does not want to be kept any longer: soon after the start, once a
/// day, and when the configuration is read anew.
public struct RetentionService: Service {
    /// The feeds are told to the archive first, and the first polls have their time.
    private static let first: Duration = .minutes(1)
    private static let interval: Duration = .days(1)

    /// Shared by the copies of the service.
    private final class Current: Sendable {
        let configuration: Mutex<Configuration>
        init(_ configuration: Configuration) { self.configuration = Mutex(configuration) }
    }

    private let archive: Archive
    private let current: Current
    private let time: any TimeSource
    private let logger: Logger
    private let pruned: @Sendable () -> Void
    private let readiness: Readiness
    private let wishes: AsyncStream<Void>
    private let wish: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - readiness: nothing is removed before all hashes in the archive are of this program's canonical form.
    ///   - pruned: called when the change log has got lines.
    public init(
        archive: Archive, configuration: Configuration, readiness: Readiness, time: any TimeSource,
        pruned: @escaping @Sendable () -> Void, logger: Logger
    ) {
        self.archive = archive
        current = Current(configuration)
        self.time = time
        self.pruned = pruned
        self.readiness = readiness
        self.logger = logger
        (wishes, wish) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// After the archive has been told of the configuration's feeds.
    public func apply(_ configuration: Configuration) {
        current.configuration.withLock { $0 = configuration }
        wish.yield()
    }

    public func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup { group in
                group.addTask {
                    var wait = RetentionService.first
                    while !Task.isCancelled {
                        try? await time.sleep(until: time.now + wait)
                        wish.yield()
                        wait = RetentionService.interval
                    }
                }
                group.addTask {
                    await readiness.wait()
                    for await _ in wishes { try await prune() }
                }
                try await group.waitForAll()
            }
        }
    }

    private func prune() async throws {
        if time.isInDoubt {
            return logger.notice("nothing is removed for its age until a day after the clock was set")
        }
        let configuration = current.configuration.withLock { $0 }
        let summary = try await archive.outlasting(time) {
            try await Pruner(archive: archive, configuration: configuration, time: time).run(besidePolls: true)
        }
        guard summary != PruneSummary() else { return }
        let total = summary.total
        logger.notice(
            "pruned",
            metadata: [
                "articles": "\(total.articles)", "revisions": "\(total.revisions)", "bytes": "\(total.bytes)",
            ])
        pruned()
    }
}
