import Dispatch
import FeedModel
import GRDB
import Synchronization

/// Writes of many callers in one transaction with one fsync.
///
/// All writes that are waiting when the disk is free again go into the next transaction together; each
/// caller is answered after the commit. So the cost of durability is shared by all polls that end while
/// the last commit was being written, and a lone poll waits for nobody.
///
/// A write that throws says that the archive or the program is broken: the whole transaction is rolled
/// back, and all of its callers get the error.
final class GroupCommit: Sendable {
    private struct Job: Sendable {
        let body: @Sendable (Database) throws -> Void
        let finish: @Sendable ((any Error)?) -> Void
    }

    private struct Queue {
        var waiting: [Job] = []
        var isWriting = false
    }

    /// Bounds how long one transaction can grow; callers are bounded by the polls in flight.
    private static let largestBatch = 512

    let metrics = ArchiveMetrics()
    private let pool: DatabasePool
    private let raw: RawWriter
    private let pulse: WriterPulse
    private let queue = Mutex(Queue())
    private let disk = DispatchQueue(label: "ingestd.archive.commit")

    /// - Parameter raw: what the writes append to it is durable before they commit.
    init(_ pool: DatabasePool, _ raw: RawWriter, _ pulse: WriterPulse) {
        self.pool = pool
        self.raw = raw
        self.pulse = pulse
    }

    /// Moves while something is being written.
    var progress: Int { pulse.count }

    /// Runs `body` in a transaction, possibly with others before and after it, and returns its result
    /// once it is durable. `body` runs on the writer's thread.
    func write<Result: Sendable>(
        isolation: isolated (any Actor)? = #isolation, _ body: @escaping @Sendable (Database) throws -> Result
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
                })
            let startsWriter = queue.withLock { queue in
                queue.waiting.append(job)
                defer { queue.isWriting = true }
                return !queue.isWriting
            }
            if startsWriter { disk.async { self.drain() } }
        }
    }

    /// On `disk`: commits batches until nobody waits.
    private func drain() {
        while let batch = nextBatch() {
            var failure: (any Error)?
            let begun = ContinuousClock.now
            do {
                try pool.write { db in
                    for job in batch {
                        try job.body(db)
                        pulse.beat()
                    }
                    try raw.synchronize(db)
                }
                raw.commit()
            } catch {
                raw.rollBack()
                failure = error
            }
            metrics.commits.note(ContinuousClock.now - begun)
            for job in batch { job.finish(failure) }
        }
    }

    private func nextBatch() -> [Job]? {
        queue.withLock { queue in
            if queue.waiting.isEmpty {
                queue.isWriting = false
                return nil
            }
            let batch = Array(queue.waiting.prefix(GroupCommit.largestBatch))
            queue.waiting.removeFirst(batch.count)
            return batch
        }
    }
}
