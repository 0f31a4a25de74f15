public import FeedFetch
import FeedModel
import Foundation

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

    /// `$RUNTIME_DIRECTORY/ingestd.sock`, else in the archive's folder.
    public static func socketPath(archiveFolder: String) -> String {
        let runtime = ProcessInfo.processInfo.environment["RUNTIME_DIRECTORY"].flatMap { $0.isEmpty ? nil : $0 }
        return (runtime ?? archiveFolder) + "/ingestd.sock"
    }

    /// The daemon's own `status --json`; `nil` if it does not answer within two seconds.
    public func status() async -> [UInt8]? {
        await send("GET", "/status", body: nil, timeout: .seconds(2))
    }

    /// The daemon's metrics; `nil` if it does not answer within two seconds.
    public func metrics() async -> [UInt8]? {
        await send("GET", "/metrics", body: nil, timeout: .seconds(2))
    }

    /// Polls feeds and waits for them: one line of JSON for each; `nil` if the daemon does not answer.
    public func poll(_ urls: [String]) async -> [UInt8]? {
        await send("POST", "/poll", body: Array(urls.joined(separator: "\n").utf8), timeout: .hours(1))
    }

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
