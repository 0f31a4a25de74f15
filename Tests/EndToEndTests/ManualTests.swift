import Foundation
import Testing

/// What a package installs beside the program comes out of the program.
@Suite struct ManualTests {
    @Test func everyCommandOfTheHelpIsInTheManual() async throws {
        let help = try await Program.run(["help"]).stdout
        let listed = help.split(separator: "\n").drop { !$0.hasPrefix("SUBCOMMANDS") }
            .compactMap { $0.wholeMatch(of: /\ \ ([a-z-]+)\ .*/).map { String($0.1) } }
        #expect(listed.contains("run"))
        let page = try await Program.run(["manual", "ingestd", "--date", "2026-11-22"]).stdout
        #expect(page.hasPrefix(".TH INGESTD 8 2026-11-22 "))
        for command in listed where command != "help" {
            #expect(page.contains("\n.SS \"ingestd \(command.replacing("-", with: "\\-"))\"\n"), "\(command)")
        }
        #expect(!page.contains("demo"))
    }

    @Test(arguments: ["fetch", "schedule", "polls_per_hour", "password_file"])
    func theKeysAreInTheManual(of name: String) async throws {
        let page = try await Program.run(["manual", "feeds.yaml"]).stdout
        #expect(page.contains("\\fB\(name):\\fR"))
    }

    /// A stray control line would swallow text; what groff and mandoc cannot know is no request.
    @Test(arguments: ["ingestd", "feeds.yaml"]) func noTextBecomesARequest(page: String) async throws {
        let text = try await Program.run(["manual", page, "--date", "2026-11-22"]).stdout
        let requests = Set([".TH", ".SH", ".SS", ".PP", ".TP", ".EX", ".EE"])
        for line in text.split(separator: "\n") where line.hasPrefix(".") || line.hasPrefix("'") {
            #expect(requests.contains(String(line.prefix { $0 != " " })), "\(line)")
        }
    }

    @Test func aDateThatIsNone() async throws {
        let result = try await Program.run(["manual", "ingestd", "--date", "today"])
        #expect(result.status == 64)
    }
}
