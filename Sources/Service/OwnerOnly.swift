import Glibc
import HTTPTypes
import Hummingbird
import NIOCore

/// What a request is answered with where its connection is needed.
struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}

/// Lets in the user whom the daemon runs as, and root. The socket's mode says the same; a mode can be changed.
struct OwnerOnly: RouterMiddleware {
    /// `struct ucred` of unix(7), which Glibc's module leaves out.
    private struct Credentials: Sendable {
        var pid: pid_t = 0
        var uid: uid_t = .max
        var gid: gid_t = .max
    }

    func handle(
        _ request: Request, context: ConnectionContext, next: (Request, ConnectionContext) async throws -> Response
    ) async throws -> Response {
        guard let options = context.channel as? any SocketOptionProvider else { throw HTTPError(.forbidden) }
        let peer: Credentials = try await options.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        ).get()
        guard peer.uid == geteuid() || peer.uid == 0 else { throw HTTPError(.forbidden) }
        return try await next(request, context)
    }
}
