import CCurl

/// gzip (RFC 1952), zlib (RFC 1950) and raw deflate (RFC 1951) by zlib.
///
/// A gzip body may have several members (RFC 1952, 2.2). What follows the last one and does not begin
/// another, padding with zeros mostly, is skipped, as gzip does.
final class InflateDecoder: ByteSink {
    enum Format: Int32 {
        case gzip = 31
        case zlib = 15
        case raw = -15
    }

    private let format: Format
    private let name: String
    private let next: any ByteSink
    /// zlib's state points back at the stream, which therefore has one place on the heap.
    private let stream: UnsafeMutablePointer<z_stream>
    private let output: UnsafeMutableRawBufferPointer
    private var state = State.inStream

    private enum State {
        case inStream
        /// A stream is complete; nothing but perhaps another gzip member may follow.
        case betweenMembers
        /// The first byte of a gzip header came after a complete member, the second is awaited.
        case afterMagic1
        case skipping
    }

    init(_ format: Format, name: String, next: any ByteSink) {
        self.format = format
        self.name = name
        self.next = next
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        output = .allocate(byteCount: 32 << 10, alignment: 16)
        let status = ccurl_inflate_init(stream, format.rawValue)
        precondition(status == Z_OK, "zlib has no memory for 40 KB or is another version than its header")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws(BodyFailure) {
        var rest = bytes[...]
        while let first = rest.first {
            switch state {
            case .inStream:
                let used = try inflate(UnsafeRawBufferPointer(rebasing: rest))
                rest = rest.dropFirst(used)
            case .betweenMembers:
                state = first == 0x1F ? .afterMagic1 : .skipping
                rest = rest.dropFirst()
            case .afterMagic1:
                guard first == 0x8B else {
                    state = .skipping
                    return
                }
                inflateReset(stream)
                state = .inStream
                try receive(byte: 0x1F)
            case .skipping:
                return
            }
        }
    }

    func finish() throws(BodyFailure) {
        if state == .inStream { throw .truncated(coding: name) }
        try next.finish()
    }

    /// Returns how many of the bytes belong to the stream: all, unless it ended.
    private func inflate(_ input: UnsafeRawBufferPointer) throws(BodyFailure) -> Int {
        // zlib does not write to its input, but an old signature says it may.
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: Bytef.self))
        stream.pointee.avail_in = uInt(clamping: input.count)
        while true {
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: Bytef.self)
            stream.pointee.avail_out = uInt(output.count)
            let status = CCurl.inflate(stream, Z_NO_FLUSH)
            let made = output.count - Int(stream.pointee.avail_out)
            if made > 0 { try next.receive(UnsafeRawBufferPointer(rebasing: output[..<made])) }
            switch status {
            case Z_STREAM_END:
                state = format == .gzip ? .betweenMembers : .skipping
                return input.count - Int(stream.pointee.avail_in)
            case Z_OK where stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0:
                continue
            case Z_OK, Z_BUF_ERROR:  // All input is used and all output made (Z_BUF_ERROR: there was none).
                return input.count
            default:
                throw .corrupt(coding: name)
            }
        }
    }
}
