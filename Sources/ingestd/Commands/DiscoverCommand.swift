import ArgumentParser
import FeedFetch
import FeedModel
import Ingest

struct DiscoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discover", abstract: "Finds the feeds of a web page.",
        discussion: """
            Asks for what the page announces, else for what stands in common places, and prints what is a feed: its \
            address, its format and its title. A host that asked for quiet is not asked. Exits 1 if there is none.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("A web page.", valueName: "url"))
    var url: String

    func validate() throws { try GlobalOptions.validate(webURL: url) }

    func run() async throws {
        let discovery = try await global.withClient {
            await FeedDiscovery.run(url, configuration: $0, client: $1, pauses: $2)
        }
        if global.json {
            var json = JSONWriter()
            discovery.write(to: &json, page: url)
            json.newline()
            Terminal.output.write(json.bytes)
        } else {
            for one in discovery.found {
                Terminal.output.line(
                    Terminal.clean("\(one.url)  \(one.format.rawValue), \(one.entries) entries  \(one.title ?? "")"))
            }
        }
        Terminal.output.flush()
        if let error = discovery.error {
            throw CommandFailure(.failed, global.json ? nil : "\(url): \(error.code): \(error.message)")
        }
    }
}
