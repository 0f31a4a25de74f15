import Archive
import FeedFetch
import Foundation
import Glibc
import Service

extension GlobalOptions {
    /// Asks the daemon that writes to an archive, if one does.
    ///
    /// - Returns: `nil` if none runs.
    /// - Throws: `CommandFailure` 69 if it does not answer, or not this user.
    func askDaemon(_ folder: String, _ ask: @Sendable (ControlClient) async -> [UInt8]?) async throws -> [UInt8]? {
        guard let holder = ArchiveLock.holder(ofFolder: folder), holder.command == "run" else { return nil }
        let client: HTTPClient
        do {
            client = try HTTPClient(HTTPClientConfiguration())
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
        let control = ControlClient(socketPath: ControlClient.socketPath(archiveFolder: folder), client: client)
        if control.obstacle == EACCES {
            throw CommandFailure(
                .daemonUnavailable,
                "the daemon (process \(holder.pid)) answers its own user and root alone; run this as one of them")
        }
        let answer = await control.isResponsive() ? await ask(control) : nil
        await client.shutdown()
        guard let answer else {
            throw CommandFailure(
                .daemonUnavailable,
                "the daemon (process \(holder.pid)) does not answer on \(control.socketPath); 'ingestd status' says more"
            )
        }
        return answer
    }

    /// For commands that only a running daemon can obey.
    ///
    /// - Throws: `CommandFailure` 69 if none runs, or it does not answer.
    func tellDaemon(_ ask: @Sendable (ControlClient) async -> [UInt8]?) async throws -> [UInt8] {
        let folder = try archiveFolderForReading()
        guard let answer = try await askDaemon(folder, ask) else {
            throw CommandFailure(
                .daemonUnavailable, "no daemon writes to the archive in \(folder); start it with 'ingestd run'")
        }
        return answer
    }
}

/// What a daemon has answered: an object a line.
struct DaemonAnswer {
    let line: [UInt8]
    private let object: [String: Any]

    static func each(_ bytes: [UInt8]) -> [DaemonAnswer] {
        bytes.split(separator: UInt8(ascii: "\n")).map { DaemonAnswer(line: Array($0)) }
    }

    private init(line: [UInt8]) {
        self.line = line
        object = (try? JSONSerialization.jsonObject(with: Data(line))) as? [String: Any] ?? [:]
    }

    /// As it came.
    func print() { Terminal.output.write(line + [UInt8(ascii: "\n")]) }

    func string(_ name: String) -> String? { object[name] as? String }
    func int(_ name: String) -> Int { object[name] as? Int ?? 0 }
    func bool(_ name: String) -> Bool { object[name] as? Bool ?? false }
    func strings(_ name: String) -> [String] { object[name] as? [String] ?? [] }
    func objects(_ name: String) -> [[String: Any]] { object[name] as? [[String: Any]] ?? [] }
    /// The message of what went wrong.
    var error: String? { (object["error"] as? [String: Any])?["message"] as? String }
}
