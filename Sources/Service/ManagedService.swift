import Archive
public import FeedFetch
public import FeedModel
public import Ingest
public import Logging
public import ServiceLifecycle

/// What the service manager is told of the daemon: that it is ready when all parts are, one line for people now and then,
/// that it is alive while no part hangs, and that it stops.
///
/// The last of the services, so that it is the first to hear of the shutdown.
public struct ManagedService: Service {
    private let manager: ServiceManager
    private let readiness: Readiness
    private let watchdog: Watchdog
    private let line: @Sendable () async -> String?
    private let time: any TimeSource
    private let logger: Logger

    /// How often the line for people is made anew.
    private static let statusInterval: Duration = .seconds(10)

    /// - Parameter line: the line for people; `nil` where there is none to be had.
    public init(
        manager: ServiceManager, readiness: Readiness, signs: [VitalSign], time: any TimeSource, logger: Logger,
        line: @escaping @Sendable () async -> String?
    ) {
        self.manager = manager
        self.readiness = readiness
        watchdog = Watchdog(signs, time: time)
        self.line = line
        self.time = time
        self.logger = logger
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await readiness.wait()
            guard !Task.isCancelled else { return }
            manager.ready(await line())
            guard manager.isThere else {
                try? await gracefulShutdown()
                return
            }
            await withTaskGroup { group in
                group.addTask { await tell() }
                if let interval = manager.watchdog { group.addTask { await watch(interval) } }
                await group.waitForAll()
            }
        }
        manager.stopping()
    }

    private func tell() async {
        var last: String?
        while (try? await time.sleep(until: time.now + ManagedService.statusInterval)) != nil {
            guard let line = await line(), line != last else { continue }
            last = line
            manager.status(line)
        }
    }

    /// Twice in the interval that is asked for; the answers have a quarter of it. By a clock that nobody sets.
    private func watch(_ interval: Duration) async {
        var reported: Set<String> = []
        while !Task.isCancelled {
            let silences = await watchdog.silences(patience: interval / 4)
            if silences.isEmpty {
                manager.alive()
                reported = []
            }
            for silence in silences where reported.insert(silence.part).inserted {
                logger.error(
                    "a part of the daemon hangs",
                    metadata: ["part": "\(silence.part)", "since": "\(silence.since.rfc3339Seconds)"])
                manager.status("\(silence.part) does not answer since \(silence.since.rfc3339Seconds)")
            }
            try? await Task.sleep(for: silences.isEmpty ? interval / 2 : interval / 8)
        }
    }
}

extension VitalSign {
    /// The parts through which all polls go.
    public static func ofPolling(_ poller: Poller, _ client: HTTPClient) -> [VitalSign] {
        [
            VitalSign("the thread of transfers", ask: { await client.turn() }),
            VitalSign(
                "the writer of the archive", progress: { poller.archive.writerProgress },
                isExcused: { poller.archive.trouble != nil },
                ask: { try await poller.archive.write { _ in } }),
            VitalSign("the queue of polls", ask: { _ = await poller.queue.feedsInFlight }),
        ]
    }
}
