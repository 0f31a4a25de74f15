import FeedModel
import Foundation
import TestSupport
import Testing

@testable import Ingest

/// Rules of polite polling, by number, each tried by whole polls.
typealias PollLab = PollerTests.Lab

extension PollerTests.Lab {
    /// A publisher of one feed that gives these answers in turn; the last one repeats.
    convenience init(_ answers: [ScriptedAnswer], at target: String = "/feed.xml") throws {
        let server = try ScriptedServer()
        server.on(target) { request in answers[min(request.previous, answers.count - 1)] }
        try self.init(server)
        add(target)
    }

    /// Polls everything so many times, due or not.
    func rounds(_ count: Int) async throws {
        for _ in 0..<count { try await round(force: true) }
    }

    /// Another server's feed.
    func add(elsewhere url: String) {
        configuration.feeds.append(
            FeedConfiguration(url: url, place: SourcePlace(file: "test", line: 1, column: 1)))
    }

    /// What the feed waits for from now on.
    func wait(_ target: String = "/feed.xml") throws -> Duration? {
        try feed(target).poll.nextPoll.map { $0 - time.now }
    }
}

/// A case with a name of its own and an answer.
struct Answered: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var answer: ScriptedAnswer

    init(_ name: String, _ answer: ScriptedAnswer) {
        testDescription = name
        self.answer = answer
    }
}

/// HTTP's own form of a date (RFC 9110, 5.6.7).
func httpDate(_ instant: Timestamp, _ form: String = "EEE, dd MMM yyyy HH:mm:ss 'GMT'") -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(secondsFromGMT: 0)
    formatter.dateFormat = form
    return formatter.string(from: Date(timeIntervalSince1970: Double(instant.seconds)))
}

/// One gzip member with its content stored as it is (RFC 1952, 2.3; RFC 1951, 3.2.4). At most 64 KiB.
func gzip(_ content: [UInt8]) -> [UInt8] {
    func little(_ value: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
    var checksum: UInt32 = ~0
    for byte in content {
        checksum ^= UInt32(byte)
        for _ in 0..<8 { checksum = checksum >> 1 ^ (checksum & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    let length = UInt32(content.count)
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1] + little(length, 2) + little(~length, 2) + content
        + little(~checksum, 4)
        + little(length, 4)
}
