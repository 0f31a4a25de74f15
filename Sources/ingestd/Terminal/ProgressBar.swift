import Glibc
import Synchronization

/// One line on a terminal that says how far something has come.
final class ProgressBar: Sendable {
    private struct State {
        var total = 0
        var lastShown: ContinuousClock.Instant?
    }

    let isShown: Bool
    private let unit: String
    private let state = Mutex(State())

    /// - Parameter unit: what is counted.
    init(isShown: Bool, unit: String = "feeds") {
        self.isShown = isShown
        self.unit = unit
    }

    var total: Int {
        get { state.withLock { $0.total } }
        set { state.withLock { $0.total = newValue } }
    }

    /// Draws at most ten times a second.
    func show(done: Int) {
        guard isShown else { return }
        let total: Int? = state.withLock { state in
            let now = ContinuousClock.now
            if let last = state.lastShown, now - last < .milliseconds(100), done < state.total { return nil }
            state.lastShown = now
            return max(state.total, done)
        }
        guard let total, total > 0 else { return }
        let width = 30
        let filled = done * width / total
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled)
        write("\r[\(bar)] \(done) of \(total) \(unit)\u{1B}[K")
    }

    func clear() {
        if isShown { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}
