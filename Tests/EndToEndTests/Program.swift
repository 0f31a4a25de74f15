import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// The built program, run as people and service managers run it: a process of its own.
final class Program: Sendable {
    struct Result: Sendable {
        /// The exit code, or the signal that ended it, negative.
        var status: Int32
        var stdout: String
        var stderr: String

        var lines: [String] { stdout.split(separator: "\n").map(String.init) }
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let pid: Int32
    private let folder: String
    private let exit: Exit

    /// Starts it. Its output goes to files, so that nobody need read them for it to go on.
    ///
    /// - Parameter shell: a shell script that is run instead, with the program's path as `$0` and the arguments as `$@`.
    init(
        _ arguments: [String], environment: [String: String] = [:], stdin: String = "", in folder: String? = nil,
        shell: String? = nil
    ) throws {
        self.folder = NSTemporaryDirectory() + "ingestd-run-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
        try Data(stdin.utf8).write(to: URL(fileURLWithPath: self.folder + "/stdin"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: shell == nil ? Program.path : "/bin/bash")
        process.arguments = (shell.map { ["-c", $0, Program.path] } ?? []) + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder ?? self.folder)
        process.environment = Program.environment.merging(environment) { $1 }
        process.standardInput = FileHandle(forReadingAtPath: self.folder + "/stdin")
        process.standardOutput = try Program.file(self.folder + "/stdout")
        process.standardError = try Program.file(self.folder + "/stderr")
        let exit = Exit()
        process.terminationHandler = { process in
            let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
            exit.happened(status)
        }
        try process.run()
        pid = process.processIdentifier
        self.exit = exit
    }

    /// Runs it to its end.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], stdin: String = "", in folder: String? = nil,
        shell: String? = nil, within timeout: Duration = patience
    ) async throws -> Result {
        try await Program(arguments, environment: environment, stdin: stdin, in: folder, shell: shell)
            .end(within: timeout)
    }

    deinit {
        if !hasEnded { kill(pid, SIGKILL) }
        try? FileManager.default.removeItem(atPath: folder)
    }

    var hasEnded: Bool { exit.status != nil }
    var stdout: String { read("stdout") }
    var stderr: String { read("stderr") }

    func signal(_ number: Int32) { if !hasEnded { kill(pid, number) } }

    /// Waits for its end. One that takes longer is killed, and that is a failure.
    func end(within timeout: Duration = patience) async throws -> Result {
        let timer = Task { [pid] in
            try await Task.sleep(for: timeout)
            kill(pid, SIGKILL)
            return ()
        }
        await exit.wait()
        timer.cancel()
        if case .success = await timer.result {
            throw Failure(description: "it did not end within \(timeout); stdout: \(stdout) stderr: \(stderr)")
        }
        return Result(status: exit.status ?? 0, stdout: stdout, stderr: stderr)
    }

    private func read(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: folder + "/" + name) ?? Data(), as: UTF8.self)
    }

    /// It stands beside the tests' own program.
    private static let path: String = {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return tests.deletingLastPathComponent().appendingPathComponent("ingestd").path
    }()

    /// The caller's, without what would lead the program to files of the machine, a terminal or a proxy.
    private static let environment: [String: String] = ProcessInfo.processInfo.environment.filter { name, _ in
        !name.hasPrefix("INGESTD_") && !name.lowercased().hasSuffix("_proxy")
            && !["STATE_DIRECTORY", "RUNTIME_DIRECTORY", "NOTIFY_SOCKET", "WATCHDOG_USEC"].contains(name)
    }

    private static func file(_ path: String) throws -> FileHandle {
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
        else { throw Failure(description: "\(path) cannot be written") }
        return file
    }
}

/// The end of a process, between the thread that sees it and the tasks that wait for it.
private final class Exit: Sendable {
    private struct State {
        var status: Int32?
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var status: Int32? { state.withLock(\.status) }

    func happened(_ status: Int32) {
        let waiting = state.withLock { state in
            state.status = status
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if state.status != nil { return true }
                state.waiting.append(continuation)
                return false
            }
            if hasEnded { continuation.resume() }
        }
    }
}

/// Waits until something is so: what another process does cannot be told to happen, only be waited for.
func eventually(
    within timeout: Duration = patience, _ what: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    guard try await comesTrue(within: timeout, every: .milliseconds(50), condition) else {
        Issue.record(what ?? "did not come true within \(timeout)", sourceLocation: sourceLocation)
        throw Program.Failure(description: "waited for nothing")
    }
}
