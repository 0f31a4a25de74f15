/// One reading of the configuration, from the first file to the last: what was found so far, and what was
/// wrong with it. Reading goes on after a mistake, so that all are told at once.
struct ConfigurationReading {
    /// A file under two names.
    struct File {
        /// For messages.
        var shown: String
        var path: String

        var folder: String { FilePath.folder(of: path) }

        func place(_ mark: YAMLNode.Mark) -> SourcePlace {
            SourcePlace(file: shown, line: mark.line, column: mark.column)
        }
    }

    let readFile: (String) throws -> [UInt8]
    var configuration = Configuration()
    /// `false`: the archive's place and `status:` alone.
    var readsFeeds = true
    /// What an `interval` must not be below; `nil` while that itself is wrong.
    var shortestInterval: Duration?

    /// Where each feed stands first, by its canonical URL.
    var firstPlaces: [String: SourcePlace] = [:]
    /// Where each file was included first, by its identity.
    var includedAt: [String: SourcePlace] = [:]
    /// What is wrong with each file of a secret; `nil` inside for nothing.
    var secrets: [String: SecretFile.Unusable?] = [:]

    private(set) var mistakes: [ConfigurationMistake] = []
    /// Looking for what was meant takes its time: after so many mistakes it helps nobody.
    private static let mostSuggestions = 100
    /// What an alias repeats is wrong once.
    private var told: Set<ConfigurationMistake> = []

    init(readFile: @escaping (String) throws -> [UInt8]) { self.readFile = readFile }

    mutating func mistake(_ message: String, in file: File, at mark: YAMLNode.Mark) {
        let mistake = ConfigurationMistake(place: file.place(mark), message: message)
        if told.insert(mistake).inserted { mistakes.append(mistake) }
    }

    /// Something that can be used and is dangerous.
    mutating func warning(_ message: String, in file: File, at mark: YAMLNode.Mark) {
        let warning = ConfigurationMistake(place: file.place(mark), message: message)
        if told.insert(warning).inserted { configuration.warnings.append(warning) }
    }

    /// By file in the order of reading, then by place.
    var sortedMistakes: [ConfigurationMistake] {
        var order: [String: Int] = [:]
        for mistake in mistakes where order[mistake.place.file] == nil { order[mistake.place.file] = order.count }
        return mistakes.enumerated().sorted { a, b in
            let (x, y) = (a.element.place, b.element.place)
            return (order[x.file] ?? 0, x.line, x.column, a.offset) < (order[y.file] ?? 0, y.line, y.column, b.offset)
        }.map(\.element)
    }
}

/// The values of a mapping by their keys; those that a reader knows.
struct Fields {
    struct Field {
        var value: YAMLNode
        var keyMark: YAMLNode.Mark
    }

    let file: ConfigurationReading.File
    /// Whether every key was known and stood once: what is missing is missing indeed.
    fileprivate(set) var isWhole = true
    fileprivate(set) var fields: [(key: String, field: Field)] = []

    /// Mappings are small: a search beats a table.
    subscript(key: String) -> Field? { fields.first { $0.key == key }?.field }
}

