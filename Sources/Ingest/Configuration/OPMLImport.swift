import FeedModel
import FeedParse

/// The feeds of a list of subscriptions, as feeds.yaml has them.
public struct OPMLImport: Sendable {
    public private(set) var feeds: [Subscribed] = []
    /// What was left out, each with its place and why.
    public private(set) var notes: [ConfigurationMistake] = []

    /// - Parameters:
    ///   - bytes: of the document.
    ///   - name: what the user calls it.
    ///   - configuration: whose feeds are left out; they are there already.
    /// - Returns: or why it is no list of subscriptions.
    public static func read(
        _ bytes: [UInt8], name: String, configuration: Configuration?
    ) -> Result<OPMLImport, ConfigurationMistakes> {
        switch OPML.read(bytes) {
        case .failure(let problem):
            let place = SourcePlace(file: name, line: problem.line ?? 1, column: problem.column ?? 1)
            return .failure(ConfigurationMistakes([ConfigurationMistake(place: place, message: problem.message)]))
        case .success(let document):
            var result = OPMLImport()
            result.take(document, name, configuration)
            return .success(result)
        }
    }

    private mutating func take(_ document: OPMLDocument, _ name: String, _ configuration: Configuration?) {
        var places: [String: SourcePlace] = [:]
        for feed in configuration?.feeds ?? [] {
            if let canonical = try? FeedURL.parse(feed.url, mayBeFile: true).canonical {
                places[canonical] = feed.place
            }
        }
        for outline in document.outlines {
            let place = SourcePlace(file: name, line: outline.line, column: outline.column ?? 1)
            do throws(Wrong) {
                let (url, canonical) = try FeedURL.parse(outline.url)
                if let first = places[canonical] {
                    notes.append(
                        ConfigurationMistake(
                            place: place, message: "\(url.quoted) is there already, at \(first); left out"))
                    continue
                }
                places[canonical] = place
                let title = outline.title.flatMap(OPMLImport.oneLine)
                var seen: Set<String> = []
                let tags = outline.tags.compactMap(OPMLImport.oneLine).filter { seen.insert($0).inserted }
                feeds.append(
                    // Lists name a feed without a name by its URL.
                    Subscribed(
                        url: url, title: title == url ? nil : title, homePageURL: outline.htmlURL, tags: tags))
            } catch {
                notes.append(ConfigurationMistake(place: place, message: "'xmlUrl' \(error.message); left out"))
            }
        }
    }

    /// As the configuration takes titles and tags: white space as single spaces, no control characters. `nil` if
    /// nothing is left.
    private static func oneLine(_ text: String) -> String? {
        let words = text.split { $0.isWhitespace || $0.isNewline }.map { word in
            String(String.UnicodeScalarView(word.unicodeScalars.filter { $0.properties.generalCategory != .control }))
        }
        let line = words.filter { !$0.isEmpty }.joined(separator: " ")
        return line.isEmpty ? nil : line
    }

    /// `feeds:` of feeds.yaml.
    public var yaml: String {
        if feeds.isEmpty { return "feeds: []\n" }
        var out = "feeds:\n"
        for feed in feeds {
            out += "  - url: \(YAMLText.url(feed.url))\n"
            if let title = feed.title { out += "    title: \(YAMLText.quoted(title))\n" }
            if !feed.tags.isEmpty { out += "    tags: [\(feed.tags.map(YAMLText.quoted).joined(separator: ", "))]\n" }
        }
        return out
    }
}

/// Texts as YAML scalars that mean those texts, whatever they hold.
enum YAMLText {
    /// In double quotes. Characters that YAML does not print, breaks lines at or drops (YAML 1.1, 5.1 and 5.4), and
    /// those that change the direction of what is shown, are escaped.
    static func quoted(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        out.append("\"")
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                out.append("\\")
                out.append(scalar)
            default:
                if isPlain(scalar) {
                    out.append(scalar)
                } else {
                    let digits = String(scalar.value, radix: 16, uppercase: true)
                    let width = scalar.value > 0xFFFF ? 8 : 4
                    let zeros = String(repeating: "0", count: max(0, width - digits.utf8.count))
                    out.append(contentsOf: "\\\(width == 8 ? "U" : "u")\(zeros)\(digits)".unicodeScalars)
                }
            }
        }
        out.append("\"")
        return String(out)
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: false
        default: true
        }
    }

    /// As it stands where it is made of nothing that means something to YAML.
    static func url(_ url: String) -> String {
        let isSafe = url.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "-._~/:?=&%+;@$()".utf8.contains($0) }
        return isSafe && !url.hasSuffix(":") && url.hasPrefix("http") ? url : quoted(url)
    }
}
