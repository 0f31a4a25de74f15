/// What other formats than JSON need of an entry, out of the JSON text in which the archive keeps it.
struct EntryDetails: Decodable {
    var externalURL: String?
    var summary: String?
    var authors: [Author]?
    var tags: [String]?
    var language: String?
    var attachments: [Attachment]?
    var details: Details?

    struct Author: Decodable {
        var name: String?
        var url: String?
    }

    struct Person: Decodable {
        var name: String?
        var email: String?
        var uri: String?
    }

    struct Attachment: Decodable {
        var url: String
        var type: String?
        var title: String?
        var size: Int?

        enum CodingKeys: String, CodingKey {
            case url, title
            case type = "mime_type"
            case size = "size_in_bytes"
        }
    }

    struct Category: Decodable {
        var term: String?
        var scheme: String?
        var label: String?
    }

    struct Link: Decodable {
        var href: String?
        var rel: String?
        var type: String?
        var hreflang: String?
        var title: String?
    }

    struct Text: Decodable {
        var type: String
        var value: String
    }

    struct ContentSource: Decodable {
        var url: String
        var type: String?
    }

    struct Source: Decodable {
        var title: String?
        var url: String?
        var id: String?
    }

    /// `_ingestd`.
    struct Details: Decodable {
        var links: [Link]?
        var authors: [Person]?
        var contributors: [Person]?
        var categories: [Category]?
        var commentsURL: String?
        var rights: Text?
        var contentSource: ContentSource?
        var source: Source?

        enum CodingKeys: String, CodingKey {
            case links, authors, contributors, categories, rights, source
            case commentsURL = "comments_url"
            case contentSource = "content_src"
        }
    }

    enum CodingKeys: String, CodingKey {
        case summary, authors, tags, language, attachments
        case externalURL = "external_url"
        case details = "_ingestd"
    }
}
