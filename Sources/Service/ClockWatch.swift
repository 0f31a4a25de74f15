public import FeedModel
public import Ingest
public import Logging
public import ServiceLifecycle

/// Notices that the wall clock was set, and has all that waits go on waiting as long as it would have.
public struct ClockWatch: Service {
    private static let interval: Duration = .seconds(2)

    private let time: SteadyTime
    private let poller: Poller
    private let subscriber: Subscriber
    private let webhooks: WebhookSender
    private let logger: Logger

    public init(
        _ time: SteadyTime, poller: Poller, subscriber: Subscriber, webhooks: WebhookSender, logger: Logger
    ) {
        self.time = time
        self.poller = poller
        self.subscriber = subscriber
        self.webhooks = webhooks
        self.logger = logger
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: ClockWatch.interval)) != nil {
                if let change = time.parted { await take(change) }
            }
        }
    }

    private func take(_ change: Duration) async {
        do {
            try await poller.clockWasSet(by: change) { time.adopt(change) }
            try await subscriber.clockWasSet(by: change)
            try await webhooks.clockWasSet(by: change)
        } catch {
            // What runs waits as it should; after a restart some may come sooner or later.
            logger.error("waits could not be moved in the archive", metadata: ["reason": "\(error)"])
        }
        logger.warning("the clock was set", metadata: ["by": "\(ClockChange.words(change))"])
    }
}

extension ClockChange {
    /// `2 d forward`, `90 s back`.
    static func words(_ change: Duration) -> String {
        change < .zero ? "\(HealthJudge.words(.zero - change)) back" : "\(HealthJudge.words(change)) forward"
    }
}
