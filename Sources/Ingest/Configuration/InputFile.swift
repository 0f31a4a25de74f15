import Foundation

/// Reads the files that a user names.
public enum InputFile {
    /// Why a file could not be read, to stand after "cannot be read: ".
    public struct Unreadable: Error, Hashable, Sendable, CustomStringConvertible {
        public var description: String
        public var isTooLarge: Bool

        public init(_ description: String, isTooLarge: Bool = false) {
            self.description = description
            self.isTooLarge = isTooLarge
        }

        /// More than `InputFile.largest`.
        public static let tooLarge = Unreadable("larger than \(InputFile.largest >> 20) MiB", isTooLarge: true)
    }

    /// Bytes; no list of feeds and no document is larger.
    public static let largest = 64 << 20

    /// All of a file. Throws `Unreadable`.
    public static func read(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Unreadable(reason(errno)) }
        defer { close(descriptor) }
        var status = stat()
        let expected = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
        guard expected <= largest else { throw Unreadable.tooLarge }
        var bytes = try read(descriptor, upTo: expected + 1)
        // A pipe tells no size, and a file may grow.
        while bytes.count > expected {
            let more = try read(descriptor, upTo: 1 << 16)
            if more.isEmpty { break }
            bytes += more
            guard bytes.count <= largest else { throw Unreadable.tooLarge }
        }
        return bytes
    }

    /// Fewer only at the end. Throws `Unreadable`.
    private static func read(_ descriptor: CInt, upTo limit: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = 0
            while count < limit {
                let got = Foundation.read(descriptor, buffer.baseAddress.map { $0 + count }, limit - count)
                if got == 0 { break }
                if got < 0 {
                    if errno == EINTR { continue }
                    throw Unreadable(reason(errno))
                }
                count += got
            }
        }
    }

    private static func reason(_ code: Int32) -> String {
        switch code {
        case ENOENT: "no such file"
        case EACCES: "permission denied; let the user that ingestd runs as read it"
        case EISDIR: "it is a folder; name a file"
        default: String(cString: strerror(code)).lowercased()
        }
    }
}
