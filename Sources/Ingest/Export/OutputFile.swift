import Foundation

/// A file that a command writes: under a temporary name beside the one that is meant, which it takes when it is
/// whole. Until then whatever stood there stays. What is no regular file (a device, a pipe) is written to itself.
///
/// It belongs to one thread at a time.
public final class OutputFile {
    public struct Unwritable: Error, Hashable, Sendable, CustomStringConvertible {
        public var description: String
    }

    /// Symbolic links followed.
    private let path: String
    /// `nil`: the file itself is written.
    private let temporary: String?
    private var descriptor: CInt
    private var buffer: [UInt8] = []
    private static let largest = 1 << 16

    /// Throws `Unwritable`, as the other functions do.
    public init(_ name: String) throws {
        var status = stat()
        let isThere = stat(name, &status) == 0
        path = isThere ? OutputFile.resolved(name) : name
        if isThere, status.st_mode & S_IFMT != S_IFREG {
            temporary = nil
            descriptor = open(path, O_WRONLY | O_CLOEXEC)
        } else {
            // A file that is there already belongs to somebody else, or was left by a program that was killed.
            var partial = ""
            var number = 0
            repeat {
                partial = "\(path).\(getpid())\(number == 0 ? "" : "-\(number)").partial"
                number += 1
                descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            } while descriptor < 0 && errno == EEXIST && number < 100
            temporary = descriptor < 0 ? nil : partial
            if descriptor >= 0, isThere { fchmod(descriptor, status.st_mode & 0o7777) }
        }
        if descriptor < 0 { throw failure() }
        buffer.reserveCapacity(OutputFile.largest)
    }

    /// Without `finish` nothing is left of it.
    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        if let temporary { unlink(temporary) }
    }

    public func write(_ bytes: [UInt8]) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= OutputFile.largest { try flush() }
    }

    /// All is written: it takes its name.
    public func finish() throws {
        try flush()
        if let temporary {
            guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw failure() }
        }
        close(descriptor)
        descriptor = -1
    }

    private func flush() throws {
        var written = 0
        while written < buffer.count {
            let count = buffer.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure()
            }
            written += count
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private static func resolved(_ name: String) -> String {
        guard let real = realpath(name, nil) else { return name }
        defer { free(real) }
        return String(cString: real)
    }

    private func failure() -> Unwritable {
        Unwritable(description: "\(path) cannot be written: \(String(cString: strerror(errno)).lowercased())")
    }
}
