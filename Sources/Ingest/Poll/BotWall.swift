import FeedFetch
import FeedModel

/// Pages that stand between programs and a site until a browser has solved a riddle. A feed behind one cannot be
/// polled, however often it is tried: the publisher must let us through, and an operator must know.
enum BotWall {
    /// Whose it is; nothing if the answer is none. By what the vendors' own documents and pages say of themselves.
    static func owner(of response: FeedResponse) -> String? {
        if response.values(of: "CF-Mitigated").contains(where: { $0.lowercased().contains("challenge") }) {
            return "Cloudflare"
        }
        if !response.values(of: "X-Vercel-Mitigated").isEmpty { return "Vercel" }
        if !response.values(of: "X-AMZN-WAF-Action").isEmpty { return "AWS WAF" }
        return owner(ofPage: response.body)
    }

    /// What stands in the riddles, in lower case. Not what the vendors put into pages that they let through as well.
    private static let marks: [(mark: [UInt8], owner: String)] = [
        ("_cf_chl_opt", "Cloudflare"), ("/orchestrate/chl_", "Cloudflare"), ("captcha-delivery.com", "DataDome"),
        ("incapsula incident id", "Imperva"), ("px-captcha", "HUMAN"), ("check.ddos-guard.net", "DDoS-Guard"),
        ("sucuri_cloudproxy_js", "Sucuri"), ("/.within.website/x/cmd/anubis", "Anubis"), ("gokuprops", "AWS WAF"),
        ("checking your browser before accessing", "its host"),
        ("enable javascript and cookies to continue", "its host"),
    ].map { (Array($0.utf8), $1) }

    /// Marks stand near the top.
    private static let searched = 32 << 10

    static func owner(ofPage body: [UInt8]) -> String? {
        let page = body.prefix(searched).map(\.asciiLowercased)
        guard page.contains(UInt8(ascii: "<")) else { return nil }
        return marks.first { holds(page, $0.mark) }?.owner
    }

    private static func holds(_ page: [UInt8], _ mark: [UInt8]) -> Bool {
        guard let first = mark.first, page.count >= mark.count else { return false }
        for start in 0...(page.count - mark.count) where page[start] == first {
            if page[start..<(start + mark.count)].elementsEqual(mark) { return true }
        }
        return false
    }

    static func message(_ owner: String) -> String {
        "a bot wall (\(owner)) answers instead of the feed; only the publisher can let ingestd through"
    }
}
