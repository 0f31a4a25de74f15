import Foundation
import Ingest

/// A manual page in the language of man(7), which groff and mandoc both read.
struct ManualPage {
    private(set) var text = ""
    private var isAtHeading = false

    /// - Parameter date: `2026-11-22`, of the page's last change.
    init(title: String, section: Int, date: String) {
        let source = "\(Program.name) \(Program.version)"
        text = ".TH \(title.uppercased()) \(section) \(date) \(ManualPage.argument(source))\n"
    }

    mutating func section(_ title: String) {
        text += ".SH \(ManualPage.argument(title.uppercased()))\n"
        isAtHeading = true
    }

    mutating func subsection(_ title: String) {
        text += ".SS \(ManualPage.argument(title))\n"
        isAtHeading = true
    }

    /// Paragraphs, with empty lines between them.
    mutating func paragraphs(_ words: String) {
        for paragraph in words.components(separatedBy: "\n\n") {
            // The first one needs no macro.
            if !isAtHeading { text += ".PP\n" }
            text += ManualPage.lines(paragraph)
            isAtHeading = false
        }
    }

    /// Something and what it means.
    ///
    /// - Parameter tag: with its type face; see `bold` and `italic`.
    mutating func item(_ tag: String, _ words: String) {
        text += ".TP\n\(tag)\n\(ManualPage.lines(words))"
        isAtHeading = false
    }

    /// A line of its own, with its type face.
    mutating func line(_ line: String) {
        text += "\(line)\n"
        isAtHeading = false
    }

    /// Lines as they are.
    mutating func example(_ lines: String) {
        text += ".PP\n.EX\n\(lines.split(separator: "\n").map { ManualPage.escaped(String($0)) + "\n" }.joined()).EE\n"
    }

    static func bold(_ words: String) -> String { "\\fB\(escaped(words))\\fR" }
    static func italic(_ words: String) -> String { "\\fI\(escaped(words))\\fR" }

    /// Text in which nothing is a command: what is left out of groff's ASCII stands for other characters there.
    static func escaped(_ words: String) -> String {
        var result = ""
        for character in words {
            switch character {
            case "\\": result += "\\(rs"
            case "-": result += "\\-"
            case "'": result += "\\(aq"
            case "`": result += "\\(ga"
            case "^": result += "\\(ha"
            case "~": result += "\\(ti"
            case "\"": result += "\\(dq"
            default: result.append(character)
            }
        }
        // A dot at the beginning of a line would make it a request.
        return result.hasPrefix(".") ? "\\&" + result : result
    }

    /// One argument of a macro.
    private static func argument(_ words: String) -> String { "\"\(escaped(words))\"" }

    /// As pages are written by hand: each sentence begins a line, and no line is longer than 80 bytes.
    private static func lines(_ words: String) -> String {
        var lines = ""
        var length = 0
        for word in words.split(whereSeparator: \.isWhitespace) {
            let written = escaped(String(word))
            if length > 0, length + 1 + written.utf8.count > 80 {
                lines += "\n"
                length = 0
            } else if length > 0 {
                lines += " "
                length += 1
            }
            lines += written
            length += written.utf8.count
            if word.hasSuffix(".") {
                lines += "\n"
                length = 0
            }
        }
        return length > 0 ? lines + "\n" : lines
    }
}
