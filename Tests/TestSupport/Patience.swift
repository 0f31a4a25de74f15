import Foundation
import Synchronization

/// For how long tests wait for what must come. Only a failure waits so long; a busy machine takes a part of it.
public let patience: Duration = .seconds(120)

/// Waits until something holds that another thread or program brings about. Returns whether it came true.
public func comesTrue(
    within limit: Duration = patience, every pause: Duration = .milliseconds(5), _ condition: () async throws -> Bool
) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while try await !condition() {
        if ContinuousClock.now >= end { return false }
        try await Task.sleep(for: pause)
    }
    return true
}

/// Holds an answer back on its connection's thread until the test is ready for it.
public final class Gate: Sendable {
    private let isOpen = Mutex(false)

    public init() {}

    public func open() { isOpen.withLock { $0 = true } }

    public func wait() {
        let end = ContinuousClock.now + patience
        while !isOpen.withLock({ $0 }), ContinuousClock.now < end { Thread.sleep(forTimeInterval: 0.005) }
    }
}
