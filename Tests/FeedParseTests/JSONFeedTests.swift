import FeedModel
import FeedParse
import Testing

struct JSONFeedTests {
    private func feed(_ item: String, top: String = "") throws -> ParsedFeed {
        try read(
            #"{"version":"https://jsonfeed.org/version/1.1","title":"T","# + top + #""items":[{"id":"1""# + item + "}]}"
        )
    }

    @Test func fields() throws {
        let feed = try feed(
            #","url":"/u","external_url":"http://x.org/","title":"A &amp; B","content_html":"<img src='i'>","content_text":"i","summary":"s","image":"/p.png","date_published":"2010-02-07T14:04:00-05:00","date_modified":"2011-01-01","tags":["a","b"],"language":"en","authors":[{"name":"N","url":"/n"}],"attachments":[{"url":"a.mp3","mime_type":"audio/mpeg","size_in_bytes":5,"duration_in_seconds":6.5}],"_mine":{"deep":[1,true]}"#,
            top:
                #""home_page_url":"http://e.org/","feed_url":"/f","hubs":[{"type":"WebSub","url":"http://hub/"}],"expired":true,"#
        )
        let entry = try #require(feed.entries.first)
        #expect(feed.homePageURL == "http://e.org/")
        #expect(feed.hubs == [Hub(type: "WebSub", url: "http://hub/")])
        #expect(feed.extensions["_", "expired"].first?.value == "true")
        #expect(entry.url == "http://example.org/u")
        #expect(entry.externalURL == "http://x.org/")
        #expect(entry.titleText == "A & B")
        #expect(entry.content == TextConstruct(.html, "<img src='http://example.org/i'>"))
        #expect(entry.contentText == "i")
        #expect(entry.published?.rfc3339 == "2010-02-07T19:04:00Z")
        #expect(entry.categories.map(\.term) == ["a", "b"])
        #expect(
            entry.attachments.first
                == Attachment(
                    url: "http://example.org/a.mp3", mimeType: "audio/mpeg", sizeInBytes: 5, durationInSeconds: 6.5))
        #expect(entry.extensions["_", "_mine"].first?.children["_", "deep"].map(\.value) == ["1", "true"])
        #expect(feed.problems.isEmpty)
    }

    @Test(arguments: [("7", "7"), ("\"x\"", "x"), ("1e3", "1e3"), ("12345678901234567890", "12345678901234567890")])
    func numbersForIDs(json: String, id: String) throws {
        let feed = try read(#"{"version":"https://jsonfeed.org/version/1","items":[{"id":"# + json + "}]}")
        #expect(feed.entries.map(\.id) == [id])
    }

    @Test(arguments: [
        ("\\u00e9\\n\\t\\\"\\\\\\/", "é \"\\/"), ("\\ud83d\\ude00", "😀"), ("\\ud800x", "\u{FFFD}x"),
        ("\\ud800\\ud800", "\u{FFFD}"),
    ])
    func escapes(json: String, title: String) throws {
        #expect(try feed(",\"title\":\"\(json)\"").entries.first?.titleText?.hasPrefix(title) == true)
    }

    @Test(arguments: [#","tags":["a",],"#, #","title":"a"# + "\u{1}b\"", #","title":"a" "summary":"b""#])
    func carelessJSONIsReadAndTold(item: String) throws {
        let feed = try feed(item)
        #expect(feed.entries.count == 1)
        #expect(feed.problems.map(\.code).first == .notWellFormed)
    }

    @Test(arguments: [#","title":"a\u0000b""#, ",\"title\":\"a\0b\""])
    func nulIsNoCharacter(item: String) throws {
        #expect(try feed(item).entries.first?.titleText == "a\u{FFFD}b")
    }

    @Test func aTruncatedDocumentGivesWhatIsWhole() throws {
        let feed = try read(
            #"{"version":"https://jsonfeed.org/version/1","title":"T","items":[{"id":"1"},{"id":"2","title":"ha"#)
        #expect(feed.entries.map(\.id) == ["1"])
        #expect(feed.problems.map(\.code) == [.truncated])
    }

    @Test func wrongTypesAreNoFields() throws {
        let feed = try read(
            #"{"version":"https://jsonfeed.org/version/1.1","title":[],"items":[1,null,"x",{"id":{},"authors":"x","attachments":{"a":1},"tags":[1,null]}],"authors":7}"#
        )
        #expect(feed.entries.count == 1)
        #expect(feed.titleText == nil)
    }

    @Test func depthIsBounded() throws {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        let feed = try feed(",\"_x\":\(deep)")
        #expect(feed.problems.map(\.code) == [.tooDeep])
    }

    @Test func theErrorNamesThePlace() {
        let refused = refusal(Array("{\n\"a\": nonsense}".utf8))
        #expect(refused?.message.contains("line 2") == true)
    }
}
