public import Archive
import FeedModel
import Logging
import Synchronization

/// What the poller does while the archive can take nothing.
extension Poller {
    /// Starts no poll any more, and tells so whoever waits for one; or goes on.
    public func waitOut(_ trouble: ArchiveTrouble?) async {
        await queue.stop(trouble != nil)
        guard let trouble else { return }
        let waiting = state.withLock { state in
            defer { state.waiting = [:] }
            return state.waiting.values.flatMap(\.self)
        }
        for continuation in waiting { continuation.resume(returning: .archive(trouble.obstacle)) }
    }

    /// The program ends before the archive can be written again: the feed is as it was.
    func abandon(_ due: DueFeed) async {
        await queue.finished(due.feed, heldHost: due.host, host: due.host, at: nil)
        answer(due.feed, .abandoned)
    }

    /// A feed was asked, and what it said is lost: it is asked again as if it had been told.
    func giveBack(_ due: DueFeed, _ result: FeedPoll.Result, _ error: ArchiveError, _ settings: FeedPollSettings) async
    {
        logger.error(
            "poll not recorded", metadata: ["feed": "\(settings.feed.url)", "reason": "\(error)"])
        state.withLock { $0.walking[due.feed] = nil }
        await queue.finished(
            due.feed, heldHost: result.heldHost, host: due.host, at: time.now + settings.rules.minInterval)
        answer(due.feed, .abandoned)
    }
}
