public import FeedModel

/// How polls go, counted since the start.
public struct PollMetrics: Sendable {
    /// How long after their time polls begin: what the limits of hosts and of the whole leave waiting.
    public let lateness = Histogram(bounds: [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400])
    /// From the request to the commit.
    public let durations = Histogram(bounds: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60])

    func note(_ report: PollReport) {
        if let lateness = report.lateness { self.lateness.note(lateness) }
        durations.note(report.duration)
    }
}
