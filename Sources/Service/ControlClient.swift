import Archive
public import FeedFetch
import FeedModel
import Foundation
import Glibc

/// Asks a running daemon, over its control socket.
public struct ControlClient: Sendable {
    /// What fits into `sun_path` with its end, in bytes.
    public static let longestSocketPath = 107

    public let socketPath: String
    private let client: HTTPClient

    public init(socketPath: String, client: HTTPClient) {
        self.socketPath = socketPath
        self.client = client
    }

    /// Of whoever writes to the archive, as its lock says; else where a daemon's would be.
    public static func socketPath(archiveFolder: String) -> String {
        ArchiveLock.holder(ofFolder: archiveFolder)?.socket ?? ownSocketPath(archiveFolder: archiveFolder)
    }

    /// Where a daemon with this process's environment makes its socket: `$RUNTIME_DIRECTORY/ingestd.sock`, else in the
    /// archive's folder.
    public static func ownSocketPath(archiveFolder: String) -> String {
        let runtime = ProcessInfo.processInfo.environment["RUNTIME_DIRECTORY"].flatMap { $0.isEmpty ? nil : $0 }
        return (runtime ?? archiveFolder) + "/ingestd.sock"
    }

    /// Whether the daemon's socket may be opened: `nil` if so, else `errno`, which is `EACCES` for all but its user and root.
    public var obstacle: Int32? { access(socketPath, R_OK | W_OK) == 0 ? nil : errno }

    /// The daemon's own `status --json`; `nil` if it does not answer within two seconds.
    public func status() async -> [UInt8]? {
        await send("GET", "/status", body: nil, timeout: .seconds(2))
    }

    /// Whether the daemon answers at all, to be known before something is asked that may take long. One that is busy has
    /// longer than `status` gives it.
    public func isResponsive() async -> Bool {
        await send("GET", "/status", body: nil, timeout: .seconds(5)) != nil
    }

    /// The daemon's metrics; `nil` if it does not answer within two seconds.
    public func metrics() async -> [UInt8]? {
        await send("GET", "/metrics", body: nil, timeout: .seconds(2))
    }

    /// Polls feeds and waits for them: one line of JSON for each; `nil` if the daemon does not answer.
    public func poll(_ urls: [String]) async -> [UInt8]? {
        await send("POST", "/poll", body: ControlClient.lines(urls), timeout: .hours(1))
    }

    /// As `reload --json` prints it; `nil` if the daemon does not answer.
    public func reload() async -> [UInt8]? { await send("POST", "/reload", body: [], timeout: .minutes(10)) }

    /// One line of JSON a target; `nil` if the daemon does not answer.
    public func pause(_ targets: [String], for duration: Duration?) async -> [UInt8]? {
        let query = duration.map { "?seconds=\($0.components.seconds)" } ?? ""
        return await send("POST", "/pause" + query, body: ControlClient.lines(targets), timeout: .minutes(1))
    }

    public func resume(_ targets: [String]) async -> [UInt8]? {
        await send("POST", "/resume", body: ControlClient.lines(targets), timeout: .minutes(1))
    }

    public func setLogLevel(_ level: String) async -> [UInt8]? {
        await send("PUT", "/log-level", body: Array(level.utf8), timeout: .seconds(10))
    }

    private static func lines(_ values: [String]) -> [UInt8] { Array(values.joined(separator: "\n").utf8) }

    private func send(_ method: String, _ path: String, body: [UInt8]?, timeout: Duration) async -> [UInt8]? {
        var request = HTTPRequest(url: "http://localhost" + path, addressPolicy: .any)
        request.method = method
        request.body = body
        request.unixSocketPath = socketPath
        request.limits = TransferLimits(timeout: timeout, connectTimeout: .seconds(2), maxBody: 64 << 20)
        guard case .success(let response) = await client.send(request), response.status == 200 else { return nil }
        return response.body
    }
}
