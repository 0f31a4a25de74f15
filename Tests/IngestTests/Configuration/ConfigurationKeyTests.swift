import Foundation
import Ingest
import Testing

/// A key of a mapping, for tables of tests.
struct MappedKey: Sendable, CustomTestStringConvertible {
    var mapping: ConfigurationMapping
    var key: ConfigurationKey

    static let all = ConfigurationMapping.allCases.flatMap { mapping in
        mapping.keys.map { MappedKey(mapping: mapping, key: $0) }
    }

    var testDescription: String { "\(mapping.rawValue).\(key.name)" }

    /// A configuration in which the key's mapping is right without the key if it may be left out, and the key with a
    /// value. Everything stands in one line, so that places are the same with and without.
    func text(_ value: String?) -> String {
        func mapping(_ others: [(name: String, value: String)]) -> String {
            var members = others.filter { $0.name != key.name }.map { "\($0.name): \($0.value)" }
            if let value { members.append("\(key.name): \(value)") }
            return "{\(members.joined(separator: ", "))}"
        }
        return switch self.mapping {
        case .main: mapping([("feeds", "['https://a.example/']"), ("listen", "127.0.0.1:1")])
        case .serve, .fetch, .schedule, .keep, .status, .metrics: "{\(self.mapping.rawValue): \(mapping([]))}"
        case .retention: "{feeds: [{url: 'https://a.example/', keep: \(mapping([]))}]}"
        case .hosts where value == nil: "{}"
        case .hosts: "{hosts: {a.example: \(mapping([]))}}"
        case .websub: "{listen: 127.0.0.1:1, websub: \(mapping([("callback", "'https://a.example/'")]))}"
        case .webhooks: "{webhooks: [\(mapping([("url", "'https://a.example/'"), ("secret_file", "secret")]))]}"
        case .feeds: "{feeds: [\(mapping([("url", "'https://a.example/'")]))]}"
        case .auth where key.name == "bearer_file": "{feeds: [{url: 'https://a.example/', auth: \(mapping([]))}]}"
        case .auth:
            "{feeds: [{url: 'https://a.example/', auth: \(mapping([("username", "me"), ("password_file", "secret")]))}]}"
        }
    }
}

/// What the manual says of a key is what the reader does.
@Suite struct ConfigurationKeyTests {
    private func read(_ text: String) -> Result<Configuration, ConfigurationMistakes> {
        ConfigurationReader.read(path: "feeds.yaml", currentDirectory: "/") { path in
            switch path {
            case "/feeds.yaml": Array(text.utf8)
            case _ where path.hasSuffix(".yaml"): Array("feeds: ['https://b.example/']".utf8)
            case _ where path.hasSuffix(".txt"): []
            case _ where path.hasSuffix(".opml"): Array("<opml version='2.0'><body/></opml>".utf8)
            default: Array("secret".utf8)
            }
        }
    }

    @Test(arguments: MappedKey.all) func theReaderActsUponTheExample(of mapped: MappedKey) throws {
        let with = try read(mapped.text(mapped.key.example)).get()
        // One that cannot be left out stands in the other with another value.
        let without = try? read(mapped.text(nil)).get()
        #expect(with != without, "\(mapped.text(mapped.key.example))")
    }

    @Test(arguments: MappedKey.all) func whatHoldsWithoutTheKeyIsWhatTheTableSays(_ mapped: MappedKey) throws {
        switch mapped.key.absent {
        case .value(let value):
            let without = try read(mapped.text(nil)).get()
            #expect(try read(mapped.text(value)).get() == without)
        case .words:
            guard mapped.mapping != .auth else { return }
            #expect(throws: Never.self) { try read(mapped.text(nil)).get() }
        case .required:
            #expect(throws: ConfigurationMistakes.self) { try read(mapped.text(nil)).get() }
        }
    }

    /// The file that people begin with leaves out no key.
    @Test func theExampleConfigurationExplainsEveryKey() throws {
        let path = URL(fileURLWithPath: #filePath + "/../../../../feeds.yaml").standardizedFileURL
        let text = try String(contentsOf: path, encoding: .utf8)
        let missing = MappedKey.all.filter { mapped in
            text.firstRange(of: try! Regex("(^|[ {#-])\(mapped.key.name):").anchorsMatchLineEndings()) == nil
        }
        #expect(missing.map(\.testDescription) == [])
    }
}
