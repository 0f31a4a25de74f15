/// Takes a body piece by piece. Decoders are sinks that pass on what they make to the next one, so that
/// stacked codings are decoded as the bytes arrive and no stage holds a whole body but the last.
protocol ByteSink: AnyObject {
    /// The bytes are valid during the call only.
    func receive(_ bytes: UnsafeRawBufferPointer) throws(BodyFailure)
    /// No more bytes will come.
    func finish() throws(BodyFailure)
}

extension ByteSink {
    /// For a byte that was held back.
    func receive(byte: UInt8) throws(BodyFailure) {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
        defer { piece.deallocate() }
        piece[0] = byte
        try receive(UnsafeRawBufferPointer(piece))
    }
}

enum BodyFailure: Error, Equatable {
    /// More bytes than this came out of the body or of one of its codings.
    case tooLarge(limit: Int)
    /// The data ended before the coding said it would.
    case truncated(coding: String)
    case corrupt(coding: String)
    case unknownCoding(String)
}

/// The end of the line: the decoded body.
final class BodyBuffer: ByteSink {
    private(set) var bytes: [UInt8] = []
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func receive(_ piece: UnsafeRawBufferPointer) throws(BodyFailure) {
        guard piece.count <= limit - bytes.count else { throw .tooLarge(limit: limit) }
        bytes.append(contentsOf: piece)
    }

    func finish() {}

    func reserve(_ count: Int) { bytes.reserveCapacity(min(count, limit)) }

    /// Gives the bytes away without a copy.
    func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }
}

/// Passes on at most `limit` bytes. It stands behind each decoder, because what the next one skips would
/// otherwise be free: a gzip file of ten gigabytes of padding.
final class OutputLimit: ByteSink {
    private let next: any ByteSink
    private let limit: Int
    private var passed = 0

    init(_ limit: Int, next: any ByteSink) {
        self.limit = limit
        self.next = next
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws(BodyFailure) {
        guard bytes.count <= limit - passed else { throw .tooLarge(limit: limit) }
        passed += bytes.count
        try next.receive(bytes)
    }

    func finish() throws(BodyFailure) { try next.finish() }
}
