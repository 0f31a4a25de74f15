import Archive
public import FeedModel
public import Ingest
public import Logging
public import ServiceLifecycle

/// Keeps the poller from asking anybody while the archive can take nothing, and tells of it.
public struct ArchiveWatch: Service {
    /// Longer than from one attempt to write to the next, with the wait for a lock.
    private static let patience: Duration = .minutes(1)

    private let poller: Poller
    private let troubles: AsyncStream<ArchiveTrouble?>
    private let manager: ServiceManager
    private let logger: Logger

    /// From now on the poller's archive waits out what passes.
    public init(poller: Poller, manager: ServiceManager, time: any TimeSource, logger: Logger) {
        self.poller = poller
        troubles = poller.archive.waitOut(by: time)
        self.manager = manager
        self.logger = logger
    }

    public func run() async throws {
        let path = poller.archive.path
        var told: ArchiveObstacle?
        for await trouble in troubles.cancelOnGracefulShutdown() {
            await poller.waitOut(trouble)
            guard let trouble else {
                told = nil
                logger.notice("the archive can be written again; polling goes on")
                continue
            }
            let text = trouble.obstacle.description(of: path)
            manager.extendTimeout(ArchiveWatch.patience, text)
            if told?.kind != trouble.obstacle.kind {
                logger.error(
                    "\(text); nothing is polled until it can be written again",
                    metadata: ["advice": "\(trouble.obstacle.advice)"])
            }
            told = trouble.obstacle
        }
        // The waiting may end before it is this service's turn.
        try? await gracefulShutdown()
    }
}
