import Foundation
import Ingest

/// A manual page in the language of man(7), which groff and mandoc both read.
struct ManualPage {
    private(set) var text = ""

    /// - Parameter date: `2026-11-22`, of the page's last change.
    init(title: String, section: Int, date: String) {
        let source = "\(Program.name) \(Program.version)"
        text = ".TH \(title.uppercased()) \(section) \(date) \(ManualPage.argument(source))\n"
    }

    mutating func section(_ title: String) { text += ".SH \(ManualPage.argument(title.uppercased()))\n" }
    mutating func subsection(_ title: String) { text += ".SS \(ManualPage.argument(title))\n" }

    /// Paragraphs, with empty lines between them.
    mutating func paragraphs(_ words: String) {
        for paragraph in words.components(separatedBy: "\n\n") { text += ".PP\n\(ManualPage.lines(paragraph))" }
    }

    /// Something and what it means.
    ///
    /// - Parameter tag: with its type face; see `bold` and `italic`.
    mutating func item(_ tag: String, _ words: String) {
        text += ".TP\n\(tag)\n\(ManualPage.lines(words))"
    }

    /// A line of its own, with its type face.
    mutating func line(_ line: String) { text += "\(line)\n" }

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

    /// A sentence a line, as pages are written by hand.
    private static func lines(_ words: String) -> String {
        words.replacing("\n", with: " ").replacing(". ", with: ".\n").split(separator: "\n")
            .map { escaped(String($0)) + "\n" }.joined()
    }
}
