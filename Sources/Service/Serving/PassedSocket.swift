import Foundation
import Glibc

/// A listening socket that the service manager has bound and hands over (sd_listen_fds(3)): nobody is turned away while
/// the daemon is started anew, and it needs no right to bind.
///
/// The descriptor is closed by the server that takes it.
public struct PassedSocket: Hashable, Sendable {
    public let descriptor: Int32

    /// The first descriptor that is passed.
    private static let firstDescriptor: Int32 = 3

    /// Why what is passed cannot be used.
    public struct Unusable: Error, Hashable, CustomStringConvertible {
        public var description: String
    }

    /// What was passed to this process, if anything. Programs that it starts get none of it.
    public static func ofThisProcess() throws(Unusable) -> PassedSocket? {
        let environment = ProcessInfo.processInfo.environment
        for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] { unsetenv(name) }
        let descriptors = descriptors(environment: environment, pid: getpid())
        for descriptor in descriptors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        guard let first = descriptors.first else { return nil }
        guard descriptors.count == 1 else {
            throw Unusable(
                description: "\(descriptors.count) sockets were passed; let the socket unit have one ListenStream=")
        }
        return try PassedSocket(listening: first)
    }

    /// What `$LISTEN_FDS` and `$LISTEN_PID` say, if it is meant for this process.
    static func descriptors(environment: [String: String], pid: Int32) -> [Int32] {
        guard environment["LISTEN_PID"] == "\(pid)", let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }),
            (1...1024).contains(count)
        else { return [] }
        return Array(firstDescriptor..<firstDescriptor + count)
    }

    init(listening descriptor: Int32) throws(Unusable) {
        let family = PassedSocket.option(SO_DOMAIN, of: descriptor)
        guard family == AF_INET || family == AF_INET6,
            PassedSocket.option(SO_TYPE, of: descriptor) == Int32(SOCK_STREAM.rawValue),
            PassedSocket.option(SO_ACCEPTCONN, of: descriptor) == 1
        else {
            throw Unusable(
                description: "what was passed is no listening TCP socket; "
                    + "let the socket unit have ListenStream= with an address and a port, and Accept=no")
        }
        self.descriptor = descriptor
    }

    private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }
}
