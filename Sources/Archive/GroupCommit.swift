import Dispatch
import FeedModel
import GRDB
import GRDBSQLite
import Synchronization

/// Writes of many callers in one transaction with one fsync.
///
/// All writes that are waiting when the disk is free again go into the next transaction together; each
/// caller is answered after the commit. So the cost of durability is shared by all polls that end while
/// the last commit was being written, and a lone poll waits for nobody.
///
/// A write that throws says that the archive or the program is broken: the whole transaction is rolled
/// back, and all of its callers get the error. What passes (`ArchiveObstacle`) is waited out, if that was asked for: the
/// writes stay in line, and are made again once it has been proved that the archive can be written (`ArchiveProof`).
final class GroupCommit: Sendable {
    private struct Job: Sendable {
        let body: @Sendable (Database) throws -> Void
        let finish: @Sendable ((any Error)?) -> Void
        /// Outlasts what passes; others fail by it.
        let waits: Bool
    }

    private struct State {
        var waiting: [Job] = []
        var isWriting = false
        /// Nothing more is written before the archive has been proved to take it.
        var needsProof = false
        /// Waits out what passes; `nil` at the program's end too.
        var patience: Patience?
        var hadPatience = false
        var trouble: ArchiveTrouble?
        /// That failed since all was well.
        var attempts = 0
        var waitingForEnd: [CheckedContinuation<Bool, Never>] = []
    }

    private struct Patience: Sendable {
        var time: any TimeSource
        var tell: AsyncStream<ArchiveTrouble?>.Continuation
    }

    private struct Failure: Error {
        var error: any Error
        var systemError: Int32

        var obstacle: ArchiveObstacle? { ArchiveObstacle(error, systemError: systemError) }
    }

    /// Bounds how long one transaction can grow; callers are bounded by the polls in flight.
    private static let largestBatch = 512
    /// Between two attempts; the first comes after a second.
    static let longestWait: Duration = .seconds(10)

    let metrics = ArchiveMetrics()
    private let pool: DatabasePool
    private let raw: RawWriter
    private let pulse: WriterPulse
    private let place: ArchivePlace
    private let proof: ArchiveProof
    private let bound: Mutex<LogBound>
    private let state = Mutex(State())
    private let disk = DispatchQueue(label: "ingestd.archive.commit")

    /// - Parameter raw: what the writes append to it is durable before they commit.
    init(_ pool: DatabasePool, _ raw: RawWriter, _ pulse: WriterPulse, folder: String) {
        self.pool = pool
        self.raw = raw
        self.pulse = pulse
        let database = Archive.databasePath(inFolder: folder)
        place = ArchivePlace(database: database)
        proof = ArchiveProof(folder: folder)
        bound = Mutex(LogBound(database: database, pulse: pulse))
    }

    /// Moves while something is being written.
    var progress: Int { pulse.count }

