import Archive
import FeedFetch
import FeedModel
import FeedParse
import Glibc
import Ingest
import Logging
import Service
import ServiceLifecycle
import Synchronization
import UnixSignals

/// `run`: polls until it is told to stop.
struct Daemon {
    let global: GlobalOptions
    let configuration: Ingest.Configuration

    func run() async throws {
        let manager = ServiceManager.ofThisProcess()
        // Swift's own handler makes a backtrace and goes on; who watches means an end by it.
        if manager.watchdog != nil { signal(SIGABRT, SIG_DFL) }
        let passed = try passedSocket()
        let descriptors = DescriptorLimit.raise()
        DocumentMemory.keepLittle()
        let log = global.log
        let logger = log.logger
        let time = SteadyTime()
        let socketPath = ControlClient.ownSocketPath(archiveFolder: global.archiveFolder(configuration))
        guard socketPath.utf8.count <= ControlClient.longestSocketPath else {
            throw CommandFailure(
                .configuration,
                "the path of the control socket, \(socketPath), is longer than the system allows "
                    + "(\(ControlClient.longestSocketPath) bytes); choose a shorter archive folder, or set RUNTIME_DIRECTORY"
            )
        }
        let archive = try await open(socketPath, manager, time, logger)
        let client = try global.httpClient(configuration)
        let indexing = IndexingService(archive: archive, time: time)
        let webhooks = WebhookSender(archive: archive, client: client, time: time, logger: logger)
        @Sendable func archived() {
            indexing.wake()
            webhooks.wakeUp()
        }
        let room = ReadingRoom()
        let subscriber = Subscriber(
            archive: archive, client: client, room: room, time: time, delivered: archived, logger: logger)
        let poller = Poller(
            archive: archive, client: client, configuration: configuration, endsWhenIdle: false, room: room, time: time,
            logger: logger,
            observe: { report in
                subscriber.polled(report.feed)
                archived()
            },
            observePage: { _ in archived() })
        let address = configuration.publicAddress
        let isStopping = Mutex(false)
        let readiness = Readiness(parts: address == nil ? 2 : 3)
        let retention = RetentionService(
            archive: archive, configuration: configuration, readiness: readiness, time: time, pruned: archived,
            logger: logger)
        let reloader = Reloader(
            path: { global.configurationPath }, poller: poller, client: client, subscriber: subscriber,
            webhooks: webhooks, retention: retention, started: configuration, manager: manager, readiness: readiness,
            time: time,
            logger: logger)
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: ArchiveWatch(poller: poller, manager: manager, time: time, logger: logger)),
            .init(
                service: ControlServer(
                    socketPath: socketPath, poller: poller, reloader: reloader, readiness: readiness, started: time.now,
                    time: time, logger: logger, setLogLevel: { log.level = $0 }, onReady: { readiness.partIsReady() })),
            .init(service: reloader),
            .init(service: ReloadSignals(reloader: reloader)),
            .init(
                service: ClockWatch(
                    time, poller: poller, subscriber: subscriber, webhooks: webhooks, logger: logger)),
            .init(service: indexing),
            .init(service: retention),
            .init(service: WebhookService(webhooks)),
            // Shutdown goes from the last to the first: polls end, or are abandoned, before the control
            // socket closes, since who asked for them there is waiting.
            .init(
                service: PollingService(
                    poller: poller, client: client, manager: manager, subscriber: subscriber, webhooks: webhooks,
                    configuration: configuration, time: time, logger: logger, onReady: { readiness.partIsReady() },
                    onShutdown: { isStopping.withLock { $0 = true } })),
        ]
        if let address {
            let metrics = MetricsPage(poller: poller, started: time.now, time: time)
            services.append(
                .init(
                    service: PublicServer(
                        address: address, passed: passed, subscriber: subscriber, metrics: metrics,
                        mostConnections: DescriptorLimit.connections(
                            asked: configuration.serve.connections, limit: descriptors,
                            transfers: configuration.fetch.concurrency),
                        logger: logger,
                        onReady: { _ in readiness.partIsReady() })))
        } else if passed != nil {
            logger.warning("a socket was passed, and nothing is served on it: the configuration has no 'listen'")
        }
        services.append(
            .init(
                service: ManagedService(
                    manager: manager, readiness: readiness, signs: VitalSign.ofPolling(poller, client), time: time,
                    logger: logger, line: { await Daemon.line(poller, at: time.now) })))
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services,
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: PollingService.quiet(logger)))
        logger.notice(
            "started",
            metadata: [
                "version": "\(Program.version)", "feeds": "\(configuration.feeds.count)",
                "archive": "\(archive.path)", "socket": "\(socketPath)",
            ])
        do {
            try await group.run()
        } catch let error as ArchiveError where error.isPassing && isStopping.withLock({ $0 }) {
            logger.error("stopped without having written what polls brought last", metadata: ["reason": "\(error)"])
        } catch {
            throw CommandFailure(.inputOutput, "stopped: \(error)")
        }
        await client.shutdown()
        try archive.close()
        logger.notice("stopped")
    }

    /// Waits for a disk that can take something: nobody is asked before.
    private func open(
        _ socketPath: String, _ manager: ServiceManager, _ time: any TimeSource, _ logger: Logger
    ) async throws -> Archive {
        var told: String?
        while true {
            do {
                return try StartPatience.whileOpening(manager) {
                    try global.openForWriting(configuration, command: "run", socket: socketPath)
                }
            } catch let error as ArchiveError where error.isPassing {
                let text = "the archive cannot be opened yet: \(error)"
                if text != told { logger.error("\(text)") }
                told = text
                manager.extendTimeout(Daemon.reopening * 6, text)
                try await time.sleep(until: time.now + Daemon.reopening)
            }
        }
    }

    private static let reopening: Duration = .seconds(5)

    private func passedSocket() throws -> PassedSocket? {
        do {
            return try PassedSocket.ofThisProcess()
        } catch {
            throw CommandFailure(.configuration, "\(error)")
        }
    }

    /// For the service manager: `1204 feeds, 3 in flight, 14 failing, 88213 articles`.
    private static func line(_ poller: Poller, at now: Timestamp) async -> String? {
        let inFlight = await poller.queue.feedsInFlight
        if let trouble = poller.archive.trouble {
            return "nothing is polled since \(trouble.since.rfc3339Seconds): "
                + trouble.obstacle.description(of: poller.archive.path)
        }
        guard let figures = try? poller.archive.statusFigures(at: now, overdueAfter: .minutes(15), troubles: 0) else {
            return nil
        }
        let failing = figures.feeds[.failing] ?? 0
        return "\(figures.totalFeeds) feeds, \(inFlight) in flight, \(failing) failing, \(figures.articles) articles"
    }
}

/// Reads the configuration anew at SIGHUP.
struct ReloadSignals: ServiceLifecycle.Service {
    let reloader: Reloader

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: [.sighup]).cancelOnGracefulShutdown()
        for await _ in signals { reloader.request() }
    }
}
