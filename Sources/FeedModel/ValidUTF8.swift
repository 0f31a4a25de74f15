/// Strings of bytes that are known to be UTF-8.
extension String {
    /// Of bytes that were checked when they came in (or were cut out of a String, at characters' borders): they
    /// are not checked again, except in debug builds.
    public init(validUTF8 bytes: UnsafeBufferPointer<UInt8>) {
        assert(String(validating: bytes, as: UTF8.self) != nil)
        // Text that is known to be ASCII is hashed and compared as it stands.
        let isASCII = bytes.asciiEnd(from: 0) == bytes.count
        self = unsafe String(copying: UTF8Span(unchecked: Span(_unsafeElements: bytes), isKnownASCII: isASCII))
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Where the ASCII that stands at `start` ends.
    public func asciiEnd(from start: Int) -> Int {
        var at = start
        if let base = baseAddress.map(UnsafeRawPointer.init) {
            while at + 16 <= count {
                let pair = base.loadUnaligned(fromByteOffset: at, as: SIMD2<UInt64>.self) & 0x8080_8080_8080_8080
                if pair != SIMD2(0, 0) { break }
                at += 16
            }
        }
        while at < count, self[at] < 0x80 { at += 1 }
        return at
    }
}
