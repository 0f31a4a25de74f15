import FeedModel
import Testing

@testable import Ingest

/// Values that a server chose for what they cost: each would be walked through once for each of its signs.
@Suite(.timeLimit(.minutes(1))) struct HeaderScannerTests {
    private static let many = 200_000

    @Test(arguments: ["<", "<,", "<a,", "<a>;b=\"", "\"", "\\\"", "<x>;a=\"\\\"", ",", ";", "<a>;rel=\"x"])
    func linksAreLookedForInOneWalk(_ part: String) {
        let value = "\"" + String(repeating: part, count: Self.many)
        #expect(LinkHeader.target(rel: "hub", in: [value, String(repeating: part, count: Self.many)]) == nil)
    }

    @Test(arguments: ["\\\"", "\"", "a=\"\\\"", "a,", "a=\",", "="])
    func directivesAreLookedForInOneWalk(_ part: String) {
        let directives = CacheControl.parse(["no-store", "\"" + String(repeating: part, count: Self.many)])
        #expect(directives.first?.name == "no-store")
    }

    @Test func aQuoteThatIsNotClosedEndsNothing() {
        #expect(LinkHeader.target(rel: "hub", in: ["\"a, <b>; rel=hub"]) == "b")
        #expect(LinkHeader.target(rel: "hub", in: ["<a>; x=\"y, <b>; rel=\"hub\""]) == nil)
        #expect(LinkHeader.target(rel: "hub", in: ["<a, <b>; rel=hub"]) == "a, <b")
        #expect(CacheControl.parse(["a=\"x, max-age=5"]).map(\.name) == ["a", "max-age"])
    }
}
