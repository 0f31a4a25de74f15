import CCurl

/// gzip (RFC 1952), zlib (RFC 1950) and raw deflate (RFC 1951) by zlib.
///
/// A gzip body may have several members (RFC 1952, 2.2). What follows the last one and does not begin
/// another, padding with zeros mostly, is skipped, as gzip does.
final class InflateDecoder: BodyStage {
    enum Format: Int32 {
        case gzip = 31
        case zlib = 15
        case raw = -15
    }

    private let format: Format
    private let name: String
    /// zlib's state points back at the stream, which therefore has one place on the heap.
    private let stream: UnsafeMutablePointer<z_stream>
    private var state = State.inStream

    private enum State {
        case inStream
        /// A stream is complete; nothing but perhaps another gzip member may follow.
        case betweenMembers
        /// The first byte of a gzip header came after a complete member, the second is awaited.
        case afterMagic1
        case skipping
    }

    init(_ format: Format, name: String) {
        self.format = format
        self.name = name
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = ccurl_inflate_init(stream, format.rawValue)
        precondition(status == Z_OK, "zlib has no memory for 40 KB or is another version than its header")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// zlib's state and its window, by its own documentation.
    let memory = 44 << 10

    func decode(
        _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(BodyFailure) -> Int {
        while true {
            switch state {
            case .inStream:
                let made = try inflate(&input, into: output)
                if made > 0 || state == .inStream { return made }
            case .betweenMembers:
                guard let first = input.first else { return 0 }
                state = first == 0x1F ? .afterMagic1 : .skipping
                input.drop(1)
            case .afterMagic1:
                guard let second = input.first else { return 0 }
                guard second == 0x8B else {
                    state = .skipping
                    continue
                }
                inflateReset(stream)
                state = .inStream
                // The byte that was held back; it makes nothing yet.
                var first: UInt8 = 0x1F
                _ = try withUnsafeBytes(of: &first) { bytes throws(BodyFailure) in
                    var bytes = bytes
                    return try inflate(&bytes, into: output)
                }
            case .skipping:
                input.drop(input.count)
                return 0
            }
        }
    }

    func end() throws(BodyFailure) -> Bool {
        if state == .inStream { throw .truncated(coding: name) }
        return false
    }

    private func inflate(
        _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(BodyFailure) -> Int {
        // zlib does not write to its input, but an old signature says it may.
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: Bytef.self))
        let given = uInt(clamping: input.count)
        stream.pointee.avail_in = given
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: Bytef.self)
        stream.pointee.avail_out = uInt(clamping: output.count)
        switch CCurl.inflate(stream, Z_NO_FLUSH) {
        case Z_STREAM_END: state = format == .gzip ? .betweenMembers : .skipping
        case Z_OK, Z_BUF_ERROR: break  // Z_BUF_ERROR: there was nothing to do.
        default: throw .corrupt(coding: name)
        }
        input.drop(Int(given - stream.pointee.avail_in))
        return output.count - Int(stream.pointee.avail_out)
    }
}
