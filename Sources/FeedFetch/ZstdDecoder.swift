import CCurl

/// `zstd` (RFC 8878), of one or several frames.
final class ZstdDecoder: BodyStage {
    /// A frame may ask for a window of so many bits: 16 MiB, brotli's largest and twice what RFC 9659
    /// lets a server use.
    private static let windowBits: Int32 = 24

    private let context: OpaquePointer
    private var isAtFrameEnd = false
    /// The last output was filled to its end: there may be more without more input.
    private var hasMore = false
    /// What the frame has made, and what the longest has.
    private var made = 0
    private var mostMade = 0

    init() {
        // Some KB, however large the window: without them no Swift object could be made either, which ends the program too.
        guard let context = ZSTD_createDCtx() else { fatalError("out of memory") }
        self.context = context
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, ZstdDecoder.windowBits)
    }

    deinit { ZSTD_freeDCtx(context) }

    /// The window is there at once and is memory as far as it was written to.
    var memory: Int { min(Int(ZSTD_sizeof_DCtx(context)), ZstdDecoder.contextSize + mostMade) }

    /// Without a window: tables, literals, a block of input.
    private static let contextSize = 320 << 10

    func decode(
        _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(BodyFailure) -> Int {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var out = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        while out.pos == 0, source.pos < source.size || hasMore {
            let result = ZSTD_decompressStream(context, &out, &source)
            if ZSTD_isError(result) != 0 { throw .corrupt(coding: "zstd") }
            isAtFrameEnd = result == 0
            mostMade = max(mostMade, made + out.pos)
            hasMore = out.pos == out.size && !isAtFrameEnd
        }
        input.drop(source.pos)
        made = isAtFrameEnd ? 0 : made + out.pos
        return out.pos
    }

    func end() throws(BodyFailure) -> Bool {
        if !isAtFrameEnd { throw .truncated(coding: "zstd") }
        return false
    }
}
