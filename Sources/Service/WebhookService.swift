public import Ingest
public import ServiceLifecycle

/// Delivers to webhooks until shutdown begins, then lets requests that are on their way end.
public struct WebhookService: Service {
    private let sender: WebhookSender

    public init(_ sender: WebhookSender) { self.sender = sender }

    public func run() async throws {
        try await withGracefulShutdownHandler {
            try await sender.run()
        } onGracefulShutdown: {
            Task { await sender.close() }
        }
    }
}
