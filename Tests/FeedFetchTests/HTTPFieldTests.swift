import FeedFetch
import Testing

@Suite struct HTTPFieldTests {
    @Test func secretsAreNotShown() {
        #expect(HTTPField("authorization", "Bearer abc").description == "authorization: ***")
        #expect(HTTPField("Accept", "*/*").description == "Accept: */*")
    }

    @Test func namesHaveNoCase() {
        let fields = [HTTPField("eTaG", "1"), HTTPField("ETag", "2"), HTTPField("ETagg", "3")]
        #expect(fields.values(of: "etag") == [Array("1".utf8), Array("2".utf8)])
    }
}
