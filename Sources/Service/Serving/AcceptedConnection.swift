import HummingbirdCore
import NIOCore
import Synchronization

/// A connection that was accepted and is to be handled.
///
/// One that is accepted in the moment in which the server closes is dropped by NIO, and NIO ends the program where the
/// writer of a connection was never finished. So whatever drops this one closes it.
final class AcceptedConnection: ServerChildChannelValue {
    private let connection: Mutex<HTTP1Channel.Value?>
    let channel: any Channel

    init(_ connection: HTTP1Channel.Value) {
        self.connection = Mutex(connection)
        channel = connection.channel
    }

    /// Whoever takes it sees to its end. It is there once.
    func take() -> HTTP1Channel.Value? { connection.withLock { $0.take() } }

    deinit {
        guard let left = take() else { return }
        // An error says that it is closed, which is what is wanted.
        Task { try? await left.executeThenClose { _, _ in } }
    }
}
