import CZlib

/// Deflates short texts of a kind (RFC 1951) against a dictionary of what is common to them. Here because zlib has one
/// importer.
///
/// The dictionary is needed again to inflate, to the byte; its last 4 KB count.
public enum ShortText {
    private static let level: CInt = 6

    public static func deflated(_ bytes: [UInt8], dictionary: [UInt8]) -> [UInt8] {
        // zlib's state points back at the stream, which therefore has one place on the heap.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        var status = czlib_begin_small_deflate(stream, level)
        precondition(status == Z_OK, "zlib has no memory for 50 KB or is another version than its header")
        defer { deflateEnd(stream) }
        status = deflateSetDictionary(stream, dictionary, uInt(dictionary.count))
        precondition(status == Z_OK, "zlib takes no dictionary")
        // Enough for all of it in one call, as zlib.h says of deflateBound().
        let bound = Int(deflateBound(stream, uLong(bytes.count)))
        return [UInt8](unsafeUninitializedCapacity: bound) { out, count in
            bytes.withUnsafeBufferPointer { input in
                // zlib does not write to its input, but an old signature says it may.
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = uInt(input.count)
                stream.pointee.next_out = out.baseAddress
                stream.pointee.avail_out = uInt(out.count)
                let status = deflate(stream, Z_FINISH)
                precondition(status == Z_STREAM_END, "zlib needs more room than it said")
                count = bound - Int(stream.pointee.avail_out)
            }
        }
    }

    /// - Returns: `nil` where the bytes are damaged, or were deflated against another dictionary in a way that shows.
    public static func inflated(_ bytes: [UInt8], dictionary: [UInt8]) -> [UInt8]? {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        let begun = czlib_begin_small_inflate(stream)
        precondition(begun == Z_OK, "zlib has no memory for 10 KB or is another version than its header")
        defer { inflateEnd(stream) }
        guard inflateSetDictionary(stream, dictionary, uInt(dictionary.count)) == Z_OK else { return nil }
        var text: [UInt8] = []
        var status = Z_OK
        bytes.withUnsafeBufferPointer { input in
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = uInt(input.count)
            while status == Z_OK {
                let piece = max(4 * bytes.count, 1 << 10)
                text += [UInt8](unsafeUninitializedCapacity: piece) { out, count in
                    stream.pointee.next_out = out.baseAddress
                    stream.pointee.avail_out = uInt(out.count)
                    status = inflate(stream, Z_NO_FLUSH)
                    count = piece - Int(stream.pointee.avail_out)
                }
            }
        }
        return status == Z_STREAM_END ? text : nil
    }
}
