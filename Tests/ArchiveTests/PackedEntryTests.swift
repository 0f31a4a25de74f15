import Foundation
import GRDB
import Testing

@testable import Archive

/// Entries as the archive keeps them.
@Suite struct PackedEntryTests {
    static let url = "https://example.org/2026/bridge"
    static let row = PackedEntry.Row(url: url, author: "Ada", summary: "Closed to lorries")
    static let json = """
        {"id":"https://example.org/2026/bridge","url":"https://example.org/2026/bridge",\
        "date_published":"2026-11-20T09:30:00Z","authors":[{"name":"Ada"}],"tags":["news"],"_ingestd":{"title":\
        {"type":"html","value":"Дар бораи пули кӯҳна"},"links":[{"href":"https://example.org/2026/bridge",\
        "rel":"alternate","type":"text/html"}],"categories":[{"term":"news"}]}}
        """

    @Test(
        arguments: [
            json, "{}", "{\"id\":\"\(String(repeating: "x", count: 100_000))\",\"_ingestd\":{}}",
            "{\"id\":\"\((0..<9000).map { String($0 &* 7919, radix: 36) }.joined())\"}",
        ], [url, nil, "", String(repeating: "http://a.example/ü", count: 500)])
    func comeBackToTheLetter(json: String, text: String?) {
        let row = PackedEntry.Row(url: text, author: text, summary: text)
        let packed = PackedEntry.pack(Array(json.utf8), row)
        #expect(packed.utf8.count <= json.utf8.count)
        #expect(PackedEntry.unpack(packed, row) == json)
    }

    @Test func takeAThirdOfTheRoom() {
        let packed = PackedEntry.pack(Array(Self.json.utf8), Self.row)
        #expect(packed.utf8.count * 5 < Self.json.utf8.count * 2, "\(packed.utf8.count) of \(Self.json.utf8.count)")
    }

    /// Archives are full of texts that were packed with this dictionary.
    @Test func whatWasPackedOnceStaysReadable() {
        #expect(PackedEntry.unpack(Self.packed, Self.row) == Self.json)
    }

    @Test func earlierProgramsWroteJSON() {
        #expect(PackedEntry.unpack(Self.json, Self.row) == Self.json)
    }

    @Test(arguments: ["", "1", "1!!", "1AAAA", "2" + packed.dropFirst(), String(packed.dropLast(8))])
    func whatIsDamagedIsNoJSON(packed: String) {
        #expect(PackedEntry.unpack(packed, Self.row) == packed)
    }

    @Test func queriesCanReadThem() throws {
        let queue = try DatabaseQueue()
        try queue.write { db in
            PackedEntry.register(db)
            let id = try String.fetchOne(
                db, sql: "SELECT json_extract(unpacked(?, ?, 'Ada', 'Closed to lorries'), '$.id')",
                arguments: [Self.packed, Self.url])
            #expect(id == Self.url)
            #expect(try String.fetchOne(db, sql: "SELECT unpacked(NULL, 'x', NULL, NULL)") == nil)
        }
    }

    static let packed =
        "1Qws1HKowAhK3Ouxha2ioa2QQYmBpZYwnyICuxQwu0gLrwpQLGy42KFzYeGHfxYYLGy7sULiw/2Lzhd0gxq7L6y9tvrD3wgZQuOFMu7h9RlxCxJG3wH4B5uxaAA=="
}
