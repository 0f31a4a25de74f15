public import Archive
public import FeedModel
import Logging
import Synchronization

/// Feeds and hosts that an operator pauses.
extension Poller {
    /// Polls nothing of these feeds and hosts any more; what is in flight goes on. See `PauseOrder`.
    public func pause(_ targets: [String], for duration: Duration?) async throws -> [PauseAnswer] {
        let now = time.now
        let answers = try await PauseOrder.pause(targets, until: duration.map { now + $0 }, at: now, in: archive)
        try await pausesHaveChanged()
        for answer in answers where answer.pause != nil {
            logger.notice("paused by an operator", metadata: ["target": "\(answer.target)"])
        }
        return answers
    }

    public func resume(_ targets: [String]) async throws -> [PauseAnswer] {
        let answers = try await PauseOrder.resume(targets, in: archive)
        try await pausesHaveChanged()
        for answer in answers where answer.problem == nil {
            logger.notice("resumed by an operator", metadata: ["target": "\(answer.target)"])
        }
        return answers
    }

    private func pausesHaveChanged() async throws {
        let now = time.now
        apply(await queue.set(try await archive.write { try $0.operatorPauses(at: now) }))
    }

    /// Tells who waited for feeds that are paused now.
    func apply(_ sentBack: [(feed: FeedID, pause: OperatorPause)]) {
        for (feed, pause) in sentBack {
            state.withLock { state in
                if state.walking[feed] != nil { state.walking[feed] = pause.end }
            }
            answer(feed, .paused(pause))
        }
        endWaitForWalks()
    }
}

/// An operator's order to pause or resume, carried out in the archive: a running daemon does it for itself, and without
/// one the program that was asked.
public enum PauseOrder {
    /// - Parameters:
    ///   - targets: URLs of configured feeds, as configured or where they moved to; or hosts.
    ///   - until: `nil`: until they are resumed.
    public static func pause(
        _ targets: [String], until: Timestamp?, at now: Timestamp, in archive: Archive
    ) async throws -> [PauseAnswer] {
        try await archive.write { archive in
            try targets.map { name in
                try answer(name, in: archive) { target in
                    let pause = OperatorPause(target, since: now, until: until)
                    try archive.set(pause)
                    return pause
                }
            }
        }
    }

    public static func resume(_ targets: [String], in archive: Archive) async throws -> [PauseAnswer] {
        try await archive.write { archive in
            try targets.map { name in
                try answer(name, in: archive) { target in
                    try archive.resume(target)
                    return nil
                }
            }
        }
    }

    private static func answer(
        _ name: String, in archive: borrowing ArchiveTransaction,
        _ act: (OperatorPause.Target) throws -> OperatorPause?
    ) throws -> PauseAnswer {
        var answer = PauseAnswer(target: name)
        if name.contains("://") {
            guard let target = try archive.pauseTarget(feed: name) else {
                answer.problem = "no configured feed has this URL; 'ingestd feeds' lists them"
                return answer
            }
            answer.feeds = 1
            answer.pause = try act(target)
        } else {
            // What is paused can be resumed, also when its last feed has left the configuration.
            guard let host = WebURL("http://\(name)/")?.canonicalHost,
                try archive.feeds(ofHost: host) > 0 || archive.isPaused(host: host)
            else {
                answer.problem = "no configured feed lives at this host; 'ingestd feeds' lists them"
                return answer
            }
            answer.feeds = try archive.feeds(ofHost: host)
            answer.pause = try act(.host(host))
        }
        return answer
    }
}

/// What has become of one target of a `PauseOrder`.
public struct PauseAnswer: Hashable, Sendable {
    /// As it was named.
    public var target: String
    /// Configured feeds that it concerns.
    public var feeds = 0
    /// The pause that holds now, if any.
    public var pause: OperatorPause?
    /// Why nothing was done.
    public var problem: String?

    init(target: String) { self.target = target }

    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("target", target)
            if let problem {
                json.object("error") { json in
                    json.member("code", "unknown-target")
                    json.member("message", problem)
                }
                return
            }
            json.member("feeds", feeds)
            json.member("paused", pause != nil)
            json.member("paused_until", pause?.until.map { Timestamp(seconds: $0.seconds) })
        }
    }
}
