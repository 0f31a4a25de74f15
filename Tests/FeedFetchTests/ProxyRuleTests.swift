import FeedModel
import Testing

@testable import FeedFetch

@Suite struct ProxyRuleTests {
    private func proxy(_ environment: [String: String], _ url: String) throws -> String? {
        ProxyRule(environment: environment).proxy(for: try #require(WebURL(url)))
    }

    @Test func eachSchemeHasItsVariable() throws {
        let environment = ["http_proxy": "http://a:1", "HTTPS_PROXY": "http://b:2"]
        #expect(try proxy(environment, "http://example.org/") == "http://a:1")
        #expect(try proxy(environment, "https://example.org/") == "http://b:2")
        #expect(try proxy(["ALL_PROXY": "http://c"], "https://example.org/") == "http://c")
        #expect(try proxy([:], "https://example.org/") == nil)
        #expect(try proxy(["https_proxy": ""], "https://example.org/") == nil)
    }

    @Test func theUpperCaseHTTPVariableIsNotRead() throws {
        #expect(try proxy(["HTTP_PROXY": "http://evil"], "http://example.org/") == nil)
    }

    @Test(arguments: [
        ("*", "http://example.org/", true), ("example.org", "http://example.org/", true),
        ("example.org", "http://www.Example.org:8080/", true), (".example.org", "http://example.org/", true),
        ("example.org", "http://notexample.org/", false), ("a.b, example.org", "http://example.org/", true),
        ("10.0.0.0/8", "http://10.1.2.3/", true), ("10.1.2.3", "http://10.1.2.3/", true),
        ("10.0.0.0/8", "http://11.1.2.3/", false), ("::1", "http://[::1]/", true), ("[::1]", "http://[::1]:80/", true),
        (".", "http://example.org/", false), ("", "http://example.org/", false),
    ]) func someHostsAreAskedDirectly(_ noProxy: String, _ url: String, _ direct: Bool) throws {
        #expect((try proxy(["http_proxy": "http://a", "no_proxy": noProxy], url) == nil) == direct)
    }
}
