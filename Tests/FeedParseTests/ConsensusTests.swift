import FeedModel
import FeedParse
import Foundation
import Testing

/// Real documents against what most of seven parsers read in them.
///
/// The documents are not part of this package: the environment names the folder that holds them.
@Suite(.enabled(if: SharedFiles.root != nil))
struct ConsensusTests {
    @Test(arguments: SharedFiles.consensusFiles)
    func readsWhatMostParsersRead(file: String) throws {
        let expected = try Expected(file: file)
        let document = String(file.dropLast(".consensus.json".count))
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: document)))
        let feed = try FeedReader.read(bytes, context: DocumentContext()).get()
        var differences: [String] = []
        func compare(_ what: String, _ have: String?, _ want: String?) {
            guard let want, have ?? "" != want else { return }
            differences.append("\(what): \(have ?? "nothing"), expected \(want)")
        }
        compare(
            "format", String(feed.format.rawValue.prefix { $0.isLetter }).replacing("jsonfeed", with: "json"),
            expected.text("format"))
        compare("title", Comparable.title(feed.titleText), expected.text("title").map(Comparable.title))
        compare("link", Comparable.link(feed.homePageURL), expected.text("link").map(Comparable.link))
        compare("language", feed.language?.lowercased(), expected.text("language")?.lowercased())
        if let count = expected.number("entry_count") { #expect(feed.entries.count == count, "entry count") }
        for (index, (entry, want)) in zip(feed.entries, expected.entries).enumerated() {
            let place = "entry \(index) "
            compare(place + "title", Comparable.title(entry.titleText), want.text("title").map(Comparable.title))
            compare(
                place + "link", Comparable.link(entry.url ?? entry.externalURL), want.text("link").map(Comparable.link))
            compare(place + "id", entry.id, want.text("id"))
            compare(place + "published", entry.published?.rfc3339Seconds, want.text("published"))
            // `atom:updated` in RSS is a date that most of the seven do not look for.
            if !(want.text("updated") == "" && feed.format == .rss20) {
                compare(place + "updated", entry.modified?.rfc3339Seconds, want.text("updated"))
            }
            let author = entry.authors.first
            compare(
                place + "author", Comparable.author(author?.name ?? author?.email),
                want.text("author").map(Comparable.author))
            if let links = want.list("enclosures") {
                let have = Set(entry.attachments.map { Comparable.link($0.url) })
                if have != Set(links.map(Comparable.link)) {
                    differences.append("\(place)enclosures: \(have), expected \(links)")
                }
            }
            // Where `tags` is one string, the seven counted its letters.
            if let count = want.number("category_count"), !document.hasSuffix("/rose.json"),
                entry.categories.count != count
            {
                differences.append("\(place)categories: \(entry.categories.count), expected \(count)")
            }
            if let count = want.number("content_chars") {
                let have = entry.body.map { Comparable.characters($0) } ?? 0
                if abs(have - count) > max(2, count / 100) {
                    differences.append("\(place)characters: \(have), expected \(count)")
                }
            }
        }
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }
}

enum SharedFiles {
    static let root = ProcessInfo.processInfo.environment["INGESTD_SHARED"]

    static let consensusFiles: [String] = files(below: "corpus/real") { $0.hasSuffix(".consensus.json") }

    static func files(below folder: String, where isWanted: (String) -> Bool) -> [String] {
        guard let root, let walk = FileManager.default.enumerator(atPath: "\(root)/\(folder)") else { return [] }
        return walk.compactMap { $0 as? String }.filter(isWanted).map { "\(root)/\(folder)/\($0)" }.sorted()
    }
}

/// JSON with `null` for "no claim".
private struct Expected {
    private let members: [String: Any]

    init(file: String) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: file))
        members = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private init(members: [String: Any]) { self.members = members }

    func text(_ key: String) -> String? { members[key] as? String }
    func number(_ key: String) -> Int? { (members[key] as? NSNumber)?.intValue }
    func list(_ key: String) -> [String]? { members[key] as? [String] }
    var entries: [Expected] { (members["entries"] as? [[String: Any]] ?? []).map(Expected.init(members:)) }
}

/// Both sides in the form in which they are compared.
private enum Comparable {
    static func title(_ text: String?) -> String {
        squeezed(PlainText.ofHTML(PlainText.ofHTML(text ?? "")).precomposedStringWithCanonicalMapping)
    }

    static func author(_ text: String?) -> String {
        var name = PlainText.ofHTML(text ?? "")
        if let open = name.firstIndex(of: "("), name.hasSuffix(")"), name[..<open].contains("@") {
            name = String(name[name.index(after: open)...].dropLast())
        } else if let open = name.firstIndex(of: "<"), name.hasSuffix(">") {
            name = String(name[..<open])
        }
        return squeezed(name.precomposedStringWithCanonicalMapping).lowercased()
    }

    static func link(_ text: String?) -> String {
        let decoded = PlainText.ofHTML(text ?? "")
        var out = ""
        for byte in decoded.utf8 { out += byte < 0x80 ? String(UnicodeScalar(byte)) : String(format: "%%%02X", byte) }
        if let slashes = out.range(of: "://"), !out[slashes.upperBound...].contains("/") { out += "/" }
        return out
    }

    static func characters(_ text: TextConstruct) -> Int {
        squeezed(PlainText.ofHTML(text.value)).unicodeScalars.count
    }

    private static func squeezed(_ text: String) -> String {
        String(text.unicodeScalars.filter { !$0.properties.isWhitespace }.map(Character.init))
    }
}
