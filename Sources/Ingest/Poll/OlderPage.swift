import Archive
import FeedFetch
import FeedModel

/// The page behind a feed's document (RFC 5005): what a publisher says where the older entries are. Pure.
struct OlderPage: Hashable, Sendable {
    var kind: Backfill.Kind
    /// Of http or https, as it goes out on the wire.
    var url: String

    /// A feed that is both archived and paged is walked by its archives, which do not move while they are read
    /// (section 4); a walk of archives keeps to them, since `next` may lead on through something else there.
    ///
    /// Nothing lies behind a document that holds the whole feed (`fh:complete`, section 2), and no link leads back
    /// to the document itself or to the feed's newest, which a page names as `current`.
    ///
    /// - Parameter kind: of the walk that has come to the document; `nil` where one would begin.
    init?(behind document: ParsedFeed, _ response: FeedResponse, on kind: Backfill.Kind?) {
        guard document.extensions["fh", "complete"].isEmpty else { return nil }
        let current = OlderPage.target("current", document, response)
        func page(_ kind: Backfill.Kind, _ relation: String) -> OlderPage? {
            guard let url = OlderPage.target(relation, document, response), url != current,
                url != WebURL(response.finalURL)?.wireForm
            else { return nil }
            return OlderPage(kind: kind, url: url)
        }
        let found: OlderPage? =
            switch kind {
            case nil: page(.archived, "prev-archive") ?? page(.paged, "next")
            case .archived: page(.archived, "prev-archive")
            case .paged: page(.paged, "next") ?? page(.archived, "prev-archive")
            }
        guard let found else { return nil }
        self = found
    }

    private init(kind: Backfill.Kind, url: String) {
        self.kind = kind
        self.url = url
    }

    /// The document calls itself an archive document: it does not change any more (section 4).
    static func isArchive(_ document: ParsedFeed) -> Bool { !document.extensions["fh", "archive"].isEmpty }

    /// What the document links to, else its Link header (RFC 8288).
    private static func target(_ relation: String, _ document: ParsedFeed, _ response: FeedResponse) -> String? {
        let link = document.links.first { !$0.href.isEmpty && names($0.rel, relation) }?.href
        let base = WebURL(response.finalURL)
        guard
            let url = link.flatMap(WebURL.init)
                ?? LinkHeader.target(rel: relation, in: response.values(of: "Link")).flatMap({ base?.resolving($0) }),
            url.isHTTP, url.host?.isEmpty == false
        else { return nil }
        return url.wireForm
    }

    /// Several relations to a link; IANA's registry as a URI is the same relation (RFC 4287, 4.2.7.2).
    private static func names(_ rel: String?, _ relation: String) -> Bool {
        guard let rel else { return false }
        return rel.lowercased().split(whereSeparator: \.isWhitespace).contains {
            $0 == relation || $0 == "http://www.iana.org/assignments/relation/\(relation)"
        }
    }
}
