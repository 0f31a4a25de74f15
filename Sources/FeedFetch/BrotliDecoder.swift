import CCurl

/// `br` (RFC 7932). What follows the stream's end is skipped.
final class BrotliDecoder: BodyStage {
    private let decoder: OpaquePointer
    /// What the decoder has allocated: window and tables grow with what comes. It has one place on the heap, because
    /// brotli holds a pointer to it.
    private let allocated: UnsafeMutablePointer<Int>

    init() {
        allocated = .allocate(capacity: 1)
        allocated.initialize(to: 0)
        // Some KB, however large the window: without them no Swift object could be made either, which ends the program too.
        guard let decoder = BrotliDecoderCreateInstance(ccurl_counting_malloc, ccurl_counting_free, allocated) else {
            fatalError("out of memory")
        }
        self.decoder = decoder
    }

    deinit {
        BrotliDecoderDestroyInstance(decoder)
        allocated.deallocate()
    }

    var memory: Int { allocated.pointee }

    func decode(
        _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(BodyFailure) -> Int {
        var source = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var left = input.count
        var out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var room = output.count
        while BrotliDecoderIsFinished(decoder) == 0, room == output.count {
            let result = BrotliDecoderDecompressStream(decoder, &left, &source, &room, &out, nil)
            if result == BROTLI_DECODER_RESULT_ERROR { throw .corrupt(coding: "br") }
            if result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT { break }
        }
        // What comes behind the end is not looked at, once all that came before it was given.
        if BrotliDecoderIsFinished(decoder) != 0, room == output.count { left = 0 }
        input.drop(input.count - left)
        return output.count - room
    }

    func end() throws(BodyFailure) -> Bool {
        if BrotliDecoderIsFinished(decoder) == 0 { throw .truncated(coding: "br") }
        return false
    }
}
