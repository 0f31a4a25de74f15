/// The codings of a body, and the line of decoders for them.
enum ContentCoding: Equatable {
    case gzip, deflate, brotli, zstd
    case unknown(String)

    /// The codings in the order in which they were applied (RFC 9110, 8.4): several fields are one list;
    /// empty members and `identity` are none.
    static func list(_ fields: some Sequence<[UInt8]>) -> [ContentCoding] {
        var codings: [ContentCoding] = []
        for field in fields {
            for member in field.split(separator: UInt8(ascii: ",")) {
                let name = String(decoding: member.filter { $0 != 0x20 && $0 != 0x09 }, as: UTF8.self).lowercased()
                switch name {
                case "", "identity": continue
                case "gzip", "x-gzip": codings.append(.gzip)
                case "deflate": codings.append(.deflate)
                case "br": codings.append(.brotli)
                case "zstd": codings.append(.zstd)
                default: codings.append(.unknown(name))
                }
            }
        }
        return codings
    }

    /// What is asked for.
    static let accepted = "gzip, deflate, br, zstd"

    /// The first sink of a body with these codings that ends in `buffer`. Whatever the codings, a body
    /// that then turns out to be a gzip file (`feed.xml.gz`, or compressed twice) is opened, once.
    ///
    /// No stage makes more than `limit` bytes.
    static func decoder(_ codings: [ContentCoding], limit: Int, into buffer: BodyBuffer) -> any ByteSink {
        func limited(_ sink: any ByteSink) -> any ByteSink { OutputLimit(limit, next: sink) }
        var sink: any ByteSink = StartSniffer { start in
            if start.isGzip { return InflateDecoder(.gzip, name: "gzip", next: buffer) }
            return buffer
        }
        for coding in codings {
            let next = limited(sink)
            sink =
                switch coding {
                case .brotli: StartSniffer { _ in BrotliDecoder(next: next) }
                case .zstd:
                    StartSniffer { start in
                        if start.isText { return next }
                        return ZstdDecoder(next: next)
                    }
                case .gzip:
                    StartSniffer { start throws(BodyFailure) in
                        if start.isGzip { return InflateDecoder(.gzip, name: "gzip", next: next) }
                        if start.isText { return next }
                        throw .corrupt(coding: "gzip")
                    }
                case .deflate:
                    // RFC 9110, 8.4.1.2: zlib's format; some send deflate without its wrapper.
                    StartSniffer { start in
                        if start.isGzip { return InflateDecoder(.gzip, name: "deflate", next: next) }
                        return InflateDecoder(start.isZlib ? .zlib : .raw, name: "deflate", next: next)
                    }
                case .unknown(let name):
                    // `Content-Encoding: UTF-8` and the like, before a document that is not encoded at all.
                    StartSniffer { start throws(BodyFailure) in
                        if start.isText { return next }
                        throw .unknownCoding(name)
                    }
                }
        }
        return sink
    }
}

/// Holds back the first two bytes and lets them choose the sink for all.
final class StartSniffer: ByteSink {
    struct Start {
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

    private let choose: (Start) throws(BodyFailure) -> any ByteSink
    private var firstByte: UInt8?
    private var chosen: (any ByteSink)?

    init(choose: @escaping (Start) throws(BodyFailure) -> any ByteSink) { self.choose = choose }

    func receive(_ bytes: UnsafeRawBufferPointer) throws(BodyFailure) {
        if let chosen { return try chosen.receive(bytes) }
        guard let first = bytes.first else { return }
        if let firstByte {
            let sink = try begin(Start(first: firstByte, second: first))
            try sink.receive(byte: firstByte)
            try sink.receive(bytes)
        } else if bytes.count == 1 {
            firstByte = first
        } else {
            try begin(Start(first: first, second: bytes[1])).receive(bytes)
        }
    }

    /// An empty body is no stream that was cut short, whatever coding it is said to have.
    func finish() throws(BodyFailure) {
        if chosen == nil, let firstByte {
            try begin(Start(first: firstByte, second: nil)).receive(byte: firstByte)
        }
        try chosen?.finish()
    }

    private func begin(_ start: Start) throws(BodyFailure) -> any ByteSink {
        let sink = try choose(start)
        chosen = sink
        return sink
    }
}
