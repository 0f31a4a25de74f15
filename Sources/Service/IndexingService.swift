public import Archive
public import FeedModel
import Ingest
public import ServiceLifecycle

/// Indexes in the background what the polls archive, and finds the stories in it.
public struct IndexingService: Service {
    /// What comes within this time after a poll is indexed together.
    private static let gathering: Duration = .seconds(1)

    private let indexer: SearchIndexer
    private let stories: StoryFinder
    private let time: any TimeSource
    private let polls: AsyncStream<Void>
    private let polled: AsyncStream<Void>.Continuation

    public init(archive: Archive, time: any TimeSource) {
        indexer = SearchIndexer(archive: archive, time: time)
        stories = StoryFinder(archive: archive, time: time)
        self.time = time
        (polls, polled) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// A poll may have brought something.
    public func wake() { polled.yield() }

    public func run() async throws {
        // What an earlier program has left.
        wake()
        try await cancelWhenGracefulShutdown {
            for await _ in polls {
                try? await time.sleep(until: time.now + IndexingService.gathering)
                // The index does not wait for stories, which after an upgrade are looked for in all that there is.
                var hasMore = true
                while hasMore, !Task.isCancelled {
                    try await indexer.catchUp(besidePolls: true)
                    hasMore = try await stories.catchUp(until: time.now + IndexingService.gathering, besidePolls: true)
                }
            }
        }
    }
}
