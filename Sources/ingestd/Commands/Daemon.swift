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
        let logger = global.logger
        let time = SystemTime()
        let socketPath = ControlClient.socketPath(archiveFolder: global.archiveFolder(configuration))
        guard socketPath.utf8.count <= ControlClient.longestSocketPath else {
            throw CommandFailure(
                .configuration,
                "the path of the control socket, \(socketPath), is longer than the system allows "
                    + "(\(ControlClient.longestSocketPath) bytes); choose a shorter archive folder, or set RUNTIME_DIRECTORY"
            )
        }
        let archive = try global.openForWriting(configuration, command: "run")
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
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(
                service: ControlServer(
                    socketPath: socketPath, poller: poller, started: time.now, time: time, logger: logger)),
            .init(
                service: ReloadService(
                    global: global, poller: poller, subscriber: subscriber, webhooks: webhooks, started: configuration,
                    logger: logger)),
            .init(service: indexing),
            .init(service: WebhookService(webhooks)),
            // Shutdown goes from the last to the first: polls end, or are abandoned, before the control
            // socket closes, since who asked for them there is waiting.
            .init(
                service: PollingService(
                    poller: poller, client: client, subscriber: subscriber, configuration: configuration, time: time,
                    logger: logger)),
        ]
        if let address = configuration.publicAddress {
            let metrics = MetricsPage(poller: poller, started: time.now, time: time)
            services.append(
                .init(
                    service: PublicServer(address: address, subscriber: subscriber, metrics: metrics, logger: logger)))
        }
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
}

/// Reads the configuration anew at SIGHUP. A file with mistakes changes nothing and is reported.
struct ReloadService: ServiceLifecycle.Service {
    let global: GlobalOptions
    let poller: Poller
    let subscriber: Subscriber
    let webhooks: WebhookSender
    /// What the daemon was started with: where it listens does not change.
    let started: Ingest.Configuration
    let logger: Logger

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: [.sighup]).cancelOnGracefulShutdown()
        for await _ in signals { try await reload() }
    }

    /// Without what cannot work before the next start: nobody would hear what hubs answer.
    private func served(_ configuration: Ingest.Configuration) -> Ingest.Configuration {
        guard let address = configuration.publicAddress, address != started.publicAddress else { return configuration }
        logger.warning("'listen' and 'websub' take effect at the next start", metadata: ["listen": "\(address)"])
        var configuration = configuration
        if started.publicAddress == nil { configuration.websub = nil }
        return configuration
    }

    private func reload() async throws {
        guard let path = global.configurationPath else {
            return logger.error("reload failed: the configuration file is gone; nothing was changed")
        }
        switch ConfigurationReader.read(path: path) {
        case .success(let configuration):
            try await webhooks.apply(configuration)
            try await poller.apply(configuration, .scheduled)
            try await subscriber.apply(served(configuration), queue: poller.queue)
            logger.notice("reloaded", metadata: ["feeds": "\(configuration.feeds.count)"])
        case .failure(let mistakes):
            for mistake in mistakes.mistakes { logger.error("\(mistake.description)") }
            logger.error("reload failed: the configuration has mistakes; nothing was changed")
        }
    }
}
