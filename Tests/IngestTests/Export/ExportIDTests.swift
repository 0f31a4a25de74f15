import Archive
import FeedModel
import Testing

@testable import Ingest

/// What articles are called in exported documents.
struct ExportIDTests {
    private func id(
        _ guid: String?, shared: Set<String> = [], firstSeen: Int64 = 1_790_000_000_123, number: Int64 = 17
    ) -> String {
        ExportIDs(shared: shared).id(
            guid: guid, firstSeen: Timestamp(milliseconds: firstSeen), number: ArticleID(rawValue: number))
    }

    @Test(arguments: [
        ("tag:example.org,2026:1", true), ("urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a", true),
        ("http://example.org/?p=1", true), ("https://example.org/é", true), ("17", false), ("", false),
        ("example.org/1", false), ("http://example.org/a b", false), ("urn:x:\"", false), ("http://", false),
        ("post 1: the title", false),
    ])
    func aPublishersURIStays(guid: String, stays: Bool) {
        #expect((id(guid) == guid) == stays)
        #expect(ExportIDs.isURI(id(guid)))
        #expect(id(guid, shared: [guid]) == id(nil))
    }

    @Test func madeIDsAreUniqueAndStay() {
        #expect(id(nil) == "urn:uuid:01a0c450-6c7b-8000-8000-000000000011")
        #expect(id(nil, number: 18) != id(nil, number: 17))
        #expect(id(nil, firstSeen: 1) != id(nil, firstSeen: 2))
    }

    /// Version and variant are those of RFC 9562, 5.8, whatever the other bits are.
    @Test(
        arguments: [
            (0, 0, "urn:uuid:00000000-0000-8000-8000-000000000000"),
            (UInt64.max, UInt64.max, "urn:uuid:ffffffff-ffff-8fff-bfff-ffffffffffff"),
            (0x0123_4567_89AB_CDEF, 0x0123_4567_89AB_CDEF, "urn:uuid:01234567-89ab-8def-8123-456789abcdef"),
        ] as [(UInt64, UInt64, String)])
    func versionAndVariant(high: UInt64, low: UInt64, expected: String) {
        #expect(ExportIDs.uuid(high, low) == expected)
    }

    @Test(arguments: [
        (#"{"id":"1","url":"u","_ingestd":{}}"#, #"{"url":"u","_ingestd":{}}"#),
        (#"{"id":"a\"b\\","_ingestd":{}}"#, #"{"_ingestd":{}}"#), (#"{"id":"é😀","x":1}"#, #"{"x":1}"#),
        (#"{"id":"1"}"#, "{}"), (#"{"url":"u","_ingestd":{"id":"1"}}"#, #"{"url":"u","_ingestd":{"id":"1"}}"#),
        (#"{"id":"broken\"#, #"{"id":"broken\"#),
    ])
    func theIDIsTakenOut(entry: String, expected: String) {
        #expect(JSONFeedExport.withoutID(entry) == expected)
    }

    /// What every filter of one archive is called stays; other filters and archives are called otherwise.
    @Test func headings() {
        func id(_ filter: ArticleFilter, _ archive: String, at seconds: Int64 = 0) -> String {
            ExportHeading(filter, feedTitle: nil, archive: archive, updated: Timestamp(seconds: seconds)).id
        }
        #expect(id(ArticleFilter(tag: "a"), "x", at: 1) == id(ArticleFilter(tag: "a", limit: 3), "x", at: 2))
        let all = [
            id(ArticleFilter(), "x"), id(ArticleFilter(), "y"), id(ArticleFilter(tag: "a"), "x"),
            id(ArticleFilter(feed: "a"), "x"), id(ArticleFilter(feed: "a", tag: "a"), "x"),
        ]
        #expect(Set(all).count == all.count && all.allSatisfy(ExportIDs.isURI))
        let filter = ArticleFilter(feed: "http://a.example/", tag: "news")
        #expect(
            ExportHeading(filter, feedTitle: "A", archive: "x", updated: Timestamp(seconds: 0)).title
                == "Articles under news of A")
    }
}
