import Glibc

/// Reads a WARC file of gzip members, from any place in it, while it may be growing.
///
/// It belongs to one thread at a time.
public final class WarcFile {
    private let descriptor: Int32
    private let inflater = GzipInflater()
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

    /// A record and where it stands.
    public struct Member: Sendable {
        public var offset: Int
        /// In the file.
        public var length: Int
        public var record: WarcRecord
    }

    public init(path: String) throws(WarcFailure) {
        // A pipe would be waited for.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            throw .unreadable(
                reason: errno == ENOENT ? "it is not there" : String(cString: strerror(errno)).lowercased())
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(reason: "it is no regular file")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        input.deallocate()
    }

    /// How long the file is now.
    public var size: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    /// The record that begins at a place.
    public func member(at offset: Int) throws(WarcFailure) -> Member {
        var bytes: [UInt8] = []
        let length = try inflate(at: offset) { bytes.append(contentsOf: $0) }
        return Member(offset: offset, length: length, record: try WarcRecord(bytes))
    }

    /// Bytes as they stand in the file.
    public func bytes(at offset: Int, count: Int) throws(WarcFailure) -> [UInt8] {
        var reason: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { out, filled in
            while filled < count {
                let got = pread(descriptor, out.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                if got < 0 { reason = errno }
                guard got > 0 else { return }
                filled += got
            }
        }
        if reason != 0 { throw .unreadable(reason: String(cString: strerror(reason)).lowercased()) }
        guard bytes.count == count else { throw .torn }
        return bytes
    }

    /// Where the whole members end that stand from a place on, one behind the other: a file that was being written when
    /// its program was killed goes on there.
    public func endOfWholeMembers(from offset: Int) throws(WarcFailure) -> Int {
        var end = offset
        while end < size {
            do throws(WarcFailure) {
                end += try inflate(at: end) { _ in }
            } catch {
                if case .unreadable = error { throw error }
                return end
            }
        }
        return end
    }

    /// - Returns: the length of the member.
    private func inflate(
        at offset: Int, _ each: (UnsafeRawBufferPointer) -> Void
    ) throws(WarcFailure) -> Int {
        inflater.reset()
        while !inflater.isComplete {
            let got = pread(descriptor, input.baseAddress, input.count, off_t(offset + inflater.consumed))
            if got < 0 {
                if errno == EINTR { continue }
                throw .unreadable(reason: String(cString: strerror(errno)).lowercased())
            }
            guard got > 0 else { throw .torn }
            _ = try inflater.take(UnsafeRawBufferPointer(rebasing: input[..<got]), each)
        }
        return inflater.consumed
    }
}
