import Glibc

/// A file that holds a password or a token and nothing else.
public enum SecretFile {
    /// What is wrong with the file. It never holds the secret.
    public struct Unusable: Error, Hashable, Sendable, CustomStringConvertible {
        public var description: String

        public init(_ description: String) { self.description = description }
    }

    private static let largest = 16 << 10

    /// The secret. The newline at the end of the file is no part of it.
    public static func read(
        _ path: String, using readFile: (String) throws -> [UInt8] = InputFile.read
    ) -> Result<String, Unusable> {
        var bytes: [UInt8]
        do {
            bytes = try readFile(path)
        } catch {
            return .failure(Unusable("cannot be read: \(oneLine(error))"))
        }
        guard bytes.count <= largest else {
            return .failure(Unusable("is larger than \(largest >> 10) KiB; it holds the secret alone"))
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.isEmpty else { return .failure(Unusable("is empty; write the secret into it")) }
        guard let secret = String(validating: bytes, as: UTF8.self) else {
            return .failure(Unusable("is not UTF-8; save it as UTF-8"))
        }
        // It goes into a header field (RFC 7617, 2; RFC 6750, 2.1).
        guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            return .failure(
                Unusable("holds more than one line or a control character; keep the secret alone in one line"))
        }
        return .success(secret)
    }

    /// What is wrong with who may read the file, to stand after its name; `nil` for nothing. A group may: the one of the
    /// user that ingestd runs as.
    static func exposure(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o006 != 0 else { return nil }
        let may = status.st_mode & 0o002 == 0 ? "read" : "read or write"
        return "everybody may \(may) (mode \(String(status.st_mode & 0o7777, radix: 8))); make it 640 or 600"
    }

    /// RFC 6750, 2.1: visible ASCII.
    static func isToken(_ secret: String) -> Bool { secret.utf8.allSatisfy { (0x21...0x7E).contains($0) } }
}

/// An error of a reader of files, for a message.
func oneLine(_ error: any Error) -> String { "\(error)".shown }