extension ConfigurationReading {
    /// Takes a mapping apart: merge keys resolved, unknown and doubled keys told.
    ///
    /// - Parameters:
    ///   - name: what the mapping is, for messages.
    ///   - elsewhere: what is right about a key that is not known here, if anything is.
    mutating func fields(
        of node: YAMLNode, _ name: String, known: [String], in file: File, elsewhere: (String) -> String? = { _ in nil }
    ) -> Fields {
        var fields = Fields(file: file)
        if node.isNull { return fields }
        guard case .mapping(let pairs) = node.content else {
            fields.isWhole = false
            mistake(
                "\(name) is \(node.kind); write a mapping with \(ConfigurationReading.list(known))",
                in: file, at: node.mark)
            return fields
        }
        var merged: [YAMLNode] = []
        var marks: [String: YAMLNode.Mark] = [:]
        for pair in pairs {
            guard case .scalar(let key, let isPlain) = pair.key.content else {
                fields.isWhole = false
                mistake("a key of \(name) is \(pair.key.kind); write a word", in: file, at: pair.key.mark)
                continue
            }
            if let first = marks.updateValue(pair.key.mark, forKey: key) {
                fields.isWhole = false
                mistake(
                    "\(key.quoted) stands twice in \(name), first in line \(first.line), column \(first.column); "
                        + "keep one",
                    in: file, at: pair.key.mark)
                marks[key] = first
            } else if key == "<<", isPlain {
                merged.append(pair.value)
            } else if known.contains(key) {
                fields.fields.append((key, .init(value: pair.value, keyMark: pair.key.mark)))
            } else {
                fields.isWhole = false
                tellUnknown(key, of: name, known: known, in: file, at: pair.key.mark, elsewhere: elsewhere)
            }
        }
        for node in merged {
            merge(node, into: &fields, name, known: known, elsewhere: elsewhere)
        }
        return fields
    }

    /// `<<: *defaults` and `<<: [*a, *b]`: what is there already wins (YAML 1.1, merge).
    private mutating func merge(
        _ node: YAMLNode, into fields: inout Fields, _ name: String, known: [String], elsewhere: (String) -> String?
    ) {
        var sources = [node]
        if case .sequence(let elements) = node.content { sources = elements }
        for source in sources {
            guard case .mapping = source.content else {
                mistake(
                    "'<<' takes over the keys of a mapping and is \(source.kind); "
                        + "write the alias of one, such as *common",
                    in: fields.file, at: source.mark)
                continue
            }
            let taken = self.fields(of: source, name, known: known, in: fields.file, elsewhere: elsewhere)
            if !taken.isWhole { fields.isWhole = false }
            for (key, field) in taken.fields where fields[key] == nil {
                fields.fields.append((key, field))
            }
        }
    }

    private mutating func tellUnknown(
        _ key: String, of name: String, known: [String], in file: File, at mark: YAMLNode.Mark,
        elsewhere: (String) -> String?
    ) {
        let hint =
            elsewhere(key)
            ?? (mistakes.count < ConfigurationReading.mostSuggestions
                ? KeySuggestion.nearest(to: key, among: known).map { "did you mean '\($0)'?" } : nil)
            ?? "\(name) knows \(ConfigurationReading.list(known))"
        mistake("unknown key \(key.quoted); \(hint)", in: file, at: mark)
    }

    /// The value of a key, if it is there and right.
    mutating func value<Value>(
        _ key: String, of fields: Fields, _ read: (YAMLNode) throws(Wrong) -> Value
    ) -> Value? {
        guard let field = fields[key] else { return nil }
        do {
            return try read(field.value)
        } catch {
            mistake("\(key.quoted) \(error.message)", in: fields.file, at: error.mark ?? field.value.mark)
            return nil
        }
    }

    /// As `value`, where `null` says that there is none.
    mutating func optional<Value>(
        _ key: String, of fields: Fields, _ read: (YAMLNode) throws(Wrong) -> Value
    ) -> Value? {
        guard let field = fields[key], !field.value.isNull else { return nil }
        return value(key, of: fields, read)
    }

    /// The elements of a list; none for `null`.
    mutating func elements(_ key: String, of fields: Fields, _ example: String) -> [YAMLNode] {
        guard let node = fields[key]?.value, !node.isNull else { return [] }
        guard case .sequence(let elements) = node.content else {
            mistake("'\(key)' is \(node.kind); write a list, such as \(example)", in: fields.file, at: node.mark)
            return []
        }
        return elements
    }

    /// `'a', 'b' and 'c'`
    static func list(_ names: [String]) -> String {
        let quoted = names.map { "'\($0)'" }
        guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "nothing" }
        return quoted.dropLast().joined(separator: ", ") + " and " + last
    }
}
