import Archive
import ArgumentParser
import FeedModel
import Ingest

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Says why a feed is polled when it is.",
        discussion: """
            Everything that was weighed for the next poll, the longest wait first, with the one that decided; what the \
            feed's hours and days to skip are; how far a walk through its older pages has come; what its host allows; and \
            where its subscription to a hub stands.
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
        let name = WebURL(feed.poll.url)?.limitedHost ?? ""
        let now = SystemTime().now
        let (feeds, conduct) = try archive.host(name)
        let reckoning = PollReckoning(
            feed, host: PollReckoning.Host(name: name, feeds: feeds, conduct: conduct, at: now),
            pause: try archive.operatorPauses(at: now).of(feed, at: now),
            backfill: try archive.backfill(of: feed.id), subscription: try archive.subscription(of: feed.id),
            configuration: configuration, at: now)
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
        let isFile = WebURL(poll.url)?.filePath != nil
        line("\(poll.url) is \(poll.state.rawValue)")
        if poll.url != reckoning.feed.configuredURL { line("  configured as \(reckoning.feed.configuredURL)") }
        if let last = poll.lastPoll {
            let answer = isFile ? "" : poll.lastStatus.map { ", answered \($0)" } ?? ", no answer"
            line("  last poll \(last.rfc3339Seconds)\(answer)")
        } else {
            line("  not polled yet")
        }
        if let error = poll.lastError { line("  \(error.code): \(error.message)") }
        if let pause = reckoning.pause {
            line("  an operator has paused \(pause.name) since \(pause.since.rfc3339Seconds) \(pause.extent)")
        }
        if let churn = poll.churn {
            line(
                "  churny since \(churn.since.rfc3339Seconds): an entry changes at nearly every poll; of its states the first "
                    + "and newest 5 are kept, and one an hour, later one a day, between them")
        }
        if let next = poll.nextPoll {
            line("  next poll \(next.rfc3339Seconds)\(poll.intervalReason.map { ", decided by \($0.rawValue)" } ?? "")")
        } else if poll.lastPoll != nil {
            line("  no next poll; 'ingestd poll' asks all the same")
        }
        for one in reckoning.weighed {
            let mark = one.isDeciding ? "→" : " "
            line("  \(mark) \(one.reason.rawValue): \(ExplainCommand.words(one.interval)) (\(one.origin))")
        }
        if let posting = reckoning.posting { show(posting, line) }
        show(reckoning.silence, poll, line)
        if !reckoning.skipHours.isEmpty {
            line("  not in the hours \(reckoning.skipHours.map(String.init).joined(separator: ", ")) GMT")
        }
        if !reckoning.skipDays.isEmpty {
            line("  not on \(reckoning.skipDays.map(\.rawValue).joined(separator: ", ")) (GMT)")
        }
        if let walk = reckoning.backfill {
            let pages = walk.pages == 1 ? "1 page" : "\(walk.pages) pages"
            line("  older pages: \(pages) read since \(walk.started.rfc3339Seconds), next \(walk.url)")
            if let error = walk.lastError {
                line("    \(error.code): \(error.message)")
                if let at = walk.retryAt { line("    asked for again \(at.rfc3339Seconds)") }
            }
        }
        if isFile { return }
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
        if let subscription = reckoning.subscription { show(subscription, line) }
    }

    private func show(_ rule: SilenceRule, _ poll: PollState, _ line: (String) -> Void) {
        guard let newest = poll.posting.newest else { return }
        let judge =
            switch rule {
            case .off: "its silence is not told ('silence: off')"
            case .auto:
                poll.posting.silenceAlarm.map { "by its rhythm silence is odd from \($0.rfc3339Seconds) on" }
                    ?? "too little is known of its rhythm to call its silence odd"
            case .after(let span): "silence is told after \(ExplainCommand.words(span))"
            }
        line("  newest entry \(newest.rfc3339Seconds); \(poll.silentSince == nil ? "" : "silent since then: ")\(judge)")
    }

    private func show(_ subscription: Subscription, _ line: (String) -> Void) {
        line("  hub \(subscription.hub): \(ExplainCommand.words(subscription))")
        line("    for \(subscription.topic)")
        let deliveries = subscription.deliveries
        if let last = deliveries.lastPush {
            line("    last push \(last.rfc3339Seconds), \(deliveries.accepted) in all")
        } else {
            line("    nothing pushed yet")
        }
        if deliveries.rejected > 0 { line("    \(deliveries.rejected) pushes ignored: no right signature") }
        if deliveries.doubt >= Subscription.Deliveries.mostDoubt {
            line("    polls found too much that was not pushed: the feed is polled as if it had no hub")
        }
        if let error = subscription.lastError { line("    \(error.code): \(error.message)") }
    }

    private static func words(_ subscription: Subscription) -> String {
        let next = subscription.nextAttempt.map { ", asked again \($0.rfc3339Seconds)" } ?? ""
        let lease = subscription.leaseUntil.map { " until \($0.rfc3339Seconds)" } ?? ""
        switch subscription.state {
        case .unasked: return "not subscribed\(next)"
        case .requested: return "asked, and has yet to verify"
        case .active: return "subscribed\(lease)"
        case .renewing: return "subscribed\(lease), being renewed"
        case .expired: return "the lease has ended\(next)"
        case .denied: return "refused\(next)"
        case .leaving, .left: return "being told to stop"
        }
    }

    private func show(_ posting: PollReckoning.Posting, _ line: (String) -> Void) {
        line(
            "  a poll is worth \(ExplainCommand.words(posting.price)) that entries wait\(posting.isBudgeted ? ", by polls_per_hour" : "")"
        )
        if !posting.busiestHours.isEmpty {
            line("  most is posted in the hours \(posting.busiestHours.map(String.init).joined(separator: ", ")) GMT")
        }
        if posting.suspectedLosses > 0 {
            let last = posting.lastLoss.map { ", last \($0.rfc3339Seconds)" } ?? ""
            line(
                "  entries may have scrolled out unseen \(posting.suspectedLosses) times\(last): its document holds \(posting.window)"
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
