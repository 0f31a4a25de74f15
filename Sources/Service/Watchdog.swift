public import FeedModel

/// A part of the daemon that could hang while the rest looks well, and how to find out.
public struct VitalSign: Sendable {
    /// To stand before "does not answer".
    public var name: String
    /// Returns when the part has done a small piece of its own work.
    public var ask: @Sendable () async throws -> Void
    /// Moves while the part is at one piece of work that takes long.
    public var progress: @Sendable () -> Int
    /// The part waits for what no new start would bring sooner.
    public var isExcused: @Sendable () -> Bool

    public init(
        _ name: String, progress: @escaping @Sendable () -> Int = { 0 },
        isExcused: @escaping @Sendable () -> Bool = { false }, ask: @escaping @Sendable () async throws -> Void
    ) {
        self.name = name
        self.progress = progress
        self.isExcused = isExcused
        self.ask = ask
    }
}

/// Finds out whether all parts of the daemon are at work: each is asked to do a small piece of it.
///
/// A part is well when it has answered, and while its work moves: a long transaction is none that hangs. A part that has
/// not answered yet is not asked again, so that one that hangs gathers no heap of questions.
public actor Watchdog {
    public struct Silence: Hashable, Sendable {
        public var part: String
        public var since: Timestamp
    }

    private struct Question {
        var since: Timestamp
        var progress: Int
        var hasFailed = false
    }

    private let signs: [VitalSign]
    /// For what people are told; waits are measured by `sleep`.
    private let time: any TimeSource
    private let sleep: @Sendable (Duration) async throws -> Void
    private var open: [String: Question] = [:]
    private var answered: AsyncStream<Void>.Continuation?

    /// - Parameter sleep: by a clock that nobody sets.
    public init(
        _ signs: [VitalSign], time: any TimeSource,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.signs = signs
        self.time = time
        self.sleep = sleep
    }

    /// Asks all parts, and waits for their answers.
    ///
    /// - Returns: those that have answered with an error, or neither answered nor moved until `patience` was over.
    public func silences(patience: Duration) async -> [Silence] {
        let now = time.now
        let (answers, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        answered = continuation
        for sign in signs where open[sign.name].map(\.hasFailed) ?? true {
            open[sign.name] = Question(since: open[sign.name]?.since ?? now, progress: sign.progress())
            Task {
                do {
                    try await sign.ask()
                    self.answer(sign, failed: false)
                } catch {
                    self.answer(sign, failed: true)
                }
            }
        }
        await withTaskGroup { group in
            group.addTask { [sleep] in try? await sleep(patience) }
            group.addTask {
                for await _ in answers where await self.hasHeardAll { return }
            }
            await group.next()
            group.cancelAll()
        }
        return signs.compactMap { sign in
            guard let question = open[sign.name] else { return nil }
            let progress = sign.progress()
            if sign.isExcused() || !question.hasFailed && progress != question.progress {
                // One that has been answered is asked again.
                open[sign.name] = question.hasFailed ? nil : Question(since: time.now, progress: progress)
                return nil
            }
            return Silence(part: sign.name, since: question.since)
        }
    }

    private var hasHeardAll: Bool { open.values.allSatisfy(\.hasFailed) }

    private func answer(_ sign: VitalSign, failed: Bool) {
        if failed {
            open[sign.name]?.hasFailed = true
        } else {
            open[sign.name] = nil
        }
        answered?.yield()
    }
}
