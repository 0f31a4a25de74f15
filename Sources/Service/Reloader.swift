import Archive
public import FeedFetch
public import FeedModel
public import Ingest
public import Logging
public import ServiceLifecycle
import Synchronization

/// Reads the configuration anew when it is asked to, one time after the other. A file with mistakes changes nothing.
///
/// What is in flight goes on; feeds that leave are kept with all that is theirs.
public final class Reloader: Service {
    /// What came of a reload.
    public enum Outcome: Sendable {
        case applied(ConfigurationDiff, feeds: Int)
        /// Nothing was changed: one line a mistake, as `check` prints them.
        case refused([String])
        /// The daemon is about to end.
        case stopping
    }

    /// A reload that failed, until one succeeds.
    public struct Failure: Hashable, Sendable {
        public var at: Timestamp
        public var mistakes: [String]

        public init(at: Timestamp, mistakes: [String]) {
            self.at = at
            self.mistakes = mistakes
        }
    }

    private let path: @Sendable () -> String?
    private let poller: Poller
    private let client: HTTPClient
    private let subscriber: Subscriber
    private let webhooks: WebhookSender
    private let retention: RetentionService
    private let started: Configuration
    private let manager: ServiceManager
    private let readiness: Readiness
    private let time: any TimeSource
    private let logger: Logger

    private typealias Asker = CheckedContinuation<Outcome, any Error>
    private let requests: AsyncStream<Asker?>
    private let ask: AsyncStream<Asker?>.Continuation
    private let state = Mutex(State())

    private struct State {
        var failure: Failure?
        var isStopping = false
    }

    /// - Parameters:
    ///   - path: where the configuration file is now; `nil` if there is none any more.
    ///   - started: what the daemon was started with: some of it holds until it ends.
    public init(
        path: @escaping @Sendable () -> String?, poller: Poller, client: HTTPClient, subscriber: Subscriber,
        webhooks: WebhookSender, retention: RetentionService, started: Configuration, manager: ServiceManager,
        readiness: Readiness,
        time: any TimeSource, logger: Logger
    ) {
        self.path = path
        self.poller = poller
        self.client = client
        self.subscriber = subscriber
        self.webhooks = webhooks
        self.retention = retention
        self.started = started
        self.manager = manager
        self.readiness = readiness
        self.time = time
        self.logger = logger
        (requests, ask) = AsyncStream.makeStream()
    }

    /// The last reload, if it failed.
    public var failure: Failure? { state.withLock(\.failure) }

    /// For a signal, which waits for nothing.
    public func request() { ask.yield(nil) }

    /// - Throws: what says that the archive or the program is broken; the daemon ends then.
    public func reload() async throws -> Outcome {
        try await withCheckedThrowingContinuation { asker in
            if case .terminated = ask.yield(asker) { asker.resume(returning: .stopping) }
        }
    }

    public func run() async throws {
        try await withGracefulShutdownHandler {
            // What is asked for during the start comes after it.
            await cancelWhenGracefulShutdown { await self.readiness.wait() }
            for await asker in requests {
                if state.withLock(\.isStopping) {
                    asker?.resume(returning: .stopping)
                    continue
                }
                do {
                    manager.reloading()
                    let outcome = try await perform()
                    manager.ready()
                    asker?.resume(returning: outcome)
                } catch {
                    asker?.resume(throwing: error)
                    throw error
                }
            }
        } onGracefulShutdown: {
            self.state.withLock { $0.isStopping = true }
            self.ask.finish()
        }
    }

    private func perform() async throws -> Outcome {
        guard let path = path() else { return refuse(["the configuration file is gone"]) }
        let configuration: Configuration
        switch ConfigurationReader.read(path: path) {
        case .failure(let mistakes): return refuse(mistakes.mistakes.map(\.description))
        case .success(let read): configuration = read
        }
        do {
            try client.apply(configuration.httpClient)
        } catch {
            return refuse(["\(error)"])
        }
        if let trouble = poller.archive.trouble {
            return refuse([trouble.obstacle.description(of: poller.archive.path)])
        }
        let before = poller.configuration
        try await webhooks.apply(configuration)
        try await poller.apply(configuration, .scheduled)
        try await subscriber.apply(served(configuration), queue: poller.queue)
        retention.apply(configuration)
        state.withLock { $0.failure = nil }
        var diff = ConfigurationDiff(from: before, to: configuration)
        diff.postpone(waiting(configuration))
        report(diff, feeds: configuration.feeds.count)
        for warning in configuration.warnings { logger.warning("\(warning)") }
        return .applied(diff, feeds: configuration.feeds.count)
    }

    private func refuse(_ mistakes: [String]) -> Outcome {
        state.withLock { $0.failure = Failure(at: time.now, mistakes: mistakes) }
        for mistake in mistakes { logger.error("\(mistake)") }
        logger.error("reload failed: the configuration has mistakes; nothing was changed")
        return .refused(mistakes)
    }

    /// What differs from the start and waits for the next one.
    private func waiting(_ configuration: Configuration) -> [String] {
        var names: [String] = []
        if configuration.archive != started.archive { names.append("archive") }
        if configuration.publicAddress != started.publicAddress { names.append("listen") }
        if configuration.serve.connections != started.serve.connections { names.append("serve.connections") }
        if started.publicAddress == nil, configuration.websub != nil { names.append("websub") }
        return names
    }

    /// Without what cannot work before the next start: nobody would hear what hubs answer.
    private func served(_ configuration: Configuration) -> Configuration {
        guard started.publicAddress == nil else { return configuration }
        var configuration = configuration
        configuration.websub = nil
        return configuration
    }

    private func report(_ diff: ConfigurationDiff, feeds: Int) {
        for url in diff.added { logger.info("feed added", metadata: ["feed": "\(url)"]) }
        for url in diff.removed { logger.info("feed removed; its articles stay", metadata: ["feed": "\(url)"]) }
        for feed in diff.changed {
            logger.info(
                "feed changed", metadata: ["feed": "\(feed.url)", "keys": "\(feed.keys.joined(separator: ","))"])
        }
        for name in diff.needsRestart {
            logger.warning("a setting takes effect at the next start", metadata: ["setting": "\(name)"])
        }
        var metadata: Logger.Metadata = [
            "feeds": "\(feeds)", "added": "\(diff.added.count)", "removed": "\(diff.removed.count)",
            "changed": "\(diff.changed.count)",
        ]
        if !diff.settings.isEmpty { metadata["settings"] = "\(diff.settings.joined(separator: ","))" }
        logger.notice("reloaded", metadata: metadata)
    }
}

extension Reloader.Outcome {
    /// As `reload --json` prints it.
    public func write(to json: inout JSONWriter) {
        json.object { json in
            switch self {
            case .applied(let diff, let feeds):
                json.member("outcome", "applied")
                json.member("feeds", feeds)
                diff.write(to: &json)
            case .refused(let mistakes):
                json.member("outcome", "refused")
                json.array("mistakes") { for mistake in mistakes { $0.string(mistake) } }
            case .stopping:
                json.member("outcome", "stopping")
            }
        }
    }
}

extension Reloader.Failure {
    /// One line, with the first mistakes.
    public var message: String {
        let shown = mistakes.prefix(3).joined(separator: "; ")
        let more = mistakes.count > 3 ? "; and \(mistakes.count - 3) more" : ""
        return "reload failed at \(at.rfc3339Seconds), and what was read before holds; see \(shown)\(more)"
    }
}
