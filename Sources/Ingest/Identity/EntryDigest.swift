import Archive
import Crypto
public import FeedModel
import FeedParse

/// An entry with all that identity asks of it, computed once, before the archive is touched.
public struct EntryDigest: Sendable {
    let entry: Entry
    /// Without surrounding white space; nil if empty.
    let guid: String?
    let canonicalURL: String?
    let urlKey: Int64?
    /// It has an empty path and no query.
    let isBareSite: Bool
    /// The guid as a canonical URL, where it is one without a fragment.
    let guidURL: String?
    let isGuidBareSite: Bool
    let form: CanonicalForm
    /// The body as plain text with its characters intact, paragraphs as lines.
    let plainText: String
    /// The entry's JSON without its plain title and body.
    let json: [UInt8]
    /// 64 bits over everything that the entry says: equal means that nothing has changed.
    let fingerprint: Int64
    /// The JSON as the archive keeps it, where it was made beforehand.
    private(set) var packed: PackedEntry?
    /// The plain text likewise.
    private(set) var keptText: KeptText?

    /// `published`, else `modified`.
    var instant: Timestamp? { entry.published ?? entry.modified }

    init(_ entry: Entry) {
        self.entry = entry
        guid = entry.id.flatMap { $0.isEmpty ? nil : $0 }
        canonicalURL = EntryDigest.canonicalURL(
            entry.url, origLink: entry.extensions["feedburner", "origLink"].first?.value)
        urlKey = canonicalURL.map { EntryDigest.key($0) }
        let isBareSite = canonicalURL.map(CanonicalURL.isBareSite) ?? false
        self.isBareSite = isBareSite
        guidURL = guid.flatMap { guid in
            guard let url = WebURL(guid), url.isHTTP, url.fragment == nil else { return nil }
            return CanonicalURL.of(guid)
        }
        isGuidBareSite = guidURL == canonicalURL ? isBareSite : guidURL.map(CanonicalURL.isBareSite) ?? false
        plainText = EntryDigest.plainText(of: entry)
        form = CanonicalForm(entry, plainText: plainText)
        // Title and hash are the content's; they are put in when the entry is shown.
        var rest = entry
        rest.titleText = nil
        var writer = JSONWriter(reservingCapacity: 1024, isKept: true)
        writer.item(rest, body: false, contentHash: nil) { _ in }
        json = writer.bytes
        var hasher = SHA256()
        hasher.update(data: json)
        if var body = entry.body {
            hasher.update(data: [0])
            body.value.withUTF8 { hasher.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        }
        fingerprint = EntryDigest.firstEightBytes(Array(hasher.finalize()))
    }

    /// - Parameter origLink: what stood there before a service replaced it.
    static func canonicalURL(_ url: String?, origLink: String?) -> String? {
        origLink.flatMap(CanonicalURL.of) ?? url.flatMap(CanonicalURL.of)
    }

    private static func plainText(of entry: Entry) -> String {
        CanonicalText.folding(bodyText(of: entry), keepsLines: true)
    }

    private static func bodyText(of entry: Entry) -> String {
        // The plain text of a summary is at hand.
        let known = entry.content == nil ? entry.summaryText : nil
        return known ?? entry.body.map { $0.isMarkup ? PlainText.ofHTML($0.value) : $0.value } ?? ""
    }

    /// An entry's content hash as it is shown.
    public static func contentHash(of entry: Entry) -> String {
        // Folding what will be folded again would change nothing.
        CanonicalForm(entry, plainText: bodyText(of: entry)).hashText
    }

    /// Everything by which a document could tell two entries apart: equal keys are copies of one entry.
    struct CopyKey: Hashable {
        var guid: String?
        var urlKey: Int64?
        var hash: [UInt8]
        var instant: Timestamp?
        var enclosures: [String]
    }

    var copyKey: CopyKey {
        CopyKey(
            guid: guid, urlKey: urlKey, hash: form.hash, instant: guid == nil ? instant : nil,
            enclosures: guid == nil ? form.enclosures : [])
    }

    var content: ContentRecord {
        ContentRecord(
            hash: form.hash, form: CanonicalForm.version, title: entry.titleText, body: entry.body, text: plainText,
            kept: keptText, length: form.length, enclosures: form.text.isEmpty ? entry.attachments.map(\.url) : [])
    }

    func sighting(guid: String?, contentID: Int64) -> SightingRecord {
        SightingRecord(
            guid: guid, url: entry.url, urlKey: urlKey, published: entry.published, modified: entry.modified,
            contentID: contentID, author: author, language: entry.language, summary: summary, entry: json,
            packed: packed, fingerprint: fingerprint, attachments: entry.attachments)
    }

    private var author: String? { entry.authors.first.flatMap { $0.name ?? $0.email } }
    private var summary: String? { entry.content == nil ? nil : entry.summaryText }

    /// Does what takes longest of keeping the entry, outside of the transaction.
    mutating func pack() {
        packed = PackedEntry(json, url: entry.url, author: author, summary: summary)
        keptText = KeptText(plainText, body: entry.body?.value)
    }

    /// 64 bits that stand for a canonical URL.
    static func key(_ canonicalURL: String) -> Int64 {
        var text = canonicalURL
        return text.withUTF8 { firstEightBytes(Array(SHA256.hash(data: UnsafeRawBufferPointer($0)))) }
    }

    /// 64 bits that stand for a canonical title; 0 for an empty one.
    static func titleKey(_ canonicalTitle: String) -> Int64 { canonicalTitle.isEmpty ? 0 : key(canonicalTitle) }

    private static func firstEightBytes(_ bytes: [UInt8]) -> Int64 {
        Int64(bitPattern: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
}
