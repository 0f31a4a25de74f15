import FeedModel
import Foundation
import TestSupport
import Testing

@testable import Archive

/// The marks of documents that are worked at, as the next program finds them.
@Suite struct WorkMarksTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func feed(_ number: Int64) -> FeedID { FeedID(rawValue: number) }

    /// What a program that begins now finds, whatever has become of the one before.
    private var found: [Int64] { WorkMarks(folder: folder.path).left().map(\.rawValue) }

    @Test("a mark is there from its beginning to its end")
    func oneMark() {
        let marks = WorkMarks(folder: folder.path)
        #expect(found == [])
        let mark = marks.begin(feed(7), isAlone: false)
        #expect(found == [7])
        marks.end(mark)
        #expect(found == [])
    }

    @Test("a feed that was read alone is blamed, and nobody else is")
    func alone() {
        let marks = WorkMarks(folder: folder.path)
        _ = marks.begin(feed(1), isAlone: false)
        _ = marks.begin(feed(2), isAlone: true)
        _ = marks.begin(feed(3), isAlone: false)
        #expect(found == [2])
    }

    @Test("two works at one feed are one mark, and one that ends leaves the other")
    func twice() {
        let marks = WorkMarks(folder: folder.path)
        let first = marks.begin(feed(5), isAlone: false)
        _ = marks.begin(feed(5), isAlone: false)
        #expect(found == [5])
        marks.end(first)
        #expect(found == [5])
    }

    @Test("more works at once than there are places leave out the last")
    func full() {
        let marks = WorkMarks(folder: folder.path)
        let held = (1...70).map { marks.begin(feed($0), isAlone: false) }
        #expect(found == Array(1...64))
        for mark in held { marks.end(mark) }
        #expect(found == [])
    }

    @Test("what was told is forgotten")
    func forgotten() {
        _ = WorkMarks(folder: folder.path).begin(feed(9), isAlone: false)
        let next = WorkMarks(folder: folder.path)
        #expect(next.left().map(\.rawValue) == [9])
        next.forgetLeft()
        #expect(found == [])
    }

    @Test("a file that was cut short or is something else tells of nobody")
    func damaged() throws {
        try folder.write("abc", to: "marks")
        #expect(found == [])
        try FileManager.default.removeItem(atPath: folder.path + "/marks")
        let elsewhere = try folder.write("not ours", to: "elsewhere")
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/marks", withDestinationPath: elsewhere)
        _ = WorkMarks(folder: folder.path).begin(feed(3), isAlone: false)
        #expect(try String(contentsOfFile: elsewhere, encoding: .utf8) == "not ours")
    }
}
