import Archive
public import FeedModel
import Logging
import Synchronization

/// What the poller does while our own network is out.
extension Poller {
    /// Since when our own network is out, and the feeds whose failures were not theirs.
    public var outage: (since: Timestamp, spared: Set<FeedID>)? { network.since.map { ($0, network.spared) } }

    /// First after 5 s, then ever less often.
    private static let firstProbe: Duration = .seconds(5)
    private static let rarestProbe: Duration = .minutes(1)

    /// While our own network is out only probes go out, and feeds are as they were; a round ends.
    func settle(_ change: OwnNetwork.Change) async throws {
        let network = network
        let takenBack = try await archive.write { archive in
            // Of two changes the later may be written first, so what holds now is what is written.
            try archive.setOutage(since: network.since)
            return try change.takenBack.filter { try archive.takeBack($0.before, of: $0.feed, polled: $0.polled) }
        }
        guard change.isOut else {
            await queue.hold(false, generation: change.generation)
            return logger.notice("our own network works again")
        }
        logger.warning(
            "our own network seems to be out", metadata: ["feeds given back": "\(takenBack.count)"])
        if endsWhenIdle { return await queue.close() }
        await queue.hold(true, generation: change.generation)
        let now = time.now
        await queue.schedule(
            takenBack.map { ($0.feed, WebURL($0.before.url)?.limitedHost ?? "", $0.before.nextPoll ?? now) })
        state.withLock { state in
            state.prober?.cancel()
            state.prober = Task { await self.probe() }
        }
    }

    /// Polls one feed after the other, each of another scope, until one is answered.
    private func probe() async {
        var wait = Poller.firstProbe
        var candidates: [FeedID] = []
        while true {
            guard (try? await time.sleep(until: time.now + wait)) != nil, network.isOut else { return }
            guard await queue.isAtRest else { continue }
            wait = min(wait * 2, Poller.rarestProbe)
            if candidates.isEmpty {
                let minInterval = state.withLock { $0.configuration.schedule.minInterval }
                candidates = ((try? archive.probes(at: time.now, minInterval: minInterval)) ?? []).reversed()
            }
            while let feed = candidates.popLast() {
                if await queue.startHeld(feed) { break }
            }
        }
    }
}
