import FeedModel
import Foundation
import TestSupport
import Testing

@testable import Warc

@Suite struct WarcFileTests {
    static func record(_ text: String) -> WarcRecord {
        var record = WarcRecord(
            .resource, id: "00000000-0000-0000-0000-00000000000\(text.count % 10)",
            at: Timestamp(milliseconds: 1_796_000_000_123), block: Array(text.utf8))
        record.add("WARC-Target-URI", "http://a.example/\r\nX: y")
        return record
    }

    @Test(arguments: ["", "x", "WARC/1.1\r\n\r\nis no header here", String(repeating: "long ", count: 100_000)])
    func aRecordIsReadAsItWasWritten(text: String) throws {
        let record = Self.record(text)
        let read = try WarcRecord(record.bytes)
        #expect(read == record)
        #expect(read["warc-date"] == "2026-11-30T00:53:20.123Z")
        // What a publisher says begins no line of its own.
        #expect(read["X"] == nil)
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\n\r\n", "does not begin"), ("WARC/1.1\r\nno colon\r\n\r\n", "no colon"),
        ("WARC/1.1\r\nContent-Length: 9\r\n\r\nshort\r\n\r\n", "not as long"),
        ("WARC/1.1\r\nA: b\r\n\r\n\r\n\r\n", "not as long"),
        ("WARC/1.1\r\nContent-Length: 1\r\n\r\nx12\r\n", "line ends are missing"),
    ])
    func whatIsNoRecordIsRefused(text: String, reason: String) {
        #expect { _ = try WarcRecord(Array(text.utf8)) } throws: { "\($0)".contains(reason) }
    }

    @Test func aFileIsReadFromAnyMember() throws {
        let folder = try TemporaryFolder()
        let members = ["first", String(repeating: "second ", count: 50_000), "third"].map {
            GzipMember.compress(Self.record($0).bytes)
        }
        let path = folder.path + "/a.warc.gz"
        try Data(members.flatMap(\.self)).write(to: URL(fileURLWithPath: path))
        let file = try WarcFile(path: path)
        let offset = members[0].count + members[1].count
        let third = try file.member(at: offset)
        #expect(third.record.block == Array("third".utf8) && third.length == members[2].count)
        #expect(try file.member(at: members[0].count).record.block.count == 350_000)
        #expect(throws: WarcFailure.damaged) { _ = try file.member(at: 1) }
        #expect(throws: WarcFailure.torn) { _ = try file.member(at: file.size) }
        #expect(try file.bytes(at: offset, count: members[2].count) == members[2])
        #expect(throws: WarcFailure.torn) { _ = try file.bytes(at: offset, count: 1 << 16) }
    }

    /// A file cut anywhere, as a program that is killed leaves it, or with something else behind the cut, as a power cut may.
    @Test func theEndOfWhatIsWholeIsFound() throws {
        let folder = try TemporaryFolder()
        let members = ["first", "second", "third"].map { GzipMember.compress(Self.record($0).bytes) }
        let whole = members.flatMap(\.self)
        let path = folder.path + "/a.warc.gz"
        let ends = [0, members[0].count, members[0].count + members[1].count, whole.count]
        for count in Set(ends + Array(stride(from: 0, to: whole.count, by: 7))) {
            for padding in [0, 10] {
                let bytes = Array(whole.prefix(count)) + Array(repeating: 0xFF, count: padding)
                try Data(bytes).write(to: URL(fileURLWithPath: path))
                let expected = try #require(ends.last { $0 <= count })
                #expect(try WarcFile(path: path).endOfWholeMembers(from: 0) == expected)
            }
        }
        #expect { _ = try WarcFile(path: path + "x") } throws: { "\($0)".contains("not there") }
    }
}
