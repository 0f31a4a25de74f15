import Foundation

/// Reads the files that a user names.
public enum InputFile {
    /// Why a file could not be read, to stand after "cannot be read: ".
    public struct Unreadable: Error, Hashable, Sendable, CustomStringConvertible {
        public var description: String

        public init(_ description: String) { self.description = description }
    }

    /// Bytes; no list of feeds and no document is larger.
    public static let largest = 64 << 20

    /// All of a file. Throws `Unreadable`.
    public static func read(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Unreadable(reason(errno)) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw Unreadable(reason(errno))
            }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= largest else {
                throw Unreadable("larger than \(largest >> 20) MiB")
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
