/// A place in a file, as compilers and editors write it.
public struct SourcePlace: Sendable, Hashable, CustomStringConvertible {
    /// As the user would name it: relative if the configuration was named by a relative path.
    public var file: String
    /// From 1.
    public var line: Int
    /// From 1, in Unicode scalars.
    public var column: Int

    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    public var description: String { "\(file):\(line):\(column)" }
}

/// Something wrong in the configuration: one line that says where, what is wrong, and what would be right.
/// No secret stands in it.
public struct ConfigurationMistake: Sendable, Hashable, CustomStringConvertible {
    public var place: SourcePlace
    public var message: String

    public init(place: SourcePlace, message: String) {
        self.place = place
        self.message = message
    }

    public var description: String { "\(place): \(message)" }
}

/// All that is wrong, by file in the order of reading, then by place. Never empty.
public struct ConfigurationMistakes: Error, Sendable, Hashable, CustomStringConvertible {
    public var mistakes: [ConfigurationMistake]

    public init(_ mistakes: [ConfigurationMistake]) { self.mistakes = mistakes }

    /// One line a mistake.
    public var description: String { mistakes.map(\.description).joined(separator: "\n") }
}

/// What is wrong with a value, to stand after the name of its key: "has no unit; write 90s".
struct Wrong: Error {
    var message: String
    /// Where in the value; `nil` is its beginning.
    var mark: YAMLNode.Mark?

    init(_ message: String, at mark: YAMLNode.Mark? = nil) {
        self.message = message
        self.mark = mark
    }
}

extension String {
    /// Text from a file, made fit for a message: in quotes, on one line, without control characters, cut
    /// where it is long.
    var quoted: String { "'\(shown)'" }

    /// As `quoted`, without the quotes.
    var shown: String {
        var out = String.UnicodeScalarView()
        for scalar in unicodeScalars.prefix(81) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                out.append("\u{FFFD}")
            default: out.append(scalar)
            }
        }
        guard out.count > 80 else { return String(out) }
        return String(String.UnicodeScalarView(out.prefix(80))) + "…"
    }
}
