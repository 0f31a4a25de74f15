import CCurl

/// `br` (RFC 7932). What follows the stream's end is skipped.
final class BrotliDecoder: ByteSink {
    private let next: any ByteSink
    private let decoder: OpaquePointer
    private let output: UnsafeMutablePointer<UInt8>
    private static let outputSize = 32 << 10

    init(next: any ByteSink) {
        guard let decoder = BrotliDecoderCreateInstance(nil, nil, nil) else { fatalError("out of memory") }
        self.decoder = decoder
        self.next = next
        output = .allocate(capacity: BrotliDecoder.outputSize)
    }

    deinit {
        BrotliDecoderDestroyInstance(decoder)
        output.deallocate()
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws(BodyFailure) {
        var input = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var inputLeft = bytes.count
        while BrotliDecoderIsFinished(decoder) == 0 {
            var out: UnsafeMutablePointer<UInt8>? = output
            var outputLeft = BrotliDecoder.outputSize
            let result = BrotliDecoderDecompressStream(decoder, &inputLeft, &input, &outputLeft, &out, nil)
            let made = BrotliDecoder.outputSize - outputLeft
            if made > 0 { try next.receive(UnsafeRawBufferPointer(start: output, count: made)) }
            switch result {
            case BROTLI_DECODER_RESULT_ERROR: throw .corrupt(coding: "br")
            case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT: return
            default: continue
            }
        }
    }

    func finish() throws(BodyFailure) {
        if BrotliDecoderIsFinished(decoder) == 0 { throw .truncated(coding: "br") }
        try next.finish()
    }
}
