import Glibc

/// Bytes of one encoding to UTF-8, by glibc's iconv. Owns the descriptor.
final class Transcoder {
    private let descriptor: iconv_t

    init?(_ name: String) {
        guard let descriptor = iconv_open("UTF-8", name), Int(bitPattern: descriptor) != -1 else { return nil }
        self.descriptor = descriptor
    }

    deinit { iconv_close(descriptor) }

    /// What cannot be decoded becomes U+FFFD, for single-byte encodings the C1 control of the same number
    /// (as the Encoding Standard's tables have it), and is counted.
    func decode(
        _ input: UnsafeBufferPointer<UInt8>, isSingleByte: Bool, _ meter: ReadingMeter? = nil
    ) -> (bytes: [UInt8], errors: Int) {
        var out: [UInt8] = []
        out.reserveCapacity(input.count + input.count / 2 + 16)
        var errors = 0
        guard let base = input.baseAddress, input.count > 0 else { return (out, 0) }
        let chunkSize = 64 * 1024
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: chunkSize) { chunk in
            // iconv takes a mutable pointer for historical reasons; it does not write to its input.
            var source: UnsafeMutablePointer<CChar>? = UnsafeMutableRawPointer(mutating: base)
                .assumingMemoryBound(to: CChar.self)
            var left = input.count
            // Each call converts a chunk, or stumbles over a byte.
            while left > 0, meter?.goesOn(16) ?? true {
                var target = chunk.baseAddress
                var room = chunkSize
                let status = iconv(descriptor, &source, &left, &target, &room)
                let reason = errno
                chunk.baseAddress?.withMemoryRebound(to: UInt8.self, capacity: chunkSize) {
                    out.append(contentsOf: UnsafeBufferPointer(start: $0, count: chunkSize - room))
                }
                guard status == Int.max || Int(bitPattern: UInt(bitPattern: status)) == -1 else { continue }
                if reason == E2BIG { continue }
                // EILSEQ or EINVAL: one byte is passed over, and decoding goes on.
                errors += 1
                if let byte = source.map({ UInt8(bitPattern: $0.pointee) }), isSingleByte, (0x80...0x9F).contains(byte)
                {
                    out.append(contentsOf: [0xC2, byte])
                } else {
                    out.append(contentsOf: [0xEF, 0xBF, 0xBD])
                }
                source = source.map { $0 + 1 }
                left -= 1
            }
        }
        return (out, errors)
    }
}