    /// Runs `body` in a transaction, possibly with others before and after it, and returns its result
    /// once it is durable. `body` runs on the writer's thread, again where the transaction failed by what passes.
    ///
    /// - Parameter waits: `false` to fail at once by what is being waited out.
    func write<Result: Sendable>(
        waits: Bool = true, isolation: isolated (any Actor)? = #isolation,
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Result, any Error>) in
            // Set by the writer's thread in `body`, read by it in `finish`.
            let outcome = Mutex<Result?>(nil)
            let job = Job(
                body: { db in
                    let result = try body(db)
                    outcome.withLock { $0 = result }
                },
                finish: { error in
                    if let error {
                        continuation.resume(throwing: error)
                    } else if let result = outcome.withLock({ $0 }) {
                        continuation.resume(returning: result)
                    } else {
                        continuation.resume(throwing: CancellationError())
                    }
                }, waits: waits)
            add(job)
        }
    }

    private func add(_ job: Job) {
        let (refusal, startsWriter) = state.withLock { state -> (ArchiveObstacle?, Bool) in
            if let trouble = state.trouble, !job.waits || state.patience == nil { return (trouble.obstacle, false) }
            state.waiting.append(job)
            defer { state.isWriting = true }
            return (nil, !state.isWriting)
        }
        if let refusal { job.finish(unavailable(refusal)) }
        if startsWriter { disk.async { self.drain() } }
    }

    private func unavailable(_ obstacle: ArchiveObstacle) -> ArchiveError {
        .unavailable(path: Archive.databasePath(inFolder: proof.folder), obstacle)
    }

    // MARK: writing

    /// On `disk`: commits batches until nobody waits.
    private func drain() {
        while true {
            if state.withLock(\.needsProof) {
                if let failure = prove() {
                    if fail([], failure) { return }
                    continue
                }
                state.withLock { $0.needsProof = false }
            }
            guard let batch = nextBatch() else { return }
            let begun = ContinuousClock.now
            let failure = commit(batch)
            metrics.commits.note(ContinuousClock.now - begun)
            if let failure {
                if fail(batch, failure) { return }
                continue
            }
            for job in batch { job.finish(nil) }
            allIsWell()
            bound.withLock { $0.relieve(pool) }
        }
    }

    private func commit(_ batch: [Job]) -> Failure? {
        // Once a commit has begun it may be in the log, whatever SQLite says: a later program would take it for good.
        var hasBegunCommit = false
        do {
            try onConnection { db in
                try db.inTransaction {
                    for job in batch {
                        try job.body(db)
                        pulse.beat()
                    }
                    try raw.synchronize(db)
                    hasBegunCommit = true
                    return .commit
                }
            }
            raw.commit()
            metrics.commit()
            return nil
        } catch {
            // What is in the files for a commit that may count stays there until that is decided, by a proof or by
            // whoever opens the archive next.
            if !hasBegunCommit { raw.rollBack() }
            metrics.rollBack()
            return error
        }
    }

    private func prove() -> Failure? {
        do {
            try onConnection(proof.run)
            raw.rollBack()
            return nil
        } catch {
            return error
        }
    }

    private func onConnection(_ body: (Database) throws -> Void) throws(Failure) {
        let failure = pool.writeWithoutTransaction { db -> Failure? in
            do {
                try place.check()
                try body(db)
                return nil
            } catch {
                return Failure(error: error, systemError: sqlite3_system_errno(db.sqliteConnection))
            }
        }
        if let failure { throw failure }
    }

    // MARK: what passes

    /// - Returns: whether the writer rests until the next attempt.
    private func fail(_ batch: [Job], _ failure: Failure) -> Bool {
        guard let obstacle = failure.obstacle else {
            // With a proof that fails by damage all fail that wait.
            let failing = state.withLock { state in
                state.needsProof = true
                return batch.isEmpty ? take(&state.waiting) : batch
            }
            for job in failing { job.finish(failure.error) }
            return batch.isEmpty && end()
        }
        let (failing, patience, wait) = state.withLock { state -> ([Job], Patience?, Duration) in
            state.needsProof = true
            guard let patience = state.patience else {
                return (batch + (batch.isEmpty ? take(&state.waiting) : []), nil, .zero)
            }
            state.waiting = batch + state.waiting
            let failing = state.waiting.filter { !$0.waits }
            state.waiting.removeAll { !$0.waits }
            let trouble = ArchiveTrouble(obstacle, since: state.trouble?.since ?? patience.time.now)
            state.trouble = trouble
            let wait = min(.seconds(1 << min(state.attempts, 10)), GroupCommit.longestWait)
            state.attempts += 1
            patience.tell.yield(trouble)
            return (failing, patience, wait)
        }
        for job in failing { job.finish(failure.error as? ArchiveError ?? unavailable(obstacle)) }
        guard let patience else { return batch.isEmpty && end() }
        Task {
            try? await patience.time.sleep(until: patience.time.now + wait)
            disk.async { self.drain() }
        }
        return true
    }

    /// - Returns: whether nobody waits, so that the writer rests.
    private func end() -> Bool {
        state.withLock { state in
            if state.waiting.isEmpty { state.isWriting = false }
            return state.waiting.isEmpty
        }
    }

    private func take(_ jobs: inout [Job]) -> [Job] {
        defer { jobs = [] }
        return jobs
    }

    private func allIsWell() {
        let waiting = state.withLock { state in
            guard state.trouble != nil else { return [] as [CheckedContinuation<Bool, Never>] }
            state.trouble = nil
            state.attempts = 0
            state.patience?.tell.yield(nil)
            defer { state.waitingForEnd = [] }
            return state.waitingForEnd
        }
        for continuation in waiting { continuation.resume(returning: true) }
    }

    private func nextBatch() -> [Job]? {
        let batch = state.withLock { state -> [Job]? in
            if state.waiting.isEmpty {
                state.isWriting = false
                return nil
            }
            let batch = Array(state.waiting.prefix(GroupCommit.largestBatch))
            state.waiting.removeFirst(batch.count)
            return batch
        }
        // Nothing waited but the proof.
        if batch == nil { allIsWell() }
        return batch
    }

    /// What is being waited out.
    var trouble: ArchiveTrouble? { state.withLock(\.trouble) }

    /// It was asked for that what passes is waited out.
    var waitsOut: Bool { state.withLock(\.hadPatience) }

    /// From now on waits out what passes.
    ///
    /// - Returns: each failed attempt, and `nil` when all is well again.
    func waitOut(by time: any TimeSource) -> AsyncStream<ArchiveTrouble?> {
        let (troubles, tell) = AsyncStream<ArchiveTrouble?>.makeStream()
        state.withLock { state in
            state.patience = Patience(time: time, tell: tell)
            state.hadPatience = true
        }
        return troubles
    }

    /// What waits fails, and what passes is waited out no more.
    func stopWaiting() {
        let (jobs, waiting, obstacle) = state.withLock { state in
            state.patience?.tell.finish()
            state.patience = nil
            defer { state.waitingForEnd = [] }
            guard let trouble = state.trouble else {
                return ([] as [Job], state.waitingForEnd, nil as ArchiveObstacle?)
            }
            return (take(&state.waiting), state.waitingForEnd, trouble.obstacle)
        }
        for continuation in waiting { continuation.resume(returning: false) }
        if let obstacle {
            for job in jobs { job.finish(unavailable(obstacle)) }
        }
    }

    /// Returns when nothing has to be waited out; `false` if it never was.
    func untilWritable() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> Bool? in
                guard state.trouble != nil else { return true }
                if state.patience == nil { return false }
                state.waitingForEnd.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Writes so that it is known whether the archive can take anything.
    func prove() async throws {
        state.withLock { $0.needsProof = true }
        try await write { _ in }
    }
}
