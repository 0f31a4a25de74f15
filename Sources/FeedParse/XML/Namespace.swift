import FeedModel

/// The vocabularies that feeds are written in, by namespace.
///
/// The raw value is the well-known prefix: the key that a vocabulary's elements have in `extensions`,
/// whatever prefix a document binds.
enum Namespace: String, CaseIterable {
    /// RSS in all its namespaces and in none.
    case core = "_"
    case atom, atom03, cdf
    case dc, dcterms, content, rdf, xhtml, xml
    case itunes, googleplay, podcast, media, rawvoice, psc, spotify
    case georss, geo, gml, icbm
    case slash, wfw, thr, feedburner, sy, cc, creativeCommons, admin, trackback, pingback
    case opensearch, yt, taxo, prism, app, gd, fh, at, foaf, blogChannel, xlink, svg, mathml, xsi, webfeeds
    case wp, excerpt, activity, poco, dcat, ag, annotate, audio, co, ev, l, ss, search, ti, cp, email, image
    /// Known to nobody here: `XMLName.prefix` is the document's own.
    case other = ""

    /// Elements that feeds use as Atom's, be it 0.3 or 1.0.
    var isAtom: Bool { self == .atom || self == .atom03 }

    /// By URI, tolerant of case, of http or https and of a missing or doubled last `/` or `#`.
    static func of(uri: String) -> Namespace {
        if let exact = byURI[uri] { return exact }
        return byURI[folded(uri)] ?? .other
    }

    /// For a document that uses a prefix without declaring it.
    static func of(undeclaredPrefix prefix: String) -> Namespace {
        byPrefix[prefix.lowercased()] ?? .other
    }

