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
/// | `POST /reload` | reads the configuration anew; what `reload --json` prints                   |
/// | `POST /pause`  | `?seconds=`, if not until it is resumed; one URL or host a line in; JSON    |
/// | `POST /resume` | one URL or host a line in; for each one line of JSON out                    |
/// | `PUT /log-level` | a level in; what `log-level --json` prints                                |
public struct ControlServer: Service {
    private let socketPath: String
    private let poller: Poller
    private let reloader: Reloader
    private let readiness: Readiness
    private let setLogLevel: @Sendable (Logger.Level) -> Void
    private let started: Timestamp
    private let time: any TimeSource
    private let logger: Logger
    /// Called when the socket is bound.
    private let onReady: @Sendable () async -> Void

    /// Open at once; idle ones give way to new ones.
    private static let mostConnections = 64

    public init(
        socketPath: String, poller: Poller, reloader: Reloader, readiness: Readiness, started: Timestamp,
        time: any TimeSource, logger: Logger, setLogLevel: @escaping @Sendable (Logger.Level) -> Void,
        onReady: @escaping @Sendable () async -> Void = {}
    ) {
        self.socketPath = socketPath
        self.poller = poller
        self.reloader = reloader
        self.readiness = readiness
        self.setLogLevel = setLogLevel
        self.started = started
        self.time = time
        self.logger = logger
        self.onReady = onReady
    }

    public func run() async throws {
        // The archive's lock is ours, so that a socket that is there was left by a daemon that was killed.
        unlink(socketPath)
        let router = Router(context: ConnectionContext.self)
        router.addMiddleware { OwnerOnly() }
        router.get("status") { _, _ in await status() }
        let metrics = MetricsPage(poller: poller, started: started, time: time)
        router.get("metrics") { request, _ in await metrics.response(to: request) }
        router.post("poll") { request, _ in try await poll(lines(request)) }
        router.post("reload") { _, _ in try await reload() }
        router.post("pause") { request, _ in
            try demandArchive()
            let duration = request.uri.queryParameters.get("seconds", as: Int64.self).map { Duration.seconds($0) }
            return Response.json(try await poller.pause(lines(request), for: duration)) { $0.write(to: &$1) }
        }
        router.post("resume") { request, _ in
            try demandArchive()
            return Response.json(try await poller.resume(lines(request))) { $0.write(to: &$1) }
        }
        router.put("log-level") { request, _ in try await changeLogLevel(lines(request).first ?? "") }
        let connections = OpenConnections(.init(connections: ControlServer.mostConnections, perSource: .max))
        let watching = Task { await connections.watch() }
        defer { watching.cancel() }
        let app = Application(
            router: router, server: connections.server,
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: socketPath), serverName: "ingestd",
                availableConnectionsDelegate: connections.room),
            onServerRunning: { [socketPath, onReady] _ in
                // Who came before is refused by `OwnerOnly`. The process's umask would hold for all its other threads too.
                let type = try? FileManager.default.attributesOfItem(atPath: socketPath)[.type] as? FileAttributeType
                if type == .typeSocket { chmod(socketPath, 0o600) }
                await onReady()
            },
            logger: PollingService.quiet(logger))
        try await app.runService(gracefulShutdownSignals: [])
        unlink(socketPath)
    }

    private func status() async -> Response {
        var daemon = Health.Daemon(
            pid: Int(getpid()), version: Program.version, started: started, isResponsive: true,
            inFlight: await poller.queue.feedsInFlight)
        daemon.trouble = poller.archive.trouble
        daemon.reloadFailure = reloader.failure.map { Health.Daemon.ReloadFailure(at: $0.at, message: $0.message) }
        daemon.clockChange = time.lastChange
        let health = HealthCheck.run(
            folder: poller.archive.folder, archive: poller.archive, daemon: daemon, settings: poller.statusSettings,
            at: time.now)
        var json = JSONWriter()
        health.write(to: &json)
        json.newline()
        return Response.json(json.bytes)
    }

    /// Who asks for what has to be kept is not left waiting for the disk.
    private func demandArchive() throws {
        if poller.archive.trouble != nil { throw HTTPError(.serviceUnavailable) }
    }

    private func lines(_ request: Request) async throws -> [String] {
        let body = try await request.body.collect(upTo: 1 << 20)
        return String(buffer: body).split(whereSeparator: \.isNewline).map(String.init)
    }

    private func poll(_ urls: [String]) async throws -> Response {
        // During the start no feed is known yet, which can take long after an upgrade.
        if poller.archive.trouble == nil { await cancelWhenGracefulShutdown { await readiness.wait() } }
        return Response.json(try await poller.pollNow(urls: urls)) { $0.write(to: &$1) }
    }

    private func reload() async throws -> Response {
        Response.json([try await reloader.reload()]) { $0.write(to: &$1) }
    }

    private func changeLogLevel(_ name: String) throws -> Response {
        guard let level = Logger.Level(rawValue: name) else { throw HTTPError(.badRequest) }
        setLogLevel(level)
        logger.notice("log level changed", metadata: ["level": "\(name)"])
        return Response.json([level]) { level, json in json.object { $0.member("log_level", level.rawValue) } }
    }
}

extension Response {
    /// One line a value.
    fileprivate static func json<Value>(_ values: [Value], _ write: (Value, inout JSONWriter) -> Void) -> Response {
        var json = JSONWriter()
        for value in values {
            write(value, &json)
            json.newline()
        }
        return .json(json.bytes)
    }

    fileprivate static func json(_ bytes: [UInt8]) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
