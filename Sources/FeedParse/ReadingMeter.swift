import FeedModel
import Glibc

/// What reading one document has cost so far, against what it may cost.
///
/// Every loop that a publisher can make long asks it. Once a limit is passed all of them end early, and whoever
/// began refuses the document, whatever has been read of it. It is of one thread: a document is read from beginning to
/// end on the one that called.
final class ReadingMeter {
    let limits: ReadingLimits
    /// The first limit that was passed, in words.
    private(set) var excess: NotAFeed?
    /// Bytes that are held for the document.
    private(set) var memory = 0
    /// Of the thread's processor time, in nanoseconds.
    private let deadline: Int64
    private let allowance: Int64
    private let maximumMemory: Int
    /// Of a few dozen nanoseconds each.
    private(set) var steps = 0
    /// At which step the clock is looked at.
    private var nextLook = ReadingMeter.stepsBetween

    /// Asking for the time costs as much as some dozens of steps.
    private static let stepsBetween = 4096
    /// Larger documents may cost more in proportion.
    private static let usualBytes = 16 << 20

    init(_ limits: ReadingLimits, bytes: Int) {
        let share = max(1, (bytes + ReadingMeter.usualBytes - 1) / ReadingMeter.usualBytes)
        self.limits = limits
        let (seconds, attoseconds) = limits.time.components
        allowance = (seconds * 1_000_000_000 + attoseconds / 1_000_000_000) * Int64(share)
        deadline = ReadingMeter.now + allowance
        maximumMemory = limits.memory * share
    }

    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Counts what is done. Whether to go on.
    @inline(__always)
    func goesOn(_ taken: Int = 1) -> Bool {
        steps += taken
        return steps < nextLook || looksAtClock()
    }

    private func looksAtClock() -> Bool {
        guard excess == nil else { return false }
        guard ReadingMeter.now < deadline else {
            let seconds = Double(allowance) / 1e9
            refuse("it is not read within \(seconds) seconds of processor time")
            return false
        }
        nextLook = steps + ReadingMeter.stepsBetween
        return true
    }

    /// Counts what is kept of the document. Whether to go on.
    @inline(__always)
    @discardableResult
    func claim(_ bytes: Int) -> Bool {
        memory += bytes
        return memory <= maximumMemory || overflows()
    }

    func release(_ bytes: Int) { memory -= bytes }

    private func overflows() -> Bool {
        refuse("it becomes more than \(maximumMemory >> 20) MiB in memory")
        return false
    }

    /// A bound of another kind was passed.
    func refuse(_ message: String) {
        if excess == nil { excess = NotAFeed(.tooComplex, message) }
        nextLook = 0
    }
}
