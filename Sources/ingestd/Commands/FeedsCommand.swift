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
        let now = SystemTime().now
        let pauses = try archive.operatorPauses(at: now)
        try archive.feeds(tag: tag, failing: failing) { feed, articles in
            let pause = pauses.isEmpty ? nil : pauses.of(feed, at: now)
            if global.json {
                var json = JSONWriter(reservingCapacity: 1024)
                json.feed(feed, articles: articles, pause: pause)
                json.newline()
                Terminal.output.write(json.bytes)
            } else {
                show(feed, articles, pause)
            }
        }
    }

    private func show(_ feed: Feed, _ articles: Int, _ pause: OperatorPause?) {
        let poll = feed.poll
        let state = poll.state == .active ? Terminal.green("active") : Terminal.red(poll.state.rawValue)
        var line =
            "\(state)  \(Terminal.clean(feed.title ?? feed.configuredURL))  \(Terminal.dim(Terminal.clean(poll.url)))  \(articles) articles"
        if let pause {
            line += "  \(Terminal.red("paused")) \(pause.extent)"
        } else if let next = poll.nextPoll {
            line += "  next \(next.rfc3339Seconds)"
            if let reason = poll.intervalReason { line += " (\(reason.rawValue))" }
        } else if poll.lastPoll == nil, poll.state == .active {
            line += "  not polled yet"
        }
        if poll.churn != nil { line += "  churny" }
        if let since = poll.silentSince { line += "  silent since \(since.rfc3339Seconds)" }
        if let error = poll.lastError { line += "  \(error.code): \(Terminal.clean(error.message))" }
        Terminal.output.line(line)
    }
}

extension JSONWriter {
    /// One feed as `feeds --json` prints it.
    mutating func feed(_ feed: Feed, articles: Int, pause: OperatorPause? = nil) {
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
            if let pause { json.object("paused") { pause.write(to: &$0) } }
            if let churn = poll.churn {
                json.member("churny", true)
                json.member("churny_since", seconds(churn.since))
            }
        }
    }
}
