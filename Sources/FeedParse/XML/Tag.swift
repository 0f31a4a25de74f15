/// The local names that mean something to a reader, of elements and attributes alike, in lower case: feeds
/// write them in any.
enum Tag: String, CaseIterable {
    case a, about, abstract, article, author, available, base, body, categories, category, channel, cloud, comments,
        content
    case contributor, coordinates, copyright, cover, created, creator, date, day, description, displayname, div
    case domain, duration, email, enclosure, encoded, entries, entry, feed, filesize, fullitem, generator
    case generatoragent, group, guid, height, homepage, hour, href, hreflang, icon, id, identifier, image, img
    case ispermalink, issued, item, items, keyword, keywords, label, lang, language, lastbuilddate, lastmod, lat
    case latitude, length, link, lng, logo, lon, long, longitude, managingeditor, mbox, medium, mode
    case modificationdate, modified, name, owner, p, path, point, port, pos, `protocol`, pubdate, publicationdate
    case published, rdf, rel, resource, rights, rss, scheme, section, service, skipdays, skiphours, source, src, style
    case subject, subtitle, summary, tagline, term, text, thumbnail, title, ttl, type, updated, updatefrequency
    case updateperiod, uri, url, value, version, `where`, width
    case latLong = "lat_long"
    /// Any other.
    case other = ""

    static func of(_ local: String) -> Tag { byName[local] ?? byName[local.lowercased()] ?? .other }

    private static let byName: [String: Tag] = {
        var map: [String: Tag] = [:]
        for tag in allCases where tag != .other { map[tag.rawValue] = tag }
        return map
    }()
}