    private static func folded(_ uri: String) -> String {
        var bytes = uri.utf8.filter { !$0.isXMLSpace }.map(\.asciiLowercased)
        if bytes.starts(with: "https://".utf8) { bytes.remove(at: 4) }
        while let last = bytes.last, last == UInt8(ascii: "/") || last == UInt8(ascii: "#") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let byPrefix: [String: Namespace] = {
        var map: [String: Namespace] = [:]
        for one in allCases where one != .other && one != .core { map[one.rawValue.lowercased()] = one }
        map["a10"] = .atom
        map["atom10"] = .atom
        map["rss"] = .core
        return map
    }()

    private static let byURI: [String: Namespace] = {
        var map: [String: Namespace] = ["": .core]
        for (namespace, uris) in table {
            for uri in uris.split(separator: " ") {
                map[String(uri)] = namespace
                map[folded(String(uri))] = namespace
            }
        }
        return map
    }()

    private static let table: [(Namespace, String)] = [
        (
            .core,
            """
            http://backend.userland.com/rss http://backend.userland.com/rss2 http://backend.userland.com/rss091 \
            http://backend.userland.com/rss092 http://backend.userland.com/rss093 \
            http://blogs.law.harvard.edu/tech/rss http://cyber.law.harvard.edu/rss/rss.html \
            http://purl.org/rss/1.0/ http://my.netscape.com/rdf/simple/0.9/ http://channel.netscape.com/rdf/simple/0.9/ \
            http://my.netscape.com/publish/formats/rss-0.91.dtd http://purl.org/net/rss1.1# http://purl.org/net/rss1.1 \
            http://purl.org/rss/2.0/ http://purl.org/rss/1.0/modules/rss091# http://www.rssboard.org/rss-specification \
            http://example.com/newformat#
            """
        ),
        (.atom, "http://www.w3.org/2005/Atom http://purl.org/atom/ns#1.0"),
        (
            .atom03,
            """
            http://purl.org/atom/ns# http://example.com/necho http://purl.org/echo/ uri/of/echo/namespace# \
            http://purl.org/pie/
            """
        ),
        (.cdf, "http://www.microsoft.com/standards/channels.dtd"),
        (
            .dc,
            "http://purl.org/dc/elements/1.1/ http://purl.org/dc/elements/1.0/ http://purl.org/metadata/dublin_core#"
        ),
        (.dcterms, "http://purl.org/dc/terms/"),
        (.content, "http://purl.org/rss/1.0/modules/content/"),
        (.rdf, "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
        (.xhtml, "http://www.w3.org/1999/xhtml http://www.w3.org/TR/xhtml1/strict"),
        (.xml, "http://www.w3.org/XML/1998/namespace"),
        (.itunes, "http://www.itunes.com/DTDs/PodCast-1.0.dtd http://example.com/DTDs/PodCast-1.0.dtd"),
        (
            .googleplay,
            "http://www.google.com/schemas/play-podcasts/1.0 http://www.google.com/schemas/play-podcasts/1.0/play-podcasts.xsd"
        ),
        (
            .podcast,
            "https://podcastindex.org/namespace/1.0 https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md"
        ),
        (
            .media,
            "http://search.yahoo.com/mrss/ http://search.yahoo.com/mrss http://www.rssboard.org/media-rss http://video.search.yahoo.com/mrss"
        ),
        (.rawvoice, "http://www.rawvoice.com/rawvoiceRssModule/ http://blubrry.com/developer/rawvoice-rss"),
        (.psc, "http://podlove.org/simple-chapters"),
        (.spotify, "http://www.spotify.com/ns/rss"),
        (.georss, "http://www.georss.org/georss http://www.georss.org/georss/10"),
        (.geo, "http://www.w3.org/2003/01/geo/wgs84_pos#"),
        (.gml, "http://www.opengis.net/gml http://www.opengis.net/gml/3.2"),
        (.icbm, "http://postneo.com/icbm/"),
        (.slash, "http://purl.org/rss/1.0/modules/slash/"),
        (.wfw, "http://wellformedweb.org/CommentAPI/"),
        (.thr, "http://purl.org/syndication/thread/1.0 http://purl.org/rss/1.0/modules/threading/"),
        (.feedburner, "http://rssnamespace.org/feedburner/ext/1.0"),
        (.sy, "http://purl.org/rss/1.0/modules/syndication/"),
        (.cc, "http://web.resource.org/cc/ http://creativecommons.org/ns# http://creativecommons.org/ns#license"),
        (
            .creativeCommons,
            """
            http://backend.userland.com/creativeCommonsRssModule \
            http://cyber.law.harvard.edu/rss/creativeCommonsRssModule.html \
            http://cyber.law.harvard.edu/rss/creativeCommons.html
            """
        ),
        (.admin, "http://webns.net/mvcb/"),
        (.trackback, "http://madskills.com/public/xml/rss/module/trackback/"),
        (.pingback, "http://madskills.com/public/xml/rss/module/pingback/"),
        (.opensearch, "http://a9.com/-/spec/opensearch/1.1/ http://a9.com/-/spec/opensearchrss/1.0/"),
        (.yt, "http://www.youtube.com/xml/schemas/2015 http://gdata.youtube.com/schemas/2007"),
        (.taxo, "http://purl.org/rss/1.0/modules/taxonomy/"),
        (
            .prism,
            """
            http://prismstandard.org/namespaces/1.2/basic/ http://prismstandard.org/namespaces/basic/2.0/ \
            http://prismstandard.org/namespaces/basic/2.1/ http://prismstandard.org/namespaces/basic/3.0/ \
            http://purl.org/rss/1.0/modules/prism/
            """
        ),
        (.app, "http://www.w3.org/2007/app http://purl.org/atom/app#"),
        (.gd, "http://schemas.google.com/g/2005"),
        (.fh, "http://purl.org/syndication/history/1.0"),
        (.at, "http://purl.org/atompub/tombstones/1.0"),
        (.foaf, "http://xmlns.com/foaf/0.1/"),
        (.blogChannel, "http://backend.userland.com/blogChannelModule"),
        (.xlink, "http://www.w3.org/1999/xlink"),
        (.svg, "http://www.w3.org/2000/svg"),
        (.mathml, "http://www.w3.org/1998/Math/MathML"),
        (.xsi, "http://www.w3.org/2001/XMLSchema-instance"),
        (.webfeeds, "http://webfeeds.org/rss/1.0"),
        (.wp, "http://wordpress.org/export/1.0/ http://wordpress.org/export/1.1/ http://wordpress.org/export/1.2/"),
        (.excerpt, "http://wordpress.org/export/1.2/excerpt/ http://wordpress.org/export/1.1/excerpt/"),
        (.activity, "http://activitystrea.ms/spec/1.0/"),
        (.poco, "http://portablecontacts.net/spec/1.0"),
        (.dcat, "http://www.w3.org/ns/dcat#"),
        (.ag, "http://purl.org/rss/1.0/modules/aggregation/"),
        (.annotate, "http://purl.org/rss/1.0/modules/annotate/"),
        (.audio, "http://media.tangent.org/rss/1.0/"),
        (.co, "http://purl.org/rss/1.0/modules/company"),
        (.ev, "http://purl.org/rss/1.0/modules/event/"),
        (.l, "http://purl.org/rss/1.0/modules/link/"),
        (.ss, "http://purl.org/rss/1.0/modules/servicestatus/"),
        (.search, "http://purl.org/rss/1.0/modules/search/"),
        (.ti, "http://purl.org/rss/1.0/modules/textinput/"),
        (.cp, "http://my.theinfo.org/changed/1.0/rss/"),
        (.email, "http://purl.org/rss/1.0/modules/email/"),
        (.image, "http://purl.org/rss/1.0/modules/image/"),
    ]
}
