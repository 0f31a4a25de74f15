import FeedModel
import Foundation
import Testing

struct ItemLayoutTests {
    private func entry() -> Entry {
        var entry = Entry()
        entry.id = "1"
        entry.titleText = "Title"
        entry.content = TextConstruct(.html, "<p>body</p>")
        entry.summary = TextConstruct(.text, "short")
        entry.summaryText = "short"
        return entry
    }

    @Test func ingestdIsTheLastMemberAndExtrasStandAtItsEnd() {
        var json = JSONWriter()
        json.item(entry(), body: true, contentHash: "sha256:00") { $0.member("article", 7) }
        #expect(
            json.string
                == #"{"id":"1","title":"Title","content_html":"<p>body</p>","summary":"short","_ingestd":{"summary":{"type":"text","value":"short"},"content_hash":"sha256:00","article":7}}"#
        )
    }

    @Test func withoutBodyOnlyTheContentIsLeftOut() {
        var json = JSONWriter()
        json.item(entry(), body: false, contentHash: nil) { _ in }
        #expect(
            json.string
                == #"{"id":"1","title":"Title","summary":"short","_ingestd":{"summary":{"type":"text","value":"short"}}}"#
        )
    }

    @Test func anEmptyEntryStillHasIngestd() {
        var json = JSONWriter()
        json.item(Entry(), body: true, contentHash: nil) { _ in }
        #expect(json.string == #"{"_ingestd":{}}"#)
    }

    @Test func aSummaryWithoutContentIsTheBody() {
        var one = Entry()
        one.summary = TextConstruct(.html, "<b>x</b>")
        one.summaryText = "x"
        var json = JSONWriter()
        json.item(one, body: true, contentHash: nil) { _ in }
        #expect(
            json.string
                == #"{"content_html":"<b>x</b>","_ingestd":{"summary":{"type":"html","value":"<b>x</b>"}}}"#)
    }

    @Test func extensionsAreGroupedByPrefix() {
        var one = Entry()
        one.extensions.append(Extensions.Element(value: "1"), prefix: "a", name: "x")
        one.extensions.append(Extensions.Element(value: "2"), prefix: "b", name: "y")
        var nested = Extensions.Element(value: "3")
        nested.attributes = [("k", "v")]
        nested.children.append(Extensions.Element(value: "4"), prefix: "a", name: "inner")
        nested.children.append(Extensions.Element(value: "5"), prefix: "c", name: "foreign")
        one.extensions.append(nested, prefix: "a", name: "z")
        var json = JSONWriter()
        json.item(one, body: true, contentHash: nil) { _ in }
        #expect(
            json.string
                == #"{"_ingestd":{"extensions":{"a":{"x":[{"value":"1"}],"z":[{"value":"3","attributes":{"k":"v"},"children":{"inner":[{"value":"4"}],"c:foreign":[{"value":"5"}]}}]},"b":{"y":[{"value":"2"}]}}}}"#
        )
    }
}
