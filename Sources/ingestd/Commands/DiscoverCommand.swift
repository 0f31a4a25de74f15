import ArgumentParser
import FeedFetch
import FeedModel
import Ingest

struct DiscoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discover", abstract: "Finds the feeds of a web page.",
        discussion: """
            Asks for what the page announces, else for what stands in common places, and prints what is a feed: its \
            address, its format and its title. Exits 1 if there is none.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("A web page.", valueName: "url"))
    var url: String

    func validate() throws {
        guard WebURL(url)?.isHTTP == true else {
            throw ValidationError("\(url) is no http or https URL; a whole one begins with https://")
        }
    }

    func run() async throws {
        let configuration = try global.loadConfigurationIfAny()
        let client = try global.httpClient(configuration)
        let discovery = await FeedDiscovery.run(url, configuration: configuration, client: client)
        await client.shutdown()
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
