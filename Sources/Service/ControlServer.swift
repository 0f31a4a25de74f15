import Archive
public import FeedModel
import Foundation
import HTTPTypes
import Hummingbird
public import Ingest
public import Logging
import NIOCore
public import ServiceLifecycle

/// What a running daemon answers on its control socket: HTTP over a Unix socket that its owner alone may
/// open.
///
/// | request        | answer                                                                     |
/// |----------------|----------------------------------------------------------------------------|
/// | `GET /status`  | what `status --json` prints                                                |
/// | `GET /metrics` | what `metrics` prints                                                      |
/// | `POST /poll`   | one URL a line in; for each, when its poll has ended, one line of JSON out  |
public struct ControlServer: Service {
    private let socketPath: String
    private let poller: Poller
    private let started: Timestamp
    private let time: any TimeSource
    private let logger: Logger
    /// Called when the socket is bound.
    private let onReady: @Sendable () async -> Void

    public init(
        socketPath: String, poller: Poller, started: Timestamp, time: any TimeSource, logger: Logger,
        onReady: @escaping @Sendable () async -> Void = {}
    ) {
        self.socketPath = socketPath
        self.poller = poller
        self.started = started
        self.time = time
        self.logger = logger
        self.onReady = onReady
    }

    public func run() async throws {
        // The archive's lock is ours, so that a socket that is there was left by a daemon that was killed.
        unlink(socketPath)
        let router = Router()
        router.get("status") { _, _ in await status() }
        let metrics = MetricsPage(poller: poller, started: started, time: time)
        router.get("metrics") { request, _ in await metrics.response(to: request) }
        router.post("poll") { request, _ in
            let body = try await request.body.collect(upTo: 1 << 20)
            return try await poll(String(buffer: body))
        }
        let mask = umask(0o177)
        let app = Application(
            router: router,
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: socketPath), serverName: "ingestd"),
            onServerRunning: { [socketPath, onReady] _ in
                umask(mask)
                chmod(socketPath, 0o600)
                await onReady()
            },
            logger: PollingService.quiet(logger))
        try await app.runService(gracefulShutdownSignals: [])
        unlink(socketPath)
    }

    private func status() async -> Response {
        let daemon = Health.Daemon(
            pid: Int(getpid()), version: Program.version, started: started, isResponsive: true,
            inFlight: await poller.queue.feedsInFlight)
        let health = HealthCheck.run(
            folder: poller.archive.folder, archive: poller.archive, daemon: daemon, settings: poller.statusSettings,
            at: time.now)
        var json = JSONWriter()
        health.write(to: &json)
        json.newline()
        return Response.json(json.bytes)
    }

    private func poll(_ body: String) async throws -> Response {
        let urls = body.split(whereSeparator: \.isNewline).map(String.init)
        let answers = try await poller.pollNow(urls: urls)
        var json = JSONWriter()
        for answer in answers {
            answer.write(to: &json)
            json.newline()
        }
        return Response.json(json.bytes)
    }
}

extension Response {
    fileprivate static func json(_ bytes: [UInt8]) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
