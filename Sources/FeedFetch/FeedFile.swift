import FeedModel
import Foundation

/// A feed in a file of this machine (`file:`, RFC 8089), read as if it were an answer: 200, or 304 while the file is
/// the one that was read last.
///
/// | what is there                         | outcome                              |
/// |---------------------------------------|--------------------------------------|
/// | a regular file                        | its bytes, opened if they are gzip's |
/// | the file of last time, untouched      | not modified                         |
/// | nothing, or nothing that may be read  | failure `connect`                    |
/// | a folder, a pipe, a device            | failure `no-feed`                    |
/// | more than the limit of a body         | failure `too-large`                  |
/// | a gzip file that is cut or broken     | failure `truncated`, `bad-encoding`  |
enum FeedFile {
    private static let piece = 1 << 16

    static func fetch(_ request: FeedRequest, path: String) -> FetchOutcome {
        let started = ContinuousClock.now
        func failure(_ code: FetchFailure.Code, _ message: String) -> FetchOutcome {
            .failure(FetchFailure(code: code, message: "\(path): \(message)"))
        }
        // Looked at before it is opened, which by itself would wake some devices.
        var status = stat()
        guard stat(path, &status) == 0 else { return failure(.connect, reason(errno)) }
        guard isRegular(status) else { return failure(.noDocument, kind(status)) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return failure(.connect, reason(errno)) }
        defer { close(descriptor) }
        // What was opened may be another than what was looked at.
        guard fstat(descriptor, &status) == 0 else { return failure(.connect, reason(errno)) }
        guard isRegular(status) else { return failure(.noDocument, kind(status)) }

        let identity = identity(status)
        let isUnchanged = request.validators?.url == request.url && request.validators?.etag == identity
        var body: [UInt8] = []
        if !isUnchanged {
            let limit = request.limits.maxBody
            do throws(BodyFailure) {
                guard let bytes = try read(descriptor, limit: limit) else {
                    return failure(.reset, "cannot be read to its end: \(reason(errno))")
                }
                body = bytes
            } catch {
                switch error {
                case .tooLarge: return failure(.tooLarge, "is larger than \(limit) bytes (max_body)")
                case .truncated: return failure(.truncated, "is a gzip file that breaks off")
                case .corrupt, .unknownCoding, .tooManyCodings:
                    return failure(.badEncoding, "is a gzip file that is broken")
                }
            }
        }
        return .response(
            FeedResponse(
                status: isUnchanged ? 304 : 200, httpVersion: FeedResponse.fileVersion,
                headers: [HTTPField(name: "ETag", value: identity)], body: body, finalURL: request.url,
                wasConditional: request.validators != nil, duration: ContinuousClock.now - started))
    }

    /// Differs whenever the file was replaced or written to: a change leaves no instant of its inode as it was,
    /// whatever instant of the content is set afterwards.
    private static func identity(_ status: stat) -> [UInt8] {
        let (written, changed) = (status.st_mtim, status.st_ctim)
        let text =
            "\"\(status.st_dev)-\(status.st_ino)-\(status.st_size)-\(written.tv_sec).\(written.tv_nsec)"
            + "-\(changed.tv_sec).\(changed.tv_nsec)\""
        return Array(text.utf8)
    }

    /// All of it; `nil` if the system cannot, with `errno` saying why.
    private static func read(_ descriptor: CInt, limit: Int) throws(BodyFailure) -> [UInt8]? {
        let decoder = try BodyDecoder([], limit: limit)
        let space = UnsafeMutableRawBufferPointer.allocate(byteCount: piece, alignment: 16)
        defer { space.deallocate() }
        while true {
            let got = Foundation.read(descriptor, space.baseAddress, piece)
            if got < 0 {
                if errno == EINTR { continue }
                return nil
            }
            var input = UnsafeRawBufferPointer(rebasing: space[..<got])
            while try decoder.step(&input, isEnd: got == 0) {}
            if got == 0 { return decoder.take() }
        }
    }

    private static func isRegular(_ status: stat) -> Bool { status.st_mode & S_IFMT == S_IFREG }

    private static func kind(_ status: stat) -> String {
        switch status.st_mode & S_IFMT {
        case S_IFDIR: "is a folder, and no document; name a file in it"
        case S_IFIFO, S_IFSOCK: "is a pipe, and no document; name a file"
        default: "is a device, and no document; name a file"
        }
    }

    private static func reason(_ code: Int32) -> String {
        switch code {
        case ENOENT, ENOTDIR: "there is no such file"
        case EACCES, EPERM: "permission denied; let the user that ingestd runs as read it"
        default: String(cString: strerror(code)).lowercased()
        }
    }
}
