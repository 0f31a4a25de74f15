import Archive
import ArgumentParser
import FeedModel
import Ingest

struct FeedsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feeds", abstract: "Lists the feeds: state, next poll and why then, last error.")

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Only those whose last poll failed, and the gone and dead ones.")
    var failing = false

    @Option(help: ArgumentHelp("Only those with this tag.", valueName: "tag"))
    var tag: String?

    func run() throws {
        let archive = try global.openForReading()
        try archive.feeds(tag: tag, failing: failing) { feed, articles in
            if global.json {
                var json = JSONWriter(reservingCapacity: 1024)
                json.feed(feed, articles: articles)
                json.newline()
                Terminal.output.write(json.bytes)
            } else {
                show(feed, articles)
            }
        }
    }

    private func show(_ feed: Feed, _ articles: Int) {
        let poll = feed.poll
        let state = poll.state == .active ? Terminal.green("active") : Terminal.red(poll.state.rawValue)
        var line =
            "\(state)  \(Terminal.clean(feed.title ?? feed.configuredURL))  \(Terminal.dim(Terminal.clean(poll.url)))  \(articles) articles"
        if let next = poll.nextPoll {
            line += "  next \(next.rfc3339Seconds)"
            if let reason = poll.intervalReason { line += " (\(reason.rawValue))" }
        } else if poll.lastPoll == nil, poll.state == .active {
            line += "  not polled yet"
        }
        if let since = poll.silentSince { line += "  silent since \(since.rfc3339Seconds)" }
        if let error = poll.lastError { line += "  \(error.code): \(Terminal.clean(error.message))" }
        Terminal.output.line(line)
    }
}

extension JSONWriter {
    /// One feed as `feeds --json` prints it.
    mutating func feed(_ feed: Feed, articles: Int) {
        let poll = feed.poll
        func seconds(_ instant: Timestamp?) -> Timestamp? { instant.map { Timestamp(seconds: $0.seconds) } }
        object { json in
            json.member("url", poll.url)
            json.member("configured_url", feed.configuredURL)
            json.member("title", feed.title)
            json.member("state", poll.state.rawValue)
            json.array("tags") { for tag in feed.tags { $0.string(tag) } }
            json.member("articles", articles)
            json.member("last_poll", seconds(poll.lastPoll))
            json.member("last_success", seconds(poll.lastSuccess))
            json.member("last_change", seconds(poll.lastChange))
            json.member("silent_since", seconds(poll.silentSince))
            json.member("last_status", poll.lastStatus)
            json.member("next_poll", seconds(poll.nextPoll))
            json.member("interval_seconds", poll.interval.map { Int($0.milliseconds / 1000) })
            json.member("interval_reason", poll.intervalReason?.rawValue)
            json.member("failures", poll.failures)
            if let error = poll.lastError {
                json.object("last_error") { json in
                    json.member("code", error.code)
                    json.member("message", error.message)
                }
            }
            json.member("etag", poll.validators?.etag.map(HeaderText.decode))
            json.member("last_modified", poll.validators?.lastModified.map(HeaderText.decode))
            json.member("hub", poll.hub)
        }
    }
}
