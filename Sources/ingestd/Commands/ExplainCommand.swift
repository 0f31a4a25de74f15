import Archive
import ArgumentParser
import FeedModel
import Ingest

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Says why a feed is polled when it is.",
        discussion: """
            Everything that was weighed for the next poll, the longest wait first, with the one that decided; what the \
            feed's hours and days to skip are; and what its host allows.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: ArgumentHelp("A configured feed.", valueName: "url"))
    var url: String

    func run() throws {
        let configuration = try global.loadConfiguration()
        let archive = try global.openForReading()
        guard let feed = try archive.feed(url: url) else {
            throw CommandFailure(
                .failed, "\(url): no feed of the configuration has this URL; 'ingestd feeds' lists them")
        }
        let name = WebURL(feed.poll.url)?.canonicalHost ?? ""
        let (feeds, conduct) = try archive.host(name)
        let reckoning = PollReckoning(
            feed, host: PollReckoning.Host(name: name, feeds: feeds, conduct: conduct, at: SystemTime().now),
            configuration: configuration)
        if global.json {
            var json = JSONWriter()
            reckoning.write(to: &json)
            json.newline()
            Terminal.output.write(json.bytes)
        } else {
            show(reckoning)
        }
        Terminal.output.flush()
    }

    private func show(_ reckoning: PollReckoning) {
        func line(_ text: String) { Terminal.output.line(Terminal.clean(text)) }
        let poll = reckoning.feed.poll
        line("\(poll.url) is \(poll.state.rawValue)")
        if poll.url != reckoning.feed.configuredURL { line("  configured as \(reckoning.feed.configuredURL)") }
        if let last = poll.lastPoll {
            line("  last poll \(last.rfc3339Seconds)\(poll.lastStatus.map { ", answered \($0)" } ?? ", no answer")")
        } else {
            line("  not polled yet")
        }
        if let error = poll.lastError { line("  \(error.code): \(error.message)") }
        if let next = poll.nextPoll {
            line("  next poll \(next.rfc3339Seconds)\(poll.intervalReason.map { ", decided by \($0.rawValue)" } ?? "")")
        } else if poll.lastPoll != nil {
            line("  no next poll; 'ingestd poll' asks all the same")
        }
        for one in reckoning.weighed {
            let mark = one.isDeciding ? "→" : " "
            line("  \(mark) \(one.reason.rawValue): \(ExplainCommand.words(one.interval)) (\(one.origin))")
        }
        if !reckoning.skipHours.isEmpty {
            line("  not in the hours \(reckoning.skipHours.map(String.init).joined(separator: ", ")) GMT")
        }
        if !reckoning.skipDays.isEmpty {
            line("  not on \(reckoning.skipDays.map(\.rawValue).joined(separator: ", ")) (GMT)")
        }
        let host = reckoning.host
        let feeds = host.feeds == 1 ? "1 feed" : "\(host.feeds) feeds"
        line(
            "  host \(host.name): \(feeds), at most \(reckoning.perHost) at once, starts \(ExplainCommand.words(reckoning.hostDelay)) apart"
        )
        if let until = host.pausedUntil {
            let whose = host.scope == host.name ? "host \(host.name)" : "\(host.scope), all of whose hosts wait,"
            line("  \(whose) has asked for quiet until \(until.rfc3339Seconds)")
        }
        if reckoning.spacing > reckoning.hostDelay {
            line(
                "  for having asked for quiet lately it is asked more slowly: starts \(ExplainCommand.words(reckoning.spacing)) apart"
            )
        }
    }

    /// `90 s`, `15 min`, `36 h`, `30 d`: the largest unit that is exact enough.
    private static func words(_ duration: Duration) -> String {
        let seconds = Double(duration.milliseconds) / 1000
        switch seconds {
        case ..<120: return "\(seconds == seconds.rounded() ? String(Int(seconds)) : String(seconds)) s"
        case ..<7200: return "\(Int((seconds / 60).rounded())) min"
        case ..<172_800: return "\(Int((seconds / 3600).rounded())) h"
        default: return "\(Int((seconds / 86_400).rounded())) d"
        }
    }
}
