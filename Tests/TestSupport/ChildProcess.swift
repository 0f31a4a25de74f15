import Glibc
import Synchronization

/// A program that a test starts. It is killed when released, if it has not ended by then.
///
/// By posix_spawn, because Foundation's `Process` needs run loops and queues to notice an end, and tests
/// block the few threads there are.
public final class ChildProcess {
    public struct Failure: Error, CustomStringConvertible {
        public var description: String

        public init(description: String) { self.description = description }
    }

    private let pid: pid_t
    /// The reading end of the child's standard output.
    private let output: Int32
    private var status: Int32?

    /// Standard error is the test's own only with `showsErrors`.
    public init(_ path: String, _ arguments: [String], directory: String = "/", showsErrors: Bool = false) throws {
        (pid, output) = try ChildProcess.spawning.withLock { _ in
            try ChildProcess.spawn(
                ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", directory, path] + arguments, showsErrors)
        }
    }

    /// One child at a time: another must not inherit the writing end of this one's output, or it would never
    /// be seen to close.
    private static let spawning = Mutex(())

    private static func spawn(_ command: [String], _ showsErrors: Bool) throws -> (pid_t, Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(description: "no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        if !showsErrors { posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) }
        let argv: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { for argument in argv { free(argument) } }
        var pid = pid_t()
        let error = posix_spawn(&pid, command[0], &actions, nil, argv, environ)
        close(ends[1])
        guard error == 0 else {
            close(ends[0])
            throw Failure(description: "cannot start \(command): \(String(cString: strerror(error)))")
        }
        return (pid, ends[0])
    }

    deinit {
        if status == nil {
            kill(pid, SIGKILL)
            _ = wait()
        }
        close(output)
    }

    public func send(signal: Int32) {
        if status == nil { kill(pid, signal) }
    }

    /// Blocks until the child writes or has closed its output: then it is empty.
    public func read() -> String {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(output, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        }
    }

    /// Blocks until the child has ended. Returns its exit code, or 128 and the signal that ended it.
    public func wait() -> Int32 {
        if let status { return status }
        var raw: Int32 = 0
        while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
        let signal = raw & 0x7F
        let code = signal == 0 ? (raw >> 8) & 0xFF : 128 + signal
        status = code
        return code
    }

    /// Runs a program to its end and returns what it wrote; throws if it did not exit with 0.
    @discardableResult
    public static func run(_ path: String, _ arguments: [String], directory: String = "/") throws -> String {
        let child = try ChildProcess(path, arguments, directory: directory)
        var text = ""
        while true {
            let piece = child.read()
            if piece.isEmpty { break }
            text += piece
        }
        let code = child.wait()
        guard code == 0 else {
            throw Failure(description: "\(path) \(arguments.joined(separator: " ")) exited with \(code)")
        }
        return text
    }
}
