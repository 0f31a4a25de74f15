import CZlib

/// gzip members (RFC 1952), one a record: so a record is read without those before it, and a file that is cut between
/// two of them is whole.
enum GzipMember {
    /// zlib's own balance of time and room.
    private static let level: CInt = 6

    /// Compresses bytes to one member.
    static func compress(_ bytes: [UInt8]) -> [UInt8] { compress([bytes]) }

    /// Compresses pieces, one behind the other, to one member.
    static func compress(_ pieces: [[UInt8]]) -> [UInt8] {
        // zlib's state points back at the stream, which therefore has one place on the heap.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        let status = czlib_begin_deflate(stream, level)
        precondition(status == Z_OK, "zlib has no memory for 270 KB or is another version than its header")
        defer { deflateEnd(stream) }
        var out: [UInt8] = []
        let output = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 16)
        defer { output.deallocate() }
        for (index, piece) in pieces.enumerated() {
            let flush = index == pieces.count - 1 ? Z_FINISH : Z_NO_FLUSH
            piece.withUnsafeBufferPointer { input in
                // zlib does not write to its input, but an old signature says it may.
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = uInt(input.count)
                // All input is used, and with Z_FINISH all output made, when there is room left (zlib.h, deflate).
                repeat {
                    stream.pointee.next_out = output.baseAddress
                    stream.pointee.avail_out = uInt(output.count)
                    _ = deflate(stream, flush)
                    out.append(contentsOf: output[..<(output.count - Int(stream.pointee.avail_out))])
                } while stream.pointee.avail_out == 0
            }
        }
        return out
    }
}

/// Takes a member apart, piece by piece.
final class GzipInflater {
    private let stream: UnsafeMutablePointer<z_stream>
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    private(set) var isComplete = false
    /// Bytes of the member so far.
    private(set) var consumed = 0

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = czlib_begin_inflate(stream)
        precondition(status == Z_OK, "zlib has no memory for 40 KB or is another version than its header")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    /// Forgets what was read, for another member.
    func reset() {
        inflateReset(stream)
        isComplete = false
        consumed = 0
    }

    /// - Returns: how many bytes of the input belong to the member: all, unless it is complete then.
    func take(_ input: UnsafeRawBufferPointer, _ each: (UnsafeRawBufferPointer) -> Void) throws(WarcFailure) -> Int {
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: Bytef.self))
        stream.pointee.avail_in = uInt(clamping: input.count)
        while true {
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: Bytef.self)
            stream.pointee.avail_out = uInt(output.count)
            let status = inflate(stream, Z_NO_FLUSH)
            let made = output.count - Int(stream.pointee.avail_out)
            if made > 0 { each(UnsafeRawBufferPointer(rebasing: output[..<made])) }
            switch status {
            case Z_STREAM_END:
                isComplete = true
                let used = input.count - Int(stream.pointee.avail_in)
                consumed += used
                return used
            case Z_OK where stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0:
                continue
            case Z_OK, Z_BUF_ERROR:  // All input is used and all output made (Z_BUF_ERROR: there was none).
                consumed += input.count
                return input.count
            default:
                throw .damaged
            }
        }
    }
}
