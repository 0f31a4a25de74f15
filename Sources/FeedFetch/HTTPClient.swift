import CCurl
import Foundation

/// HTTP/1.1 and HTTP/2 by libcurl.
///
/// One thread owns libcurl's handles; requests reach it through a mailbox. One `send` is one exchange: no
/// redirects, no cookies, no second try.
public final class HTTPClient: Sendable {
    private let mailbox = TransferMailbox()

    /// Throws if a file of certificate authorities that was asked for cannot be read.
    public init(_ configuration: HTTPClientConfiguration = HTTPClientConfiguration()) throws(HTTPClientError) {
        try HTTPClient.libcurl.get()
        let (mailbox, settings, buffered) = (
            mailbox, try TransferSettings(configuration), max(1, configuration.maxBufferedBytes)
        )
        let thread = Thread {
            ccurl_name_this_thread("transfers")
            do {
                let loop = TransferLoop(mailbox, settings, maxBufferedBytes: buffered)
                loop.run()
            }
            mailbox.end()
        }
        thread.start()
    }

    deinit { mailbox.stop() }

    /// Makes all of a configuration but `maxBufferedBytes` that of the transfers that start from now on. Throws, and
    /// changes nothing, if a file of certificate authorities that is asked for cannot be read.
    public func apply(_ configuration: HTTPClientConfiguration) throws(HTTPClientError) {
        mailbox.set(try TransferSettings(configuration))
    }

    /// Cancelling the task abandons the transfer.
    public func send(_ request: HTTPRequest) async -> Result<HTTPResponse, TransferFailure> {
        let id = mailbox.nextID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                mailbox.submit(Submission(id: id, request: request, continuation: continuation))
            }
        } onCancel: {
            mailbox.cancel(id)
        }
    }

    /// Abandons what is in flight and returns when the thread has ended. From then on every `send` fails as
    /// cancelled.
    public func shutdown() async { await mailbox.stopAndWait() }

    /// When the loop last turned. It turns at least once a second, so that a longer silence means that it
    /// hangs.
    public var lastTurn: ContinuousClock.Instant { mailbox.lastTurn }

    /// Returns when the loop has come to its next turn, which it does at once unless it hangs.
    public func turn() async { await mailbox.turn() }

    /// Initialised once for the process.
    private static let libcurl: Result<Void, HTTPClientError> = {
        let result = curl_global_init(Int(CURL_GLOBAL_ALL))
        guard result == CURLE_OK else { return .failure(.libcurl(String(cString: curl_easy_strerror(result)))) }
        guard let version = curl_version_info(CURLVERSION_TENTH)?.pointee else { return .success(()) }
        guard version.version_num >= 0x075700 else {
            return .failure(.libcurl("version 7.87 is needed, this is \(String(cString: version.version))"))
        }
        guard version.features & CURL_VERSION_SSL != 0, version.features & CURL_VERSION_ASYNCHDNS != 0 else {
            return .failure(.libcurl("it was built without TLS, or without name lookups in the background"))
        }
        return .success(())
    }()
}
