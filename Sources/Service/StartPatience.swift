import Dispatch
import FeedModel

/// Asks the service manager for patience while the archive is opened: bringing a large one up to a newer version takes
/// longer than a start may.
public enum StartPatience {
    /// Seconds.
    private static let interval = 5.0
    private static let asked: Duration = .seconds(30)
    /// What takes longer hangs.
    private static let longest: Duration = .hours(2)

    public static func whileOpening<Result>(_ manager: ServiceManager, _ open: () throws -> Result) rethrows -> Result {
        guard manager.isThere else { return try open() }
        let started = ContinuousClock.now
        let timer = DispatchSource.makeTimerSource(queue: .global())
        timer.schedule(deadline: .now() + interval, repeating: interval)
        timer.setEventHandler {
            guard ContinuousClock.now - started < longest else { return }
            manager.extendTimeout(asked, "opening the archive")
        }
        timer.resume()
        defer { timer.cancel() }
        return try open()
    }
}
