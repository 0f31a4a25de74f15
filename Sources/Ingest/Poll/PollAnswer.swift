public import Archive
public import FeedModel

/// The answer to a request to poll a feed now.
public struct PollAnswer: Sendable {
    public enum Result: Sendable {
        case polled(PollReport)
        /// No enabled feed of the configuration has this URL, as its own or where it moved to.
        case unknown
        case hostPaused(until: Timestamp)
        /// An operator has paused the feed or its host.
        case paused(OperatorPause)
        /// Our own network is out: the poll failed, and the feed is as it was.
        case networkOut(PollError)
        /// What the poll brings could not be kept now.
        case archive(ArchiveObstacle)
        /// The program is stopping.
        case abandoned
    }

    /// As it was asked for.
    public var url: String
    public var result: Result

    /// Whether the feed was polled and answered well.
    public var isSuccess: Bool {
        if case .polled(let report) = result { report.feed.poll.lastError == nil } else { false }
    }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("url", url)
            switch result {
            case .polled(let report):
                let poll = report.feed.poll
                json.member("outcome", report.figures.outcome.rawValue)
                json.member("status", poll.lastStatus)
                json.member("new", report.figures.new)
                json.member("revised", report.figures.revised)
                json.member("duplicates", report.figures.duplicates)
                json.member("next_poll", poll.nextPoll.map { Timestamp(seconds: $0.seconds) })
                if let error = poll.lastError { PollAnswer.write(error, to: &json) }
            case .unknown:
                json.member("outcome", "unknown")
                PollAnswer.write(
                    PollError(code: "unknown-feed", message: "no enabled feed of the configuration has this URL"),
                    to: &json)
            case .hostPaused(let until):
                json.member("outcome", "failed")
                PollAnswer.write(
                    PollError(code: "host-paused", message: PollAnswer.paused(until: until)), to: &json)
            case .paused(let pause):
                json.member("outcome", "failed")
                PollAnswer.write(
                    PollError(
                        code: "paused",
                        message: "an operator has paused it \(pause.extent); 'ingestd resume \(pause.name)' ends that"),
                    to: &json)
            case .networkOut(let error):
                json.member("outcome", "failed")
                PollAnswer.write(
                    PollError(
                        code: error.code,
                        message: "\(error.message); our own network seems to be out, and the feed keeps its state"),
                    to: &json)
            case .archive(let obstacle):
                json.member("outcome", "failed")
                PollAnswer.write(
                    PollError(
                        code: "archive-\(obstacle.kind.rawValue)",
                        message: "nothing is polled while the archive can take nothing: \(obstacle.reason); "
                            + "'ingestd status' says more"), to: &json)
            case .abandoned:
                json.member("outcome", "abandoned")
            }
        }
    }

    static func paused(until: Timestamp) -> String {
        "the host has asked for quiet until \(until.rfc3339Seconds); it is not asked before"
    }

    private static func write(_ error: PollError, to json: inout JSONWriter) {
        json.object("error") { json in
            json.member("code", error.code)
            json.member("message", error.message)
        }
    }
}
