public import Archive
public import FeedModel

/// Brings the archive's full-text index up to date, in batches that hold no poll up for long.
public struct SearchIndexer: Sendable {
    /// How much is indexed in one transaction.
    public struct Batch: Sendable {
        public var articles: Int
        public var bytes: Int

        /// About 20 ms of the writer's time; 100 to 200 ms for one in a hundred, when the index merges its parts.
        public static let besidePolls = Batch(articles: 64, bytes: 128 << 10)
        /// Most of a second, and several when large parts of the index are merged; costs a little less by the article.
        public static let alone = Batch(articles: 1024, bytes: 4 << 20)
    }

    private let archive: Archive
    private let time: any TimeSource

    public init(archive: Archive, time: any TimeSource) {
        self.archive = archive
        self.time = time
    }

    /// Indexes until nothing is left, the time is over or the task is cancelled; at least one batch.
    ///
    /// - Parameter besidePolls: in small batches, with a rest after each as long as it took, so that polls wait for none
    ///   for long and have half of the writer's time.
    public func catchUp(until end: Timestamp = .max, besidePolls: Bool) async throws {
        let batch: Batch = besidePolls ? .besidePolls : .alone
        while true {
            let start = time.now
            let progress = try await archive.write {
                try $0.indexNext(articles: batch.articles, bytes: batch.bytes)
            }
            let now = time.now
            guard progress.hasMore, now < end, !Task.isCancelled else { return }
            if besidePolls { try? await time.sleep(until: now + (now - start)) }
        }
    }
}
