import Testing

@testable import FeedFetch

@Suite struct ContentCodingTests {
    /// Decodes in pieces of a size; the outcome must not depend on it.
    private func decode(_ codings: [ContentCoding], _ data: [UInt8], piece: Int, limit: Int = 1 << 20)
        throws(BodyFailure)
        -> [UInt8]
    {
        let decoder = try BodyDecoder(codings, limit: limit)
        var start = 0
        while start < data.count {
            let end = min(data.count, start + piece)
            let failure: BodyFailure? = data[start..<end].withUnsafeBytes { bytes in
                var input = bytes
                do throws(BodyFailure) {
                    while try decoder.step(&input) {}
                } catch {
                    return error
                }
                #expect(input.isEmpty)
                return nil
            }
            if let failure { throw failure }
            start = end
        }
        var none = UnsafeRawBufferPointer(start: nil, count: 0)
        while try decoder.step(&none, isEnd: true) {}
        return decoder.take()
    }

    private static let pieces = [1, 2, 3, 7, 100, 65_536]

    struct Document: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var codings: [ContentCoding]
        var data: [UInt8]
    }

    static let readable: [Document] = [
        Document(testDescription: "not coded", codings: [], data: Compressed.plain),
        Document(testDescription: "gzip", codings: [.gzip], data: Compressed.gzip),
        Document(testDescription: "gzip of two members", codings: [.gzip], data: Compressed.gzipMembers),
        Document(
            testDescription: "gzip with zero padding", codings: [.gzip],
            data: Compressed.gzip + [UInt8](repeating: 0, count: 700)),
        Document(testDescription: "gzip with a line end after it", codings: [.gzip], data: Compressed.gzip + [0x0A]),
        Document(testDescription: "gzip with 1f after it", codings: [.gzip], data: Compressed.gzip + [0x1F]),
        Document(testDescription: "gzip with 1f 00 after it", codings: [.gzip], data: Compressed.gzip + [0x1F, 0]),
        Document(testDescription: "deflate with its wrapper", codings: [.deflate], data: Compressed.zlib),
        Document(testDescription: "deflate without wrapper", codings: [.deflate], data: Compressed.rawDeflate),
        Document(testDescription: "deflate that is gzip", codings: [.deflate], data: Compressed.gzip),
        Document(testDescription: "br", codings: [.brotli], data: Compressed.brotli),
        Document(testDescription: "zstd", codings: [.zstd], data: Compressed.zstd),
        Document(testDescription: "zstd of two frames", codings: [.zstd], data: Compressed.zstdFrames),
        Document(testDescription: "gzip, then br", codings: [.gzip, .brotli], data: Compressed.brotliOfGzip),
        Document(testDescription: "gzip twice, told twice", codings: [.gzip, .gzip], data: Compressed.gzipOfGzip),
        Document(testDescription: "gzip twice, told once", codings: [.gzip], data: Compressed.gzipOfGzip),
        Document(testDescription: "a gzip file without Content-Encoding", codings: [], data: Compressed.gzip),
        Document(testDescription: "a gzip file in br", codings: [.brotli], data: Compressed.brotliOfGzip),
        Document(testDescription: "plain, said to be gzip", codings: [.gzip], data: Compressed.plain),
        Document(testDescription: "plain, said to be zstd", codings: [.zstd], data: Compressed.plain),
        Document(testDescription: "plain, said to be UTF-8", codings: [.unknown("utf-8")], data: Compressed.plain),
    ]

    @Test(arguments: readable) func isRead(_ document: Document) throws {
        for piece in ContentCodingTests.pieces {
            #expect(
                try decode(document.codings, document.data, piece: piece) == Compressed.plain, "in pieces of \(piece)")
        }
    }

    @Test(
        arguments: [
            [], [.gzip], [.deflate], [.brotli], [.zstd], [.unknown("x")],
        ] as [[ContentCoding]]) func anEmptyBodyIsEmpty(_ codings: [ContentCoding]) throws
    {
        #expect(try decode(codings, [], piece: 1).isEmpty)
    }

    @Test(
        arguments: [
            ([.gzip], Compressed.gzip, "gzip"), ([], Compressed.gzip, "gzip"),
            ([.gzip], Compressed.gzipMembers, "gzip"),
            ([.deflate], Compressed.zlib, "deflate"), ([.deflate], Compressed.rawDeflate, "deflate"),
            ([.brotli], Compressed.brotli, "br"), ([.zstd], Compressed.zstd, "zstd"),
            ([.zstd], Compressed.zstdFrames, "zstd"),
        ] as [([ContentCoding], [UInt8], String)])
    func aStreamWithoutItsEndIsTruncated(_ codings: [ContentCoding], _ data: [UInt8], _ name: String) {
        for missing in [1, 5, 9] {
            for piece in ContentCodingTests.pieces {
                #expect(throws: BodyFailure.truncated(coding: name), "\(missing) missing, in pieces of \(piece)") {
                    try decode(codings, data.dropLast(missing), piece: piece)
                }
            }
        }
    }

    @Test(
        arguments: [
            ([.gzip], Compressed.gzip), ([.deflate], Compressed.zlib), ([.brotli], Compressed.brotli),
            ([.zstd], Compressed.zstd),
        ] as [([ContentCoding], [UInt8])])
    func bytesThatWereChangedAreNoticed(_ codings: [ContentCoding], _ data: [UInt8]) {
        var wrong = data
        for index in wrong.indices.dropFirst(4) { wrong[index] ^= 0xA5 }
        for piece in ContentCodingTests.pieces {
            #expect(throws: BodyFailure.self) { try decode(codings, wrong, piece: piece) }
        }
    }

    @Test func aGzipChecksumIsVerified() {
        var wrong = Compressed.gzip
        wrong[wrong.count - 6] ^= 1
        #expect(throws: BodyFailure.corrupt(coding: "gzip")) { try decode([.gzip], wrong, piece: 50) }
    }

    @Test func whatIsNotGzipNorTextIsNoGzip() {
        #expect(throws: BodyFailure.corrupt(coding: "gzip")) { try decode([.gzip], [0x80, 0x81, 0x82], piece: 3) }
        #expect(throws: BodyFailure.corrupt(coding: "gzip")) { try decode([.gzip], [0x80], piece: 1) }
    }

    @Test func anUnknownCodingIsRefused() {
        #expect(throws: BodyFailure.unknownCoding("compress")) {
            try decode([.unknown("compress")], [0x1F, 0x9D, 0x90], piece: 3)
        }
    }

    @Test(
        arguments: [
            ([.gzip, .gzip], Compressed.gzipBomb), ([.gzip], Compressed.gzipBomb), ([], Compressed.gzipBomb),
            ([.brotli], Compressed.brotliBomb),
        ] as [([ContentCoding], [UInt8])])
    func aBombStopsAtTheLimit(_ codings: [ContentCoding], _ bomb: [UInt8]) {
        #expect(throws: BodyFailure.tooLarge(limit: 50_000)) { try decode(codings, bomb, piece: 65_536, limit: 50_000) }
    }

    @Test func theLimitIsOfTheDecodedBytesExactly() throws {
        let size = Compressed.plain.count
        #expect(try decode([.gzip], Compressed.gzip, piece: 9, limit: size).count == size)
        #expect(throws: BodyFailure.tooLarge(limit: size - 1)) {
            try decode([.gzip], Compressed.gzip, piece: 9, limit: size - 1)
        }
    }

    @Test func aFrameThatAsksForAHugeWindowIsRefused() {
        #expect(throws: BodyFailure.corrupt(coding: "zstd")) {
            try decode([.zstd], Compressed.zstdHugeWindow, piece: 99)
        }
    }

    @Test(
        arguments: [
            (["gzip"], [.gzip]), (["X-GZIP"], [.gzip]), (["identity"], []), ([""], []), ([" , ,"], []),
            (["deflate, gzip"], [.deflate, .gzip]), (["deflate", "br ,\tzstd"], [.deflate, .brotli, .zstd]),
            (["compress"], [.unknown("compress")]),
        ] as [([String], [ContentCoding])])
    func contentEncodingIsAList(_ fields: [String], _ codings: [ContentCoding]) {
        #expect(ContentCoding.list(fields.map { Array($0.utf8) }) == codings)
    }

    @Test func codingsAreCountedNoFurtherThanOneTooMany() {
        let names = [UInt8]("gzip, ".utf8)
        let field = [UInt8](repeatElement(names, count: 40_000).joined())
        #expect(ContentCoding.list([field, field]).count == ContentCoding.most + 1)
        #expect(ContentCoding.list([[UInt8](repeating: 0x2C, count: 100_000)]).isEmpty)
    }

    @Test func moreCodingsThanAnybodyNeedsAreRefused() throws {
        #expect(try decode([.gzip, .gzip, .gzip], Compressed.plain, piece: 100) == Compressed.plain)
        #expect(throws: BodyFailure.tooManyCodings(limit: 3)) {
            try decode([.gzip, .gzip, .gzip, .gzip], Compressed.plain, piece: 100)
        }
    }

    /// Members and frames in one stream are read one after the other, whatever their number.
    @Test(
        arguments: [
            ([.gzip], Compressed.gzip), ([.zstd], Compressed.zstd), ([], Compressed.gzip),
        ] as [([ContentCoding], [UInt8])])
    func manyMembersTakeNoMoreMemoryThanOne(_ codings: [ContentCoding], _ member: [UInt8]) throws {
        let count = 1000
        let decoder = try BodyDecoder(codings, limit: 1 << 30)
        try [UInt8](repeatElement(member, count: count).joined()).withUnsafeBytes { bytes in
            var input = bytes
            while try decoder.step(&input) {}
        }
        #expect(decoder.bytes.count == count * Compressed.plain.count)
        #expect(decoder.memory - decoder.bytes.count < 500_000)
    }

    /// What goes on is for the caller to say, between any two pieces.
    @Test(
        arguments: [
            ([.gzip, .gzip], Compressed.gzipBomb), ([.gzip], Compressed.gzipBomb), ([.brotli], Compressed.brotliBomb),
        ] as [([ContentCoding], [UInt8])])
    func fewBytesBecomeManyPieceByPiece(_ codings: [ContentCoding], _ bomb: [UInt8]) throws {
        let decoder = try BodyDecoder(codings, limit: 4 << 20)
        try bomb.withUnsafeBytes { bytes in
            var input = bytes
            for _ in 0..<20 {
                let before = decoder.bytes.count
                let goesOn = try decoder.step(&input)
                #expect(goesOn)
                #expect(decoder.bytes.count - before <= BodyDecoder.piece)
            }
        }
        #expect(decoder.memory > decoder.bytes.count)
    }

    /// A window counts as it fills.
    @Test func theWindowsOfDecodersCount() throws {
        let decoder = try BodyDecoder([.brotli], limit: 16 << 20)
        try Compressed.brotliBomb.withUnsafeBytes { bytes in
            var input = bytes
            while try decoder.step(&input) {}
        }
        #expect(decoder.bytes.count == 8 << 20)
        #expect(decoder.memory >= 12 << 20)
    }
}
