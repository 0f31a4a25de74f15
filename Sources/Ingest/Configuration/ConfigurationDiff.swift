public import FeedModel

/// What a reload changes, by the names of keys alone: no value stands in it, since some are secrets.
public struct ConfigurationDiff: Hashable, Sendable {
    public struct Changed: Hashable, Sendable {
        public var url: String
        /// As feeds.yaml names them.
        public var keys: [String]
    }

    /// URLs of feeds.
    public private(set) var added: [String] = []
    public private(set) var removed: [String] = []
    public private(set) var changed: [Changed] = []
    /// All else that has changed and holds from now on: `schedule.min_interval`, `webhooks`.
    public private(set) var settings: [String] = []
    /// What differs from what the daemon was started with and takes effect at the next start.
    public var needsRestart: [String] = []

    public init(from old: Configuration, to new: Configuration) {
        let before = Dictionary(old.feeds.map { ($0.url, $0) }) { first, _ in first }
        for feed in new.feeds {
            guard let known = before[feed.url] else {
                added.append(feed.url)
                continue
            }
            // The same feed at another place of the file is the same feed, and most have not changed.
            var moved = feed
            moved.place = known.place
            guard moved != known else { continue }
            changed.append(Changed(url: feed.url, keys: ConfigurationDiff.keys(known, moved)))
        }
        let after = Set(new.feeds.map(\.url))
        removed = old.feeds.map(\.url).filter { !after.contains($0) }
        var (old, new) = (old, new)
        (old.feeds, new.feeds, old.files, new.files) = ([], [], [], [])
        (old.warnings, new.warnings) = ([], [])
        settings = ConfigurationDiff.keys(old, new).flatMap { key in
            let inner =
                switch key {
                case "serve": ConfigurationDiff.keys(old.serve, new.serve)
                case "fetch": ConfigurationDiff.keys(old.fetch, new.fetch)
                case "schedule": ConfigurationDiff.keys(old.schedule, new.schedule)
                case "keep":
                    ConfigurationDiff.keys(old.keep, new.keep).flatMap { key in
                        key == "retention" ? ConfigurationDiff.keys(old.keep.retention, new.keep.retention) : [key]
                    }
                default: [String]()
                }
            return inner.isEmpty ? [key] : inner.map { "\(key).\($0)" }
        }
    }

    /// Says of settings that they wait for the next start.
    public mutating func postpone(_ names: [String]) {
        settings.removeAll { names.contains($0) }
        needsRestart = names
    }

    public var isEmpty: Bool {
        added.isEmpty && removed.isEmpty && changed.isEmpty && settings.isEmpty && needsRestart.isEmpty
    }

    public func write(to json: inout JSONWriter) {
        func strings(_ name: StaticString, _ values: [String]) {
            json.array(name) { for value in values { $0.string(value) } }
        }
        strings("added", added)
        strings("removed", removed)
        json.array("changed") { json in
            for one in changed {
                json.object { json in
                    json.member("url", one.url)
                    json.array("keys") { for key in one.keys { $0.string(key) } }
                }
            }
        }
        strings("settings", settings)
        strings("needs_restart", needsRestart)
    }

    /// The stored properties in which two values differ.
    private static func keys<Value>(_ old: Value, _ new: Value) -> [String] {
        zip(Mirror(reflecting: old).children, Mirror(reflecting: new).children).compactMap { old, new in
            "\(old.value)" == "\(new.value)" ? nil : old.label.map(key)
        }
    }

    /// The key of feeds.yaml that a property is named after.
    private static func key(_ property: String) -> String {
        switch property {
        case "addressPolicy": return "allow_private_addresses"
        case "defaultKeep": return "keep"
        default: break
        }
        return property.reduce(into: "") { key, character in
            if character.isUppercase { key += "_" }
            key += character.lowercased()
        }
    }
}
