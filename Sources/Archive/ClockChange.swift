import FeedModel
import GRDB

extension ArchiveTransaction {
    /// The clock was set: all that waits goes on waiting as long as it would have. What has happened keeps its time, but
    /// for what waits are counted from. What hubs and webhooks wait for is saved by those who hold it.
    public func clockWasSet(by change: Duration) throws {
        let columns = [
            "feed": ["next_poll", "last_poll", "last_success", "failing_since"],
            "host": ["paused_until", "calm_since"], "operator_pause": ["since", "until"],
            "backfill": ["retry_at", "failing_since"], "outage": ["since"],
        ]
        for (table, names) in columns {
            // What is null stays null.
            let moved = names.map { "\($0) = \($0) + ?1" }.joined(separator: ", ")
            try execute("UPDATE \(table) SET \(moved)", [change.milliseconds])
        }
    }
}
