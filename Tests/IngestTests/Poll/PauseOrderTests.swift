import Archive
import FeedModel
import Testing

@testable import Ingest

@Suite struct PauseOrderTests {
    /// Else `status` would tell of it for good.
    @Test func whatHasLeftTheConfigurationCanBeResumed() async throws {
        let lab = try IdentityLab()
        let url = "https://a.example/feed"
        try await lab.poll(url, [])
        let archive = lab.archive
        let now = lab.now
        let targets = [url, "A.example"]
        #expect(try await PauseOrder.pause(targets, until: nil, at: now, in: archive).allSatisfy { $0.pause != nil })
        try await archive.write { _ = try $0.synchronize([], at: now) }
        #expect(try await PauseOrder.resume(targets, in: archive).allSatisfy { $0.problem == nil })
        #expect(try archive.operatorPauses(at: now).isEmpty)
        // Then they are as unknown as any other.
        #expect(try await PauseOrder.resume(targets, in: archive).allSatisfy { $0.problem != nil })
    }
}
