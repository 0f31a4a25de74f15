import Archive
import FeedFetch
import FeedModel
import Glibc
import Ingest
import Logging
import Service
import ServiceLifecycle
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
        let log = global.log
        let logger = log.logger
        let time = SystemTime()
        let socketPath = ControlClient.ownSocketPath(archiveFolder: global.archiveFolder(configuration))
        guard socketPath.utf8.count <= ControlClient.longestSocketPath else {
            throw CommandFailure(
                .configuration,
                "the path of the control socket, \(socketPath), is longer than the system allows "
                    + "(\(ControlClient.longestSocketPath) bytes); choose a shorter archive folder, or set RUNTIME_DIRECTORY"
            )
        }
        let archive = try StartPatience.whileOpening(manager) {
            try global.openForWriting(configuration, command: "run", socket: socketPath)
        }
        let client = try global.httpClient(configuration)
        let indexing = IndexingService(archive: archive, time: time)
        let webhooks = WebhookSender(archive: archive, client: client, time: time, logger: logger)
        // A new one begins with what the first poll brings.
        try await webhooks.apply(configuration)
        @Sendable func archived() {
            indexing.wake()
            webhooks.wakeUp()
        }
        let subscriber = Subscriber(
            archive: archive, client: client, time: time, delivered: archived, logger: logger)
        let poller = Poller(
            archive: archive, client: client, configuration: configuration, endsWhenIdle: false, time: time,
            logger: logger,
            observe: { report in
                subscriber.polled(report.feed)
                archived()
            },
            observePage: { _ in archived() })
        let address = configuration.publicAddress
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
            .init(
                service: ControlServer(
                    socketPath: socketPath, poller: poller, reloader: reloader, readiness: readiness, started: time.now,
                    time: time, logger: logger, setLogLevel: { log.level = $0 }, onReady: { readiness.partIsReady() })),
            .init(service: reloader),
            .init(service: ReloadSignals(reloader: reloader)),
            .init(service: indexing),
            .init(service: retention),
            .init(service: WebhookService(webhooks)),
            // Shutdown goes from the last to the first: polls end, or are abandoned, before the control
            // socket closes, since who asked for them there is waiting.
            .init(
                service: PollingService(
                    poller: poller, client: client, manager: manager, subscriber: subscriber,
                    configuration: configuration, time: time, logger: logger, onReady: { readiness.partIsReady() })),
        ]
        if let address {
            let metrics = MetricsPage(poller: poller, started: time.now, time: time)
            services.append(
                .init(
                    service: PublicServer(
                        address: address, passed: passed, subscriber: subscriber, metrics: metrics, logger: logger,
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
        } catch {
            throw CommandFailure(.inputOutput, "stopped: \(error)")
        }
        await client.shutdown()
        try archive.close()
        logger.notice("stopped")
    }

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
