import Glibc
import TestSupport
import Testing

@testable import Service

@Suite struct ServiceManagerTests {
    @Test(arguments: [true, false]) func itIsToldThroughPathsAndAbstractNames(isAbstract: Bool) throws {
        let folder = try TemporaryFolder()
        let receiver = try DatagramReceiver(isAbstract ? "@\(folder.path)" : folder.path + "/notify")
        let manager = ServiceManager(environment: ["NOTIFY_SOCKET": receiver.name], pid: 7)
        manager.ready("two\nlines")
        #expect(receiver.receive() == ["READY=1", "STATUS=two lines"])
        manager.alive()
        #expect(receiver.receive() == ["WATCHDOG=1"])
        manager.reloading()
        let lines = receiver.receive()
        #expect(lines.first == "RELOADING=1")
        #expect(lines.last?.wholeMatch(of: /MONOTONIC_USEC=[0-9]+/) != nil)
        manager.extendTimeout(.seconds(30), "opening")
        #expect(receiver.receive() == ["EXTEND_TIMEOUT_USEC=30000000", "STATUS=opening"])
        manager.stopping()
        #expect(receiver.receive().first == "STOPPING=1")
    }

    struct Asked: Sendable {
        var environment: [String: String]
        var watchdog: Duration?
    }

    @Test(arguments: [
        Asked(environment: ["WATCHDOG_USEC": "6000000"], watchdog: .seconds(6)),
        Asked(environment: ["WATCHDOG_USEC": "6000000", "WATCHDOG_PID": "7"], watchdog: .seconds(6)),
        // Another process's, as when a shell stands between.
        Asked(environment: ["WATCHDOG_USEC": "6000000", "WATCHDOG_PID": "8"]),
        Asked(environment: ["WATCHDOG_USEC": "0"]), Asked(environment: ["WATCHDOG_USEC": "soon"]),
        Asked(environment: [:]),
    ])
    func theWatchdogIsAnsweredWhereItIsMeant(asked: Asked) {
        let environment = asked.environment.merging(["NOTIFY_SOCKET": "/nowhere/at/all"]) { $1 }
        #expect(ServiceManager(environment: environment, pid: 7).watchdog == asked.watchdog)
        #expect(ServiceManager(environment: asked.environment, pid: 7).watchdog == nil)
    }

    @Test(arguments: ["", "@", "relative", "vsock:2:1234", "/" + String(repeating: "x", count: 107)])
    func whatIsNoAddressIsLeftAlone(name: String) {
        #expect(!ServiceManager(environment: ["NOTIFY_SOCKET": name], pid: 7).isThere)
    }

    @Test func aManagerThatIsGoneHarmsNothing() throws {
        let folder = try TemporaryFolder()
        let manager = ServiceManager(environment: ["NOTIFY_SOCKET": folder.path + "/gone"], pid: 7)
        manager.ready()
        #expect(manager.isThere)
    }
}

@Suite struct PassedSocketTests {
    @Test func descriptorsAreThisProcesssAlone() {
        func descriptors(_ fds: String?, pid: String?) -> [Int32] {
            var environment: [String: String] = [:]
            environment["LISTEN_FDS"] = fds
            environment["LISTEN_PID"] = pid
            return PassedSocket.descriptors(environment: environment, pid: 7)
        }
        #expect(descriptors("2", pid: "7") == [3, 4])
        #expect(descriptors("1", pid: "8").isEmpty)
        #expect(descriptors("1", pid: nil).isEmpty && descriptors(nil, pid: "7").isEmpty)
        #expect(descriptors("0", pid: "7").isEmpty && descriptors("-1", pid: "7").isEmpty)
        #expect(descriptors("99999999", pid: "7").isEmpty)
    }

    @Test func whatDoesNotListenIsRefused() throws {
        let folder = try TemporaryFolder()
        let datagram = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        let unheard = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { for descriptor in [datagram, unheard] { close(descriptor) } }
        for descriptor in [datagram, unheard, open(folder.path, O_RDONLY)] {
            #expect(throws: PassedSocket.Unusable.self) { _ = try PassedSocket(listening: descriptor) }
        }
    }
}
