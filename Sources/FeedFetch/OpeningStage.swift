/// Holds back the first two bytes of what is said to be in a coding, and lets them choose what is done with all:
/// servers say one thing and send another.
final class OpeningStage: BodyStage {
    /// `nil`: nothing is said, and what turns out to be a gzip file is opened.
    private let coding: ContentCoding?
    private var choice: Choice?
    /// The first bytes, until the chosen one has used them.
    private let held: UnsafeMutableRawBufferPointer
    private var heldBytes: Range<Int> = 0..<0

    private enum Choice {
        /// The bytes are what they are.
        case passing
        case decoding(any BodyStage)
    }

    init(_ coding: ContentCoding?) {
        self.coding = coding
        held = .allocate(byteCount: 2, alignment: 1)
    }

    deinit { held.deallocate() }

    var memory: Int {
        if case .decoding(let stage) = choice { stage.memory } else { 0 }
    }

    func decode(
        _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(BodyFailure) -> Int {
        if choice == nil {
            while heldBytes.count < held.count, let byte = input.first {
                held[heldBytes.count] = byte
                heldBytes = 0..<(heldBytes.count + 1)
                input.drop(1)
            }
            if heldBytes.count < held.count { return 0 }
            choice = try choose()
        }
        if !heldBytes.isEmpty {
            var first = UnsafeRawBufferPointer(rebasing: held[heldBytes])
            let made = try go(&first, into: output)
            heldBytes = (heldBytes.upperBound - first.count)..<heldBytes.upperBound
            if made > 0 { return made }
        }
        return try go(&input, into: output)
    }

    /// An empty body is no stream that was cut short, whatever coding it is said to have.
    func end() throws(BodyFailure) -> Bool {
        if choice == nil {
            if heldBytes.isEmpty { return false }
            choice = try choose()
            return true
        }
        if case .decoding(let stage) = choice { return try stage.end() }
        return false
    }

    private func go(
        _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(BodyFailure) -> Int {
        if case .decoding(let stage) = choice { return try stage.decode(&input, into: output) }
        let count = min(input.count, output.count)
        output.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[..<count]))
        input.drop(count)
        return count
    }

    private func choose() throws(BodyFailure) -> Choice {
        let start = Start(first: held[0], second: heldBytes.count > 1 ? held[1] : nil)
        switch coding {
        case nil:
            return start.isGzip ? .decoding(InflateDecoder(.gzip, name: "gzip")) : .passing
        case .brotli:
            return .decoding(BrotliDecoder())
        case .zstd:
            return start.isText ? .passing : .decoding(ZstdDecoder())
        case .gzip:
            if start.isGzip { return .decoding(InflateDecoder(.gzip, name: "gzip")) }
            if start.isText { return .passing }
            throw .corrupt(coding: "gzip")
        case .deflate:
            // RFC 9110, 8.4.1.2: zlib's format; some send deflate without its wrapper.
            if start.isGzip { return .decoding(InflateDecoder(.gzip, name: "deflate")) }
            return .decoding(InflateDecoder(start.isZlib ? .zlib : .raw, name: "deflate"))
        case .unknown(let name):
            // `Content-Encoding: UTF-8` and the like, before a document that is not encoded at all.
            if start.isText { return .passing }
            throw .unknownCoding(name)
        }
    }

    private struct Start {
        var first: UInt8
        var second: UInt8?

        var isGzip: Bool { first == 0x1F && second == 0x8B }

        /// CMF and FLG (RFC 1950, 2.2): method 8, a window that exists, the check bits.
        var isZlib: Bool {
            guard let second else { return false }
            return first & 0x0F == 8 && first >> 4 <= 7 && (Int(first) << 8 | Int(second)) % 31 == 0
        }

        /// How XML, JSON or HTML begins: with a bracket, white space or a byte order mark.
        var isText: Bool {
            switch first {
            case UInt8(ascii: "<"), UInt8(ascii: "{"), UInt8(ascii: "["), 0x09, 0x0A, 0x0D, 0x20: true
            case 0xEF: second == 0xBB
            case 0xFE: second == 0xFF
            case 0xFF: second == 0xFE
            default: false
            }
        }
    }
}
