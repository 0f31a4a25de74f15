import CCurl

/// `zstd` (RFC 8878), of one or several frames.
final class ZstdDecoder: ByteSink {
    /// A frame may ask for a window of so many bits: 16 MiB, brotli's largest and twice what RFC 9659
    /// lets a server use.
    private static let windowBits: Int32 = 24

    private let next: any ByteSink
    private let context: OpaquePointer
    private let output: UnsafeMutableRawBufferPointer
    private var isAtFrameEnd = false

    init(next: any ByteSink) {
        guard let context = ZSTD_createDCtx() else { fatalError("out of memory") }
        self.context = context
        self.next = next
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, ZstdDecoder.windowBits)
        output = .allocate(byteCount: 32 << 10, alignment: 16)
    }

    deinit {
        ZSTD_freeDCtx(context)
        output.deallocate()
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws(BodyFailure) {
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        var isOutputFull = false
        while input.pos < input.size || isOutputFull {
            var out = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
            let result = ZSTD_decompressStream(context, &out, &input)
            if ZSTD_isError(result) != 0 { throw .corrupt(coding: "zstd") }
            if out.pos > 0 { try next.receive(UnsafeRawBufferPointer(rebasing: output[..<out.pos])) }
            isAtFrameEnd = result == 0
            isOutputFull = out.pos == out.size && !isAtFrameEnd
        }
    }

    func finish() throws(BodyFailure) {
        if !isAtFrameEnd { throw .truncated(coding: "zstd") }
        try next.finish()
    }
}
