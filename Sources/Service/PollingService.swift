import Archive
public import FeedFetch
public import FeedModel
public import Ingest
public import Logging
public import ServiceLifecycle

/// The poller as a service, with what asks hubs: polls until shutdown begins, then lets what is in flight end.
public struct PollingService: Service {
    /// How long transfers may go on when shutdown has begun; those that take longer are abandoned, and
    /// their feeds are polled again after the next start.
    private static let grace: Duration = .seconds(5)
    /// How often old rows of the poll log are dropped.
    private static let trimInterval: Duration = .minutes(10)

    private let poller: Poller
    private let client: HTTPClient
    private let manager: ServiceManager
    private let subscriber: Subscriber
    private let webhooks: WebhookSender
    private let configuration: Configuration
    private let time: any TimeSource
    private let logger: Logger
    /// Called when the queue has been filled.
    private let onReady: @Sendable () -> Void
    /// Called when shutdown begins.
    private let onShutdown: @Sendable () -> Void

    public init(
        poller: Poller, client: HTTPClient, manager: ServiceManager, subscriber: Subscriber,
        webhooks: WebhookSender, configuration: Configuration, time: any TimeSource, logger: Logger,
        onReady: @escaping @Sendable () -> Void = {},
        onShutdown: @escaping @Sendable () -> Void = {}
    ) {
        self.poller = poller
        self.client = client
        self.manager = manager
        self.subscriber = subscriber
        self.webhooks = webhooks
        self.configuration = configuration
        self.time = time
        self.logger = logger
        self.onReady = onReady
        self.onShutdown = onShutdown
    }

    public func run() async throws {
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                guard try await begin() else { return }
                try await pollAndTrim()
            } onGracefulShutdown: {
                onShutdown()
                end(after: PollingService.grace)
            }
        } onCancel: {
            // Another service is broken, so that the program ends.
            end(after: .zero)
        }
    }

    /// - Returns: whether polling may begin.
    private func begin() async throws -> Bool {
        try await poller.archive.prove()
        // A new one begins with what the first poll brings.
        try await webhooks.apply(configuration)
        // Hubs are told to come again until then.
        guard try await rehash() else { return false }
        try await poller.apply(configuration, .scheduled)
        try await subscriber.apply(configuration, queue: poller.queue)
        onReady()
        return true
    }

    /// All that entries are held against is of this program's canonical form before the first poll: a newer one's first
    /// start takes a while longer, and no longer when it is stopped in between.
    ///
    /// - Returns: whether polling may begin; not where shutdown has begun.
    private func rehash() async throws -> Bool {
        var told: Timestamp?
        let summary = try await Rehash(poller.archive).run(
            progress: { done, total in
                let now = time.now
                if let told, now - told < PollingService.rehashNews { return }
                told = now
                manager.extendTimeout(PollingService.rehashNews * 3, "hashing articles anew: \(done) of \(total)")
                logger.notice(
                    "hashing articles anew by this program's canonical form; polling begins afterwards",
                    metadata: ["done": "\(done)", "of": "\(total)"])
            },
            mayGoOn: { !Task.isCancelled && !Task.isShuttingDownGracefully })
        if told != nil, summary.isComplete {
            logger.notice("hashed anew", metadata: ["contents": "\(summary.contents)"])
        }
        return summary.isComplete
    }

    private static let rehashNews: Duration = .seconds(10)

    private func pollAndTrim() async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try await trimLogs() }
            group.addTask { try await subscriber.run() }
            group.addTask { try await poller.run() }
            // The poller ends at shutdown or when something is broken; trimming and subscribing never end.
            try await group.next()
            group.cancelAll()
        }
    }

    /// Starts no more polls, and abandons those that take longer.
    private func end(after grace: Duration) {
        poller.archive.stopWaiting()
        Task {
            await poller.close()
            try await Task.sleep(for: grace)
            await client.shutdown()
        }
    }

    private func trimLogs() async throws {
        while !Task.isCancelled {
            if !time.isInDoubt { try await poller.trimLog(keeping: poller.configuration.keep.fetchLog) }
            try? await time.sleep(until: time.now + PollingService.trimInterval)
        }
    }

    /// What the service libraries log of their own is of interest only when something is wrong.
    public static func quiet(_ logger: Logger) -> Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        return quiet
    }
}
