import CDispatch
import Foundation
import Glibc

/// Tells the service manager how the daemon is (sd_notify(3)); without one, nobody.
public struct ServiceManager: Sendable {
    private let socket: UnixDatagram?
    /// The daemon is started anew when it has not said for so long that it is alive; `nil` if that is not asked for.
    public let watchdog: Duration?

    /// `$NOTIFY_SOCKET`, and of `$WATCHDOG_USEC` what is meant for this process by `$WATCHDOG_PID`.
    public init(environment: [String: String], pid: Int32) {
        socket = environment["NOTIFY_SOCKET"].flatMap(UnixDatagram.init)
        let isMeant = environment["WATCHDOG_PID"].map { $0 == "\(pid)" } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        watchdog = socket != nil && isMeant && microseconds > 0 ? .microseconds(microseconds) : nil
    }

    /// As this process was started; programs that it starts are none of the manager's business.
    public static func ofThisProcess() -> ServiceManager {
        let manager = ServiceManager(environment: ProcessInfo.processInfo.environment, pid: getpid())
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { unsetenv(name) }
        return manager
    }

    public var isThere: Bool { socket != nil }

    /// The start, or a reload, is over.
    public func ready(_ status: String? = nil) { send(["READY=1"], status) }

    public func reloading() {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let microseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
        send(["RELOADING=1", "MONOTONIC_USEC=\(microseconds)"])
    }

    public func stopping() { send(["STOPPING=1"], "finishing what is in flight") }

    /// The parts that could hang do not.
    public func alive() { send(["WATCHDOG=1"]) }

    /// One line for people.
    public func status(_ line: String) { send([], line) }

    /// What is going on may take so long from now on.
    public func extendTimeout(_ duration: Duration, _ status: String) {
        send(["EXTEND_TIMEOUT_USEC=\(Int64(duration / .microseconds(1)))"], status)
    }

    private func send(_ lines: [String], _ status: String? = nil) {
        guard let socket else { return }
        let status = status.map { ["STATUS=" + $0.replacing("\n", with: " ")] } ?? []
        socket.send(Array((lines + status).joined(separator: "\n").utf8))
    }
}
